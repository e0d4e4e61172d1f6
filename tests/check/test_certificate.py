"""Facts of certificates, as far as the version of Python has them."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme

from pymail.commands.check.certificate import (
    Certificate,
    _issuer,
    _name,
    read_certificate,
)
from pymail.settings.server_models import Timeouts
from pymail.transport.smtp_session import SmtpSession

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def certificate(**fields: Any) -> Certificate:
    usual = {"subject": "", "issuer": "", "names": (), "until": None}
    return Certificate(fingerprint="AB", **{**usual, **fields})


def test_certificate_without_facts_shows_its_fingerprint() -> None:
    made = certificate()
    assert list(made.facts(NOW)) == ["SHA-256 AB"]
    assert made.days_left(NOW) is None


def test_many_names_are_cut() -> None:
    names = tuple(f"h{n}.example" for n in range(30))
    facts = list(certificate(names=names).facts(NOW))
    assert facts[0].endswith("h7.example and more")


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (datetime(2026, 11, 24, tzinfo=UTC), "0 days left"),
        (datetime(2026, 12, 23, 12, tzinfo=UTC), "30 days left"),
        (datetime(2026, 11, 20, tzinfo=UTC), "3 days ago"),
    ],
)
def test_expiry_is_shown_in_days(day: datetime, words: str) -> None:
    facts = list(certificate(until=day).facts(NOW))
    assert facts[0] == f"valid until {day:%Y-%m-%d}, {words}"


def rdns(**parts: str) -> Any:
    return tuple(((key, value),) for key, value in parts.items())


@pytest.mark.parametrize(
    ("parts", "name", "issuer"),
    [
        ({"organizationName": "Let's Encrypt", "commonName": "R11"}, "R11", "Let's Encrypt R11"),
        ({"organizationName": "DigiCert Inc", "commonName": "DigiCert G2"}, "DigiCert G2", "DigiCert G2"),
        ({"organizationName": "Old Inc", "organizationalUnitName": "Old Class 2"}, "Old Class 2", "Old Class 2"),
        ({"organizationName": "Alone"}, "Alone", "Alone"),
        ({"countryName": "CN"}, "countryName=CN", "countryName=CN"),
        ({}, "", ""),
    ],
)  # fmt: skip
def test_name_is_the_most_specific_part(
    parts: dict[str, str], name: str, issuer: str
) -> None:
    assert (_name(rdns(**parts)), _issuer(rdns(**parts))) == (name, issuer)


class WithChain(ssl.SSLSocket):
    """A socket with the chain, as in Python 3.13."""

    chain: list[bytes] | None

    def get_unverified_chain(self) -> Any:
        return self.chain


@pytest.fixture
def chained(monkeypatch: pytest.MonkeyPatch, trace: Any) -> Any:
    """Connect to a server whose certificate is from an intermediate authority."""
    top = trustme.CA()
    middle = top.create_child_ca()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = middle.issue_cert("localhost", common_name="leaf")
    leaf.configure_cert(server)
    near, far = socket.socketpair()

    def accept() -> None:
        with (
            suppress(OSError),  # the client goes without a word
            server.wrap_socket(far, server_side=True) as sock,
        ):
            sock.recv(1)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr(client, "sslsocket_class", WithChain)
    session = SmtpSession(near, peer="mx", timeouts=Timeouts.bounded(5), trace=trace)
    session.begin_tls(client, "localhost")
    pems = [leaf.cert_chain_pems[0], middle.cert_pem]
    WithChain.chain = [ssl.PEM_cert_to_DER_cert(p.bytes().decode()) for p in pems]
    yield session
    session.close()
    thread.join(5)


def test_chain_of_the_server_is_shown(chained: SmtpSession) -> None:
    found = read_certificate(chained)
    assert found.subject == "leaf"
    assert len(found.above) == 1
    assert found.above[0].count("Testing CA") == 2
    assert any(fact.startswith("chain: ") for fact in found.facts(NOW))


def test_reading_does_not_change_the_context(chained: SmtpSession) -> None:
    WithChain.chain = None
    found = read_certificate(chained)
    assert found.above == ()
    sock = chained.sock
    assert isinstance(sock, ssl.SSLSocket)
    assert sock.context.verify_mode is ssl.CERT_NONE
    assert sock.getpeercert() == {}
