"""Markdown rendered as HTML."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.html_page import Tag, tokenize
from pymail.message.markdown import to_html


def untouched(source: str, _line: int) -> str:
    return source


def bare(text: str, images: Callable[[str, int], str] = untouched) -> str:
    """Return the HTML of a Markdown text, without styles."""
    return re.sub(r' style="[^"]*"', "", to_html(text, images)).replace("\n", "")


# fmt: off
BECOMES = {
    "heading": ("# A *b*", "<h1>A <em>b</em></h1>"),
    "table": ("|a|b|\n|-|-|\n|1|2|", ("<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>")),
    "strikethrough": ("~~a~~", "<p><s>a</s></p>"),
    "code": ("`a<b`", "<p><code>a&lt;b</code></p>"),
    "fence": ("```sh\nls\n```", "<pre><code>ls</code></pre>"),
    "indented": ("    ls", "<pre><code>ls</code></pre>"),
    "link": ("[a](http://x.y)", '<p><a href="http://x.y">a</a></p>'),
    "html": ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>"),
    "html block": ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
    "link to a script": ("[a](javascript:x)", "<p>[a](javascript:x)</p>"),
    "link to a file": ("[a](file:///etc/passwd)", "<p><a>a</a></p>"),
    "quotation": ("> a", "<blockquote><p>a</p></blockquote>"),
    "image": ('![a *b*](x.png "t")', '<p><img src="x.png" alt="a b" title="t" /></p>'),
    "Chinese": ("# 磁盘", "<h1>磁盘</h1>"),
}
# fmt: on


@pytest.mark.parametrize("name", BECOMES)
def test_markdown_becomes_html(name: str) -> None:
    text, html = BECOMES[name]
    assert bare(text) == html


def test_styles_stand_at_the_elements() -> None:
    html = to_html("|a|\n|:-:|\n|`b`|\n\n```\nc\n```\n", untouched)
    assert '<th style="text-align:center;border:1px solid #999' in html
    assert '<pre style="border:1px solid #999' in html
    assert '<code style="font-family' in html


IMAGES = """\
![one](a.png)
and
![two](<b c.png>) ![one again](a.png)

| ![three](d.png) |
|---|
| ![four](e.png) |

- item
  ![five](file:///f.png)

[![six](g.png)][l] ![seven][ref]

![no image] `![code](h.png)` \\![text](i.png)

[l]: http://x.y
[ref]: ~/j.png
"""


def test_images_are_passed_with_their_lines() -> None:
    calls: list[tuple[str, int]] = []

    def images(source: str, line: int) -> str:
        calls.append((source, line))
        return f"cid:{len(calls)}"

    html = to_html(IMAGES, images)
    assert calls == [
        *(("a.png", 1), ("b%20c.png", 3), ("a.png", 3)),
        *(("d.png", 5), ("e.png", 7), ("file:///f.png", 10)),
        *(("g.png", 12), ("~/j.png", 12)),
    ]
    assert re.findall(r'src="([^"]*)"', html) == [f"cid:{n}" for n in range(1, 9)]


def test_depth_of_lists_loses_no_words() -> None:
    text = "".join(f"{'  ' * depth}- w{depth}w\n" for depth in range(40))
    html = to_html(text, untouched)
    assert [n for n in range(40) if f"w{n}w" not in html] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("![" * 2000 + "a" + "](x)" * 2000, id="images"),
        pytest.param("[" * 2000 + "a" + "](x)" * 2000, id="links"),
        pytest.param(">" * 2000 + "a", id="quotations"),
        pytest.param("".join(" " * 2 * n + "- a\n" for n in range(300)), id="lists"),
        pytest.param("**a " * 2000 + "b**" * 2000, id="emphasis"),
    ],
)
def test_extreme_depth_is_no_failure(text: str) -> None:
    assert "a" in to_html(text, untouched)


ELEMENTS = frozenset(
    (
        *("a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("hr", "img", "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td"),
        *("th", "thead", "tr", "ul"),
    )
)
ATTRIBUTES = frozenset({"href", "src", "alt", "title", "style", "start"})
BAD = (
    *("<script>", "<img src=x onerror=y>", "](javascript:x)", "[a", "![a", "`", "|-|"),
    *("](data:text/html,x)", "](file:///x)", '"onclick=x', "\n\n", "```", "<a:b>"),
)


@given(
    st.text(st.sampled_from("#*_~`<>[]()!|-=\\&\"':/ \n1.ab\t"))
    | st.lists(st.sampled_from(BAD)).map("".join)
)
def test_any_text_becomes_harmless_elements_only(text: str) -> None:
    tags = [tag for tag in tokenize(to_html(text, untouched)) if isinstance(tag, Tag)]
    assert {tag.name for tag in tags} <= ELEMENTS
    for tag in tags:
        attributes = tag.attributes()
        assert attributes.keys() <= ATTRIBUTES
        href = attributes.get("href")
        assert not href or not re.match("(?i)(javascript|data|file):", href.value)
