"""Environments with fake keyrings of every kind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pymail.environment import Environment
from tests.surroundings import lent

FAKES = Path(__file__).parent / "fakes"
MEASURED = lent()


def backend_variables(directory: Path, backend: str) -> Mapping[str, str]:
    """The variables with which the keyring library loads a backend."""
    module = "" if "." in backend else "fake_keyrings."
    return {
        **MEASURED,
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(FAKES),
        "PYTHON_KEYRING_BACKEND": f"{module}{backend}",
        "FAKE_KEYRING_FILE": str(directory / "keyring.json"),
    }


@pytest.fixture
def with_keyring(world: Any) -> Callable[[str], Environment]:
    """Make an environment with a keyring: a fake, or a backend's full name."""

    def made(backend: str) -> Environment:
        variables = backend_variables(world.directory, backend)
        environment: Environment = world.environment("pymail", variables=variables)
        return environment

    return made
