"""Stores and providers that tests need no machine and no table for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.outcome.providers import Provider, SecretKind
from pymail.secret import Secret

PROVIDERS = tuple(
    Provider(
        name=name,
        domains=(domain,),
        hosts=(f"smtp.{domain}",),
        secret=kind,
        where=f"go to the settings of {domain}",
        verified="2026-11-26",
        source="a test",
        insists=True,
    )
    for name, domain, kind in (
        ("163", "163.com", SecretKind.AUTHORIZATION_CODE),
        ("QQ", "qq.com", SecretKind.AUTHORIZATION_CODE),
        ("Gmail", "gmail.com", SecretKind.APP_PASSWORD),
        ("Outlook.com", "outlook.com", SecretKind.TOKEN),
    )
)


@dataclass
class NetrcStore:
    """Keeps secrets where the chain finds them."""

    path: Path
    refusal: str = ""

    def put(self, user: str, host: str, secret: Secret) -> str:
        if self.refusal:
            raise CannotKeepError(self.refusal)
        self.remove(user, host)
        with self.path.open("a") as file:
            line = f"machine {host} login {user} password {secret.reveal()}\n"
            file.write(line)
        self.path.chmod(0o600)
        return str(self.path)

    def remove(self, user: str, host: str) -> bool:
        lines = self.path.read_text().splitlines(keepends=True) if self.there else []
        rest = [line for line in lines if f" {host} login {user} " not in line]
        if len(rest) != len(lines):
            self.path.write_text("".join(rest))
        return len(rest) != len(lines)

    @property
    def there(self) -> bool:
        return self.path.exists()


@dataclass
class Stores:
    """Stands in for `credentials.stores`; the keyring is open to those with a bus."""

    keyring: dict[tuple[str, str], str] = field(default_factory=dict)
    refusal: str = ""  # of the file

    def store(
        self, name: str, environment: Environment, *, keyring_seconds: float
    ) -> Any:
        assert keyring_seconds > 0
        if name == "file":
            return NetrcStore(environment.home / ".netrc", self.refusal)
        return KeyringStore(self, "BUS" in environment.variables)


@dataclass
class KeyringStore:
    stores: Stores
    reachable: bool

    def put(self, user: str, host: str, secret: Secret) -> str:
        self._reach()
        self.stores.keyring[user, host] = secret.reveal()
        return "the keyring"

    def remove(self, user: str, host: str) -> bool:
        self._reach()
        return self.stores.keyring.pop((user, host), None) is not None

    def _reach(self) -> None:
        if not self.reachable:
            raise CannotKeepError("keyring: no D-Bus session")
