"""HTML that somebody has written: its charset and its images."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.attachments import image_type
from pymail.message.html_page import declared_charset, prepare_page

SAYS = {
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


@pytest.mark.parametrize("name", SAYS)
def test_page_says_its_charset(name: str) -> None:
    start, charset = SAYS[name]
    assert declared_charset(start) == charset


OUT = {
    "nothing to do": ("<p>a &amp; b<br>\n<IMG ALT=x></p>", None),
    "image": ("a<img\nsrc='p.png' alt=x>b", 'a<img\nsrc="cid:p.png@1" alt=x>b'),
    "without quotes": ("<img src=p.png>", '<img src="cid:p.png@1">'),
    "blanks around": ('<img src=" p.png\n">', '<img src="cid:p.png@1">'),
    "line": ("a\n\n<p>\n<img src=p.png>", 'a\n\n<p>\n<img src="cid:p.png@4">'),
    "other sizes of it": (
        "<img srcset='a 1x, b 2x' src=a>",
        '<img srcset="" src="cid:a@1">',
    ),
    "other sizes without a value": (
        "<img src=a srcset>",
        '<img src="cid:a@1" srcset>',
    ),
    "other sizes on the web": ("<img src=http://x.y/z srcset='http://a 2x'>", None),
    "several": (
        "<img src=a>\n<img src=b><img src=a>",
        '<img src="cid:a@1">\n<img src="cid:b@2"><img src="cid:a@2">',
    ),
    "entities": ("<img src='a&amp;b'>", '<img src="cid:a&amp;b@1">'),
    "on the web": ("<img src=http://x.y/z>", None),
    "in a comment": ("<!--<img src=a>-->", None),
    "in a script": ("<script>'<img src=a>'</script>", None),
    "elsewhere": ("<video src=a></video><link href=b>", None),
    "charset": ("<meta charset=gbk>", '<meta charset="utf-8">'),
    "no charset": ("a<meta charset><meta charset=''><meta content>", None),
    "the right charset": ("<meta charset=UTF-8>", None),
    "of HTTP": (
        "<meta content='text/html; charset=gbk' http-equiv=x>",
        '<meta content="text/html; charset=utf-8" http-equiv=x>',
    ),
    "the right one of HTTP": ("<meta content='text/html; charset=UTF-8'>", None),
    "another meta": ("<meta name=x content=y>", None),
    "relative to the web": ("<base href=' HTTPS://x.y/'><img src=p.png>", None),
    "a file in a page of the web": (
        "<base href='https://x.y/'><img src=file:p.png>",
        "<base href='https://x.y/'><img src=\"cid:file:p.png@1\">",
    ),
    "relative to nothing": (
        "<base target=_blank><base href=/x><img src=a></base>",
        '<base target=_blank><base href=/x><img src="cid:a@1"></base>',
    ),
}


@pytest.mark.parametrize("name", OUT)
def test_page_goes_out_as_it_is_but_for_charset_and_images(name: str) -> None:
    def images(source: str, line: int) -> str:
        return source if source.startswith("http") else f"cid:{source}@{line}"

    page, expected = OUT[name]
    assert prepare_page(page, images) == (page if expected is None else expected)


@given(st.text(st.sampled_from("<>/ abimgsrc=\"'\n&;!-")) | st.text())
def test_page_without_local_images_is_untouched(page: str) -> None:
    assert prepare_page(page, lambda source, _line: source) == page


IMAGES = {
    "image/png": b"\x89PNG\r\n\x1a\n\0",
    "image/jpeg": b"\xff\xd8\xff\xe0\0",
    "image/gif": b"GIF89a",
    "image/webp": b"RIFF\0\0\n\0WEBPVP8",
    "image/avif": b"\0\0\0\x20ftypavif",
    "image/heic": b"\0\0\0\x20ftypheic",
    "image/bmp": b"BM\0\n\0\0\0\0\0\0",
    "image/tiff": b"MM\0*",
    "image/vnd.microsoft.icon": b"\0\0\1\0",
    "image/svg+xml": b"<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='x'>",
}


@pytest.mark.parametrize("kind", IMAGES)
def test_images_are_known_by_their_content(kind: str) -> None:
    assert image_type(IMAGES[kind]) == kind
    assert image_type(b" x" + IMAGES[kind]) == ""


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"root:x:0:0:root:/root:/bin/bash\n", id="passwd"),
        pytest.param(b"BM is no image\n", id="text with its letters"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\n", id="key"),
        pytest.param(b"%PDF-1.7", id="pdf"),
        pytest.param(b"<html><svg>", id="svg in a page"),
        pytest.param(b"<!-- " * 1000 + b"<svg>", id="svg too late"),
        pytest.param(b"<!--" * 2000, id="comments without end"),
    ],
)
def test_what_is_no_image(start: bytes) -> None:
    assert image_type(start) == ""
