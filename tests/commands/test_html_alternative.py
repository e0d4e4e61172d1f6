"""HTML alternatives: --markdown and --html."""

import base64
import io
import os
import re
from collections.abc import Callable
from email.message import EmailMessage
from html import escape
from pathlib import Path
from typing import Any

import pytest

from pymail.main import main
from pymail.model import replace
from tests.printed import message
from tests.scripted import nobody

RC = "set mta=test from=me@example.com\n"
A = "a@example.com"
PNG = b"\x89PNG\r\n\x1a\none"
GIF = b"GIF89a two"
ESC = "\x1b"
Run = Callable[..., Any]


def said(found: EmailMessage, form: Any) -> str:
    part = found.get_body((form,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def kinds(found: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in found.walk()]


def images(found: EmailMessage) -> dict[str, bytes]:
    """The images of a message by their cid: URL."""
    return {
        f"cid:{part['Content-ID'].strip('<>')}": part.get_content()
        for part in found.walk()
        if part["Content-ID"]
    }


BOTH = ["multipart/alternative", "text/plain", "text/html"]

# ── Markdown ────────────────────────────────────────────────────────────────


def test_markdown_is_sent_as_text_and_html(pymail: Run) -> None:
    text = "# Disks\n\n| a | b |\n|---|---|\n| 1 | *2* |\n\nGrüße ~~x~~\n"
    ended = pymail("--markdown", "-s", "R & D", A, stdin=text.encode(), rc=RC)
    assert (ended.status, ended.err) == (0, "")
    found = message(ended.out)
    assert kinds(found) == BOTH
    assert said(found, "plain") == text
    html = said(found, "html")
    assert html.startswith("<!DOCTYPE html>\n")
    assert "<title>R &amp; D</title>" in html
    assert "<h1>Disks</h1>" in html
    assert "<em>2</em></td>" in html
    assert "<p>Grüße <s>x</s></p>" in html


def test_language_is_that_of_the_locale(pymail: Run) -> None:
    around = {"rc": RC, "variables": {"LC_ALL": "", "LANG": "de_DE.UTF-8"}}
    found = message(pymail("--markdown", A, stdin=b"Hallo\n", **around).out)
    assert '<html lang="de-DE">' in said(found, "html")


def test_subject_in_another_charset_is_the_title(pymail: Run) -> None:
    subject = "磁盘".encode("gb18030").decode("utf-8", "surrogateescape")
    found = message(pymail("--markdown", "-s", subject, A, stdin=b"x\n", rc=RC).out)
    assert "<title>磁盘</title>" in said(found, "html")


@pytest.mark.parametrize(
    ("words", "rc"),
    [
        pytest.param((), "", id="guessed"),
        pytest.param((), "set ttycharset=gb18030\n", id="set"),
        pytest.param(("-M", "text/markdown; charset=gb2312"), "", id="said"),
        pytest.param(("-M", "text/plain; charset=gbk"), "", id="said-as-text"),
    ],
)
def test_text_in_another_charset_is_read_in_it(
    pymail: Run, words: tuple[str, ...], rc: str
) -> None:
    text = "# 磁盘已满\n".encode("gb18030")
    ended = pymail("--markdown", *words, A, stdin=text, rc=RC + rc)
    found = message(ended.out)
    assert kinds(found) == BOTH
    assert said(found, "plain") == "# 磁盘已满\n"
    assert "<h1>磁盘已满</h1>" in said(found, "html")


def test_octets_of_windows_are_read_as_browsers_do(pymail: Run) -> None:
    found = message(pymail("--markdown", A, stdin=b"a \x93b\x94\n", rc=RC).out)
    assert "a “b”" in said(found, "html")


def test_empty_text_has_one_form(pymail: Run) -> None:
    found = message(pymail("--markdown", "-s", "S", A, stdin=b"", rc=RC).out)
    assert kinds(found) == ["text/plain"]
    assert pymail("--html", "-E", A, stdin=b"", rc=RC).out == ""


def test_signature_is_in_both_forms(pymail: Run, world: Any) -> None:
    world.write("sig", "-- \nJoe <joe@example.com>\n")
    rc = RC + "set signature=~/sig\n"
    found = message(pymail("--markdown", A, stdin=b"# x\n", rc=rc).out)
    assert said(found, "plain") == "# x\n-- \nJoe <joe@example.com>\n"
    assert "-- \nJoe &lt;joe@example.com&gt;</div>\n</body>" in said(found, "html")


# ── HTML ────────────────────────────────────────────────────────────────────


def test_html_is_sent_as_html_and_text(pymail: Run) -> None:
    text = "<h1>Disks</h1>\n<p>See <a href='http://x.y'>there</a> — now.\n"
    found = message(pymail("--html", A, stdin=text.encode(), rc=RC).out)
    assert kinds(found) == BOTH
    assert said(found, "html") == text
    assert said(found, "plain") == "Disks\n=====\n\nSee there <http://x.y> — now.\n"


@pytest.mark.parametrize(
    ("text", "words", "rc"),
    [
        pytest.param("<meta charset=gbk><p>磁盘".encode("gbk"), (), "", id="meta"),
        pytest.param("<p>磁盘".encode("gbk"), (), "", id="guessed"),
        pytest.param(
            "<p>磁盘".encode("gbk"), ("-M", "text/html; charset=gbk"), "", id="M"
        ),
        pytest.param("<p>磁盘".encode("gbk"), (), "set ttycharset=gbk\n", id="set"),
        pytest.param("<p>磁盘".encode("utf-16"), (), "", id="utf-16"),
        pytest.param("<p>磁盘".encode("utf-8-sig"), (), "", id="mark"),
        pytest.param("<meta charset=gbk><p>磁盘".encode(), (), "", id="wrong-meta"),
        pytest.param(b"<p>&#x78c1;&#30424;", (), "", id="entities"),
    ],
)
def test_html_in_any_charset_arrives_in_utf_8(
    pymail: Run, text: bytes, words: tuple[str, ...], rc: str
) -> None:
    found = message(pymail("--html", *words, A, stdin=text, rc=RC + rc).out)
    assert said(found, "plain") == "磁盘\n"
    html = said(found, "html")
    assert "磁盘" in html or "&#x" in html
    assert "gbk" not in html


def test_plain_form_of_html_has_the_charset_of_the_settings(pymail: Run) -> None:
    rc = RC + "set ttycharset=utf-8 sendcharsets=iso-8859-1,gb2312\n"
    found = message(pymail("--html", A, stdin="<p>磁盘".encode(), rc=rc).out)
    charsets = [part.get_content_charset() for part in found.iter_parts()]
    assert charsets == ["gb2312", "utf-8"]
    assert said(found, "plain") == "磁盘\n"


def test_html_set_by_type_has_one_form(pymail: Run) -> None:
    found = message(pymail("-M", "text/html", A, stdin=b"<p>x\n", rc=RC).out)
    assert kinds(found) == ["text/html"]


# ── output of programs ──────────────────────────────────────────────────────


def test_output_is_sent_as_text_and_preformatted_without_colours(pymail: Run) -> None:
    text = f"{ESC}[01;34mdir{ESC}[0m <a>\n10%\r20%\n".encode()
    found = message(pymail("--html", A, stdin=text, rc=RC).out)
    assert kinds(found) == BOTH
    assert said(found, "plain") == "dir <a>\n20%\n"
    assert "<pre>dir &lt;a&gt;\n20%\n</pre>" in said(found, "html")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("vector<int> v; // a < b\n", id="brackets"),
        pytest.param("a  b\n c\n", id="columns"),
        pytest.param(f"<p>{ESC}[1mx{ESC}[0m</p>\n", id="escape sequence"),
    ],
)
def test_text_that_is_not_html_is_preformatted(pymail: Run, text: str) -> None:
    found = message(pymail("--html", A, stdin=text.encode(), rc=RC).out)
    bare = text.replace(f"{ESC}[1m", "").replace(f"{ESC}[0m", "")
    assert said(found, "plain") == bare
    assert f"<pre>{escape(bare, quote=False)}</pre>" in said(found, "html")


