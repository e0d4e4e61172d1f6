"""Transcripts of MAIL and RCPT: a fate for every recipient."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pymail.errors import Interrupted, ProtocolError
from pymail.report.delivery_report import Fate
from tests.transport.transcripts import (
    BYE,
    DATA,
    HELLO,
    LETTER,
    MAIL,
    TAKEN,
    THREE,
    offering,
    script,
    words,
)


@pytest.mark.parametrize(
    ("line", "fate"), [("552 5.3.4 too big", "refused"), ("451 later", "deferred")]
)
def test_refused_sender_decides_for_all_recipients(
    serve: Any, send: Any, line: str, fate: str
) -> None:
    server = serve(script(HELLO, f"C: MAIL FROM:<me@example.com>\nS: {line}", BYE))
    report = send(server, *THREE)
    assert set(words(report).values()) == {fate}
    assert str(report.reply) == line
    assert server.went_as_written


@pytest.mark.parametrize(
    "line",
    ["199 early", "25", "abc def", "+250 ok", "", "354 go", "250-a\nS: 550 b"],
)
def test_invalid_reply_is_no_success(serve: Any, send: Any, line: str) -> None:
    server = serve(script(HELLO, f"C: MAIL FROM:<me@example.com>\nS: {line}"))
    report = send(server)
    assert isinstance(report.failure, ProtocolError)
    assert not report.complete
    assert server.went_as_written


CROWD = """
    C: MAIL FROM:<me@example.com>
    S: 250 ok
    C: RCPT TO:<one@example.org>
    S: 250 ok
    C: RCPT TO:<two@example.org>
    S: 452 4.5.3 too many recipients
    C: RCPT TO:<three@example.org>
    S: 552 too many recipients
"""


def alone(name: str, reply: str = "250 ok") -> str:
    """Return a transaction for one recipient, up to the reply to RCPT."""
    return f"""
        C: MAIL FROM:<me@example.com>
        S: 250 ok
        C: RCPT TO:<{name}@example.org>
        S: {reply}
    """


RESET = "C: RSET\nS: 250 ok"


def asking(*replies: str) -> str:
    """Return MAIL, and a RCPT for each reply."""
    lines = ["C: MAIL FROM:<me@example.com>", "S: 250 ok"]
    for address, reply in zip(THREE, replies, strict=False):
        lines += [f"C: RCPT TO:<{address}>", f"S: {reply}"]
    return "\n".join(lines)


NO_USER, NO_ROOM = "550 5.1.1 no such user", "452 4.5.3 too many recipients"
SENT, OK = (DATA, LETTER, TAKEN), "accepted: 250 2.0.0 Ok: queued as 4XYZ"
WAITS, FULL = f"deferred: {NO_ROOM}", "452 4.2.2 mailbox full"
OVER_QUOTA, SPAM = "552 5.2.2 mailbox full", "554 5.7.1 no"
ONE_NO_ROOM = asking("250 ok", "452 no storage")

# the transcript after EHLO, and the fate of each recipient
# fmt: off
FATES: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "refused-recipient-does-not-stop-the-others": (
        (asking("251 will forward", NO_USER, "450 4.2.0 busy"), *SENT),
        [OK, f"refused: {NO_USER}", "deferred: 450 4.2.0 busy"],
    ),
    "no-content-without-recipients": (
        (asking(NO_USER), RESET), [f"refused: {NO_USER}"]
    ),
    "full-mailbox": ((asking("250 ok", FULL), *SENT), [OK, f"deferred: {FULL}"]),
    "over-quota": (
        (asking("250 ok", OVER_QUOTA), *SENT), [OK, f"refused: {OVER_QUOTA}"]
    ),
    "too-many-get-further-transactions": (
        (CROWD, *SENT, alone("two"), *SENT, alone("three"), *SENT), [OK, OK, OK]
    ),
    "postponed-is-kept-when-another-is-refused": (
        (CROWD, *SENT, alone("two", NO_USER), RESET, alone("three"), *SENT),
        [OK, f"refused: {NO_USER}", OK],
    ),
    "postponed-is-deferred-when-the-content-is-refused": (
        (CROWD, *SENT, alone("two"), DATA, LETTER, f"S: {SPAM}"),
        [OK, f"refused: {SPAM}", f"deferred: {SPAM}"],
    ),
    "number-of-transactions-is-limited": (
        (ONE_NO_ROOM, *SENT, alone("two", "452 no storage"), RESET),
        [OK, "deferred: 452 no storage"],
    ),
    "postponed-is-deferred-when-the-message-is-refused": (
        (asking("250 ok", NO_ROOM), f"C: DATA\nS: {SPAM}"), [f"refused: {SPAM}", WAITS]
    ),
    "postponed-is-deferred-with-the-message": (
        (asking("250 ok", NO_ROOM), "C: DATA\nS: 451 later"),
        ["deferred: 451 later", WAITS],
    ),
}
# fmt: on


@pytest.mark.parametrize("case", FATES)
def test_every_recipient_has_a_fate(serve: Any, send: Any, case: str) -> None:
    lines, expected = FATES[case]
    server = serve(script(HELLO, *lines, BYE))
    report = send(server, *THREE[: len(expected)])
    assert server.went_as_written
    assert [f"{row.fate.value}: {row.reply}" for row in report.fates] == expected


def test_report_has_the_queue_ids_of_all_transactions(serve: Any, send: Any) -> None:
    taken = TAKEN.replace("4XYZ", "5ABC")
    further = (alone("two"), DATA, LETTER, taken, alone("three"), DATA, LETTER, taken)
    server = serve(script(HELLO, CROWD, *SENT, *further, BYE))
    assert send(server, *THREE).queue_id == "4XYZ 5ABC"


def test_421_at_a_recipient_keeps_earlier_fates(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, asking("550 no", "421 4.3.2 closing"), "<close>"))
    report = send(server, *THREE)
    assert server.went_as_written
    assert list(words(report).values()) == ["refused", "deferred", "deferred"]
    assert str(report.failure.reply) == "421 4.3.2 closing"


def test_signal_in_a_further_transaction_keeps_earlier_fates(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(script(HELLO, CROWD, DATA, LETTER, TAKEN, alone("two"), DATA))
    passes: list[int] = []

    class Interrupting(letter):  # type: ignore[misc]
        def chunks(self) -> Iterator[bytes]:
            passes.append(1)
            if len(passes) > 1:
                raise Interrupted(signal.SIGTERM)
            yield self.octets

    report = send(server, *THREE, letter=Interrupting())
    fates = [row.fate for row in report.fates]
    assert fates[0] is Fate.ACCEPTED
    assert Fate.ACCEPTED not in fates[1:]
    assert isinstance(report.failure, Interrupted)


def test_an_ignored_extension_is_not_used(serve: Any, send: Any) -> None:
    hello = offering("PIPELINING", "SIZE 1")
    server = serve(script(hello, MAIL, DATA, LETTER, TAKEN, BYE))
    ignored = frozenset({"Pipelining", "size", "dsn"})
    assert send(server, ignored_extensions=ignored).complete
    assert server.went_as_written
