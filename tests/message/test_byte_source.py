"""Parts of re-readable octets."""

from collections.abc import Iterator

import pytest

from pymail.message.byte_source import Slice


class Blocks:
    """A source that can only be read from its start."""

    size_octets = 6

    def __init__(self) -> None:
        self.read = 0

    def chunks(self) -> Iterator[bytes]:
        for block in (b"ab", b"cd", b"ef"):
            self.read += 1
            yield block


@pytest.mark.parametrize(
    ("start", "end", "octets", "blocks"),
    [
        (0, 1, b"a", 2),
        (1, 3, b"bc", 3),
        (3, 6, b"def", 3),
        (0, 9, b"abcdef", 3),
        (4, 4, b"", 3),
    ],
)
def test_a_slice_reads_no_further_than_it_has_to(
    start: int, end: int, octets: bytes, blocks: int
) -> None:
    source = Blocks()
    assert b"".join(Slice(source, start, end).chunks()) == octets
    assert source.read == blocks
