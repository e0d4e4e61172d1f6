"""The outbox: messages are stored whole, and used by one process at a time."""

import fcntl
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.dsn import DsnRequest
from pymail.address.envelope import Envelope
from pymail.commands.show_queue import read_row
from pymail.errors import CannotKeepError
from pymail.message.byte_source import Facts
from pymail.model import replace
from pymail.outbox import entry, queued_message
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Damaged, Head
from pymail.outbox.journal import Event, EventKind
from pymail.outbox.queued_message import NotifyingMessage, QueuedMessage
from pymail.report.delivery_report import Fate

NOW = datetime(2026, 11, 26, 9, 15, tzinfo=UTC)
TOKEN = "0123456789abcdef"
MESSAGE = b"Subject: hi\r\n\r\nhello\r\n"
TO = ("ops@example.com", '"a b"@example.com')


def head(size: int = len(MESSAGE), to: tuple[str, ...] = TO) -> Head:
    envelope = Envelope(reverse_path="me@example.com", forward_paths=to)
    return Head(created=NOW, envelope=envelope, facts=Facts(size_octets=size))


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "deep" / "outbox")


def put(outbox: Outbox, token: str = TOKEN) -> str:
    with outbox.put(head(), [MESSAGE], token) as mail:
        return mail.name


def test_queued_message_is_read_as_written(outbox: Outbox) -> None:
    name = put(outbox)
    assert outbox.names() == [name]
    mail = outbox.claim(name)
    assert mail is not None
    with mail:
        assert mail.head == head()
        assert b"".join(mail.message.chunks()) == MESSAGE
        assert b"".join(mail.message.chunks()) == MESSAGE
        assert b"".join(mail.message.between(3, 9)) == MESSAGE[3:9]
        assert mail.journal.attempts == 0


def test_missing_outbox_has_no_messages(outbox: Outbox) -> None:
    assert outbox.names() == []
    assert outbox.damaged() == []
    assert read_row(outbox, f"20261126T091500-{TOKEN}") is None
    outbox.sweep()


def test_outbox_is_private(outbox: Outbox) -> None:
    path = outbox.directory / put(outbox)
    assert path.stat().st_mode & 0o777 == 0o600
    assert outbox.directory.stat().st_mode & 0o777 == 0o700


def test_message_is_locked_by_one_process(outbox: Outbox) -> None:
    with outbox.put(head(), [MESSAGE], TOKEN) as mail:
        assert outbox.claim(mail.name) is None
    again = outbox.claim(mail.name)
    assert again is not None
    again.close()


def test_removed_message_cannot_be_claimed(outbox: Outbox) -> None:
    with outbox.put(head(), [MESSAGE], TOKEN) as mail:
        mail.remove()
        mail.remove()
    assert outbox.claim(mail.name) is None
    assert outbox.names() == []


def test_journal_is_read_as_written(outbox: Outbox) -> None:
    due = NOW + timedelta(minutes=5)
    with outbox.put(head(), [MESSAGE], TOKEN) as mail:
        mail.append(
            Event(NOW, EventKind.ACCEPTED, f"<{TO[1]}> 250 ok\x1b[31m"),
            Event(NOW, EventKind.DEFERRED, f"<{TO[0]}> 451 later"),
            Event(NOW, EventKind.DUE, due.isoformat()),
        )
    again = outbox.claim(mail.name)
    assert again is not None
    with again:
        journal = again.journal
        assert journal.fates == {
            TO[1]: (Fate.ACCEPTED, "250 ok\\x1b[31m"),
            TO[0]: (Fate.DEFERRED, "451 later"),
        }
        assert (journal.due, journal.attempts, journal.held) == (due, 1, "")
        assert again.due == due
        again.append(Event(NOW, EventKind.HELD, "possible duplicate"))
        assert again.due is None


def claimed(outbox: Outbox, name: str) -> QueuedMessage:
    mail = outbox.claim(name)
    assert mail is not None
    return mail


