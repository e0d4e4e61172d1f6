"""man/comparison.md matches the results, and pymail still behaves like that."""

import pytest

from tests import comparison
from tests.benchmarks.programs import installed, pymail_command
from tests.pages import README, section


def test_table_of_the_page_matches_the_results() -> None:
    text = comparison.PAGE.read_text("utf-8")
    assert comparison.table_of(text) == comparison.markdown(comparison.load())


@pytest.mark.parametrize("name", ["one-refused", "issuer"])
def test_readme_has_the_same_cells(name: str) -> None:
    lines = section(README, "Compared").replace("**", "").splitlines()
    table = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    programs = table[0]
    title = next(row.title for row in comparison.ROWS if row.name == name)
    cells = next(row[1:] for row in table if row[0] == title)
    kept = comparison.load()
    assert cells == [kept[program].cells[name] for program in programs]


@pytest.mark.live
def test_pymail_does_what_the_page_says() -> None:
    program = installed(["pymail"], pymail_command())["pymail"]
    rows = [row for row in comparison.ROWS if row.name != "memory"]
    kept = comparison.load()["pymail"].cells
    seen = comparison.see(program, rows)
    assert seen == {row.name: kept[row.name] for row in rows}
