"""HTML as tags and texts: as browsers read it, in one pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.html_page import Tag, is_html, tokenize

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
    "another end in a script": (
        "<style></styles></STYLE >x",
        ["<style>", "</styles>", "</STYLE >", "x"],
    ),
    "entities in a script": (
        "<script>&lt;</script>",
        ["<script>", "&lt;", "</script>"],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_page_is_read_as_tags_and_texts(name: str) -> None:
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


def test_places_are_those_in_the_page() -> None:
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
def test_no_page_is_too_strange_and_places_go_forward(page: str) -> None:
    end = 0
    for piece in tokenize(page):
        if isinstance(piece, Tag):
            assert end <= piece.start < piece.end <= len(page)
            assert page[piece.start : piece.end] == piece.text
            for each in piece.attributes().values():
                assert piece.start - 1 <= each.start <= each.end <= piece.end
            end = piece.end


@pytest.mark.parametrize(
    "what", ["<!--", "<a ", '<a b="', "<a b='", "<", "<script>", "</", "<!", "&#", "<?"]
)
def test_what_does_not_end_is_looked_at_once(what: str) -> None:
    """A second look at each of a million beginnings would take hours."""
    assert len([*tokenize(what * 1_000_000)]) <= 1_000_001
