"""Media types of files and texts, from settings and options."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.printed import message

RC = "set mta=test from=me@example.com\n"
A = "a@example.com"
HTML = "<b>Grüße</b>\n"
Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("rc", "kind"),
    [
        pytest.param("", "text/x-user", id="file"),
        pytest.param("mimetype text/x-own xyz\n", "text/x-own", id="command"),
        pytest.param("mimetype ?t text/x-own xyz\n", "text/x-own", id="marker"),
        pytest.param("mimetype\n", "text/x-user", id="listing"),
        pytest.param("mimetype text/x-own xyz\nunmimetype text/x-own\n", "text/x-user", id="un"),
        pytest.param("mimetype text/x-own xyz\nunmimetype text/x-other\n", "text/x-own", id="no"),
        pytest.param("mimetype text/x-own xyz\nunmimetype *\n", "text/x-user", id="un-all"),
        pytest.param("set mimetypes-load-control=f=~/types\n", "text/x-named", id="named-file"),
        pytest.param("set mimetypes-load-control=\n", "text/plain", id="no-file"),
    ],
)  # fmt: skip
def test_settings_define_the_type_of_a_file(
    pymail: Run, world: Any, rc: str, kind: str
) -> None:
    world.write(".mime.types", "text/x-user xyz\n")
    world.write("types", "text/x-named xyz\n")
    world.write("f.xyz", "text\n")
    ended = pymail("-a", "f.xyz", A, rc=RC + rc)
    [part] = list(message(ended.out).iter_attachments())
    assert part.get_content_type() == kind


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["-s", "S\nContent-Type: text/html"], id="subject"),
        pytest.param(["-a", "Content-Type: text/html; charset=UTF-8"], id="field"),
        pytest.param(["-C", "Content-Type: text/html"], id="custom-header"),
        pytest.param(["-M", "text/html"], id="M"),
        pytest.param(["--content-type=text/html"], id="content-type"),
        pytest.param(["-m", "page.html"], id="file"),
    ],
)
@pytest.mark.parametrize("more", [[], ["-a", "f.txt"]], ids=["alone", "attachment"])
def test_html_arrives_as_html(
    pymail: Run, world: Any, words: Sequence[str], more: Sequence[str]
) -> None:
    world.write("page.html", HTML)
    world.write("f.txt", "F\n")
    sent = message(pymail(*words, *more, A, stdin=HTML.encode(), rc=RC).out)
    body = next(part for part in sent.walk() if not part.is_multipart())
    assert body.get_content_type() == "text/html"
    assert body.get_content().strip() == HTML.strip()


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        pytest.param("base64", b"PGI+R3LDvMOfZTwvYj4K\n", id="base64"),
        pytest.param("quoted-printable", b"<b>Gr=C3=BC=C3=9Fe</b>\n", id="qp"),
        pytest.param("8bit", HTML.encode(), id="8bit"),
        pytest.param("base64", HTML.encode(), id="not-what-it-says"),
    ],
)
@pytest.mark.parametrize("more", [[], ["-a", "f.txt"]], ids=["alone", "attachment"])
def test_text_that_comes_encoded_arrives_decoded(
    pymail: Run, world: Any, encoding: str, text: bytes, more: Sequence[str]
) -> None:
    world.write("f.txt", "F\n")
    words = ["-a", "Content-Type: text/html; charset=utf-8"]
    words += ["-a", f"Content-Transfer-Encoding: {encoding}", *more, A]
    sent = message(pymail(*words, stdin=text, rc=RC).out)
    body = next(part for part in sent.walk() if not part.is_multipart())
    assert body.get_content().strip() == HTML.strip()
