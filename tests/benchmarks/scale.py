"""A logarithmic axis: which part of it is shown, where a value is, and its ticks."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1, 2, 5)
_ENOUGH_DECADES = 2


@dataclass(frozen=True)
class Scale:
    """From `low` at the place `start` to `high` at the place `end`."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Find where a value is."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """The powers of ten that are shown, with 2 and 5 between if they are few."""
        steps = [step for step in _steps(self.low, self.high) if step >= self.low]
        decades = [step for step in steps if math.log10(step).is_integer()]
        return decades if len(decades) > _ENOUGH_DECADES else steps


def around(values: Iterable[float], start: float, end: float) -> Scale:
    """Make a scale that shows all these positive values, and ends at ticks."""
    found = list(values)
    low, high = min(found), max(found)
    steps = _steps(low, high * 10)
    first = max(step for step in steps if step <= low)
    last = min(step for step in steps if step >= high and step > first)
    return Scale(first, last, start, end)


def _steps(low: float, high: float) -> list[float]:
    """1, 2 and 5 of every decade from that of `low` to `high`."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    # from text, since 5 * 10**-3 is not quite 0.005
    steps = (float(f"{step}e{exponent}") for exponent in exponents for step in _STEPS)
    return [step for step in steps if step <= high]
