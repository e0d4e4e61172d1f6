"""man/speed.md and its picture match the stored results."""

import pytest

from tests.benchmarks import plot, readme
from tests.benchmarks.results import Results
from tests.pages import MAN, ROOT

KEPT = ROOT / "tests/benchmarks"


@pytest.fixture(scope="module")
def results() -> Results:
    return Results.load(KEPT / "results.json")


def test_table_of_the_page_is_made_from_the_results(results: Results) -> None:
    text = (MAN / "speed.md").read_text("utf-8")
    assert readme.between_marks(text) == readme.markdown(results)


def test_picture_is_drawn_from_the_results(results: Results) -> None:
    assert (MAN / "cost.svg").read_text("utf-8") == plot.picture(results)


def test_no_shown_run_has_failed(results: Results) -> None:
    assert [run for run in results.runs if run.failure] == []
