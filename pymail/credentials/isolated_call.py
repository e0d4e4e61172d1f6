"""Calls of a function in a process of its own, with a time limit.

A keyring library may prompt, print, start programs and wait for ever. Therefore the
process has no terminal and no standard input, its output is discarded, and at the
time limit it is killed with every program that it started. Question and answer are
JSON in pipes, because other users can read arguments and variables of a process.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pymail.credentials.secret_text import Missing
from pymail.text import system_message

if TYPE_CHECKING:
    from subprocess import Popen

_LONGEST_SECONDS = 24 * 3600.0  # the system's clocks take 24 days at most
_GRACE_SECONDS = 2

Words = dict[str, str]


def ask(
    question: Words, *, variables: Mapping[str, str], seconds: float
) -> Words | Missing:
    """Call `keyring.answer` in a new process, with no variables but `variables`."""
    import json
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
    from sys import executable

    seconds = min(seconds, _LONGEST_SECONDS)
    task = f"keyring.answer, {int(seconds) + _GRACE_SECONDS}"
    code = (
        f"from {__package__} import isolated_call, keyring; isolated_call.serve({task})"
    )
    try:
        child = Popen(
            [executable, "-P", "-c", code],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=dict(variables),
            start_new_session=True,  # no terminal, so that getpass can't prompt
        )
    except OSError as error:
        return Missing(f"can't start Python: {system_message(error)}")
    with child:
        try:
            output, _ = child.communicate(json.dumps(question).encode(), seconds)
        except TimeoutExpired:
            _kill(child)
            hint = "is it waiting to be unlocked? (keyring-timeout)"
            return Missing(f"no answer within {seconds:g} s; {hint}")
        except BaseException:  # an interrupt, which the process does not receive
            _kill(child)
            raise
    answer = None if child.returncode else _parse_answer(output)
    return answer or Missing(_describe_end(child.returncode))


def _kill(child: "Popen[bytes]") -> None:
    from contextlib import suppress
    from signal import SIGKILL

    with suppress(ProcessLookupError):
        os.killpg(child.pid, SIGKILL)


def _parse_answer(output: bytes) -> Words | None:
    """Parse the last line; Python may print other lines while it starts."""
    import json

    try:
        answer = json.loads(output.rpartition(b"\n")[2])
    except ValueError:
        return None
    if isinstance(answer, dict) and all(isinstance(v, str) for v in answer.values()):
        return answer
    return None


def _describe_end(status: int) -> str:
    if status < 0:
        return f"its process was killed by signal {-status}"
    return f"its process exited with status {status}, without an answer"


def serve(answer: Callable[[Words], Words], seconds: int) -> None:
    """Answer the question on standard input, and exit.

    Meanwhile the standard streams are /dev/null, also for programs that it starts.
    The exit does not wait for threads or exit handlers. After `seconds` the process
    ends in any case, because its parent may have been killed.
    """
    import json
    from signal import alarm

    alarm(seconds)
    with open(0, "rb", closefd=False) as stdin:
        question = json.load(stdin)
    with os.fdopen(os.dup(1), "wb") as pipe:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        pipe.write(b"\n" + json.dumps(answer(question)).encode())
    os._exit(0)
