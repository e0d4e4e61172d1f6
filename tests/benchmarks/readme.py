"""The table of man/speed.md, made from the results alone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tests.benchmarks.cases import CASES
from tests.benchmarks.results import OURS, Results, Runs
from tests.benchmarks.units import duration, memory

BEGIN = "<!-- how fast: written by python -m tests.benchmarks --readme -->"
END = "<!-- how fast: end -->"


def renew(path: Path, results: Results) -> None:
    """Put the table into this file."""
    path.write_text(rewritten(path.read_text("utf-8"), results), "utf-8")


def rewritten(page: str, results: Results) -> str:
    """Replace the table between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for the table")
    return f"{before}{BEGIN}\n{markdown(results)}{END}{after}"


def between_marks(page: str) -> str:
    """The table that is in the file."""
    return page.partition(BEGIN)[2].partition(END)[0].removeprefix("\n")


def markdown(results: Results) -> str:
    """Write the table, with machine, date and versions."""
    lines = ["| | pymail | floor | others |", "|---|---|---|---|"]
    for case in CASES:
        if found := results.of(case.name):
            cells = _cells(found, bool(case.task.attachment_octets))
            lines.append(f"| {case.title} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_caption(results), ""])


def _cells(found: list[Runs], with_memory: bool) -> list[str]:
    """Three cells: pymail, floor, and the peers, the fastest first."""
    said = {s.program: _figures(s, with_memory) for s in found if not s.failure}
    peers = sorted(
        (s for s in found if s.program in said.keys() - set(OURS)),
        key=lambda s: s.wall_seconds,
    )
    others = "; ".join(f"{s.program} {said[s.program]}" for s in peers)
    pymail = f"**{said['pymail']}**" if "pymail" in said else "–"
    return [pymail, said.get("floor", "–"), others or "–"]


def _figures(runs: Runs, with_memory: bool) -> str:
    wall = duration(runs.wall_seconds)
    return f"{wall}, {memory(runs.peak_octets)}" if with_memory else wall


def _caption(results: Results) -> Iterator[str]:
    day = date.fromisoformat(results.date[:10])
    counts = {s.number for case in CASES for s in results.of(case.name)}
    runs = " to ".join(str(n) for n in sorted({min(counts), max(counts)}))
    machine = results.machine
    yield (
        f"Medians of {runs} runs, {day.day} {day:%B %Y}; {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['kernel']}; {_versions(results)}."
    )


def _versions(results: Results) -> str:
    """List the versions, once for programs of one package."""
    named = dict(results.programs)
    named.pop("smtp-source -d", None)
    named["floor"] = named.pop("floor", "")
    texts = (
        f"{'' if name == 'floor' else name} {text}" for name, text in named.items()
    )
    return ", ".join(text.strip() for text in texts if text.strip())
