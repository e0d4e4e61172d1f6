"""The program on a pseudo-terminal."""

import os
import pty
import re
import select
import signal
import sys
import termios
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.terminal

RC = "set mta=test from=me@example.com\n"
LONGEST_WAIT_SECONDS = 8


class Session:
    """A run of the program on a terminal."""

    def __init__(self, home: Path, *words: str, **variables: str) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            _keep_output()
            os.chdir(home)
            environment = {**os.environ, "HOME": str(home), "TERM": "dumb", **variables}
            command = [sys.executable, "-m", "pymail", "-n", *words]
            os.execve(sys.executable, command, environment)  # noqa: S606 - no shell is needed
        self.shown = ""
        self._seen = 0

    def see(self, text: str) -> None:
        """Wait until the program shows `text`, after the text seen before."""
        while text not in self.shown[self._seen :]:
            assert self._read(), f"{text!r} is not in {self.shown!r}"
        self._seen = self.shown.index(text, self._seen) + len(text)

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end_input(self) -> None:
        """Type Control-D."""
        self._settle()
        self.type("\x04")

    def interrupt(self) -> None:
        """Type Control-C."""
        self._settle()
        self.type("\x03")

    def kill(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._settle()
        os.kill(self.pid, number)

    def _settle(self) -> None:
        """Wait until the program sleeps, reading.

        Between two lines the line editor delays a signal, and it misses an end of
        input that was typed before.
        """
        stat = Path(f"/proc/{self.pid}/stat")
        time.sleep(0.01 if stat.exists() else 1)
        while stat.exists() and not re.search(r"\) [SZ] ", stat.read_text()):
            time.sleep(0.01)

    def end(self) -> int:
        """Read to the end; return the exit status."""
        while self._read():
            pass
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], LONGEST_WAIT_SECONDS)
        try:
            octets = os.read(self._terminal, 4096) if ready else b""
        except OSError:  # Linux raises it when the other side is closed
            octets = b""
        self.shown += octets.decode("utf-8", "replace").replace("\r", "")
        return bool(octets)


def _keep_output() -> None:
    """Keep output on this terminal that was written before a signal is typed."""
    modes = termios.tcgetattr(0)
    modes[3] |= termios.NOFLSH
    termios.tcsetattr(0, termios.TCSANOW, modes)


@pytest.fixture(params=["plain", "edited"])
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A home where lines are read with line editing, and one without."""
    plain = "set line-editor-disable\n" if request.param == "plain" else ""
    (tmp_path / ".mailrc").write_text(RC + plain)
    return tmp_path


def test_subject_text_and_end_of_input(home: Path) -> None:
    session = Session(home, "a@x.org")
    session.see("Subject: ")
    session.type("Hello\n")
    session.type("text\n~p\n")
    session.see("(continue)\n")
    session.end_input()
    session.see("EOT")
    assert session.end() == 0
    assert "Subject: Hello\n" in session.shown
    assert "\n\ntext\n" in session.shown


def test_input_typed_ahead_is_read(home: Path) -> None:
    session = Session(home, "a@x.org")
    session.type("Hello\ntext\n\x04")
    assert session.end() == 0
    assert "\nSubject: Hello\n" in session.shown
    assert "\n\ntext\n" in session.shown


def test_one_interrupt_is_forgiven_and_two_keep_the_text(home: Path) -> None:
    session = Session(home, "a@x.org")
    session.see("Subject: ")
    session.type("S\none\n~p\n")
    session.see("(continue)")
    session.interrupt()
    session.see("(Interrupt -- one more to kill letter)")
    session.type("two\n~p\n")
    session.see("(continue)")
    session.interrupt()
    session.see("(Interrupt -- one more to kill letter)")
    session.interrupt()
    session.see("kept in")
    assert session.end() == 130
    assert "\n\none\ntwo\n" in (home / "dead.letter").read_text()


def test_many_interrupts_in_a_row_lose_no_text(home: Path) -> None:
    session = Session(home, "a@x.org")
    session.see("Subject: ")
    session.type("S\none\n~p\n")
    session.see("(continue)")
    session.interrupt()
    session.see("(Interrupt -- one more to kill letter)")
    for _ in range(20):
        session.type("\x03")
    session.interrupt()
    session.see("kept in")
    assert session.end() == 130
    assert "Traceback" not in session.shown
    assert "\n\none\n" in (home / "dead.letter").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_keep_the_text(home: Path, number: signal.Signals) -> None:
    session = Session(home, "-s", "S", "a@x.org")
    session.type("one\n~p\n")
    session.see("(continue)")
    session.kill(number)
    session.see("kept in")
    assert session.end() == 128 + number
    assert "\n\none\n" in (home / "dead.letter").read_text()


def test_prompts_escapes_and_a_real_editor(home: Path) -> None:
    editor = home / "editor"
    editor.write_text('#!/bin/sh\ntest -t 0 && echo "by hand" >> "$1"\n')
    editor.chmod(0o755)
    session = Session(home, "-S", "askcc", "a@x.org", EDITOR=str(editor))
    session.see("Subject: ")
    session.type("Hello\n")
    session.see("Cc: ")
    session.type("c@x.org\n")
    session.type("text\n~e\n")
    session.see("(continue)")
    session.type("~!echo $((40 + 2))\n")
    session.see("42\n!\n")
    session.type("~|tr a-z A-Z\n")
    session.see("(continue)")
    session.type("~.\n")
    assert session.end() == 0
    assert "\nCc: c@x.org\n" in session.shown
    assert "\n\nTEXT\nBY HAND\n" in session.shown


def test_interrupt_ends_a_command_and_not_the_message(home: Path) -> None:
    session = Session(home, "-s", "S", "a@x.org")
    session.type("one\n~!echo began; exec sleep 60\n")
    session.see("began\n")
    session.type("\x03")
    session.see("exit status 130")
    session.type("two\n.\n")
    assert session.end() == 0
    assert "\n\none\ntwo\n" in session.shown


def test_fields_with_a_value_can_be_edited_and_removed(tmp_path: Path) -> None:
    (tmp_path / ".mailrc").write_text(RC)
    session = Session(tmp_path, "-s", "Old", "-c", "c@x.org", "a@x.org")
    session.type("one\n~h\n")
    session.see("To: a@x.org")
    session.type("\n")
    session.see("Cc: c@x.org")
    session.type("\x15\n")
    session.see("Bcc: ")
    session.type("\n")
    session.see("Subject: Old")
    session.type("er\n.\n")
    assert session.end() == 0
    assert "\nSubject: Older\n" in session.shown
    sent = session.shown[session.shown.index("From me@example.com ") :]
    assert "To: a@x.org\n" in sent
    assert "Cc:" not in sent


def test_history_is_saved_only_with_history_file(tmp_path: Path) -> None:
    (tmp_path / ".mailrc").write_text(RC + "set history-file=~/history\n")
    for times in (1, 2):
        session = Session(tmp_path, "-s", "S", "a@x.org")
        session.type(f"~p\n{times}\n.\n")
        assert session.end() == 0
    assert (tmp_path / "history").stat().st_mode & 0o777 == 0o600
    (tmp_path / ".mailrc").write_text(RC)
    (tmp_path / "history").unlink()
    session = Session(tmp_path, "-s", "S", "a@x.org")
    session.type("one\n.\n")
    assert session.end() == 0
    assert not (tmp_path / "history").exists()
