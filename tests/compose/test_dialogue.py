"""Writing at a terminal."""

import io
import re
import signal
from typing import Any

import pytest

from pymail.compose.console import Console
from pymail.environment import Environment
from pymail.errors import Interrupted
from pymail.main import main
from pymail.model import replace
from pymail.signals import IGNORED, Signals
from tests.conftest import Stopped

RC = "set mta=test from=me@example.com\n"


class Lines(io.RawIOBase):
    """A terminal: lines, and interrupts between them."""

    def __init__(self, *lines: bytes | int) -> None:
        self._lines = iter(lines)

    def readline(self, _size: int | None = -1) -> bytes:
        line = next(self._lines, b"")
        if isinstance(line, int):
            raise Interrupted(line)
        return line


def typed(
    world: Any,
    *lines: bytes | int,
    words: tuple[str, ...] = (),
    rc: str = RC,
    signals: Signals = IGNORED,
) -> Any:
    made = world.environment("pymail", *words, "a@x.org", rc=rc, terminal=True)
    made = replace(made, stdin=Lines(*lines))
    status = main(made, signals)
    return status, made.stdout.getvalue(), made.stderr.getvalue()


def test_subject_is_asked_and_a_dot_ends_the_text(world: Any) -> None:
    status, out, _ = typed(world, b"Hello\n", b"text\n", b".\n", b"not read\n")
    assert status == 0
    assert out.startswith("Subject: ")
    assert "Subject: Hello\n" in out
    assert "\n\ntext\n" in out
    assert "not read" not in out


class CommandStopped(Stopped):
    """A world where a signal ends every command."""

    def run(self, *_: Any, **__: Any) -> int:
        raise Interrupted(signal.SIGINT)


def test_an_interrupt_ends_an_escape_and_not_the_letter(world: Any) -> None:
    made = world.environment("pymail", "a@x.org", rc=RC, terminal=True)
    lines = Lines(b"S\n", b"one\n", b"~!sleep 9\n", b"two\n", b".\n")
    names = vars(Environment)["__match_args__"]
    around = {name: getattr(made, name) for name in names}
    stopped = CommandStopped(**{**around, "stdin": lines})
    assert main(stopped) == 0
    assert "\n\none\ntwo\n" in made.stdout.getvalue()


def test_end_of_input_ends_the_text(world: Any) -> None:
    _, out, _ = typed(world, b"S\n", b"text\n")
    assert "EOT\n" in out
    assert "\n\ntext\n" in out


def test_end_of_input_at_the_subject_is_no_subject(world: Any) -> None:
    _, out, err = typed(world)
    assert "\nSubject" not in out
    assert "no subject" in err


@pytest.mark.parametrize(
    ("words", "rc"),
    [
        pytest.param(("-s", ""), RC, id="given"),
        pytest.param((), RC + "set noask noasksub\n", id="unset"),
    ],
)
def test_subject_is_not_asked_when_given_or_unset(
    world: Any, words: tuple[str, ...], rc: str
) -> None:
    _, out, _ = typed(world, b"text\n", words=words, rc=rc)
    assert not out.startswith("Subject: ")
    assert "\n\ntext\n" in out


def test_dot_is_text_when_unset(world: Any) -> None:
    _, out, _ = typed(world, b"S\n", b".\n", b"text\n", rc=RC + "unset dot\n")
    assert "\n\n.\ntext\n" in out


def test_one_interrupt_is_forgiven(world: Any) -> None:
    status, out, _ = typed(world, b"S\n", b"one\n", signal.SIGINT, b"two\n", b".\n")
    assert status == 0
    assert "(Interrupt -- one more to kill letter)" in out
    assert "\n\none\ntwo\n" in out


def test_two_interrupts_kill_the_letter_and_keep_the_text(world: Any) -> None:
    status, _, _ = typed(world, b"S\n", b"one\n", signal.SIGINT, signal.SIGINT)
    assert status == 130
    assert "\n\none\n" in world.dead_letter


