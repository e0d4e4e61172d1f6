"""Files and processes of the tests, which leave none on the machine.

Environment, umask and signals are the same on every machine. Temporary files are in a
directory that is removed, and processes that a failed or interrupted test leaves
running are ended.
"""

import ctypes
import os
import shutil
import signal
import socket
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
ENDING = (signal.SIGTERM, signal.SIGHUP)
IGNORABLE = (signal.SIGQUIT, signal.SIGUSR1, signal.SIGALRM, signal.SIGCHLD)
ORDINARY = {
    "LANG": "C.UTF-8",
    "MAILX_NO_SYSTEM_RC": "1",
    "TERM": "xterm",
    "TZ": "UTC",
}
KEPT = ("COV", "HYPOTHESIS", "LD_", "PYMAIL_REQUIRE_", "PYTEST", "PYTHONDONT")
# for coverage of a child, and for the clock of the tests (LD_PRELOAD)
LENT = ("COV", "LD_PRELOAD")


def lent() -> dict[str, str]:
    """Return the variables for a child that otherwise gets its own environment."""
    return {name: text for name, text in os.environ.items() if name.startswith(LENT)}


def settle(base: Path) -> None:
    """Give this process the environment of the tests, with its files below `base`."""
    home = base / "home"
    home.mkdir(mode=0o700, exist_ok=True)
    for name in [n for n in os.environ if n != "PATH" and not n.startswith(KEPT)]:
        del os.environ[name]
    os.environ.update(ORDINARY, HOME=str(home), TMPDIR=str(base))
    tempfile.tempdir = None  # asks the environment again
    time.tzset()
    os.umask(0o022)
    socket.getfqdn = _refuse_to_resolve
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    # a shell makes background jobs ignore the first, nohup makes SIGHUP ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in IGNORABLE:
        signal.signal(number, signal.SIG_DFL)
    for number in ENDING:
        signal.signal(number, _interrupt)
    with suppress(OSError, AttributeError):  # Linux hands orphans to this process
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _refuse_to_resolve(name: str = "") -> str:
    """Fail where the machine's resolver, which may be slow, would be called."""
    raise AssertionError(f"a test asks the resolver for the full name of {name!r}")


def _interrupt(_number: int, _frame: object) -> None:
    """Raise KeyboardInterrupt once, so that later signals don't disturb the fixtures."""
    for number in (signal.SIGINT, *ENDING):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def new_base() -> Path:
    """Make a directory for everything that tests write."""
    return Path(tempfile.mkdtemp(prefix="pymail-tests-"))


def give_back(base: Path) -> None:
    """End every process that is left, and remove every file."""
    end_children(set())
    shutil.rmtree(base, ignore_errors=True)


def children() -> set[int]:
    """Return the child processes, adopted orphans included."""
    found: set[int] = set()
    for listed in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # the thread has gone
            found.update(map(int, listed.read_text().split()))
    return found


def end_children(before: set[int]) -> None:
    """End the children that are not in `before`, and then the orphans of these."""
    spared = set(before)
    while left := children() - spared:
        for child in left:
            try:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            except PermissionError:  # it belongs to another user
                spared.add(child)
            except (ProcessLookupError, ChildProcessError):
                continue  # it has ended
