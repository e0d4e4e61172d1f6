"""Discovery of submission servers by SRV records; the only importer of dnspython.

What the name service announces (RFC 6186, RFC 8314 §5.1) comes before the usual
names. Without the library, or an answer in time, the usual names are all there is.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dns.resolver import Resolver

SUBMISSIONS, SUBMISSION = 465, 587  # RFC 8314 §7.3
_SERVICES = (("_submissions._tcp", True), ("_submission._tcp", False))
_USUAL_NAMES = ("smtp", "mail")


class Place(NamedTuple):
    """A port of a host; `implicit`: TLS from the first octet, else STARTTLS."""

    host: str
    port: int
    implicit: bool

    @property
    def url(self) -> str:
        """The place as settings have it."""
        if (self.port, self.implicit) == (SUBMISSIONS, True):
            return f"smtps://{self.host}"
        return f"{'smtps' if self.implicit else 'smtp'}://{self.host}:{self.port}"


def announced_places(
    domain: str, *, seconds: float, servers: tuple[str, int] | None = None
) -> list[Place]:
    """Ask the name service which servers a domain announces, the best first.

    `servers` is the address and port of a name server, None for those of the
    machine. Empty when it announces none, or cannot be asked.
    """
    try:
        from dns.exception import DNSException
        from dns.resolver import Resolver
    except ImportError:  # the extra `autoconfig` is not installed
        return []
    try:
        resolver = Resolver(configure=servers is None)
        if servers is not None:
            resolver.nameservers, resolver.port = [servers[0]], servers[1]
        return [
            place
            for service, implicit in _SERVICES
            for place in _query_service(
                resolver, f"{service}.{domain}.", seconds, implicit
            )
        ]
    except (DNSException, OSError, UnicodeError):
        return []


def _query_service(
    resolver: "Resolver", name: str, seconds: float, implicit: bool
) -> list[Place]:
    from dns.resolver import NXDOMAIN, NoAnswer

    try:
        answer = resolver.resolve(name, "SRV", lifetime=seconds)
    except (NXDOMAIN, NoAnswer):
        return []
    rows = sorted(
        (row.priority, -row.weight, str(row.target), row.port) for row in answer
    )
    return [
        Place(target.rstrip(".").lower(), port, implicit)
        for _priority, _weight, target, port in rows
        if target != "."  # RFC 2782: decidedly not here
    ]


def usual_places(domain: str) -> list[Place]:
    """Return the places where most domains have their server."""
    return [place for name in _USUAL_NAMES for place in host_places(f"{name}.{domain}")]


def host_places(host: str) -> list[Place]:
    """Return the ports where a host may listen."""
    return [
        Place(host, SUBMISSIONS, implicit=True),
        Place(host, SUBMISSION, implicit=False),
    ]
