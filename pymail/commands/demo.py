"""--demo: send one mail to a throw-away server on loopback, and show the session.

The server has STARTTLS with a certificate made for this run, and AUTH LOGIN. The mail
is sent like every other mail, with a settings file.
"""

import logging
import shlex
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.errors import UsageError, install
from pymail.model import replace
from pymail.text import visible

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Send = Callable[[Invocation, RunContext], int]
USER = "demo@example.com"
PASSWORD = "not-a-secret-at-all"  # noqa: S105 - of a throw-away server
TEXT = "pymail sent this mail to a throw-away server on this machine.\n你好，世界。\n"


def demonstrate(context: RunContext, send: Send) -> int:
    """Send one mail to a throw-away server; print the session and the decoded mail.

    `send` carries out a command line of mailx.

    Raises:
        UsageError: aiosmtpd or trustme is not installed.
    """
    try:
        import aiosmtpd.controller  # noqa: F401 - is it installed?
        import trustme  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"--demo needs {error.name}", advice=install("aiosmtpd trustme")
        ) from error
    with tempfile.TemporaryDirectory(prefix="pymail-demo-") as name:
        directory = Path(name)
        mailbox = Mailbox()
        with _server(mailbox, directory) as port:
            settings = _settings_file(directory, port)
            return _send(context, settings, mailbox, send)


def _send(context: RunContext, settings: Path, mailbox: "Mailbox", send: Send) -> int:
    invocation = Invocation(
        recipients=("admin@example.com",),
        subject="pymail demo: 演示",
        no_system_rc=True,
        debug=True,
    )
    argv = ["--debug", "-n", "-s", invocation.subject or "", *invocation.recipients]
    context.print(f"$ cat mail.rc\n{settings.read_text()}\n")
    context.print(f"$ echo … | pymail {shlex.join(argv)}\n")
    environment = replace(
        context.environment,
        stdin=BytesIO(TEXT.encode()),
        stdin_is_terminal=False,
        variables={**context.environment.variables, "MAILRC": str(settings)},
    )
    status = send(invocation, replace(context, environment=environment))
    for content in mailbox.contents:
        context.print("\nThe mail that the server received, decoded:\n\n")
        context.print("".join(f"  {line}\n" for line in _decoded(content)))
    context.print(f"\nExit status {status}. To use your own server: pymail --setup\n")
    return status


def _decoded(content: bytes) -> list[str]:
    message = message_from_bytes(content, policy=default)
    fields = [f"{name}: {value}" for name, value in message.items()]
    text = message.get_content().splitlines()
    return [visible(line) for line in (*fields, "", *text)]


def _settings_file(directory: Path, port: int) -> Path:
    path = directory / "mail.rc"
    path.write_text(
        f"set smtp=localhost:{port} smtp-use-starttls\n"
        f"set ssl-ca-file={directory / 'ca.pem'}\n"
        f"set smtp-auth=login smtp-auth-user={USER}\n"
        f"set smtp-auth-password={PASSWORD}\n"
        f'set from="pymail demo <{USER}>"\n'
    )
    path.chmod(0o600)
    return path


class Mailbox:
    """Message handler for aiosmtpd that stores the messages."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: "SMTP", _session: "Session", envelope: "Envelope"
    ) -> str:
        """Store the message; returns the reply with a queue id."""
        content = envelope.original_content or b""
        self.contents.append(content)
        return f"250 2.0.0 Ok: queued as DEMO{len(self.contents)}"


def _authenticator(
    _server: "SMTP",
    _session: "Session",
    _envelope: "Envelope",
    _mechanism: str,
    login: "LoginPassword",
) -> "AuthResult":
    from aiosmtpd.smtp import AuthResult

    right = (USER.encode(), PASSWORD.encode())
    # `handled` would mean that this function has already replied
    return AuthResult(success=(login.login, login.password) == right, handled=False)


@contextmanager
def _server(mailbox: Mailbox, directory: Path) -> Iterator[int]:
    """Run the server; yields its port."""
    from aiosmtpd.controller import Controller

    port, options = _free_port(), server_options(directory)
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=port, server_hostname="localhost", **options
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def server_options(directory: Path) -> dict[str, Any]:
    """Make aiosmtpd's options for TLS and AUTH, and write its CA to `ca.pem`."""
    import trustme

    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    # aiosmtpd logs deprecation warnings about itself
    logging.getLogger("mail.log").addHandler(logging.NullHandler())
    return {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": _authenticator,
        "ident": "pymail demo server",
    }


def _free_port() -> int:
    """Find a free port: aiosmtpd doesn't tell which port it gets."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
