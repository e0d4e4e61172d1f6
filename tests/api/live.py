"""A real SMTP server on loopback, for one test or many (aiosmtpd)."""

import asyncio
import email
import email.policy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import AuthResult

from tests.live_server import running


@dataclass
class Inbox:
    """Received mails and sessions; `refuse` has replies for refused recipients."""

    address: str = ""
    refuse: Mapping[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)
    logins: list[tuple[str, str]] = field(default_factory=list)
    last: Any = None  # the server of the last mail, aiosmtpd's

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, session: Any, envelope: Any
    ) -> str:
        self.last = _server
        octets = envelope.original_content
        mail = email.message_from_bytes(octets, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.senders.append(envelope.mail_from)
        self.recipients += envelope.rcpt_tos
        self.sessions.add(id(session))
        return "250 2.0.0 Ok: queued as 4XYZ"

    def hang_up(self) -> None:
        """End the session of the last mail, as servers do that wait for long."""

        async def close() -> None:
            self.last.transport.close()

        asyncio.run_coroutine_threadsafe(close(), self.last.loop).result()

    def log_in(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any
    ) -> AuthResult:
        self.logins.append((login.login.decode(), login.password.decode()))
        return AuthResult(success=True)


@contextmanager
def receiving(
    refuse: Mapping[str, str] | None = None, *, auth: bool = False, **options: Any
) -> Iterator[Inbox]:
    """Receive while the block runs; with `auth` every login is accepted."""
    inbox = Inbox(refuse=refuse or {})
    if auth:
        options |= {"authenticator": inbox.log_in, "auth_require_tls": False}
    with running(inbox, **options) as port:
        inbox.address = f"127.0.0.1:{port}"
        yield inbox


def text_of(mail: EmailMessage) -> str:
    """The text of a mail, decoded."""
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    """The HTML of a mail, decoded."""
    part = mail.get_body(("html",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def attachments(mail: EmailMessage) -> dict[str, tuple[str, bytes]]:
    """Name → type and octets."""
    found = {}
    for part in mail.iter_attachments():
        octets = part.get_payload(decode=True)
        assert isinstance(octets, bytes)
        if part.get_content_maintype() == "text":  # whose lines end in CRLF on the wire
            octets = octets.replace(b"\r\n", b"\n")
        found[part.get_filename() or ""] = part.get_content_type(), octets
    return found
