"""Output of -d and --show-settings."""

import codecs
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from typing import Any, assert_never

from pymail.address.envelope import Envelope
from pymail.delivery.context import RunContext
from pymail.delivery.outgoing import OutgoingMessage
from pymail.mailrc.state import Origin, Value
from pymail.message.byte_source import FinishedMessage, to_lf
from pymail.report.exit_status import ExitStatus
from pymail.secret import PLACEHOLDER
from pymail.settings.loader import Loaded
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Server,
    SmtpServer,
)
from pymail.settings.server_url import PORTS
from pymail.settings.unknown_variables import READING_ONLY
from pymail.settings.variables import (
    BY_NAME,
    is_address,
    may_be_secret,
    without_password,
)
from pymail.terminal.lines import Setting, problem_line
from pymail.terminal.renderer import for_stdout, say
from pymail.text import visible

# the password in a server URL whose @ is missing or a lookalike
_PORT = rf"(?:[0-9]+|{'|'.join(PORTS)})/?$|/|[0-9A-Fa-f.]*:"
_HALF_A_PASSWORD = re.compile(
    rf"^((?:[A-Za-z][\w+.-]*://)?[^:/\[\s]+):(?!{_PORT}).*", re.DOTALL
)
_KNOWN = {*BY_NAME, *READING_ONLY}
_END_OF_ADDRESS = r"(?s)[^@]*:.*@"
_BEHIND_ODD_BLANK = re.compile(r"[^\S ].*", re.DOTALL)


def show_settings(loaded: Loaded, context: RunContext) -> int:
    """List the variables that are set, with their origin, then aliases and accounts."""
    if context.events.machine_readable:
        context.events.fields(**_as_values(loaded))
    else:
        for_stdout(context.environment).settings(list(_rows(loaded)))
    return 0


def _rows(loaded: Loaded) -> Iterator[Setting]:
    for name, text, origin in listed(loaded):
        yield Setting(name, text, str(origin))
    for name, members in sorted(loaded.state.aliases.items()):
        yield Setting(f"alias {name}", " ".join(members), "")
    for name, block in sorted(loaded.state.accounts.items()):
        yield Setting(f"account {name}", "", str(block.origin))


def _as_values(loaded: Loaded) -> dict[str, Any]:
    """Make the same list for --json."""
    variables = (
        {"name": name, "value": text, **_place(origin)}
        for name, text, origin in listed(loaded)
    )
    aliases = (
        {"name": name, "members": members}
        for name, members in sorted(loaded.state.aliases.items())
    )
    accounts = (
        {"name": name, **_place(block.origin)}
        for name, block in sorted(loaded.state.accounts.items())
    )
    return {
        "variables": list(variables),
        "aliases": list(aliases),
        "accounts": list(accounts),
    }


def _place(origin: Origin) -> dict[str, Any]:
    return {"file": origin.file, "line": origin.line or None}


def listed(loaded: Loaded) -> Iterator[tuple[str, str, Origin]]:
    """Yield the variables that are set, secrets hidden: name, value and origin.

    An unquoted blank in a password turns its rest into the name of a variable. So unknown
    names on the line of a password are hidden, and names that may be the rest of a
    server URL.
    """
    in_force = dict(loaded.layers.in_force())
    secrets = Counter(v.origin for n, v in in_force.items() if has_secret(n, v))
    for name, value in in_force.items():
        others = secrets[value.origin] - has_secret(name, value)
        odd = others or re.match(_END_OF_ADDRESS, name)
        hidden = odd and not (name in _KNOWN or _is_chain(name))
        text = "" if hidden else shown(name, value.text)
        yield (PLACEHOLDER if hidden else name), text, value.origin


def _is_chain(name: str) -> bool:
    """Whether a name is NAME-USER@HOST of a known variable."""
    return "@" in name and any(name.startswith(f"{known}-") for known in BY_NAME)


def has_secret(name: str, value: Value) -> bool:
    """Tell whether a variable is or contains a secret."""
    return may_be_secret(name) or shown(name, value.text) != value.text


def shown(name: str, text: str) -> str:
    """Return the value of a variable with a placeholder in place of each secret."""
    if text and may_be_secret(name):
        return PLACEHOLDER
    if is_address(name):
        text = without_password(name, text, f":{PLACEHOLDER}")
        if PLACEHOLDER not in text:
            text = _HALF_A_PASSWORD.sub(rf"\1:{PLACEHOLDER}", text)
        return _BEHIND_ODD_BLANK.sub(PLACEHOLDER, text)
    return text


def show_message(outgoing: OutgoingMessage, context: RunContext) -> int:
    """Print server, envelope and text of each message that a send would transmit."""
    status = ExitStatus.DATA if outgoing.problems else ExitStatus.OK
    if context.events.machine_readable:
        context.events.on_preview(outgoing, status)
    else:
        _print(outgoing, context)
    say(context.environment, map(problem_line, outgoing.problems))
    return status


def would_go(
    outgoing: OutgoingMessage,
) -> Iterator[tuple[str, Envelope | None, FinishedMessage]]:
    """Yield the server, the envelope and the message of each transaction.

    If all recipients are files, there is one message with server "" and no envelope.
    """
    for envelope, message in outgoing.versions:
        yield _named(outgoing.settings.server, envelope), envelope, message
    if not outgoing.versions:
        yield "", None, outgoing.whole()


def _print(outgoing: OutgoingMessage, context: RunContext) -> None:
    files = "".join(f"file {visible(name)}\n" for name in outgoing.files)
    for n, (to, envelope, message) in enumerate(would_go(outgoing)):
        if n:
            context.print("\n")
        if envelope:
            _show_envelope(to, envelope, context)
        _show_message(message, "" if n else files, context)


def _show_envelope(to: str, envelope: Envelope, context: RunContext) -> None:
    context.print(f"to {to}\n")
    context.print(f"MAIL FROM:<{visible(envelope.reverse_path)}>\n")
    for path in envelope.forward_paths:
        context.print(f"RCPT TO:<{visible(path)}>\n")


def _show_message(message: FinishedMessage, files: str, context: RunContext) -> None:
    context.print(f"{files}\n")
    for text in message_texts(message):
        context.print(text)


def message_texts(message: FinishedMessage) -> Iterator[str]:
    """Yield a message as text with LF line ends."""
    octets = to_lf(message.chunks())
    return codecs.iterdecode(octets, "utf-8", "backslashreplace")


def _named(server: Server, envelope: Envelope) -> str:
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
