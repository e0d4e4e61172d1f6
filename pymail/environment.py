"""Process environment: streams, variables, files, terminal and clock.

Pure code gets plain values; code that touches the outside gets an `Environment`, so
that a test can pass another one.
"""

import io
import os
import pwd
import re
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self, TextIO, cast

from pymail.model import field, model, replace
from pymail.octets import check_kind

_VARIABLE = r"(?a)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))"
_FOR_US_ALONE = r"(?i)pymail_password|(smtp-auth-)?password(-.*)?"
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST_NAME = rf"(?:{_LABEL}\.)*(?![0-9]+\Z){_LABEL}"  # not an IP address
_USUAL_COLUMNS = 80
_MANY_COLUMNS = 10_000  # no screen is so wide: a wrong value


@model(kw_only=True)
class Environment:
    """The environment of one run."""

    argv: tuple[str, ...]
    stdin: BinaryIO | None
    stdout: TextIO
    stderr: TextIO
    variables: Mapping[str, str]
    home: Path
    cwd: Path
    login: str
    stdin_is_terminal: bool = False
    stderr_is_terminal: bool = False
    stdout_is_terminal: bool = False
    system_rc_directory: Path = Path("/etc")
    path_charsets: tuple[str, ...] = ()  # charsets of settings files, beside UTF-8
    pipes: dict[Path, bytes] = field(default_factory=dict)  # contents that were read

    @classmethod
    def of_caller(cls) -> Self:
        """Read the environment of a program that imports pymail.

        There is no standard input, and the other streams are not reconfigured.
        """
        variables = dict(os.environ)
        account = _account()
        login = variables.get("LOGNAME") or variables.get("USER")
        return cls(
            argv=(),
            stdin=None,
            stdout=sys.stdout or _text_stream(None),
            stderr=sys.stderr or _text_stream(None),
            variables=variables,
            home=Path(variables.get("HOME") or (account.pw_dir if account else "/")),
            cwd=_cwd(),
            login=login or (account.pw_name if account else str(os.getuid())),
        )

    @classmethod
    def real(cls) -> Self:
        """Read the environment of the command, and reconfigure its streams."""
        return replace(
            cls.of_caller(),
            argv=tuple(sys.argv),
            stdin=_binary_stdin(),
            stdout=_text_stream(sys.stdout),
            stderr=_text_stream(sys.stderr),
            stdin_is_terminal=os.isatty(0),
            stdout_is_terminal=os.isatty(1),
            stderr_is_terminal=os.isatty(2),
        )

    def now(self) -> datetime:
        """Return the local time with its zone; SOURCE_DATE_EPOCH sets it, as in s-nail."""
        epoch = self.variables.get("SOURCE_DATE_EPOCH", "")
        if epoch.isdecimal():
            return datetime.fromtimestamp(int(epoch), UTC)
        return datetime.now().astimezone()

    def seconds(self) -> float:
        """Return the seconds since 1970; SOURCE_DATE_EPOCH doesn't change them."""
        return time.time()

    def clock(self) -> float:
        """Return the seconds of a monotonic clock."""
        return time.monotonic()

    def token(self) -> str:
        """Return 16 random hexadecimal digits."""
        return os.urandom(8).hex()

    def nodename(self) -> str:
        """Return the node name, which may be no valid host name."""
        return os.uname().nodename

    def hostname(self) -> str:
        """Return the node name, or localhost if it is no host name (RFC 1123 §2.1)."""
        name = self.nodename().removesuffix(".")
        return name if re.fullmatch(_HOST_NAME, name) else "localhost"

    def is_user(self, name: str) -> bool:
        """Tell whether the system has a user of this name."""
        try:
            pwd.getpwnam(name)
        except (KeyError, ValueError):  # ValueError: NUL, or no UTF-8
            return False
        return True

    def is_running(self, program: Path) -> bool:
        """Tell whether a program is pymail itself, links followed."""
        try:
            return bool(self.argv) and program.samefile(self.argv[0])
        except OSError:
            return False

    def read_file(self, path: Path) -> bytes:
        """Read a small file; the content of a pipe is cached, for it can be read once.

        Raises:
            OSError: it can't be read, or is neither a file nor a pipe.
        """
        if path in self.pipes:
            return self.pipes[path]
        check_kind(path)
        octets = path.read_bytes()
        if path.is_fifo():
            self.pipes[path] = octets
        return octets

    def expand(self, path: str) -> Path:
        """Make a path absolute, and expand `~` and `~user`.

        Finds also an existing file whose name is encoded like the settings files.
        """
        for charset in self.path_charsets if not path.isascii() else ():
            with suppress(UnicodeEncodeError):
                place = self._absolute(os.fsdecode(path.encode(charset)))
                if os.path.lexists(place):
                    return place
        return self._absolute(path)

    def _absolute(self, path: str) -> Path:
        if path == "~" or path.startswith("~/"):
            return self.home / path[2:]
        return self.cwd / os.path.expanduser(path)  # noqa: PTH111 - ~user

    def expand_setting(self, path: str) -> Path:
        """Expand a path of the settings, in which `$NAME` expands, too."""
        if "$" not in path:
            return self.expand(path)
        return self.expand(
            re.sub(
                _VARIABLE,
                lambda found: self.variables.get(found[1] or found[2], ""),
                path,
            )
        )

    @property
    def temporary_directory(self) -> Path:
        """The directory of temporary files."""
        return Path(self.variables.get("TMPDIR") or "/tmp")  # noqa: S108 - made there with mkstemp

    def child_variables(self) -> dict[str, str]:
        """Return the variables for child processes: all but pymail's own secrets."""
        return {
            name: value
            for name, value in self.variables.items()
            if not re.fullmatch(_FOR_US_ALONE, name)
        }

    def columns(self) -> int:
        """Return the width of the screen: COLUMNS, else the terminal's, else 80."""
        written = self.variables.get("COLUMNS", "")
        if written.isdecimal() and 0 < int(written) < _MANY_COLUMNS:
            return int(written)
        for descriptor in (2, 1):
            with suppress(OSError):
                if columns := os.get_terminal_size(descriptor).columns:
                    return columns
        return _USUAL_COLUMNS

    def owns_terminal(self) -> bool:
        """Tell whether pymail is in the foreground of its terminal."""
        try:
            return os.tcgetpgrp(2) == os.getpgrp()
        except OSError:
            return False

    def ask_secret(self, prompt: str) -> str | None:
        """Ask on the terminal without echo; None if there is no terminal.

        It never reads standard input, which may be the message.
        """
        try:
            os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        except OSError:
            return None
        import getpass

        try:
            return getpass.getpass(prompt)
        except EOFError:
            return None


def _account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(os.getuid())
    except KeyError:  # in containers, user IDs may have no entry
        return None


def _cwd() -> Path:
    try:
        return Path.cwd()
    except OSError:  # the directory is gone; absolute names still work
        return Path("/")


def _binary_stdin() -> BinaryIO | None:
    """Return standard input as octets; None if it is closed.

    It is unbuffered, so that an interrupt loses nothing in a buffer.
    """
    if sys.stdin is None:
        return None
    if isinstance(sys.stdin, io.TextIOWrapper):  # pragma: no branch - for mypy
        sys.stdin.reconfigure(errors="surrogateescape")  # for input()
    return cast("BinaryIO", getattr(sys.stdin.buffer, "raw", sys.stdin.buffer))


def _text_stream(stream: TextIO | None) -> TextIO:
    """Make a stream escape characters it can't encode; replace a closed one."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream
