"""Re-readable octets: their parts, blocks and lines."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.byte_source import (
    BLOCK_OCTETS,
    InMemory,
    Octets,
    Slice,
    cut,
    cut_lines,
    dot_stuff,
    gather,
    to_lf,
)
from tests.message.wire import OneByOne


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


@given(
    octets=st.binary(max_size=9),
    start=st.integers(min_value=0, max_value=9),
    end=st.integers(min_value=0, max_value=9),
    other=st.integers(min_value=0, max_value=9),
    source=st.sampled_from([OneByOne, InMemory]),
)
def test_slice_of_a_slice_is_what_slicing_twice_gives(
    octets: bytes,
    start: int,
    end: int,
    other: int,
    source: Callable[[bytes], Octets],
) -> None:
    end = min(end, len(octets))
    outer = Slice(source(octets), start, end)
    expected = octets[start:end][other:]
    assert b"".join(Slice(outer, other, outer.size_octets).chunks()) == expected
    assert b"".join(outer.between(other, 99)) == expected
    assert b"".join(outer.chunks()) == octets[start:end]
    assert outer.size_octets == len(octets[start:end])


SIZES = st.lists(
    st.sampled_from([0, 1, 7, 1000, BLOCK_OCTETS - 1, BLOCK_OCTETS * 3]), max_size=6
)


@given(SIZES, st.sampled_from([b"abcdefg\r\n", b"x", b"\r", b"\n", b"ab\r"]))
def test_blocks_join_to_the_original(sizes: list[int], pattern: bytes) -> None:
    chunks = [(pattern * (size // len(pattern) + 1))[:size] for size in sizes]
    whole = b"".join(chunks)
    for each in (gather, cut_lines, lambda c: cut(c, 57)):
        assert b"".join(each(chunks)) == whole
    blocks = [*cut_lines(chunks)]
    assert not any(
        a.endswith(b"\r") and b.startswith(b"\n") for a, b in pairwise(blocks)
    )
    assert all(len(block) == 57 for block in [*cut(chunks, 57)][:-1])
    assert max(map(len, blocks), default=0) <= 4 * BLOCK_OCTETS


LINES = st.lists(st.sampled_from([b"\r\n", b".", b"..", b"a", b"\r\n.\r\n", b"."])).map(
    b"".join
)


def torn(octets: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    return [octets[a:b] for a, b in pairwise(places)]


def unstuff(octets: bytes) -> bytes:
    return re.sub(rb"(\A|\r\n)\.", rb"\1", octets)


@given(LINES, st.lists(st.integers(0, 200)))
def test_dots_at_the_beginning_of_lines_are_doubled(
    octets: bytes, cuts: list[int]
) -> None:
    stuffed = b"".join(dot_stuff(torn(octets, cuts)))
    assert unstuff(stuffed) == octets
    assert b"\r\n.\r\n" not in b"\r\n" + stuffed
    assert stuffed == b"".join(dot_stuff([octets]))


def test_dots_are_doubled_across_chunks() -> None:
    assert b"".join(dot_stuff([b".", b"\r", b"\n", b".", b"x"])) == b"..\r\n..x"
    assert (
        b"".join(dot_stuff([b"a\r", b"\n.", b".\r", b"\n..\r\n"]))
        == b"a\r\n...\r\n...\r\n"
    )


@given(
    st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b"a"])).map(b"".join),
    st.lists(st.integers(0, 200)),
)
def test_crlf_becomes_lf_wherever_chunks_meet(octets: bytes, cuts: list[int]) -> None:
    assert b"".join(to_lf(torn(octets, cuts))) == octets.replace(b"\r\n", b"\n")