def test_message_replaces_another_with_its_first_event(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    with (
        outbox.put(head(), [MESSAGE], TOKEN) as old,
        outbox.put(head(to=TO[:1]), [MESSAGE], TOKEN[::-1], instead=old) as new,
    ):
        assert outbox.names() == [old.name]
        monkeypatch.setattr(queued_message, "sync_directory", synced.append)
        new.append(Event(NOW, EventKind.SEEN))
        assert (old.gone, new.path, synced) == (True, old.path, [outbox.directory])
    assert outbox.names() == [old.name]
    with claimed(outbox, old.name) as there:
        assert there.head.envelope.forward_paths == TO[:1]


@pytest.mark.parametrize("torn", [b"2026-11-26T09:15:02+00:00 accep", b"2", b" x"])
def test_torn_line_is_ignored_and_overwritten(outbox: Outbox, torn: bytes) -> None:
    name = put(outbox)
    path = outbox.directory / name
    with claimed(outbox, name) as mail:
        mail.append(Event(NOW, EventKind.SENDING))
    whole = path.read_bytes()
    end = len(whole.rstrip(b" \n")) + 1
    path.write_bytes(whole[:end] + torn + whole[end + len(torn) :])
    with claimed(outbox, name) as mail:
        assert mail.journal.sending
        assert path.read_bytes() == whole
        mail.append(Event(NOW, EventKind.SEEN), Event(NOW, EventKind.HELD, "why"))
    with claimed(outbox, name) as mail:
        assert mail.journal.held == "why"
    assert len(path.read_bytes()) == len(whole)


def test_journal_may_outgrow_the_reserved_room(outbox: Outbox) -> None:
    name = put(outbox)
    with claimed(outbox, name) as mail:
        for n in range(100):
            mail.append(Event(NOW, EventKind.HELD, f"number {n}"))
    with claimed(outbox, name) as mail:
        assert (mail.journal.held, mail.journal.attempts) == ("number 99", 100)
        assert b"".join(mail.message.chunks()) == MESSAGE


def test_events_are_written_whole_or_not_at_all(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = put(outbox)
    with claimed(outbox, name) as mail:
        mail.append(Event(NOW, EventKind.HELD, "first"))
        really = os.pwrite
        monkeypatch.setattr(
            os,
            "pwrite",
            lambda fd, octets, at: really(
                fd, octets[:40] if b"held" in octets else octets, at
            ),
        )
        with pytest.raises(CannotKeepError, match="no space"):
            mail.append(Event(NOW, EventKind.HELD, "second" * 10))
        assert mail.journal.held == "first"
    with claimed(outbox, name) as mail:
        assert mail.journal.held == "first"


def test_peek_does_not_lock_a_message(outbox: Outbox) -> None:
    with outbox.put(head(), [MESSAGE], TOKEN) as mail:
        mail.append(Event(NOW, EventKind.SENDING))
        seen = outbox.peek(mail.name)
        assert seen is not None
        with seen:
            assert seen.remaining.unknown == TO
    assert outbox.peek("20261126T091500-ffffffffffffffff") is None


def test_other_files_are_not_opened(outbox: Outbox) -> None:
    name = put(outbox)
    (outbox.directory / "f\nu").write_bytes(b"x")
    (outbox.directory / name.replace("0", "1")).symlink_to("/etc/passwd")
    (outbox.directory / name.replace("0", "2")).mkdir()
    strange = [each for each in outbox.names() if each != name]
    assert len(strange) == 2
    for each in strange:
        with pytest.raises(CannotKeepError, match=each):
            outbox.claim(each)
    with pytest.raises(CannotKeepError):
        outbox.peek(min(strange))
    (outbox.directory / name).write_bytes(b"")
    with pytest.raises(Damaged):
        outbox.peek(name)


def test_pipe_named_as_a_message_is_set_aside(outbox: Outbox) -> None:
    name = put(outbox)
    (outbox.directory / name).unlink()
    os.mkfifo(outbox.directory / name)
    with pytest.raises(Damaged, match="not a regular file"):
        outbox.claim(name)
    assert outbox.damaged() == [f"damaged-{name}"]


def test_only_one_process_flushes(outbox: Outbox) -> None:
    with pytest.raises(CannotKeepError), outbox.flushing():
        raise AssertionError
    put(outbox)
    with outbox.flushing() as first, outbox.flushing() as second:
        assert (first, second) == (True, False)


def test_eight_bit_message_can_be_encoded_in_ascii(outbox: Outbox) -> None:
    eight = "Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße\r\n".encode()
    heard: list[str] = []
    facts = Facts(size_octets=len(eight), eight_bit=True, longest_line=42)
    made = replace(head(len(eight)), facts=facts)
    with outbox.put(made, [eight], TOKEN) as mail:
        message = NotifyingMessage(mail.message, lambda: heard.append("read"))
        assert message.facts == facts
        plain = message.seven_bit()
        assert heard == []
        octets = b"".join(plain.chunks())
        assert (octets.isascii(), heard) == (True, ["read"])
        assert not plain.facts.eight_bit
        assert not plain.facts.needs_smtputf8
        assert plain.facts.size_octets == len(octets)
        assert plain.facts.longest_line >= 9
        assert plain.seven_bit().facts.size_octets == len(octets)


def test_message_cut_meanwhile_is_an_error(
    outbox: Outbox,
) -> None:
    with outbox.put(head(), [MESSAGE], TOKEN) as mail:
        os.truncate(mail.path, mail.path.stat().st_size - 1030)
        with pytest.raises(CannotKeepError, match="too short"):
            list(mail.message.chunks())


def test_message_of_another_size_than_its_facts_is_refused(outbox: Outbox) -> None:
    with pytest.raises(CannotKeepError, match="size of the message has changed"):
        outbox.put(head(), [MESSAGE, b"more"], TOKEN)
    assert not list(outbox.directory.iterdir())
    with pytest.raises(CannotKeepError, match="doesn't end"):
        outbox.put(head(4), [b"text"], TOKEN)
    assert not list(outbox.directory.iterdir())


DAMAGED = {
    "empty": b"",
    "binary": bytes(range(256)),
    "other": b"From me\n\n",
    "cut": entry.head_lines(head())[:-10],
    "no-end": entry.head_lines(head())[:-1],
    "no-line-ends": entry.head_lines(head()) + MESSAGE.replace(b"\r", b"") + b" " * 100,
    "no-message": entry.head_lines(head()) + MESSAGE[:-1],
    "no-recipient": entry.head_lines(head()).replace(b"recipient", b"nobody"),
    "bad-address": entry.head_lines(head()).replace(b"ops@", b"o <ps@"),
    "no-time": entry.head_lines(head()).replace(b"2026-11-26", b"yesterday"),
    "no-field": entry.head_lines(head()).replace(b"sender", b"SENDER"),
    "no-size": entry.head_lines(head()).replace(b"\nmessage", b"\nmassage"),
}


@pytest.mark.parametrize("octets", DAMAGED.values(), ids=DAMAGED)
def test_damaged_message_is_set_aside_under_its_name(
    outbox: Outbox, octets: bytes
) -> None:
    name = put(outbox)
    (outbox.directory / name).write_bytes(octets)
    with pytest.raises(Damaged, match=f"damaged-{name}"):
        outbox.claim(name)
    assert outbox.names() == []
    assert (outbox.directory / f"damaged-{name}").read_bytes() == octets


def test_unfinished_file_of_a_dead_process_is_swept(outbox: Outbox) -> None:
    name = put(outbox)
    unfinished = outbox.directory / f".new-{name}"
    unfinished.write_bytes(b"half")
    outbox.sweep()
    assert not unfinished.exists()
    assert outbox.names() == [name]


def test_file_swept_before_it_is_locked_is_written_again(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, swept = fcntl.flock, list[int]()

    def flock(descriptor: int, how: int) -> None:
        if not swept:
            swept.append(descriptor)
            really(descriptor, how)  # as by the other process, which sweeps
            (outbox.directory / f".new-20261126T091500-{TOKEN}").unlink()
        really(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    name = put(outbox)
    assert swept
    assert outbox.names() == [name]


def test_unreadable_message_leaves_no_file(outbox: Outbox) -> None:
    def breaks() -> object:
        yield MESSAGE
        raise OSError("no more")

    with pytest.raises(CannotKeepError, match="no more"):
        outbox.put(head(), breaks(), TOKEN)  # type: ignore[arg-type]
    assert not list(outbox.directory.iterdir())


def test_outbox_that_others_can_write_to_is_refused(outbox: Outbox) -> None:
    put(outbox)
    outbox.directory.chmod(0o777)
    with pytest.raises(CannotKeepError, match="other users can write"):
        outbox.names()
    with pytest.raises(CannotKeepError, match="other users can write"):
        put(outbox, "f" * 16)


def test_outbox_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(CannotKeepError, match="not a directory"):
        Outbox(tmp_path / "link").names()


WORDS = st.text(st.characters(exclude_categories=["Cs"]))


@given(rows=st.lists(st.tuples(st.just("set"), WORDS)), identity=WORDS)
def test_head_is_read_as_written(rows: list[tuple[str, str]], identity: str) -> None:
    envelope = Envelope(
        reverse_path="",
        forward_paths=TO,
        dsn=DsnRequest(notify="NEVER", ret="HDRS", envelope_id=identity),
    )
    written = Head(
        created=NOW,
        envelope=envelope,
        facts=Facts(size_octets=0, longest_line=7, eight_bit=True, needs_smtputf8=True),
        saved_options=tuple((name, value.rstrip()) for name, value in rows),
    )
    lines = entry.head_lines(written).split(b"\n")
    assert entry.parse_head(line + b"\n" for line in lines) == written


def test_message_is_removed_if_the_directory_cannot_be_synced(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory may fail when it has the message already."""
    put(outbox)
    really = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(5, "Input/output error")
        really(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        with pytest.raises(CannotKeepError, match="input/output error"):
            put(outbox, "f" * 16)
    assert len(list(outbox.directory.iterdir())) == 1


def test_put_syncs_the_file_and_the_directory(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    really, calls = os.fsync, list[int]()

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    put(outbox)
    assert len(calls) == 2


def test_outbox_of_another_user_is_refused(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(outbox)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(CannotKeepError, match="another user"):
        outbox.names()


def test_error_of_the_disk_names_the_message(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = put(outbox)

    def dup(_: int) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "dup", dup)
    for look in (outbox.claim, outbox.peek):
        with pytest.raises(CannotKeepError, match=f"{name}: input/output error"):
            look(name)


def test_message_of_a_later_version_stays(outbox: Outbox) -> None:
    name = put(outbox)
    path = outbox.directory / name
    path.write_bytes(path.read_bytes().replace(b"outbox 1", b"outbox 2", 1))
    for look in (outbox.claim, outbox.peek):
        with pytest.raises(CannotKeepError, match=f"{name}: a later version"):
            look(name)
    assert outbox.names() == [name]


def test_error_of_a_lock_names_the_file(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = put(outbox)

    def flock(_descriptor: int, _how: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(CannotKeepError, match=f"{name}: input/output error"):
        outbox.claim(name)
    with (
        pytest.raises(CannotKeepError, match=r"flushing: input/output error"),
        outbox.flushing(),
    ):
        pass  # pragma: no cover - `flushing` raises


def test_locked_unfinished_file_is_not_swept(outbox: Outbox) -> None:
    name = put(outbox)
    unfinished = outbox.directory / f".new-{name}"
    unfinished.write_bytes(b"half")
    with unfinished.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        outbox.sweep()
        assert unfinished.exists()


def test_time_without_a_zone_is_local() -> None:
    lines = entry.head_lines(head()).replace(b"+00:00", b"").split(b"\n")
    found = entry.parse_head(line + b"\n" for line in lines)
    assert found.created.tzinfo is not None


def test_file_times_tell_which_messages_are_due(outbox: Outbox) -> None:
    tokens = [f"{n:016x}" for n in range(4)]
    fresh, later, held, wrong = (put(outbox, token) for token in tokens)
    for name, note in (
        (later, Event(NOW, EventKind.DUE, (NOW + timedelta(hours=1)).isoformat())),
        (held, Event(NOW, EventKind.HELD, "no password")),
        (wrong, Event(NOW, EventKind.DUE, (NOW + timedelta(days=9)).isoformat())),
    ):
        with claimed(outbox, name) as mail:
            mail.append(note)
    os.utime(outbox.directory / fresh, (1, 1))
    assert outbox.due(NOW) == [fresh, wrong]
    assert outbox.due(NOW + timedelta(hours=1)) == [fresh, later, wrong]


def test_message_removed_meanwhile_is_not_due(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = put(outbox)
    other = name[:-1] + "0"
    monkeypatch.setattr(Path, "iterdir", lambda self: iter([self / other, self / name]))
    assert outbox.due(NOW + timedelta(days=900)) == [name]


@pytest.mark.parametrize("broken", ["pread", "pwrite"])
def test_read_error_is_transient_and_a_write_error_is_not(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with claimed(outbox, put(outbox)) as mail:
        monkeypatch.setattr(os, broken, fail)
        reads = broken == "pread"

        def use() -> None:
            if reads:
                list(mail.message.chunks())
            mail.append(Event(NOW, EventKind.SEEN))

        with pytest.raises(CannotKeepError, match="input/output error") as caught:
            use()
        assert caught.value.transient is reads
