"""Line input for composing, from a terminal or a pipe.

As in every mailx one interrupt at a terminal is forgiven, and two in a row end
the message.
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
    """The writer's side of a conversation.

    `editing`: with line editing and history. `by_line`: what follows a line is
    for other readers. `ignoring`: an interrupt only starts the line anew.
    `catch_signals` is called when one is forgiven: until then those that follow,
    and impatient people type many, do not count.
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
        """Whether a person writes."""
        return self.environment.stdin_is_terminal

    def print(self, text: str) -> None:
        """Show text."""
        self.environment.stdout.write(text)
        self.environment.stdout.flush()

    def line(self, prompt: str = "", default: str = "") -> bytes:
        """Read a line with its end, or a piece of a very long one; empty at the end.

        Raises:
            Interrupted: this interrupt and the last had no line between them.
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
        """Ask for one line; what is there already stays when nothing is typed.

        With line editing it stands there to be changed; then an empty answer
        means that. At the end of input it stays, too.
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
        # the editor does not see the end of input in what was typed before it
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
        """Say what an interrupt means.

        Raises:
            Interrupted: it cannot be forgiven.
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
    """Tell whether lines can be typed with editing and history."""
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
    """Let the arrow keys find the lines of a file, and keep those of this run, 0600.

    A failure costs only them.
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
    """Tell whether a line has been typed that is not read yet."""
    return bool(select.select([0], [], [], 0)[0])


def _edited_line(prompt: str, default: str) -> bytes:
    """Read a line that may be edited; empty at the end of input."""
    import readline

    # no code of Python: what a signal raises there is lost
    readline.set_startup_hook(partial(readline.insert_text, default))
    try:
        return f"{input(prompt)}\n".encode("utf-8", "surrogateescape")
    except EOFError:
        return b""
    finally:
        readline.set_startup_hook(None)


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Read in blocks, standard input has no buffer; cut lines without an end."""
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
