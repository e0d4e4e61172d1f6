"""A message in the mailbox is, decoded, octet for octet the one that was given."""

from typing import Any

import pytest

pytestmark = pytest.mark.postfix

CHINESE = "磁盘已满\n“/var” 用了 97 %\n"

LINES = [
    pytest.param(b"one\ntwo\n", id="ascii"),
    pytest.param(b"", id="empty"),
    pytest.param(b"\n\n\n", id="blank-lines"),
    pytest.param(CHINESE.encode(), id="utf-8"),
    pytest.param(CHINESE.encode("gb18030"), id="gb18030"),
    pytest.param("Größe: 3 µm\n".encode("latin-1"), id="latin-1"),
    pytest.param(b".\n..\n.x\n\n.\n", id="dots"),
    pytest.param(b"From me to you\n\nFrom there\n>From here\n", id="from-lines"),
    pytest.param(b"one\ntwo", id="no-final-newline"),
    pytest.param(CHINESE.rstrip().encode(), id="no-final-newline-utf-8"),
    pytest.param(b"blanks  \ntab\t\n   \n", id="trailing-blanks"),
    pytest.param(b"one\ntwo\r three\n\rfour\n", id="lone-cr"),
    pytest.param(b"10 %\r50 %\r100 %\n", id="progress-bar"),
    pytest.param(b"nul \0 and\n\0\n", id="nul"),
    pytest.param(b"\x1b[31mred\x1b[0m \x07\x08\n", id="escapes"),
    pytest.param(b"x" * 998 + b"\n" + b"y" * 999 + b"\n", id="lines-of-998-and-999"),
    pytest.param(b"0123456789" * 200_000 + b"\n", id="line-of-2-megabytes"),
    pytest.param(CHINESE.encode() * 20_000, id="megabyte-utf-8"),
    pytest.param(bytes(range(256)) * 40, id="every-octet"),
]


@pytest.mark.parametrize("text", LINES)
def test_a_text_arrives_octet_for_octet(
    postfix: Any, command: Any, address: Any, text: bytes
) -> None:
    whom = address()
    ended = command("-s", "octets", whom, rc=postfix.offering, stdin=text)
    assert (ended.status, ended.err) == (0, "")
    mail = postfix.mail(whom)
    octets = mail.get_payload(decode=True)
    if mail.get_content_maintype() == "text":  # base64 has line ends in CRLF
        octets = octets.replace(b"\r\n", b"\n")
    assert octets == text
    assert not mail.defects


def test_text_with_crlf_keeps_its_lines(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address()
    ended = command(whom, rc=postfix.plain, stdin=b"one\r\ntwo \r\n.\r\nthree\r\n")
    assert (ended.status, ended.err) == (0, "")
    octets = postfix.mail(whom).get_payload(decode=True)
    assert octets.replace(b"\r\n", b"\n") == b"one\ntwo \n.\nthree\n"


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        pytest.param(CHINESE.encode(), "utf-8", id="utf-8"),
        pytest.param(CHINESE.encode("gb18030"), "gb18030", id="gb18030"),
    ],
)
def test_a_text_is_labelled_so_that_it_can_be_read(
    postfix: Any, command: Any, address: Any, text: bytes, charset: str
) -> None:
    whom = address()
    command(whom, rc=postfix.plain, stdin=text)
    mail = postfix.mail(whom)
    assert mail.get_content_charset() == charset
    assert mail.get_content().replace("\r\n", "\n") == CHINESE


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        pytest.param("all.bin", bytes(range(256)) * 300, id="every-octet"),
        pytest.param("report.txt", b"one\ntwo \n\nFrom me\n.\n", id="text"),
        pytest.param("dos.txt", b"one\r\ntwo\r\n", id="text-with-crlf"),
        pytest.param("mixed.txt", b"one\r\ntwo\nthree\r", id="text-with-mixed-ends"),
        pytest.param("short.txt", b"no newline", id="text-without-newline"),
        pytest.param("data.csv", CHINESE.encode("gb18030"), id="csv-in-gb18030"),
        pytest.param("empty.log", b"", id="empty"),
        pytest.param("报告 2026.pdf", b"%PDF-1.7\n\0\xff\n", id="chinese-name"),
        pytest.param("a;b=\"c\" 'd'.txt", b"x\n", id="name-with-quotes"),
        pytest.param("长" * 80 + ".txt", b"x\n", id="long-chinese-name"),
    ],
)
def test_an_attachment_arrives_octet_for_octet(
    postfix: Any, command: Any, address: Any, name: str, octets: bytes
) -> None:
    whom = address()
    (command.path / name).write_bytes(octets)
    ended = command("-a", name, whom, rc=postfix.plain)
    assert (ended.status, ended.err) == (0, "")
    (attachment,) = postfix.mail(whom).iter_attachments()
    assert attachment.get_filename() == name
    assert attachment.get_payload(decode=True) == octets