# ── images ──────────────────────────────────────────────────────────────────


@pytest.fixture
def pictures(world: Any) -> Path:
    world.write("plot.png", PNG)
    world.write("in here/my plot.jpg", GIF)
    world.write("100%.png", PNG)
    world.write("a%20b.gif", GIF)
    (world.directory / "link.png").symlink_to(world.directory / "plot.png")
    directory: Path = world.directory
    return directory


NAMED = {
    "relative": ("plot.png", PNG),
    "dot": ("./plot.png", PNG),
    "home": ("~/plot.png", PNG),
    "absolute": ("{}/plot.png", PNG),
    "URL": ("file://{}/plot.png", PNG),
    "URL with a host": ("FILE://localhost{}/plot.png", PNG),
    "short URL": ("file:{}/plot.png", PNG),
    "relative URL": ("file:plot.png", PNG),
    "URL of home": ("file://~/plot.png", PNG),
    "spelt blank": ("in%20here/my%20plot.jpg", GIF),
    "sign of per cent": ("100%.png", PNG),
    "spelt sign of per cent": ("100%25.png", PNG),
    "really spelt so": ("a%20b.gif", GIF),
    "link": ("link.png", PNG),
}


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("form", ["--markdown", "--html"])
def test_local_images_are_attached(
    form: str, name: str, pymail: Run, pictures: Path
) -> None:
    written, content = NAMED[name]
    source = written.format(pictures)
    text = {"--markdown": f"![x]({source})\n", "--html": f"<img src='{source}'>\n"}
    ended = pymail(form, A, stdin=text[form].encode(), rc=RC)
    assert (ended.status, ended.err) == (0, "")
    found = message(ended.out)
    [(cid, octets)] = images(found).items()
    assert octets == content
    assert f'<img src="{cid}"' in said(found, "html")
    kind = "image/png" if content == PNG else "image/gif"
    assert kinds(found) == [*BOTH[:2], "multipart/related", "text/html", kind]


