import codecs
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.byte_source import BLOCK_OCTETS
from pymail.message.decoding import (
    decode,
    decode_blocks,
    detect_charset,
    repair,
)

DISK = "磁盘空间不足告警"


def gbk(text: str) -> bytes:
    return text.encode("gbk")


# fmt: off
UNNAMED: dict[str, tuple[Any, ...]] = {
    "empty": (b"", (), ""),
    "utf8-in-another-locale": (DISK.encode(), ("gb18030",), DISK),
    "utf8-over-latin": ("Ü".encode(), ("iso-8859-1",), "Ü"),
    "gbk": (gbk(DISK), (), DISK),
    "short": (gbk("10时20分 目录 不存在"), (), "10时20分 目录 不存在"),
    "beside-letters": (gbk("Linux系统 Windows系统 x为y 出错"), (), "Linux系统 Windows系统 x为y 出错"),
    "like-utf8": (gbk("高度版本一些客户"), (), "高度版本一些客户"),
    "private-use-loses": (b"\xaa\xa1\xaa\xa2", (), "ª¡ª¢"),
    "german": ("Grüße".encode("latin1"), (), "Grüße"),
    "accent-at-end": ("café\n".encode("latin1"), (), "café\n"),
    "first-octet-of-utf8": (b"\xc3", (), "Ã"),
    "between-letters": ("Größe: 5".encode("latin1"), (), "Größe: 5"),
    "curly-quotes": ("“It’s” é".encode("cp1252"), (), "“It’s” é"),
    "no-windows": (b"\x93\x81 caf\xe9", (), "\x93\x81 café"),
    "anything": (b"\xff\xff", (), "ÿÿ"),
}
# fmt: on


@pytest.mark.parametrize(("octets", "named", "text"), UNNAMED.values(), ids=UNNAMED)
def test_charset_without_a_name_is_detected(
    octets: bytes, named: tuple[str, ...], text: str
) -> None:
    assert decode(octets, named) == text


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        pytest.param("big5", "備份完成許功蓋", id="big5"),
        pytest.param("euc-jp", "バックアップ完了", id="euc-jp"),
        pytest.param("shift_jis", "表示ソフト", id="shift-jis"),
        pytest.param("euc-kr", "백업 완료", id="euc-kr"),
        pytest.param("koi8-r", "Ошибка диска", id="koi8-r"),
        pytest.param("cp1251", "Ошибка", id="cp1251"),
        pytest.param("iso-8859-2", "Zażółć", id="latin2"),
        pytest.param("iso-8859-15", "5 €", id="euro"),
        pytest.param("gb18030", "€ 㐂", id="gb18030"),
        pytest.param("iso-8859-1", "Größe", id="latin1"),
    ],
)
def test_a_charset_that_is_named_is_used(charset: str, text: str) -> None:
    assert decode(text.encode(charset), ("nonsense", "", charset)) == text
    assert detect_charset((text.encode(charset),), (charset,)) != ""


def test_a_named_charset_that_is_not_valid_is_skipped() -> None:
    assert decode(gbk(DISK), ("utf-8", "us-ascii", "euc-jp", "big5")) != ""
    assert decode(b"caf\xe9!", ("big5", "iso-8859-1")) == "café!"


def test_text_named_gb2312_may_contain_gb18030() -> None:
    assert decode("朱镕基 €".encode("gb18030"), ("gb2312",)) == "朱镕基 €"


@pytest.mark.parametrize("size", range(1, 3 * len(DISK) + 1))
def test_utf8_that_was_cut_is_utf8(size: int) -> None:
    octets = DISK.encode()[:size]
    whole, rest = divmod(size, 3)
    if whole:
        assert decode(octets) == DISK[:whole] + ("\ufffd" if rest else "")
        assert decode(octets, ("gb18030", "iso-8859-1")) == decode(octets)
        assert decode(octets + b" | ok") == decode(octets) + " | ok"


# fmt: off
BROKEN: dict[str, tuple[Any, ...]] = {
    "head": (DISK.encode()[1:], "\ufffd\ufffd盘空间不足告警"),
    "both-ends": (DISK.encode()[2:10] + b" ok", "\ufffd盘空\ufffd ok"),
    "stray": ("数据".encode() + b"\xff" + "库".encode(), "数据\ufffd库"),
    "stray-that-may-be-chinese": ("Größe von /va".encode() + b"\xd8r" + " ist überschritten, für".encode(), "Größe von /va\ufffdr ist überschritten, für"),
    "german": ("Größe\n".encode() + b"x \xff\n", "Größe\nx \ufffd\n"),
    "russian": ("Ошибка".encode()[:-1], "Ошибк\ufffd"),
    "alone": (f"{DISK}\n".encode() + b"ok \xe7\xa3\n", f"{DISK}\nok \ufffd\n"),
}
# fmt: on


@pytest.mark.parametrize(("octets", "text"), BROKEN.values(), ids=BROKEN)
def test_invalid_octets_become_replacement_characters(octets: bytes, text: str) -> None:
    assert decode(octets) == text


# fmt: off
TWO_CHARSETS: dict[str, tuple[Any, ...]] = {
    "log-behind-words": ("主机 web1\n".encode() + gbk("10时20分 连接失败\n目录 不存在\n"), "主机 web1\n10时20分 连接失败\n目录 不存在\n"),
    "one-line": ("告警: ".encode() + gbk(DISK), f"告警: {DISK}"),
    "without-a-blank": ("主机：".encode() + gbk(DISK), f"主机：{DISK}"),
    "reverse": (gbk("目录 不存在\n") + f"{DISK}\n".encode(), f"目录 不存在\n{DISK}\n"),
    "latin": ("Größe für Maße\n".encode() + "größere Überschüsse\n".encode("latin1"), "Größe für Maße\ngrößere Überschüsse\n"),
}
# fmt: on


