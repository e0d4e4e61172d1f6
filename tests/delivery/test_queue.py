"""Each version is in the outbox before the attempt, whatever happens then."""

import os
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from pymail.address.envelope import Envelope
from pymail.commands.report_outcome import default_settings
from pymail.delivery.outgoing import Versions
from pymail.delivery.queue import PendingMessages
from pymail.delivery.settings import with_way
from pymail.environment import Environment
from pymail.errors import (
    CannotKeepError,
    ConnectError,
    Interrupted,
    MessageTooLargeError,
    PymailError,
    UnreadableInputError,
)
from pymail.message.byte_source import Facts, FinishedMessage
from pymail.model import replace
from pymail.outbox.directory import Outbox
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta
from pymail.transport.base import Transport

TOKENS = count()


class Text:
    """A finished message; with `broken`, reading it raises that."""

    facts = Facts(size_octets=22, longest_line=12)

    def __init__(self, broken: PymailError | None = None) -> None:
        self._broken = broken

    def chunks(self) -> Iterator[bytes]:
        if self._broken:
            raise self._broken
        yield b"Subject: hi\r\n\r\nhello\r\n"

    def seven_bit(self) -> "Text":
        return self


class Says(Transport):
    """A transport that reads the message, then ends as scripted."""

    def __init__(self, *ends: Callable[[], None] | PymailError | Fate) -> None:
        self._ends = list(ends)
        self.sent: list[str] = []

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        del more
        self.sent += envelope.forward_paths
        assert b"".join(message.chunks()).endswith(b"hello\r\n")
        end = self._ends.pop(0)
        if isinstance(end, PymailError):
            raise end
        fate = end if isinstance(end, Fate) else Fate.ACCEPTED
        if callable(end) and not isinstance(end, Fate):
            end()
        rows = (RecipientFate(path, fate) for path in envelope.forward_paths)
        return Report(fates=tuple(rows))


class Fresh(Environment):
    """An environment with unique tokens."""

    def token(self) -> str:
        return f"{next(TOKENS):016x}"


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "box")


@pytest.fixture
def pending(outbox: Outbox, world: Any) -> PendingMessages:
    made = world.environment("pymail")
    fields = {name: getattr(made, name) for name in made.__match_args__}
    return PendingMessages(outbox, default_settings(made), Fresh(**fields))


def to(*paths: str, message: Text | None = None) -> Versions:
    """Make a version for each of these addresses."""
    sender = "me@example.com"
    return tuple(
        (Envelope(reverse_path=sender, forward_paths=(path,)), message or Text())
        for path in paths
    )


def fates(reports: Iterator[Report]) -> list[Fate]:
    return [row.fate for report in reports for row in report.fates]


def test_all_versions_are_queued_before_the_first_attempt(
    pending: PendingMessages, outbox: Outbox
) -> None:
    seen: list[int] = []
    pending.put(to("a@x.org", "b@x.org"))
    transport = Says(lambda: seen.append(len(outbox.names())), Fate.ACCEPTED)
    assert fates(pending.send(transport, more=False)) == [Fate.ACCEPTED] * 2
    assert seen == [2]
    assert outbox.names() == []
    assert pending.kept == []
    pending.end([])


def test_unreadable_version_queues_none(
    pending: PendingMessages, outbox: Outbox
) -> None:
    broken = Text(UnreadableInputError("report.pdf: gone"))
    with pytest.raises(UnreadableInputError):
        pending.put((*to("a@x.org"), *to("b@x.org", message=broken)))
    assert outbox.names() == []


def test_unreachable_server_is_tried_once_and_all_versions_wait(
    pending: PendingMessages, outbox: Outbox
) -> None:
    pending.put(to("a@x.org", "b@x.org"))
    transport = Says(ConnectError("refused"))
    assert fates(pending.send(transport, more=False)) == [Fate.DEFERRED] * 2
    assert transport.sent == ["a@x.org"]
    assert [kept.remaining.open for kept in pending.kept] == [
        ("a@x.org",),
        ("b@x.org",),
    ]
    pending.end([])
    assert len(outbox.names()) == 2


