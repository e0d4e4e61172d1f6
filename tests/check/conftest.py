"""Fixtures for checks of a server on loopback."""

from pathlib import Path
from typing import Any

import pytest

from pymail.environment import Environment
from tests.check.servers import Checking
from tests.conftest import World
from tests.transport.conftest import authority, blackhole, letter, serve, trace

__all__ = ["authority", "blackhole", "letter", "serve", "trace"]  # fixtures


@pytest.fixture
def checking(serve: Any, letter: Any, trace: Any) -> Checking:
    return Checking(serve, letter, trace)


class KeptWorld(World):
    """A world that keeps the ~/.mailrc of a test, with its mode."""

    def environment(self, *words: str, **more: Any) -> Environment:
        path, aside = self.directory / ".mailrc", self.directory / "aside"
        is_there = path.exists()
        if is_there:
            path.rename(aside)
        made = super().environment(*words, **more)
        path.unlink()
        if is_there:
            aside.rename(path)
        return made


@pytest.fixture
def world(tmp_path: Path) -> World:
    return KeptWorld(tmp_path)
