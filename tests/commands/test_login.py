"""Login: the secret that is used, and the behaviour after a refusal."""

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext, TerminalEvents
from pymail.delivery.logins import Logins
from pymail.delivery.settings import resolve_settings
from pymail.main import main
from pymail.model import replace
from pymail.settings.loader import LoadRequest, load
from pymail.settings.server_models import SmtpServer
from tests.scripted import Server

pytestmark = pytest.mark.live

Run = Callable[..., Any]
USER = "me@example.com"
PASSWORD = "right-password"
TOKEN = "ya29.right-token"
PATIENCE_SECONDS = 30


def login(mechanism: str, words: str) -> str:
    """The AUTH command with this initial response."""
    return f"AUTH {mechanism} {b64encode(words.encode()).decode()}"


RIGHT = login("PLAIN", f"\0{USER}\0{PASSWORD}")
RIGHT_TOKEN = login("XOAUTH2", f"user={USER}\1auth=Bearer {TOKEN}\1\1")


class LoginServer(Server):
    """A server that requires a login; `verdict` is its reply to a wrong one."""

    def __init__(self) -> None:
        self.verdict = "535 5.7.8 Error: authentication failed"
        super().__init__(self._answer)

    def _answer(self, line: str) -> str | None:
        if line.startswith("AUTH") and line not in (RIGHT, RIGHT_TOKEN):
            return self.verdict
        offer = "250-here\n250 AUTH PLAIN XOAUTH2"
        return offer if line.startswith("EHLO") else None

    def rc(self, more: str = "") -> str:
        return f"set smtp={self.address} from={USER} user={USER}\n{more}\n"

    @property
    def tries(self) -> list[str]:
        return [line for line in self.heard if line.startswith("AUTH ")]


@pytest.fixture
def server() -> Iterator[LoginServer]:
    started = LoginServer()
    yield started
    started.stop()


SEND = ("-s", "S", "a@x.org")


def script(world: Any, name: str, text: str) -> Path:
    path: Path = world.write(name, text)
    path.chmod(0o600)
    return path


FILES = {"s": "{p}\r\n", "creds/pymail": "{p}"}


