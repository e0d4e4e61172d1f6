"""Run programs one after the other, and measure their cost and their mails."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from tests.benchmarks.apart import AUTHORITIES, BUNDLE, Apart, server_for
from tests.benchmarks.calls import Call, Job
from tests.benchmarks.cases import MB, Case, Task
from tests.benchmarks.programs import PATH, Installed
from tests.benchmarks.results import Runs
from tests.benchmarks.sink import Tally

LIMIT_SECONDS = 300
LAUNCHER = Path(__file__).with_name("launch.py")
_PEAK_UNIT_OCTETS = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Spent:
    """Cost, exit status and output of a command."""

    status: int
    wall_seconds: float
    cpu_seconds: float
    peak_octets: int
    said: str


def spend(
    words: list[str],
    stdin: Path,
    directory: Path,
    variables: Mapping[str, str],
    limit_seconds: float = LIMIT_SECONDS,
) -> Spent:
    """Run a command; of this environment it gets only PATH."""
    output = directory / "output"
    command = shutil.which(words[0], path=PATH) or words[0]
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(stdin), str(output)]
    with subprocess.Popen(
        [*launcher, command, *words[1:]],
        stdout=subprocess.PIPE,
        text=True,
        cwd=directory,
        env={"PATH": PATH, "HOME": str(directory), "LC_ALL": "C.UTF-8", **variables},
        start_new_session=True,
    ) as process:
        try:
            ended, _ = process.communicate(timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            return Spent(-SIGKILL, limit_seconds, 0.0, 0, "took too long")
        finally:
            with suppress(
                ProcessLookupError
            ):  # also the processes that it left running
                os.killpg(process.pid, SIGKILL)
    status, wall, cpu, peak = ended.split()
    said = output.read_text("utf-8", "replace")
    peak_octets = int(peak) * _PEAK_UNIT_OCTETS
    return Spent(int(status), float(wall), float(cpu), peak_octets, said)


def measure(
    case: Case,
    programs: Mapping[str, Installed],
    *,
    rounds: int,
    certificate: Path,
    told: Callable[[str], None],
) -> list[Runs]:
    """Run a case; in each round every program runs once, and the first is not counted.

    `told` is called with the name of each run.
    """
    here = [programs[name] for name in case.programs if name in programs]
    ended: dict[str, list[tuple[Spent, str]]] = {}
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-"))
        sink, port = stack.enter_context(server_for(case.task, certificate))
        authorities = certificate.with_name(AUTHORITIES)
        job_of = _jobs(case, port, Path(place), authorities)
        calls = [(program, job_of(program)) for program in here]
        for number in range(rounds + 1):
            for program, job in calls:
                name = program.program.name
                told(f"{case.title}: {name}, run {number} of {rounds}")
                run = _once(program, job, sink)
                if number:
                    ended.setdefault(name, []).append(run)
    return [
        Runs(
            case=case.name,
            program=name,
            size=case.size,
            failure=next((failure for _, failure in runs if failure), ""),
            walls=[round(spent.wall_seconds, 6) for spent, _ in runs],
            cpus=[round(spent.cpu_seconds, 6) for spent, _ in runs],
            peaks=[spent.peak_octets for spent, _ in runs],
        )
        for name, runs in ended.items()
    ]


def _jobs(
    case: Case, port: int, place: Path, authorities: Path
) -> Callable[[Installed], Job]:
    """Make the mails; returns the calls of the programs."""
    attachment = None
    if case.task.attachment_octets:
        attachment = place / "attachment.bin"
        write_random(attachment, case.task.attachment_octets)

    def job(program: Installed) -> Job:
        directory = place / program.program.name
        directory.mkdir()
        return Job(case.task, port, directory, authorities, attachment)

    return job


def write_random(path: Path, octets: int) -> None:
    """Write a file of random octets, which compression can't shrink."""
    with path.open("wb") as file:
        while octets > 0:
            octets -= file.write(os.urandom(min(octets, MB)))


def _once(program: Installed, job: Job, sink: Apart) -> tuple[Spent, str]:
    """Run a program once; returns its cost and its errors."""
    call: Call = program.program.call(job)
    trusted = {
        "SSL_CERT_DIR": str(job.authorities),
        "SSL_CERT_FILE": str(job.authorities / BUNDLE),
    }
    sink.take()  # late mails of the run before
    spent = spend(
        [program.command, *call.words],
        call.stdin,
        job.directory,
        {**call.variables, **(trusted if job.task.verified else {})},
    )
    return spent, failure_of(job.task, spent, sink.take())


def failure_of(task: Task, spent: Spent, arrived: Tally) -> str:
    """Describe missing and duplicate mails of a run; empty if there are none."""
    expected = task.mails * task.recipients
    if spent.status:
        last = spent.said.strip().splitlines()[-1:] or [""]
        return f"status {spent.status}: {last[0]}".rstrip(": ")
    if arrived.messages != task.mails:
        return f"{arrived.messages} messages arrived, not {task.mails}"
    if arrived.recipients != expected:
        return f"{arrived.recipients} recipients, not {expected}"
    if arrived.octets < task.attachment_octets:
        return f"{arrived.octets} octets arrived, not {task.attachment_octets} and more"
    return ""
