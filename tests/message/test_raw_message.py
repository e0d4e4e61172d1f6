"""Parsing of messages that programs write."""

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.errors import MessageError
from pymail.message import foreign, raw_message
from pymail.message.byte_source import InMemory
from tests.message.wire import OneByOne


def parse(text: bytes) -> raw_message.RawMessage:
    return raw_message.parse_message(InMemory(text))


def octets(text: bytes) -> bytes:
    return b"".join(foreign.finish_message(parse(text).public()).chunks())


HEADERS = {
    "from-line": (
        b"From me Mon Nov 23 12:00:00 2026\nA: b\n\nx\n",
        b"A: b\r\n\r\nx\r\n",
    ),
    "quoted-from-line": (b">From me\nA: b\n\nx\n", b"A: b\r\n\r\nx\r\n"),
    "from-and-no-field": (b"From a: disk\nfull\n", b"\r\nFrom a: disk\r\nfull\r\n"),
    "only-from": (b"From me", b"\r\nFrom me\r\n"),
    "from-with-a-blank": (b"From : me\nA: b\n\nx\n", b"From : me\r\nA: b\r\n\r\nx\r\n"),
    "no-header": (b"\nx\n", b"\r\nx\r\n"),
    "text-at-once": (b"hello\nA: b\n", b"\r\nhello\r\nA: b\r\n"),
    "no-blank-line": (b"A: b\nhello you\n", b"A: b\r\n\r\nhello you\r\n"),
    "blank-first": (b" A: b\nx\n", b"\r\n A: b\r\nx\r\n"),
    "header-alone": (b"A: b", b"A: b\r\n\r\n"),
    "mixed-ends": (b"A: b\r\nC: d\n\r\nx\ny\r\n", b"A: b\r\nC: d\r\n\r\nx\r\ny\r\n"),
    "cr-cr-lf": (b"A: b\r\r\nC: d\r\r\n\r\nx\n", b"A: b\r\nC: d\r\n\r\nx\r\n"),
    "no-end": (b"A: b\n\nx", b"A: b\r\n\r\nx\r\n"),
    "empty": (b"", b"\r\n"),
    "blind": (
        b"A: b\nBcc: c@x.org,\n d@x.org\nResent-Bcc: e@x.org\nBCC: f\n\nx\n",
        b"A: b\r\n\r\nx\r\n",
    ),
    "trace-of-a-mailbox": (
        b"Return-Path: <a@x.org>\nContent-Length: 9\nA: b\n\nx\n",
        b"A: b\r\n\r\nx\r\n",
    ),
    "eight-bit": (
        "Subject: 你好\n\nx\n".encode(),
        b"Subject: =?utf-8?B?5L2g5aW9?=\r\n\r\nx\r\n",
    ),
    "cr-alone": (b"A: b\rC: d\r\rx\ry\r", b"A: b\r\nC: d\r\n\r\nx\r\ny\r\n"),
    "line-of-blanks": (
        b"A: b\n \t\nC: d\n \nhello\n",
        b"A: b\r\nC: d\r\n\r\nhello\r\n",
    ),
    "word-of-base64-in-lines": (
        b"Subject: =?UTF-8?B?5Lit5paH5Lit5paH\n5Lit5paH\n5Lit5paH?= x\n y\nA: b\n\nx\n",
        b"Subject: =?utf-8?B?5Lit5paH5Lit5paH5Lit5paH5Lit5paH?= x y\r\nA: b\r\n\r\nx\r\n",
    ),
    "no-word-of-base64": (
        b"Subject: =?UTF-8?B?5Lit\nhello there\n",
        b"Subject: =?UTF-8?B?5Lit\r\n\r\nhello there\r\n",
    ),
    "no-name-is-so-long": (
        b"n" * 300 + b": b\n",
        b"\r\n" + b"n" * 300 + b": b\r\n",
    ),
    "control": (
        b"Subject: a\rBcc: e@x.org\n\nx\n",
        b"Subject: a Bcc: e@x.org\r\n\r\nx\r\n",
    ),
}


