"""Process environment: streams, variables, files, clock and programs.

Pure code gets plain values; what touches the outside is handed an `Environment`,
so that a test can hand it another one.
"""

import io
import os
import pwd
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self, TextIO, cast

from pymail.model import field, model, replace
from pymail.octets import CHUNK_OCTETS, BufferedInput, check_kind

_VARIABLE = r"(?a)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))"
_FOR_US_ALONE = r"(?i)pymail_password|(smtp-auth-)?password(-.*)?"
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST_NAME = rf"(?:{_LABEL}\.)*(?![0-9]+\Z){_LABEL}"  # an address is none
_USUAL_COLUMNS = 80
_MANY_COLUMNS = 10_000  # what no screen has


@model(kw_only=True)
class Environment:
    """Environment of one run."""

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
    path_charsets: tuple[str, ...] = ()  # other than UTF-8, of settings that name files
    pipes: dict[Path, bytes] = field(default_factory=dict)  # that were read

    @classmethod
    def of_caller(cls) -> Self:
        """Look at the machine and the user on behalf of another program.

        No question is asked, and its streams stay as they are.
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
        """Look at the machine, the user and the open streams, which are ours."""
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
        """The time with its zone; SOURCE_DATE_EPOCH sets it (as s-nail has it)."""
        epoch = self.variables.get("SOURCE_DATE_EPOCH", "")
        if epoch.isdecimal():
            return datetime.fromtimestamp(int(epoch), UTC)
        return datetime.now().astimezone()

    def seconds(self) -> float:
        """Seconds since 1970, whatever SOURCE_DATE_EPOCH says."""
        return time.time()

    def clock(self) -> float:
        """Seconds that only go forward, from some moment on."""
        return time.monotonic()

    def token(self) -> str:
        """16 random hexadecimal digits."""
        return os.urandom(8).hex()

    def nodename(self) -> str:
        """What the machine calls itself, whatever that is."""
        return os.uname().nodename

    def hostname(self) -> str:
        """The machine's own name as mail may say it, or localhost (RFC 1123 §2.1)."""
        name = self.nodename().removesuffix(".")
        return name if re.fullmatch(_HOST_NAME, name) else "localhost"

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
        """Read a whole small file; a pipe can be read once, and is remembered.

        Raises:
            OSError: as `open` has it, or it is neither a file nor a pipe.
        """
        if path in self.pipes:
            return self.pipes[path]
        check_kind(path)
        octets = path.read_bytes()
        if path.is_fifo():
            self.pipes[path] = octets
        return octets

    def expand(self, path: str) -> Path:
        """Make a path of settings or command line absolute; `~` and `~user` expand.

        A file whose name is in the charset of the settings is found, too.
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
        """Make a path that settings name absolute; `$NAME` expands in these, too."""
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
        """Where temporary files go."""
        return Path(self.variables.get("TMPDIR") or "/tmp")  # noqa: S108 - made there with mkstemp

    @contextmanager
    def scratch_file(self, blocks: Iterable[bytes]) -> Iterator[Path]:
        """Write a file for another program to edit, 0600, and remove it after use.

        Raises:
            OSError: there is no room for it.
        """
        import tempfile

        descriptor, name = tempfile.mkstemp("", "pymail-", self.temporary_directory)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(blocks)
            yield Path(name)
        finally:
            with suppress(FileNotFoundError):  # an editor may have moved it
                Path(name).unlink()

    def run(
        self,
        words: Sequence[str],
        *,
        text: Iterable[bytes] | None = None,
        output: BufferedInput | None = None,
    ) -> int:
        """Run a program to its end; returns its status, 128 + signal if one ended it.

        It reads `text`; without one, our terminal, or nothing when there is none:
        what is left in a pipe is ours. It writes to `output`, or where we do. An
        interrupt is meant for the program, not for us.

        Raises:
            OSError: it cannot be started, or there is no room for its text.
        """
        import subprocess
        import tempfile

        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as taken:
            given.writelines(text or ())
            given.seek(0)
            inherits = text is None and self.stdin_is_terminal
            self.stdout.flush()
            with _interrupts_go_to_children():
                status = subprocess.call(
                    list(words),
                    cwd=self.cwd,
                    env=self.child_variables(),
                    stdin=None if inherits else given,
                    stdout=_descriptor(self.stdout) if output is None else taken,
                )
            if output is not None:
                taken.seek(0)
                output.replace(iter(lambda: taken.read(CHUNK_OCTETS), b""))
        return status if status >= 0 else 128 - status

    def child_variables(self) -> dict[str, str]:
        """What programs get of our environment: not the secrets meant for us alone."""
        return {
            name: value
            for name, value in self.variables.items()
            if not re.fullmatch(_FOR_US_ALONE, name)
        }

    def columns(self) -> int:
        """How wide the screen is: as COLUMNS has it, else the terminal, else 80."""
        said = self.variables.get("COLUMNS", "")
        if said.isdecimal() and 0 < int(said) < _MANY_COLUMNS:
            return int(said)
        for descriptor in (2, 1):
            with suppress(OSError):
                if columns := os.get_terminal_size(descriptor).columns:
                    return columns
        return _USUAL_COLUMNS

    def owns_terminal(self) -> bool:
        """Tell whether we are what the terminal shows now, not in the background."""
        try:
            return os.tcgetpgrp(2) == os.getpgrp()
        except OSError:
            return False

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


def _descriptor(stream: TextIO) -> int | None:
    """Where we write, for a child to write there, too; None for one that is no file."""
    try:
        return stream.fileno()
    except (OSError, ValueError):  # ValueError: it is closed
        return None


@contextmanager
def _interrupts_go_to_children() -> Iterator[None]:
    """Outlive an interrupt at the terminal, which a child gets, too.

    A handler, unlike SIG_IGN, is not inherited; who ignores them already goes on.
    """
    import signal

    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
    if isinstance(sys.stdin, io.TextIOWrapper):  # pragma: no branch - for mypy
        sys.stdin.reconfigure(errors="surrogateescape")  # for lines that are edited
    return cast("BinaryIO", getattr(sys.stdin.buffer, "raw", sys.stdin.buffer))


def _text_stream(stream: TextIO | None) -> TextIO:
    """A stream that never fails for a character; a closed one swallows."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream
