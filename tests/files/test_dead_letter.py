"""The dead letter: in its file, in a temporary file, or an error."""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pymail.errors import CannotKeepError, UnreadableInputError
from pymail.files import mbox

ENTRY = b"From me Tue Nov  3 07:05:09 2026\nSubject: s\n\nbody\n\n"


def _entry() -> list[bytes]:
    return [ENTRY]


def test_dead_letter_is_appended_to_its_file(tmp_path: Path) -> None:
    place = tmp_path / "dead.letter"
    for _ in range(2):
        kept = mbox.append_or_save_elsewhere(
            place, _entry, temporary_directory=tmp_path
        )
        assert kept == place
    assert place.read_bytes() == ENTRY * 2


def test_dead_letter_is_a_temporary_file_if_its_file_cannot_be_written(
    tmp_path: Path,
) -> None:
    place = tmp_path / "dead.letter"
    place.mkdir()
    kept = mbox.append_or_save_elsewhere(place, _entry, temporary_directory=tmp_path)
    assert kept.parent == tmp_path
    assert kept.name.startswith(f"pymail-dead-{os.geteuid()}-")
    assert kept.read_bytes() == ENTRY
    assert kept.stat().st_mode & 0o777 == 0o600


def test_dead_letter_is_a_temporary_file_if_its_file_is_locked(tmp_path: Path) -> None:
    place = tmp_path / "dead.letter"
    place.write_bytes(ENTRY)
    with place.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        kept = mbox.append_or_save_elsewhere(
            place, _entry, temporary_directory=tmp_path, lock_seconds=0
        )
    assert kept != place
    assert kept.read_bytes() == ENTRY


def _full_once() -> Callable[[], Iterator[bytes]]:
    """Raise as on a full disk after half of the first entry."""
    times = iter([OSError(28, "No space left on device")])

    def entry() -> Iterator[bytes]:
        yield ENTRY[:20]
        if error := next(times, None):
            raise error
        yield ENTRY[20:]

    return entry


def test_dead_letter_is_whole_after_a_disk_full_half_way(tmp_path: Path) -> None:
    place = tmp_path / "dead.letter"
    place.write_bytes(ENTRY)
    kept = mbox.append_or_save_elsewhere(
        place, _full_once(), temporary_directory=tmp_path
    )
    assert kept.read_bytes() == ENTRY
    assert place.read_bytes() == ENTRY


def test_dead_letter_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CannotKeepError) as caught:
        mbox.append_or_save_elsewhere(
            tmp_path, _entry, temporary_directory=tmp_path / "missing"
        )
    assert str(tmp_path) in str(caught.value)
    assert "is a directory" in str(caught.value)
    assert "missing: no such file or directory" in str(caught.value)


def _gone() -> Iterator[bytes]:
    yield ENTRY
    raise UnreadableInputError("report.pdf: gone")


@pytest.mark.parametrize("at_its_place", [True, False], ids=["place", "elsewhere"])
def test_no_half_of_a_dead_letter_is_left(
    tmp_path: Path, *, at_its_place: bool
) -> None:
    place = tmp_path / "home" / "dead.letter"
    if at_its_place:
        place.parent.mkdir()
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    with pytest.raises(UnreadableInputError):
        mbox.append_or_save_elsewhere(place, _gone, temporary_directory=elsewhere)
    assert not list(elsewhere.iterdir())
    assert not place.exists() or place.read_bytes() == b""
