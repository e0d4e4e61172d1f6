"""One line on a terminal that says what is being waited for, and goes away."""

from typing import TextIO

from pymail.terminal.stream import write

_CLEAR = "\r\x1b[K"


class Waiting:
    """Names what goes on, each in place of the one before."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, name: str) -> None:
        """Say what is waited for."""
        write(self._stream, f"{_CLEAR}{name} …")

    def end(self) -> None:
        """Leave nothing behind."""
        write(self._stream, _CLEAR)
