"""The stages of --check on the network: name and connection, for every family.

A second connection is made only to look at a certificate, without a login.
"""

import socket
from collections.abc import Callable, Mapping

from pymail.commands.check.certificate import read_certificate
from pymail.commands.check.findings import Findings
from pymail.commands.check.session_stages import Target
from pymail.errors import ConnectError, Interrupted, PymailError
from pymail.model import replace
from pymail.settings.server_models import SmtpServer, TlsMode, Verify
from pymail.transport.connect import Peer, TcpPeer
from pymail.transport.handshake import SessionOpener, no_secret
from pymail.transport.smtp_session import SmtpSession

CONNECT_SECONDS = 10.0  # four tries of TCP; a user does not wait longer
OTHER_FAMILY_SECONDS = 1.0  # more than the one that has connected
LONGEST_SECONDS = 30.0  # for any reply: a user does not wait five minutes
GOODBYE_SECONDS = 1.0
_FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
_NOT_FROM_HERE = "unreachable"  # a machine without IPv6 loses nothing by it


def impatient(server: SmtpServer, *, watched: bool = False) -> SmtpServer:
    """Bound every wait: a user waits for the result.

    The answer to QUIT is nothing to wait for, unless the session is `watched`.
    """
    usual = server.timeouts
    timeouts = replace(
        usual.at_most(LONGEST_SECONDS),
        connect=min(usual.connect, CONNECT_SECONDS),
        quit=GOODBYE_SECONDS if watched else 0,
    )
    return replace(server, timeouts=timeouts)


# ── name and connection ─────────────────────────────────────────────────────


class _ConnectedPeer:
    """A peer with a connection; later ones are made anew."""

    def __init__(self, peer: Peer, connection: socket.socket) -> None:
        self.name = peer.name
        self._peer = peer
        self._connection: socket.socket | None = connection

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Return the connection, and later another one."""
        connection, self._connection = self._connection, None
        return connection or self._peer.connect(seconds, note)


def connect(target: Target) -> None:
    """Look the name up and connect; the session goes over that connection.

    Raises:
        HostUnknownError, ConnectError: it is noted.
    """
    peer, findings = target.peer, target.findings
    seconds = target.server.timeouts.connect
    if isinstance(peer, TcpPeer):
        families = _look_up(peer, seconds, findings)
        target.peer = _connect_families(families, seconds, findings)
        return
    facts: list[str] = []
    with findings.step("connect"):
        connection = peer.connect(seconds, facts.append)
    findings.tell("connect", *facts)
    target.peer = _ConnectedPeer(peer, connection)


def _look_up(peer: TcpPeer, seconds: float, findings: Findings) -> dict[str, TcpPeer]:
    """Look the addresses up; return them by family, in the resolver's order."""
    with findings.step("name"):
        found = peer.resolve(seconds)
    families = {}
    for family in dict.fromkeys(family for family, _ in found):
        addresses = tuple(each for each in found if each[0] is family)
        name = _FAMILIES[family]
        families[name] = replace(peer, addresses=addresses)
        shown = ", ".join(str(address[0]) for _, address in addresses)
        findings.tell("name", f"{name} {shown}")
    return families


def _connect_families(
    families: Mapping[str, TcpPeer], seconds: float, findings: Findings
) -> Peer:
    """Connect to each family of addresses; the first connection is the session's."""
    connected: _ConnectedPeer | None = None
    facts: dict[str, list[str]] = {}
    failures: dict[str, str] = {}
    with findings.step("connect"):
        for name, peer in families.items():
            heard, begun = list[str](), findings.clock()
            try:
                sock = peer.connect(seconds, heard.append)
            except ConnectError as failure:
                failures[name] = failure.happened
                continue
            facts[name] = heard
            if connected is None:
                connected = _ConnectedPeer(peer, sock)
                longest = findings.clock() - begun + OTHER_FAMILY_SECONDS
                seconds = min(seconds, longest)
            else:
                sock.close()
        if connected is None:
            doing = f"connecting to {peer.name}"
            raise ConnectError("; ".join(failures.values()), doing=doing)
    for name, heard in facts.items():
        findings.tell("connect", f"{name}: {'; '.join(heard)}")
    for name, happened in failures.items():
        note_failed_family(name, happened, findings)
    return connected


def note_failed_family(name: str, happened: str, findings: Findings) -> None:
    """Note a family that fails while another works; it may cost a mail time."""
    if _NOT_FROM_HERE in happened:
        findings.tell("connect", f"{name}: {happened}")
    else:
        findings.warn("connect", f"{name} fails: {happened}")


# ── a second connection, for the certificate alone ──────────────────────────


def describe_untrusted(target: Target) -> None:
    """Describe a certificate that is not trusted."""
    session = _open_without_login(target, Verify.IGNORE)
    if isinstance(session, SmtpSession):
        target.findings.tell("tls", *read_certificate(session).facts(target.now))
        session.quit()


def advise_to_verify(target: Target) -> None:
    """Say whether the certificate would be trusted by now."""
    session = _open_without_login(target, Verify.STRICT)
    if isinstance(session, SmtpSession):
        session.quit()
        advice = "it is trusted: unset tls-verify (or ssl-verify)"
        target.findings.advise("tls", advice=advice)
    else:
        target.findings.tell("tls", session.happened)


def _open_without_login(target: Target, verify: Verify) -> SmtpSession | PymailError:
    """Open a session with TLS in any case; a failure is returned."""
    how = target.server.tls
    mode = how.mode if how.mode is TlsMode.IMPLICIT else TlsMode.REQUIRED
    how = replace(how, mode=mode, verify=verify, pin=None)
    server = replace(target.server, login=None, tls=how)
    opener = SessionOpener(
        server, target.peer, trace=target.trace, ask_secret=no_secret
    )
    try:
        return opener.open()
    except Interrupted:
        raise
    except PymailError as failure:
        return failure