def test_each_image_is_attached_once(pymail: Run, pictures: Path) -> None:
    text = (
        f"![a](plot.png) ![b](./plot.png) ![c]({pictures}/plot.png)\n\n"
        "![d](link.png) ![e](<in here/my plot.jpg>)\n"
    )
    found = message(pymail("--markdown", A, stdin=text.encode(), rc=RC).out)
    assert sorted(images(found).values()) == sorted([PNG, GIF])
    sources = re.findall('<img src="([^"]*)"', said(found, "html"))
    assert sources[:4] == [sources[0]] * 4
    assert set(sources) == set(images(found))


@pytest.mark.parametrize(
    "source",
    [
        *("http://x.y/z.png", "HTTPS://x.y/z.png", "//x.y/z.png", "cid:a@b"),
        *("data:image/png;base64,AAAA", "#", "ftp://x.y/z.png"),
    ],
)
def test_remote_addresses_are_unchanged(pymail: Run, source: str) -> None:
    for form, text in (
        ("--markdown", f"![x]({source})\n"),
        ("--html", f'<img src="{source}">\n'),
    ):
        found = message(pymail(form, A, stdin=text.encode(), rc=RC).out)
        assert kinds(found) == BOTH
        assert f'<img src="{source}"'.lower() in said(found, "html").lower()


def test_image_without_an_address_is_unchanged(pymail: Run) -> None:
    found = message(pymail("--html", A, stdin=b"<img src=''><img>\n", rc=RC).out)
    assert said(found, "html") == "<img src=''><img>\n"


