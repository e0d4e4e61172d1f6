"""A walk to a server on loopback."""

from typing import Any

import pytest

from tests.transport.probe.scripts import Checking


@pytest.fixture
def checking(letter: Any, heard: Any) -> Checking:
    return Checking(letter, heard)
