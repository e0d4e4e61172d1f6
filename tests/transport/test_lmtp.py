from pathlib import Path
from typing import Any

import pytest

from pymail.address.envelope import Envelope
from pymail.environment import Environment
from pymail.errors import ConnectError, FateUnknownError
from pymail.settings.server_models import LmtpSocket
from pymail.transport.choose import choose

HELLO = "S: 220 mda LMTP\nC: LHLO client.example\nS: 250-mda\nS: 250 PIPELINING\n"
MAIL = """
    C: MAIL FROM:<me@example.com>
    C: RCPT TO:<a@example.org>
    C: RCPT TO:<b@example.org>
    C: RCPT TO:<c@example.org>
    C: DATA
    S: 250 ok
    S: 250 ok
    S: 550 5.1.1 unknown
    S: 250 ok
    S: 354 go on
    <content>
"""
BYE = "\nC: QUIT\nS: 221 bye"
MAIL_TO_JOE = """
    S: 220 mda
    C: LHLO localhost
    S: 250 ok
    C: MAIL FROM:<>
    S: 250 ok
    C: RCPT TO:<joe>
    S: 250 ok
    C: DATA
    S: 354 go
    <content>
    S: 250 ok
    C: QUIT
"""
TO_JOE = Envelope(reverse_path="", forward_paths=("joe",))
THREE = ("a@example.org", "b@example.org", "c@example.org")


def to_socket(path: Path, send: Any, name: str) -> Any:
    return choose(
        LmtpSocket(path=path, hello_name=name),
        trace=send.trace,
        ask_secret=send.ask,
        environment=Environment.real(),
    )


def fates(report: Any) -> list[str]:
    return [f"{row.fate.value}: {row.reply}" for row in report.fates]


def test_every_accepted_recipient_has_a_reply_of_its_own(serve: Any, send: Any) -> None:
    last = "S: 250 2.1.5 queued as A1\nS: 452 4.2.2 mailbox full"
    server = serve(HELLO + MAIL + last + BYE)
    report = send(server, *THREE, lmtp=True)
    assert server.went_as_written
    assert fates(report) == [
        "accepted: 250 2.1.5 queued as A1",
        "refused: 550 5.1.1 unknown",
        "deferred: 452 4.2.2 mailbox full",
    ]
    assert report.queue_id == "A1"


def test_missing_replies_leave_the_other_recipients_unknown(
    serve: Any, send: Any
) -> None:
    server = serve(HELLO + MAIL + "S: 250 ok\n<close>")
    report = send(server, *THREE, lmtp=True)
    assert fates(report) == [
        "accepted: 250 ok",
        "refused: 550 5.1.1 unknown",
        "unknown: None",
    ]
    assert isinstance(report.failure, FateUnknownError)


def test_helo_does_not_follow_a_refused_lhlo(serve: Any, send: Any) -> None:
    lines = "S: 220 mda\nC: LHLO client.example\nS: 550 no" + BYE
    server = serve(lines)
    with pytest.raises(Exception, match="refuses"):
        send(server, lmtp=True)
    assert server.went_as_written


def test_message_is_sent_over_a_local_socket(
    serve: Any, tmp_path: Path, send: Any, letter: Any
) -> None:
    path = tmp_path / "lmtp"
    server = serve(MAIL_TO_JOE, path=path)
    transport = to_socket(path, send, "no host")
    report = transport.send(TO_JOE, letter())
    assert server.went_as_written
    assert report.complete
    assert report.peer == str(path)
    assert send.trace.notes[0] == f"connected to {path}"


@pytest.mark.parametrize("name", ["absent", "x" * 200])
def test_missing_socket_is_named(
    tmp_path: Path, send: Any, letter: Any, name: str
) -> None:
    transport = to_socket(tmp_path / name, send, "client.example")
    with pytest.raises(ConnectError, match=name):
        transport.send(TO_JOE, letter())
