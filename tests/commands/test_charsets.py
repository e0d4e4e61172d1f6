"""Input in many charsets, from arguments and settings to the message."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.printed import message

RC = "set mta=test from=me@example.com\n"
Run = Callable[..., Any]


def word(text: str, charset: str) -> str:
    """An argument in another charset, as Python decodes it in UTF-8 mode."""
    return text.encode(charset).decode("utf-8", "surrogateescape")


LOCALES = [
    pytest.param("zh_TW.Big5", "許功蓋", id="big5"),
    pytest.param("ja_JP.SJIS", "表示ソフト", id="shift-jis"),
    pytest.param("de_DE.ISO-8859-1", "Größe", id="latin"),
    pytest.param("zh_CN.GB18030", "磁盘告警", id="gb18030"),
]


@pytest.mark.parametrize("by", ["locale", "ttycharset"])
@pytest.mark.parametrize(("locale", "text"), LOCALES)
def test_named_charset_decodes_arguments(
    pymail: Run, world: Any, by: str, locale: str, text: str
) -> None:
    charset = locale.partition(".")[2]

    def said(words: str) -> str:
        return word(words, charset)

    world.write(said(f"{text}.txt"), "x\n")
    named: dict[str, Any] = {"variables": {"LANG": locale}}
    options = () if by == "locale" else ("-S", f"ttycharset={charset}")
    ended = pymail(
        *("-s", said(text), "-C", said(f"X-A: {text}"), "-a", said(f"X-B: {text}")),
        *("-a", said(f"{text}.txt"), "-c", said(f"{text} <c@example.com>")),
        *("-r", said(f"{text} <r@example.com>"), *options),
        said(f"{text} <a@example.com>"),
        rc=RC,
        **(named if by == "locale" else {}),
    )
    sent = message(ended.out)
    assert (ended.status, ended.err) == (0, "")
    assert (sent["Subject"], sent["X-A"], sent["X-B"]) == (text, text, text)
    assert sent["To"] == f"{text} <a@example.com>"
    assert sent["Cc"] == f"{text} <c@example.com>"
    assert sent["From"] == f"{text} <r@example.com>"
    [part] = list(sent.iter_attachments())
    assert part.get_filename() == f"{text}.txt"


@pytest.mark.parametrize("by", ["locale", "ttycharset"])
@pytest.mark.parametrize(("locale", "text"), LOCALES)
def test_named_charset_decodes_settings(
    pymail: Run, world: Any, by: str, locale: str, text: str
) -> None:
    charset = locale.partition(".")[2]
    world.write(word(text, charset), f"sig {text}\n".encode(charset))
    rc = f'{RC}alias ops "{text} <a@example.com>"\nset signature={text}\n'
    rc += f'set from="{text} <f@example.com>" ORGANIZATION="{text}"\n'
    rc += "" if by == "locale" else f"set ttycharset={charset}\n"
    ended = pymail(
        *("-s", "S", "ops"),
        rc=word(rc, charset),
        variables={"LANG": locale} if by == "locale" else {},
    )
    sent = message(ended.out)
    assert (ended.status, ended.err) == (0, "")
    assert sent["To"] == f"{text} <a@example.com>"
    assert sent["From"] == f"{text} <f@example.com>"
    assert sent["Organization"] == text
    assert f"sig {text}" in sent.get_content()


def test_settings_in_gbk_or_latin_1_are_recognised(pymail: Run) -> None:
    for text, charset in (("张三", "gbk"), ("Jörg Müller", "latin1")):
        rc = word(f'{RC}alias ops "{text} <a@example.com>"\n', charset)
        sent = message(pymail("ops", rc=rc).out)
        assert sent["To"] == f"{text} <a@example.com>"


def test_settings_in_utf_16_are_read_and_reported(pymail: Run) -> None:
    rc = f'{RC}alias ops "张三 <a@example.com>"\n'
    ended = pymail("ops", rc=word(rc, "utf-16"))
    assert message(ended.out)["To"] == "张三 <a@example.com>"
    assert ":1: UTF-16: save the file as UTF-8\n" in ended.err


def test_an_alias_is_found_in_any_charset(pymail: Run) -> None:
    rc = RC + "alias 张三 a@example.com\naccount 备用 {\nset from=b@example.com\n}\n"
    named = word("张三", "gbk"), word("备用", "gbk")
    sent = message(pymail("-A", named[1], named[0], rc=rc).out)
    assert (sent["To"], sent["From"]) == ("a@example.com", "b@example.com")
    sent = message(pymail("-A", "备用", "张三", rc=word(rc, "gbk")).out)
    assert (sent["To"], sent["From"]) == ("a@example.com", "b@example.com")


def test_an_undecodable_name_is_no_account(pymail: Run) -> None:
    ended = pymail("-A", "\ud800", "a@example.com", rc=RC)
    assert (ended.status, "no such account" in ended.err) == (78, True)


def test_settings_may_be_in_two_charsets(pymail: Run) -> None:
    rc = f'{RC}alias ops "张三 <a@example.com>"\n'
    rc += word('alias dba "李四 <b@example.com>"\n', "gbk")
    sent = message(pymail("ops", "dba", rc=rc).out)
    assert sent["To"] == "张三 <a@example.com>, 李四 <b@example.com>"


def test_undecodable_octets_in_settings_name_a_file(pymail: Run, world: Any) -> None:
    name = "签名-caf" + word("é", "latin1")
    world.write(name, "sig\n")
    rc = f'{RC}set signature={name} from="张三 <f@example.com>"\n'
    sent = message(pymail("a@example.com", rc=rc).out)
    assert sent["From"] == "张三 <f@example.com>"
    assert "sig" in sent.get_content()


@pytest.mark.parametrize("program", ["pymail", "pymail-sendmail"])
def test_the_header_of_a_message_is_in_the_charset_of_the_locale(
    pymail: Run, program: str
) -> None:
    text = (
        "To: 許功 <a@example.com>\nFrom: 許功蓋 <f@example.com>\nSubject: 備份\n\nx\n"
    )
    around: Any = {"rc": RC, "variables": {"LANG": "zh_TW.Big5"}}
    ended = pymail("-t", program=program, stdin=text.encode("big5"), **around)
    sent = message(ended.out)
    assert (sent["To"], sent["Subject"]) == ("許功 <a@example.com>", "備份")
    assert sent["From"] == "許功蓋 <f@example.com>"


@pytest.mark.parametrize("program", ["pymail", "pymail-sendmail"])
def test_a_byte_order_mark_does_not_become_part_of_the_header(
    pymail: Run, program: str
) -> None:
    text = "\ufeffTo: a@example.com\nSubject: 磁盘\n\n正文\n"
    sent = message(pymail("-t", program=program, stdin=text.encode(), rc=RC).out)
    assert (sent["To"], sent["Subject"]) == ("a@example.com", "磁盘")


def test_dead_letter_is_decoded_by_the_locale(pymail: Run, world: Any) -> None:
    ended = pymail(
        *("-s", word("備份完成", "big5"), word("許功 <a@example.com>", "big5")),
        rc="set mta=/nowhere/at/all from=me@example.com\n",
        variables={"LANG": "zh_TW.Big5"},
    )
    sent = message(world.dead_letter)
    assert ended.status != 0
    assert (sent["Subject"], sent["To"]) == ("備份完成", "許功 <a@example.com>")


def test_python_restarts_in_utf8_mode_in_other_locales(tmp_path: Any) -> None:
    (tmp_path / "rc").write_text(RC)
    command = [sys.executable, "-X", "utf8=0", "-m", "pymail", "-n", "-s"]
    words = ["磁盘".encode(), "张三 <a@example.com>".encode()]
    ended = subprocess.run(
        [*map(os.fsencode, command), *words],
        input=b"",
        capture_output=True,
        check=True,
        env={"LC_ALL": "C", "HOME": str(tmp_path), "MAILRC": str(tmp_path / "rc")},
    )
    sent = message(ended.stdout.decode())
    assert (sent["Subject"], sent["To"]) == ("磁盘", "张三 <a@example.com>")


def test_output_keeps_the_charset_of_the_locale(tmp_path: Any) -> None:
    command = [sys.executable, "-X", "utf8=0", "-m", "pymail", "-n", "张三"]
    ended = subprocess.run(
        [*map(os.fsencode, command)],
        input=b"",
        capture_output=True,
        check=False,
        env={"LC_ALL": "C", "HOME": str(tmp_path), "smtp": "localhost:1"},
    )
    assert ended.returncode == 65
    assert b"'\\u5f20\\u4e09': neither an address nor an alias" in ended.stderr
