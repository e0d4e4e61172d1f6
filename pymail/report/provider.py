"""One mailbox provider: its servers, and the secret that it wants for SMTP."""

from enum import Enum

from pymail.model import model


class SecretKind(Enum):
    """What a provider takes as the password of SMTP; the value is for people."""

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
    and domains of them. A port is None when nobody listens there, or nobody says
    so. `login` is empty when it is the address, or with `local_login` what stands
    before the @. `insists`: mail is only taken from the address that logs in.
    `where` tells a person, in the imperative, where the secret is made. `family`
    names those who answer alike.
    """

    name: str
    domains: tuple[str, ...] = ()
    hosts: tuple[str, ...]
    secret: SecretKind
    where: str
    verified: str  # YYYY-MM-DD
    source: str
    tls_port: int | None = 465  # TLS from the first octet
    starttls_port: int | None = None
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
