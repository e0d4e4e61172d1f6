"""Errors name their step; the mask covers every part of a secret."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.errors import AuthenticationError, PymailError, TransientError
from pymail.reply import Reply
from pymail.secret import MASK, PART_OCTETS, Mask


def test_failure_names_the_step_first() -> None:
    error = PymailError("refused", doing="connecting to h:25")
    assert str(error) == "connecting to h:25: refused"
    assert str(PymailError("refused")) == "refused"


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        pytest.param(PymailError("x"), False, id="usual"),
        pytest.param(TransientError("x"), True, id="transient"),
        pytest.param(AuthenticationError("x"), False, id="login"),
        pytest.param(AuthenticationError("x", reply=Reply(454)), True, id="login-454"),
        pytest.param(AuthenticationError("x", reply=Reply(535)), False, id="login-535"),
    ],
)
def test_a_failure_tells_whether_a_retry_may_succeed(
    error: PymailError, transient: bool
) -> None:
    assert error.transient is transient


def _parts(octets: bytes) -> set[bytes]:
    """Return every part of the length that the mask covers."""
    size = min(PART_OCTETS, len(octets))
    return {octets[n : n + size] for n in range(len(octets) - size + 1)}


@given(
    st.binary(max_size=60),
    st.binary(min_size=1, max_size=30),
    st.binary(max_size=60),
    st.integers(0, 30),
    st.integers(0, 30),
)
def test_mask_shows_no_secret_and_no_part_of_it(
    before: bytes, secret: bytes, after: bytes, start: int, cut: int
) -> None:
    """A server may repeat a secret, or the part that arrived before a disconnect."""
    mask = Mask()
    mask.hide(secret)
    echo = secret[start : len(secret) - cut] or secret
    shown = mask.cover(before + echo + after)
    assert all(p not in piece for piece in shown.split(MASK) for p in _parts(secret))


@given(st.binary(min_size=8, max_size=30), st.binary(max_size=9), st.integers(0, 9))
def test_mask_shows_no_part_of_a_secret_in_base64_wherever_it_begins(
    secret: bytes, before: bytes, cut: int
) -> None:
    mask = Mask()
    mask.hide(secret)
    encoded = b64encode(before + secret + b"\0")
    of_secret = encoded[(len(before) * 8 + 5) // 6 : (len(before + secret) * 8) // 6]
    shown = mask.cover(b"535 not " + encoded[: len(encoded) - cut])
    assert all(p not in shown for p in _parts(of_secret) if len(p) == PART_OCTETS)


def test_mask_changes_no_other_octets() -> None:
    mask = Mask()
    assert not mask
    mask.hide(b"", b"hunter2hunter2")
    assert mask
    assert mask.cover(b"535 hunter2 is short, hunter2hunter2 not") == (
        b"535 hunter2 is short, <secret> not"
    )
    assert mask.cover(b"hunter2hunter2hunter2") == MASK
    assert not mask.covers(b"authentication failed")
