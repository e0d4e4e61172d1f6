"""Escapes in a pipe (-~), from the command line to the message."""

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

RC = "set mta=test from=me@example.com\n"
FILES = {"f.txt": "one\ntwo\n", "g h.txt": "g\n", "short.txt": "no end"}


@pytest.fixture
def sent(world: Any, pymail: Callable[..., Any]) -> Callable[..., Any]:
    """Send a text with escapes; their output comes before the message."""
    for name, content in FILES.items():
        world.write(name, content)

    def send(text: str | bytes, *words: str, rc: str = "") -> Any:
        octets = text if isinstance(text, bytes) else text.encode()
        return pymail("-~", "-s", "S", *words, "a@x.org", stdin=octets, rc=RC + rc)

    return send


def body(ended: Any) -> str:
    """The text that was sent; mta=test writes an mbox entry."""
    message = ended.out[ended.out.index("From me@example.com ") :]
    return str(message.partition("\n\n")[2]).removesuffix("\n")


BODIES = [
    pytest.param("a\n~~b\n~~~\n", "a\n~b\n~~\n", "", id="doubled"),
    pytest.param("a\n~.\nb\n", "a\n", "", id="end"),
    pytest.param("a\n.\nb\n", "a\n.\nb\n", "", id="dot_is_text"),
    pytest.param("a\n.\nb\n", "a\n", "set dot\n", id="dot_ends_when_set"),
    pytest.param("~r f.txt\n", "one\ntwo\n", "", id="read"),
    pytest.param("~< f.txt\n", "one\ntwo\n", "", id="less"),
    pytest.param('~r "g h.txt"\n', "g\n", "", id="read_quoted"),
    pytest.param("~r g h.txt\n", "g\n", "", id="read_with_blank"),
    pytest.param("~r short.txt\nx\n", "no endx\n", "", id="read_without_end"),
    pytest.param("~r +f.txt\n", "one\ntwo\n", "set folder=.\n", id="read_from_folder"),
    pytest.param("~R f.txt\n", "\tone\n\ttwo\n", "", id="read_indented"),
    pytest.param("~R short.txt\n\n", "\tno end\n", "", id="indented_without_end"),
    pytest.param("~<!echo out\n", "out\n", "", id="output"),
    pytest.param("~r !echo out\n", "out\n", "", id="read_output"),
    pytest.param("~<!echo out; exit 3\n", "out\n", "", id="output_of_failure"),
    pytest.param("~<!cat\nx\n", "x\n", "", id="command_does_not_eat_the_text"),
    pytest.param("a\n~|tr a-z A-Z\nb\n", "A\nb\n", "", id="filter"),
    pytest.param("a\n~|true\n", "a\n", "", id="filter_without_output"),
    pytest.param("a\n~|echo x; exit 1\n", "a\n", "", id="filter_that_fails"),
    pytest.param("a\n~!echo x\n", "a\n", "", id="command"),
    pytest.param(
        "~a\n~A\n", "A\tB\nC\nbig\n", "set sign='A\\tB\\nC' Sign=big\n", id="a"
    ),
    pytest.param("~i v\n~I v\nx\n", "V\nVx\n", "set v=V\n", id="variable"),
    pytest.param("~i nosuch\nx\n", "x\n", "", id="variable_unset"),
    pytest.param("~i password\nx\n", "x\n", "set password=p\n", id="variable_secret"),
    pytest.param("~m\n~Q 1\nx\n", "x\n", "", id="no_messages"),
    pytest.param("~z\n~\n~ s x\nx\n", "x\n", "", id="unknown"),
    pytest.param("@@~\n~s x\n@s y\n", "@~\n~s x\n", "set escape=@~\n", id="other"),
    pytest.param("~s x\n", "~s x\n", "set escape=\n", id="none"),
    pytest.param("a\n~e\n", "b\n", "set EDITOR='sed -i s/a/b/'\n", id="editor"),
    pytest.param("a\n~v\n", "b\n", "set VISUAL='sed -i s/a/b/'\n", id="visual"),
    pytest.param("a\n~e\n", "a\n", "set EDITOR=false\n", id="editor_that_fails"),
    pytest.param("a\n~e\n", "a\n", "set EDITOR=/no/such\n", id="no_editor"),
    pytest.param("a\n~e\nx\n", "a\nx\n", "set EDITOR=rm\n", id="editor_that_removes"),
    pytest.param("a\n~h\nx\n", "a\nx\n", "", id="fields_need_a_terminal"),
    pytest.param("a\n~:!echo x\nb\n", "a\nb\n", "", id="settings_shell"),
]


