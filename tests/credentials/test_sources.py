"""The cheap places of a secret, and what is made of what they hold."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.credentials import (
    chain,
    netrc,
    secret_text,
)
from pymail.credentials.base import Found, Missing
from pymail.credentials.chain import ask_at_terminal
from pymail.credentials.netrc import odd_line, parse
from pymail.credentials.secret_text import clean, read_descriptor_line
from pymail.errors import AuthenticationError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.models import KEY_HOST_SUFFIX, Lookup
from pymail.settings.server_models import Login, SecretSource

HOST = "smtp.example.com"
ME = Login(user="me")


def shown(answer: Found | Missing) -> tuple[str, str]:
    """The secret and its place, or nothing and the reason."""
    if isinstance(answer, Found):
        return answer.secret.reveal(), answer.place
    return "", answer.reason


# ── what was pasted ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "host", "expected"),
    [
        pytest.param("code\r\n", HOST, "code", id="crlf"),
        pytest.param(" code\t", HOST, "code", id="blanks"),
        pytest.param("\u00a0code\u00a0", HOST, "code", id="nbsp"),
        pytest.param("\ufeff\u200bcode\u200d\u2060", HOST, "code", id="zero-width"),
        pytest.param("\u3000code\u3000", HOST, "code", id="ideographic"),
        pytest.param("two words", HOST, "two words", id="blank-inside"),
        pytest.param("a\tb", HOST, "a\tb", id="tab-inside"),
        pytest.param("密码", HOST, "密码", id="chinese"),
        pytest.param("\udcff", HOST, "\udcff", id="octets"),
        pytest.param(
            "abcd efgh ijkl mnop", "smtp.gmail.com", "abcdefghijklmnop", id="gmail"
        ),
        pytest.param(
            "abcd\u00a0efgh\u00a0ijkl\u00a0mnop\n",
            "SMTP.QQ.COM.",
            "abcdefghijklmnop",
            id="qq-nbsp",
        ),
        pytest.param(
            "abcd efgh ijkl mnop", HOST, "abcd efgh ijkl mnop", id="elsewhere"
        ),
        pytest.param(
            "abcd efgh ijkl mnop",
            "notgmail.com",
            "abcd efgh ijkl mnop",
            id="another-domain",
        ),
        pytest.param(
            "abcd efgh ijkl mnO9",
            "smtp.gmail.com",
            "abcd efgh ijkl mnO9",
            id="other-look",
        ),
    ],
)
def test_what_was_pasted_along_is_taken_off(
    text: str, host: str, expected: str
) -> None:
    assert shown(clean(Found(Secret(text), "here"), host)) == (expected, "here")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "here: it is empty", id="empty"),
        pytest.param(" \n\u200b", "here: nothing but blanks", id="blanks"),
        pytest.param("x" * 16_385, "here: longer than any password", id="huge"),
        pytest.param("a\0b", "here: a password has no control characters", id="nul"),
        pytest.param("a\nb", "here: a password has no control characters", id="lines"),
    ],
)
def test_secret_that_is_none_is_said_so(text: str, reason: str) -> None:
    assert shown(clean(Found(Secret(text), "here"), HOST)) == ("", reason)


@given(st.text())
def test_no_secret_is_an_accident(text: str) -> None:
    once = clean(Found(Secret(text), "here"), HOST)
    if isinstance(once, Found):
        assert clean(once, HOST) is once


# ── what is said: secrets, commands, files ──────────────────────────────────


def said(world: Any, *given: SecretSource, now: bool = False) -> tuple[str, str]:
    login = Login(user="me", sources=given)
    made = world.environment("pymail")
    return shown(
        chain.find_in_settings(made, login, HOST, for_this_run=now, command_seconds=20)
    )


def private(world: Any, name: str, text: str, mode: int = 0o600) -> Path:
    path: Path = world.write(name, text)
    path.chmod(mode)
    return path


def test_first_that_is_said_and_there_is_taken(world: Any) -> None:
    path = private(world, "s", "of-file\n")
    answer = said(
        world,
        SecretSource(place="rc:1", command="exit 3"),
        SecretSource(place="rc:2", file=world.directory / "none"),
        SecretSource(place="rc:3", file=path),
        SecretSource(place="rc:4", secret=Secret("of-rc")),
    )
    assert answer == ("of-file", f"{path} (rc:3)")


def test_every_miss_is_said(world: Any) -> None:
    _, reason = said(
        world,
        SecretSource(place="rc:1", command="exit 3"),
        SecretSource(place="rc:2", file=world.directory / "none"),
    )
    assert reason == (
        "rc:1: smtp-password-command: it fails with status 3, "
        f"rc:2: {world.directory}/none: no such file or directory"
    )


def test_command_of_the_settings_is_named(world: Any) -> None:
    given = SecretSource(place="rc:1", command="echo p")
    assert said(world, given) == ("p", "the command of rc:1")


def test_what_is_said_for_this_run_is_a_place_of_its_own(world: Any) -> None:
    now = SecretSource(place="-S", secret=Secret("now"), for_this_run=True)
    ever = SecretSource(place="rc:1", secret=Secret("ever"))
    assert said(world, ever, now, now=True) == ("now", "-S")
    assert said(world, now, ever) == ("ever", "rc:1")
    assert said(world, ever, now=True) == ("", "nothing given")
    assert said(world)[1].startswith("no smtp-auth-password")


# ── files ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_secret_file_that_others_can_touch_is_not_used(world: Any, mode: int) -> None:
    path = private(world, "s", "secret", mode)
    answer = secret_text.read_file_line(path, private=True)
    assert answer == Missing(f"{path}: others have access to it (chmod 600)")
    assert secret_text.read_file_line(path, private=False) == "secret"


def test_secret_file_of_another_user_is_not_used() -> None:
    status = os.stat_result((0o100600, 0, 0, 1, os.geteuid() + 1, 0, 0, 0, 0, 0))
    assert secret_text._objection(status, private=True) == "it belongs to another user"
    assert secret_text._objection(status, private=False) == ""


@pytest.mark.parametrize("kind", ["directory", "fifo", "nul", "device"])
def test_what_is_no_file_is_no_failure_and_no_wait(world: Any, kind: str) -> None:
    fifo = world.directory / "fifo"
    os.mkfifo(fifo)
    paths = {
        "directory": world.directory,
        "fifo": fifo,
        "nul": Path("a\0b"),
        "device": Path("/dev/null"),
    }
    assert isinstance(secret_text.read_file_line(paths[kind], private=True), Missing)


def test_disk_that_fails_is_said() -> None:
    """Reading our own memory at 0 fails, as a broken disk does."""
    answer = secret_text.read_file_line(Path("/proc/self/mem"), private=False)
    assert answer == Missing("/proc/self/mem: input/output error")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o600, False), (0o640, True), (0o604, True), (0o620, False)],
)
def test_file_that_others_can_read_is_exposed(
    world: Any, mode: int, expected: bool
) -> None:
    assert secret_text.is_readable_by_others(private(world, "s", "", mode)) is expected


@pytest.mark.parametrize("name", ["none", "a\0b"])
def test_file_that_is_not_there_is_not_exposed(world: Any, name: str) -> None:
    assert not secret_text.is_readable_by_others(world.directory / name)


# ── descriptors ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("octets", "line", "left"),
    [
        pytest.param(b"one\ntwo\n", "one", b"two\n", id="lines"),
        pytest.param(b"one", "one", b"", id="no-line-end"),
        pytest.param(b"", "", b"", id="nothing"),
        pytest.param(b"x" * 65537, "x" * 65536, b"x", id="huge"),
    ],
)
def test_descriptor_is_read_to_the_line_end(
    tmp_path: Path, octets: bytes, line: str, left: bytes
) -> None:
    (tmp_path / "s").write_bytes(octets)
    with (tmp_path / "s").open("rb", buffering=0) as file:
        assert read_descriptor_line(file.fileno(), 20) == line
        assert file.read() == left


def test_descriptor_where_nothing_comes_is_not_waited_for() -> None:
    reader, writer = os.pipe()
    answer = read_descriptor_line(reader, 0.01)
    assert answer == Missing("no line within 0.01 seconds")
    for end in (reader, writer):
        os.close(end)


# ── variables and systemd ───────────────────────────────────────────────────


def test_variable_is_asked_for_servers_alone(world: Any) -> None:
    made = world.environment("pymail", variables={"PYMAIL_PASSWORD": "p"})
    assert shown(chain.find_in_environment(made, ME, HOST)) == ("p", "$PYMAIL_PASSWORD")
    _, reason = shown(
        chain.find_in_environment(made, ME, f"example.com{KEY_HOST_SUFFIX}")
    )
    assert reason == "not for private keys"
    made = world.environment("pymail")
    assert shown(chain.find_in_environment(made, ME, HOST)) == ("", "not set")


@pytest.mark.parametrize(
    ("files", "account", "name"),
    [
        pytest.param(["", ".work", f".{HOST}"], "work", "pymail.work", id="account"),
        pytest.param(["", ".work", f".{HOST}"], "", f"pymail.{HOST}", id="host"),
        pytest.param(["", ".work"], "home", "pymail", id="plain"),
        pytest.param([""], "../work", "pymail", id="no-name"),
    ],
)
def test_credentials_of_systemd_go_from_account_to_all(
    world: Any, files: list[str], account: str, name: str
) -> None:
    for each in files:
        private(world, f"creds/pymail{each}", f"of pymail{each}\n", 0o440)
    variables = {"CREDENTIALS_DIRECTORY": str(world.directory / "creds")}
    made = world.environment("pymail", variables=variables)
    secret, place = shown(chain.find_of_systemd(made, account, ME, HOST))
    assert (secret, place) == (f"of {name}", f"{world.directory}/creds/{name}")


@pytest.mark.parametrize(
    ("directory", "reason"),
    [
        pytest.param(None, "not set", id="unset"),
        pytest.param("", "not set", id="empty"),
        pytest.param("none", "{}/none: no such file or directory", id="gone"),
        pytest.param("file", "{}/file: not a directory", id="file"),
        pytest.param(
            "etc", f"no pymail.{HOST}, pymail in {{}}/etc", id="nothing-of-ours"
        ),
        pytest.param("odd", "{}/odd/pymail: not a regular file", id="no-file"),
    ],
)
def test_credentials_of_systemd_that_are_not_there_are_said(
    world: Any, directory: str | None, reason: str
) -> None:
    world.write("file", "")
    world.write("etc/other", "")
    world.write("odd/pymail/x", "")
    variables = {} if directory is None else {"CREDENTIALS_DIRECTORY": directory}
    made = world.environment("pymail", variables=variables)
    answer = chain.find_of_systemd(made, "", ME, HOST)
    assert shown(answer) == ("", reason.format(world.directory))


def test_credentials_of_systemd_are_for_servers_alone(world: Any) -> None:
    private(world, "pymail", "p")
    made = world.environment("pymail", variables={"CREDENTIALS_DIRECTORY": "."})
    _, reason = shown(
        chain.find_of_systemd(made, "", ME, f"example.com{KEY_HOST_SUFFIX}")
    )
    assert reason == "not for private keys"


# ── netrc ───────────────────────────────────────────────────────────────────


def test_word_that_means_nothing_does_not_hide_other_entries(world: Any) -> None:
    text = (
        "nonsense\nmacdef init\ncd /\n\n"
        f"machine a.example.com login me pasword p password q\nmachine {HOST}\n"
        "  user me passwd right port 587 protocol smtp\n"
    )
    assert len(list(parse(text))) == 2
    assert odd_line(text) == 1
    assert odd_line(text.removeprefix("nonsense")) == 5
    assert odd_line("machine h\nlogin me default password p") == 0
    path = private(world, ".netrc", text)
    assert shown(netrc.find(path, ME, HOST))[0] == "right"
    assert shown(netrc.find(path, ME, "a.example.com"))[0] == "q"
    _, reason = shown(netrc.find(path, ME, "b.example.com"))
    assert reason.endswith("login me (line 1 makes no sense)")
    assert "pasword" not in reason


def test_netrc_whose_name_is_none_is_no_failure() -> None:
    _, reason = shown(netrc.find(Path("a\0b"), ME, HOST))
    assert reason


# ── the chain ───────────────────────────────────────────────────────────────


def asked(world: Any, *, terminal: bool, **around: Any) -> chain.Chain:
    made = replace(world.environment("pymail", **around), stderr_is_terminal=terminal)
    return chain.make_chain(made, Lookup(netrc=world.directory / ".netrc"))


def test_useless_secret_is_a_miss_with_words(world: Any) -> None:
    private(world, ".netrc", f"machine {HOST} login me password right")
    made = asked(world, terminal=False, variables={"PYMAIL_PASSWORD": " \n"})
    assert made.find(ME, HOST).place == "~/.netrc"
    with pytest.raises(AuthenticationError) as caught:
        made.find(ME, "other.example.com")
    assert "PYMAIL_PASSWORD ($PYMAIL_PASSWORD: nothing but blanks);" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("terminal", "advice"),
    [(True, "pymail --login me"), (False, "pymail --login me --store file")],
    ids=["attended", "cron"],
)
def test_advice_is_to_store_it_where_it_is_found(
    world: Any, terminal: bool, advice: str
) -> None:
    with pytest.raises(AuthenticationError) as caught:
        asked(world, terminal=terminal).find(ME, HOST)
    assert caught.value.advice == advice


@pytest.mark.parametrize(
    ("terminal", "last"),
    [(True, "would be asked"), (False, "no terminal to ask at")],
    ids=["attended", "cron"],
)
def test_survey_asks_every_place_and_nobody(
    world: Any, terminal: bool, last: str
) -> None:
    private(world, ".netrc", f"machine {HOST} login me password right")
    variables = {
        "PYMAIL_PASSWORD": "first",
        f"answer to Password of me at {HOST}: ": "typed",
    }
    made = asked(world, terminal=terminal, variables=variables)
    answers = [(name, *shown(each)) for name, each in made.survey(ME, HOST)]
    nothing = "no smtp-auth-password, smtp-password-command or smtp-password-file"
    missing = "no such file or directory"
    assert answers == [
        ("this run", "", "nothing given"),
        ("PYMAIL_PASSWORD", "first", "$PYMAIL_PASSWORD"),
        ("CREDENTIALS_DIRECTORY", "", "not set"),
        ("mail.rc", "", nothing),
        ("credentials file", "", f"~/.config/pymail/credentials: {missing}"),
        ("credentials file", "", f"~/etc/pymail/credentials: {missing}"),
        ("netrc", "right", "~/.netrc"),
        ("keyring", "", "not reachable: no D-Bus session, as usual under cron"),
        ("terminal", "", last),
    ]


def test_root_of_all_directories_as_home_hides_no_path(world: Any) -> None:
    made = replace(world.environment("pymail"), home=Path("/"))
    with pytest.raises(AuthenticationError, match=r"netrc \(/\.netrc: "):
        chain.make_chain(made).find(ME, HOST)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("", ("", "no answer at the terminal")), ("p", ("p", "the terminal"))],
)
def test_answer_at_the_terminal_is_the_secret(
    world: Any, answer: str, expected: tuple[str, str]
) -> None:
    variables = {f"answer to Password of me at {HOST}: ": answer}
    made = world.environment("pymail", variables=variables)
    attended = replace(made, stderr_is_terminal=True)
    assert shown(ask_at_terminal(attended, ME, HOST)) == expected
