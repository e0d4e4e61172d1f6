"""Copies of sent mail: record, files as recipients, -F."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RC = "set mta=test from=me@example.com\n"
Run = Callable[..., Any]


def _there(directory: Path) -> list[str]:
    return [str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file()]


@pytest.mark.parametrize("kind", ["", "maildir://"], ids=["mbox", "maildir"])
def test_record_has_the_blind_copies(pymail: Run, world: Any, kind: str) -> None:
    rc = RC + f"set record={kind}~/sent\n"
    ended = pymail("-b", "b@x.org", "a@x.org", stdin=b"text\n", rc=rc)
    assert ended.status == 0
    [name] = [name for name in _there(world.directory) if name.startswith("sent")]
    text = (world.directory / name).read_text()
    assert text.startswith("From me@example.com Mon Nov 23") is (kind == "")
    assert "Bcc: b@x.org\n" in text
    assert "\n\ntext\n" in text


@pytest.mark.parametrize(
    ("rc", "reason"),
    [
        pytest.param("record=/no/sent", "/no/sent: no such file", id="directory"),
        pytest.param("record=.", "is a directory", id="no-folder"),
        pytest.param("record=maildir:///no/x", "/no/x: no such file", id="maildir"),
    ],
)
def test_unwritable_record_is_reported_and_the_mail_sent(
    pymail: Run, world: Any, rc: str, reason: str
) -> None:
    ended = pymail("a@x.org", stdin=b"text\n", rc=f"{RC}set {rc}\n")
    assert ended.status == 73
    assert ended.out.count("\n\ntext\n") == 1
    assert "sent, but not recorded: " in ended.err
    assert reason in ended.err
    assert world.dead_letter == ""


@pytest.mark.parametrize(
    "name", ["./f", "file://{}/f", "mbox://{}/f", "+f"], ids=lambda name: name[:4]
)
def test_file_recipient_gets_an_entry(pymail: Run, world: Any, name: str) -> None:
    word = name.format(world.directory)
    rc = f"{RC}set expandaddr folder={world.directory} umask=022\n"
    ended = pymail("-s", "s", word, stdin=b"text\n", rc=rc)
    assert (ended.status, ended.out) == (0, "")
    assert (world.directory / "f").read_text().endswith("\n\ntext\n\n")
    assert (world.directory / "f").stat().st_mode & 0o777 == 0o644


def test_maildir_recipient_gets_a_file(pymail: Run, world: Any) -> None:
    place = f"maildir://{world.directory}/m"
    pymail("-s", "s", place, stdin=b"text\n", rc=RC + "set expandaddr\n")
    assert len(_there(world.directory / "m" / "new")) == 1


def test_message_whose_only_file_cannot_be_written_is_kept(
    pymail: Run, world: Any
) -> None:
    ended = pymail("/no/f", stdin=b"text\n", rc=RC + "set expandaddr\n")
    assert ended.status == 73
    assert "/no/f: no such file or directory" in ended.err
    assert "text\n" in world.dead_letter
    assert "dead.letter" in ended.err


def test_file_that_cannot_be_written_does_not_stop_the_others(
    pymail: Run, world: Any
) -> None:
    rc = RC + "set expandaddr\n"
    ended = pymail("a@x.org", "./f", "/no/f", stdin=b"text\n", rc=rc)
    assert ended.status == 73
    assert ended.out.count("\n\ntext\n") == 1
    assert (world.directory / "f").exists()
    assert "X-Envelope-To: /no/f\n" in world.dead_letter


@pytest.mark.parametrize(
    ("rc", "place"),
    [
        pytest.param("", "ana", id="by-name"),
        pytest.param("folder=mail outfolder record=/no/no", "mail/ana", id="outfolder"),
    ],
)
def test_copy_by_name_is_written_to_the_file_of_the_first_recipient(
    pymail: Run, world: Any, rc: str, place: str
) -> None:
    world.write("mail/x", "")
    words = ("-F", "ana@x.org", "eve@x.org")
    ended = pymail(*words, stdin=b"text\n", rc=f"{RC}set {rc}\n")
    assert ended.status == 0
    assert (world.directory / place).read_text().endswith("\n\ntext\n\n")
