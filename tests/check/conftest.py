"""A walk to a server on loopback."""

from typing import Any

import pytest

from tests.check.servers import Checking
from tests.transport.conftest import authority, blackhole, heard, letter, serve

__all__ = ["authority", "blackhole", "heard", "letter", "serve"]  # fixtures


@pytest.fixture
def checking(letter: Any, heard: Any) -> Checking:
    return Checking(letter, heard)
