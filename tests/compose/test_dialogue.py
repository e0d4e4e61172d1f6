"""Writing at a terminal."""

import io
import os
import pty
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pymail.cli.main import main
from pymail.errors import Interrupted

RC = "set mta=test from=me@example.com\n"


class Lines(io.RawIOBase):
    """A terminal: lines, and interrupts between them."""

    def __init__(self, *lines: bytes | int) -> None:
        self._lines = iter(lines)

    def readline(self, _size: int | None = -1) -> bytes:
        line = next(self._lines, b"")
        if isinstance(line, int):
            raise Interrupted(line)
        return line


def typed(
    world: Any, *lines: bytes | int, words: tuple[str, ...] = (), rc: str = RC
) -> Any:
    made = world.environment("pymail", *words, "a@x.org", rc=rc, terminal=True)
    made = replace(made, stdin=Lines(*lines))
    status = main(made)
    return status, made.stdout.getvalue(), made.stderr.getvalue()


def test_subject_is_asked_and_a_dot_ends_the_text(world: Any) -> None:
    status, out, _ = typed(world, b"Hello\n", b"text\n", b".\n", b"not read\n")
    assert status == 0
    assert out.startswith("Subject: ")
    assert "Subject: Hello\n" in out
    assert "\n\ntext\n" in out
    assert "not read" not in out


def test_end_of_input_ends_the_text(world: Any) -> None:
    _, out, _ = typed(world, b"S\n", b"text\n")
    assert "EOT\n" in out
    assert "\n\ntext\n" in out


def test_end_of_input_at_the_subject_is_no_subject(world: Any) -> None:
    _, out, err = typed(world)
    assert "\nSubject" not in out
    assert "no subject" in err


@pytest.mark.parametrize(
    ("words", "rc"),
    [
        pytest.param(("-s", ""), RC, id="given"),
        pytest.param((), RC + "set noask noasksub\n", id="unset"),
    ],
)
def test_subject_is_not_asked_when_given_or_unset(
    world: Any, words: tuple[str, ...], rc: str
) -> None:
    _, out, _ = typed(world, b"text\n", words=words, rc=rc)
    assert not out.startswith("Subject: ")
    assert "\n\ntext\n" in out


def test_dot_is_text_when_unset(world: Any) -> None:
    _, out, _ = typed(world, b"S\n", b".\n", b"text\n", rc=RC + "unset dot\n")
    assert "\n\n.\ntext\n" in out


def test_one_interrupt_is_forgiven(world: Any) -> None:
    status, out, _ = typed(world, b"S\n", b"one\n", signal.SIGINT, b"two\n", b".\n")
    assert status == 0
    assert "(Interrupt -- one more to kill letter)" in out
    assert "\n\none\ntwo\n" in out


def test_two_interrupts_kill_the_letter_and_keep_the_text(world: Any) -> None:
    status, _, _ = typed(world, b"S\n", b"one\n", signal.SIGINT, signal.SIGINT)
    assert status == 130
    assert "\n\none\n" in world.dead_letter


def test_other_signals_end_at_once(world: Any) -> None:
    status, _, _ = typed(world, b"S\n", b"one\n", signal.SIGTERM)
    assert status == 143


@pytest.mark.terminal
def test_on_a_real_terminal(tmp_path: Path) -> None:
    (tmp_path / ".mailrc").write_text(RC)
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pymail", "-n", "a@x.org"],
        stdin=inner,
        stdout=subprocess.PIPE,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    os.write(outer, b"Hello\ntext\n.\n")
    out, _ = process.communicate(timeout=20)
    os.close(outer)
    os.close(inner)
    assert process.returncode == 0
    assert b"Subject: Hello\n" in out
    assert b"\n\ntext\n" in out