@pytest.mark.parametrize(("octets", "text"), TWO_CHARSETS.values(), ids=TWO_CHARSETS)
def test_lines_in_two_charsets_are_both_read(octets: bytes, text: str) -> None:
    assert decode(octets) == text


# fmt: off
BROKEN_CHINESE: dict[str, tuple[Any, ...]] = {
    "head": (gbk(f"{DISK}\n" * 2)[1:], f"\ufffd{DISK[1:]}\n{DISK}\n"),
    "tail": (gbk(f"{DISK}\n{DISK}")[:-1], f"{DISK}\n{DISK[:-1]}\ufffd"),
    "one-line": (gbk(DISK)[:-1], f"{DISK[:-1]}\ufffd"),
    "head-of-one-line": (b"\xfa" + gbk(DISK), f"\ufffd{DISK}"),
    "short": (gbk("告警磁盘")[:-1], "告警磁\ufffd"),
    "stray": (gbk(f"{DISK}\n" * 2) + b"\xff\n", f"{DISK}\n" * 2 + "\ufffd\n"),
}
# fmt: on


@pytest.mark.parametrize(
    ("octets", "text"), BROKEN_CHINESE.values(), ids=BROKEN_CHINESE
)
@pytest.mark.parametrize("named", [(), ("gbk",)], ids=["guessed", "named"])
def test_chinese_with_a_few_invalid_octets_is_chinese(
    octets: bytes, text: str, named: tuple[str, ...]
) -> None:
    assert decode(octets, named) == text


def test_a_named_charset_is_used_for_lines_between_utf8() -> None:
    octets = f"{DISK}\n".encode() + "備份許功蓋\n".encode("big5")
    assert decode(octets, ("big5",)) == f"{DISK}\n備份許功蓋\n"


@pytest.mark.parametrize("name", ["utf-16", "utf-32"])
def test_a_byte_order_mark_selects_utf16_or_utf32(name: str) -> None:
    octets = "日志 log\n".encode(name)
    assert decode(octets) == "日志 log\n"
    assert detect_charset((octets,)) == name
    assert decode(octets[:-1]).startswith("日志 log")


def test_a_mark_alone_makes_nothing_wide() -> None:
    assert decode(codecs.BOM_UTF16_LE + b"\xfdab") == "ÿþýab"


def test_japanese_between_shifts_is_read() -> None:
    octets = "日本語 テスト".encode("iso-2022-jp")
    assert decode(octets) == "日本語 テスト"
    assert repair(octets.decode()) == "日本語 テスト"
    assert decode(b"\x1b$B\x1b") == "\x1b$B\x1b"
    assert decode(b"\x1b[31mred") == "\x1b[31mred"


@given(
    st.binary(max_size=60), st.lists(st.sampled_from(["big5", "latin1", "gbk", "x"]))
)
def test_any_octets_become_text(octets: bytes, named: list[str]) -> None:
    decode(octets, named).encode()
    repair(octets.decode("utf-8", "surrogateescape"), named).encode()


@given(st.text(max_size=40))
def test_valid_utf8_is_utf8(text: str) -> None:
    octets = text.encode("utf-8", "ignore")
    if b"\x1b" not in octets and not octets.startswith(b"\0\0\xfe\xff"):
        assert decode(octets, ("gb18030", "iso-8859-1")) == octets.decode()


@given(st.text(alphabet="磁盘空间不足告警版本高度监控ab 1\n", max_size=60))
def test_surrogateescape_keeps_all_octets(text: str) -> None:
    octets = f"{DISK}\n".encode() + text.encode() + b"\xff\n"
    found = "".join(decode_blocks((octets,), "", (), "surrogateescape"))
    assert found.encode("utf-8", "surrogateescape") == octets


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        pytest.param("plain é", "plain é", id="text"),
        pytest.param(gbk(DISK).decode("utf-8", "surrogateescape"), DISK, id="octets"),
        pytest.param("a\ud800b", "a?b", id="half-of-a-character"),
    ],
)
def test_octets_in_a_text_become_characters(text: str, repaired: str) -> None:
    assert repair(text) == repaired


def words(text: bytes, pieces: int) -> Iterator[bytes]:
    size = len(text) // pieces + 1
    return (text[start : start + size] for start in range(0, len(text), size))


@pytest.mark.parametrize("word", [f"{DISK} ", f"{DISK},x", DISK])
def test_a_line_longer_than_a_block_is_read_whole(word: str) -> None:
    text = word * (BLOCK_OCTETS // 16)
    octets = text.encode() + b" \xe7"
    charset = detect_charset(words(octets, 7))
    assert charset == ""
    found = "".join(decode_blocks(words(octets, 7), charset))
    assert found.endswith(" \ufffd")
    if " " in word or "," in word:
        assert found == text + " \ufffd"


def test_a_long_text_has_one_charset_though_some_of_it_could_be_another() -> None:
    octets = gbk(f"{DISK} 2026\n") * 80_000
    assert detect_charset((octets,)) == "gb18030"
    by_chance = gbk(f"{DISK}\n") * 4_000 + b"\xed\x97\x95\x41\n"
    assert detect_charset((by_chance,)) == "gb18030"
