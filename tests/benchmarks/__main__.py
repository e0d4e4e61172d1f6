"""python -m tests.benchmarks: the cost of sending, with pymail and its peers.

Every case runs all programs in turn, round after round, against a server on this
machine that counts the arrivals. A run fails unless exactly one complete mail arrives
for all recipients, with status 0. All connections are on loopback.
"""

import os
import platform
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from tests.benchmarks import plot, readme, report
from tests.benchmarks.apart import ROOT, throwaway_certificate
from tests.benchmarks.cases import NAMES, Case, chosen
from tests.benchmarks.measure import measure
from tests.benchmarks.programs import (
    PROGRAMS,
    Installed,
    has_bytecode,
    installed,
    pymail_command,
)
from tests.benchmarks.results import Results, Runs

KEPT = Path(__file__).parent  # the results that man/speed.md shows
SHOWN = ROOT / "man"
RESULTS, PICTURE = "results.json", "cost.svg"
BUSY_LOAD = 0.5
ALL = tuple(program.name for program in PROGRAMS)


def _names(
    known: Sequence[str],
) -> Callable[[click.Context, click.Parameter, str], tuple[str, ...]]:
    """Make a callback that takes words with commas between, out of these."""

    def taken(
        _context: click.Context, _option: click.Parameter, value: str
    ) -> tuple[str, ...]:
        words = tuple(word for word in value.split(",") if word)
        if strange := [word for word in words if word not in known]:
            raise click.BadParameter(f"{strange[0]} is not one of {', '.join(known)}")
        return words

    return taken


def _only(known: Sequence[str]) -> str:
    return f"Only these, with commas between: {', '.join(known)}."


def _points(
    _context: click.Context, _option: click.Parameter, value: str
) -> tuple[int, ...]:
    """Take sizes with commas between."""
    words = [word for word in value.split(",") if word]
    if not all(word.isdecimal() and int(word) for word in words):
        raise click.BadParameter("sizes are numbers with commas between")
    return tuple(int(word) for word in words)


@click.command(help=__doc__)
@click.option("--cases", callback=_names(NAMES), default="", help=_only(NAMES))
@click.option(
    "--programs", callback=_names(ALL), default=",".join(ALL), help=_only(ALL)
)
@click.option(
    "--points", callback=_points, default="", help="Sizes for the curves: 1,10,100."
)
@click.option(
    "--runs",
    type=click.IntRange(1),
    help="How many of each; long cases have half as many.  [default: 7]",
)
@click.option("--quick", is_flag=True, help="What takes little, once.")
@click.option(
    "--pymail",
    default=pymail_command,
    help="The command to measure, if it is not the one beside this Python.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "build" / "benchmarks",
    help="Where results and picture are written.  [default: build/benchmarks]",
)
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Measure nothing; show these results.",
)
@click.option(
    "--readme",
    "for_readme",
    is_flag=True,
    help="Write results, and the picture and the table of man/speed.md.",
)
def main(
    *,
    cases: tuple[str, ...],
    programs: tuple[str, ...],
    points: tuple[int, ...],
    runs: int | None,
    quick: bool,
    pymail: str,
    output: Path,
    source: Path | None,
    for_readme: bool,
) -> None:
    console = Console()
    if source:
        results = Results.load(source)
    else:
        plan = chosen(cases, points, quick)
        found = installed(programs, pymail)
        rounds = runs or (1 if quick else 7)
        results = _measure_all(plan, programs, found, rounds, console)
    for table in report.tables(results):
        console.print(table)
    for note in report.notes(results):
        console.print(note, highlight=False, markup=False)
    if for_readme:
        _keep(results, KEPT, SHOWN)
        readme.renew(SHOWN / "speed.md", results)
    else:
        _keep(results, output, output)


def _measure_all(
    plan: Sequence[Case],
    wanted: Sequence[str],
    found: dict[str, Installed],
    runs: int,
    console: Console,
) -> Results:
    remarks = []
    if (load := os.getloadavg()[0]) > BUSY_LOAD:
        remarks.append(f"the machine was busy with something else: load {load:.1f}")
    done: list[Runs] = []
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as place,
        console.status("") as status,
    ):
        certificate = throwaway_certificate(Path(place))
        for case in plan:
            console.print(case.title, style="dim")
            done += measure(
                case,
                found,
                rounds=case.rounds(runs),
                certificate=certificate,
                told=status.update,
            )
    if "pymail" in found and not has_bytecode(found["pymail"].command):
        remarks.append("pymail is not compiled, and was anew at every start")
    return Results(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=_machine(),
        programs={name: program.version for name, program in found.items()},
        absent=tuple(name for name in wanted if name not in found),
        remarks=tuple(remarks),
        runs=done,
    )


def _machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> Mapping[str, str]:
    """Name the processor, how many there are, the kernel, and this Python."""
    return {
        "cpu": _processor(cpuinfo),
        "cores": str(os.cpu_count() or 1),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
    }


def _processor(cpuinfo: Path) -> str:
    try:
        named = re.search(r"^model name\s*: *(.+)", cpuinfo.read_text(), re.MULTILINE)
    except OSError:
        named = None
    return named[1] if named else platform.processor() or platform.machine()


def _keep(results: Results, place: Path, picture_place: Path) -> None:
    """Write the results and their picture."""
    place.mkdir(parents=True, exist_ok=True)
    (place / RESULTS).write_text(results.to_json(), "utf-8")
    if picture := plot.picture(results):
        (picture_place / PICTURE).write_text(picture, "utf-8")


if __name__ == "__main__":
    main()
