"""A settings file in a world of a few names and files."""

from collections.abc import Callable, Mapping

import pytest

from pymail.errors import UnreadableInputError
from pymail.mailrc.commands import evaluate
from pymail.mailrc.state import RcHost, State

Evaluate = Callable[..., State]
ENVIRONMENT = {"HOME": "/home/me", "LOGNAME": "me", "EMPTY": ""}


def make_world(
    files: Mapping[str, str] | None = None, *, interactive: bool = False
) -> RcHost:
    """Build a world whose files are these; others are missing."""

    def read(path: str) -> tuple[str, str]:
        if path == "~/secret.rc":
            raise UnreadableInputError("~/secret.rc: Permission denied")
        if files is None or path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return path, files[path]

    return RcHost(read=read, environment=ENVIRONMENT, interactive=interactive)


@pytest.fixture
def world() -> RcHost:
    return make_world()


@pytest.fixture
def run() -> Evaluate:
    def run(
        text: str,
        *,
        files: Mapping[str, str] | None = None,
        interactive: bool = False,
    ) -> State:
        state = State()
        evaluate(text, "~/.mailrc", state, make_world(files, interactive=interactive))
        return state

    return run
