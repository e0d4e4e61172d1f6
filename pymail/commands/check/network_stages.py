"""The stages of --check on the network: name, connection, session, each noted.

They are those of a mail. MAIL and RCPT are taken back with RSET: no content is ever
sent. A second connection is made only to look at a certificate, and nobody logs in
over it.
"""

import socket
from collections.abc import Callable, Mapping

from pymail.commands.check import envelope_stages
from pymail.commands.check.certificate import read_certificate
from pymail.commands.check.session_stages import Target, WatchedSession
from pymail.errors import (
    ConnectError,
    Interrupted,
    PymailError,
    SettingsError,
    TlsError,
)
from pymail.model import replace
from pymail.report.checkup import Findings, Verdict
from pymail.settings.server_models import SmtpServer, TlsMode, Verify
from pymail.transport.connect import Peer, TcpPeer
from pymail.transport.handshake import SessionOpener, no_secret
from pymail.transport.smtp_session import SmtpSession

CONNECT_SECONDS = 10.0  # four tries of TCP; whoever checks does not wait longer
OTHER_FAMILY_SECONDS = 1.0  # more than the one that has connected
LONGEST_SECONDS = 30.0  # for any reply: whoever checks does not wait five minutes
GOODBYE_SECONDS = 1.0
_FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
_NOT_FROM_HERE = "unreachable"  # a machine without IPv6 loses nothing by it


def impatient(server: SmtpServer, *, watched: bool = False) -> SmtpServer:
    """Bound every wait: somebody is waiting for the result.

    The answer to QUIT is nothing to wait for, unless the session is `watched`.
    """
    usual = server.timeouts
    timeouts = replace(
        usual.at_most(LONGEST_SECONDS),
        connect=min(usual.connect, CONNECT_SECONDS),
        quit=GOODBYE_SECONDS if watched else 0,
    )
    return replace(server, timeouts=timeouts)


def check_network(target: Target, findings: Findings, peer: Peer) -> None:
    """Go as far as a mail would get, and note every stage; nothing is sent.

    Raises:
        Interrupted: a signal ended it; what was found is noted.
    """
    try:
        _check_session(target, findings, _connect(target, findings, peer))
    except Interrupted:
        raise
    except PymailError as failure:
        _note_failure(failure, findings)


def _note_failure(failure: PymailError, findings: Findings) -> None:
    """Note a failure that came between the stages."""
    if findings.last_failure is failure:
        return
    of_tls = isinstance(failure, TlsError | SettingsError)
    findings.fail("tls" if of_tls else "connect", failure)


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


def _connect(target: Target, findings: Findings, peer: Peer) -> Peer:
    """Look the name up and connect.

    Raises:
        HostUnknownError, ConnectError: it is noted.
    """
    seconds = target.server.timeouts.connect
    if isinstance(peer, TcpPeer):
        families = _look_up(peer, seconds, findings)
        return _connect_families(families, seconds, findings)
    facts: list[str] = []
    with findings.step("connect"):
        connection = peer.connect(seconds, facts.append)
    findings.tell("connect", *facts)
    return _ConnectedPeer(peer, connection)


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


# ── the session ─────────────────────────────────────────────────────────────


def _check_session(target: Target, findings: Findings, peer: Peer) -> None:
    watched = WatchedSession(target, findings, peer)
    try:
        session = watched.open()
    except TlsError as failure:
        _note_failure(failure, findings)
        if watched.untrusted and findings["tls"].verdict is Verdict.FAILED:
            _note_untrusted(target, findings, peer)
        return
    findings.forgive("greeting", "tls", "extensions")
    if watched.without_login or target.envelope is None or target.message is None:
        session.quit()
    else:
        envelope_stages.check(session, target.envelope, target.message, findings)
    if watched.unverified:
        _advise_to_verify(target, findings, peer)


# ── a second connection, for the certificate alone ──────────────────────────


def _note_untrusted(target: Target, findings: Findings, peer: Peer) -> None:
    """Describe a certificate that is not trusted."""
    session = _open_without_login(target, peer, Verify.IGNORE)
    if isinstance(session, SmtpSession):
        findings.tell("tls", *read_certificate(session).facts(target.now))
        session.quit()


def _advise_to_verify(target: Target, findings: Findings, peer: Peer) -> None:
    """Say whether the certificate would be trusted by now."""
    session = _open_without_login(target, peer, Verify.STRICT)
    if isinstance(session, SmtpSession):
        session.quit()
        findings.advise("tls", advice="it is trusted: unset tls-verify (or ssl-verify)")
    else:
        findings.tell("tls", session.happened)


def _open_without_login(
    target: Target, peer: Peer, verify: Verify
) -> SmtpSession | PymailError:
    """Open a session with TLS in any case; a failure is returned."""
    how = target.server.tls
    mode = how.mode if how.mode is TlsMode.IMPLICIT else TlsMode.REQUIRED
    how = replace(how, mode=mode, verify=verify, pin=None)
    server = replace(target.server, login=None, tls=how)
    opener = SessionOpener(server, peer, trace=target.trace, ask_secret=no_secret)
    try:
        return opener.open()
    except Interrupted:
        raise
    except PymailError as failure:
        return failure
