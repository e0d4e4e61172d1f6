"""Fake secret stores and providers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pymail.credentials.secret_file import own_file
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.report.providers import Provider, SecretKind
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


class Refusing:
    """A credentials file that refuses every secret, or those of one user."""

    def __init__(self, environment: Environment, stores: "Stores") -> None:
        self._file = own_file(environment)
        self._stores = stores

    def put(self, user: str, host: str, secret: Secret) -> str:
        if self._stores.refused in ("", user):
            self._stores.on_refusal()
            raise CannotKeepError(self._stores.refusal)
        return self._file.put(user, host, secret)


@dataclass
class Stores:
    """Replaces `new_secret.open_store`; its keyring works only with a bus."""

    keyring: dict[tuple[str, str], str] = field(default_factory=dict)
    refusal: str = ""  # of the file
    refused: str = ""  # the user whose secret it does not take, empty for all
    stays: bool = False  # the keyring removes no secret
    on_refusal: Callable[[], None] = lambda: None

    def store(self, name: str, environment: Environment, keyring_seconds: float) -> Any:
        assert keyring_seconds > 0
        if name == "file":
            return (
                Refusing(environment, self) if self.refusal else own_file(environment)
            )
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
        if self.stores.stays:
            raise CannotKeepError("keyring: locked")
        return self.stores.keyring.pop((user, host), None) is not None

    def _reach(self) -> None:
        if not self.reachable:
            raise CannotKeepError("keyring: no D-Bus session")
