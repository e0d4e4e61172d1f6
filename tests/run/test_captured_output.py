"""Captured output: the first and the last part, in bounded memory."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.run.child import Output, Parts

BLOCKS = {
    "nothing": ([], Parts(b"")),
    "little": ([b"ab", b"cd"], Parts(b"abcd")),
    "all of one part": ([b"12345678"], Parts(b"12345678")),
    "both parts": ([b"12345678", b"abc"], Parts(b"12345678abc")),
    "both parts whole": ([b"12345678abcdefgh"], Parts(b"12345678abcdefgh")),
    "one octet too many": ([b"12345678-abcdefgh"], Parts(b"12345678", b"abcdefgh", 1)),
    "lines": ([b"1\n2\n345", b"678901\n2\n345\n"], Parts(b"1\n2\n", b"2\n345\n", 10)),
    "end without a line end": (
        [b"1\n" * 9, b"xyz"],
        Parts(b"1\n" * 4, b"1\n1\nxyz", 6),
    ),
    "characters": (
        ["磁盘已满了磁盘已满".encode()],
        Parts("磁盘".encode(), "已满".encode(), 15),
    ),
    "whole characters": (
        ["é".encode() * 9],
        Parts("éééé".encode(), "éééé".encode(), 2),
    ),
    "no text": ([b"\x80" * 20], Parts(b"\x80" * 8, b"\x80" * 8, 4)),
    "long characters": (
        ["😀".encode() * 5],
        Parts("😀😀".encode(), "😀😀".encode(), 4),
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_parts_are_cut_between_lines_or_characters(name: str) -> None:
    blocks, parts = BLOCKS[name]
    output = Output(kept_octets=8)
    for block in blocks:
        output.write(block)
    assert output.parts() == parts


@given(st.lists(st.binary(max_size=20) | st.just("已满\n".encode())))
def test_omitted_octets_are_counted(blocks: list[bytes]) -> None:
    output = Output(kept_octets=8)
    for block in blocks:
        output.write(block)
    whole, parts = b"".join(blocks), output.parts()
    assert output.size_octets == len(whole)
    assert whole.startswith(parts.first)
    assert whole.endswith(parts.last)
    assert len(parts.first + parts.last) + parts.left_out_octets == len(whole)
    assert parts.left_out_octets or parts.first == whole


def test_memory_does_not_grow_with_the_output() -> None:
    output, block = Output(kept_octets=1 << 16), b"x" * (1 << 16)
    tracemalloc.start()
    try:
        for _ in range(2000):
            output.write(block)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert output.size_octets == 2000 << 16
    assert most < 1 << 20