WRONG = {
    "missing": ("nix.png", "image nix.png in line 3 is left out: {}/nix.png: No such"),
    "missing URL": ("file:///nix.png", "image file:///nix.png in line 3 is left out"),
    "on another machine": ("file://web1/x.png", "{}/web1/x.png: No such file"),
    "directory": (".", "{}: not a regular file"),
    "device": ("/dev/zero", "/dev/zero: not a regular file"),
    "pipe": ("pipe", "pipe: not a regular file"),
    "loop": ("loop", "loop: Too many levels"),
    "long": ("x" * 5000, f"image {'x' * 200} in line 3 is left out: "),
    "no image": ("text.png", "{}/text.png is not an image; attach it with -a"),
    "empty": ("empty.png", "{}/empty.png is not an image"),
    "secret": ("/etc/passwd", "/etc/passwd is not an image"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("form", ["--markdown", "--html"])
def test_image_that_cannot_be_attached_is_a_warning(
    form: str, name: str, pymail: Run, world: Any
) -> None:
    source, complaint = WRONG[name]
    world.write("text.png", "text\n")
    world.write("empty.png", "")
    os.mkfifo(world.directory / "pipe")
    (world.directory / "loop").symlink_to("loop")
    text = {
        "--markdown": f"a\n\n![x]({source})\n",
        "--html": f"<p>a\n\n<img src='{source}'>\n",
    }
    ended = pymail(form, A, stdin=text[form].encode(), rc=RC)
    assert ended.status == 0
    assert complaint.format(world.directory) in ended.err
    assert ended.err.count("\n") == 1
    found = message(ended.out)
    assert kinds(found) == BOTH
    assert source in said(found, "html")


def test_first_of_many_missing_images_are_named(pymail: Run) -> None:
    text = "".join(f"![x]({n % 8}.png)\n" for n in range(80))
    ended = pymail("--markdown", A, stdin=text.encode(), rc=RC)
    assert ended.status == 0
    assert ended.err.count("is left out") == 5
    assert "3 more images are left out" in ended.err


def test_unreadable_image_is_named(pymail: Run) -> None:
    unreadable = Path("/proc/self/mem")
    if not unreadable.exists():
        pytest.skip("no file that not even root can read")
    ended = pymail("--markdown", A, stdin=f"![x]({unreadable})\n".encode(), rc=RC)
    assert ended.status == 0
    assert "/mem: Input/output error" in ended.err


def test_nul_in_the_name_of_an_image_names_no_file(pymail: Run) -> None:
    ended = pymail("--html", A, stdin=b"<img src='a%00b'>\n", rc=RC)
    assert ended.status == 0
    assert "no file can have this name" in ended.err


# ── with other options ──────────────────────────────────────────────────────


def test_files_are_attached_beside_both_forms(pymail: Run, pictures: Path) -> None:
    (pictures / "f.txt").write_text("file\n")
    text = b"![x](plot.png)\n"
    ended = pymail("--markdown", "-a", "f.txt", A, stdin=text, rc=RC)
    found = message(ended.out)
    assert kinds(found) == [
        *("multipart/mixed", *BOTH[:2]),
        *("multipart/related", "text/html", "image/png", "text/plain"),
    ]
    assert [part.get_filename() for part in found.iter_attachments()] == ["f.txt"]


def test_an_invitation_is_one_more_form(pymail: Run, world: Any) -> None:
    world.write("i.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    words = ("--markdown", "--alternative", "-a", "i.ics", A)
    found = message(pymail(*words, stdin=b"# Meet\n", rc=RC).out)
    assert kinds(found) == [*BOTH, "text/calendar"]


@pytest.mark.parametrize(
    ("form", "name"),
    [
        *(("--markdown", "report.md"), ("--markdown", "notes.txt")),
        *(("--markdown", "README"), ("--markdown", "page.html"), ("--html", "f.txt")),
    ],
)
def test_file_as_the_text_is_what_the_option_says(
    form: str, name: str, pymail: Run, world: Any
) -> None:
    world.write(name, "# <b>x</b>\n")
    found = message(pymail(form, "-m", name, A, rc=RC).out)
    assert kinds(found) == BOTH
    expected = "<h1>&lt;b&gt;" if form == "--markdown" else "# <b>x</b>\n"
    assert expected in said(found, "html")


def test_quoted_file_is_part_of_the_markdown(pymail: Run, world: Any) -> None:
    world.write("q", "# Before\n\n")
    found = message(pymail("--markdown", "-q", "q", A, stdin=b"*x*\n", rc=RC).out)
    assert said(found, "plain") == "# Before\n\n*x*\n"
    assert "<h1>Before</h1>\n<p><em>x</em></p>" in said(found, "html")


def test_each_message_of_a_batch_has_both_forms(pymail: Run) -> None:
    script = f"mail {A}\n# one\n~.\nmail {A}\n# two\n~.\n".encode()
    ended = pymail("--markdown", "-#", stdin=script, rc=RC)
    assert ended.status == 0
    assert re.findall("<h1>(.*)</h1>", ended.out) == ["one", "two"]


def test_text_with_escapes_is_markdown(pymail: Run, pictures: Path) -> None:
    text = b"~s Plot\n# one\n~@ plot.png\n~p\n"
    ended = pymail("--markdown", "-~", A, stdin=text, rc=RC)
    before, out = ended.out.split("\nFrom ", 1)
    assert "# one\n" in before
    assert "<h1>" not in before
    found = message(f"From {out}")
    assert kinds(found) == ["multipart/mixed", *BOTH, "image/png"]
    assert "<h1>one</h1>" in said(found, "html")
    assert (pictures / "plot.png").exists()


class Typed(io.RawIOBase):
    """A terminal with these lines of input."""

    def __init__(self, *lines: bytes) -> None:
        self._lines = iter(lines)

    def readline(self, _size: int | None = -1) -> bytes:
        return next(self._lines, b"")


def test_a_person_types_markdown(world: Any) -> None:
    made = world.environment("pymail", "--markdown", A, rc=RC, terminal=True)
    lines = Typed(b"Subject\n", b"# typed\n", b"~p\n", b".\n")
    made = replace(made, stdin=lines)
    assert main(made) == 0
    shown, _, sent = made.stdout.getvalue().partition("(continue)\n")
    assert "\n# typed\n" in shown
    assert "<h1>typed</h1>" in sent


BAD = {
    "both": ("--html --markdown", "--html and --markdown can't be combined"),
    "html as markdown": ("--html -M text/markdown", "--html can't be used with"),
    "markdown as html": ("--markdown -M text/html", "--markdown can't be used with"),
    "html as a picture": ("--html -M image/png", "with the content type image/png"),
    "html in parts": (
        "--html -M multipart/mixed",
        "with the content type multipart/mixed",
    ),
    "by a field": ("--html -C Content-Type:text/csv", "with the content type text/csv"),
    "by a field of -a": (
        "--html -a Content-Type:text/csv",
        "with the content type text/csv",
    ),
}
GOOD = {
    "html as html": ("--html -M text/html", BOTH),
    "html as text": ("--html -M text/plain", BOTH),
    "markdown as markdown": ("--markdown -M text/markdown", BOTH),
    "markdown as others call it": ("--markdown -M text/x-markdown", BOTH),
    "markdown as text": ("--markdown -M text/plain", BOTH),
    "by a field": ("--html -C Content-Type:text/html", BOTH),
    "no type at all": ("--html -M nonsense/", BOTH),
}


@pytest.mark.parametrize("name", BAD)
def test_conflicting_options_are_refused_and_the_text_is_kept(
    name: str, pymail: Run, world: Any
) -> None:
    words, complaint = BAD[name]
    ended = pymail(*words.split(), A, stdin=b"<p>x\n", rc=RC)
    assert ended.status == 64
    assert complaint in ended.err
    assert ended.out == ""
    assert world.dead_letter.endswith("\n\n<p>x\n\n")
    if "Content-Type" not in words:
        made = world.directory / "made"
        command = ("--", "touch", str(made))
        ended = pymail("--run", "always", *words.split(), A, *command, rc=RC)
        assert (ended.status, made.exists()) == (64, False)


@pytest.mark.parametrize("name", GOOD)
def test_options_with_the_same_meaning_can_be_combined(name: str, pymail: Run) -> None:
    words, expected = GOOD[name]
    assert (
        kinds(message(pymail(*words.split(), A, stdin=b"<p>x\n", rc=RC).out))
        == expected
    )


@pytest.mark.parametrize(
    ("kind", "status"), [("text/html", 0), ("text/markdown", 64)], ids=["same", "other"]
)
def test_type_in_the_subject_counts(kind: str, status: int, pymail: Run) -> None:
    subject = f"S\nContent-Type: {kind}"
    ended = pymail("--html", "-s", subject, A, stdin=b"<p>x\n", rc=RC)
    assert ended.status == status


LIMITS = {"--markdown": 1 << 20, "--html": 10 << 20}


@pytest.mark.parametrize("what", ["long", "nul"])
@pytest.mark.parametrize("form", LIMITS)
def test_text_that_is_too_long_or_has_nul_is_sent_unchanged(
    form: str, what: str, pymail: Run
) -> None:
    line = b"<p>0123456789</p>\n"
    text = {"long": line * (LIMITS[form] // len(line) + 1), "nul": b"<p>a\0b\n"}[what]
    ended = pymail(form, A, stdin=text, rc=RC)
    assert ended.status == 0
    assert f"{form}: the text contains NUL or is too long" in ended.err
    found = message(ended.out)
    assert kinds(found) == ["text/html" if form == "--html" else "text/plain"]
    assert found.get_payload(decode=True) == text + b"\n" * (what == "long")


# ── messages, dead letters ──────────────────────────────────────────────────


def test_body_of_a_message_is_markdown(pymail: Run) -> None:
    stdin = f"To: {A}\nSubject: S\n\n# x\n".encode()
    found = message(pymail("-t", "--markdown", stdin=stdin, rc=RC).out)
    assert found["Subject"] == "S"
    assert kinds(found) == BOTH
    assert said(found, "plain") == "# x\n"


ENCODED = {
    "base64": base64.encodebytes(b"# x\n").decode(),
    "quoted-printable": "=23 x\n",
    "8bit": "# x\n",
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_encoded_body_is_decoded(encoding: str, pymail: Run) -> None:
    stdin = (
        f"To: {A}\nContent-Type: text/markdown\n"
        f"Content-Transfer-Encoding: {encoding}\n\n{ENCODED[encoding]}"
    ).encode()
    found = message(pymail("-t", "--markdown", stdin=stdin, rc=RC).out)
    assert said(found, "plain") == "# x\n"
    assert "<h1>x</h1>" in said(found, "html")


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        pytest.param(
            "Content-Type: text/html\n", "the text is text/html", id="another-type"
        ),
        pytest.param(
            "Content-Transfer-Encoding: base64\n", "not valid base64", id="encoding"
        ),
    ],
)
def test_body_that_cannot_be_markdown_is_kept(
    header: str, complaint: str, pymail: Run, world: Any
) -> None:
    stdin = f"To: {A}\n{header}\n# x\n".encode()
    ended = pymail("-t", "--markdown", stdin=stdin, rc=RC)
    assert ended.status == 65
    assert complaint in ended.err
    assert "# x" in world.dead_letter


@pytest.mark.parametrize("again", [(), ("--markdown",), ("--html",)], ids=" ".join)
def test_dead_letter_is_resent_unchanged(
    again: tuple[str, ...], pymail: Run, pictures: Path, world: Any
) -> None:
    (pictures / "sig").write_text("-- \nJoe\n")
    (pictures / "f.txt").write_text("From here\nfile\n")
    text = "From me: Grüße\n\n![x](plot.png)\n".encode()
    signed = "set signature=~/sig\n"
    rc = f"set smtp={nobody()} from=me@example.com\n{signed}"
    ended = pymail("--markdown", "-s", "S", "-a", "f.txt", A, stdin=text, rc=rc)
    assert ended.status == 75
    kept = world.dead_letter
    (pictures / "plot.png").unlink()
    ended = pymail("-t", *again, stdin=kept.encode(), rc=RC + signed)
    assert (ended.status, ended.err) == (0, "")
    found = message(ended.out)
    assert said(found, "plain") == text.decode() + "-- \nJoe\n"
    assert said(found, "html").count("-- \nJoe</div>") == 1
    assert [*images(found).values()] == [PNG]
    assert [*images(found)] == re.findall('<img src="([^"]*)"', said(found, "html"))
    assert [part.get_content() for part in found.iter_attachments()] == [
        "From here\nfile\n"
    ]


def test_finished_messages_in_an_mbox_are_unchanged(pymail: Run, world: Any) -> None:
    world.write("plot.png", PNG)
    rc = f"set smtp={nobody()} from=me@example.com\n"
    pymail("--markdown", A, stdin=b"# one\n\n![x](plot.png)\n", rc=rc)
    pymail(A, stdin=b"# two\n", rc=rc)
    pymail("-M", "text/html", A, stdin=b"<h1>three</h1>\n", rc=rc)
    kept = world.dead_letter
    assert kept.count("\nFrom me@example.com") == 2
    ended = pymail("-t", "--markdown", stdin=kept.encode(), rc=RC)
    assert ended.status == 65
    assert "the text is text/html" in ended.err
    assert re.findall("<h1>(.*)</h1>", ended.out) == ["one", "two"]
    assert ended.out.count("multipart/related") == 1
    assert "<h1>three</h1>" in world.dead_letter.removeprefix(kept)


def test_dead_letter_is_kept_without_images_that_are_gone(
    pymail: Run, pictures: Path, world: Any
) -> None:
    large = pictures / "large.png"
    large.write_bytes(PNG.ljust(2 << 20, b"\0"))
    rc = f"set sendmail={pictures}/mta from=me@example.com\n"
    (pictures / "mta").write_text(f"#!/bin/sh\nrm -f {large}\nexit 75\n")
    (pictures / "mta").chmod(0o700)
    text = b"# x\n\n![x](large.png)\n"
    ended = pymail("--markdown", A, stdin=text, rc=rc)
    assert ended.status != 0
    kept = message(world.dead_letter)
    assert said(kept, "plain") == text.decode()
    assert kinds(kept) == BOTH


# ── reports of --run ───────────────────────────────────────────────────────

RAN = ("--run", "always")
PRINTS = ("sh", "-c", r'printf "\033[31mred\033[0m <b>\n10%%\r20%%\n"')


def test_report_of_a_command_is_preformatted_without_its_colours(pymail: Run) -> None:
    plain = message(pymail(*RAN, A, "--", *PRINTS, rc=RC).out)
    found = message(pymail(*RAN, "--html", A, "--", *PRINTS, rc=RC).out)
    assert kinds(found) == BOTH
    assert said(found, "plain") == plain.get_content().rstrip("\n") + "\n"
    html = said(found, "html")
    assert "Status:   ok\n" in html
    assert "\nred &lt;b&gt;\n20%\n</pre>" in html


def test_report_of_octets_in_another_charset_has_both_forms(pymail: Run) -> None:
    prints = ("sh", "-c", r'printf "\033[31m\264\305\305\314\033[0m\n"')
    found = message(pymail(*RAN, "--html", A, "--", *prints, rc=RC).out)
    assert said(found, "plain").endswith("\n\n磁盘\n")
    assert "\n磁盘\n</pre>" in said(found, "html")


def test_binary_report_has_its_head_in_both_forms(
    pymail: Run,
) -> None:
    prints = ("sh", "-c", r'printf "\377\000"')
    found = message(pymail(*RAN, "--html", A, "--", *prints, rc=RC).out)
    assert kinds(found) == ["multipart/mixed", *BOTH, "application/octet-stream"]
    assert "it is attached" in said(found, "html")


def test_report_shows_tags_of_a_command_as_text(pymail: Run) -> None:
    found = message(pymail(*RAN, "--html", A, "--", "echo", "<p>x</p>", rc=RC).out)
    assert "&lt;p&gt;x&lt;/p&gt;\n" in said(found, "html")
    assert said(found, "plain").endswith("\n\n<p>x</p>\n")


@pytest.mark.parametrize(
    ("words", "printed", "html"),
    [
        pytest.param("--html -M text/html", "<p>x</p>", "<p>x</p>\n", id="html"),
        pytest.param("--markdown", "# x", "<h1>x</h1>\n</body>", id="markdown"),
    ],
)
def test_output_with_a_type_has_no_head(
    words: str, printed: str, html: str, pymail: Run
) -> None:
    ended = pymail(*RAN, *words.split(), A, "--", "echo", printed, rc=RC)
    found = message(ended.out)
    assert kinds(found) == BOTH
    assert "Command:" not in ended.out
    assert html in said(found, "html")


def test_report_without_output_is_no_markdown(pymail: Run) -> None:
    found = message(pymail(*RAN, "--markdown", A, "--", "true", rc=RC).out)
    assert kinds(found) == ["text/plain"]
    assert "(no output)" in found.get_content()
