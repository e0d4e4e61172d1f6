"""Numbers with readable units."""

from tests.benchmarks.cases import MB

# The peak of launch.py itself, rounded up: smaller peaks can't be measured.
LEAST_PEAK_OCTETS = 6 * MB


def duration(seconds: float) -> str:
    """Write a time with three figures at most: 8.6 ms, 102 ms, 1.33 s, 12.5 s."""
    if seconds < 0.9995:
        milliseconds = seconds * 1000
        return f"{milliseconds:.{1 if milliseconds < 9.95 else 0}f} ms"
    places = 2 if seconds < 9.995 else 1 if seconds < 99.95 else 0
    return f"{seconds:.{places}f} s"


def memory(octets: float) -> str:
    """Write a size in MB: < 6 MB, 8.1 MB, 27 MB, 2,397 MB."""
    if octets < LEAST_PEAK_OCTETS:
        return f"< {LEAST_PEAK_OCTETS // MB} MB"
    megabytes = octets / MB
    return f"{megabytes:,.{1 if megabytes < 9.95 else 0}f} MB"


def ratio(one: float, other: float | None) -> str:
    """Write how many times the other this is; a dash without another."""
    return f"{one / other:.2f}" if other else "–"
