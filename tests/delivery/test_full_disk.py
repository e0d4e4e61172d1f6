"""A disk that is full at each write: the message is sent, kept or printed."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.delivery.conftest import User
from tests.scripted import Server

Serve = Callable[..., Server]
PAGE = 4096
PAGES = 16
TEXT = b"a line of text that takes some room\n" * 300  # three pages


class Disk:
    """A small file system."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def leave(self, pages: int) -> None:
        """Fill it except for this number of pages."""
        filler = self.place / "filler"
        filler.write_bytes(b"")
        with filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * PAGE)
            except OSError:
                os.truncate(filler, max(filler.stat().st_size - pages * PAGE, 0))

    def empty(self) -> None:
        (self.place / "filler").unlink()


@pytest.fixture
def disk(user: User) -> Iterator[Disk]:
    if os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    place = user.home / "disk"
    place.mkdir()
    size = f"size={PAGE * PAGES},mode=700"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount: {mounted.stderr.decode().strip()}")
    user.rc = f"set outbox={place}/box DEAD={place}/dead\n"
    user.more = {"TMPDIR": str(place)}
    yield Disk(place)
    subprocess.run(["umount", "-l", str(place)], check=True)


def left(user: User) -> list[str]:
    box = user.home / "disk" / "box"
    return sorted(path.name for path in box.iterdir()) if box.exists() else []


@pytest.mark.parametrize("pages", range(8))
def test_message_is_sent_once_however_full_the_disk_is(
    user: User, disk: Disk, serve: Serve, pages: int
) -> None:
    server = serve()
    disk.leave(pages)
    said = user.send(stdin=TEXT)
    assert said.status == 0
    assert len(server.taken) == 1
    assert [name for name in left(user) if name != ".flushing"] == []
    if pages < 3:
        assert "no space left" in said.err


@pytest.mark.parametrize("pages", range(12))
def test_unsent_message_is_kept_or_printed(user: User, disk: Disk, pages: int) -> None:
    user.port = 1
    disk.leave(pages)
    said = user.send(stdin=TEXT)
    kept = [name for name in left(user) if not name.startswith(".")]
    dead = (disk.place / "dead").exists() and (disk.place / "dead").stat().st_size
    assert sum(map(bool, (kept, dead, TEXT.decode() in said.err))) == 1
    assert said.status == (73 if TEXT.decode() in said.err else 75)


@pytest.mark.parametrize("pages", range(4))
def test_queued_message_on_a_full_disk_is_sent_once(
    user: User, disk: Disk, serve: Serve, pages: int
) -> None:
    """The journal has room that was reserved with the message."""
    user.send_in_vain("a@example.com", "b@example.com")
    disk.leave(pages)
    server = serve({"RCPT TO:<b@": "450 later"})
    assert user("--flush", "--now").status == 75
    assert server.recipients == ["a@example.com"]
    server.answers = {}
    assert user("--flush", "--now").status == 0
    assert server.recipients == ["a@example.com", "b@example.com"]


def test_message_stays_in_the_outbox_without_room_for_a_dead_letter(
    user: User, disk: Disk, serve: Serve
) -> None:
    user.send_in_vain(stdin=TEXT)
    disk.leave(0)
    serve({"RCPT": "550 no"})
    said = user("--flush", "--now")
    assert said.status in (67, 69)
    assert "no space left" in said.err
    assert "refused: the next flush makes it a dead letter" in user("--queue").out
    disk.empty()
    assert user("--flush").status == 69
    assert "X-Envelope-To: ops@example.com" in (disk.place / "dead").read_text()


def test_read_only_disk_is_reported_and_the_message_sent(
    user: User, disk: Disk, serve: Serve
) -> None:
    user.send_in_vain()
    remount = ["mount", "-o", "remount,ro", str(disk.place)]
    subprocess.run(remount, check=True)
    server = serve()
    said = user.send("b@example.com")
    assert said.status == 0
    assert "read-only" in said.err
    assert server.recipients == ["b@example.com"]
    said = user("--flush", "--now")
    assert said.status == 73
    assert "read-only" in said.err
    assert len(server.taken) == 1
