"""Draw the pictures of the pages again: `python -m tests.pictures [DIRECTORY]`.

The installed command runs on a pseudo-terminal against servers on loopback, and its
output is drawn as it came; ports and times are those of that run. The pictures leave
out, as `…`, what the text beside them names.
"""

import email
import email.policy
import os
import pty
import re
import select
import ssl
import sys
import sysconfig
import tempfile
import termios
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from time import monotonic
from typing import Any

import trustme
from aiosmtpd.smtp import AuthResult

from pymail.commands import demo
from tests.live_server import running
from tests.svg import Piece, draw, pieces_of

ROOT = Path(__file__).parents[1]
COLUMNS = 100
PATIENCE_SECONDS = 30.0
SCRIPTS = sysconfig.get_path("scripts")
ADDRESS = "ops@example.com"
WRONG_PASSWORD, CODE = "last-years-code", "ABCDEFGHIJKLMNOP"
SECRETS = (demo.PASSWORD, WRONG_PASSWORD, CODE)

BACKUP = """#!/bin/sh
echo 'backing up /srv to nas1'
printf '\\033[32m%s\\033[0m\\n' '1204 files, 3.1 GB'
echo 'rsync: connection to nas1 lost' >&2
exit 12
"""

# of a session: extensions, most of the header, the end, and the rest of a folded line
LEFT_OUT = re.compile(
    r"S: 250[- ](?!OK|2)|C: [A-Z][\w-]*: |C: ?$|QUIT|S: 221|^(?!pymail|[$[])"
)

# a recording: the end of the output to wait for, the seconds to read it, the keys
STEPS = (
    ("$ ", 1.5, "pymail --setup me@163.com\n"),
    ("me@163.com: ", 3.5, f"{CODE}\n"),
    ("[Y/n] ", 3.0, "\n"),
    ("$ ", 3.5, f"echo 'All is well.' | pymail -s Disks {ADDRESS}\n"),
    ("$ ", 1.0, "echo status $?\n"),
    ("$ ", 0.0, ""),
)
KEY_SECONDS = 0.08
LONGEST_STEP_SECONDS = 1.5
RECORDING_SECONDS = 30.0


def check() -> str:
    """Draw a check whose login fails; stages that are ok have their first line."""
    command = f"pymail --check {ADDRESS}"
    with home_of_user(WRONG_PASSWORD) as home:
        lines = f"$ {command}\n{run(command, home)}".splitlines()
    kept = [
        line
        for line, stage in zip(lines, _stages(lines), strict=True)
        if not line.startswith("  ") or stage == "login"
    ]
    return still("pymail --check", kept)


def _stages(lines: list[str]) -> Iterator[str]:
    """Yield the stage that each line of a check belongs to."""
    stage = ""
    for line in lines:
        stage = stage if line.startswith(" ") else line.partition(" ")[0]
        yield stage


def debug() -> str:
    """Draw a session that sends; extensions and most of the header are left out."""
    command = f"echo '/srv: 93%' | pymail --debug -s Disks {ADDRESS}"
    with home_of_user(demo.PASSWORD) as home:
        lines = f"$ {command}\n{run(command, home)}".splitlines()
    kept: list[str] = []
    for line in lines:
        shown = line if len(line) < COLUMNS else f"{line[: COLUMNS - 1]}…"
        again = "EHLO" in line and any("EHLO" in each for each in kept)
        if not again and not LEFT_OUT.search(line):
            kept.append(shown)
        elif kept[-1] != "…":
            kept.append("…")
    return still("pymail --debug", kept)


def report() -> str:
    """Draw the mail of --run for a command that fails, as a mail client shows it."""
    mailbox = demo.Mailbox()
    with home_of_user(demo.PASSWORD, mailbox) as home:
        script = home / "backup-all"
        script.write_text(BACKUP)
        script.chmod(0o700)
        run(f"pymail --run {ADDRESS} -- ./backup-all", home)
    [content] = mailbox.contents
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    pieces = [Piece(row=0, column=0, text=mail["Subject"], classes="fg b")]
    for row, name in enumerate(("From", "To", "Date"), 1):
        pieces.append(Piece(row=row, column=0, text=name, classes="dim"))
        pieces.append(Piece(row=row, column=8, text=str(mail[name])))
    pieces.append(Piece(row=4, column=0, text="─" * 80, classes="dim"))
    for row, line in enumerate(body.get_content().rstrip().splitlines(), 5):
        pieces += pieces_of(line, row)
    return draw(pieces, 80, "A mail of pymail --run")


def setup() -> str:
    """Draw a recording: --setup, and the first mail."""
    with home_of_setup() as home:
        pieces = record(home)
    return draw(pieces, COLUMNS, "pymail --setup", RECORDING_SECONDS)


PICTURES: Mapping[str, Callable[[], str]] = {
    "check": check,
    "debug": debug,
    "run": report,
    "setup": setup,
}


def still(title: str, lines: list[str]) -> str:
    """Draw lines of a terminal."""
    pieces = [p for row, line in enumerate(lines) for p in pieces_of(line, row)]
    return draw(pieces, COLUMNS, title)


