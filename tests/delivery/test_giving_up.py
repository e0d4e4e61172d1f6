"""Undeliverable queued messages: dead letters, and reports to their senders."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pymail.outbox.journal import Event, EventKind
from tests.delivery.conftest import START, User, claimed, states
from tests.scripted import CLOSE, Server

Serve = Callable[..., Server]
HOUR = 3600


def test_refused_message_is_a_dead_letter_with_a_report_to_its_sender(
    user: User, serve: Serve
) -> None:
    user.send_in_vain("ops@example.com")
    server = serve({"RCPT TO:<ops": "550 5.1.1 no"})
    said = user("--flush", "--now")
    assert said.status == 67
    assert "refused by 127.0.0.1" in said.err
    assert "given up for ops@example.com" in said.err
    assert "X-Envelope-To: ops@example.com" in user.dead
    assert len(user.mails) == 1
    assert user("--flush").status == 0
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == ("", ("me@example.com",))
    text = taken.content.decode()
    assert "Subject: Not delivered: subject" in text
    assert "Auto-Submitted: auto-replied" in text
    assert "550 5.1.1 no" in text
    assert "and won't try again to\r\nsend it. The message is kept in" in text
    assert "dead.letter" in text
    assert user.mails == []


def test_report_that_cannot_be_delivered_has_no_report(
    user: User, serve: Serve
) -> None:
    user.send_in_vain("ops@example.com")
    serve({"RCPT": "550 no"})
    user("--flush", "--now")
    assert len(user.mails) == 1
    user("--flush", "--now")
    assert user.mails == []
    assert user.dead.count("X-Envelope-To") == 2


def test_message_is_a_dead_letter_after_its_lifetime(user: User) -> None:
    user.port = 1
    user.rc = "set outbox-lifetime=24\n"
    user.send("ops@example.com")
    said = []
    while not user.dead:
        user.clock += HOUR
        said.append(user("--flush").err)
    assert 24 <= len(said) <= 29
    assert said[:-1] == [""] * len(said[:-1])
    assert "given up for ops@example.com" in said[-1]
    assert "connection refused" in user.mails[0].read_text()  # the report


def test_held_message_is_given_up_after_its_lifetime(user: User, serve: Serve) -> None:
    serve({".": f"250 ok {CLOSE}"})
    user.send("ops@example.com")
    user.clock += 200 * HOUR
    assert user("--flush").err == ""
    user.clock += HOUR
    said = user("--flush")
    assert "given up for ops@example.com" in said.err
    assert "it may have arrived" in user.mails[0].read_text()


def test_wrong_clock_neither_gives_up_nor_delays_a_message(user: User) -> None:
    user.port = 1
    user.clock = 100.0  # a machine without a hardware clock
    user.send("ops@example.com")
    user.clock = START
    assert user("--flush").status == 75
    assert user.dead == ""
    user.clock = START * 2
    assert user("--flush").status == 75
    assert user.dead == ""
    user.clock = START + HOUR
    assert user("--flush").status == 75
    assert "tried 4 times" in states(user)[0]


def test_message_too_large_for_a_server_is_a_dead_letter(
    user: User, serve: Serve
) -> None:
    user.send_in_vain(stdin=b"x" * 2000)
    user.send()
    server = serve({"EHLO": "250-here\n250 SIZE 1000"})
    said = user("--flush", "--now")
    assert said.status == 65
    assert "takes no more than 1000" in said.err
    assert len(server.taken) == 1
    assert user.dead.count("X-Envelope-To") == 1


def test_no_dead_letter_is_kept_if_save_is_unset(user: User, serve: Serve) -> None:
    user.send_in_vain()
    user.rc = "unset save\n"
    serve({"RCPT TO:<ops": "550 no"})
    said = user("--flush", "--now")
    assert "not kept: save is unset" in said.err
    assert user.dead == ""


def test_different_places_for_dead_letters_are_kept_apart(
    user: User, serve: Serve
) -> None:
    user.port = 1
    for name in ("one", "two", "one"):
        user("-S", f"DEAD={user.home}/{name}", "-s", "x", "ops@example.com")
    serve({"RCPT TO:<ops": "550 no"})
    user("--flush", "--now")
    for name, messages in (("one", 2), ("two", 1)):
        assert (user.home / name).read_text().count("X-Envelope-To") == messages


def test_report_leaves_out_fields_of_an_invalid_header(
    user: User, serve: Serve
) -> None:
    """A message that begins with an invalid line has no fields."""
    user.send_in_vain()
    path = user.mails[0]
    text = path.read_bytes()
    at = text.index(b"Date: ")
    path.write_bytes(text[:at] + b"!" * 60 + text[at + 60 :])
    serve({"RCPT TO:<ops": "550 no"})
    assert user("--flush", "--now").status == 69
    assert "Not delivered: a message" in user.mails[0].read_text()


def test_report_without_room_is_reported(
    user: User, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.send_in_vain()
    serve({"RCPT TO:<ops": "550 no"})

    def rename(path: Path, target: Path) -> Path:
        del path, target
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", rename)
    said = user("--flush", "--now")
    assert "no space left" in said.err
    assert user.dead.count("X-Envelope-To") == 1
    assert user.mails == []


def test_report_about_an_endless_header_has_no_subject(
    user: User, serve: Serve
) -> None:
    user.send_in_vain()
    path = user.mails[0]
    octets = b"X: y\r\n" * 800_000
    text = path.read_bytes()
    at, end = text.index(b"\nmessage "), text.index(b"\n\n")
    head = text[:at] + b"\nmessage %d" % len(octets)
    path.write_bytes(head + b"\n\n" + octets + text[text.index(b"\ntext\r\n") + 7 :])
    assert end > at
    serve({"RCPT TO:<ops": "550 no"})
    assert user("--flush", "--now").status == 69
    assert "Not delivered: a message" in user.mails[0].read_text()


@pytest.mark.parametrize(
    ("whom", "there", "entries"),
    [
        pytest.param("ops@example.com", True, 1, id="written"),
        pytest.param("", True, 1, id="for-all"),
        pytest.param("boss@example.com", True, 2, id="for-another-recipient"),
        pytest.param("ops@example.com", False, 1, id="not-written"),
    ],
)
def test_a_dead_letter_is_not_written_twice_after_a_crash(
    user: User, whom: str, there: bool, entries: int
) -> None:
    user.send_in_vain()
    (mail,) = user.mails
    with claimed(user, mail.name) as kept:
        name = next(
            line.partition(b": ")[2].decode().strip()
            for line in b"".join(kept.message.chunks()).split(b"\r\n")
            if line.startswith(b"Message-ID: ")
        )
        now = datetime(2026, 11, 26, 9, 16, tzinfo=UTC)
        kept.append(
            Event.about(now, EventKind.REFUSED, "ops@example.com", "550 no"),
            Event.about(now, EventKind.GIVING_UP, "ops@example.com"),
        )
    if there:
        head = f"X-Envelope-To: {whom}\n" if whom else ""
        text = f"From me Thu Nov 26 09:15:00 2026\n{head}Message-ID: {name}\n\nx\n\n"
        (user.home / "dead.letter").write_text(text)
    user("--flush")
    assert user.dead.count(f"Message-ID: {name}") == entries
    assert not mail.exists()
