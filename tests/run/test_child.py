"""Run of a command to its end, with its whole output."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.run import child
from pymail.commands.run.child import Ending, forwarding
from pymail.model import replace

SHORT_SECONDS = 0.2


def ran(world: Any, *words: str, **changes: Any) -> tuple[Ending, bytes]:
    said = bytearray()
    made = replace(world.environment("pymail"), **changes)
    with forwarding() as signals:
        ending = child.run(words, said.extend, made, signals)
    return ending, bytes(said)


def script(world: Any, text: str, mode: int = 0o700) -> str:
    path = world.write("script", text)
    path.chmod(mode)
    return str(path)


ENDINGS = {
    "well": ("exit 0", Ending(0)),
    "with a status": ("exit 3", Ending(3)),
    "with a status that looks like a signal": ("exit 137", Ending(137)),
    "killed": ("kill -9 $$", Ending(137, signal_number=9)),
    "of a real-time signal": ("kill -40 $$", Ending(168, signal_number=40)),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_end_of_a_command(world: Any, how: str) -> None:
    text, ending = ENDINGS[how]
    assert ran(world, "sh", "-c", text) == (ending, b"")


@pytest.mark.parametrize(("number", "name"), [(15, "SIGTERM"), (40, "signal 40")])
def test_signals_have_names(number: int, name: str) -> None:
    assert Ending(128 + number, signal_number=number).signal_name == name


def test_both_outputs_keep_their_order(world: Any) -> None:
    text = "echo 1; echo 2 >&2; echo 3; echo 4 >&2"
    assert ran(world, "sh", "-c", text) == (Ending(0), b"1\n2\n3\n4\n")


def test_missing_command_is_127(world: Any) -> None:
    for missing in ("no-such-command-anywhere", "/nowhere/x"):
        ending, said = ran(world, missing)
        assert ending == Ending(127, not_started="no such file or directory")
        assert said == b""


def test_command_that_cannot_be_run_is_126(world: Any) -> None:
    ending, _ = ran(world, script(world, "#!/bin/sh\n", mode=0o600))
    assert ending == Ending(126, not_started="permission denied")
    ending, _ = ran(world, "echo", "nul\0")
    assert ending == Ending(126, not_started="embedded null byte")


def test_missing_interpreter_is_not_reported_as_missing_script(
    world: Any,
) -> None:
    ending, _ = ran(world, script(world, "#!/nowhere/sh\n"))
    reason = "the interpreter in its first line is missing"
    assert ending == Ending(127, not_started=reason)


def test_script_without_interpreter_line_runs_in_sh(world: Any) -> None:
    path = script(world, "echo script $1; exit 4\n")
    assert ran(world, path, "ran") == (Ending(4), b"script ran\n")


def test_command_is_in_a_session_of_its_own(world: Any) -> None:
    script = "cut -d' ' -f6 /proc/$$/stat; echo $$; : < /dev/tty"
    ending, said = ran(world, "sh", "-c", script)
    session, process, *complaint = said.split(b"\n")
    assert session.strip() == process
    assert complaint
    assert ending.status != 0


def test_command_runs_in_the_working_directory(world: Any) -> None:
    assert ran(world, "pwd")[1].decode().strip() == os.path.realpath(world.directory)


def test_command_inherits_standard_input(world: Any, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("given\n")
    kept = os.dup(0)
    try:
        with (tmp_path / "text").open("rb") as text:
            os.dup2(text.fileno(), 0)
        assert ran(world, "cat") == (Ending(0), b"given\n")
        assert ran(world, "cat", stdin=None) == (Ending(0), b"")
        assert ran(world, "cat", stdin_is_terminal=True) == (Ending(0), b"")
    finally:
        os.dup2(kept, 0)
        os.close(kept)


def test_command_that_closes_its_outputs_is_waited_for(world: Any) -> None:
    text = "echo 1; exec >&- 2>&-; sleep 0.3; exit 5"
    assert ran(world, "sh", "-c", text) == (Ending(5), b"1\n")


def test_output_shortly_after_the_command_is_captured(world: Any) -> None:
    text = "(sleep 0.3; echo late) & echo early"
    assert ran(world, "sh", "-c", text) == (Ending(0), b"early\nlate\n")


@pytest.mark.parametrize(
    "background",
    ["sleep 60", "while echo x; do :; done"],
    ids=["silent", "never_silent"],
)
def test_background_process_does_not_block(
    world: Any, monkeypatch: pytest.MonkeyPatch, background: str
) -> None:
    """Without GRACE_SECONDS the first command takes a minute, the other for ever."""
    monkeypatch.setattr(child, "GRACE_SECONDS", SHORT_SECONDS)
    ending, _ = ran(world, "sh", "-c", f"({background}) & echo $! > pid; exit 6")
    with suppress(ProcessLookupError):  # SIGPIPE has ended it
        os.kill(int((world.directory / "pid").read_text()), signal.SIGKILL)
    assert ending == Ending(6)


def test_signal_handlers_are_restored(world: Any) -> None:
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGTSTP)]
    ran(world, "true")
    ran(world, "no-such-command-anywhere")
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGTSTP)] == before


def test_more_than_a_pipe_holds_is_captured(world: Any) -> None:
    ending, said = ran(world, "sh", "-c", "yes | head -c 3000000")
    assert (ending, len(said)) == (Ending(0), 3_000_000)
