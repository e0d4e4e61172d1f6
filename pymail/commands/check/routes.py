"""The name of the server and the ways to it, as findings."""

import socket
from collections.abc import Callable

from pymail.commands.check.reachability import Family, Reaching
from pymail.commands.check.target import Visit
from pymail.errors import ConnectError
from pymail.report.checkup import Findings
from pymail.transport.connect import Peer

_NOT_FROM_HERE = "unreachable"  # a machine without IPv6 loses nothing by it


class Reached:
    """A peer that has been reached; further connections go the same way."""

    def __init__(self, peer: Peer, sock: socket.socket) -> None:
        self._peer = peer
        self._sock: socket.socket | None = sock

    @property
    def name(self) -> str:
        """The name that people are shown."""
        return self._peer.name

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Return the connection that is there, then others."""
        sock, self._sock = self._sock, None
        return sock if sock is not None else self._peer.connect(seconds, note)


def reached(asked: Visit, findings: Findings, way: Reaching | Peer) -> Reached:
    """Find the server and connect, to be used for the session.

    Raises:
        HostUnknownError, ConnectError: it is noted.
    """
    if isinstance(way, Reaching):
        return _found(findings, way)
    facts: list[str] = []
    with findings.step("connect"):
        sock = way.connect(asked.server.timeouts.connect, facts.append)
    findings.tell("connect", *facts)
    return Reached(way, sock)


def _found(findings: Findings, reaching: Reaching) -> Reached:
    try:
        with findings.step("name"):
            found = reaching.addresses()
    finally:
        findings.took("name", reaching.lookup_seconds)
    for kind, addresses in found.items():
        findings.tell("name", f"{kind} {', '.join(addresses)}")
    with findings.step("connect"):
        ended, late = reaching.families()
        connected = [family for family in ended if family.failure is None]
        if not connected:
            raise _nobody_there(ended)
    socks = [family.socket() for family in connected]
    for sock in socks[1:]:
        sock.close()
    findings.took("connect", connected[0].seconds)
    tell_of_families(findings, ended, late)
    return Reached(connected[0].peer, socks[0])


def tell_of_families(
    findings: Findings, ended: list[Family], late: list[Family]
) -> None:
    """Say what became of each family; one that fails alone costs a mail time."""
    for family in ended:
        if family.failure is None:
            facts = f"{'; '.join(family.facts)} in {family.seconds:.3f} s"
            findings.tell("connect", f"{family.kind}: {facts}")
        elif _NOT_FROM_HERE in family.failure.happened:
            findings.tell("connect", f"{family.kind}: {family.failure.happened}")
        else:
            findings.warn("connect", f"{family.kind} fails: {family.failure.happened}")
    for family in late:
        findings.warn(
            "connect", f"{family.kind} does not answer, mail may have to wait"
        )


def _nobody_there(families: list[Family]) -> ConnectError:
    """Say what all addresses said."""
    said = [family.failure.happened for family in families if family.failure]
    return ConnectError("; ".join(said), doing=f"connecting to {families[0].name}")
