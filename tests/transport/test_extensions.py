"""The message and the commands that follow from the server's extensions."""

from typing import Any

import pytest

from pymail.address.envelope import Envelope
from pymail.errors import (
    AddressError,
    MessageError,
    MessageTooLargeError,
)
from pymail.reply import Reply
from pymail.settings.server_models import SmtpServer
from pymail.transport.connect import BackgroundConnection, TcpPeer
from pymail.transport.extensions import queue_id
from pymail.transport.handshake import no_secret
from pymail.transport.smtp import SmtpTransport
from tests.transport.conftest import DistantPeer
from tests.transport.transcripts import (
    BYE,
    DATA,
    HELLO,
    LETTER,
    MAIL,
    TAKEN,
    offering,
    script,
    words,
)


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE lots", "SIZE 5000"])
def test_size_is_declared_if_the_server_offers_it(
    serve: Any, send: Any, size: str
) -> None:
    mail = MAIL.replace("e.com>", "e.com> SIZE=22")
    server = serve(script(offering(size), mail, DATA, LETTER, TAKEN, BYE))
    assert send(server).complete
    assert server.went_as_written


CAFE = "café\r\n".encode()
IN_UTF8 = """
    C: MAIL FROM:<me@example.com> SMTPUTF8
    S: 250 ok
    C: RCPT TO:<üser@bücher.example>
    S: 250 ok
"""
IN_ASCII = MAIL.replace("a@example.org", "user@xn--bcher-kva.example")
EIGHT_BIT, QUOTED = "C: café\nC: .", "C: caf=C3=A9\nC: ."
SAYING_SO = MAIL.replace("e.com>", "e.com> BODY=8BITMIME")
BOTH = {"eight_bit": True, "converted": b"caf=C3=A9\r\n"}

# the transcript up to the reply to the final dot, the recipient, the message
# fmt: off
FITS: dict[str, tuple[tuple[str, ...], str, dict[str, Any]]] = {
    "8bitmime-is-declared": (
        (offering("8bitmime"), SAYING_SO, DATA, EIGHT_BIT), "a@example.org", BOTH
    ),
    "size-comes-first": (
        (offering("8BITMIME", "SIZE"), SAYING_SO.replace("BODY", "SIZE=7 BODY"), DATA, EIGHT_BIT),
        "a@example.org",
        BOTH,
    ),
    "8-bit-text-is-encoded": ((HELLO, MAIL, DATA, QUOTED), "a@example.org", BOTH),
    "8-bit-text-cannot-be-encoded": (
        (HELLO, MAIL, DATA, EIGHT_BIT), "a@example.org", {"eight_bit": True}
    ),
    "smtputf8-is-declared": (
        (offering("SMTPUTF8"), IN_UTF8, DATA, EIGHT_BIT), "üser@bücher.example", {}
    ),
    "domain-in-ascii": ((HELLO, IN_ASCII, DATA, EIGHT_BIT), "user@bücher.example", {}),
}
# fmt: on


@pytest.mark.parametrize("case", FITS)
def test_message_and_envelope_fit_the_extensions(
    serve: Any, send: Any, letter: Any, case: str
) -> None:
    lines, to, facts = FITS[case]
    server = serve(script(*lines, TAKEN, BYE))
    assert words(send(server, to, letter=letter(CAFE, **facts))) == {to: "accepted"}
    assert server.went_as_written
    noted = "8BITMIME" in send.trace.notes[-1]
    assert noted is (case == "8-bit-text-cannot-be-encoded")


def test_message_over_the_size_limit_is_not_sent(
    serve: Any, send: Any, letter: Any
) -> None:
    server = serve(script(offering("SIZE 1000"), BYE))
    with pytest.raises(MessageTooLargeError, match=r"5000 octets.*1000 \(SIZE\)"):
        send(server, letter=letter(claimed_octets=5000))
    assert server.went_as_written


def test_only_recipients_that_need_smtputf8_are_refused_without_it(
    serve: Any, send: Any
) -> None:
    server = serve(script(HELLO, MAIL, DATA, LETTER, TAKEN, BYE))
    report = send(
        server, "\u00fcser@example.org", "a@example.org", "\u00e4@example.org"
    )
    assert server.went_as_written
    assert words(report) == {
        "\u00fcser@example.org": "refused",
        "a@example.org": "accepted",
        "\u00e4@example.org": "refused",
    }
    assert "\u00fcser@example.org: not ASCII" in str(report.failure)


