"""The cheap sources of secrets, and the cleaning of their secrets."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.report_outcome import default_settings
from pymail.credentials import chain, netrc, secret_text
from pymail.credentials.chain import ask_at_terminal
from pymail.credentials.netrc import odd_line, parse
from pymail.credentials.secret_text import Found, Missing, clean, read_descriptor_line
from pymail.errors import AuthenticationError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.models import KEY_HOST_SUFFIX
from pymail.settings.server_models import Login, SecretSource

HOST = "smtp.example.com"
ME = Login(user="me")


def shown(answer: Found | Missing) -> tuple[str, str]:
    """The secret and its place, or nothing and the reason."""
    if isinstance(answer, Found):
        return answer.secret.reveal(), answer.place
    return "", answer.reason


# ── pasted secrets ──────────────────────────────────────────────────────────


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
        pytest.param("abcd efgh ijkl mnop", "smtp.gmail.com", "abcdefghijklmnop", id="gmail"),
        pytest.param("abcd\u00a0efgh\u00a0ijkl\u00a0mnop\n", "SMTP.QQ.COM.", "abcdefghijklmnop", id="qq-nbsp"),
        pytest.param("abcd efgh ijkl mnop", HOST, "abcd efgh ijkl mnop", id="elsewhere"),
        pytest.param("abcd efgh ijkl mnop", "notgmail.com", "abcd efgh ijkl mnop", id="another-domain"),
        pytest.param("abcd efgh ijkl mnO9", "smtp.gmail.com", "abcd efgh ijkl mnO9", id="other-look"),
    ],
)  # fmt: skip
def test_blanks_of_a_paste_are_stripped(text: str, host: str, expected: str) -> None:
    assert shown(clean(Found(Secret(text), "here"), host)) == (expected, "here")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "here: it is empty", id="empty"),
        pytest.param(" \n\u200b", "here: it has only blanks", id="blanks"),
        pytest.param("x" * 16_385, "here: too long for a password", id="huge"),
        pytest.param("a\0b", "here: a password can't have control characters", id="nul"),
        pytest.param("a\nb", "here: a password can't have control characters", id="lines"),
    ],
)  # fmt: skip
def test_text_that_cannot_be_a_password_is_missing(text: str, reason: str) -> None:
    assert shown(clean(Found(Secret(text), "here"), HOST)) == ("", reason)


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(Found(Secret(text), "here"), HOST)
    if isinstance(once, Found):
        assert clean(once, HOST) is once


# ── settings: secrets, commands, files ──────────────────────────────────────


def found(world: Any, *sources: SecretSource, now: bool = False) -> tuple[str, str]:
    login = Login(user="me", sources=sources)
    made = world.environment("pymail")
    return shown(
        chain.find_in_settings(made, login, HOST, for_this_run=now, command_seconds=20)
    )


def private(world: Any, name: str, text: str, mode: int = 0o600) -> Path:
    path: Path = world.write(name, text)
    path.chmod(mode)
    return path


def test_first_source_that_has_a_secret_wins(world: Any) -> None:
    path = private(world, "s", "of-file\n")
    answer = found(
        world,
        SecretSource(place="rc:1", command="exit 3"),
        SecretSource(place="rc:2", file=world.directory / "none"),
        SecretSource(place="rc:3", file=path),
        SecretSource(place="rc:4", secret=Secret("of-rc")),
    )
    assert answer == ("of-file", f"{path} (rc:3)")


def test_reason_names_every_miss(world: Any) -> None:
    _, reason = found(
        world,
        SecretSource(place="rc:1", command="exit 3"),
        SecretSource(place="rc:2", file=world.directory / "none"),
    )
    assert reason == (
        "rc:1: smtp-password-command: it failed with status 3, "
        f"rc:2: {world.directory}/none: no such file or directory"
    )


def test_command_of_the_settings_is_named(world: Any) -> None:
    source = SecretSource(place="rc:1", command="echo p")
    assert found(world, source) == ("p", "the command of rc:1")


def test_options_of_this_run_are_a_source_of_their_own(world: Any) -> None:
    now = SecretSource(place="-S", secret=Secret("now"), for_this_run=True)
    ever = SecretSource(place="rc:1", secret=Secret("ever"))
    assert found(world, ever, now, now=True) == ("now", "-S")
    assert found(world, now, ever) == ("ever", "rc:1")
    assert found(world, ever, now=True) == ("", "no password option")
    assert found(world)[1].startswith("no smtp-auth-password")


# ── files ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_secret_file_with_access_for_other_users_is_not_used(
    world: Any, mode: int
) -> None:
    path = private(world, "s", "secret", mode)
    answer = secret_text.read_file_line(path, private=True)
    assert answer == Missing(f"{path}: other users have access to it (chmod 600)")
    assert secret_text.read_file_line(path, private=False) == "secret"


@pytest.mark.parametrize("kind", ["directory", "fifo", "nul", "device"])
def test_special_file_is_rejected_without_a_wait(world: Any, kind: str) -> None:
    fifo = world.directory / "fifo"
    os.mkfifo(fifo)
    paths = {
        "directory": world.directory,
        "fifo": fifo,
        "nul": Path("a\0b"),
        "device": Path("/dev/null"),
    }
    assert isinstance(secret_text.read_file_line(paths[kind], private=True), Missing)


def test_read_error_is_reported() -> None:
    """Reading /proc/self/mem at 0 fails, as a broken disk does."""
    answer = secret_text.read_file_line(Path("/proc/self/mem"), private=False)
    assert answer == Missing("/proc/self/mem: input/output error")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(0o600, False), (0o640, True), (0o604, True), (0o620, False)],
)
def test_readable_by_other_users(world: Any, mode: int, expected: bool) -> None:
    assert secret_text.is_readable_by_others(private(world, "s", "", mode)) is expected


@pytest.mark.parametrize("name", ["none", "a\0b"])
def test_missing_file_is_not_readable(world: Any, name: str) -> None:
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


def test_wait_at_a_silent_descriptor_is_limited() -> None:
    reader, writer = os.pipe()
    answer = read_descriptor_line(reader, 0.01)
    assert answer == Missing("no line within 0.01 seconds")
    for end in (reader, writer):
        os.close(end)


# ── variables and systemd ───────────────────────────────────────────────────


def test_variable_serves_servers_only(world: Any) -> None:
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
def test_most_specific_credential_of_systemd_wins(
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
def test_missing_credentials_of_systemd_are_reported(
    world: Any, directory: str | None, reason: str
) -> None:
    world.write("file", "")
    world.write("etc/other", "")
    world.write("odd/pymail/x", "")
    variables = {} if directory is None else {"CREDENTIALS_DIRECTORY": directory}
    made = world.environment("pymail", variables=variables)
    answer = chain.find_of_systemd(made, "", ME, HOST)
    assert shown(answer) == ("", reason.format(world.directory))


def test_credentials_of_systemd_serve_servers_only(world: Any) -> None:
    private(world, "pymail", "p")
    made = world.environment("pymail", variables={"CREDENTIALS_DIRECTORY": "."})
    _, reason = shown(
        chain.find_of_systemd(made, "", ME, f"example.com{KEY_HOST_SUFFIX}")
    )
    assert reason == "not for private keys"


# ── netrc ───────────────────────────────────────────────────────────────────


def test_unknown_word_does_not_hide_other_entries(world: Any) -> None:
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
    assert reason.endswith("login me (line 1 has an unknown word)")
    assert "pasword" not in reason


def test_netrc_with_an_invalid_name_is_reported() -> None:
    _, reason = shown(netrc.find(Path("a\0b"), ME, HOST))
    assert reason


# ── the chain ───────────────────────────────────────────────────────────────


def make_chain(world: Any, *, terminal: bool, **more: Any) -> chain.Chain:
    made = replace(world.environment("pymail", **more), stderr_is_terminal=terminal)
    return chain.make_chain(made, default_settings(made))


def test_blank_secret_is_a_miss_with_a_reason(world: Any) -> None:
    private(world, ".netrc", f"machine {HOST} login me password right")
    made = make_chain(world, terminal=False, variables={"PYMAIL_PASSWORD": " \n"})
    assert made.find(ME, HOST).place == "~/.netrc"
    with pytest.raises(AuthenticationError) as caught:
        made.find(ME, "other.example.com")
    assert "PYMAIL_PASSWORD ($PYMAIL_PASSWORD: it has only blanks);" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("terminal", "advice"),
    [(True, "pymail --login me"), (False, "pymail --login me --store file")],
    ids=["attended", "cron"],
)
def test_advice_names_a_store_that_this_run_can_read(
    world: Any, terminal: bool, advice: str
) -> None:
    with pytest.raises(AuthenticationError) as caught:
        make_chain(world, terminal=terminal).find(ME, HOST)
    assert caught.value.advice == advice


@pytest.mark.parametrize(
    ("terminal", "last"),
    [(True, "would prompt"), (False, "no terminal to ask at")],
    ids=["attended", "cron"],
)
def test_survey_asks_every_source_without_a_prompt(
    world: Any, terminal: bool, last: str
) -> None:
    private(world, ".netrc", f"machine {HOST} login me password right")
    variables = {
        "PYMAIL_PASSWORD": "first",
        f"answer to Password for me at {HOST}: ": "typed",
    }
    made = make_chain(world, terminal=terminal, variables=variables)
    answers = [(name, *shown(each)) for name, each in made.survey(ME, HOST)]
    nothing = "no smtp-auth-password, smtp-password-command or smtp-password-file"
    missing = "no such file or directory"
    assert answers == [
        ("this run", "", "no password option"),
        ("PYMAIL_PASSWORD", "first", "$PYMAIL_PASSWORD"),
        ("CREDENTIALS_DIRECTORY", "", "not set"),
        ("mail.rc", "", nothing),
        ("credentials file", "", f"~/.config/pymail/credentials: {missing}"),
        ("credentials file", "", f"~/etc/pymail/credentials: {missing}"),
        ("netrc", "right", "~/.netrc"),
        ("keyring", "", "not reachable: no D-Bus session, as usual under cron"),
        ("terminal", "", last),
    ]


def test_home_that_is_the_root_directory_abbreviates_no_path(world: Any) -> None:
    made = replace(world.environment("pymail"), home=Path("/"))
    with pytest.raises(AuthenticationError, match=r"netrc \(/\.netrc: "):
        chain.make_chain(made, default_settings(made)).find(ME, HOST)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("", ("", "no password was typed")), ("p", ("p", "the terminal"))],
)
def test_answer_at_the_terminal_is_the_secret(
    world: Any, answer: str, expected: tuple[str, str]
) -> None:
    variables = {f"answer to Password for me at {HOST}: ": answer}
    made = world.environment("pymail", variables=variables)
    attended = replace(made, stderr_is_terminal=True)
    assert shown(ask_at_terminal(attended, ME, HOST)) == expected