@pytest.mark.parametrize(("text", "expected", "rc"), BODIES)
def test_escapes_change_the_text(
    sent: Callable[..., Any], text: str, expected: str, rc: str
) -> None:
    ended = sent(text, rc=rc)
    assert ended.status == 0
    # quoted-printable marks a missing final line end
    assert body(ended).removesuffix("=\n") == expected


HEADERS = [
    pytest.param("~s Other one\n", "Subject: Other one", id="subject"),
    pytest.param(
        "~t b@x.org, B <c@x.org>\n", "To: a@x.org, b@x.org, B <c@x.org>", id="to"
    ),
    pytest.param("~c b@x.org c@x.org\n", "Cc: b@x.org, c@x.org", id="cc"),
    pytest.param("~R r@x.org\n", "Reply-To: r@x.org", id="reply_to"),
    pytest.param("~:set replyto=r@x.org\n", "Reply-To: r@x.org", id="settings"),
    pytest.param(
        "~:set from=a@@b\n~:set replyto=r@x.org\n",
        "Reply-To: r@x.org",
        id="settings_taken_back",
    ),
    pytest.param("~_ alias a@x.org new@x.org\n", "To: new@x.org", id="alias"),
    pytest.param("~||sed /^Subject/s/S$/T/\n", "Subject: T", id="filter_with_header"),
    pytest.param(
        "~||printf 'To: n@x.org\\nSubj: N\\nX-A: b\\nTo: o@x.org\\n\\nt\\n'\n",
        "To: n@x.org, o@x.org",
        id="filter_makes_header",
    ),
    pytest.param(
        "~||printf 'To: n@x.org\\nX-A: b\\n\\nt\\n'\n", "X-A: b", id="other_field"
    ),
    pytest.param(
        "~||printf 'To: n@x.org\\nSender: s@x.org\\n\\nt\\n'\n~p\n",
        "Sender: s@x.org",
        id="sender",
    ),
]


@pytest.mark.parametrize(("text", "line"), HEADERS)
def test_escapes_change_the_header(
    sent: Callable[..., Any], text: str, line: str
) -> None:
    ended = sent(text)
    assert ended.status == 0
    message = ended.out[ended.out.index("From me@example.com ") :]
    assert line in message.splitlines()


def test_blind_copies_are_in_the_envelope_alone(sent: Callable[..., Any]) -> None:
    ended = sent("~b b@x.org\n", "-d")
    assert "b@x.org" in ended.out
    assert "Bcc" not in ended.out.split("Subject: S")[0]


