"""Look-alikes of quotes, hyphens and blanks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.lookalikes import CORRECTIONS

ODD = "“”„‘’‐–—−﹣－＝：＠\u00a0\u3000\u200b\ufeff"

LINES = [
    ("set user=“me@x.org”", 'set user="me@x.org"', "“ ” are no quotes here"),
    ("set a=„b c“ d=‘e f’", "set a=\"b c\" d='e f'", "‘ ’ are no quotes here"),
    ('set a="b” c=d', 'set a="b" c=d', "” are no quotes here"),
    ("set a='b’", "set a='b'", "’ are no quotes here"),
    ("set a=”b", "set a=b", "” are no quotes here"),
    ("set a=b“", "set a=b", "“ are no quotes here"),
    ("set smtp–use–starttls", "set smtp-use-starttls", "– (U+2013) is no hyphen here"),
    ("unset a−b", "unset a-b", "− (U+2212) is no hyphen here"),
    ("set smtp﹣auth＝plain", "set smtp-auth=plain", "＝ (U+FF1D) is no = here"),
    ("set a=smtp：//h：25 b", "set a=smtp://h:25 b", "： (U+FF1A) is no : here"),
    ("set a=h.example：25", "set a=h.example:25", "： (U+FF1A) is no : here"),
    ("set a=me＠x.org", "set a=me@x.org", "＠ (U+FF20) is no @ here"),
    ("\u3000set\u00a0a=b\u3000c", " set a=b c", "(U+3000) only looks like a blank"),
    ("\ufeffset a", "set a", "a byte order mark (U+FEFF) is left out"),
    ("alias x “X Y <x@y>”", 'alias x "X Y <x@y>"', "“ ” are no quotes here"),
    ("account “w” {", 'account "w" {', "“ ” are no quotes here"),
]


@pytest.mark.parametrize(("line", "meant", "wrong"), LINES)
def test_line_of_settings_is_corrected(line: str, meant: str, wrong: str) -> None:
    text, remark = CORRECTIONS["line"](line)
    assert text == meant
    assert wrong in remark


@pytest.mark.parametrize(
    "line",
    [
        "# “settings” – for me",
        "set a=b # “one” – two",
        'set from="Dr. “Bob” – X\u00a0Y <b@x.org>"',
        "set from='a “b”' c",
        "set from='the boys’ mail' a=\"x ” y\"",
        "set a=b\\\u3000",
        "set password=ab“cd’ef–gh＝",
        "alias ob O’Brien <ob@x.org>",
        "alias team–a a@x.org",
    ],
)
def test_possible_text_is_kept(line: str) -> None:
    assert CORRECTIONS["line"](line) == (line, "")


OTHERS = [
    ("word", "“work”", "work", "“ ” are no quotes here"),
    ("word", "‘x", "‘x", ""),
    ("value", "\u00a0“x” ", "“x” ", "(U+00A0)"),
    ("address", "“me＠x.org”", "me@x.org", "“ ” are no quotes here (typographic); ＠"),
    ("address", "a@x.org,\u3000b@x.org", "a@x.org, b@x.org", "(U+3000)"),
    ("address", "O’Brien – X <o@x.org>", "O’Brien – X <o@x.org>", ""),
    ("assignment", "smtp–auth=“plain”", "smtp-auth=plain", "hyphen here; “ ”"),
    ("assignment", "from＝a＝b", "from=a＝b", "＝ (U+FF1D) is no = here"),
    ("assignment", "\u00a0a=b–c", "a=b–c", "(U+00A0)"),
    ("assignment", "=–", "=–", ""),
    ("option", "—s", "-s", "— (U+2014) is no hyphen here"),
    ("option", "—subject", "--subject", "— (U+2014) is no hyphen here"),
    ("option", "–-skip–empty", "--skip-empty", "– (U+2013) is no hyphen here"),
    ("option", "--to＝ä@x", "--to=ä@x", "＝ (U+FF1D) is no = here"),
    ("option", "-s–x", "-s–x", ""),
    ("option", "--subject=–x", "--subject=–x", ""),
    ("option", "–", "–", ""),
    ("recipient", "S”", "S”", "” are no quotes here"),
    ("recipient", "–", "–", "– (U+2013) is no hyphen here"),
    ("recipient", "张三", "张三", ""),
]


@pytest.mark.parametrize(("kind", "word", "meant", "wrong"), OTHERS)
def test_word_is_corrected(kind: str, word: str, meant: str, wrong: str) -> None:
    text, remark = CORRECTIONS[kind](word)
    assert text == meant
    assert wrong in remark
    assert bool(wrong) == bool(remark)


@pytest.mark.parametrize("piece", ["“", "“a ", 'set a=“"', "＝：1", "a–", "\u3000"])
def test_time_grows_with_the_length(piece: str) -> None:
    """Quadratic time would be minutes here."""
    CORRECTIONS["line"]("set " + piece * 50_000)
    CORRECTIONS["option"]("--a" + piece * 50_000)
    CORRECTIONS["address"](piece * 50_000 + "a")


@given(st.text(alphabet=f"{ODD}ab=;#\"'\\ -@"), st.sampled_from(sorted(CORRECTIONS)))
def test_every_change_has_a_remark(text: str, kind: str) -> None:
    meant, wrong = CORRECTIONS[kind](text)
    assert meant == text or wrong
