"""Replies of servers: parsed, decoded, and shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.reply import SHOWN_CHARACTERS, Reply, decode

GB18030_WORDS = "登录失败，请使用授权码"


# fmt: off
REPLIES: dict[str, tuple[Any, ...]] = {
    "plain": (250, [b"ok"], ("ok",), None),
    "bare": (250, [], (), None),
    "enhanced": (250, [b"2.1.0 ok"], ("ok",), (2, 1, 0)),
    "nothing-but-enhanced": (550, [b"5.1.1"], ("",), (5, 1, 1)),
    "repeated": (535, [b"5.7.8 Not accepted.", b"5.7.8 See the page"], ("Not accepted.", "See the page"), (5, 7, 8)),
    "late": (550, [b"first", b"5.1.1 then"], ("first", "then"), (5, 1, 1)),
    "other-class-is-text": (450, [b"5.1.1 lies"], ("5.1.1 lies",), None),
    "address-is-text": (550, [b"5.1.1.1 host"], ("5.1.1.1 host",), None),
    "long-number-is-text": (550, [b"5.1234.1 x"], ("5.1234.1 x",), None),
    "foreign-digits-are-text": (550, ["5.\u0661.\u0661 x".encode()], ("5.\u0661.\u0661 x",), None),
}
# fmt: on


@pytest.mark.parametrize(
    ("code", "texts", "lines", "enhanced"), REPLIES.values(), ids=REPLIES
)
def test_reply_is_parsed(
    code: int,
    texts: list[bytes],
    lines: tuple[str, ...],
    enhanced: tuple[int, int, int] | None,
) -> None:
    assert Reply.from_octets(code, texts) == Reply(code, lines, enhanced)


@pytest.mark.parametrize(
    ("code", "claims"),
    [
        pytest.param(199, (False, False, False), id="early"),
        pytest.param(250, (True, False, False), id="positive"),
        pytest.param(354, (False, False, False), id="intermediate"),
        pytest.param(421, (False, True, False), id="transient"),
        pytest.param(550, (False, False, True), id="permanent"),
        pytest.param(600, (False, False, False), id="beyond"),
    ],
)
def test_first_digit_decides(code: int, claims: tuple[bool, bool, bool]) -> None:
    reply = Reply(code)
    assert (reply.positive, reply.transient, reply.permanent) == claims


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        pytest.param(Reply(250), "250", id="bare"),
        pytest.param(Reply(250, ("a", " b ", "")), "250 a b", id="several-lines"),
        pytest.param(Reply(550, ("no",), (5, 1, 1)), "550 5.1.1 no", id="enhanced"),
        pytest.param(
            Reply(550, ("\x1b[31mNo\r",)), "550 \\x1b[31mNo", id="escape-sequence"
        ),
        pytest.param(Reply(550, ("[bold]no[/bold]",)), "550 [bold]no[/bold]", id="tag"),
    ],
)
def test_reply_shows_on_one_line(reply: Reply, shown: str) -> None:
    assert str(reply) == shown


def test_long_reply_is_cut_when_shown() -> None:
    shown = str(Reply(550, ("word " * 1000,)))
    assert len(shown) == SHOWN_CHARACTERS
    assert shown.endswith("…")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        pytest.param(b"plain", "plain", id="ascii"),
        pytest.param(GB18030_WORDS.encode(), GB18030_WORDS, id="utf8"),
        pytest.param(GB18030_WORDS.encode("gb18030"), GB18030_WORDS, id="gb18030"),
        pytest.param(b"\xff\xff", "\\xff\\xff", id="no-text-at-all"),
    ],
)
def test_reply_is_decoded(octets: bytes, text: str) -> None:
    assert decode(octets) == text


@given(st.binary())
def test_any_reply_is_printable_when_shown(octets: bytes) -> None:
    shown = str(Reply.from_octets(550, octets.split(b"\n")))
    assert shown.isprintable()
    assert len(shown) <= SHOWN_CHARACTERS
