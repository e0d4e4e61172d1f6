"""Transcripts of DATA, the content, the final dot and QUIT."""

from time import monotonic
from typing import Any

import pytest

from pymail.errors import (
    ConnectionLostError,
    FateUnknownError,
    Interrupted,
    ProtocolError,
    TimedOutError,
    UnreadableInputError,
)
from pymail.report.delivery_report import Fate
from pymail.report.explain import explain_failure
from pymail.settings.server_models import Timeouts
from pymail.transport.smtp_session import SmtpSession
from tests.transport.transcripts import (
    BYE,
    DATA,
    HELLO,
    LETTER,
    MAIL,
    TAKEN,
    script,
    words,
)


@pytest.mark.parametrize("line", ["250 what data", "221 bye", "334 more"])
def test_only_354_opens_the_content(serve: Any, send: Any, line: str) -> None:
    server = serve(script(HELLO, MAIL, f"C: DATA\nS: {line}"))
    report = send(server)
    assert words(report) == {"a@example.org": "refused"}
    assert isinstance(report.failure, ProtocolError)
    assert server.went_as_written


def test_data_has_a_timeout_of_its_own(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, MAIL, "C: DATA\n<silence>"))
    begun = monotonic()
    report = send(server, timeouts=Timeouts(command=5, data=0.2))
    assert monotonic() - begun < 4
    assert words(report) == {"a@example.org": "deferred"}
    assert isinstance(report.failure, TimedOutError)


def test_refusal_of_the_content_is_the_reply_of_the_report(
    serve: Any, send: Any
) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, "S: 552 5.2.2 mailbox full", BYE))
    report = send(server)
    assert words(report) == {"a@example.org": "refused"}
    assert str(report.reply) == "552 5.2.2 mailbox full"
    assert report.queue_id == ""


@pytest.mark.parametrize(
    ("lines", "happened"),
    [
        pytest.param("<close>", "closed the connection", id="close"),
        pytest.param("<reset>", "reset the connection", id="reset"),
        pytest.param("<silence>", "timed out", id="silence"),
        pytest.param("S: what", "not an SMTP reply", id="nonsense"),
        pytest.param("S: 354 again", "unexpected reply 354", id="more"),
    ],
)
def test_missing_reply_to_the_final_dot_leaves_the_fate_unknown(
    serve: Any, send: Any, lines: str, happened: str
) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, lines))
    report = send(server, timeouts=Timeouts(final_dot=0.2))
    assert words(report) == {"a@example.org": "unknown"}
    assert isinstance(report.failure, FateUnknownError)
    assert happened in report.failure.happened
    assert "possible duplicate" in explain_failure(report.failure).next_step
    assert len(server.conversations) == 1


def test_421_to_the_final_dot_defers_the_message(serve: Any, send: Any) -> None:
    lines = script(HELLO, MAIL, DATA, LETTER, "S: 421 4.3.2 shutting down\n<close>")
    report = send(serve(lines))
    assert words(report) == {"a@example.org": "deferred"}
    assert report.failure.reply.code == 421


def test_only_accepted_recipients_have_an_unknown_fate(serve: Any, send: Any) -> None:
    mail = MAIL + (
        "C: RCPT TO:<b@example.org>\nS: 550 no\n"
        "C: RCPT TO:<c@example.org>\nS: 452 4.5.3 too many recipients\n"
    )
    server = serve(script(HELLO, mail, DATA, LETTER, "<close>"))
    report = send(server, "a@example.org", "b@example.org", "c@example.org")
    assert words(report) == {
        "a@example.org": "unknown",
        "b@example.org": "refused",
        "c@example.org": "deferred",
    }


@pytest.mark.parametrize(
    ("lines", "fate", "failure"),
    [
        pytest.param("S: 552 5.3.4 too big\n<close>", "refused", None, id="552"),
        pytest.param("S: 451 full\n<silence>", "deferred", None, id="451"),
        pytest.param("S: 421 out\n<close>", "deferred", ConnectionLostError, id="421"),
        pytest.param("S: 250 ok\n<silence>", "refused", ProtocolError, id="250"),
        pytest.param("<close>", "deferred", ConnectionLostError, id="close"),
        pytest.param("<reset>", "deferred", ConnectionLostError, id="reset"),
    ],
)
def test_reply_within_the_content_decides_the_fate(
    serve: Any, send: Any, lines: str, fate: str, failure: type[Exception] | None
) -> None:
    server = serve(script(HELLO, MAIL, DATA, "<some content>", lines))
    report = send(server, letter=send.large)
    assert words(report) == {"a@example.org": fate}
    assert isinstance(report.failure, failure) if failure else not report.failure
    if failure is None:
        assert report.reply is not None
        assert f"S: {report.reply}" == lines.partition("\n")[0]


