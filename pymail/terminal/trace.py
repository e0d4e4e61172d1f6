"""Traces of a session: the conversation for -v, all of it for --debug, or warnings.

Each line of the wire is one line, after `C:` or `S:`, ready to paste into a mail to the
provider. Server text is decoded (UTF-8, else GB18030) and its control characters are
escaped; the text of a base64 challenge stands beside it. A trace never holds
secrets: the sender of a secret line calls `secret` instead of `sent`. A closed or
broken stream doesn't stop the mail.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

from pymail.environment import Environment
from pymail.reply import decode
from pymail.terminal.output import printable, write

SHOWN_CHARACTERS = 500  # of one line
SHOWN_LINES = 20  # of the content; the rest is counted

_CHALLENGE = re.compile(rb"334[ -]([A-Za-z0-9+/]{4,2000}={0,2})\s*")


class NullTrace:
    """No trace; only warnings are passed to `warn`."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn

    def ignore(self, *_: Any, **__: Any) -> None:
        """Ignore a line, content, or a fact about the connection."""

    sent = secret = received = body = body_ends = note = ignore

    def warning(self, text: str) -> None:
        """Pass a warning on."""
        self._warn(_printable(text))


class Verbose(NullTrace):
    """The conversation as `mailx -v` shows it, without the content."""

    def __init__(self, stream: TextIO, warn: Callable[[str], None]) -> None:
        super().__init__(warn)
        self._stream = stream

    def sent(self, line: bytes) -> None:
        """Write a command."""
        self._write("C:", _text(line))

    def secret(self, placeholder: str) -> None:
        """Write the placeholder of a secret line."""
        self._write("C:", _printable(placeholder))

    def received(self, line: bytes) -> None:
        """Write a reply line, with the meaning of a challenge."""
        self._write("S:", _text(line) + _meaning(line))

    def body_ends(self) -> None:
        """Write the final dot."""
        self._write("C:", ".")

    def _write(self, speaker: str, text: str) -> None:
        prompt = ">>> " if speaker == "C:" else ""
        write(self._stream, f"{prompt}{text}\n")


class Debug(Verbose):
    """The whole session, with the seconds since the start.

    `clock` returns seconds; its first value is the start. `warn` gets warnings that the
    trace already shows.
    """

    def __init__(
        self, stream: TextIO, clock: Callable[[], float], warn: Callable[[str], None]
    ) -> None:
        super().__init__(stream, warn)
        self._clock = clock
        self._start = clock()
        self._content = _Content()

    def body(self, octets: bytes) -> None:
        """Write the first lines of the content, and count the others."""
        for line in self._content.next_lines(octets):
            self._write("C:", _text(line))

    def body_ends(self) -> None:
        """Write the size of the hidden content, and the final dot."""
        for line in self._content.last_lines():
            self._write("C:", line)
        self._content = _Content()
        super().body_ends()

    def note(self, text: str) -> None:
        """Write a fact about the connection."""
        self._write("* ", _printable(text))

    def warning(self, text: str) -> None:
        """Write a warning where it happens."""
        self._write("! ", _printable(text))
        super().warning(text)

    def _write(self, speaker: str, text: str) -> None:
        seconds = self._clock() - self._start
        line = f"[{seconds:7.3f}] {speaker} {text}".rstrip()
        write(self._stream, f"{line}\n")


def choose_trace(
    environment: Environment, warn: Callable[..., None], *, verbose: bool, debug: bool
) -> NullTrace:
    """Choose the trace of a session by the options; `debug` includes `verbose`.

    `warn` has the arguments of `Events.on_warning`.
    """
    if debug:
        warn = partial(warn, shown=True)
        return Debug(environment.stderr, environment.clock, warn)
    return Verbose(environment.stderr, warn) if verbose else NullTrace(warn)


class _Content:
    """Splits blocks of content into the lines to show, and counts the others."""

    def __init__(self) -> None:
        self._lines = 0
        self._rest = b""  # of a line to be shown
        self._hidden_octets = 0
        self._hidden_lines = 0
        self._ends_line = True

    def next_lines(self, octets: bytes) -> list[bytes]:
        """Add a block; return the lines to show that it completes."""
        ready = []
        while self._lines < SHOWN_LINES and b"\n" in octets:
            line, _, octets = octets.partition(b"\n")
            ready.append(self._cut(line).removesuffix(b"\r"))
            self._rest = b""
            self._lines += 1
        if self._lines < SHOWN_LINES:
            self._rest = self._cut(octets)
        elif octets:
            self._hide(octets)
        return ready

    def last_lines(self) -> list[str]:
        """Return a last line without an end, and the number of hidden lines."""
        if self._rest:
            return [_text(self._rest)]
        lines = self._hidden_lines + (not self._ends_line)
        if not lines:
            return []
        return [f"... {lines:,} more lines, {self._hidden_octets:,} octets"]

    def _cut(self, octets: bytes) -> bytes:
        """Append octets to the current line, up to the length that is shown."""
        return (self._rest + octets)[: SHOWN_CHARACTERS * 4 + 1]

    def _hide(self, octets: bytes) -> None:
        self._hidden_octets += len(octets)
        self._hidden_lines += octets.count(b"\n")
        self._ends_line = octets.endswith(b"\n")


def _text(line: bytes) -> str:
    return _printable(decode(line))


def _meaning(line: bytes) -> str:
    """Return the decoded text of a 334 challenge; empty if it is no text in base64."""
    found = _CHALLENGE.fullmatch(line)
    if not found:
        return ""
    from base64 import b64decode  # only some mechanisms have challenges of text

    try:
        text = b64decode(found[1], validate=True).decode()
    except ValueError:  # no base64, or no text
        return ""
    return f"  ({_printable(text)})"


def _printable(text: str) -> str:
    return printable(text, SHOWN_CHARACTERS)
