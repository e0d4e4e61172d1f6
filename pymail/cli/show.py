"""What -d and --show-settings print."""

import codecs
import re
import shlex
from collections.abc import Iterator
from typing import assert_never

from pymail.address.envelope import Envelope
from pymail.cli.desk import Desk
from pymail.cli.load import Loaded
from pymail.message.source import FinishedMessage
from pymail.message.wire import as_lf
from pymail.outcome.exit_status import ExitStatus
from pymail.outcome.reply import visible
from pymail.secret import PLACEHOLDER
from pymail.settings.records import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Server,
    Settings,
    SmtpServer,
)
from pymail.settings.variables import is_secret
from pymail.submit.assemble import under_fields
from pymail.submit.parcel import Parcel
from pymail.terminal.choose import choose
from pymail.terminal.lines import Setting

# whatever stands before the last @ of a server's address, encoded or not
_URL_PASSWORD = re.compile(r"^((?:[A-Za-z][\w+.-]*://)?[^:/]*):.*@", re.DOTALL)
_SERVERS = frozenset({"smtp", "mta", "sendmail"})


def show_settings(loaded: Loaded, desk: Desk) -> int:
    """List the variables in force with their origin, then aliases and accounts."""
    world = desk.environment
    face = choose(
        world.stdout,
        is_terminal=world.stdout_is_terminal,
        variables=world.variables,
        columns=world.columns(),
    )
    face.settings(list(_rows(loaded)))
    return 0


def _rows(loaded: Loaded) -> Iterator[Setting]:
    for name, value in loaded.layers.in_force():
        yield Setting(name, shown(name, value.text), str(value.origin))
    for name, members in sorted(loaded.state.aliases.items()):
        yield Setting(f"alias {name}", " ".join(members), "")
    for name, block in sorted(loaded.state.accounts.items()):
        yield Setting(f"account {name}", "", str(block.origin))


def shown(name: str, text: str) -> str:
    """Put a placeholder where the value of a variable is or has a secret."""
    if is_secret(name) and text:
        return PLACEHOLDER
    if name in _SERVERS:
        return _URL_PASSWORD.sub(rf"\1:{PLACEHOLDER}@", text)
    return text


def without_password(name: str, text: str) -> str:
    """Take the password out of the address of a server."""
    return _URL_PASSWORD.sub(r"\1@", text) if name in _SERVERS else text


def show_parcel(parcel: Parcel, settings: Settings, desk: Desk) -> int:
    """Print where the mail would go, for whom, and every message itself."""
    files = "".join(f"file {visible(name)}\n" for name in parcel.files)
    if not parcel.consignments:
        message = under_fields(parcel.letter, parcel.content, settings, bcc=True)
        _show_message(message, files, desk)
    for n, each in enumerate(parcel.consignments):
        if n:
            desk.print("\n")
        _show_envelope(each.envelope, settings, desk)
        _show_message(each.message, "" if n else files, desk)
    desk.warn(parcel.problems)
    return ExitStatus.DATA if parcel.problems else ExitStatus.OK


def _show_envelope(envelope: Envelope, settings: Settings, desk: Desk) -> None:
    desk.print(f"to {_named(settings.server, envelope)}\n")
    desk.print(f"MAIL FROM:<{visible(envelope.reverse_path)}>\n")
    for path in envelope.forward_paths:
        desk.print(f"RCPT TO:<{visible(path)}>\n")


def _show_message(message: FinishedMessage, files: str, desk: Desk) -> None:
    desk.print(f"{files}\n")
    lines = as_lf(message.chunks())
    for text in codecs.iterdecode(lines, "utf-8", "backslashreplace"):
        desk.print(text)


def _named(server: Server, envelope: Envelope) -> str:
    match server:
        case SmtpServer():
            tls = f"TLS {server.tls.mode.value}"
            login = f", login {server.login.user}" if server.login else ", no login"
            return visible(f"{server.host}:{server.port} ({tls}{login})")
        case LmtpSocket():
            return visible(str(server.path))
        case LocalMta():
            from pymail.transport.sendmail import arguments

            return visible(shlex.join(arguments(server, envelope)))
        case FileTarget():
            return visible(str(server.path or "standard output"))
        case _:
            assert_never(server)
