"""The seeds of the fuzzer, and some noise, without the fuzzer."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import rc, replies

TARGETS = {"rc": rc, "replies": replies}
CASES = [
    pytest.param(target.check, seed, id=f"{name}-{number}")
    for name, target in TARGETS.items()
    for number, seed in enumerate(target.SEEDS)
]


@pytest.mark.parametrize(("check", "seed"), CASES)
def test_seeds_break_nothing(check: Callable[[bytes], None], seed: bytes) -> None:
    check(seed)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_words_in_any_order_break_nothing(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    pieces = st.one_of(st.sampled_from(target.WORDS), st.binary(max_size=12))
    target.check(b"".join(data.draw(st.lists(pieces, max_size=60))))
