"""History of a command: the reports that were mailed and held back."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pymail.commands.run import history
from pymail.commands.run.history import MOST_FILES, HeldReports, History, Limit
from pymail.model import replace

HOURLY = Limit(2, 3600)


@pytest.fixture
def memory(tmp_path: Path) -> History:
    return History(tmp_path / "state" / "pymail" / "run" / "command", lock_seconds=0)


def due(
    memory: History,
    now: float,
    digest: str = "aa",
    status: int = 1,
    *,
    wanted: bool = True,
    only_if_changed: bool = False,
    limit: Limit | None = None,
) -> HeldReports | None:
    return memory.due(
        *(digest, status, now),
        wanted=wanted,
        only_if_changed=only_if_changed,
        limit=limit,
    )


def test_the_same_again_is_not_due(memory: History) -> None:
    runs = ["aa", "aa", "bb", "bb", "aa"]
    answers = [
        due(memory, n, digest, only_if_changed=True) for n, digest in enumerate(runs)
    ]
    assert answers == [HeldReports(), None, HeldReports(), None, HeldReports()]


def test_run_without_a_report_counts_as_the_last_run(memory: History) -> None:
    assert due(memory, 1, "bad", only_if_changed=True) == HeldReports()
    assert due(memory, 2, "ok", wanted=False, only_if_changed=True) is None
    assert due(memory, 3, "bad", only_if_changed=True) == HeldReports()


def test_report_that_was_not_sent_is_due_again(memory: History) -> None:
    assert due(memory, 1, only_if_changed=True, limit=HOURLY) == HeldReports()
    memory.settle(1, HeldReports(), went_out=False)
    assert due(memory, 2, only_if_changed=True, limit=HOURLY) == HeldReports()
    memory.settle(2, HeldReports(), went_out=True)
    assert due(memory, 3, only_if_changed=True, limit=HOURLY) is None


def test_limit_counts_within_its_time(memory: History) -> None:
    times = [0.0, 1000.0, 2000.0, 3599.0, 3600.0, 3601.0, 4600.0]
    answers = [due(memory, now, limit=HOURLY) for now in times]
    assert [answer is not None for answer in answers] == [
        *(True, True, False, False, True, False, True)
    ]


def test_reports_held_back_are_mentioned_once(memory: History) -> None:
    for now in (0.0, 1.0):
        assert due(memory, now, limit=HOURLY) == HeldReports()
    for now, status in ((2.0, 1), (3.0, 137), (4.0, 1)):
        assert due(memory, now, status=status, limit=HOURLY) is None
    held = due(memory, 3600.0, limit=HOURLY)
    assert held == HeldReports(2.0, {1: 2, 137: 1})
    assert held.number == 3
    memory.settle(3600.0, held, went_out=True)
    assert due(memory, 3601.0, limit=HOURLY) == HeldReports()


def test_reports_held_back_stay_if_their_mention_was_not_sent(
    memory: History,
) -> None:
    limit = Limit(1, 3600)
    due(memory, 0.0, limit=limit)
    due(memory, 1.0, limit=limit)
    held = due(memory, 3600.0, limit=limit)
    assert held == HeldReports(1.0, {1: 1})
    memory.settle(3600.0, held, went_out=False)
    assert due(memory, 3601.0, limit=limit) == held


def test_report_held_back_during_a_send_is_not_lost(memory: History) -> None:
    limit = Limit(1, 3600)
    due(memory, 0.0, limit=limit)
    due(memory, 1.0, limit=limit)
    held = due(memory, 3600.0, limit=limit)
    assert held is not None
    due(memory, 3601.0, status=2, limit=limit)
    memory.settle(3600.0, held, went_out=True)
    assert due(memory, 9000.0, limit=limit) == HeldReports(1.0, {2: 1})


def test_clock_set_back_holds_no_report_back(memory: History) -> None:
    for now in (1e9, 1e9 + 1):
        due(memory, now, limit=HOURLY)
    assert due(memory, 1e6, limit=HOURLY) == HeldReports()


def test_file_is_private_and_has_no_output(memory: History) -> None:
    due(memory, 1.0, limit=HOURLY)
    assert stat.S_IMODE(memory.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(memory.file.parent.stat().st_mode) == 0o700
    assert memory.file.read_text() == "digest aa\nsent 1.0\n"
    assert list(memory.file.parent.iterdir()) == [memory.file]


DAMAGED = {
    "nothing": b"",
    "binary": bytes(range(256)),
    "another format": b'{"digest": "aa"}\n',
    "numbers that are none": b"sent x\nheld 1 2\nheld 1 2 x\nheld nan 1 1\nheld 1 1 -1\n",
    "too many words": b"sent 1 2 3\ndigest\n\n",
    "too large": b"sent 1e999\nheld 1e300 1 1\n",
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_file_holds_no_report_back(memory: History, damage: str) -> None:
    memory.file.parent.mkdir(parents=True, mode=0o700)
    memory.file.write_bytes(DAMAGED[damage])
    answer = due(memory, 5.0, "cc", only_if_changed=True, limit=HOURLY)
    assert answer == HeldReports()
    assert memory.file.read_text() == "digest cc\nsent 5.0\n"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text("0123456789.-e nax", max_size=12).map(lambda words: f"held {words}\n")
        | st.text("0123456789.-e nax", max_size=12).map(lambda words: f"sent {words}\n")
    )
)
def test_any_file_content_is_accepted(memory: History, lines: list[str]) -> None:
    memory.file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    memory.file.write_text("".join(lines))
    held = due(memory, 5.0, limit=HOURLY)
    assert held is None or held.number >= 0


def test_unwritable_history_raises(memory: History, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(FileExistsError):
        due(memory, 1.0)


def test_directory_that_others_can_write_is_not_used(memory: History) -> None:
    memory.file.parent.mkdir(parents=True)
    memory.file.parent.chmod(0o777)
    with pytest.raises(PermissionError):
        due(memory, 1.0)


def test_each_command_and_its_recipients_have_a_file(world: Any) -> None:
    made = world.environment("pymail", variables={"XDG_STATE_HOME": "/state"})
    lines = [
        (["a", "b"], ["x@x"]),
        (["a b"], ["x@x"]),
        (["a"], ["b", "x@x"]),
        (["a", "b"], ["y@x"]),
    ]
    files = {history.find_history(made, *each).file for each in lines}
    assert len(files) == len(lines)
    assert {file.parent for file in files} == {Path("/state/pymail/run")}
    assert history.find_history(made, *lines[0]) == history.find_history(
        made, *lines[0]
    )


def test_command_lines_with_a_date_in_them_are_forgotten(memory: History) -> None:
    due(memory, 1.0)
    directory = memory.file.parent
    for number in range(MOST_FILES):
        (directory / f"old-{number}").touch()
        os.utime(directory / f"old-{number}", (number, number))
    due(replace(memory, file=directory / "another"), 2.0)
    left = {path.name for path in directory.iterdir()}
    assert len(left) == MOST_FILES
    assert {"command", "another", "old-2"} <= left
    assert not {"old-0", "old-1"} & left
