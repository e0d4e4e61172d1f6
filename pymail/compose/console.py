"""Line input for composing, from a terminal or a pipe.

As in every mailx, one interrupt at a terminal is forgiven, and two in a row end the
message.
"""

import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pymail.environment import Environment
from pymail.errors import Interrupted
from pymail.model import model
from pymail.octets import CHUNK_OCTETS


@model(frozen=False, kw_only=True)
class Console:
    """Input and output of the dialogue with the writer.

    `editing`: with line editing and history. `by_line`: other readers continue behind
    each line, so nothing is read ahead. `ignoring`: an interrupt only restarts the
    line. `catch_signals` is called when an interrupt is forgiven: until then further
    signals are ignored, because impatient users press Control-C many times.
    """

    environment: Environment
    editing: bool = False
    by_line: bool = False
    ignoring: bool = False
    catch_signals: Callable[[], None] = lambda: None
    _interrupts: int = 0
    _ahead: bool = True
    _piped: Iterator[bytes] | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether the input is a terminal."""
        return self.environment.stdin_is_terminal

    def print(self, text: str) -> None:
        """Show text."""
        self.environment.stdout.write(text)
        self.environment.stdout.flush()

    def line(self, prompt: str = "", default: str = "") -> bytes:
        """Read a line with its end, or a piece of a very long line; empty at the end.

        Raises:
            Interrupted: two interrupts without a line between them.
        """
        while True:
            try:
                line = self._line(prompt, default)
            except Interrupted as interrupted:
                self.forgive(interrupted)
            else:
                self._interrupts = 0
                return line

    def ask(self, prompt: str, default: str = "") -> str:
        """Ask for one line; an empty answer keeps the default.

        With line editing the default stands in the line to be edited, and an empty
        answer is empty. The end of input keeps the default, too.
        """
        if default and not self.editing:
            self.print(f"({prompt}{default})\n")
        octets = self.line(prompt, default)
        answer = octets.decode("utf-8", "surrogateescape").strip()
        if octets and self.editing:
            return answer
        return answer or default

    def _line(self, prompt: str, default: str) -> bytes:
        environment = self.environment
        # the line editor does not see an end of input that was typed before it starts
        self._ahead = self._ahead and self.editing and _has_input()
        if self.editing and not self._ahead:
            return _edited_line(prompt, default)
        if prompt:
            self.print(prompt)
        if environment.stdin is None:
            return b""
        if self.is_terminal or self.by_line:
            return environment.stdin.readline(CHUNK_OCTETS)
        self._piped = self._piped or _lines(environment.stdin)
        return next(self._piped, b"")

    def forgive(self, interrupted: Interrupted) -> None:
        """Tell the writer that an interrupt is forgiven.

        Raises:
            Interrupted: it can't be forgiven.
        """
        if not self.is_terminal or interrupted.signal_number != signal.SIGINT:
            raise interrupted
        if self.ignoring:
            self.print("@\n")
            self.catch_signals()
            return
        self._interrupts += 1
        if self._interrupts > 1:
            raise interrupted
        self.print("\n(Interrupt -- one more to kill letter)\n")
        self.catch_signals()


def can_edit_lines(environment: Environment) -> bool:
    """Tell whether lines can be edited with readline, and clear its history."""
    if not (environment.stdin_is_terminal and environment.stdout_is_terminal):
        return False
    try:
        import readline
    except ImportError:  # pragma: no cover - Python was built without it
        return False
    readline.clear_history()
    return True


@contextmanager
def with_history(path: Path) -> Iterator[None]:
    """Load the history of the line editor from a file, and save it there (0600).

    A failure costs only the history.
    """
    import readline

    with suppress(OSError):
        readline.read_history_file(path)
    try:
        yield
    finally:
        with suppress(OSError):
            path.touch(0o600)
            readline.write_history_file(path)


def _has_input() -> bool:
    """Tell whether typed input waits to be read."""
    return bool(select.select([0], [], [], 0)[0])


def _edited_line(prompt: str, default: str) -> bytes:
    """Read a line with the line editor; empty at the end of input."""
    import readline

    # a C function: in Python code there, an exception raised by a signal is lost
    readline.set_startup_hook(partial(readline.insert_text, default))
    try:
        return f"{input(prompt)}\n".encode("utf-8", "surrogateescape")
    except EOFError:
        return b""
    finally:
        readline.set_startup_hook(None)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of an unbuffered stream, long ones in pieces; read in blocks."""
    held = b""
    while block := stream.read(CHUNK_OCTETS):
        *whole, held = (held + block).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(held) > CHUNK_OCTETS:
            yield held
            held = b""
    if held:
        yield held
