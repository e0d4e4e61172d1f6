"""Mailbox providers: their servers, and the secret that they want for SMTP.

One row per provider. `verified` is the day on which the facts were last held
against `source`, or that source's own date. A server that is not here is treated
as it says itself.
"""

from pymail.report.provider import Provider, SecretKind
from pymail.report.providers_china import CHINA
from pymail.report.providers_relays import RELAYS
from pymail.report.providers_world import WORLD

__all__ = ["PROVIDERS", "Provider", "SecretKind", "of_address", "of_host"]

PROVIDERS: tuple[Provider, ...] = (*CHINA, *WORLD, *RELAYS)


def of_address(address: str) -> Provider | None:
    """Find who hosts an address, by its domain."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return next((row for row in PROVIDERS if domain in row.domains), None)


def of_host(host: str) -> Provider | None:
    """Find whose server a host is: it is named, or below a name; the longest counts.

    A server on this machine is nobody's: whoever runs a bridge knows it.
    """
    name = host.lower().rstrip(".")
    if name.startswith("127."):
        return None
    found = [(len(h), p) for p in PROVIDERS for h in p.hosts if is_in(name, h)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def offers_starttls(host: str, port: int) -> bool:
    """Tell whether a server is one that is known to offer STARTTLS at that port."""
    provider, name = of_host(host), host.lower().rstrip(".")
    if provider is None or port not in provider.starttls_ports:
        return False
    begins = f"{provider.hosts[0].partition('.')[0]}."
    return name in provider.hosts or name.startswith(begins)


def is_in(name: str, domain: str) -> bool:
    """Tell whether a host name is a domain, or below it."""
    return name == domain or name.endswith(f".{domain}")
