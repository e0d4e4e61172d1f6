"""Numbers as people read them."""

from tests.benchmarks.cases import MB


def duration(seconds: float) -> str:
    """Write a time with three figures at most: 8.6 ms, 102 ms, 1.33 s, 12.5 s."""
    if seconds < 1:
        milliseconds = seconds * 1000
        return f"{milliseconds:.{1 if milliseconds < 10 else 0}f} ms"
    return f"{seconds:.{2 if seconds < 10 else 1}f} s"


def memory(octets: float) -> str:
    """Write a size in MB: 8.1 MB, 27 MB, 2,397 MB."""
    megabytes = octets / MB
    return f"{megabytes:,.{1 if megabytes < 10 else 0}f} MB"


def ratio(one: float, other: float | None) -> str:
    """Write how many times the other this is; a dash without another."""
    return f"{one / other:.2f}" if other else "–"