@contextmanager
def home_of_user(password: str, mailbox: demo.Mailbox | None = None) -> Iterator[Path]:
    """Run the server of --demo; yields the home of its user, with a ~/.mailrc."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        options = demo.server_options(home)
        handler = mailbox or demo.Mailbox()
        with running(handler, server_hostname="localhost", **options) as port:
            path = home / ".mailrc"
            path.write_text(
                f"set smtp=localhost:{port} smtp-use-starttls ssl-ca-file=~/ca.pem\n"
                f"set smtp-auth-user={demo.USER} smtp-auth-password={password}\n"
                f'set from="web1 <{demo.USER}>" hostname=web1.example.com\n'
            )
            path.chmod(0o600)
            yield home


@contextmanager
def home_of_setup() -> Iterator[Path]:
    """Run a server in place of smtp.163.com; yields a home without settings.

    `bin/pymail` there is the installed one, which finds that server with --setup.
    """
    with tempfile.TemporaryDirectory() as name:
        home, authority = Path(name), trustme.CA()
        authority.cert_pem.write_to_path(home / "ca.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        options: dict[str, Any] = {
            "ssl_context": context,
            "authenticator": lambda *_: AuthResult(success=True),
            "auth_require_tls": False,
        }
        with running(demo.Mailbox(), server_hostname="localhost", **options) as port:
            program = home / "bin" / "pymail"
            program.parent.mkdir()
            program.write_text(
                "#!/bin/sh\n"
                f"there='-S smtp=smtps://localhost:{port} -S ssl-ca-file=~/ca.pem'\n"
                'test "$1" = --setup || there=\n'
                f'exec {SCRIPTS}/pymail "$@" $there\n'
            )
            program.chmod(0o700)
            yield home


class Terminal:
    """A pseudo-terminal in which a program runs."""

    def __init__(self, home: Path, *words: str) -> None:
        process, self._descriptor = pty.fork()
        if process == 0:
            os.chdir(home)
            environment = {
                "HOME": str(home),
                "LANG": "C.UTF-8",
                "MAILX_NO_SYSTEM_RC": "1",
                "PATH": f"{home}/bin:{SCRIPTS}:{os.defpath}",
                "PS1": "$ ",
                "TERM": "xterm",
            }
            os.execvpe(words[0], words, environment)  # noqa: S606 - no shell is meant
        self._process = process
        termios.tcsetwinsize(self._descriptor, (50, COLUMNS))

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def read(self, seconds: float) -> bytes:
        """Return the next output, empty at its end or after so many seconds."""
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._descriptor, 65536)
        except OSError:  # Linux's end of file
            return b""

    def close(self) -> None:
        os.close(self._descriptor)
        os.waitpid(self._process, 0)


def run(command: str, home: Path) -> str:
    """Run a command to its end in a shell on a terminal; returns its output."""
    terminal = Terminal(home, "sh", "-c", f"{{ {command}; }} < /dev/null")
    octets = b"".join(iter(lambda: terminal.read(PATIENCE_SECONDS), b""))
    terminal.close()
    return without_progress(octets.decode().replace("\r\n", "\n"))


def without_progress(shown: str) -> str:
    """Take out progress lines, which a slow run shows and wipes."""
    return re.sub(r"[^\n]*\r\x1b\[K", "", shown)


def record(home: Path) -> list[Piece]:
    """Type the steps into a shell; returns what the screen shows, and since when.

    The pauses are those of a reader; the run itself waits for the program alone, and
    a busy machine does not make the recording longer.
    """
    terminal = Terminal(home, "sh", "-i")
    screen, clock = Screen(), 0.01
    for awaited, seconds, keys in STEPS:
        octets, start = b"", monotonic()
        while not octets.endswith(awaited.encode()):
            octets += (found := terminal.read(PATIENCE_SECONDS))
            assert found, octets
        clock += min(monotonic() - start, LONGEST_STEP_SECONDS)
        screen.show(without_progress(octets.decode()), clock)
        clock += seconds
        for key in keys:
            terminal.type(key)
            if key != "\n":  # its echo begins the output of the next step
                clock += KEY_SECONDS
                screen.type(terminal.read(KEY_SECONDS / 10).decode(), clock)
    terminal.close()
    assert clock < RECORDING_SECONDS - 4
    return screen.pieces


class Screen:
    """Pieces of the lines that a terminal shows."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self._row = self._column = 0

    def show(self, text: str, since: float) -> None:
        """Add output."""
        assert "\x1b[K" not in text, text
        first, *more = text.replace("\r", "").split("\n")
        self._add(first, since)
        for line in more:
            self._row, self._column = self._row + 1, 0
            self._add(line, since)

    def _add(self, line: str, since: float) -> None:
        for piece in pieces_of(line, self._row, self._column, since):
            self.pieces.append(piece)
            self._column = piece.column + len(piece.text)

    def type(self, echo: str, clock: float) -> None:
        """Add a typed key to those before it."""
        if not echo:  # a password
            return
        last = self.pieces[-1]
        if last.typed_until is None:
            since, text, column = clock - KEY_SECONDS, echo, self._column
        else:
            self.pieces.pop()
            since, text, column = last.since, last.text + echo, last.column
        self.pieces.append(
            Piece(
                row=self._row,
                column=column,
                text=text,
                classes="fg b",
                since=since,
                typed_until=clock,
            )
        )
        self._column = column + len(text)


def main(directory: Path) -> None:
    """Draw all pictures into a directory."""
    for name, make in PICTURES.items():
        (directory / f"{name}.svg").write_text(make(), "utf-8")


if __name__ == "__main__":
    main(Path(*sys.argv[1:2]) if sys.argv[1:] else ROOT / "man")
