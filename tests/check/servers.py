"""Scripts of servers, and a check of them."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from pymail.address.envelope import Envelope
from pymail.commands.check.check import IMPLICIT_TLS, SMTP, check_server
from pymail.commands.check.findings import Findings, Stage
from pymail.commands.check.network_stages import impatient
from pymail.commands.check.session_stages import Target
from pymail.secret import Secret
from pymail.settings.server_models import Login, SmtpServer, Timeouts, Tls, TlsMode
from pymail.transport.connect import Peer, TcpPeer

NOW = datetime.now(UTC)  # certificates are judged by the real clock
JOE = Login(user="joe@example.com")
ENVELOPE = Envelope(
    reverse_path="joe@example.com", forward_paths=("a@example.org", "b@example.org")
)

GREETED = "S: 220 mx.example ESMTP\nC: EHLO client.example\n"
HELLO = "S: 250-mx.example\nS: 250-SIZE 52428800\nS: 250 AUTH PLAIN LOGIN\n"
LOGGED_IN = """C: AUTH PLAIN AGpvZUBleGFtcGxlLmNvbQBzM2NyZXQ=
S: 235 2.7.0 welcome
"""
ASKED = """C: MAIL FROM:<joe@example.com> SIZE=22
S: 250 2.1.0 ok
C: RCPT TO:<a@example.org>
S: 250 2.1.5 ok
C: RCPT TO:<b@example.org>
S: 250 2.1.5 ok
"""
BYE = "C: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye\n"
PLAIN = f"{GREETED}{HELLO}{LOGGED_IN}"


SECURED = f"<tls>\n{GREETED}{HELLO}{LOGGED_IN}{ASKED}{BYE}"
STARTED = f"{GREETED}S: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n<tls>\n"
AGAIN = f"C: EHLO client.example\n{HELLO}"


@dataclass
class Checking:
    """Checks a server on loopback, with `scripts` a scripted one."""

    serve: Any
    letter: Any
    trace: Any
    resolver: Callable[..., Any] = socket.getaddrinfo
    secret: Secret | None = field(default_factory=lambda: Secret("s3cret"))
    envelope: Envelope | None = ENVELOPE
    seconds: float = 10
    findings: Findings = field(default_factory=lambda: Findings(SMTP, monotonic))

    def __call__(
        self,
        *scripts: str,
        port: int = 0,
        context: Any = None,
        host: str = "127.0.0.1",
        tls: Tls | None = None,
        login: Login | None = JOE,
        **more: Any,
    ) -> dict[str, Stage]:
        if scripts:
            self.server = self.serve(*scripts, context=context)
            port = self.server.port
        server = SmtpServer(
            host=host,
            port=port,
            hello_name="client.example",
            tls=tls or Tls(),
            login=login,
            timeouts=Timeouts.bounded(self.seconds),
            **more,
        )
        return self.check(server, TcpPeer(host, port, self.resolver))

    def check(
        self, server: SmtpServer, peer: Peer, names: tuple[str, ...] = ()
    ) -> dict[str, Stage]:
        """Check the network stages; `findings` has the result."""
        implicit = server.tls.mode is TlsMode.IMPLICIT
        names = names or (IMPLICIT_TLS if implicit else SMTP)[2:]
        self.findings = Findings(names, monotonic, peer.name)
        target = Target(
            server=impatient(server),
            peer=peer,
            findings=self.findings,
            trace=self.trace,
            now=NOW,
            secret=self.secret,
            envelope=self.envelope,
            message=self.letter(),
        )
        check_server(target)
        return {stage.name: stage for stage in self.findings.checkup().stages}


def verdicts(stages: dict[str, Stage]) -> dict[str, str]:
    return {name: stage.verdict.value for name, stage in stages.items()}
