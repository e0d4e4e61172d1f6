"""Tests leave no process and no file on the machine, however they end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAVING = """
import subprocess
import time

def test_it(tmp_path):
    (tmp_path / "file").touch()
    subprocess.Popen(["sh", "-c", "setsid sleep 300 & echo $! > new; mv new DONE"])
    time.sleep(300)
"""


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.live
@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux hands orphans to the tests"
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_tests_leave_nothing(
    number: signal.Signals, tmp_path: Path
) -> None:
    test, done = tmp_path / "test_it.py", tmp_path / "done"
    test.write_text(LEAVING.replace("DONE", str(done)))
    (tmp_path / "base").mkdir()
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest"]
    running = subprocess.Popen(
        [sys.executable, *words, "--rootdir", tmp_path, "-c", "/dev/null", test],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "base")},
        stdout=subprocess.DEVNULL,
    )
    while not done.exists():
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(number)
    assert running.wait(30) == pytest.ExitCode.INTERRUPTED
    assert not is_there(int(done.read_text()))
    assert list((tmp_path / "base").iterdir()) == []
