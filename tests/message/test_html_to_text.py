"""HTML rendered as plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.html_to_text import fill, format_table, render_text
from pymail.text import cells

RENDERED = {
    "nothing": ("", ""),
    "text": ("one\n two", "one two\n"),
    "entities": ("<p>&lt;b&gt; &amp; &eacute;", "<b> & é\n"),
    "paragraphs": ("<p>one</p><p>two", "one\n\ntwo\n"),
    "blocks": ("a<div>b</div>c<section>d</section>", "a\nb\nc\nd\n"),
    "breaks": ("a<br>b<br/><br>c", "a\nb\nc\n"),
    "head and scripts": (
        (
            "<head><title>t</title><style>s</style></head>"
            "<body>a<script>x</script><template>y</template>b<noframes>z</noframes>"
        ),
        "ab\n",
    ),
    "head without end": ("<head><meta x><body>a</body>", "a\n"),
    "end without beginning": ("</head></ul></a></table></td></pre>a", "a\n"),
    "headings": (
        "<h1>One</h1><h2>磁盘</h2><h3>Three</h3>x",
        "One\n===\n\n磁盘\n----\n\nThree\n\nx\n",
    ),
    "empty heading": ("<h1> </h1>x", "x\n"),
    "rule": ("a<hr>b", f"a\n\n{'-' * 40}\n\nb\n"),
    "link": ('<a href="http://x.y/z">here</a>!', "here <http://x.y/z>!\n"),
    "link that says itself": ('<a href="http://x.y/">http://x.y/</a>', "http://x.y/\n"),
    "link that says its host": ('<a href="https://x.y/">x.y</a>', "x.y\n"),
    "address": ('<a href="mailto:a@x.y">a@x.y</a>', "a@x.y\n"),
    "link without words": ('<a href="http://x.y"></a>', "<http://x.y>\n"),
    "link within the page": ('<a href="#top">up</a>', "up\n"),
    "link to a script": ('<a href="javascript:alert(1)">x</a>', "x\n"),
    "link without a target": ("<a name=x>y</a>", "y\n"),
    "link in a link": (
        "<a href=http://a.b>a<a href=http://c.d>c</a>",
        "a <http://a.b>c <http://c.d>\n",
    ),
    "link over paragraphs": (
        "<a href=http://a.b>one<p>two</p></a>",
        "one\n\ntwo\n\n<http://a.b>\n",
    ),
    "image": ("<img alt=' Plot '><img><img alt=''>", "[Plot]\n"),
    "linked image": ("<a href=http://x.y><img alt=Logo></a>", "[Logo] <http://x.y>\n"),
    "list": ("a<ul><li>one<li>two</ul>b", "a\n\n* one\n* two\n\nb\n"),
    "numbers": ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two\n"),
    "list in a list": (
        "<ul><li>one<ol><li>a</li><li>b</li></ol></li><li>two</li></ul>",
        "* one\n  1. a\n  2. b\n* two\n",
    ),
    "paragraphs in items": (
        "<ul><li><p>one</p><p>more</p></li><li><p>two</p></li></ul>",
        "* one\n\n  more\n\n* two\n",
    ),
    "item without a list": ("a<li>b", "a\nb\n"),
    "item in a quotation": ("<blockquote><li>b</blockquote>", "> b\n"),
    "list that does not end": ("<ul><li>a<p>b", "* a\n\n  b\n"),
    "list ended by its outer one": ("<ul><li>a<ol><li>b</ul>c", "* a\n  1. b\n\nc\n"),
    "quotation": (
        "a<blockquote><p>b</p><p>c</p></blockquote><p>d",
        "a\n\n> b\n>\n> c\n\nd\n",
    ),
    "preformatted": (
        "<p>a<pre>\n  b   c\n\n &lt;d\n</pre>e  f",
        "a\n\n  b   c\n\n <d\n\ne f\n",
    ),
    "preformatted in a quotation": (
        "<blockquote><pre>a\n b</pre></blockquote>",
        "> a\n>  b\n",
    ),
    "empty preformatted": ("<pre>\n</pre>a", "a\n"),
    "table": (
        (
            "<table><caption>Disks</caption><tr><th>Name<th>Use</tr>"
            "<tr><td>sda</td><td>3\n <b>GB</b></td></tr>"
            "<tr><td>磁盘</td><td></td></tr><tr></tr></table>x"
        ),
        "Disks\nName  Use\nsda   3 GB\n磁盘\n\nx\n",
    ),
    "table without rows": ("<table><td>a<td>b</table>", "a  b\n"),
    "blocks in a cell": (
        "<table><tr><td><h1>a</h1><p>b<hr>c<br>d<ul><li>e</ul><pre>f\ng</pre></table>",
        "a b c d * e f g\n",
    ),
    "table that does not end": ("<table><tr><td>a", "a\n"),
    "table for the layout": (
        (
            "<table><tr><td>a</td></tr><tr><td>b<table><tr><td>c</td><td>d</td></tr></table>"
            "</td><td>e</td></tr><tr><td>f<table><tr><td>g</table></table>"
        ),
        "a\nb\n\nc  d\n\ne\nf\n\ng\n",
    ),
    "wide table": (
        f"<table><tr><td>{'a' * 40}<td>{'b' * 40}</table>",
        f"{'a' * 40} | {'b' * 40}\n",
    ),
    "words in attributes": ("<p title='no'>yes", "yes\n"),
    "controls": ("a\x07b\x9b\x1b[31mc&#27;d<pre>\x08e\r\nf", "ab[31mcd\n\ne\nf\n"),
    "text area": ("<textarea>a<b></textarea>", "a<b>\n"),
}


@pytest.mark.parametrize("name", RENDERED)
def test_html_renders_as_text(name: str) -> None:
    page, words = RENDERED[name]
    assert render_text(page) == words


def test_lines_are_no_longer_than_78_columns() -> None:
    page = (
        f"<p>{'word ' * 100}<blockquote><ul><li>{'磁盘已满。' * 60}</ul></blockquote>"
    )
    lines = render_text(page).splitlines()
    assert 76 <= max(map(cells, lines)) <= 78
    assert not any(line.lstrip("> ").startswith("。") for line in lines)


def test_depth_leaves_room_for_words() -> None:
    lines = render_text("<blockquote>" * 1000 + "word " * 100).splitlines()
    assert {line.count(">") for line in lines} == {16}
    assert max(map(len, lines)) == 76
    deep = render_text("<ul><li>" * 16 + "<ol>" * 5 + "word " * 100).splitlines()
    assert max(map(len, deep)) <= 78


FILLED = {
    "words": ("a bb  ccc", 4, ["a bb", "ccc"]),
    "long word": ("aaaaaa b", 3, ["aaaaaa", "b"]),
    "wide": ("磁盘已满", 6, ["磁盘", "已满"]),
    "wide and narrow": ("ab磁盘cd", 6, ["ab磁", "盘cd"]),
    "mark stays": ("磁盘，已", 6, ["磁盘，", "已"]),
    "blanks": (" \t\n", 4, []),
    "no break space": ("a\u00a0b c", 4, ["a\u00a0b", "c"]),
}


@pytest.mark.parametrize("name", FILLED)
def test_words_fill_lines(name: str) -> None:
    text, columns, lines = FILLED[name]
    assert [*fill(text, columns)] == lines


def test_marks_above_a_letter_take_no_column() -> None:
    assert [*format_table([["e\u0301", "x"], ["ab", "y"]])] == ["e\u0301   x", "ab  y"]


@given(st.text(st.sampled_from("<>/ abulitdrphe&;\n")) | st.text())
def test_every_page_has_a_text(page: str) -> None:
    text = render_text(page)
    assert text == "" or text.endswith("\n")


TAGS = ("ul", "ol", "li", "table", "tr", "td", "blockquote", "pre", "p", "a", "h1")


@given(st.lists(st.sampled_from(TAGS).flatmap(lambda t: st.sampled_from((t, f"/{t}")))))
def test_words_survive_any_order_of_tags(tags: list[str]) -> None:
    page = "".join(f"<{tag}>w{n} " for n, tag in enumerate(tags))
    text = render_text(page)
    assert [n for n in range(len(tags)) if f"w{n}" not in text] == []


@pytest.mark.parametrize(
    "unit",
    ["<ul><li>x", "<table><tr><td>x", "<blockquote>x", "<a href=http://x>x", "<td>x"],
)
def test_extreme_depth_renders_in_linear_time(unit: str) -> None:
    assert "x" in render_text(unit * 20_000)
