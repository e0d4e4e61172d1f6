"""Discovery of submission servers by SRV records.

Servers that the DNS announces (RFC 6186, RFC 8314 §5.1) come before those with the
usual names. Without the library, or an answer in time, only the usual names are tried.
Servers are URLs, as in settings.
"""

from pymail.commands.name_service import Ask, NameServiceError, asker

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
        ask = asker(seconds, name_server)
        return [
            _url(scheme, host, port)
            for scheme, service in _SERVICES.items()
            for host, port in _query_service(ask, f"{service}.{domain}")
        ]
    except NameServiceError:
        return []


def _query_service(ask: Ask, name: str) -> list[tuple[str, int]]:
    rows = [record.split() for record in ask(name, "SRV")]
    rows.sort(key=lambda row: (int(row[0]), -int(row[1]), row[3], int(row[2])))
    return [
        (target.rstrip(".").lower(), int(port))
        for _priority, _weight, port, target in rows
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
