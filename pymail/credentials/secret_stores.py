"""The places where pymail keeps secrets itself, by the name of `--store`."""

from pymail.credentials.base import Missing, Store
from pymail.credentials.keychain import Keychain
from pymail.credentials.secret_file import FileStore
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.model import model
from pymail.secret import Secret

NAMES = ("keyring", "file")


def store(name: str, environment: Environment, *, keyring_seconds: float) -> Store:
    """Make the store of this name, one of `NAMES`."""
    if name == "keyring":
        return KeyringStore(Keychain(environment, keyring_seconds))
    return FileStore(environment)


@model()
class Usable:
    """Whether a keyring can be used here; `reason` says why not."""

    reason: str = ""

    def __bool__(self) -> bool:
        return not self.reason


def usable(environment: Environment, *, keyring_seconds: float) -> Usable:
    """Tell whether there is a keyring at all; it may be locked."""
    answer = Keychain(environment, keyring_seconds).ask("look")
    return Usable(answer.reason if isinstance(answer, Missing) else "")


@model()
class KeyringStore:
    """Puts secrets into the keyring, under the server's name."""

    keychain: Keychain

    def put(self, user: str, host: str, secret: Secret) -> str:
        """Keep the secret of `user` at `host`, and see that it is there.

        Raises:
            CannotKeepError: the keyring does not take it, and why.
        """
        return self._asked("put", user, host, secret=secret.reveal())["place"]

    def remove(self, user: str, host: str) -> bool:
        """Forget what `put` keeps; returns whether there was something.

        Raises:
            CannotKeepError: the keyring does not let go of it, and why.
        """
        return bool(self._asked("remove", user, host)["removed"])

    def _asked(self, task: str, user: str, host: str, **more: str) -> dict[str, str]:
        answer = self.keychain.ask(task, user=user, host=host.lower(), **more)
        if isinstance(answer, Missing):
            raise CannotKeepError(
                f"keyring: {answer.reason}", advice="--store file keeps it in a file"
            )
        return answer
