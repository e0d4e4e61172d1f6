"""man/comparison.md says what was seen, and pymail still does it."""

import pytest

from tests import comparison
from tests.benchmarks.programs import installed, pymail_command


def test_table_of_the_page_is_made_from_what_was_seen() -> None:
    text = comparison.PAGE.read_text("utf-8")
    assert comparison.table_of(text) == comparison.markdown(comparison.load())


@pytest.mark.live
def test_pymail_does_what_the_page_says() -> None:
    program = installed(["pymail"], pymail_command())["pymail"]
    rows = [row for row in comparison.ROWS if row.name != "memory"]
    kept = comparison.load()["pymail"].cells
    seen = comparison.see(program, rows)
    assert seen == {row.name: kept[row.name] for row in rows}
