"""Discovery of submission servers by SRV records; the only importer of dnspython.

Servers that the DNS announces (RFC 6186, RFC 8314 §5.1) come before those with the
usual names. Without the library, or an answer in time, only the usual names are tried.
Servers are URLs, as in settings.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dns.resolver import Resolver

SUBMISSIONS, SUBMISSION = 465, 587  # RFC 8314 §7.3
_SERVICES = {"smtps": "_submissions._tcp", "smtp": "_submission._tcp"}
_USUAL_NAMES = ("smtp", "mail")


def announced_servers(
    domain: str, *, seconds: float, name_server: tuple[str, int] | None = None
) -> list[str]:
    """Look up the SRV records of a domain; returns the servers in order of preference.

    `name_server` is an address and port, None for those of the machine. The result is
    empty if the domain announces no server, or the DNS does not answer.
    """
    try:
        from dns.exception import DNSException
        from dns.resolver import Resolver
    except ImportError:  # the extra `autoconfig` is not installed
        return []
    try:
        resolver = Resolver(configure=name_server is None)
        if name_server is not None:
            resolver.nameservers, resolver.port = [name_server[0]], name_server[1]
        return [
            _url(scheme, host, port)
            for scheme, service in _SERVICES.items()
            for host, port in _query_service(resolver, f"{service}.{domain}.", seconds)
        ]
    except (DNSException, OSError, UnicodeError):
        return []


def _query_service(
    resolver: "Resolver", name: str, seconds: float
) -> list[tuple[str, int]]:
    from dns.resolver import NXDOMAIN, NoAnswer

    try:
        answer = resolver.resolve(name, "SRV", lifetime=seconds)
    except (NXDOMAIN, NoAnswer):
        return []
    rows = sorted(
        (row.priority, -row.weight, str(row.target), row.port) for row in answer
    )
    return [
        (target.rstrip(".").lower(), port)
        for _priority, _weight, target, port in rows
        if target != "."  # RFC 2782: the domain has no such service
    ]


def usual_servers(domain: str) -> list[str]:
    """Return the servers under the names and ports that most domains use."""
    return [url for name in _USUAL_NAMES for url in host_servers(f"{name}.{domain}")]


def host_servers(host: str) -> list[str]:
    """Return the servers at both submission ports of a host."""
    return [_url("smtps", host, SUBMISSIONS), _url("smtp", host, SUBMISSION)]


def _url(scheme: str, host: str, port: int) -> str:
    usual = (scheme, port) == ("smtps", SUBMISSIONS)
    return f"{scheme}://{host}" if usual else f"{scheme}://{host}:{port}"