@pytest.mark.parametrize(("text", "sent"), HEADERS.values(), ids=HEADERS)
def test_header_is_sent(text: bytes, sent: bytes) -> None:
    assert octets(text) == sent


def test_field_longer_than_a_line_may_be_is_folded() -> None:
    words = b" ".join([b"word"] * 400)
    sent = octets(b"X-Long: " + words + b"\n\nx\n")
    assert max(map(len, sent.split(b"\r\n"))) < 100
    assert sent.count(b"word") == 400


def test_blank_lines_may_be_above_a_header_that_names_recipients() -> None:
    text = InMemory(b"\n \nTo: a@x.org\n\nx\n")
    assert raw_message.parse_message(text, names_recipients=True).recipients() == (
        "a@x.org",
    )
    assert raw_message.parse_message(text).fields == ()
    text = InMemory(b"\nError: none\n")
    assert raw_message.parse_message(text, names_recipients=True).fields == ()


FIELDS = {
    "lists": ("Cc", ",".join(f"user{n}@example.com" for n in range(90)), 90),
    "references": ("References", "".join(f"<{n}@example.com>" for n in range(90)), 90),
    "word": ("X-Word", "x" * 1500, 1),
    "name": ("To", "n" * 1500 + " <a@example.com>", 1),
    "comment": ("To", f"a@example.com ({'c' * 1500})", 1),
    "identifier": ("Message-ID", f"<{'m' * 970}@example.com>", 1),
    "parameter": ("Content-Type", f'text/plain; name="{"x" * 1500}"', 1),
}


@pytest.mark.parametrize(("name", "body", "pieces"), FIELDS.values(), ids=FIELDS)
def test_field_that_is_too_long_folds(name: str, body: str, pieces: int) -> None:
    sent = octets(f"{name}: {body}\nA: b\n\nx\n".encode())
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    read = message_from_bytes(sent, policy=default)
    assert read["A"] == "b"
    text = sent.partition(b"\r\nA:")[0].replace(b"\r\n", b"")
    assert text.count(b"example.com") in (pieces, 0)


@pytest.mark.parametrize("name", ["Date", "Message-ID", "Cc"])
def test_field_that_fits_no_line_is_refused(name: str) -> None:
    body = "x" * 1000 + "@example.com"
    with pytest.raises(MessageError, match="too long"):
        octets(f"{name}: {body}\n\nx\n".encode())


# fmt: off
RECIPIENTS = {
    "all-three": (b"To: a@x\nCc: b@x, C <c@x>\nBcc: d@x\nTo: e@x\n\n", "a@x e@x b@x"),
    "resent": (b"Resent-To: r@x\nResent-Bcc: s@x\nTo: a@x\nBcc: d@x\n\n", "r@x s@x"),
    "resent-twice": (b"Resent-From: a@x\nResent-To: r@x\nResent-From: b@x\nResent-To: s@x\n\n", "r@x"),
    "resent-before-a-hop": (b"Resent-To: r@x\nReceived: by y\nResent-To: s@x\n\n", "r@x"),
    "two-resent-to": (b"Resent-To: r@x\nResent-To: s@x\n\n", "r@x s@x"),
    "dead-letter": (b"From me Mon Nov 23 12:00:00 2026\nTo: a@x\nX-Envelope-To: c@x\n\n", "a@x"),
    "stranger": (b"X-Envelope-To: c@x\nTo: a@x\n\n", "a@x"),
    "empty-group": (b"To: undisclosed-recipients:;\n\n", ""),
}
# fmt: on


@pytest.mark.parametrize(("text", "addresses"), RECIPIENTS.values(), ids=RECIPIENTS)
def test_recipients_of_a_header(text: bytes, addresses: str) -> None:
    named = parse(text).recipients()
    assert list(named)[: len(addresses.split())] == addresses.split()
    assert (named == ()) is (addresses == "")


