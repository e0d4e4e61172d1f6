"""What was measured: every single run, what they amount to, and the file for them."""

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from tests.benchmarks.cases import GOALS, Case, Goal

OURS = ("pymail", "floor")  # what is compared with the peers, not one of them


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one program; `failure` is empty if it did all it should."""

    case: str
    program: str
    size: int | None = None
    wall_seconds: float
    cpu_seconds: float
    peak_octets: int
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The medians of a program's runs; `spread` is from quartile to quartile."""

    program: str
    runs: int
    wall_seconds: float
    spread_seconds: float
    cpu_seconds: float
    peak_octets: float
    failure: str = ""

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Self:
        """Summarize runs, of which there is at least one, by one program."""
        walls = [run.wall_seconds for run in runs]
        return cls(
            program=runs[0].program,
            runs=len(runs),
            wall_seconds=statistics.median(walls),
            spread_seconds=spread(walls),
            cpu_seconds=statistics.median(run.cpu_seconds for run in runs),
            peak_octets=statistics.median(run.peak_octets for run in runs),
            failure=next((run.failure for run in runs if run.failure), ""),
        )


def spread(values: Sequence[float]) -> float:
    """Compute the distance from the first quartile to the third."""
    if len(values) < 2:
        return 0.0
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return third - first


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A goal, and how pymail did."""

    goal: Goal
    ratio: float

    @property
    def reached(self) -> bool:
        return self.ratio <= self.goal.ratio


@dataclass(frozen=True, kw_only=True)
class Results:
    """All runs, where and when, and the versions of what ran."""

    date: str
    machine: Mapping[str, str]
    programs: Mapping[str, str]
    absent: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    runs: list[Run] = field(default_factory=list)

    def summaries(self, case: str, size: int | None = None) -> list[Summary]:
        """Summarize a case, or a point of a curve, by program."""
        found: dict[str, list[Run]] = {}
        for run in self.runs:
            if (run.case, run.size) == (case, size):
                found.setdefault(run.program, []).append(run)
        return [Summary.of(runs) for runs in found.values()]

    def sizes(self, curve: str) -> list[int]:
        """Find the points of a curve that were measured, in order."""
        return sorted({r.size for r in self.runs if r.case == curve and r.size})

    def curve(self, name: str) -> dict[str, list[tuple[int, Summary]]]:
        """Summarize a curve: by program, the points in order; failures are gaps."""
        lines: dict[str, list[tuple[int, Summary]]] = {}
        for size in self.sizes(name):
            for summary in self.summaries(name, size):
                if not summary.failure:
                    lines.setdefault(summary.program, []).append((size, summary))
        return lines

    def verdicts(self) -> list[Verdict]:
        """Compare pymail with the goals, those of which both sides were measured."""
        return [
            Verdict(goal=goal, ratio=ratio)
            for goal in GOALS
            if (ratio := self._ratio(goal)) is not None
        ]

    def _ratio(self, goal: Goal) -> float | None:
        walls = walls_of(self.summaries(goal.case))
        if not {"pymail", goal.program} <= walls.keys():
            return None
        return walls["pymail"] / walls[goal.program]

    def to_json(self) -> str:
        """Write everything, with a line for each run, so that changes can be read."""
        head = asdict(self)
        del head["runs"]
        written = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
        lines = ",\n".join(f"  {json.dumps(asdict(run))}" for run in self.runs)
        return f'{written},\n "runs": [\n{lines}\n ]\n}}\n'

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        read = json.loads(text)
        for name in ("absent", "remarks"):
            read[name] = tuple(read[name])
        read["runs"] = [Run(**run) for run in read["runs"]]
        return cls(**read)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of results."""
        return cls.from_json(path.read_text("utf-8"))


def walls_of(summaries: Iterable[Summary]) -> dict[str, float]:
    """The wall time of each program that did not fail."""
    return {s.program: s.wall_seconds for s in summaries if not s.failure}


def best_peer(summaries: Iterable[Summary]) -> str | None:
    """The fastest program that is no sender of ours; None if all failed."""
    walls = walls_of(summaries)
    peers = [name for name in walls if name not in OURS]
    return min(peers, key=lambda name: walls[name], default=None)


def failure_of(
    case: Case, *, status: int, said: str, messages: int, recipients: int, octets: int
) -> str:
    """Say what a run did not do, or did too often; empty if all is right."""
    task = case.task
    expected = task.mails * task.recipients
    if status:
        last = said.strip().splitlines()[-1:] or [""]
        return f"status {status}: {last[0]}".rstrip(": ")
    if messages != task.mails:
        return f"{messages} messages arrived, not {task.mails}"
    if recipients != expected:
        return f"{recipients} recipients, not {expected}"
    if octets < task.attachment_octets:
        return f"{octets} octets arrived, not {task.attachment_octets} and more"
    return ""
