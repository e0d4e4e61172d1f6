"""Other programs that pymail runs on the terminal: editors, filters, pagers."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from pymail.environment import Environment
from pymail.octets import CHUNK_OCTETS, BufferedInput


def run_program(
    words: Sequence[str],
    environment: Environment,
    *,
    text: Iterable[bytes] | None = None,
    output: BufferedInput | None = None,
) -> int:
    """Run a program to its end; returns its status, or 128 + the signal's number.

    Its standard input is `text`; without a text, it is pymail's terminal, or empty
    (pymail reads its pipe itself). It writes to `output`, or to pymail's standard
    output. Control-C interrupts the program, not pymail.

    Raises:
        OSError: it can't be started, or a temporary file can't be written.
    """
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.writelines(text or ())
        source.seek(0)
        inherits = text is None and environment.stdin_is_terminal
        environment.stdout.flush()
        with _interrupts_go_to_children():
            status = subprocess.call(
                list(words),
                cwd=environment.cwd,
                env=environment.child_variables(),
                stdin=None if inherits else source,
                stdout=_descriptor(environment.stdout) if output is None else target,
            )
        if output is not None:
            target.seek(0)
            output.replace(iter(lambda: target.read(CHUNK_OCTETS), b""))
    return status if status >= 0 else 128 - status


@contextmanager
def scratch_file(blocks: Iterable[bytes], environment: Environment) -> Iterator[Path]:
    """Write a file with mode 0600 for another program, and remove it afterwards.

    Raises:
        OSError: it can't be written.
    """
    import tempfile

    descriptor, name = tempfile.mkstemp("", "pymail-", environment.temporary_directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(blocks)
        yield Path(name)
    finally:
        with suppress(FileNotFoundError):  # an editor may have moved it
            Path(name).unlink()


def _descriptor(stream: TextIO) -> int | None:
    """Return the descriptor of a stream for a child; None if it has no descriptor."""
    try:
        return stream.fileno()
    except (OSError, ValueError):  # ValueError: it is closed
        return None


@contextmanager
def _interrupts_go_to_children() -> Iterator[None]:
    """Survive Control-C, which the terminal sends to the child, too.

    A handler is used because the child would inherit SIG_IGN; if SIG_IGN is set
    already, it stays.
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
