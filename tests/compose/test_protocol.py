"""`~^`: header and attachments listed and changed by a script, as in s-nail."""

from collections.abc import Callable
from typing import Any

import pytest

RC = "set mta=test from=me@example.com\n"
Talk = Callable[..., Any]


@pytest.fixture
def talk(world: Any, pymail: Callable[..., Any]) -> Talk:
    """Send a text with commands; the output is the answers, then the message."""
    world.write("f.txt", "one\n")
    (world.directory / "d").mkdir()
    world.write("d/f.txt", "two\n")

    def talk(*commands: str) -> Any:
        stdin = "".join(f"~^{command}\n" for command in commands) + "text\n"
        return pymail(
            "-~",
            "-s",
            "first",
            "a@x.org",
            stdin=stdin.encode(),
            rc=RC + "set v=w expandaddr\n",
        )

    return talk


DIALOGUES = [
    (["header", "h l", "h l to", "h l cc"], "210 Subject To\n" * 2 + "210 To\n501 Cc\n"),
    (["h s subject", "h s nope"], "212 Subject\nfirst\n\n501 nope\n"),
    (
        ['h i cc "C D <c@x.org>"', 'h i cc "e@x.org f@x.org"', "h i cc bob", "h s cc"],
        ("210 Cc 1\n210 Cc 2\n210 Cc 4\n211 Cc\nc@x.org 'C D <c@x.org>'\n"
        "e@x.org e@x.org\nf@x.org f@x.org\n# bob\n\n"),
    ),
    (['h i bcc "|a b"', "h s bcc"], "210 Bcc 1\n211 Bcc\n# '|a b'\n\n"),
    (["h i X-Foo $v", "h i x-foo two", "h s x-FOO"], "210 X-Foo 1\n210 x-foo 2\n212 x-FOO\nw\ntwo\n\n"),
    (["h i subject  changed", "h s Subject"], "210 Subject 1\n212 Subject\n'first changed'\n\n"),
    (["h i from 'me@x.org, you@x.org'", "h s from"], "210 From 1\n211 From\nme@x.org me@x.org\nyou@x.org you@x.org\n\n"),
    (["h i reply-to r@x.org", "h i reply-to s@x.org", "h r reply-to"], "210 Reply-To 1\n210 Reply-To 2\n210 Reply-To\n"),
    (["h i sender q@x.org", "h i sender r@x.org", "h r sender", "h l sender"], "210 Sender 1\n506 Sender\n210 Sender\n501 Sender\n"),
    (["h i to a@@b", "h i from x"], "505 'a@@b': two @ signs\n210 From 1\n"),
    (["h i to?single: 'exa, <m@ple.org>'", "h remove-at to 1"], "210 To 2\n210 To\n"),
    (["h r subject", "h r subject", "h remove-at to 9", "h remove-at to x"], "210 Subject\n501 Subject\n501 To\n505 invalid position: x\n"),
    (["h i bad:name x", "h i mime-version 1", "h i x $'a\\nBcc: b@x.org'"], "505 not a header field name: 'bad:name'\n505 mime-version\n505 x\n"),
    (["", "frob", "h", "h frob", "h i to", "h s", "h i a 'b"], "500\n500\n210 Subject To\n500\n500\n500\n500\n"),
    (["a", "a l", "a i ./f.txt", "a i ./nope", "a"], "501\n501\n210 1\n505 ./nope\n212\nf.txt\n\n"),
    (
        ["a i f.txt", "a attribute f.txt", "a attribute-at 1", "a attribute-at 2", "a attribute-at x"],
        ("210 1\n212 f.txt\nfilename f.txt\ncontent-disposition attachment\n\n"
        "212 1\nfilename f.txt\ncontent-disposition attachment\n\n501\n505 invalid position: x\n"),
    ),
    (["a i f.txt", "a i d/f.txt", "a r f.txt", "a r d/f.txt", "a r nope", "a r f.txt", "a remove-at 1"], "210 1\n210 2\n506\n210 2\n501\n210 1\n501\n"),
    (["a i f.txt", "a attribute-set-at 1 nope x", "a attribute-set f.txt filename $'a\\nb'"], "210 1\n505\n505\n"),
    (
        ["a i f.txt", "a attribute-set f.txt filename 'n m'", "a attribute-set-at 1 Content-Type text/html", "a attribute 'n m'", "a attribute-set ./f.txt filename ''", "a"],
        ("210 1\n210 1\n210 1\n212 n m\nfilename 'n m'\ncontent-type text/html\n"
        "content-disposition attachment\n\n210 1\n212\nf.txt\n\n"),
    ),
    (["version"], "210 0 0 2\n"),
]  # fmt: skip


@pytest.mark.parametrize(("commands", "answers"), DIALOGUES, ids=range(len(DIALOGUES)))
def test_command_is_answered(talk: Talk, commands: list[str], answers: str) -> None:
    ended = talk(*commands)
    assert ended.out.startswith(answers)
    assert ended.out.removeprefix(answers)[:5] in ("", "From ")


def test_fcc_copies_the_message_and_is_no_field_of_it(talk: Talk, world: Any) -> None:
    out = talk("h i fcc ./copy,1", "h", "h s fcc", "h i FCC ./copy2").out
    assert out.startswith(
        "210 Fcc 1\n210 Subject To Fcc\n212 Fcc\n./copy,1\n\n210 Fcc 2\n"
    )
    assert "\nFcc:" not in out
    for name in ("copy,1", "copy2"):
        assert "\n\ntext\n" in (world.directory / name).read_text()


def test_help_names_the_commands(talk: Talk) -> None:
    assert talk("help").out.startswith("211\nattachment attribute ")


def test_message_has_every_change(talk: Talk) -> None:
    out = talk(
        *("h i cc c@x.org", "h remove-at to 1", "h i to b@x.org", "h r subject"),
        *("h i X-Foo bar", "h i from f@x.org", "h i reply-to r@x.org"),
        *("a i f.txt", "a attribute-set f.txt filename renamed.txt"),
    ).out
    assert "From: f@x.org\n" in out
    assert "To: b@x.org\nCc: c@x.org\n" in out
    assert "Reply-To: r@x.org\n" in out
    assert "X-Foo: bar\n" in out
    assert "Subject:" not in out
    assert 'filename="renamed.txt"' in out
