"""The order of the sources, and the error when none has the secret."""

from pathlib import Path
from typing import Any

import pytest

from pymail.commands.report_outcome import default_settings
from pymail.credentials import chain
from pymail.credentials import netrc as netrc_file
from pymail.credentials.netrc import parse
from pymail.credentials.secret_file import SecretFile
from pymail.credentials.secret_text import Missing
from pymail.errors import AuthenticationError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.server_models import Login, SecretSource

HOST = "smtp.example.com"


def netrc(directory: Path, text: str, mode: int = 0o600) -> Path:
    path = directory / "netrc"
    path.write_text(text)
    path.chmod(mode)
    return path


def ask(world: Any, netrc_path: Path, login: Login, **more: Any) -> str:
    made = world.environment("pymail", **more)
    settings = replace(default_settings(made), netrc=netrc_path)
    return chain.make_chain(made, settings)(login, HOST).reveal()


def test_settings_come_first(world: Any, tmp_path: Path) -> None:
    path = netrc(tmp_path, f"machine {HOST} login me password of-netrc\n")
    source = SecretSource(place="rc:1", secret=Secret("of-settings"))
    login = Login(user="me", sources=(source,))
    assert ask(world, path, login) == "of-settings"


def test_error_names_every_source(world: Any, tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError) as caught:
        ask(world, tmp_path / "none", Login(user="me"))
    shown = str(caught.value)
    assert "no password for me at smtp.example.com" in shown
    assert "mail.rc" in shown
    assert "netrc (~/none: no such file" in shown
    assert "no terminal" in shown


def test_user_outside_the_group_of_the_machine_is_sent_to_root(
    world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = Missing("/etc/pymail/credentials: permission denied")
    monkeypatch.setattr(SecretFile, "find", lambda *_: denied)
    with pytest.raises(AuthenticationError) as caught:
        ask(world, tmp_path / "none", Login(user="me"))
    advice = "ask root to add you to the group that can read /etc/pymail/credentials"
    assert caught.value.advice == advice


def test_login_without_a_user_is_an_error(world: Any, tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="no user is set"):
        ask(world, tmp_path / "none", Login(user="", mechanism="login"))


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        pytest.param("me", "one", id="first-login"),
        pytest.param("you", "two", id="second-login"),
        pytest.param("any", None, id="no-login"),
    ],
)
def test_netrc_has_several_logins_for_a_machine(
    tmp_path: Path, user: str, expected: str | None
) -> None:
    path = netrc(
        tmp_path,
        f"machine {HOST} login me password one\n"
        f"machine {HOST} login you\n password two\n"
        "machine other.example.com login any password three\n",
    )
    found = netrc_file.find(path, Login(user=user), HOST)
    assert getattr(found, "secret", None) == (expected and Secret(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('password "two words"', "two words", id="quoted"),
        pytest.param('password "a\\"b"', 'a"b', id="escaped"),
        pytest.param("password a\\ b", "a b", id="escaped-blank"),
        pytest.param("password #x", "#x", id="no-remark"),
        pytest.param('password ""', "", id="empty"),
        pytest.param("# remark\n# another\npassword p", "p", id="remarks"),
        pytest.param("account z password p", "p", id="account"),
    ],
)
def test_netrc_words_are_parsed(text: str, expected: str) -> None:
    [entry] = parse(f"machine h login me {text}")
    assert entry.password is not None
    assert entry.password.reveal() == expected


def test_netrc_macros_are_skipped_and_the_default_is_parsed() -> None:
    text = "macdef init\n cd /\n machine x\n\ndefault login me password p\n"
    [entry] = parse(text)
    assert (entry.machine, entry.user) == ("", "me")


@pytest.mark.parametrize("text", ["", "machine", '"', "machine h login"])
def test_truncated_netrc_is_parsed(text: str) -> None:
    assert all(entry.password is None for entry in parse(text))


def test_netrc_entry_with_a_star_serves_the_domain(tmp_path: Path) -> None:
    path = netrc(tmp_path, "machine *.example.com login me password p\n")
    assert hasattr(netrc_file.find(path, Login(user="me"), HOST), "secret")
    assert not hasattr(netrc_file.find(path, Login(user="me"), "example.org"), "secret")


@pytest.mark.parametrize(
    ("text", "user"),
    [
        pytest.param(f"machine {HOST} login me password p", "me", id="one"),
        pytest.param(f"machine {HOST} login a password p machine {HOST} login b password p", "", id="several"),
        pytest.param("", "", id="none"),
    ],
)  # fmt: skip
def test_login_comes_from_the_only_entry(tmp_path: Path, text: str, user: str) -> None:
    assert netrc_file.user_at(netrc(tmp_path, text), HOST) == user


def test_netrc_that_other_users_can_read_is_not_used(tmp_path: Path) -> None:
    path = netrc(tmp_path, f"machine {HOST} login me password p\n", 0o644)
    found = netrc_file.find(path, Login(user="me"), HOST)
    assert "other users can read it" in getattr(found, "reason", "")
    assert netrc_file.user_at(path, HOST) == ""


def test_netrc_that_is_a_directory_is_reported(tmp_path: Path) -> None:
    found = netrc_file.find(tmp_path, Login(user="me"), HOST)
    assert "not a regular file" in getattr(found, "reason", "")
