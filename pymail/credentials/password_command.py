"""Run of smtp-password-command, which prints the secret in its first line.

It gets nothing to read and no terminal, so that it does by day what it does
under cron, and has a bound of time. What it leaves running (an agent, say) may
keep its output open: its own end is what counts.
"""

import os
import select
import signal
import subprocess
from contextlib import suppress
from time import monotonic

from pymail.credentials.base import Missing
from pymail.credentials.secret_text import LONGEST_OCTETS, first_line
from pymail.environment import Environment
from pymail.secret import PLACEHOLDER

_LOOK_SECONDS = 0.05  # how soon its end is seen while others hold its output
_SHOWN_CHARACTERS = 200
_SHELL = "/bin/sh"

_Process = subprocess.Popen[bytes]


def run(command: str, environment: Environment, seconds: float) -> str | Missing:
    """Return the first line that a command prints, or what went wrong with it."""
    try:
        process = subprocess.Popen(
            [_SHELL, "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=environment.cwd,
            env=dict(environment.variables),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # ValueError: NUL in the command
        return Missing(f"cannot be run: {str(error).lower()}")
    try:
        printed, complaint = _listen(process, monotonic() + seconds)
        ended = process.poll() is not None
    finally:  # also when a signal ends the wait
        _kill(process)
    first = first_line(printed)
    words = _describe(complaint, first)
    if not ended:
        return Missing(f"no end within {seconds:g} seconds{words}")
    if process.returncode:
        return Missing(f"{_describe_status(process.returncode)}{words}")
    return first or Missing(f"it prints nothing{words}")


def _listen(process: _Process, deadline: float) -> tuple[bytes, bytes]:
    """Return the start of what it prints, until it ends or the time is over."""
    assert process.stdout and process.stderr  # noqa: S101, PT018 - they are pipes
    output, complaint = process.stdout.fileno(), process.stderr.fileno()
    heard = {output: bytearray(), complaint: bytearray()}
    poll = select.poll()
    for descriptor in heard:
        poll.register(descriptor, select.POLLIN)
    still_open = len(heard)
    while still_open and (left := deadline - monotonic()) > 0:
        ended = process.poll() is not None
        ready = poll.poll(0 if ended else 1000 * min(left, _LOOK_SECONDS))
        if ended and not ready:
            break
        for descriptor, _ in ready:
            block = os.read(descriptor, LONGEST_OCTETS)
            heard[descriptor] += block[: LONGEST_OCTETS - len(heard[descriptor])]
            if not block:
                poll.unregister(descriptor)
                still_open -= 1
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(deadline - monotonic(), 0))
    return bytes(heard[output]), bytes(heard[complaint])


def _kill(process: _Process) -> None:
    """Let nothing of it run on that should have ended; an agent may."""
    with process:  # closes its output, and waits
        if process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _describe(complaint: bytes, secret: str) -> str:
    """Put its complaint in one line; not what may be the secret (`set -x`)."""
    words = " ".join(complaint.decode("utf-8", "backslashreplace").split())
    if secret.strip():
        words = words.replace(secret.strip(), PLACEHOLDER)
    if len(words) > _SHOWN_CHARACTERS:
        words = words[: _SHOWN_CHARACTERS - 1] + "…"
    return f": {words}" if words else ""


def _describe_status(code: int) -> str:
    return f"it fails with status {code}" if code > 0 else f"ended by signal {-code}"
