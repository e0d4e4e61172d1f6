"""Options of s-nail, mailutils and Heirloom, from argv to the message."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.printed import message

RC = "set mta=test from=me@example.com\n"
A = "a@example.com"
Run = Callable[..., Any]


def _parts(out: str) -> list[tuple[str, str | None]]:
    return [
        (part.get_content_type(), part.get_filename())
        for part in message(out).walk()
        if not part.is_multipart()
    ]


# ── recipients ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("target", "field", "body"),
    [
        pytest.param("to: b@x.org, c@x.org", "To", "b@x.org, c@x.org", id="to"),
        pytest.param("Cc:c@x.org", "Cc", "c@x.org", id="cc"),
        pytest.param(
            "to?single: Exa, Mple <b@x.org>", "To", '"Exa, Mple" <b@x.org>', id="single"
        ),
        pytest.param("to?s: <b@x.org>", "To", "b@x.org", id="single-without-name"),
        pytest.param(
            'to?s: "E, M" <b@x.org>', "To", '"E, M" <b@x.org>', id="single-quoted"
        ),
    ],
)
def test_target_adds_recipients(
    pymail: Run, target: str, field: str, body: str
) -> None:
    ended = pymail("--target", target, stdin=b"text\n", rc=RC)
    assert ended.status == 0
    assert message(ended.out)[field] == body


@pytest.mark.parametrize("target", ["a@x.org", "from: a@x.org", ""], ids=repr)
def test_target_of_another_form_is_refused(pymail: Run, target: str) -> None:
    ended = pymail("--target", target, A, rc=RC)
    assert ended.status == 64
    assert "not of the form 'to: ADDRESS'" in ended.err


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        pytest.param(["--target", "fcc: copy", A], b"text\n", id="option"),
        pytest.param(["-t"], b"To: a@x.org\nFcc: copy\n\ntext\n", id="template"),
        pytest.param(["-t"], b"To: a@x.org\nFcc: mbox://copy\n\ntext\n", id="scheme"),
    ],
)
def test_fcc_of_option_or_header_writes_a_file(
    pymail: Run, world: Any, words: Sequence[str], stdin: bytes
) -> None:
    ended = pymail(*words, stdin=stdin, rc=RC + "set expandaddr\n")
    assert ended.status == 0
    assert "copy" not in message(ended.out)["To"]
    assert (world.directory / "copy").read_text().endswith("\n\ntext\n\n")


def test_login_name_makes_the_default_sender(pymail: Run) -> None:
    ended = pymail(
        "--user", "joe", A, stdin=b"text\n", rc="set mta=test hostname=h.org\n"
    )
    assert message(ended.out)["From"] == "joe@h.org"


# ── settings ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "author"),
    [
        pytest.param(
            ["-Y", "set from=y@x.org", "-X", "set from=x@x.org"], "y@x.org", id="late"
        ),
        pytest.param(
            ["-X", "set from=x@x.org", "-S", "from=s@x.org"], "x@x.org", id="beats-set"
        ),
        pytest.param(["--startup-cmd=set from=x@x.org"], "x@x.org", id="startup"),
        pytest.param(["-:", "uS"], "me@example.com", id="both-files"),
    ],
)
def test_commands_run_after_the_files(
    pymail: Run, words: Sequence[str], author: str
) -> None:
    ended = pymail(*words, A, stdin=b"text\n", rc=RC)
    assert message(ended.out)["From"] == author


@pytest.mark.parametrize("which", ["/", "-", "x"])
def test_no_file_is_read_when_none_is_wanted(pymail: Run, which: str) -> None:
    ended = pymail(f"-:{which}", "-Smta=test", A, stdin=b"text\n", rc=RC)
    assert message(ended.out)["From"] == "me@host.example.com"


def test_unknown_letters_for_files_are_refused(pymail: Run) -> None:
    ended = pymail("-:q", A, rc=RC)
    assert ended.status == 64
    assert "-: q: not one of" in ended.err


# ── attachments of mailutils ────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "part"),
    [
        pytest.param(
            ["--content-type=text/csv", "-A", "f.txt"], ("text/csv", "f.txt"), id="type"
        ),
        pytest.param(
            ["-A", "f.txt", "--content-type=text/html"],
            ("text/plain", "f.txt"),
            id="type-behind-it",
        ),
        pytest.param(
            ["--content-type=text/html", "-A", "f.png"],
            ("image/png", "f.png"),
            id="type-that-cannot-be",
        ),
        pytest.param(
            ["--content-filename=g.csv", "--attach=f.txt"],
            ("text/csv", "g.csv"),
            id="name",
        ),
        pytest.param(["-A", "f.txt", "-A", "g"], ("text/plain", "g"), id="two"),
    ],
)
def test_attachment_options_of_mailutils_apply(
    pymail: Run, world: Any, words: Sequence[str], part: tuple[str, str]
) -> None:
    for name in ("f.txt", "f.png", "g"):
        world.write(name, "F\n")
    ended = pymail(*words, A, stdin=b"text\n", rc=RC)
    assert ended.status == 0
    assert _parts(ended.out)[-1] == part


def test_name_in_the_type_can_differ(pymail: Run, world: Any) -> None:
    world.write("f.txt", "F\n")
    ended = pymail("--content-name=n.txt", "-A", "f.txt", A, stdin=b"text\n", rc=RC)
    assert 'Content-Type: text/plain; charset=us-ascii; name="n.txt"\n' in ended.out
    assert 'filename="f.txt"' in ended.out


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("base64", "Rgo=\n"), ("Quoted-Printable", "F\n"), ("frob", "F\n")],
    ids=["base64", "quoted-printable", "unknown"],
)
def test_encoding_of_a_file_can_be_set(
    pymail: Run, world: Any, encoding: str, written: str
) -> None:
    world.write("f.txt", "F\n")
    ended = pymail(f"--encoding={encoding}", "-A", "f.txt", A, rc=RC)
    assert f"\n\n{written}" in ended.out


def test_encoding_of_a_file_that_needs_one(pymail: Run, world: Any) -> None:
    world.write("f.txt", "é\n")
    ended = pymail("--encoding=base64", "-A", "f.txt", A, rc=RC)
    assert "\n\nw6kK\n" in ended.out


def test_alternative_has_the_forms_in_order_and_inline(pymail: Run, world: Any) -> None:
    world.write("page.html", "<b>x</b>\n")
    ended = pymail("--alternative", "-a", "page.html", A, stdin=b"x\n", rc=RC)
    assert message(ended.out).get_content_type() == "multipart/alternative"
    assert [kind for kind, _ in _parts(ended.out)] == ["text/plain", "text/html"]
    assert "Content-Disposition: attachment" not in ended.out


def test_empty_files_can_be_skipped(pymail: Run, world: Any) -> None:
    world.write("empty", "")
    world.write("f.txt", "F\n")
    words = ["-a", "empty", "-a", "f.txt", A]
    ended = pymail("--skip-empty-attachments", *words, stdin=b"text\n", rc=RC)
    assert [name for _, name in _parts(ended.out)] == [None, "f.txt"]


def test_open_descriptor_is_attached(pymail: Run) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a,b\n")
    os.close(writing)
    words = ["--content-filename=t.csv", "--attach-fd", str(reading)]
    ended = pymail(*words, A, stdin=b"text\n", rc=RC)
    os.close(reading)
    assert _parts(ended.out)[-1] == ("text/csv", "t.csv")


@pytest.mark.parametrize(
    ("number", "status", "said"),
    [
        pytest.param("x", 64, "--attach-fd 'x': not a number", id="no-number"),
        pytest.param("987", 66, "--attach-fd 987: no such", id="closed"),
    ],
)
def test_unreadable_descriptor_is_reported(
    pymail: Run, number: str, status: int, said: str
) -> None:
    ended = pymail("--attach-fd", number, A, rc=RC)
    assert ended.status == status
    assert said in ended.err


# ── names ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["mail", "mailx", "nail", "s-nail", "pymail"])
def test_help_has_the_name_of_the_program(pymail: Run, name: str) -> None:
    ended = pymail("-?", program=f"/usr/local/bin/{name}")
    assert ended.status == 0
    assert ended.out.startswith(f"Usage: {name} [OPTION]...")


@pytest.mark.parametrize(
    "word", ["-B", "-D", "-U", "--nosum", "--no-config", "--quit", "-M", "-m"]
)
def test_options_without_effect_are_accepted(pymail: Run, word: str) -> None:
    assert pymail(word, A, stdin=b"text\n", rc=RC).status == 0


@pytest.mark.parametrize("rest", [("-s", "S", A), ("-sS", A), (A, "-s", "S")])
def test_m_of_hp_ux_takes_no_file(pymail: Run, rest: tuple[str, ...]) -> None:
    ended = pymail("-m", *rest, stdin=b"text\n", rc=RC)
    assert (ended.status, ended.err) == (0, "")
    assert message(ended.out)["Subject"] == "S"
    assert message(ended.out)["To"] == A


def test_s_applies_while_the_files_are_read(pymail: Run) -> None:
    rc = RC + "set replyto=rc@x.org\nunset b\nset c=1\nwysh echo $replyto$b$c.\n"
    words = ("-S", "replyto=s@x.org", "-S", "b=2", "-S", "noc")
    ended = pymail(*words, A, stdin=b"x\n", rc=rc)
    assert ended.out.startswith("s@x.org2.\n")
    assert message(ended.out.partition("\n")[2])["Reply-To"] == "s@x.org"


def test_commands_can_change_variables_of_s(pymail: Run) -> None:
    stdin = b"set replyto=b@x.org noc\nwysh echo $replyto$c.\n"
    words = ("-#", "-S", "replyto=s@x.org", "-S", "c=1")
    assert pymail(*words, stdin=stdin, rc=RC).out == "b@x.org.\n"
