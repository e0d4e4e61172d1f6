"""Logarithmic axes."""

import pytest

from tests.benchmarks.scale import Scale, around


def test_a_decade_is_as_long_as_every_other() -> None:
    scale = Scale(1, 1000, 0, 300)
    assert [scale.place(value) for value in (1, 10, 100, 1000)] == pytest.approx(
        [0, 100, 200, 300]
    )


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([1, 10_000], (1, 10_000)),
        ([0.31, 1.37], (0.2, 2)),
        ([0.0046, 3.0], (0.002, 5)),
        ([7, 7], (5, 10)),
        ([5, 5], (5, 10)),
        ([1], (1, 2)),
    ],
    ids=str,
)
def test_axis_ends_at_the_next_tick(
    values: list[float], ends: tuple[float, float]
) -> None:
    scale = around(values, 0, 100)
    assert (scale.low, scale.high) == ends
    assert all(0 <= scale.place(value) <= 100 for value in values)


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [
        ((1, 10_000), [1, 10, 100, 1000, 10_000]),
        ((0.2, 2), [0.2, 0.5, 1, 2]),
        ((0.005, 5), [0.01, 0.1, 1]),
        ((5, 10), [5, 10]),
    ],
    ids=str,
)
def test_ticks_are_decades_unless_those_are_few(
    ends: tuple[float, float], ticks: list[float]
) -> None:
    assert Scale(*ends, 0, 1).ticks == ticks