def test_dead_letter_is_sent_without_its_marks() -> None:
    entry = b"From me Mon Nov 23 12:00:00 2026\nX-Envelope-To: c@x\nA: b\n\n>From x\n\n"
    assert octets(entry) == b"A: b\r\n\r\nFrom x\r\n"


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"A: b\n\n", b"MIME-Version: 1\n"])
)
def test_anything_becomes_lines(text: bytes, before: bytes) -> None:
    message = foreign.finish_message(parse(before + text).public())
    for each in (message, message.seven_bit()):
        sent = b"".join(each.chunks())
        assert len(sent) == each.facts.size_octets
        assert sent.endswith(b"\r\n")
        assert b"\0" not in sent
        lines = sent.split(b"\r\n")
        assert not any(b"\r" in line or b"\n" in line for line in lines)
        assert max(map(len, lines)) <= min(998, each.facts.longest_line)
        assert each.facts.eight_bit is not sent.partition(b"\r\n\r\n")[2].isascii()
    assert not message.facts.needs_smtputf8


def parsed(text: bytes) -> tuple[list[tuple[str, str]], bytes]:
    found = raw_message.parse_draft(OneByOne(text))
    return [(f.name, f.text) for f in found.fields], b"".join(found.body.chunks())


# fmt: off
MESSAGES: dict[str, tuple[Any, ...]] = {
    "plain": (b"To: a@x.org\nSubject: s\n\nbody\n", [("To", "a@x.org"), ("Subject", "s")], b"body\n"),
    "crlf": (b"To:a@x.org\r\nSubject: s\r\n\r\nbody\r\n", [("To", "a@x.org"), ("Subject", "s")], b"body\r\n"),
    "folded": (b"To: a@x.org,\n b@x.org\n\tc@x.org\n\nx", [("To", "a@x.org, b@x.org c@x.org")], b"x"),
    "no-body": (b"To: a@x.org\n", [("To", "a@x.org")], b""),
    "no-newline": (b"To: a@x.org", [("To", "a@x.org")], b""),
    "remark": (b"# remark\nTo: a@x.org\n\n# text\n", [("To", "a@x.org")], b"# text\n"),
    "no-empty-line": (b"To: a@x.org\nno field at all\nmore\n", [("To", "a@x.org")], b"no field at all\nmore\n"),
    "text": (b"just text\n", [], b"just text\n"),
    "nothing": (b"", [], b""),
    "utf-8": (b"Subject: \xe4\xb8\xad\n\n", [("Subject", "中")], b""),
    "not-utf-8": (b"Subject: \xff\n\n", [("Subject", "\udcff")], b""),
}
# fmt: on


@pytest.mark.parametrize(("text", "fields", "body"), MESSAGES.values(), ids=MESSAGES)
def test_header_and_body_are_separated(
    text: bytes, fields: list[tuple[str, str]], body: bytes
) -> None:
    assert parsed(text) == (fields, body)


@pytest.mark.parametrize("line", [b"X: 1\n", b" folded\n"], ids=["fields", "folds"])
def test_header_without_end_is_refused(line: bytes) -> None:
    endless = b"To: a@x.org\n" + line * (raw_message.LONGEST_HEADER_OCTETS // len(line))
    with pytest.raises(MessageError, match="does not end"):
        raw_message.parse_draft(InMemory(endless * 2))


def test_long_text_without_a_header_is_a_body() -> None:
    text = b"word\n" * raw_message.LONGEST_HEADER_OCTETS
    found = raw_message.parse_draft(InMemory(text))
    assert found.fields == ()
    assert found.body.size_octets == len(text)


@pytest.mark.parametrize(
    ("field", "encoding"),
    [
        pytest.param(b"base64", "base64", id="base64"),
        pytest.param(b"Quoted-Printable", "quoted-printable", id="any-case"),
        pytest.param(b"8bit", "", id="plain"),
    ],
)
def test_encoding_of_an_encoded_body_is_known(field: bytes, encoding: str) -> None:
    text = b"Content-Transfer-Encoding: " + field + b"\n\nx\n"
    assert raw_message.parse_draft(InMemory(text)).encoding == encoding
    assert raw_message.parse_draft(InMemory(b"To: a\n\n")).first("subject") is None