# What mail.rc, command line and environment say; {p} is the right password.
CASES: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "rc": ("password={p}", (), {}),
    "file": ("smtp-password-file=~/s", (), {}),
    "command": ("smtp-password-command='echo {p}'", (), {}),
    "typed": ("password=no", ("-S", "password={p}"), {}),
    "variable": ("password=no", (), {"PYMAIL_PASSWORD": "{p}"}),
    "systemd": ("password=no", (), {"CREDENTIALS_DIRECTORY": "creds"}),
    "file-of-run": ("password=no", ("--password-file", "~/s"), {}),
    "file-of-run-before-all": ("password=no", ("--password-file", "~/s", "-S", "password=no"), {"PYMAIL_PASSWORD": "no"}),
    "rc-over-environment": ("password={p}", (), {"smtp-auth-password": "no"}),
    "environment": ("nothing", (), {"smtp-auth-password": "{p}"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_more_explicit_password_is_used(
    pymail: Run,
    world: Any,
    server: LoginServer,
    case: tuple[str, tuple[str, ...], dict[str, str]],
) -> None:
    def filled(text: str) -> str:
        return text.replace("{p}", PASSWORD)

    rc, words, variables = case
    for name, text in FILES.items():
        script(world, name, filled(text))
    ended = pymail(
        *map(filled, words),
        *SEND,
        rc=server.rc(f"set {filled(rc)}"),
        variables={name: filled(text) for name, text in variables.items()},
    )
    assert (ended.status, ended.err, len(server.contents)) == (0, "", 1)
    assert server.tries == [RIGHT]


def test_account_chooses_its_systemd_credential(
    pymail: Run, world: Any, server: LoginServer
) -> None:
    script(world, "creds/pymail.work", PASSWORD)
    script(world, "creds/pymail", "wrong")
    rc = server.rc("account work {\nset record=\n}")
    variables = {"CREDENTIALS_DIRECTORY": str(world.directory / "creds")}
    ended = pymail("-A", "work", *SEND, rc=rc, variables=variables)
    assert (ended.status, ended.err) == (0, "")
    assert server.tries == [RIGHT]


def test_token_of_a_command_logs_in(
    pymail: Run, server: LoginServer, world: Any
) -> None:
    script(world, "token", f"echo {TOKEN}\n")
    rc = server.rc("set smtp-auth=xoauth2 smtp-password-command='sh ~/token'")
    ended = pymail(*SEND, rc=rc, variables={"HOME": str(world.directory)})
    assert (ended.status, ended.err, len(server.contents)) == (0, "", 1)
    assert server.tries == [RIGHT_TOKEN]


def test_refused_token_is_named_and_a_new_one_is_tried(
    pymail: Run, server: LoginServer
) -> None:
    rc = server.rc("set smtp-auth=xoauth2 smtp-password-command='echo old'")
    ended = pymail(*SEND, rc=rc)
    assert ended.status == 77
    assert "with the password from the command of ~/.mailrc:2" in ended.err
    rc = server.rc(f"set smtp-auth=xoauth2 smtp-password-command='echo {TOKEN}'")
    assert pymail(*SEND, rc=rc).status == 0


# ── one failed login is enough ──────────────────────────────────────────────


def test_refused_password_is_not_tried_again(
    pymail: Run, world: Any, server: LoginServer
) -> None:
    rc = server.rc("set password=Zx9")
    first = pymail(*SEND, stdin=b"one\n", rc=rc)
    assert first.status == 77
    assert "the server does not accept the login, with the password from" in first.err
    assert "535 5.7.8 Error: authentication failed" in first.err
    assert len(server.tries) == 1
    second = pymail(*SEND, stdin=b"two\n", rc=rc)
    assert second.status == 77
    assert "not tried: the server refused this login at " in second.err
    assert "(535 5.7.8 Error: authentication failed)" in second.err
    assert "pymail tries it again after " in second.err
    assert "--check, --login or another password" in second.err
    assert len(server.tries) == 1
    assert "\n\none\n" in world.dead_letter
    assert "\n\ntwo\n" in world.dead_letter
    assert "Zx9" not in first.err + second.err


def test_another_password_is_tried_at_once(pymail: Run, server: LoginServer) -> None:
    assert pymail(*SEND, rc=server.rc("set password=wrong")).status == 77
    assert pymail(*SEND, rc=server.rc(f"set password={PASSWORD}")).status == 0


def test_messages_of_one_run_try_once(pymail: Run, server: LoginServer) -> None:
    commands = "".join(f"mail {name}@x.org\ntext\n~.\n" for name in "abc")
    rc = server.rc("set password=wrong")
    ended = pymail("-#", stdin=commands.encode(), rc=rc)
    assert ended.status == 77
    assert len(server.tries) == 1
    assert ended.err.count(", with the password from ~/.mailrc:2") == 3


@pytest.mark.parametrize(
    "verdict",
    [
        pytest.param("454 4.7.0 try again later", id="transient"),
        pytest.param("530 5.7.0 Must issue a STARTTLS command first", id="no-tls"),
        pytest.param("504 5.5.4 no such mechanism", id="mechanism"),
    ],
)
def test_temporary_refusal_is_retried(
    pymail: Run, server: LoginServer, verdict: str
) -> None:
    server.verdict = verdict
    rc = server.rc("set password=wrong")
    assert "with the password from" in pymail(*SEND, rc=rc).err
    pymail(*SEND, rc=rc)
    assert len(server.tries) == 2


def test_refusal_that_cannot_be_recorded_is_reported(
    pymail: Run, world: Any, server: LoginServer
) -> None:
    world.write("file", "")
    variables = {"XDG_STATE_HOME": str(world.directory / "file")}
    rc = server.rc("set password=wrong")
    for _ in range(2):
        ended = pymail(*SEND, rc=rc, variables=variables)
        assert ended.status == 77
        assert "does not accept the login" in ended.err
    assert len(server.tries) == 2


def test_failure_says_when_others_can_read_the_password(
    pymail: Run, world: Any, server: LoginServer
) -> None:
    (world.directory / ".mailrc").touch(0o644)
    (world.directory / ".mailrc").chmod(0o644)
    ended = pymail(*SEND, rc=server.rc("set password=wrong"))
    assert "~/.mailrc:2, which others can read (chmod 600 ~/.mailrc)" in ended.err
    (world.directory / ".mailrc").chmod(0o600)
    ended = pymail(*SEND, rc=server.rc("set password=other"))
    assert "others can read" not in ended.err


def test_password_for_all_users_is_readable_on_purpose(
    world: Any, server: LoginServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    system = tmp_path_factory.mktemp("etc")
    (system / "mail.rc").write_text(server.rc("set password=wrong"))
    (system / "mail.rc").chmod(0o644)
    made = replace(world.environment("pymail", *SEND), system_rc_directory=system)
    assert main(made) == 77
    said = f"the password from {system}/mail.rc:2, which others can read: 535"
    assert said in made.stderr.getvalue()


def test_verbose_names_the_place_of_the_password(
    pymail: Run, world: Any, server: LoginServer
) -> None:
    ended = pymail("-v", *SEND, rc=server.rc(f"set password={PASSWORD}"))
    said = f"pymail: logging in as {USER} with the password from ~/.mailrc:2"
    assert ended.err.count(said) == 1
    ended = pymail("-v", "-S", f"password={PASSWORD}", *SEND, rc=server.rc())
    assert "-S: every user of this machine can see the password (with ps)" in ended.err
    assert PASSWORD not in ended.err
    script(world, "s", PASSWORD).chmod(0o644)
    ended = pymail("-v", "--password-file", "~/s", *SEND, rc=server.rc())
    assert "--password-file ~/s: others can read it (chmod 600)" in ended.err
    assert ended.status == 0


def test_a_second_session_asks_for_no_second_password(
    world: Any, server: LoginServer
) -> None:
    made = world.environment("pymail", rc=server.rc("set password=p"))
    context = RunContext(made, "pymail", TerminalEvents(made))
    loaded = load(LoadRequest(), made)
    settings = resolve_settings(loaded, made)
    assert isinstance(settings.server, SmtpServer)
    assert settings.server.login is not None
    logins = Logins(settings, context, verbose=True)
    secrets = [logins(settings.server.login, "127.0.0.1") for _ in range(2)]
    assert secrets[0] is secrets[1]
    assert made.stderr.getvalue().count("logging in as") == 1


# ── no password ─────────────────────────────────────────────────────────────


def test_all_password_sources_are_named_in_one_line(
    pymail: Run, world: Any, server: LoginServer
) -> None:
    rc = server.rc("set smtp-password-command='echo no key >&2; exit 2'")
    ended = pymail(*SEND, stdin=b"text\n", rc=rc)
    assert ended.status == 77
    assert ended.err.splitlines()[0] == (
        f"pymail: logging in to 127.0.0.1:{server.port}: no password for {USER} at "
        "127.0.0.1; tried: this run (no password option); PYMAIL_PASSWORD (not set); "
        "CREDENTIALS_DIRECTORY (not set); mail.rc (~/.mailrc:2: smtp-password-command: "
        "it failed with status 2: no key); "
        "credentials file (~/.config/pymail/credentials: no such file or directory); "
        "credentials file (~/etc/pymail/credentials: no such file or directory); "
        "netrc (~/.netrc: no such file or directory); "
        "keyring (not reachable: no D-Bus session, as usual under cron); "
        "terminal (no terminal to ask at)"
    )
    assert f"what to do: pymail --login {USER} --store file" in ended.err
    assert "\n\ntext\n" in world.dead_letter
    assert server.tries == []


# ── --password-fd and --password-file ───────────────────────────────────────


@pytest.mark.parametrize(
    "words", [("--password-fd", "Zx9-code"), ("--password-fd=Zx9-code",)]
)
def test_password_in_place_of_a_descriptor_is_not_repeated(
    pymail: Run, words: tuple[str, ...]
) -> None:
    ended = pymail(*words, *SEND, stdin=b"text\n")
    assert ended.status == 64
    assert "--password-fd takes the number of a descriptor" in ended.err
    assert "Zx9" not in ended.err + ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("--password-fd", "99999"), "--password-fd 99999: bad file descriptor", id="fd"),
        pytest.param(("--password-fd", "-1"), "--password-fd -1: file descriptor", id="negative"),
        pytest.param(("--password-fd", "99999999999"), "--password-fd 99999999999: ", id="huge"),
        pytest.param(("--password-file", "none"), "--password-file none: no such file or directory", id="file"),
        pytest.param(("--password-file", "."), "--password-file .: is a directory", id="folder"),
        pytest.param(("--password-file", "blank"), "--password-file blank: it has only blanks", id="blank"),
    ],
)  # fmt: skip
def test_password_that_cannot_be_read_is_an_error_before_anything_is_sent(
    pymail: Run, world: Any, words: tuple[str, ...], said: str
) -> None:
    world.write("blank", " \n")
    rc = f"set smtp=192.0.2.1 from={USER} user={USER} password=p\n"
    ended = pymail(*words, *SEND, stdin=b"text\n", rc=rc)
    assert ended.status == 66
    assert said in ended.err
    assert "\n\ntext\n" in world.dead_letter


