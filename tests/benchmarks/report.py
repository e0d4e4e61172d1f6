"""Results as tables for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tests.benchmarks.cases import CASES, CURVES, Curve
from tests.benchmarks.results import (
    Results,
    Runs,
    Verdict,
    best_peer,
    walls_of,
)
from tests.benchmarks.units import duration, memory, ratio

_NUMBERS = ("wall", "spread", "CPU", "peak", "x best peer", "x floor")


def tables(results: Results) -> Iterator[Group]:
    """Make a table of all results, and a table of the goals."""
    for case in CASES:
        if found := results.of(case.name):
            yield _titled(_title(case.title, found), table(found))
    for curve in CURVES:
        if sizes := results.sizes(curve.name):
            yield _titled(curve.title, curve_table(curve, sizes, results))
    if verdicts := results.verdicts():
        yield _titled("goals", goals(verdicts))


def _titled(title: str, table: Table) -> Group:
    """Put a title above a table, which would break it into lines of its width."""
    return Group(Text(f"\n{title}", style="bold"), table)


def _title(title: str, found: Sequence[Runs]) -> str:
    runs = max(runs.number for runs in found)
    return f"{title}: {f'medians of {runs} runs' if runs > 1 else 'one run'}"


def table(found: Sequence[Runs]) -> Table:
    """Show a case: a line for each program, the fastest first and failures last."""
    drawn = Table("program")
    for name in _NUMBERS:
        drawn.add_column(name, justify="right")
    walls = walls_of(found)
    best = walls.get(best_peer(found) or "")
    for runs in sorted(found, key=lambda s: (bool(s.failure), s.wall_seconds)):
        style = "bold" if runs.program == "pymail" else None
        drawn.add_row(*_cells(runs, best, walls.get("floor")), style=style)
    return drawn


def _cells(runs: Runs, best: float | None, floor: float | None) -> list[str]:
    if runs.failure:
        return [runs.program, f"[red]failed[/]: {escape(runs.failure)}"]
    return [
        runs.program,
        duration(runs.wall_seconds),
        duration(runs.spread_seconds),
        duration(runs.cpu_seconds),
        memory(runs.peak_octets),
        ratio(runs.wall_seconds, best),
        ratio(runs.wall_seconds, floor),
    ]


def curve_table(curve: Curve, sizes: Sequence[int], results: Results) -> Table:
    """Show a curve: a line for each program, a column for each size."""
    drawn = Table("program")
    cells: dict[str, list[str]] = {}
    for column, size in enumerate(sizes):
        drawn.add_column(f"{size:,}", justify="right")
        for runs in results.of(curve.name, size):
            row = cells.setdefault(runs.program, [""] * len(sizes))
            row[column] = _point(runs)
    for program, row in cells.items():
        drawn.add_row(program, *row, style="bold" if program == "pymail" else None)
    return drawn


def _point(runs: Runs) -> str:
    if runs.failure:
        return f"[red]failed[/]: {escape(runs.failure)}"
    return f"{duration(runs.wall_seconds)}\n{memory(runs.peak_octets)}"


def goals(verdicts: Sequence[Verdict]) -> Table:
    """Show each goal and how pymail did."""
    drawn = Table("case", "pymail takes at most", "it took", "")
    for verdict in verdicts:
        goal = verdict.goal
        drawn.add_row(
            goal.case,
            f"{goal.ratio:.2f} x {goal.program}",
            f"{verdict.ratio:.2f}",
            "[green]reached[/]" if verdict.reached else "[red]missed[/]",
        )
    return drawn


def notes(results: Results) -> list[str]:
    """Describe the machine, the versions, and the caveats."""
    machine = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    versions = ", ".join(f"{name} {text}" for name, text in results.programs.items())
    said = [f"{results.date}: {machine}", f"programs: {versions}"]
    if results.absent:
        said.append(f"not here: {', '.join(results.absent)}")
    return [*said, *(f"mind: {remark}" for remark in results.remarks)]
