"""SMTP extensions and server-specific words of replies.

SIZE (RFC 1870), 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531) decide before MAIL
what can go, in which form, and who cannot be written to at all.
"""

import re
from collections.abc import Mapping

from pymail.address.addr_spec import ascii_address
from pymail.address.envelope import Envelope
from pymail.errors import AddressError, MessageError, MessageTooLargeError
from pymail.message.byte_source import FinishedMessage
from pymail.model import field, model
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate
from pymail.transport.smtp_session import SmtpSession

NO_DSN = "dsn: the server offers no DSN; sent without"

_TOO_MANY = r"too many (recipients|rcpt)"
_ID = r"([\w.:,@/<>+=$-]{1,100})"

# Queue ids: a word of the text in lower case, which is looked for first, and the form.
_FORMS = (
    ("###envid=", rf"###envid={_ID}"),  # Aliyun
    ("queued", rf"\bqueued(?: on \S+)? as:? {_ID}"),  # Postfix, NetEase, Yandex
    ("id=", rf"\bid={_ID}"),  # Exim
    ("internalid=", r"\bInternalId=(\d+)"),  # Exchange
    ("gsmtp", rf"{_ID} - gsmtp\b"),  # Gmail
    ("qp ", rf"\bqp {_ID}"),  # qmail
    # sendmail, OpenSMTPD
    ("message accepted", rf"^{_ID} Message accepted for delivery"),
    ("queued (", rf"\bqueued \({_ID}\)"),  # Haraka
    ("ok ", r"^Ok ([0-9a-f]{12,}[0-9a-f-]*)$"),  # Amazon SES
)


@model(kw_only=True)
class Prepared:
    """What goes to one server.

    `asked` are all recipients in order; `paths` those that can be written to,
    with the form that goes on the wire; `refused` the others, and `failure` why.
    `remarks` say what goes otherwise than it was asked for.
    """

    message: FinishedMessage
    mail: str
    rcpt: str  # what goes behind each path, with a blank before it
    asked: tuple[str, ...]
    paths: Mapping[str, str]
    refused: Mapping[str, RecipientFate] = field(default_factory=dict)
    failure: AddressError | None = None
    remarks: tuple[str, ...] = ()


def prepare(
    session: SmtpSession, envelope: Envelope, message: FinishedMessage
) -> Prepared:
    """Fit message and envelope to the server's offer.

    Raises:
        MessageTooLargeError: the message is larger than the server takes.
        MessageError: the server can take neither the header nor the sender.
        AddressError: there is no recipient that it can take.
    """
    session.doing = f"preparing the message for {session.peer}"
    parameters: list[str] = []
    if message.facts.eight_bit:
        message = _eight_bit(session, message, parameters)
    size = session.esmtp_features.get("size")
    if size is not None:
        _check_size(session, message, size)
        parameters.insert(0, f"SIZE={message.facts.size_octets}")
    international = envelope.needs_smtputf8 or message.facts.needs_smtputf8
    if international and session.has_extn("SMTPUTF8"):
        session.command_encoding = "utf-8"
        parameters.append("SMTPUTF8")
    elif message.facts.needs_smtputf8:
        raise MessageError(_needs_smtputf8("the header"), doing=session.doing)
    if session.has_extn("DSN"):
        parameters.extend(envelope.dsn.mail_parameters)
    utf8 = session.command_encoding == "utf-8"
    return _addressed(session, envelope, message, parameters, utf8=utf8)


def _addressed(
    session: SmtpSession,
    envelope: Envelope,
    message: FinishedMessage,
    parameters: list[str],
    *,
    utf8: bool,
) -> Prepared:
    sender = _on_wire(envelope.reverse_path, utf8=utf8, doing=session.doing)
    paths: dict[str, str] = {}
    refused: dict[str, RecipientFate] = {}
    failure: AddressError | None = None
    for address in envelope.forward_paths:
        try:
            paths[address] = _on_wire(address, utf8=utf8, doing=session.doing)
        except AddressError as error:
            failure = failure or error
            refused[address] = RecipientFate(address, Fate.REFUSED)
    if failure and not paths:
        raise failure
    offers_dsn = session.has_extn("DSN")
    notify = envelope.dsn.rcpt_parameters if offers_dsn else ()
    return Prepared(
        message=message,
        mail=" ".join([f"MAIL FROM:<{sender}>", *parameters]),
        rcpt="".join(f" {parameter}" for parameter in notify),
        asked=envelope.forward_paths,
        paths=paths,
        refused=refused,
        failure=failure,
        remarks=(NO_DSN,) if envelope.dsn.wanted and not offers_dsn else (),
    )


def _on_wire(address: str, *, utf8: bool, doing: str) -> str:
    if utf8 or address.isascii():
        return address
    plain = ascii_address(address)
    if not plain.isascii():
        raise AddressError(_needs_smtputf8(address), doing=doing)
    return plain


def _needs_smtputf8(what: str) -> str:
    return f"{what}: not ASCII, and the server offers no SMTPUTF8"


def _eight_bit(
    session: SmtpSession, message: FinishedMessage, parameters: list[str]
) -> FinishedMessage:
    if session.has_extn("8BITMIME"):
        parameters.append("BODY=8BITMIME")
        return message
    plain = message.seven_bit()
    if plain.facts.eight_bit:  # signed, say; servers that mind it are long gone
        session.trace.note("8-bit text for a server that offers no 8BITMIME")
    return plain


def _check_size(session: SmtpSession, message: FinishedMessage, size: str) -> None:
    limit = int(size) if size.isascii() and size.isdigit() and len(size) <= 20 else 0
    if 0 < limit < message.facts.size_octets:
        raise MessageTooLargeError(
            f"the message has {message.facts.size_octets} octets,"
            f" and the server takes no more than {limit} (SIZE)",
            doing=session.doing,
        )


def too_many(reply: Reply) -> bool:
    """Whether a recipient is refused only because there are others before it.

    RFC 5321 §4.5.3.1.10: 452, from older servers 552. Both also mean a full
    mailbox, which an enhanced code (RFC 3463) tells apart.
    """
    if reply.code not in {452, 552}:
        return False
    if reply.enhanced is not None and reply.enhanced[1:] == (5, 3):
        return True
    if re.search(_TOO_MANY, reply.text, re.IGNORECASE):
        return True
    return reply.code == 452 and reply.enhanced is None


def queue_id(reply: Reply) -> str:
    """Return the queue id in the reply to the final dot, or "" if it has none."""
    text = reply.text
    lower = text.lower()
    for word, form in _FORMS:
        if word in lower and (found := re.search(form, text, re.IGNORECASE)):
            return found[1].rstrip(".,:")
    return ""
