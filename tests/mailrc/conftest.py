"""Runs of settings texts with a few variables and files."""

from collections.abc import Callable, Mapping

import pytest

from pymail.errors import UnreadableInputError
from pymail.mailrc.commands import evaluate
from pymail.mailrc.state import State

Evaluate = Callable[..., State]
ENVIRONMENT = {"HOME": "/home/me", "LOGNAME": "me", "EMPTY": ""}


@pytest.fixture
def run() -> Evaluate:
    def run(
        text: str,
        *,
        files: Mapping[str, str] | None = None,
        interactive: bool = False,
    ) -> State:
        def read(path: str) -> tuple[str, str]:
            if path == "~/secret.rc":
                raise UnreadableInputError("~/secret.rc: Permission denied")
            if files is None or path not in files:
                raise FileNotFoundError(2, "No such file or directory")
            return path, files[path]

        state = State(environment=ENVIRONMENT, read=read, interactive=interactive)
        evaluate(text, "~/.mailrc", state)
        return state

    return run
