"""Fixtures of all tests: an environment of its own for each."""

import io
import os
import pty
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from pymail.environment import Environment
from pymail.model import replace
from tests import surroundings

# The same examples each time: only a change of the code changes the result.
# .ci/run asks for thorough; pytest --hypothesis-profile=search looks for new ones.
_PROFILES = {"quick": (20, True), "thorough": (100, True), "search": (1000, False)}
for _name, (_examples, _same) in _PROFILES.items():
    hypothesis_settings.register_profile(
        _name, max_examples=_examples, deadline=None, derandomize=_same
    )
hypothesis_settings.load_profile("quick")

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BASE = pytest.StashKey[Path]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the machine's settings out; workers of xdist share a directory."""
    if not hasattr(config, "workerinput"):
        config.stash[BASE] = surroundings.new_base()
        config.option.basetemp = config.option.basetemp or config.stash[BASE] / "pytest"
    surroundings.settle(config.stash.get(BASE, Path(tempfile.gettempdir())))


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove all files and processes, also after a failure or an interrupt."""
    if base := config.stash.get(BASE, None):
        surroundings.give_back(base)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Make failures that show undecodable octets serializable between processes."""
    report = yield
    return _as_text(report) if report and report.get("outcome") == "failed" else report


def _as_text(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {key: _as_text(each) for key, each in value.items()}
        case list() | tuple():
            return [_as_text(each) for each in value]
        case _:
            return value


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    """End the processes of a test, also after a failure or an interrupt."""
    before = surroundings.children()
    yield
    surroundings.end_children(before)


class Stopped(Environment):
    """A world where the clock stands and nothing is random."""

    def now(self) -> datetime:
        return NOON

    def clock(self) -> float:
        return 0.0

    def token(self) -> str:
        return "0123456789abcdef"

    def nodename(self) -> str:
        return self.variables.get("its name", "host.example.com")

    def columns(self) -> int:
        return int(self.variables.get("COLUMNS", 80))

    def owns_terminal(self) -> bool:
        return "IN_BACKGROUND" not in self.variables

    def ask_secret(self, prompt: str) -> str | None:
        return self.variables.get(f"answer to {prompt}")


@dataclass(frozen=True)
class World:
    """Makes environments below one temporary directory."""

    directory: Path

    def environment(
        self,
        *words: str,
        stdin: bytes | None = b"",
        rc: str = "",
        terminal: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> Environment:
        """The environment of a run with these arguments; `rc` becomes ~/.mailrc."""
        octets = rc.encode("utf-8", "surrogateescape")
        (self.directory / ".mailrc").write_bytes(octets)
        return Stopped(
            argv=words,
            stdin=None if stdin is None else io.BytesIO(stdin),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            variables=variables or {},
            home=self.directory,
            cwd=self.directory,
            login="me",
            stdin_is_terminal=terminal,
            system_rc_directory=self.directory / "etc",
        )

    def write(self, name: str, content: str | bytes) -> Path:
        """Put a file below the home directory."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        octets = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(octets)
        return path

    @property
    def dead_letter(self) -> str:
        """The text of the dead letter file, empty if there is none."""
        path = self.directory / "dead.letter"
        return path.read_text("utf-8", "replace") if path.exists() else ""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def pymail(world: World) -> Callable[..., Ended]:
    """Run the command in this process; the arguments are those of `World.environment`."""

    def run(*words: str, program: str = "pymail", **around: object) -> Ended:
        from pymail.main import main

        made = world.environment(program, *words, **around)  # type: ignore[arg-type]
        status = main(replace(made))
        assert isinstance(made.stdout, io.StringIO)
        assert isinstance(made.stderr, io.StringIO)
        return Ended(status, made.stdout.getvalue(), made.stderr.getvalue())

    return run


@pytest.fixture(autouse=True)
def _terminal_or_skip(request: pytest.FixtureRequest) -> None:
    """Skip tests that need a pseudo-terminal if the machine has none."""
    if request.node.get_closest_marker("terminal"):
        try:
            ends = pty.openpty()
        except OSError as error:
            pytest.skip(f"no pseudo-terminal: {error}")
        for end in ends:
            os.close(end)
