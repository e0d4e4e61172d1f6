"""Fixtures: pymail as sendmail, and a local program that records its calls."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import World

SCRIPT = '#!/bin/sh\nprintf "%s\\n" "$@" >"$0.words"\ncat >"$0.message"\n'


@dataclass(frozen=True)
class LocalProgram:
    """A local program in place of sendmail, ~/mta."""

    path: Path

    @property
    def words(self) -> list[str]:
        """The arguments of its last call."""
        return self.path.with_name("mta.words").read_text().splitlines()

    @property
    def message(self) -> str:
        """The message of its last call."""
        return self.path.with_name("mta.message").read_text()

    @property
    def called(self) -> bool:
        return self.path.with_name("mta.words").exists()


@pytest.fixture
def mta(world: World) -> LocalProgram:
    path = world.write("mta", SCRIPT)
    path.chmod(0o700)
    return LocalProgram(path)


@pytest.fixture
def sendmail(pymail: Callable[..., Any]) -> Callable[..., Any]:
    """Run pymail as sendmail; keywords are those of `World.environment`."""

    def run(*words: str, **around: Any) -> Any:
        usual = {
            "program": "sendmail",
            "rc": "set mta=test hostname=web1.example.com\n",
        }
        return pymail(*words, **{**usual, **around})

    return run


class Failing(io.RawIOBase):
    """A standard input that yields some lines and then fails."""

    def __init__(self, failure: BaseException, *lines: bytes) -> None:
        self._lines = iter(lines)
        self._failure = failure

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        for line in self._lines:
            buffer[: len(line)] = line
            return len(line)
        raise self._failure