def test_password_file_may_be_a_pipe(pymail: Run, server: LoginServer) -> None:
    reader, writer = os.pipe()
    os.write(writer, PASSWORD.encode())
    os.close(writer)
    ended = pymail("--password-file", f"/dev/fd/{reader}", *SEND, rc=server.rc())
    os.close(reader)
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.parametrize("task", ["setup", "log_in"])
def test_password_to_store_is_no_source_of_the_login(world: Any, task: str) -> None:
    made = world.environment("pymail", rc=f"set smtp=h user={USER}")
    words: dict[str, Any] = {task: True, "password_fd": 99999}
    invocation = Invocation(**words)
    settings = resolve_settings(load(invocation.load_request, made), made)
    assert isinstance(settings.server, SmtpServer)
    assert settings.server.login is not None
    assert settings.server.login.sources == ()


@pytest.mark.parametrize("option", ["--password-fd=99999", "--password-file=none"])
@pytest.mark.parametrize(
    ("rc", "said"),
    [
        pytest.param("set smtp=192.0.2.1", "without a login", id="no-user"),
        pytest.param(
            "set smtp=192.0.2.1 user=me smtp-auth=none", "without a login", id="none"
        ),
        pytest.param("set sendmail=/bin/false", "no SMTP server", id="program"),
    ],
)
def test_unused_password_is_reported(
    pymail: Run, world: Any, option: str, rc: str, said: str
) -> None:
    ended = pymail(option, *SEND, stdin=b"text\n", rc=f"{rc}\n")
    assert ended.status == 78
    assert option.partition("=")[0] in ended.err
    assert said in ended.err
    assert "\n\ntext\n" in world.dead_letter