SHOWN = [
    pytest.param("~r f.txt\n", '"f.txt" 2/8\n', id="read"),
    pytest.param("~<!echo x\n", '"!echo x" 1/2\n', id="output"),
    pytest.param("~d\n", "no such file", id="no_dead_letter"),
    pytest.param("~r nosuch\n", "nosuch: No such file or directory", id="missing"),
    pytest.param("~r\n", "no file to insert", id="read_nothing"),
    pytest.param("~i\n", "no variable to insert", id="insert_nothing"),
    pytest.param("~t\n", "To: no address to add", id="add_nothing"),
    pytest.param("~!\n", "no command to run", id="run_nothing"),
    pytest.param("~w\n", "no file to append to", id="write_nothing"),
    pytest.param("~w /no/such\n", "No such file or directory", id="write_nowhere"),
    pytest.param("~!echo x; exit 3\n", "failed with exit status 3", id="status"),
    pytest.param("~<!exit 3\n", "exit 3: failed with exit status 3", id="silent"),
    pytest.param("~!kill -9 $$\n", "failed with exit status 137", id="signal"),
    pytest.param("~|true\n", "true: no output; the text is unchanged", id="empty"),
    pytest.param("~e\n", "/no/such: failed with exit status 127", id="no_editor"),
    pytest.param("~z\n", "~z: unknown tilde escape; ~? lists them all", id="unknown"),
    pytest.param("~m 1\n", "No appropriate messages\n(continue)\n", id="messages"),
    pytest.param("~@ nosuch\n", "not attached: ", id="not_attached"),
    pytest.param("~h\n", "at a terminal", id="fields"),
    pytest.param("~:frob\n", "unknown command 'frob'", id="unknown_command"),
    pytest.param("~:set from=a@@b\n", "from: ", id="bad_settings"),
    pytest.param("~:echo hi\n", "hi\n(continue)\n", id="echo"),
    pytest.param("~:echoerr oops\n", "oops", id="echoerr"),
    pytest.param("~||echo From: a@@b\n", "the text is unchanged", id="bad_header"),
    pytest.param("~?\n", "set the subject", id="help"),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_escape_shows(sent: Callable[..., Any], text: str, shown: str) -> None:
    ended = sent("a\n" + text, rc="set EDITOR=/no/such\n")
    assert ended.status == 0
    assert shown.lower() in (ended.out + ended.err).lower()
    assert body(ended).startswith("a\n")


def test_dead_letter_is_inserted_unless_there_is_none(
    world: Any, sent: Callable[..., Any]
) -> None:
    world.write("dead.letter", "old\n")
    assert body(sent("~d\n")) == "old\n"
    assert "nosave" in sent("~d\n", rc="set nosave\n").err


def test_text_is_appended_to_a_file(world: Any, sent: Callable[..., Any]) -> None:
    ended = sent("a\n~w out\nb\n~w 'out'\n")
    assert (world.directory / "out").read_text() == "a\na\nb\n"
    assert '"out" 1/2\n"out" 2/4\n' in ended.out


def test_text_is_shown_with_header_and_attachments(sent: Callable[..., Any]) -> None:
    shown = sent("a\x1b[1m\n~@ f.txt 'g h.txt'\n~c b@x.org\n~p\n").out
    assert shown.startswith(
        "-------\nMessage contains:\nFrom: me@example.com\nTo: a@x.org\n"
        "Cc: b@x.org\nSubject: S\n\na?[1m\n"
        "-------\nAttachments:\n#1: f.txt\n#2: g h.txt\n(continue)\n"
    )


def test_file_names_follow_an_escape_that_names_none(sent: Callable[..., Any]) -> None:
    ended = sent("~@\nf.txt, nosuch\n'g h.txt'\n\ntext\n")
    assert 'filename="f.txt"' in ended.out
    assert 'filename="g h.txt"' in ended.out
    assert "nosuch" in ended.err


def test_editor_gets_the_header_when_settings_say_so(
    world: Any, sent: Callable[..., Any]
) -> None:
    world.write(
        "ed.sh", 'grep -q "^Subject: S$" "$1" && sed -i "s/^S.*/Subject: N/" "$1"'
    )
    ended = sent("a\n~e\n", rc="set editheaders EDITOR='sh ed.sh'\n")
    assert "Subject: N\n" in ended.out
    assert body(ended) == "a\n"


def test_editor_can_change_the_files_for_copies(
    world: Any, sent: Callable[..., Any]
) -> None:
    adds = 'printf "Fcc: two, 2\\n%s\\n" "$(cat $1)" > new && mv new "$1"'
    script = f'grep -q "^Fcc: one$" "$1" && {adds}'
    world.write("ed.sh", script)
    rc = "set expandaddr=-all,+addr,fcc editheaders EDITOR='sh ed.sh'\n"
    ended = sent("a\n~e\n", "-C", "Fcc: one", rc=rc)
    assert (ended.status, ended.err) == (0, "")
    for name in ("one", "two, 2"):
        assert "\n\na\n" in (world.directory / name).read_text()
    assert "Bcc" not in ended.out


def test_settings_of_an_escape_win_over_options(sent: Callable[..., Any]) -> None:
    ended = sent("~:set reply-to=new@x.org\n", "-S", "reply-to=old@x.org")
    assert "Reply-To: new@x.org\n" in ended.out


def test_change_of_directory_does_not_move_the_record(
    world: Any, sent: Callable[..., Any]
) -> None:
    world.write("sub/x", "")
    assert sent("~:cd sub\n~r x\nx\n", "-S", "record=copy").status == 0
    assert (world.directory / "copy").exists()
    assert not (world.directory / "sub" / "copy").exists()


def test_quitting_keeps_the_text_and_exits_with_130(
    world: Any, sent: Callable[..., Any]
) -> None:
    ended = sent("one\n~c b@x.org\n~q\ntwo\n")
    assert ended.status == 130
    assert ended.out == ""
    assert "not sent: you quit with ~q" in ended.err
    assert "Cc: b@x.org\n" in world.dead_letter
    assert world.dead_letter.endswith("\n\none\n\n")


def test_discarding_keeps_nothing_and_exits_with_130(
    world: Any, sent: Callable[..., Any]
) -> None:
    ended = sent("one\n~x\ntwo\n")
    assert ended.status == 130
    assert (ended.out, world.dead_letter) == ("", "")
    assert "not kept" in ended.err


def test_escapes_see_the_quoted_file_as_text(
    sent: Callable[..., Any],
) -> None:
    assert body(sent("a\n~|tr a-z A-Z\n", "-q", "f.txt")) == "ONE\nTWO\nA\n"


def test_template_may_have_escapes(pymail: Callable[..., Any]) -> None:
    ended = pymail("-~", "-t", stdin=b"To: a@x.org\n\n~~x\n~.\nno\n", rc=RC)
    assert body(ended) == "~x\n"


def test_a_pipe_gets_no_questions(pymail: Callable[..., Any]) -> None:
    rc = RC + "set ask askcc askbcc askatend askattach asksend ignoreeof editalong\n"
    ended = pymail("-~", "a@x.org", stdin=b"a\n~.\nb\n", rc=rc)
    assert (ended.status, body(ended)) == (0, "a\n")


@pytest.mark.parametrize("option", ["-~", "-I", "--escapes"])
def test_escapes_are_text_without_the_option(
    pymail: Callable[..., Any], option: str
) -> None:
    text = b"~s other\nx\n"
    assert "~s other\n" in pymail("-s", "S", "a@x.org", stdin=text, rc=RC).out
    assert "Subject: other\n" in pymail(option, "a@x.org", stdin=text, rc=RC).out


def test_closed_standard_input_is_an_empty_text(pymail: Callable[..., Any]) -> None:
    ended = pymail("-~", "-s", "S", "a@x.org", stdin=None, rc=RC)
    assert (ended.status, body(ended)) == (0, "")


def test_long_lines_and_any_octets_are_kept(sent: Callable[..., Any]) -> None:
    long = b"x" * 200_000 + b"~s no\n"
    ended = sent(long + b"caf\xe9\n~s caf\xc3\xa9\n")
    assert "Subject: =?utf-8?" in ended.out
    encoded = "".join(body(ended).split())
    assert base64.b64decode(encoded) == long + b"caf\xe9\n"


def test_text_larger_than_memory_allows_is_filtered(sent: Callable[..., Any]) -> None:
    ended = sent(b"line\n" * 300_000 + b"~|wc -c\n")
    assert body(ended) == "1500000\n"


def test_body_file_has_no_escapes(sent: Callable[..., Any], world: Any) -> None:
    world.write("e.txt", "~s no\n")
    assert body(sent("", "-m", "e.txt")) == "~s no\n"


def test_a_text_without_a_last_line_end_gets_none(sent: Callable[..., Any]) -> None:
    assert "quoted-printable\n\nno end=\n" in sent("no end").out


def test_a_pipe_adds_files_to_those_of_options(
    sent: Callable[..., Any],
) -> None:
    ended = sent("~@\nshort.txt\n\ntext\n", "-a", "f.txt")
    names = re.findall(r"filename=\"?([\w.]+)", ended.out)
    assert names == ["f.txt", "short.txt"]


def test_a_shell_that_is_not_there_is_named(sent: Callable[..., Any]) -> None:
    ended = sent("~!true\ntext\n", rc="set SHELL=/no/such\n")
    assert "true: No such file or directory" in ended.err
    assert body(ended) == "text\n"


def test_an_editor_without_a_temporary_directory_changes_nothing(
    pymail: Callable[..., Any],
) -> None:
    ended = pymail(
        *("-~", "-s", "S", "a@x.org"),
        stdin=b"text\n~e\n",
        rc=RC,
        variables={"TMPDIR": "/no/such", "EDITOR": "true"},
    )
    assert "true: No such file or directory; the text is unchanged" in ended.err
    assert body(ended) == "text\n"


def test_a_filter_cannot_set_mime_fields(
    sent: Callable[..., Any],
) -> None:
    ended = sent("a\n~||sed '1i Content-Type: text/html'\n")
    assert "text/html" not in ended.out
    assert "Subject: S\n" in ended.out