@pytest.mark.parametrize(
    ("signals", "times"),
    [
        pytest.param([signal.SIGINT, signal.SIGINT], 1, id="second"),
        pytest.param([signal.SIGTERM], 0, id="other"),
    ],
)
def test_signals_count_again_when_one_is_forgiven(
    world: Any, signals: list[int], times: int
) -> None:
    caught: list[str] = []
    made = replace(world.environment(terminal=True), stdin=Lines(*signals))
    console = Console(environment=made, catch_signals=lambda: caught.append("again"))
    with pytest.raises(Interrupted):
        console.line()
    assert caught == ["again"] * times


def test_other_signals_end_at_once(world: Any) -> None:
    status, _, _ = typed(world, b"S\n", b"one\n", signal.SIGTERM)
    assert status == 143


def told(out: str) -> str:
    """What was shown before the mail went."""
    return re.split(r"From \S+@\S+ \w{3} ", out)[0]


S = ("-s", "S")


def test_everything_can_be_asked_in_the_usual_order(world: Any) -> None:
    world.write("f.txt", "f\n")
    status, out, _ = typed(
        world,
        *(b"Hello\n", b"c@x.org, d@x.org\n", b"b@x.org\n"),
        *(b"text\n", b".\n", b"f.txt\n", b"\n", b"yes\n"),
        rc=RC + "set askcc askbcc askattach asksend\n",
    )
    assert status == 0
    assert told(out) == (
        "Subject: Cc: Bcc: #1 filename: #2 filename: "
        "-------\nEnvelope contains:\nFrom: me@example.com\nTo: a@x.org\n"
        "Cc: c@x.org, d@x.org\nBcc: b@x.org\nSubject: Hello\n"
        "Send this message [yes/no, empty: recompose]? "
    )
    assert "Cc: c@x.org, d@x.org\n" in out[len(told(out)) :]
    assert "Bcc" not in out[len(told(out)) :]
    assert 'filename="f.txt"' in out


@pytest.mark.parametrize("variable", ["askatend", "bsdcompat"])
def test_copies_can_be_asked_after_the_text(world: Any, variable: str) -> None:
    _, out, _ = typed(
        world,
        *(b"text\n", b".\n", b"c@x.org\n", b"\n"),
        words=S,
        rc=RC + f"set askcc askbcc {variable}\n",
    )
    assert told(out) == "Cc: Bcc: "
    assert "Cc: c@x.org\n" in out
    assert "\n\ntext\n" in out


def test_copies_of_the_command_line_stay_when_nothing_is_answered(world: Any) -> None:
    _, out, _ = typed(
        world, b"\n", b".\n", words=(*S, "-c", "c@x.org"), rc=RC + "set askcc\n"
    )
    assert told(out) == "(Cc: c@x.org)\nCc: "
    assert "\nCc: c@x.org\n" in out


def test_recipients_are_asked_when_there_are_none(world: Any) -> None:
    made = world.environment("pymail", "--to", "", rc=RC, terminal=True)
    made = replace(made, stdin=Lines(b"q@x.org\n", b"S\n", b".\n"))
    assert main(made) == 0
    assert "To: q@x.org\n" in made.stdout.getvalue()


@pytest.mark.parametrize("answer", [b"n\n", b"No\n", b""])
def test_no_is_not_sent_and_kept(world: Any, answer: bytes) -> None:
    status, out, err = typed(
        world, b"text\n", b".\n", b"what?\n", answer, words=S, rc=RC + "set asksend\n"
    )
    assert status == 130
    assert out.count("Send this message") == 2
    assert "not sent, as you answered" in err
    assert "\n\ntext\n" in world.dead_letter


def test_an_empty_answer_goes_on_with_the_text(world: Any) -> None:
    _, out, _ = typed(
        world,
        *(b"one\n", b".\n", b"\n", b"two\n", b".\n", b"y\n"),
        words=S,
        rc=RC + "set asksend\n",
    )
    assert "(continue)\n" in out
    assert "\n\none\ntwo\n" in out