@pytest.mark.parametrize(
    ("how", "failure"),
    [
        pytest.param({"sender": "\u00fc@example.com"}, AddressError, id="sender"),
        pytest.param({"needs_smtputf8": True}, MessageError, id="header"),
        pytest.param({"to": "\u00fc@example.org"}, AddressError, id="recipient"),
    ],
)
def test_message_that_needs_smtputf8_ends_the_session_before_mail(
    serve: Any, send: Any, letter: Any, how: dict[str, Any], failure: type[Exception]
) -> None:
    server = serve(script(HELLO, BYE))
    with pytest.raises(failure):
        send(
            server,
            how.get("to", "a@example.org"),
            sender=how.get("sender", "me@example.com"),
            letter=letter(needs_smtputf8=how.get("needs_smtputf8", False)),
        )
    assert server.went_as_written


@pytest.mark.parametrize(
    ("host", "port", "near", "warned"),
    [
        pytest.param("smtp.qq.com", 587, False, True, id="known"),
        pytest.param("smtp.163.com", 25, False, True, id="known-on-25"),
        pytest.param(
            "email-smtp.eu-west-1.amazonaws.com", 25, False, True, id="region"
        ),
        pytest.param("mx3.qq.com", 587, False, False, id="other-server-of-provider"),
        pytest.param("smtp.qq.com", 25, False, False, id="another-port"),
        pytest.param("mx.example.com", 587, False, False, id="unknown"),
        pytest.param("smtp.qq.com", 587, True, False, id="relay-on-this-machine"),
    ],
)
def test_missing_starttls_of_a_known_server_is_a_warning(
    serve: Any,
    trace: Any,
    letter: Any,
    *,
    host: str,
    port: int,
    near: bool,
    warned: bool,
) -> None:
    """An attacker in the network may remove it from the server's reply."""
    mail = MAIL.replace(".com>", ".com> SIZE=22", 1)
    server = serve(script(offering("SIZE"), mail, DATA, LETTER, TAKEN, BYE))
    peer = (TcpPeer if near else DistantPeer)("127.0.0.1", server.port)
    settings = SmtpServer(host=host, port=port, hello_name="client.example")
    connecting = BackgroundConnection(peer, 5)
    transport = SmtpTransport(settings, connecting, trace=trace, ask_secret=no_secret)
    envelope = Envelope(reverse_path="me@example.com", forward_paths=("a@example.org",))
    assert transport.send(envelope, letter()).complete
    transport.close()
    assert server.went_as_written
    assert [("set smtp-use-starttls" in text) for text in trace.warnings] == (
        [True] if warned else []
    )


QUEUE_IDS = {
    "postfix": (b"2.0.0 Ok: queued as 4XYZ", "4XYZ"),
    "aliyun": (b"Data Ok: queued as freedom ###envid=148316944", "148316944"),
    "netease": (b"Mail OK queued as smtp8,DMCowAC3.S2 1400000000", "smtp8,DMCowAC3.S2"),
    "qq": (b"OK: queued as.", ""),
    "exim": (b"OK id=1abcDE-0002ab-3F", "1abcDE-0002ab-3F"),
    "gmail": (b"2.0.0 OK  1665 d9443c01a7336-1si12.7 - gsmtp", "d9443c01a7336-1si12.7"),
    "sendmail": (b"2.0.0 uAN0aBcd01 Message accepted for delivery", "uAN0aBcd01"),
    "opensmtpd": (b"2.0.0 7f3a1b2c Message accepted for delivery", "7f3a1b2c"),
    "qmail": (b"ok 1700000000 qp 12345", "12345"),
    "exchange": (b"2.6.0 <a@b.c> [InternalId=123, Hostname=X] Queued mail", "123"),
    "haraka": (b"Message Queued (1B2C-3.1)", "1B2C-3.1"),
    "yandex": (b"2.0.0 Ok: queued on smtp1.mail.yandex.net as 137-ab", "137-ab"),
    "ses": (b"Ok 0100018f5e1c-0a1b-000000", "0100018f5e1c-0a1b-000000"),
    "bare": (b"OK", ""),
    "chatty": (b"2.0.0 Great success", ""),
    "escape": (b"queued as \x1b[31m", ""),
}


@pytest.mark.parametrize("server", QUEUE_IDS)
def test_queue_id_is_found_in_the_reply(server: str) -> None:
    line, name = QUEUE_IDS[server]
    assert queue_id(Reply.from_octets(250, [line])) == name
