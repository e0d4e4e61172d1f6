"""The outbox: what is put there stays there, whole, for one at a time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.envelope import Envelope, Notice
from pymail.errors import CannotKeepError
from pymail.outcome.report import Fate
from pymail.store import entry
from pymail.store.entry import Damaged, Head, Mark, Note
from pymail.store.outbox import Outbox

NOW = datetime(2026, 11, 26, 9, 15, tzinfo=UTC)
TOKEN = "0123456789abcdef"
MESSAGE = b"Subject: hi\r\n\r\nhello\r\n"
TO = ("ops@example.com", '"a b"@example.com')


def head(size: int = len(MESSAGE), to: tuple[str, ...] = TO) -> Head:
    envelope = Envelope(reverse_path="me@example.com", forward_paths=to)
    return Head(created=NOW, envelope=envelope, size_octets=size)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "deep" / "outbox")


def put(outbox: Outbox, token: str = TOKEN) -> str:
    with outbox.put(head(), [MESSAGE], token) as mail:
        return mail.name


def test_a_mail_that_was_put_is_there_whole(outbox: Outbox) -> None:
    name = put(outbox)
    assert outbox.names() == [name]
    mail = outbox.claim(name)
    assert mail is not None
    with mail:
        assert mail.head == head()
        assert b"".join(mail.message.chunks()) == MESSAGE
        assert b"".join(mail.message.chunks()) == MESSAGE
        assert mail.journal.attempts == 0


def test_nobody_else_can_read_it(outbox: Outbox) -> None:
    path = outbox.directory / put(outbox)
    assert path.stat().st_mode & 0o777 == 0o600
    assert outbox.directory.stat().st_mode & 0o777 == 0o700


def test_a_mail_is_for_one_at_a_time(outbox: Outbox) -> None:
    with outbox.put(head(), [MESSAGE], TOKEN) as mail:
        assert outbox.claim(mail.name) is None
    again = outbox.claim(mail.name)
    assert again is not None
    again.close()


def test_a_mail_that_is_gone_cannot_be_claimed(outbox: Outbox) -> None:
    with outbox.put(head(), [MESSAGE], TOKEN) as mail:
        mail.remove()
        mail.remove()
    assert outbox.claim(mail.name) is None
    assert outbox.names() == []


def test_the_journal_remembers(outbox: Outbox) -> None:
    due = NOW + timedelta(minutes=5)
    with outbox.put(head(), [MESSAGE], TOKEN) as mail:
        mail.note(
            Note(NOW, Mark.ACCEPTED, f"<{TO[1]}> 250 ok\x1b[31m"),
            Note(NOW, Mark.DEFERRED, f"<{TO[0]}> 451 later"),
            Note(NOW, Mark.DUE, due.isoformat()),
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


def test_a_torn_line_says_nothing_and_is_cut(outbox: Outbox) -> None:
    name = put(outbox)
    path = outbox.directory / name
    whole = path.read_bytes() + Note(NOW, Mark.SENDING).line()
    path.write_bytes(whole + b"2026-11-26T09:15:02+00:00 accep")
    mail = outbox.claim(name)
    assert mail is not None
    with mail:
        assert mail.journal.sending
        assert path.read_bytes() == whole


DAMAGED = {
    "empty": b"",
    "binary": bytes(range(256)),
    "other": b"From me\n\n",
    "cut": entry.head_lines(head())[:-10],
    "no-message": entry.head_lines(head()) + MESSAGE[:-1],
    "no-recipient": entry.head_lines(head()).replace(b"recipient", b"nobody"),
    "bad-address": entry.head_lines(head()).replace(b"ops@", b"o <ps@"),
    "no-time": entry.head_lines(head()).replace(b"2026-11-26", b"yesterday"),
    "no-size": entry.head_lines(head()).replace(b"\nmessage", b"\nmassage"),
}


@pytest.mark.parametrize("octets", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_mail_is_set_aside_with_its_name(
    outbox: Outbox, octets: bytes
) -> None:
    name = put(outbox)
    (outbox.directory / name).write_bytes(octets)
    with pytest.raises(Damaged, match=f"damaged-{name}"):
        outbox.claim(name)
    assert outbox.names() == []
    assert (outbox.directory / f"damaged-{name}").read_bytes() == octets


def test_what_a_dead_process_left_unfinished_is_swept(outbox: Outbox) -> None:
    name = put(outbox)
    unfinished = outbox.directory / f".new-{name}"
    unfinished.write_bytes(b"half")
    outbox.sweep()
    assert not unfinished.exists()
    assert outbox.names() == [name]


def test_a_message_that_cannot_be_read_leaves_nothing_behind(outbox: Outbox) -> None:
    def breaks() -> object:
        yield MESSAGE
        raise OSError("no more")

    with pytest.raises(CannotKeepError, match="no more"):
        outbox.put(head(), breaks(), TOKEN)  # type: ignore[arg-type]
    assert not list(outbox.directory.iterdir())


def test_an_outbox_that_others_can_write_to_is_refused(outbox: Outbox) -> None:
    put(outbox)
    outbox.directory.chmod(0o777)
    with pytest.raises(CannotKeepError, match="others can write"):
        outbox.names()
    with pytest.raises(CannotKeepError, match="others can write"):
        put(outbox, "f" * 16)


def test_an_outbox_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(CannotKeepError, match="not a directory"):
        Outbox(tmp_path / "link").names()


WORDS = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]))


@given(account=WORDS, assignments=st.lists(WORDS.filter(bool)), identity=WORDS)
def test_a_head_is_read_as_it_was_written(
    account: str, assignments: list[str], identity: str
) -> None:
    envelope = Envelope(
        reverse_path="",
        forward_paths=TO,
        notice=Notice(notify="NEVER", ret="HDRS", envelope_id=identity),
    )
    written = Head(
        created=NOW,
        envelope=envelope,
        size_octets=0,
        account=account,
        assignments=tuple(assignments),
    )
    lines = entry.head_lines(written).splitlines(keepends=True)
    if b"\n" in lines:
        assert entry.parse_head(lines) == written
