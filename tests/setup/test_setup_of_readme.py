"""The commands of README for the first mail, run as written."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pages import BLOCK, README, ROOT, section

pytestmark = pytest.mark.live

CODE = "ABCDEFGHIJKLMNOP"
COMMAND = """#!/bin/sh
PYTHONPATH={root}
export PYTHONPATH
case $1 in
    --setup) set -- "$@" {words} ;;
esac
exec {python} -m tests.setup.driver "" "$@" -n
"""


def blocks() -> list[str]:
    text = section(README, "First mail")
    return [block for language, block in BLOCK.findall(text) if language == "sh"]


def test_commands_of_the_readme_lead_to_a_mail(tmp_path: Path, server: Any) -> None:
    command = tmp_path / "bin" / "pymail"
    command.parent.mkdir()
    words = " ".join(server.words)
    command.write_text(COMMAND.format(root=ROOT, words=words, python=sys.executable))
    command.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / "code").write_text(CODE)
    first, scripted, _more = blocks()
    script = f"{scripted}{first.splitlines()[-1]}\n"
    ended = subprocess.run(
        ["/bin/sh", "-e", "-c", script],
        env={
            "HOME": str(home),
            "PATH": f"{command.parent}:/usr/bin:/bin",
            "CODE": CODE,
            "MAILX_NO_SYSTEM_RC": "1",
        },
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert first.startswith("pymail --setup me@163.com\n")
    assert [mail.rcpt_tos for mail in server.mails] == [["me@163.com"]]
