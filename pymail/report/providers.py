"""Mailbox providers: their servers, and the secret that they want for SMTP.

The rows are in data/providers.toml. A server that is not there is treated as it says
itself.
"""

import tomllib
from collections.abc import Mapping
from enum import Enum
from pkgutil import get_data
from typing import Any

from pymail.model import model


class SecretKind(Enum):
    """The kind of password that a provider takes for SMTP; the value is for people."""

    AUTHORIZATION_CODE = "authorization code"
    APP_PASSWORD = "app password"  # noqa: S105 - words
    PASSWORD = "password"  # noqa: S105 - words
    API_KEY = "API key"
    TOKEN = "access token"  # noqa: S105 - OAuth 2, and nothing else


@model(kw_only=True)
class Provider:
    """One provider.

    `domains` are those of addresses, empty for relays and for those whose users
    bring their own; `hosts` the server that is written into settings, then others
    and domains of them. A port is 0 when there is none, or none is
    documented. `login` is empty when it is the address, or with `local_login` what stands
    before the @. `insists`: mail is only taken from the address that logs in.
    `verified` is the day on which the facts were last held against `source`, or that
    source's own date. `where` tells a person, in the imperative, where the secret is made. `family`
    names those who answer alike.
    """

    name: str
    domains: tuple[str, ...] = ()
    hosts: tuple[str, ...]
    secret: SecretKind
    where: str
    verified: str  # YYYY-MM-DD
    source: str
    tls_port: int = 465  # TLS from the first octet
    starttls_port: int = 0
    more_starttls_ports: tuple[int, ...] = ()
    login: str = ""
    local_login: bool = False
    insists: bool = False
    family: str = ""

    @property
    def starttls_ports(self) -> tuple[int, ...]:
        """Every port at which STARTTLS is known to be offered."""
        first = (self.starttls_port,) if self.starttls_port else ()
        return (*first, *self.more_starttls_ports)

    @property
    def url(self) -> str:
        """The server as `set smtp=` has it."""
        if self.tls_port:
            port = "" if self.tls_port == 465 else f":{self.tls_port}"
            return f"smtps://{self.hosts[0]}{port}"
        return f"smtp://{self.hosts[0]}:{self.starttls_port}"

    def user(self, address: str) -> str:
        """Tell the name that the owner of an address logs in with."""
        if self.local_login:
            return address.rpartition("@")[0] or address
        return self.login or address


def read_data(name: str) -> dict[str, Any]:
    """Read one of the tables in data, be they files or in a zip."""
    return tomllib.loads((get_data("pymail.report", f"data/{name}") or b"").decode())


def fields_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a table as those of a frozen value: its arrays as tuples."""
    return {n: tuple(v) if isinstance(v, list) else v for n, v in row.items()}


PROVIDERS: tuple[Provider, ...] = tuple(
    Provider(**fields_of(row) | {"secret": SecretKind(row["secret"])})
    for row in read_data("providers.toml")["provider"]
)


def find_by_address(address: str) -> Provider | None:
    """Find who hosts an address, by its domain."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    return next((row for row in PROVIDERS if domain in row.domains), None)


def find_by_host(host: str) -> Provider | None:
    """Return the provider of a host: the longest name that the host has or is below.

    A server on this machine is of no provider: it may be a bridge to any.
    """
    name = host.lower().rstrip(".")
    if name.startswith("127."):
        return None
    found = [(len(h), p) for p in PROVIDERS for h in p.hosts if is_in(name, h)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def offers_starttls(host: str, port: int) -> bool:
    """Tell whether a server is one that is known to offer STARTTLS at that port."""
    provider, name = find_by_host(host), host.lower().rstrip(".")
    if provider is None or port not in provider.starttls_ports:
        return False
    begins = f"{provider.hosts[0].partition('.')[0]}."
    return name in provider.hosts or name.startswith(begins)


def is_in(name: str, domain: str) -> bool:
    """Tell whether a host name is a domain, or below it."""
    return name == domain or name.endswith(f".{domain}")
