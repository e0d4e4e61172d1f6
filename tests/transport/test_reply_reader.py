import io
import string
from base64 import b64encode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pymail.errors import ProtocolError
from pymail.reply import Reply
from pymail.terminal.trace import Debug, Verbose
from pymail.transport.base import Trace
from pymail.transport.reply_reader import ReplyReader


def read(octets: bytes) -> Reply | None:
    reader = ReplyReader(lambda _: None)
    reader.feed(octets)
    return reader.next_reply()


@pytest.mark.parametrize(
    ("octets", "reply"),
    [
        pytest.param(b"250 ok\r\n", Reply(250, ("ok",)), id="plain"),
        pytest.param(b"250\r\n", Reply(250, ("",)), id="bare-code"),
        pytest.param(b"250 ok\n", Reply(250, ("ok",)), id="lf"),
        pytest.param(b"250-a\r\n250 b\r\n", Reply(250, ("a", "b")), id="two-lines"),
        pytest.param(
            b"550 5.1.1 no\r\n", Reply(550, ("no",), (5, 1, 1)), id="enhanced"
        ),
        pytest.param(b"250 o", None, id="incomplete"),
        pytest.param(b"250-a\r\n", None, id="continued"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_reply_has_a_code_and_texts(octets: bytes, reply: Reply | None) -> None:
    assert read(octets) == reply


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"199 early", id="code-199"),
        pytest.param(b"600 late", id="code-600"),
        pytest.param(b"25 ok", id="two-digits"),
        pytest.param(b"2500 ok", id="four-digits"),
        pytest.param(b"+25 ok", id="plus"),
        pytest.param(b"-25 ok", id="minus"),
        pytest.param(b" 25 ok", id="blank"),
        pytest.param(b"2_5 ok", id="underscore"),
        pytest.param("٢٥٠ ok".encode(), id="arabic-digits"),
        pytest.param(b"250ok", id="no-blank"),
        pytest.param(b"hello", id="words"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\n", id="empty-and-lf-alone"),
    ],
)
def test_invalid_reply_is_shown_in_the_error(line: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        read(line + b"\r\n")
    assert f'"{line.decode().rstrip()}' in caught.value.happened


def test_escape_sequences_of_an_invalid_reply_are_made_visible() -> None:
    with pytest.raises(ProtocolError, match=r"\\x1b\[2J"):
        read(b"\x1b[2J\r\n")


def test_reply_with_two_codes_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="250 and 550"):
        read(b"250-a\r\n550 b\r\n")


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        pytest.param(b"2" * 4096, "longer than 4096", id="line-without-end"),
        pytest.param(b"250 " + b"z" * 1_000_000 + b"\r\n", "longer", id="long-line"),
        pytest.param(b"250-x\r\n" * 1001, "more than 1000", id="many-lines"),
        pytest.param(
            (b"250-" + b"x" * 4000 + b"\r\n") * 30, "larger than", id="large-reply"
        ),
    ],
)
def test_size_of_a_reply_is_limited(octets: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        read(octets)


def test_replies_are_returned_in_order() -> None:
    reader = ReplyReader(lambda _: None)
    reader.feed(b"250 a\r\n354 b\r\n42")
    assert [reader.next_reply(), reader.next_reply()] == [
        Reply(250, ("a",)),
        Reply(354, ("b",)),
    ]
    assert reader.next_reply() is None
    assert reader.leftover == b"42"


def test_secret_is_hidden_in_the_reply_and_from_the_listener() -> None:
    lines: list[bytes] = []
    reader = ReplyReader(lines.append)
    reader.mask.hide(b"hunter2", b"hunter2hunter2")
    reader.feed(b"535 no hunter2hunter2, hunter2\r\nhunter2\r\n")
    assert reader.next_reply() == Reply(535, ("no <secret>, <secret>",))
    assert reader.raw == b"no hunter2hunter2, hunter2"
    with pytest.raises(ProtocolError) as caught:
        reader.next_reply()
    assert "hunter" not in str(caught.value)
    assert len(lines) == 2  # also the invalid line
    assert b"hunter" not in b"".join(lines)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"535 no hunter2hunter2", id="line-without-an-end"),
        pytest.param(b"535-no hunter2hunter2\r\n", id="reply-without-an-end"),
        pytest.param(b"535-no aHVudGVyMmh1bnRl\r\n53", id="cut-base64"),
        pytest.param(b"535 no hunter2hunt", id="cut"),
    ],
)
def test_secret_is_hidden_in_an_unfinished_reply(octets: bytes) -> None:
    reader = ReplyReader(lambda _: None)
    reader.mask.hide(b"hunter2hunter2")
    reader.feed(octets)
    assert reader.next_reply() is None
    assert reader.unfinished.split(">")[0].endswith("no <secret")


def test_secret_that_looks_like_a_code_does_not_break_replies() -> None:
    reader = ReplyReader(lambda _: None)
    reader.mask.hide(b"25")
    reader.feed(b"250 25\r\n")
    assert reader.next_reply() == Reply(250, ("<secret>",))


@given(
    st.text(string.ascii_letters + "äß很", min_size=6, max_size=20),
    st.binary(max_size=9),
    st.binary(max_size=9),
    st.sampled_from(["plain", "base64", "inside-base64"]),
    st.integers(1, 30),
)
def test_no_trace_shows_a_repeated_secret_in_any_form(
    password: str, before: bytes, after: bytes, form: str, step: int
) -> None:
    secret = password.encode()
    octets = {
        "plain": before + secret + after,
        "base64": b64encode(secret),
        "inside-base64": b64encode(before + secret + after),
    }[form].replace(b"\n", b"")
    assume(secret not in b"<secret> not an SMTP reply")
    for stream, trace in _traces():
        reader = ReplyReader(trace.received)
        reader.mask.hide(secret)
        wire = b"334 " + octets + b"\r\n535 no\r\n"
        for start in range(0, len(wire), step):
            reader.feed(wire[start : start + step])
        shown = str(reader.next_reply()) + str(reader.next_reply())
        shown += stream.getvalue()
        assert password not in shown
        assert b64encode(secret).decode() not in shown
        assert form != "inside-base64" or octets.decode() not in shown


def _traces() -> list[tuple[io.StringIO, Trace]]:
    streams = io.StringIO(), io.StringIO()
    return [
        (streams[0], Verbose(streams[0], lambda _: None)),
        (streams[1], Debug(streams[1], float, lambda _: None)),
    ]


@given(st.binary(max_size=200), st.integers(1, 20))
def test_replies_do_not_depend_on_how_octets_arrive(octets: bytes, step: int) -> None:
    def outcome(pieces: list[bytes]) -> list[str]:
        reader = ReplyReader(lambda _: None)
        replies: list[str] = []
        try:
            for piece in pieces:
                reader.feed(piece)
                while (reply := reader.next_reply()) is not None:
                    replies.append(str(reply))
        except ProtocolError as error:
            replies.append(str(error))
        return replies

    pieces = [octets[i : i + step] for i in range(0, len(octets), step)]
    assert outcome(pieces) == outcome([octets])
