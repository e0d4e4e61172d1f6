"""Calls into a module of this package in a process of its own, with a time limit.

What it loads may prompt, print, start programs and wait for ever. So it has no
terminal, nothing of our standard input, and nobody sees what it prints; when
the time is over it is killed with all that it started. Question and answer
travel as JSON in pipes: arguments and variables are there for others to read.
"""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pymail.credentials.base import Missing

if TYPE_CHECKING:
    from subprocess import Popen

_LONGEST_SECONDS = 24 * 3600.0  # the system's clocks take 24 days at most
_GRACE_SECONDS = 2

Words = dict[str, str]


def ask(
    module: str,
    question: Words,
    *,
    variables: Mapping[str, str],
    seconds: float,
    hint: str = "",
) -> Words | Missing:
    """Let `answer` in a module of this package answer; `variables` are all it has.

    The `hint` says why it may have been too slow.
    """
    import json
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
    from sys import executable

    here = __package__
    seconds = min(seconds, _LONGEST_SECONDS)
    task = f"{module}.answer, {int(seconds) + _GRACE_SECONDS}"
    code = f"from {here} import isolated_call, {module}; isolated_call.serve({task})"
    try:
        child = Popen(
            [executable, "-P", "-c", code],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=dict(variables),
            start_new_session=True,  # without a terminal getpass finds nobody
        )
    except OSError as error:
        return Missing(f"cannot start Python: {(error.strerror or 'why?').lower()}")
    with child:
        try:
            output, _ = child.communicate(json.dumps(question).encode(), seconds)
        except TimeoutExpired:
            _kill(child)
            return Missing(f"no answer within {seconds:g} s{hint}")
        except BaseException:  # we are interrupted; it would not notice
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
    """Read the last line; what stands before was printed while Python started."""
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
    return f"its process ended without an answer, with status {status}"


def serve(answer: Callable[[Words], Words], seconds: int) -> None:
    """Answer the question on standard input, and end the process.

    Meanwhile the standard streams lead nowhere, also for programs that are
    started. What was left running, threads or exit handlers, is not waited for.
    After `seconds` the process ends in any case: who asked may be gone.
    """
    import json
    from signal import alarm

    alarm(seconds)
    with open(0, "rb", closefd=False) as given:
        question = json.load(given)
    with os.fdopen(os.dup(1), "wb") as pipe:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        pipe.write(b"\n" + json.dumps(answer(question)).encode())
    os._exit(0)
