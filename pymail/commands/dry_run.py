"""-d: show envelope and message of each transaction, and connect to no server."""

import codecs
import shlex
from collections.abc import Iterator
from typing import assert_never

from pymail.address.envelope import Envelope
from pymail.delivery.context import RunContext
from pymail.delivery.outgoing import OutgoingMessage
from pymail.message.byte_source import FinishedMessage, to_lf
from pymail.report.exit_status import ExitStatus
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Server,
    SmtpServer,
)
from pymail.terminal.lines import problem_line
from pymail.terminal.renderer import say
from pymail.text import visible


def show_message(outgoing: OutgoingMessage, context: RunContext) -> int:
    """Print server, envelope and text of each message that a send would transmit."""
    status = ExitStatus.DATA if outgoing.problems else ExitStatus.OK
    if context.events.machine_readable:
        context.events.on_preview(outgoing, status)
    else:
        _print(outgoing, context)
    say(context.environment, map(problem_line, outgoing.problems))
    return status


def transactions(
    outgoing: OutgoingMessage,
) -> Iterator[tuple[str, Envelope | None, FinishedMessage]]:
    """Yield the server, the envelope and the message of each transaction.

    If all recipients are files, there is one message with server "" and no envelope.
    """
    for envelope, message in outgoing.versions:
        yield _server_text(outgoing.settings.server, envelope), envelope, message
    if not outgoing.versions:
        yield "", None, outgoing.whole()


def _print(outgoing: OutgoingMessage, context: RunContext) -> None:
    files = "".join(f"file {visible(name)}\n" for name in outgoing.files)
    for n, (server, envelope, message) in enumerate(transactions(outgoing)):
        if n:
            context.print("\n")
        if envelope:
            context.print(f"to {server}\n")
            context.print(f"MAIL FROM:<{visible(envelope.reverse_path)}>\n")
            for path in envelope.forward_paths:
                context.print(f"RCPT TO:<{visible(path)}>\n")
        context.print("\n" if n else f"{files}\n")
        for text in message_texts(message):
            context.print(text)


def message_texts(message: FinishedMessage) -> Iterator[str]:
    """Yield a message as text with LF line ends."""
    octets = to_lf(message.chunks())
    return codecs.iterdecode(octets, "utf-8", "backslashreplace")


def _server_text(server: Server, envelope: Envelope) -> str:
    match server:
        case SmtpServer():
            tls = f"TLS {server.tls.mode.value}"
            login = f", login {server.login.user}" if server.login else ", no login"
            return visible(f"{server.name} ({tls}{login})")
        case LmtpSocket():
            return visible(str(server.path))
        case LocalMta():
            from pymail.transport.local_mta import arguments

            return visible(shlex.join(arguments(server, envelope)))
        case FileTarget():
            return visible(str(server.path or "standard output"))
        case _:
            assert_never(server)
