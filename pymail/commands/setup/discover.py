"""Discovery of submission servers by SRV records.

What the name service announces (RFC 6186, RFC 8314 §5.1) comes before the usual
names. Without the library, or an answer in time, the usual names are all there is.
Servers are URLs, as settings have them.
"""

from pymail.commands.name_service import Ask, NameServiceError, asker

SUBMISSIONS, SUBMISSION = 465, 587  # RFC 8314 §7.3
_SERVICES = {"smtps": "_submissions._tcp", "smtp": "_submission._tcp"}
_USUAL_NAMES = ("smtp", "mail")


def announced_servers(
    domain: str, *, seconds: float, name_server: tuple[str, int] | None = None
) -> list[str]:
    """Ask the name service which servers a domain announces, the best first.

    `name_server` is an address and port, None for those of the machine. Empty when
    the domain announces none, or the name service cannot be asked.
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
        if target != "."  # RFC 2782: decidedly not here
    ]


def usual_servers(domain: str) -> list[str]:
    """Return the places where most domains have their server."""
    return [url for name in _USUAL_NAMES for url in host_servers(f"{name}.{domain}")]


def host_servers(host: str) -> list[str]:
    """Return the ports where a host may listen."""
    return [_url("smtps", host, SUBMISSIONS), _url("smtp", host, SUBMISSION)]


def _url(scheme: str, host: str, port: int) -> str:
    usual = (scheme, port) == ("smtps", SUBMISSIONS)
    return f"{scheme}://{host}" if usual else f"{scheme}://{host}:{port}"
