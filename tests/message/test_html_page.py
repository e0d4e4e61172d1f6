"""HTML pages: tags and texts, charset, images and language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.html_page import (
    Tag,
    declared_charset,
    guess_language,
    is_html,
    prepare_page,
    tokenize,
    wrap_page,
)

# fmt: off
READ = {
    "text and tags": ("a<b>c</b>d", ["a", "<b>", "c", "</b>", "d"]),
    "entities": ("1 &lt; 2 &amp; &eacute;&#x4e2d;", ["1 < 2 & é中"]),
    "no tags": ("a < b > c <3 <", ["a < b > c <3 <"]),
    "comment": ("a<!-- <b> -->c", ["a", "c"]),
    "comment without end": ("a<!-- <b>", ["a"]),
    "empty comments": ("a<!-->b<!--->c", ["a", "b", "c"]),
    "comment ended otherwise": ("a<!-- x --!>b", ["a", "b"]),
    "doctype and instruction": ("<!DOCTYPE html><?xml x?>a", ["a"]),
    "quoted bracket": ('<a title="x>y">z', ['<a title="x>y">', "z"]),
    "bracket in single quotes": ("<a title='x>y'>z", ["<a title='x>y'>", "z"]),
    "apostrophe that is no quote": ("<p class=it's>z", ["<p class=it's>", "z"]),
    "quote without end": ('<a title="x>y', ['<a title="x>', "y"]),
    "tag without end": ("a<b c", ["a", "<b c"]),
    "script": ("<script>a<b>c</script>d", ["<script>", "a<b>c", "</script>", "d"]),
    "script without end": ("<script>a<b>", ["<script>", "a<b>"]),
    "another end in a script": ("<style></styles></STYLE >x", ["<style>", "</styles>", "</STYLE >", "x"]),
    "entities in a script": ("<script>&lt;</script>", ["<script>", "&lt;", "</script>"]),
}
# fmt: on


@pytest.mark.parametrize("name", READ)
def test_page_is_tokenized_into_tags_and_texts(name: str) -> None:
    page, expected = READ[name]
    read = [p.text if isinstance(p, Tag) else p for p in tokenize(page)]
    assert read == expected


ATTRIBUTES = {
    "none": ("<br/>", {}),
    "quotes": ("<a b=\"1\" c='2' d=3>", {"b": "1", "c": "2", "d": "3"}),
    "blanks": ("<a\nb = 1\tc\n=\n'2 3' >", {"b": "1", "c": "2 3"}),
    "without a value": ("<a b c=1 d>", {"b": "", "c": "1", "d": ""}),
    "empty": ("<a b='' c=\"\">", {"b": "", "c": ""}),
    "case": ("<A HREF=X>", {"href": "X"}),
    "entities": ("<a b='x&amp;y' c=a&gt;b>", {"b": "x&y", "c": "a>b"}),
    "twice": ("<a b=1 b=2>", {"b": "1"}),
    "end of an element": ("</a >", {}),
    "slash": ("<a b=x/y/>", {"b": "x/y/"}),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_have_their_values(name: str) -> None:
    text, expected = ATTRIBUTES[name]
    (tag,) = tokenize(text)
    assert isinstance(tag, Tag)
    assert {k: v.value for k, v in tag.attributes().items()} == expected


def test_spans_are_offsets_in_the_page() -> None:
    page = "x<b>y <img src='a b.png' alt=z>"
    first, second = (p for p in tokenize(page) if isinstance(p, Tag))
    assert page[first.start : first.end] == "<b>"
    source = second.attributes()["src"]
    assert page[source.start : source.end] == "'a b.png'"


HTML = ("<!doctype html>", "  <!DOCTYPE HTML>x", "<p>", "a </TABLE>", "x<br/>y", "<a b")
NOT_HTML = (
    *("", "text", "1 < 2", "std::vector<int> v;", "#include <stdio.h>"),
    *("<file> <name>", "<!-- only this -->", "<ops@example.com>", "<http://x>", "<>"),
)


@pytest.mark.parametrize("text", HTML)
def test_a_tag_of_html_makes_it_html(text: str) -> None:
    assert is_html(text)


@pytest.mark.parametrize("text", NOT_HTML)
def test_brackets_alone_make_no_html(text: str) -> None:
    assert not is_html(text)


written = st.text(st.sampled_from("<>/!-=\"' abpx&;#\n")) | st.text()


@given(written)
def test_any_page_is_tokenized_with_increasing_spans(page: str) -> None:
    end = 0
    for piece in tokenize(page):
        if isinstance(piece, Tag):
            assert end <= piece.start < piece.end <= len(page)
            assert page[piece.start : piece.end] == piece.text
            for each in piece.attributes().values():
                assert piece.start - 1 <= each.start <= each.end <= piece.end
            end = piece.end


@pytest.mark.parametrize(
    "unit", ["<!--", "<a ", '<a b="', "<a b='", "<", "<script>", "</", "<!", "&#", "<?"]
)
def test_unclosed_markup_is_scanned_once(unit: str) -> None:
    """A second scan for each of a million starts would take hours."""
    assert len([*tokenize(unit * 1_000_000)]) <= 1_000_001


DECLARED = {
    "nothing": (b"<p>x", ""),
    "charset": (b'<html><head><meta charset="GBK">', "GBK"),
    "without quotes": (b"<meta charset=gbk>", "gbk"),
    "of HTTP": (
        b'<META http-equiv="Content-Type" content="text/html; charset=gb2312">',
        "gb2312",
    ),
    "another meta first": (b"<meta name=x><meta charset='big5'/>", "big5"),
    "too late": (b" " * 1024 + b"<meta charset=gbk>", ""),
    "in a comment": (b"<!-- <meta charset=gbk> -->", ""),
    "octets": (b"\xff<meta charset=gbk>", "gbk"),
}


@pytest.mark.parametrize("name", DECLARED)
def test_declared_charset_is_found(name: str) -> None:
    start, charset = DECLARED[name]
    assert declared_charset(start) == charset


# fmt: off
PREPARED = {
    "nothing to do": ("<p>a &amp; b<br>\n<IMG ALT=x></p>", None),
    "image": ("a<img\nsrc='p.png' alt=x>b", 'a<img\nsrc="cid:p.png@1" alt=x>b'),
    "without quotes": ("<img src=p.png>", '<img src="cid:p.png@1">'),
    "blanks around": ('<img src=" p.png\n">', '<img src="cid:p.png@1">'),
    "line": ("a\n\n<p>\n<img src=p.png>", 'a\n\n<p>\n<img src="cid:p.png@4">'),
    "other sizes of it": ("<img srcset='a 1x, b 2x' src=a>", '<img srcset="" src="cid:a@1">'),
    "other sizes without a value": ("<img src=a srcset>", '<img src="cid:a@1" srcset>'),
    "other sizes on the web": ("<img src=http://x.y/z srcset='http://a 2x'>", None),
    "several": ("<img src=a>\n<img src=b><img src=a>", '<img src="cid:a@1">\n<img src="cid:b@2"><img src="cid:a@2">'),
    "entities": ("<img src='a&amp;b'>", '<img src="cid:a&amp;b@1">'),
    "on the web": ("<img src=http://x.y/z>", None),
    "in a comment": ("<!--<img src=a>-->", None),
    "in a script": ("<script>'<img src=a>'</script>", None),
    "elsewhere": ("<video src=a></video><link href=b>", None),
    "charset": ("<meta charset=gbk>", '<meta charset="utf-8">'),
    "no charset": ("a<meta charset><meta charset=''><meta content>", None),
    "the right charset": ("<meta charset=UTF-8>", None),
    "of HTTP": ("<meta content='text/html; charset=gbk' http-equiv=x>", '<meta content="text/html; charset=utf-8" http-equiv=x>'),
    "the right one of HTTP": ("<meta content='text/html; charset=UTF-8'>", None),
    "another meta": ("<meta name=x content=y>", None),
    "relative to the web": ("<base href=' HTTPS://x.y/'><img src=p.png>", None),
    "a file in a page of the web": ("<base href='https://x.y/'><img src=file:p.png>", "<base href='https://x.y/'><img src=\"cid:file:p.png@1\">"),
    "relative to nothing": ("<base target=_blank><base href=/x><img src=a></base>", '<base target=_blank><base href=/x><img src="cid:a@1"></base>'),
}
# fmt: on


@pytest.mark.parametrize("name", PREPARED)
def test_page_is_changed_only_in_charset_and_images(name: str) -> None:
    def images(source: str, line: int) -> str:
        return source if source.startswith("http") else f"cid:{source}@{line}"

    page, expected = PREPARED[name]
    assert prepare_page(page, images) == (page if expected is None else expected)


@given(st.text(st.sampled_from("<>/ abimgsrc=\"'\n&;!-")) | st.text())
def test_page_without_local_images_is_unchanged(page: str) -> None:
    assert prepare_page(page, lambda source, _line: source) == page


LANGUAGES = {
    "locale": ("de_DE.UTF-8", "text", "de-DE"),
    "language alone": ("fr", "text", "fr"),
    "no language": ("C.UTF-8", "text", ""),
    "nothing": ("", "text", ""),
    "POSIX": ("POSIX", "text", ""),
    "with a modifier": ("sr_RS@latin", "text", "sr-RS"),
    "Chinese in an English locale": ("en_US.UTF-8", "磁盘已满 now", "zh"),
    "Chinese in a Chinese locale": ("zh_TW.UTF-8", "磁碟", "zh-TW"),
    "Japanese": ("C", "ディスク容量", ""),
    "Korean with Han": ("ko_KR.UTF-8", "디스크 容量", "ko-KR"),
}


@pytest.mark.parametrize("name", LANGUAGES)
def test_language_is_guessed_from_locale_and_text(name: str) -> None:
    locale, text, language = LANGUAGES[name]
    assert guess_language(locale, text) == language


def test_page_is_complete_and_its_title_is_text() -> None:
    whole = wrap_page("<p>x</p>\n", title='<b> & "c"', language="de")
    assert whole.startswith('<!DOCTYPE html>\n<html lang="de">\n<head>\n<meta charset')
    assert '<title>&lt;b&gt; &amp; "c"</title>' in whole
    assert whole.endswith("<p>x</p>\n</body>\n</html>\n")
