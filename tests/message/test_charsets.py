"""Charsets that mail can be in."""

import pytest

from pymail.message.charsets import charset_name


@pytest.mark.parametrize(
    ("name", "charset"),
    [
        pytest.param("UTF8", "utf-8", id="alias"),
        pytest.param("latin1", "iso-8859-1", id="latin"),
        pytest.param("GB2312", "gb2312", id="chinese"),
        pytest.param("windows-1252", "windows-1252", id="windows"),
        pytest.param("CP1251", "windows-1251", id="code-page"),
        pytest.param("eucJP", "euc-jp", id="japanese"),
        pytest.param("sjis", "shift_jis", id="shifted"),
        pytest.param("ISO2022-JP", "iso-2022-jp", id="escaped"),
        pytest.param("tis620", "tis-620", id="thai"),
        pytest.param("big5hkscs", "big5-hkscs", id="hong-kong"),
        pytest.param("eucCN", "gb2312", id="chinese-of-a-locale"),
        pytest.param("koi8_r", "koi8-r", id="russian"),
        pytest.param("utf-16", "", id="wide"),
        pytest.param("utf-7", "", id="plus"),
        pytest.param("base64", "", id="no-charset"),
        pytest.param("raw_unicode_escape", "", id="python"),
        pytest.param("undefined", "", id="undefined"),
        pytest.param("x\r\nBcc: y", "", id="injection"),
        pytest.param("", "", id="none"),
    ],
)
def test_only_charsets_that_hold_ascii_are_used(name: str, charset: str) -> None:
    assert charset_name(name) == charset