def test_a_server_that_stops_reading_times_out(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(script(HELLO, MAIL, DATA, "<some content>", "<stall>"))
    big = letter(b"0123456789abcde\r\n" * 1_000_000)
    report = send(server, letter=big, timeouts=Timeouts(content=0.2))
    assert isinstance(report.failure, TimedOutError)
    assert words(report) == {"a@example.org": "deferred"}


def test_slow_server_does_not_time_out_while_it_reads(
    serve: Any, send: Any, letter: Any
) -> None:
    """The content takes longer than the limit, but no block does."""
    octets = b"0123456789abcdef\r\n" * 120_000
    server = serve(script(HELLO, MAIL, DATA, "<slow content>", TAKEN, BYE))
    report = send(server, letter=letter(octets), timeouts=Timeouts(content=1))
    assert report.complete
    assert server.received == octets + b".\r\n"


@pytest.mark.parametrize(
    "failure", [UnreadableInputError("disk on fire"), OSError("bug"), Interrupted(2)]
)
def test_unreadable_message_gets_no_final_dot(
    serve: Any, send: Any, letter: Any, failure: Exception
) -> None:
    server = serve(script(HELLO, MAIL, DATA, "<rest>"))
    broken = letter(b"half\r\n", failure=failure)
    if isinstance(failure, UnreadableInputError):
        assert send(server, letter=broken).failure is failure
    else:
        with pytest.raises(type(failure)):
            send(server, letter=broken)
    assert server.went_as_written
    assert b"\r\n.\r\n" not in server.received
    assert b"QUIT" not in server.received


def interrupting(trace: Any, words: bytes) -> None:
    """Raise a signal on the reply that starts with these words."""

    def received(line: bytes) -> None:
        if line.startswith(words):
            raise Interrupted(15)

    trace.received = received


def test_signal_before_the_final_dot_is_raised(serve: Any, send: Any) -> None:
    interrupting(send.trace, b"354")
    server = serve(script(HELLO, MAIL, DATA))
    with pytest.raises(Interrupted):
        send(server)
    assert server.went_as_written


def test_signal_after_the_final_dot_leaves_the_fate_unknown(
    serve: Any, send: Any
) -> None:
    interrupting(send.trace, b"250 2.0.0")
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN))
    report = send(server)
    assert server.went_as_written
    assert [row.fate for row in report.fates] == [Fate.UNKNOWN]
    assert "possible duplicate" in explain_failure(report.failure).next_step


def test_signal_at_quit_changes_nothing(serve: Any, send: Any) -> None:
    interrupting(send.trace, b"221")
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    report = send(server)
    assert server.went_as_written
    assert report.complete


# QUIT


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("<close>", id="close"),
        pytest.param("<reset>", id="reset"),
        pytest.param("<silence>", id="silence"),
        pytest.param("S: 554 no", id="refused"),
        pytest.param("S: 421 bye", id="421"),
        pytest.param("S> \\x00\\x00\\x00\\x1a\\x00\\x00\\x00\n<close>", id="zeros"),
        pytest.param("S> \\xff\\xfe what?\\r\\n", id="garbage"),
    ],
)
def test_reply_to_quit_changes_nothing(serve: Any, send: Any, answer: str) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, "C: QUIT", answer))
    report = send(server, timeouts=Timeouts(quit=0.2))
    assert report.complete
    assert report.failure is None


def test_connection_closed_after_250_is_success(serve: Any, send: Any) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, "<close>"))
    assert send(server).complete


def test_failed_write_of_the_final_dot_defers_the_message(
    serve: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server does not have the message, so it can be sent again."""
    write = SmtpSession.send

    def broken(session: SmtpSession, octets: bytes) -> None:
        if octets == b".\r\n":
            failure = ConnectionLostError("the server closed the connection")
            session._broken = failure
        else:
            write(session, octets)

    monkeypatch.setattr(SmtpSession, "send", broken)
    report = send(serve(script(HELLO, MAIL, DATA, "<rest>")))
    assert words(report) == {"a@example.org": "deferred"}
    assert isinstance(report.failure, ConnectionLostError)
