"""Facts of a server's certificate, whether it is trusted or not.

Python decodes a certificate only if it verifies it. Python 3.13 and later give the
whole chain, earlier versions only the server's own certificate.
"""

import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pymail.model import model
from pymail.transport.smtp_session import SmtpSession
from pymail.transport.tls import fingerprint, format_name

SHOWN_NAMES = 8
SECONDS_A_DAY = 24 * 3600
_NAMES = ("commonName", "organizationalUnitName", "organizationName")


@model(kw_only=True)
class Certificate:
    """Facts of a certificate; `above` is the rest of the chain, as far as known.

    `agreed` is TLS version and cipher, which belong to the session.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    until: datetime | None
    fingerprint: str
    above: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()

    def days_left(self, now: datetime) -> float | None:
        """Return the days until it expires; negative if it has expired."""
        if self.until is None:
            return None
        return (self.until - now).total_seconds() / SECONDS_A_DAY

    def facts(self, now: datetime) -> Iterator[str]:
        """Yield lines that describe it."""
        if self.subject or self.issuer:
            yield f"certificate of {self.subject}, issued by {self.issuer}"
        yield from (f"chain: {each}" for each in self.above)
        if self.names:
            more = "" if len(self.names) <= SHOWN_NAMES else " and more"
            yield f"names: {', '.join(self.names[:SHOWN_NAMES])}{more}"
        if self.until is not None:
            yield f"valid until {self.until:%Y-%m-%d}, {_format_days(self.days_left(now))}"
        yield f"SHA-256 {self.fingerprint}"


def _format_days(days: float | None) -> str:
    whole = int(days or 0)
    return f"{-whole} days ago" if (days or 0) < 0 else f"{whole} days left"


def read_certificate(session: SmtpSession) -> Certificate:
    """Read the certificate of the server in a session with TLS."""
    sock = session.sock
    assert isinstance(sock, ssl.SSLSocket)  # noqa: S101 - with TLS
    fields = _decoded(sock)
    until = fields.get("notAfter")
    return Certificate(
        subject=_name(fields.get("subject", ())),
        issuer=_issuer(fields.get("issuer", ())),
        names=tuple(str(name) for _, name in fields.get("subjectAltName", ())),
        until=_moment(until) if until else None,
        fingerprint=fingerprint(sock),
        above=tuple(_above(sock)),
        agreed=(f"{sock.version()}, {(sock.cipher() or ('no cipher',))[0]}",),
    )


def _decoded(sock: ssl.SSLSocket) -> Mapping[str, Any]:
    context = sock.context
    mode = context.verify_mode
    if mode is ssl.CERT_NONE:  # with which Python decodes nothing
        context.verify_mode = ssl.CERT_REQUIRED
    try:
        return sock.getpeercert() or {}
    finally:
        context.verify_mode = mode


def _name(rdns: Any) -> str:
    """Return the common name, else the unit or organization, else the whole name."""
    return next(filter(None, map(_parts(rdns).get, _NAMES)), "") or format_name(rdns)


def _issuer(rdns: Any) -> str:
    """Return the name of an authority, with its organization: "R11" alone says little."""
    name = _name(rdns)
    organization = _parts(rdns).get("organizationName", "")
    is_in_name = organization.partition(" ")[0] in name
    return name if is_in_name else f"{organization} {name}"


def _parts(rdns: Any) -> dict[str, str]:
    return {key: str(value) for rdn in rdns for key, value in rdn}


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)


def _above(sock: ssl.SSLSocket) -> Iterator[str]:
    chain = getattr(sock, "get_unverified_chain", None)  # Python 3.13
    for der in (chain() or [])[1:] if chain else []:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=der)
        for fields in context.get_ca_certs():
            subject = _name(fields.get("subject"))
            yield f"{subject}, issued by {_issuer(fields.get('issuer'))}"
