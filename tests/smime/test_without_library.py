"""Messages where `cryptography` is not installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import sys
sys.modules["cryptography"] = None
sys.argv = ["pymail", "-s", "S", "ops@example.com"]
from pymail.main import run
run()
"""


def run_without_cryptography(
    home: Path, setting: str
) -> subprocess.CompletedProcess[str]:
    (home / ".mailrc").write_text(f"set mta=test from=me@example.com\n{setting}\n")
    return subprocess.run(
        [sys.executable, "-c", START],
        input="text\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(home), "MAILX_NO_SYSTEM_RC": "1"},
    )


@pytest.mark.parametrize(
    "setting",
    [
        "set smime-sign smime-sign-cert=me.pem",
        "set smime-encrypt-ops@example.com=ops.crt",
        "set smime-force-encryption",
    ],
    ids=["sign", "encrypt", "force"],
)
def test_missing_library_is_named_with_the_command_that_installs_it(
    setting: str, tmp_path: Path
) -> None:
    ended = run_without_cryptography(tmp_path, setting)
    assert ended.returncode == 78
    happened, step, kept = ended.stderr.splitlines()
    assert "smime-* variables need the library cryptography" in happened
    assert (
        step == f"  what to do: {sys.executable} -m pip install cryptography --upgrade"
    )
    assert kept == f"pymail: message kept in {tmp_path}/dead.letter"
    assert ended.stdout == ""
    assert (tmp_path / "dead.letter").read_text().endswith("\ntext\n\n")


def test_library_is_not_needed_without_smime(tmp_path: Path) -> None:
    ended = run_without_cryptography(tmp_path, "")
    assert (ended.returncode, ended.stderr) == (0, "")
