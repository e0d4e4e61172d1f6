"""The installed commands, against a server that may hold still."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.installed import PATIENCE_SECONDS, Ended, Home
from tests.scripted import Server, serving


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def run(home: Home) -> Callable[..., Ended]:
    return home.run


Signalled = Callable[..., tuple[Ended, Server]]


@pytest.fixture
def signalled(home: Home) -> Signalled:
    """Run against a server that holds still at a step, where signals come."""

    def run(
        words: list[str], step: str, *numbers: int, rc: str = "", **more: Any
    ) -> tuple[Ended, Server]:
        with serving({**more.pop("answers", {}), step: None}) as server:
            login = "smtp-auth-user=me smtp-auth-password=hunter22 smtp-auth=plain\n"
            usual = f"set smtp={server.address} from=me@example.com {login}{rc}"
            process = home.start(words, rc=usual, **more)
            assert server.holds.wait(PATIENCE_SECONDS)
            for number in numbers:
                process.send_signal(number)
            return home.ended(process), server

    return run
