"""The outside world in one object: streams, variables, files, clock.

Pure code gets plain values; whoever touches the world is handed an
`Environment`, so that a test hands it another one.
"""

import io
import os
import pwd
import re
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO, Self, TextIO, cast

from pymail.errors import UnreadableInputError

CHUNK_OCTETS = 1 << 16
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)
IN_MEMORY_OCTETS = 1 << 20  # a body up to here is kept in memory, a larger one on disk


@dataclass(frozen=True, slots=True)
class FileOctets:
    """A file as a re-readable source of octets; read anew at every pass."""

    path: Path
    size_octets: int

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open the file once, to know now that it can be read later.

        Raises:
            UnreadableInputError: it is missing, unreadable or a directory.
        """
        try:
            with path.open("rb") as file:
                file.read(1)
                return cls(path, os.fstat(file.fileno()).st_size)
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in blocks."""
        try:
            with self.path.open("rb") as file:
                while block := file.read(CHUNK_OCTETS):
                    yield block
        except OSError as error:
            raise _unreadable(self.path, error) from error


class SpooledOctets:
    """Octets read from a stream, kept where they can be read again.

    In memory up to a size, in an anonymous temporary file beyond it. What was
    read before an interrupt or a failure stays readable.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = io.BytesIO()
        self._on_disk = False
        self.size_octets = 0

    def close(self) -> None:
        """Give the file back; nothing can be read any more."""
        self._file.close()

    def fill(self, stream: BinaryIO) -> None:
        """Read `stream` to its end.

        Raises:
            UnreadableInputError: reading fails, or there is no room to keep it.
        """
        try:
            while block := stream.read(CHUNK_OCTETS):
                self.write(block)
        except (OSError, ValueError) as error:
            raise UnreadableInputError(
                f"standard input: {_reason(error)}", doing="reading the text"
            ) from error

    def write(self, octets: bytes) -> None:
        """Add octets at the end."""
        if not self._on_disk and self.size_octets + len(octets) > IN_MEMORY_OCTETS:
            self._move_to_disk()
        self._file.seek(self.size_octets)
        self._file.write(octets)
        self.size_octets += len(octets)

    def _move_to_disk(self) -> None:
        import tempfile

        file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the message
        for block in self.chunks():
            file.write(block)
        self._file, self._on_disk = file, True

    def chunks(self) -> Iterator[bytes]:
        """Yield the content in blocks, from the start."""
        position = 0
        while position < self.size_octets:
            self._file.seek(position)
            block = self._file.read(CHUNK_OCTETS)
            position += len(block)
            yield block


def _unreadable(path: Path, error: Exception) -> UnreadableInputError:
    return UnreadableInputError(f"{path}: {_reason(error)}")


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What a run of the program sees of its surroundings."""

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
    system_rc_directory: Path = field(default=Path("/etc"))

    @classmethod
    def real(cls) -> Self:
        """Look at the machine, the user and the open streams."""
        variables = dict(os.environ)
        account = _account()
        login = variables.get("LOGNAME") or variables.get("USER")
        return cls(
            argv=tuple(sys.argv),
            stdin=_binary_stdin(),
            stdout=_text_stream(sys.stdout),
            stderr=_text_stream(sys.stderr),
            variables=variables,
            home=Path(variables.get("HOME") or (account.pw_dir if account else "/")),
            cwd=_cwd(),
            login=login or (account.pw_name if account else str(os.getuid())),
            stdin_is_terminal=os.isatty(0),
            stdout_is_terminal=os.isatty(1),
            stderr_is_terminal=os.isatty(2),
        )

    def now(self) -> datetime:
        """The time with its zone; SOURCE_DATE_EPOCH sets it (as s-nail has it)."""
        epoch = self.variables.get("SOURCE_DATE_EPOCH", "")
        if epoch.isdecimal():
            return datetime.fromtimestamp(int(epoch), UTC)
        return datetime.now().astimezone()

    def clock(self) -> float:
        """Seconds that only go forward, from some moment on."""
        return time.monotonic()

    def token(self) -> str:
        """16 hexadecimal digits that nobody had before."""
        return os.urandom(8).hex()

    def hostname(self) -> str:
        """The machine's own name, without asking the name service."""
        return socket.gethostname() or "localhost"

    def is_user(self, name: str) -> bool:
        """Tell whether the machine knows a user of this name."""
        try:
            pwd.getpwnam(name)
        except (KeyError, ValueError):  # ValueError: NUL, or no UTF-8
            return False
        return True

    def is_running(self, program: Path) -> bool:
        """Tell whether a program is the one that runs: by its file, links followed."""
        try:
            return bool(self.argv) and program.samefile(self.argv[0])
        except OSError:
            return False

    def read_file(self, path: Path) -> bytes:
        """Read a whole small file.

        Raises:
            OSError: as `open` has it.
        """
        return path.read_bytes()

    def expand(self, path: str) -> Path:
        """Make a path of settings or command line absolute; `~` and `~user` expand."""
        if path == "~" or path.startswith("~/"):
            return self.home / path[2:]
        return self.cwd / os.path.expanduser(path)  # noqa: PTH111 - ~user

    def expand_setting(self, path: str) -> Path:
        """Make a path that settings name absolute; `$NAME` expands in these, too."""
        return self.expand(
            _VARIABLE.sub(
                lambda found: self.variables.get(found[1] or found[2], ""), path
            )
        )

    def ask_secret(self, prompt: str) -> str | None:
        """Ask at the terminal without echo; None when there is no terminal.

        Standard input is never read for it: it may be the message.
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
    except KeyError:  # containers run as numbers without a name
        return None


def _cwd() -> Path:
    try:
        return Path.cwd()
    except OSError:  # the directory is gone; absolute names still work
        return Path("/")


def _binary_stdin() -> BinaryIO | None:
    """Standard input as octets; None when the caller closed it.

    Unbuffered: what an interrupt finds read is in our hands, not in a buffer.
    """
    if sys.stdin is None:
        return None
    return cast("BinaryIO", getattr(sys.stdin.buffer, "raw", sys.stdin.buffer))


def _text_stream(stream: TextIO | None) -> TextIO:
    """A stream that never fails for a character; a closed one swallows."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream
