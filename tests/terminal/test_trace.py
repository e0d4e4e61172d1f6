"""Traces of a session."""

import io
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.terminal.trace import (
    SHOWN_CHARACTERS,
    SHOWN_LINES,
    Debug,
    NullTrace,
    Verbose,
)


def _clock() -> Callable[[], float]:
    times = iter(n * 0.125 for n in range(10_000_000))
    return lambda: next(times)


def _verbose(stream: io.StringIO) -> Verbose:
    def warn(text: str) -> None:
        stream.write(f"pymail: {text}\n")

    return Verbose(stream, warn)


def _debug(stream: io.StringIO, clock: Callable[[], float] = lambda: 0) -> Debug:
    return Debug(stream, clock, lambda _: None)


def _say(trace: NullTrace) -> None:
    trace.note("connected to 192.0.2.1 port 25")
    trace.received(b"220 smtp.example.com ready")
    trace.sent(b"EHLO test.example.org")
    trace.received(b"250-smtp.example.com")
    trace.received(b"250 AUTH LOGIN")
    trace.sent(b"AUTH LOGIN")
    trace.received(b"334 VXNlcm5hbWU6")
    trace.secret("«secret»")
    trace.received("535 登录失败".encode("gb18030"))
    trace.warning("the certificate was not checked")
    trace.sent(b"DATA")
    trace.body(b"Subject: s\r\n\r\nte")
    trace.body(b"xt\r\n")
    trace.body_ends()
    trace.received(b"250 Data Ok: queued as 1")


def test_debug_shows_every_line_with_its_time() -> None:
    stream = io.StringIO()
    _say(_debug(stream, _clock()))
    assert (
        stream.getvalue()
        == """\
[  0.125] *  connected to 192.0.2.1 port 25
[  0.250] S: 220 smtp.example.com ready
[  0.375] C: EHLO test.example.org
[  0.500] S: 250-smtp.example.com
[  0.625] S: 250 AUTH LOGIN
[  0.750] C: AUTH LOGIN
[  0.875] S: 334 VXNlcm5hbWU6  (Username:)
[  1.000] C: «secret»
[  1.125] S: 535 登录失败
[  1.250] !  the certificate was not checked
[  1.375] C: DATA
[  1.500] C: Subject: s
[  1.625] C:
[  1.750] C: text
[  1.875] C: .
[  2.000] S: 250 Data Ok: queued as 1
"""
    )


def test_verbose_shows_the_conversation_as_mailx_does() -> None:
    stream = io.StringIO()
    _say(_verbose(stream))
    assert (
        stream.getvalue()
        == """\
220 smtp.example.com ready
>>> EHLO test.example.org
250-smtp.example.com
250 AUTH LOGIN
>>> AUTH LOGIN
334 VXNlcm5hbWU6  (Username:)
>>> «secret»
535 登录失败
pymail: the certificate was not checked
>>> DATA
>>> .
250 Data Ok: queued as 1
"""
    )


def test_without_a_trace_only_warnings_are_shown() -> None:
    heard: list[str] = []
    _say(NullTrace(heard.append))
    assert heard == ["the certificate was not checked"]


# fmt: off
CHALLENGES = {
    "empty": (b"334 ", "334 "),
    "user": (b"334 VXNlcm5hbWU6", "334 VXNlcm5hbWU6  (Username:)"),
    "continued": (b"334-UGFzcw==", "334-UGFzcw==  (Pass)"),
    "bad-padding": (b"334 VXNlcm5hbWU", "334 VXNlcm5hbWU"),
    "no-text": (b"334 /////w==", "334 /////w=="),
    "no-base64": (b"334 go ahead", "334 go ahead"),
    "escape": (b"334 G1szMW0=", "334 G1szMW0=  (\\x1b[31m)"),
    "other-code": (b"250 VXNlcm5hbWU6", "250 VXNlcm5hbWU6"),
}
# fmt: on


@pytest.mark.parametrize(("line", "shown"), CHALLENGES.values(), ids=CHALLENGES)
def test_challenges_are_shown_in_clear(line: bytes, shown: str) -> None:
    stream = io.StringIO()
    _verbose(stream).received(line)
    assert stream.getvalue() == f"{shown}\n"


def test_control_characters_are_shown_not_obeyed() -> None:
    stream = io.StringIO()
    trace = _verbose(stream)
    trace.received(b"220 \x1b]0;PWNED\x07\x1b[2Jready")
    trace.secret("AUTH \x1b[2J")
    trace.warning("\r\n\x1b[2J")
    lines = stream.getvalue().split("\n")
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)


def test_long_lines_are_cut() -> None:
    stream = io.StringIO()
    _verbose(stream).received(b"250 " + b"x" * 100_000)
    assert stream.getvalue() == "250 " + "x" * (SHOWN_CHARACTERS - 5) + "…\n"


def _shown_body(*blocks: bytes) -> list[str]:
    stream = io.StringIO()
    trace = _debug(stream, lambda: 0)
    for block in blocks:
        trace.body(block)
    trace.body_ends()
    return [line[13:] for line in stream.getvalue().splitlines()]


# fmt: off
CONTENTS = {
    "all-shown": ([b"l\r\n" * SHOWN_LINES], ["l", "."]),
    "one-more": ([b"l\r\n" * (SHOWN_LINES + 1)], ["... 1 more lines, 3 octets", "."]),
    "many-more": ([b"l\r\n" * 10_000, b"l\r\n" * 10_000], ["... 19,980 more lines, 59,940 octets", "."]),
    "more-without-an-end": ([b"l\r\n" * SHOWN_LINES, b"l\r\nend"], ["... 2 more lines, 6 octets", "."]),
    "no-line-end": ([b"one", b" line"], ["one line", "."]),
    "nothing": ([], ["."]),
}
# fmt: on


@pytest.mark.parametrize(("blocks", "last"), CONTENTS.values(), ids=CONTENTS)
def test_content_is_shown_in_part_and_the_rest_counted(
    blocks: list[bytes], last: list[str]
) -> None:
    assert _shown_body(*blocks)[-2:] == last


def test_the_next_message_is_shown_from_its_start() -> None:
    stream = io.StringIO()
    trace = _debug(stream, lambda: 0)
    for _ in range(2):
        trace.body(b"l\r\n" * 30)
        trace.body_ends()
    shown = stream.getvalue()
    assert shown.count("C: l\n") == 2 * SHOWN_LINES
    assert shown.count("... 10 more lines, 30 octets") == 2


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_content_does_not_depend_on_the_blocks(blocks: list[bytes]) -> None:
    assert _shown_body(*blocks) == _shown_body(b"".join(blocks))


class Broken(io.StringIO):
    """A stream whose reader has closed it."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(text)


def test_a_broken_stream_never_stops_a_mail() -> None:
    _say(_debug(Broken(), _clock()))
    closed = io.StringIO()
    closed.close()
    _say(Verbose(closed, lambda _: None))


@given(st.binary(max_size=30))
def test_a_challenge_of_any_octets_is_one_line(octets: bytes) -> None:
    stream = io.StringIO()
    _verbose(stream).received(b"334 " + b64encode(octets))
    assert stream.getvalue().count("\n") == 1
