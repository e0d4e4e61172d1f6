"""smtp-password-command, which prints the secret as its first line.

The command gets no input and no terminal, so that it behaves as it does under cron,
and it has a time limit. A program that it leaves running, such as an agent, may keep
its output open: the wait ends with the command itself.
"""

import os
import select
import signal
import subprocess
from contextlib import suppress
from time import monotonic

from pymail.credentials.secret_text import LONGEST_OCTETS, Missing, first_line
from pymail.environment import Environment
from pymail.secret import PLACEHOLDER
from pymail.text import shorten

_LOOK_SECONDS = 0.05  # delay until its exit is noticed while an agent has its output
_SHOWN_CHARACTERS = 200
_SHELL = "/bin/sh"

_Process = subprocess.Popen[bytes]


def run(command: str, environment: Environment, seconds: float) -> str | Missing:
    """Return the first line that a command prints, or the reason why there is none."""
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
        return Missing(f"can't be run: {str(error).lower()}")
    try:
        printed, complaint = _listen(process, monotonic() + seconds)
        ended = process.poll() is not None
    finally:  # also when a signal ends the wait
        _kill(process)
    first = first_line(printed)
    words = _describe(complaint, first)
    if not ended:
        return Missing(f"it did not end within {seconds:g} seconds{words}")
    if process.returncode:
        return Missing(f"{_describe_status(process.returncode)}{words}")
    return first or Missing(f"it printed no password{words}")


def _listen(process: _Process, deadline: float) -> tuple[bytes, bytes]:
    """Read standard output and error until it exits or the deadline; both are capped."""
    assert process.stdout and process.stderr  # noqa: S101, PT018 - they are pipes
    output, complaint = process.stdout.fileno(), process.stderr.fileno()
    buffers = {output: bytearray(), complaint: bytearray()}
    poll = select.poll()
    for descriptor in buffers:
        poll.register(descriptor, select.POLLIN)
    still_open = len(buffers)
    while still_open and (left := deadline - monotonic()) > 0:
        ended = process.poll() is not None
        ready = poll.poll(0 if ended else 1000 * min(left, _LOOK_SECONDS))
        if ended and not ready:
            break
        for descriptor, _ in ready:
            block = os.read(descriptor, LONGEST_OCTETS)
            buffers[descriptor] += block[: LONGEST_OCTETS - len(buffers[descriptor])]
            if not block:
                poll.unregister(descriptor)
                still_open -= 1
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(deadline - monotonic(), 0))
    return bytes(buffers[output]), bytes(buffers[complaint])


def _kill(process: _Process) -> None:
    """Kill a command that has not ended with its children; an agent may run on."""
    with process:  # closes its output, and waits
        if process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _describe(complaint: bytes, secret: str) -> str:
    """Put its error output in one line, without the secret (`set -x` prints it)."""
    words = " ".join(complaint.decode("utf-8", "backslashreplace").split())
    if secret.strip():
        words = words.replace(secret.strip(), PLACEHOLDER)
    return f": {shorten(words, _SHOWN_CHARACTERS)}" if words else ""


def _describe_status(code: int) -> str:
    return f"it failed with status {code}" if code > 0 else f"killed by signal {-code}"
