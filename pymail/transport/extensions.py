"""SMTP extensions, and queue ids and recipient limits in the text of replies.

SIZE (RFC 1870), 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531) decide before MAIL
whether the server can take the message, in which form, and for which recipients.
"""

import re

from pymail.address.addr_spec import ascii_address
from pymail.address.envelope import Envelope
from pymail.errors import AddressError, MessageError, MessageTooLargeError
from pymail.message.byte_source import FinishedMessage
from pymail.reply import Reply
from pymail.transport.smtp_session import SmtpSession

NO_DSN = "dsn: the server offers no DSN; sent without"

_TOO_MANY = r"too many (recipients|rcpt)"
_ID = r"([\w.:,@/<>+=$-]{1,100})"

# Queue ids: a word that the text contains in lower case, then the pattern to match.
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


def fit_message(
    session: SmtpSession, envelope: Envelope, message: FinishedMessage
) -> tuple[FinishedMessage, str]:
    """Fit a message to the server's extensions; return it, and its MAIL command.

    Raises:
        MessageTooLargeError: the message exceeds the server's SIZE.
        MessageError: header or sender need SMTPUTF8, and the server does not offer it.
    """
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
    sender = _on_wire(envelope.reverse_path, session)
    return message, " ".join([f"MAIL FROM:<{sender}>", *parameters])


def fit_recipients(
    session: SmtpSession, envelope: Envelope
) -> tuple[dict[str, str], AddressError | None]:
    """Return the RCPT commands by address, for all addresses that the server can take.

    The second value is the failure of the first address that it can't take, if any.

    Raises:
        AddressError: the server can take no address.
    """
    notify = envelope.dsn.rcpt_parameters if session.has_extn("DSN") else ()
    commands: dict[str, str] = {}
    failure: AddressError | None = None
    for address in envelope.forward_paths:
        try:
            path = _on_wire(address, session)
        except AddressError as error:
            failure = failure or error
        else:
            commands[address] = " ".join([f"RCPT TO:<{path}>", *notify])
    if failure and not commands:
        raise failure
    return commands, failure


def _on_wire(address: str, session: SmtpSession) -> str:
    if address.isascii() or session.command_encoding == "utf-8":
        return address
    plain = ascii_address(address)
    if not plain.isascii():
        raise AddressError(_needs_smtputf8(address), doing=session.doing)
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
    if plain.facts.eight_bit:  # such as a signed part; today's servers accept it
        session.trace.note("sending 8-bit text, though the server offers no 8BITMIME")
    return plain


def _check_size(session: SmtpSession, message: FinishedMessage, size: str) -> None:
    limit = int(size) if size.isascii() and size.isdigit() and len(size) <= 20 else 0
    if 0 < limit < message.facts.size_octets:
        raise MessageTooLargeError(
            f"the message has {message.facts.size_octets} octets,"
            f" and the server takes no more than {limit} (SIZE)",
            doing=session.doing,
        )


def too_many_recipients(reply: Reply) -> bool:
    """Tell whether the reply refuses a recipient only because of those before it.

    RFC 5321 §4.5.3.1.10: 452, from older servers 552. Both also mean a full mailbox,
    unless text or enhanced code (RFC 3463) name the recipients.
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
