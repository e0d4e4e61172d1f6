"""The server takes what clients send, and counts it."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.benchmarks.apart import throwaway_certificate
from tests.benchmarks.sink import Offer, Sink, Tally

PATIENCE_SECONDS = 10
TEXT = b"Subject: hello\r\n\r\nhello\r\n.a dot\r\n"

pytestmark = pytest.mark.live


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return throwaway_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def serve() -> Iterator[Callable[..., Sink]]:
    with ExitStack() as stack:
        yield lambda **offer: stack.enter_context(Sink(Offer(**offer)))


def session(sink: Sink) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", sink.port, "me", PATIENCE_SECONDS)


def converse(sink: Sink, *sent: bytes) -> list[bytes]:
    """Send octets as they are, piece by piece; returns the reply lines."""
    with socket.create_connection(("127.0.0.1", sink.port), PATIENCE_SECONDS) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in sent:
            client.sendall(piece)
        with client.makefile("rb") as replies:
            return [line.rstrip() for line in replies]


def test_mail_is_counted_with_recipients_and_octets(serve: Callable[..., Sink]) -> None:
    sink = serve()
    with session(sink) as client:
        client.mail("me@example.com")
        for name in "abc":
            client.rcpt(f"{name}@example.com")
        client.data(TEXT)
    # the dot at the start of a line travels as two
    assert sink.take() == Tally(messages=1, recipients=3, octets=len(TEXT) + 1)
    assert sink.take() == Tally()


def test_what_is_offered_can_be_used(
    serve: Callable[..., Sink], certificate: Path
) -> None:
    sink = serve(certificate=certificate, login=True)
    with session(sink) as client:
        client.ehlo()
        assert client.esmtp_features.keys() >= {"pipelining", "8bitmime", "starttls"}
        assert int(client.esmtp_features["size"]) > 1_500_000_000
        assert client.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]
        client.starttls()
        client.ehlo()
        assert isinstance(client.sock, ssl.SSLSocket)
        assert "starttls" not in client.esmtp_features
        client.login("me", "secret")
        client.sendmail("me@example.com", ["you@example.com"], TEXT)
    assert sink.take().messages == 1


@pytest.mark.parametrize("initial_response", [True, False])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_every_login_is_right(
    mechanism: str, initial_response: bool, serve: Callable[..., Sink]
) -> None:
    with session(serve(login=True)) as client:
        client.ehlo()
        client.user, client.password = "me", "secret"
        answer = client.auth_plain if mechanism == "PLAIN" else client.auth_login
        code, _ = client.auth(mechanism, answer, initial_response_ok=initial_response)
        assert code == 235


def test_unknown_mechanism_is_refused(serve: Callable[..., Sink]) -> None:
    with session(serve(login=True)) as client:
        assert client.docmd("AUTH", "CRAM-MD5")[0] == 504
        assert client.docmd("AUTH")[0] == 504


def test_starttls_is_refused_without_certificate(serve: Callable[..., Sink]) -> None:
    with session(serve()) as client:
        assert client.docmd("STARTTLS")[0] == 502


def test_tls_from_the_first_octet(
    serve: Callable[..., Sink], certificate: Path
) -> None:
    sink = serve(certificate=certificate, implicit_tls=True)
    with smtplib.SMTP_SSL(
        "127.0.0.1", sink.port, "me", timeout=PATIENCE_SECONDS
    ) as client:
        client.sendmail("me@example.com", ["you@example.com"], TEXT)
    assert sink.take().recipients == 1


def test_commands_in_one_group_are_all_answered(serve: Callable[..., Sink]) -> None:
    sink = serve()
    group = b"EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.c>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"
    codes = [line[:3] for line in converse(sink, group) if line[3:4] == b" "]
    assert codes == [b"220", b"250", b"250", b"250", b"354", b"250", b"221"]
    assert sink.take() == Tally(messages=1, recipients=1, octets=3)


@pytest.mark.parametrize("cut", range(1, 12))
def test_final_dot_is_found_wherever_the_text_is_cut(
    cut: int, serve: Callable[..., Sink]
) -> None:
    sink = serve()
    octets = b"DATA\r\nx\r\n.\r\nQUIT\r\n"
    assert converse(sink, octets[:cut], octets[cut:])[-1].startswith(b"221")
    assert sink.take().octets == 3


def test_empty_text_ends_at_once(serve: Callable[..., Sink]) -> None:
    sink = serve()
    converse(sink, b"DATA\r\n.\r\nQUIT\r\n")
    assert sink.take() == Tally(messages=1, octets=0)


def test_chunks_are_one_message(serve: Callable[..., Sink]) -> None:
    sink = serve(chunking=True)
    replies = converse(sink, b"EHLO me\r\nBDAT 4\r\nab", b"cdBDAT 2 LAST\r\nefQUIT\r\n")
    assert b"250-CHUNKING" in replies
    assert sink.take() == Tally(messages=1, octets=6)


def test_client_that_leaves_early_has_sent_nothing(serve: Callable[..., Sink]) -> None:
    sink = serve()
    with socket.create_connection(("127.0.0.1", sink.port), PATIENCE_SECONDS) as client:
        client.sendall(b"DATA\r\nhalf a")
        client.shutdown(socket.SHUT_WR)
        assert b"354" in client.makefile("rb").read()
    assert sink.take() == Tally()
