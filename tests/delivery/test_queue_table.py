"""The table of the outbox on a screen: no line is wrapped."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from pymail.main import main
from pymail.model import replace
from pymail.text import cells

SENDER = "alerts-of-everything@monitoring.example.com"
RC = f"set smtp=127.0.0.1:1 from={SENDER} outbox=box\n"


@pytest.mark.parametrize("columns", [80, 60])
def test_long_lines_are_cut_at_the_width_of_the_screen(
    pymail: Callable[..., Any], world: Any, columns: int
) -> None:
    assert pymail("a@example.com", stdin=b"text\n", rc=RC).status == 75
    made = world.environment(
        "pymail", "--queue", rc=RC, variables={"COLUMNS": str(columns)}
    )
    assert main(replace(made, stdout_is_terminal=True)) == 0
    assert isinstance(made.stdout, io.StringIO)
    head, first, *_ = made.stdout.getvalue().splitlines()
    assert head.endswith("sender")
    assert cells(first) == columns
    assert first.endswith("…")
    assert pymail("--queue", rc=RC).out.splitlines()[1].endswith(SENDER)
