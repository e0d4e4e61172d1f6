"""Mailbox providers: their servers, and the secret that they want for SMTP.

One row per provider. `verified` is the day on which the facts were last held
against `source`. A server that is not here is treated as it says itself.
"""

from enum import Enum

from pymail.record import record


class SecretKind(Enum):
    """What a provider takes as the password of SMTP; the value is for people."""

    AUTHORIZATION_CODE = "authorization code"
    APP_PASSWORD = "app password"  # noqa: S105 - words
    PASSWORD = "password"  # noqa: S105 - words
    API_KEY = "API key"
    TOKEN = "access token"  # noqa: S105 - OAuth 2, and nothing else


@record(kw_only=True)
class Provider:
    """One provider.

    `domains` are those of addresses, empty for relays; `hosts` the server that is
    written into settings, then others and domains of them. A port is None when
    nobody listens there. `login` is empty when it is the address. `insists`: mail
    is only taken from the address that logs in. `where` tells a person where the
    secret is made.
    """

    name: str
    domains: tuple[str, ...]
    hosts: tuple[str, ...]
    secret: SecretKind
    where: str
    verified: str  # YYYY-MM-DD
    source: str
    tls_port: int | None = 465  # TLS from the first octet
    starttls_port: int | None = None
    login: str = ""
    insists: bool = False

    @property
    def url(self) -> str:
        """The server as `set smtp=` has it."""
        if self.tls_port:
            port = "" if self.tls_port == 465 else f":{self.tls_port}"
            return f"smtps://{self.hosts[0]}{port}"
        return f"smtp://{self.hosts[0]}:{self.starttls_port}"


PROVIDERS: tuple[Provider, ...] = (
    Provider(
        name="163",
        domains=("163.com",),
        hosts=("smtp.163.com",),
        secret=SecretKind.AUTHORIZATION_CODE,
        where="log in to mail.163.com, Settings > POP3/SMTP/IMAP, switch SMTP on and "
        "create an authorization code",
        verified="2026-03-12",
        source="Thunderbird's provider list (ISPDB)",
        insists=True,
    ),
)


def of_address(address: str) -> Provider | None:
    """Find who hosts an address, by its domain."""
    domain = address.rpartition("@")[2].lower()
    return next((row for row in PROVIDERS if domain in row.domains), None)


def of_host(host: str) -> Provider | None:
    """Find whose server a host is: it is named, or below a name."""
    name = host.lower().rstrip(".")
    for row in PROVIDERS:
        if any(name == known or name.endswith(f".{known}") for known in row.hosts):
            return row
    return None