def test_password_comes_before_the_message_on_one_descriptor(
    server: LoginServer, tmp_path: Path
) -> None:
    (tmp_path / ".mailrc").write_text(server.rc("set record=sent"))
    command = [sys.executable, "-m", "pymail", "--password-fd", "0", *SEND]
    ended = subprocess.run(
        command,
        input=f"{PASSWORD}\nthe text\n".encode(),
        capture_output=True,
        check=False,
        cwd=tmp_path,
        timeout=PATIENCE_SECONDS,
        env={**os.environ, "HOME": str(tmp_path), "MAILX_NO_SYSTEM_RC": "1"},
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert server.tries == [RIGHT]
    sent = (tmp_path / "sent").read_text()
    assert "\n\nthe text\n" in sent
    assert PASSWORD not in sent


def test_password_of_a_descriptor_is_read_once_for_all_messages(
    world: Any, server: LoginServer
) -> None:
    reader, writer = os.pipe()
    os.write(writer, f"{PASSWORD}\nnot read".encode())
    text = b"mail a@x.org\nt\n~.\nset record=sent\nmail b@x.org\nt\n~.\n"
    made = world.environment(
        *("pymail", "-#", "--password-fd", str(reader)), stdin=text, rc=server.rc()
    )
    assert main(replace(made)) == 0
    assert len(server.contents) == 2
    assert os.read(reader, 100) == b"not read"
    for end in (reader, writer):
        os.close(end)
