"""Quotes, hyphens and blanks of word processors in settings and on a command line."""

from collections.abc import Callable
from typing import Any

import pytest

RC = "set mta=test from=me@example.com\n"
A = "a@example.com"
Run = Callable[..., Any]


def test_settings_copied_from_a_web_page_work_and_are_reported(pymail: Run) -> None:
    rc = (
        "\ufeffset mta=test\n\n"
        "set\u00a0from=“Me Too <me@example.com>”\n"
        "alias team\u3000“A B <a@example.com>”\n"
    )
    ended = pymail("team", stdin=b"x\n", rc=rc)
    assert ended.status == 0
    assert "From: Me Too <me@example.com>\nTo: A B <a@example.com>\n" in ended.out
    assert "~/.mailrc:1: a byte order mark (U+FEFF) is left out" in ended.err
    assert ".mailrc:3: a character (U+00A0) only looks like a blank" in ended.err
    assert "; “ ” are no quotes here" in ended.err


def test_login_never_has_the_quotes_and_blanks_around_it(pymail: Run) -> None:
    rc = (
        "set smtp=smtp：//mail.example.com：25 smtp–auth=none\n"
        'set smtp-auth-user="me@example.com\u00a0" subject=‘x\n'
    )
    shown = pymail("--show-settings", "-S", "smtp-from=“m@example.com”", rc=rc).out
    assert "smtp://mail.example.com:25" in shown
    assert "me@example.com" in shown
    for odd in "\u00a0“”：‘–":
        assert odd not in shown


OPTIONS = {
    "short": ("—s", "S", A),
    "long": ("—subject=S", A),
    "long, dashes inside": ("–-subject＝S", "—skip–empty", A),
    "value": ("-s", "S\u00a0", "-S", "from＝“me@example.com”", A),
    "address": ("-s", "S", "-r", "“me@example.com”", "“a＠example.com”"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_lookalike_option_works_and_is_reported(pymail: Run, name: str) -> None:
    ended = pymail(*OPTIONS[name], stdin=b"x\n", rc=RC)
    assert ended.status == 0
    assert f"From: me@example.com\nTo: {A}\nSubject: S\n" in ended.out
    assert " here" in ended.err or "only looks like" in ended.err


@pytest.mark.parametrize(
    "words",
    [("-s", "“Two", "words”", A), ("-s", "S", "–", A), ("-s", "S", A, "--", "–X")],
)
def test_subject_in_typographic_quotes_is_refused(
    pymail: Run, world: Any, words: tuple[str, ...]
) -> None:
    ended = pymail(*words, stdin=b"kept\n", rc=RC)
    assert ended.status == 65
    assert ended.out == ""
    assert " here" in ended.err
    assert "kept" in world.dead_letter


def test_unknown_lookalike_option_is_refused(pymail: Run) -> None:
    ended = pymail("—note", A, stdin=b"x\n", rc=RC)
    assert ended.status == 64
    assert "--note: no such option" in ended.err


def test_account_may_be_named_in_curly_quotes(pymail: Run) -> None:
    rc = RC + "account w {\nset from=w@example.com\n}\n"
    assert "From: w@example.com\n" in pymail("-A", "“w”", A, stdin=b"x\n", rc=rc).out
