"""The places where pymail keeps secrets itself, by the name of `--store`."""

from pymail.credentials.base import Store
from pymail.environment import Environment

NAMES = ("keyring", "file")


def store(name: str, environment: Environment, *, keyring_seconds: float) -> Store:
    """Make the store of this name, one of `NAMES`."""
    raise NotImplementedError(name, environment, keyring_seconds)