def test_version_that_is_too_large_stops_no_other(
    pending: PendingMessages, outbox: Outbox
) -> None:
    pending.put(to("a@x.org", "b@x.org"))
    transport = Says(MessageTooLargeError("too large"), Fate.ACCEPTED)
    assert fates(pending.send(transport, more=False)) == [Fate.REFUSED, Fate.ACCEPTED]
    assert pending.kept == []
    assert len(outbox.names()) == 1
    pending.end(["a@x.org"])
    assert outbox.names() == []


def test_message_stays_until_the_dead_letter_is_written(
    pending: PendingMessages, outbox: Outbox
) -> None:
    pending.put(to("a@x.org"))
    list(pending.send(Says(Fate.REFUSED), more=False))
    pending.end([])
    (name,) = outbox.names()
    mail = outbox.claim(name)
    assert mail is not None
    with mail:
        assert mail.remaining.lost == ("a@x.org",)


def test_signal_while_a_report_is_noted_does_not_prevent_it(
    pending: PendingMessages, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.put(to("a@x.org"))
    really, calls = Path.unlink, list[Path]()

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise Interrupted(signal.SIGTERM)
        really(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    assert fates(pending.send(Says(Fate.ACCEPTED), more=False)) == [Fate.ACCEPTED]
    assert len(calls) == 2
    assert outbox.names() == []


def full(_descriptor: int, octets: bytes, _at: int) -> int:
    return len(octets) // 2


def test_message_without_a_mark_is_sent_without_the_outbox(
    pending: PendingMessages, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.put(to("a@x.org"))
    seen: list[list[str]] = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        transport = Says(lambda: seen.append(outbox.names()))
        assert fates(pending.send(transport, more=False)) == [Fate.ACCEPTED]
    assert seen == [[]]
    assert pending.problem is None


def test_message_without_a_mark_that_fails_is_a_dead_letter(
    pending: PendingMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.put(to("a@x.org"))
    monkeypatch.setattr(os, "pwrite", full)
    assert fates(pending.send(Says(Fate.DEFERRED), more=False)) == [Fate.DEFERRED]
    assert pending.kept == []  # or pymail would report it as queued


def nowhere(path: Path, *, missing_ok: bool = False) -> None:
    del path, missing_ok
    raise OSError(30, "Read-only file system")


def test_message_that_can_neither_be_marked_nor_removed_is_not_sent(
    pending: PendingMessages, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.put(to("a@x.org"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        patched.setattr(Path, "unlink", nowhere)
        assert fates(pending.send(Says(), more=False)) == [Fate.DEFERRED]
    assert isinstance(pending.problem, CannotKeepError)
    assert len(outbox.names()) == 1


def test_message_that_cannot_be_removed_is_reported(
    pending: PendingMessages, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.put(to("a@x.org"))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", nowhere)
        list(pending.send(Says(Fate.ACCEPTED), more=False))
    assert "read-only" in str(pending.problem)
    mail = outbox.peek(outbox.names()[0])
    assert mail is not None
    with mail:  # never resent automatically
        assert mail.remaining.unknown == ("a@x.org",)


def test_note_that_cannot_be_written_is_reported(
    pending: PendingMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending.put(to("a@x.org"))
    list(pending.send(Says(Fate.REFUSED), more=False))
    monkeypatch.setattr(Path, "unlink", nowhere)
    pending.end(["a@x.org"])
    assert "read-only" in str(pending.problem)


def test_signal_leaves_the_rest_untried(pending: PendingMessages) -> None:
    pending.put(to("a@x.org", "b@x.org"))
    transport = Says(Interrupted(signal.SIGTERM))
    assert fates(pending.send(transport, more=True)) == [Fate.DEFERRED] * 2
    assert transport.sent == ["a@x.org"]


def test_sender_of_a_local_program_is_saved(world: Any) -> None:
    settings: Settings = default_settings(world.environment("pymail"))
    assert isinstance(settings.server, LocalMta)
    assert with_way(settings) == (("way", "a local program"),)
    server = replace(settings.server, sender_option="")
    assert with_way(replace(settings, server=server)) == (
        ("way", "a local program"),
        ("program-sender", ""),
    )
    server = replace(settings.server, sender_option="a@x.org", sender_name="A")
    rows = (
        ("way", "a local program"),
        ("program-sender", "a@x.org"),
        ("program-name", "A"),
    )
    assert with_way(replace(settings, server=server)) == rows