def test_end_of_input_is_ignored_25_times_at_most(world: Any) -> None:
    rc = RC + "set ignoreeof nodot\n"
    _, out, _ = typed(world, b"one\n", b"", b"two\n", words=S, rc=rc)
    assert out.count('Use "." to terminate letter\n') == 1 + 24
    assert "EOT\n" in out
    assert "\n\none\ntwo\n" in out


def test_ignoreeof_makes_a_dot_the_end(world: Any) -> None:
    rc = RC + "set ignoreeof nodot\n"
    _, out, _ = typed(world, b"one\n", b".\n", b"two\n", words=S, rc=rc)
    assert "\n\none\n\n" in out


def test_a_line_may_come_in_pieces(world: Any) -> None:
    """Control-D in a line hands over what is there; it is no end."""
    _, out, _ = typed(world, b"one", b".\n", b"~s x\n", b"~.\n", words=S)
    assert "\n\none.\n" in out
    assert "Subject: x\n" in out


@pytest.mark.parametrize(
    ("words", "rc"),
    [
        pytest.param(("-i",), "", id="option"),
        pytest.param((), "set ignore\n", id="variable"),
    ],
)
def test_interrupts_can_be_ignored(world: Any, words: tuple[str, ...], rc: str) -> None:
    called: list[str] = []
    _, out, _ = typed(
        world,
        b"one\n",
        *[signal.SIGINT] * 3,
        *(b"two\n", b".\n"),
        words=(*S, *words),
        rc=RC + rc,
        signals=Signals(ignore_interrupts=lambda: called.append("from here on")),
    )
    assert told(out) == "@\n" * 3
    assert "\n\none\ntwo\n" in out
    assert called == ["from here on"]


@pytest.mark.parametrize("value", ["v", "e", ""])
def test_writing_can_begin_in_an_editor(world: Any, value: str) -> None:
    rc = RC + f"set editalong={value} EDITOR='echo e >' VISUAL='echo v >'\n"
    _, out, _ = typed(world, b"more\n", b".\n", words=S, rc=rc)
    assert f"\n\n{value or 'e'}\nmore\n" in out


def test_fields_are_edited_one_by_one(world: Any) -> None:
    _, out, err = typed(
        world,
        *(b"~h\n", b"\n", b"c@x.org\n", b"", b"New\n"),
        *(b"~H\n", b"f@x.org\n", b"bad@@x\n", b"s@x.org\n", b"We\n", b".\n"),
        words=S,
    )
    assert told(out) == (
        "(To: a@x.org)\nTo: Cc: Bcc: (Subject: S)\nSubject: (continue)\n"
        "From: Reply-To: Sender: Organization: (continue)\n"
    )
    for line in ("To: a@x.org", "Cc: c@x.org", "Subject: New", "From: f@x.org"):
        assert f"\n{line}\n" in out
    assert "\nSender: s@x.org\nTo" in out
    assert "\nOrganization: We\n" in out
    assert "Reply-To: " in err


def test_attachments_are_changed_one_by_one(world: Any) -> None:
    for name in ("a", "b", "c", "d"):
        world.write(f"{name}.txt", name)
    _, out, _ = typed(
        world,
        *(b"~@ a.txt b.txt c.txt\n", b"~@\n"),
        *(b"\n", b"-\n", b"d.txt\n", b"\n", b".\n"),
        words=S,
    )
    sent = out[len(told(out)) :]
    names = [n for n in "abcd" if f'filename="{n}.txt"' in sent]
    assert names == ["a", "d"]
    assert "#3 filename: #3 filename: " in told(out)


def test_template_at_a_terminal_is_asked_nothing(world: Any) -> None:
    made = world.environment("pymail", "-t", rc=RC, terminal=True)
    made = replace(made, stdin=Lines(b"To: q@x.org\n", b"\n", b"text\n"))
    assert main(made) == 0
    assert made.stdout.getvalue().startswith("EOT\n")


def test_spaces_around_an_answer_do_not_count(world: Any) -> None:
    _, out, _ = typed(world, b"  Hello \n", b".\n")
    assert "Subject: Hello\n" in out
