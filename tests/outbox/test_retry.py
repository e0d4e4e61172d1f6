"""The events of an attempt, the remaining recipients, and the next attempt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.envelope import Envelope
from pymail.errors import (
    AuthenticationError,
    ConnectError,
    FateUnknownError,
    ProtocolError,
    PymailError,
)
from pymail.outbox import journal, retry
from pymail.outbox.journal import Event, EventKind, Journal, RemainingRecipients
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report

NOW = datetime(2026, 11, 26, 9, 15, tzinfo=UTC)
A, B = "a@example.com", '"b> c"@example.com'
ENVELOPE = Envelope(reverse_path="me@example.com", forward_paths=(A, B))
OK, LATER, NEVER = Reply(250), Reply(451, ("later",)), Reply(550, ("no",))


def read(*notes: Event) -> Journal:
    return journal.parse(b"".join(note.line() for note in notes), (A, B))


def after(report: Report, *before: Event) -> tuple[Journal, RemainingRecipients]:
    found = read(*before, *retry.events(report, read(*before), at=NOW))
    return found, journal.remaining(ENVELOPE, found)


def fates(a: RecipientFate, b: RecipientFate, failure: object = None) -> Report:
    assert failure is None or isinstance(failure, PymailError)
    return Report(fates=(a, b), failure=failure)


def row(address: str, fate: Fate, reply: Reply | None = None) -> RecipientFate:
    return RecipientFate(address, fate, reply)


def test_only_deferred_recipients_wait() -> None:
    report = fates(row(A, Fate.ACCEPTED, OK), row(B, Fate.DEFERRED, LATER))
    found, remaining = after(report)
    assert remaining == RemainingRecipients(
        waiting=(B,), due=(B,), held="", unknown=(), lost=()
    )
    assert found.fates[B] == (Fate.DEFERRED, "451 later")
    assert found.due == NOW + timedelta(minutes=5)


def test_refused_recipient_is_lost_until_the_dead_letter_is_written() -> None:
    report = fates(row(A, Fate.ACCEPTED, OK), row(B, Fate.REFUSED, NEVER))
    _, remaining = after(report)
    assert remaining == RemainingRecipients(
        waiting=(), due=(), held="", unknown=(), lost=(B,)
    )
    assert not remaining.over
    notes = retry.events(report, Journal(), at=NOW)
    buried = read(
        *notes, Event.about(NOW, EventKind.GIVEN_UP, B, "/home/me/dead.letter")
    )
    assert journal.remaining(ENVELOPE, buried).over


def test_recipients_who_may_have_got_it_do_not_wait() -> None:
    lost = FateUnknownError("the server closed the connection")
    found, remaining = after(Report.from_failure((A, B), lost))
    why = retry.HELD_UNKNOWN
    assert remaining == RemainingRecipients(
        waiting=(), due=(), held=why, unknown=(A, B), lost=()
    )
    assert found.held == why


def test_recipient_deferred_before_the_connection_broke_is_not_unknown() -> None:
    lost = FateUnknownError("the server closed the connection")
    report = fates(row(A, Fate.UNKNOWN), row(B, Fate.DEFERRED, LATER), lost)
    found, remaining = after(report)
    assert remaining == RemainingRecipients(
        waiting=(B,), due=(B,), held="", unknown=(A,), lost=()
    )
    assert found.due is not None


@pytest.mark.parametrize(
    "failure", [ProtocolError("nonsense"), AuthenticationError("no", reply=NEVER)]
)
def test_failure_that_needs_the_user_holds_the_message(failure: PymailError) -> None:
    found, remaining = after(Report.from_failure((A, B), failure))
    assert remaining.waiting == (A, B)
    assert found.held == str(failure)
    assert (remaining.due, remaining.held) == ((), str(failure))


def test_temporarily_refused_login_waits() -> None:
    failure = AuthenticationError("not now", reply=Reply(454, ("later",)))
    found, _ = after(Report.from_failure((A, B), failure))
    assert (found.held, found.due) == ("", NOW + timedelta(minutes=5))


def test_refusal_counts_after_a_protocol_error() -> None:
    failure = ProtocolError("nonsense", reply=Reply(250))
    report = fates(
        row(A, Fate.REFUSED, NEVER), row(B, Fate.REFUSED, failure.reply), failure
    )
    found, remaining = after(report)
    assert remaining == RemainingRecipients(
        waiting=(B,), due=(), held=found.held, unknown=(), lost=(A,)
    )


def test_recipients_are_unknown_if_the_process_died_after_the_final_dot() -> None:
    found = read(Event(NOW, EventKind.SENDING), Event(NOW, EventKind.SEEN))
    assert journal.remaining(ENVELOPE, found).unknown == (A, B)


@pytest.mark.parametrize(
    ("notes", "unknown"),
    [
        pytest.param([Event.about(NOW, EventKind.ACCEPTED, A)], (B,), id="end-is-gone"),
        pytest.param(
            [
                Event.about(NOW, EventKind.ACCEPTED, A),
                Event(NOW, EventKind.DUE, NOW.isoformat()),
            ],
            (B,),
            id="middle-is-gone",
        ),
        pytest.param(
            [Event.about(NOW, EventKind.DEFERRED, A, LATER)], (A, B), id="none-sure"
        ),
        pytest.param(
            [
                Event.about(NOW, EventKind.ACCEPTED, A),
                Event.about(NOW, EventKind.ACCEPTED, B),
            ],
            (),
            id="all-there",
        ),
    ],
)
def test_recipients_without_a_line_after_the_final_dot_are_unknown(
    notes: list[Event], unknown: tuple[str, ...]
) -> None:
    found = read(Event(NOW, EventKind.SENDING, "2"), *notes)
    remaining = journal.remaining(ENVELOPE, found)
    assert (remaining.unknown, remaining.waiting) == (unknown, ())


def test_lines_of_an_earlier_version_count_without_a_number() -> None:
    found = read(
        Event(NOW, EventKind.SENDING), Event.about(NOW, EventKind.DEFERRED, A, LATER)
    )
    assert journal.remaining(ENVELOPE, found).waiting == (A, B)


def test_recipient_with_a_reply_is_not_held_with_the_others() -> None:
    failure = ProtocolError("nonsense")
    report = fates(row(A, Fate.DEFERRED, LATER), row(B, Fate.REFUSED), failure)
    found, remaining = after(report)
    assert (remaining.waiting, remaining.due) == ((A, B), (A,))
    assert (found.held, found.attempts) == ("", 1)
    assert retry.is_due(found, NOW + timedelta(minutes=5))
    found = read(
        *retry.events(report, Journal(), at=NOW),
        Event.about(NOW, EventKind.ACCEPTED, A),
    )
    alone = journal.remaining(ENVELOPE, found)
    assert (alone.waiting, alone.due, alone.held) == ((B,), (), "nonsense")
    _, remaining = after(Report.from_failure((A, B), ConnectError("refused")))
    assert remaining.due == (A, B)


def test_next_attempt_makes_a_held_message_wait() -> None:
    report = Report.from_failure((A, B), ConnectError("refused"))
    found, _ = after(report, Event(NOW, EventKind.HELD, "no password"))
    assert (found.held, found.attempts) == ("", 2)


def test_pauses_grow_up_to_four_hours() -> None:
    minutes = [retry.pause(n, 0) // timedelta(minutes=1) for n in range(10)]
    assert retry.pause(1, 1) == timedelta(minutes=4)  # a fifth less at most
    assert minutes == [5, 5, 10, 20, 40, 80, 160, 240, 240, 240]


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_jitter_only_shortens_a_pause(attempts: int, jitter: float) -> None:
    usual = retry.pause(attempts, 0)
    assert usual * 0.79 < retry.pause(attempts, jitter) <= usual


DUE = {
    "never tried": (None, True),
    "past": (NOW - timedelta(seconds=1), True),
    "now": (NOW, True),
    "soon": (NOW + timedelta(hours=3), False),
    "noted by a clock that was wrong": (NOW + timedelta(days=9000), True),
}


@pytest.mark.parametrize(("due", "expected"), DUE.values(), ids=DUE)
def test_due_times(due: datetime | None, expected: bool) -> None:
    assert retry.is_due(Journal(due=due), NOW) is expected


def hours(*ago: float) -> list[datetime]:
    return [NOW - timedelta(hours=each) for each in ago]


YEARS = 24 * 365 * 50
OVER = {
    "fresh": ((1, []), False),
    "tried for long enough": ((121, [120, 4]), True),
    "not quite": ((119, [118, 4]), False),
    "no event since": ((130, [129]), False),
    "no event at all": ((130, []), False),
    "queued before the clock was set": ((YEARS, [YEARS]), False),
    "queued while the clock was ahead": ((-YEARS, [4]), False),
    "ahead, and long ago": ((-YEARS, [130, 4]), True),
}


@pytest.mark.parametrize(("ago", "expected"), OVER.values(), ids=OVER)
def test_end_of_the_lifetime(ago: tuple[float, list[float]], expected: bool) -> None:
    created, times = hours(ago[0])[0], hours(*ago[1])
    assert retry.is_over(created, Journal(times=times), NOW, 120) is expected


GARBAGE = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from(
            [
                Event.about(NOW, EventKind.ACCEPTED, A, "250").line(),
                Event.about(NOW, EventKind.ACCEPTED, "c@example.com").line(),
                Event(NOW, EventKind.DUE, "soon").line(),
                b"2026-11-26T09:15:00 due \n",
            ]
        ),
    )
)


@given(GARBAGE)
def test_any_journal_is_parsed(pieces: list[bytes]) -> None:
    found = journal.parse(b"\n".join(pieces), (A, B))
    remaining = journal.remaining(ENVELOPE, found)
    assert {*remaining.waiting, *remaining.unknown, *remaining.lost} <= {A, B}


def test_invalid_lines_are_ignored() -> None:
    octets = b"by hand\nyesterday held\n2026-11-26T09:15:00+00:00 mended x\n"
    assert journal.parse(octets, ["a@example.com"]) == journal.parse(b"", [])
