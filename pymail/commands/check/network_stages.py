"""The stages of --check on the network: name and connection, for each address family.

A second connection serves only to read a certificate, without a login.
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

CONNECT_SECONDS = 10.0  # four tries of TCP
OTHER_FAMILY_SECONDS = 1.0  # beyond the time of the family that has connected
LONGEST_SECONDS = 30.0  # for any reply; RFC 5321 allows five minutes
GOODBYE_SECONDS = 1.0
_FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
_NO_ROUTE = "unreachable"  # normal on a machine without IPv6


def impatient(server: SmtpServer, *, watched: bool = False) -> SmtpServer:
    """Shorten every timeout, because a user waits for the result.

    The check waits for the reply to QUIT only if the session is `watched`.
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
    """A peer with an open connection for the first `connect`."""

    def __init__(self, peer: Peer, connection: socket.socket) -> None:
        self.name = peer.name
        self._peer = peer
        self._connection: socket.socket | None = connection

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Return the open connection, and new ones later."""
        connection, self._connection = self._connection, None
        return connection or self._peer.connect(seconds, note)


def connect(target: Target) -> None:
    """Look the name up and connect; the session uses this connection.

    Raises:
        HostUnknownError, ConnectError: the failure is noted.
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
    """Look the addresses up; returns them by family, in the resolver's order."""
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
    """Connect by each address family; the session uses the first connection."""
    connected: _ConnectedPeer | None = None
    facts: dict[str, list[str]] = {}
    failures: dict[str, str] = {}
    with findings.step("connect"):
        for name, peer in families.items():
            notes, start = list[str](), findings.clock()
            try:
                sock = peer.connect(seconds, notes.append)
            except ConnectError as failure:
                failures[name] = failure.happened
                continue
            facts[name] = notes
            if connected is None:
                connected = _ConnectedPeer(peer, sock)
                longest = findings.clock() - start + OTHER_FAMILY_SECONDS
                seconds = min(seconds, longest)
            else:
                sock.close()
        if connected is None:
            doing = f"connecting to {peer.name}"
            raise ConnectError("; ".join(failures.values()), doing=doing)
    for name, notes in facts.items():
        findings.tell("connect", f"{name}: {'; '.join(notes)}")
    for name, happened in failures.items():
        note_failed_family(name, happened, findings)
    return connected


def note_failed_family(name: str, happened: str, findings: Findings) -> None:
    """Note a family that fails while another works; it may delay each mail."""
    if _NO_ROUTE in happened:
        findings.tell("connect", f"{name}: {happened}")
    else:
        findings.warn("connect", f"{name} fails: {happened}")


# ── a second connection, only for the certificate ───────────────────────────


def describe_untrusted(target: Target) -> None:
    """Describe a certificate that is not trusted."""
    session = _open_without_login(target, Verify.IGNORE)
    if isinstance(session, SmtpSession):
        target.findings.tell("tls", *read_certificate(session).facts(target.now))
        session.quit()


def advise_to_verify(target: Target) -> None:
    """Note whether the certificate would pass verification."""
    session = _open_without_login(target, Verify.STRICT)
    if isinstance(session, SmtpSession):
        session.quit()
        advice = "the certificate is valid: unset tls-verify (or ssl-verify)"
        target.findings.advise("tls", advice=advice)
    else:
        target.findings.tell("tls", session.happened)


def _open_without_login(target: Target, verify: Verify) -> SmtpSession | PymailError:
    """Open a session that requires TLS; returns the failure if there is one."""
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
