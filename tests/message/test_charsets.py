"""Charset names for mail, and the charset of the locale."""

import pytest

from pymail.message.charsets import charset_name, locale_charset


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
def test_only_charsets_that_contain_ascii_are_usable(name: str, charset: str) -> None:
    assert charset_name(name) == charset


@pytest.mark.parametrize(
    ("variables", "charset"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"LANG": "C"}, "", id="c"),
        pytest.param({"LC_ALL": "POSIX", "LANG": "zh_TW.Big5"}, "", id="posix"),
        pytest.param({"LANG": "en_US.UTF-8"}, "utf-8", id="utf8"),
        pytest.param({"LANG": "de_DE.ISO-8859-1"}, "iso-8859-1", id="latin1"),
        pytest.param({"LANG": "de_DE@euro"}, "iso-8859-15", id="modifier"),
        pytest.param({"LANG": "sr_RS.CP1251@latin"}, "windows-1251", id="script"),
        pytest.param({"LANG": "zh_TW.Big5"}, "big5", id="big5"),
        pytest.param({"LANG": "zh_HK"}, "big5-hkscs", id="hong-kong"),
        pytest.param({"LANG": "zh_CN.GB18030"}, "gb18030", id="gb18030"),
        pytest.param({"LANG": "ja_JP.eucJP"}, "euc-jp", id="euc-jp"),
        pytest.param(
            {"LC_ALL": "zh_TW.Big5", "LC_CTYPE": "C", "LANG": "C"}, "big5", id="first"
        ),
        pytest.param({"LC_CTYPE": "ru_RU.KOI8-R", "LANG": "C"}, "koi8-r", id="ctype"),
        pytest.param(
            {"LC_CTYPE": "C.UTF-8", "LANG": "zh_TW.Big5"}, "big5", id="set-by-python"
        ),
        pytest.param({"LANG": "nonsense"}, "", id="nonsense"),
        pytest.param({"LANG": "en_US"}, "", id="no-charset"),
        pytest.param({"LANG": "ja_JP"}, "euc-jp", id="usual"),
    ],
)
def test_the_locale_names_a_charset(variables: dict[str, str], charset: str) -> None:
    assert locale_charset(variables) == charset
