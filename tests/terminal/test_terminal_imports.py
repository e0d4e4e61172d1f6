"""What the terminal loads, and when."""

import subprocess
import sys

_SCRIPT = """
import io, sys
from pymail.terminal import trace
from pymail.terminal.renderer import choose
choose(io.StringIO(), is_terminal={terminal}, variables={{"TERM": "xterm"}})
print("rich" in sys.modules)
"""


def _loads_rich(*, terminal: bool) -> str:
    script = _SCRIPT.format(terminal=terminal)
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def test_rich_is_loaded_only_to_paint() -> None:
    assert _loads_rich(terminal=False) == "False"
    assert _loads_rich(terminal=True) == "True"
