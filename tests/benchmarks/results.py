"""Results: all runs, their medians, and the file that stores them."""

import json
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from tests.benchmarks.cases import GOALS, Goal

OURS = ("pymail", "floor")  # compared with the peers


@dataclass(frozen=True, kw_only=True)
class Runs:
    """The runs of a program in one case, and their medians.

    `failure` is empty if every run was complete.
    """

    case: str
    program: str
    size: int | None = None
    failure: str = ""
    walls: list[float]
    cpus: list[float]
    peaks: list[int]

    @property
    def number(self) -> int:
        return len(self.walls)

    @property
    def wall_seconds(self) -> float:
        return statistics.median(self.walls)

    @property
    def spread_seconds(self) -> float:
        """The distance from the first quartile to the third."""
        if self.number < 2:
            return 0.0
        first, _, third = statistics.quantiles(self.walls, n=4, method="inclusive")
        return third - first

    @property
    def cpu_seconds(self) -> float:
        return statistics.median(self.cpus)

    @property
    def peak_octets(self) -> float:
        return statistics.median(self.peaks)


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
    """All runs, with machine, date and versions."""

    date: str
    machine: Mapping[str, str]
    programs: Mapping[str, str]
    absent: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    runs: list[Runs] = field(default_factory=list)

    def of(self, case: str, size: int | None = None) -> list[Runs]:
        """Find the runs of a case, or of a point of a curve, by program."""
        return [run for run in self.runs if (run.case, run.size) == (case, size)]

    def sizes(self, curve: str) -> list[int]:
        """Find the points of a curve that were measured, in order."""
        return sorted({r.size for r in self.runs if r.case == curve and r.size})

    def curve(self, name: str) -> dict[str, list[tuple[int, Runs]]]:
        """Find the runs of a curve: by program, the points in order; failures are gaps."""
        lines: dict[str, list[tuple[int, Runs]]] = {}
        for size in self.sizes(name):
            for runs in self.of(name, size):
                if not runs.failure:
                    lines.setdefault(runs.program, []).append((size, runs))
        return lines

    def verdicts(self) -> list[Verdict]:
        """Compare pymail with the goals, those of which both sides were measured."""
        return [
            Verdict(goal=goal, ratio=ratio)
            for goal in GOALS
            if (ratio := self._ratio(goal)) is not None
        ]

    def _ratio(self, goal: Goal) -> float | None:
        walls = walls_of(self.of(goal.case))
        if not {"pymail", goal.program} <= walls.keys():
            return None
        return walls["pymail"] / walls[goal.program]

    def to_json(self) -> str:
        """Write everything, with a line for each program of a case, for readable diffs."""
        head = asdict(self)
        del head["runs"]
        written = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
        lines = ",\n".join(f"  {json.dumps(asdict(run))}" for run in self.runs)
        return f'{written},\n "runs": [\n{lines}\n ]\n}}\n'

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the output of `to_json`."""
        read = json.loads(text)
        for name in ("absent", "remarks"):
            read[name] = tuple(read[name])
        read["runs"] = [Runs(**run) for run in read["runs"]]
        return cls(**read)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file of results."""
        return cls.from_json(path.read_text("utf-8"))


def walls_of(found: Iterable[Runs]) -> dict[str, float]:
    """The wall time of each program that did not fail."""
    return {runs.program: runs.wall_seconds for runs in found if not runs.failure}


def best_peer(found: Iterable[Runs]) -> str | None:
    """The fastest program other than pymail; None if all failed."""
    walls = walls_of(found)
    peers = [name for name in walls if name not in OURS]
    return min(peers, key=lambda name: walls[name], default=None)
