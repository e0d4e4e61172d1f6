"""The dialogue with the writer."""

import io
import re
import signal
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pymail.compose.console import Console
from pymail.errors import Interrupted
from pymail.main import main
from pymail.model import replace
from pymail.signals import IGNORED, Signals

RC = "set mta=test from=me@example.com\n"
S = ("-s", "S")


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


EDITORS = "EDITOR='echo e >' VISUAL='echo v >'"
INT, TERM = signal.SIGINT, signal.SIGTERM
# Input, options, settings, texts in the output, and texts that are not.
CONVERSATIONS: Mapping[str, tuple[Sequence[bytes | int], tuple[str, ...], str, list[str], list[str]]] = {
    "subject, text, dot": ([b"Hello\n", b"text\n", b".\n", b"no\n"], (), "", ["Subject: ", "\nSubject: Hello\n", "\n\ntext\n"], ["no\n"]),
    "blanks": ([b"  Hello \n", b".\n"], (), "", ["Subject: Hello\n"], []),
    "end of input": ([b"S\n", b"text\n"], (), "", ["EOT\n", "\n\ntext\n"], []),
    "no subject": ([], (), "", ["no subject"], ["\nSubject"]),
    "subject given": ([b"text\n"], ("-s", ""), "", ["\n\ntext\n"], ["Subject: "]),
    "subject unset": ([b"text\n"], (), "noask noasksub", ["\n\ntext\n"], ["Subject: "]),
    "dot unset": ([b"S\n", b".\n", b"text\n"], (), "nodot", ["\n\n.\ntext\n"], []),
    "dot with ignoreeof": ([b"one\n", b".\n", b"two\n"], S, "ignoreeof nodot", ["\n\none\n\n"], []),
    "one interrupt": ([b"S\n", b"one\n", INT, b"two\n", b".\n"], (), "", ["(Interrupt -- one more to kill letter)", "\n\none\ntwo\n"], []),
    # Control-D inside a line hands over the line so far; it does not end the input.
    "line in pieces": ([b"one", b".\n", b"~s x\n", b"~.\n"], S, "", ["\n\none.\n", "Subject: x\n"], []),
    "text goes on": ([b"one\n", b".\n", b"\n", b"two\n", b".\n", b"y\n"], S, "asksend", ["(continue)\n", "\n\none\ntwo\n"], []),
    "copies stay": ([b"\n", b".\n"], (*S, "-c", "c@x.org"), "askcc", ["(Cc: c@x.org)\nCc: From", "\nCc: c@x.org\n"], []),
    "editor": ([b"more\n", b".\n"], S, f"editalong=e {EDITORS}", ["\n\ne\nmore\n"], []),
    "visual": ([b"more\n", b".\n"], S, f"editalong=v {EDITORS}", ["\n\nv\nmore\n"], []),
    "some editor": ([b"more\n", b".\n"], S, f"editalong= {EDITORS}", ["\n\ne\nmore\n"], []),
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversation_makes_a_message(world: Any, name: str) -> None:
    lines, words, rc, parts, absent = CONVERSATIONS[name]
    rc = f"{RC}set {rc}\n" if rc else RC
    status, out, err = typed(world, *lines, words=words, rc=rc)
    assert status == 0
    assert [part for part in parts if part not in out + err] == []
    assert [part for part in absent if part in out] == []


@pytest.mark.parametrize(("signals", "status"), [([INT, INT], 130), ([TERM], 143)])
def test_signals_end_the_message_and_keep_the_text(
    world: Any, signals: list[int], status: int
) -> None:
    assert typed(world, b"S\n", b"one\n", *signals)[0] == status
    assert "\n\none\n" in world.dead_letter


def test_an_interrupt_ends_an_escape_and_not_the_message(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> int:
        raise Interrupted(signal.SIGINT)

    monkeypatch.setattr("pymail.compose.text_escapes.run_program", interrupted)
    lines = (b"S\n", b"one\n", b"~!sleep 9\n", b"two\n", b".\n")
    status, out, _ = typed(world, *lines)
    assert status == 0
    assert "\n\none\ntwo\n" in out


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


def shown_before(out: str) -> str:
    """The output before the message."""
    return re.split(r"From \S+@\S+ \w{3} ", out)[0]


def test_all_questions_come_in_the_usual_order(world: Any) -> None:
    world.write("f.txt", "f\n")
    status, out, _ = typed(
        world,
        *(b"Hello\n", b"c@x.org, d@x.org\n", b"b@x.org\n"),
        *(b"text\n", b".\n", b"f.txt\n", b"\n", b"yes\n"),
        rc=RC + "set askcc askbcc askattach asksend\n",
    )
    assert status == 0
    assert shown_before(out) == (
        "Subject: Cc: Bcc: #1 filename: #2 filename: "
        "-------\nEnvelope contains:\nFrom: me@example.com\nTo: a@x.org\n"
        "Cc: c@x.org, d@x.org\nBcc: b@x.org\nSubject: Hello\n"
        "Send this message [yes/no, empty: recompose]? "
    )
    assert "Cc: c@x.org, d@x.org\n" in out[len(shown_before(out)) :]
    assert "Bcc" not in out[len(shown_before(out)) :]
    assert 'filename="f.txt"' in out


@pytest.mark.parametrize("variable", ["askatend", "bsdcompat"])
def test_questions_for_copies_can_come_after_the_text(
    world: Any, variable: str
) -> None:
    _, out, _ = typed(
        world,
        *(b"text\n", b".\n", b"c@x.org\n", b"\n"),
        words=S,
        rc=RC + f"set askcc askbcc {variable}\n",
    )
    assert shown_before(out) == "Cc: Bcc: "
    assert "Cc: c@x.org\n" in out
    assert "\n\ntext\n" in out


def test_question_for_recipients_comes_when_there_are_none(world: Any) -> None:
    made = world.environment("pymail", "--to", "", rc=RC, terminal=True)
    made = replace(made, stdin=Lines(b"q@x.org\n", b"S\n", b".\n"))
    assert main(made) == 0
    assert "To: q@x.org\n" in made.stdout.getvalue()


@pytest.mark.parametrize("answer", [b"n\n", b"No\n", b""])
def test_answer_no_sends_nothing_and_keeps_the_text(world: Any, answer: bytes) -> None:
    status, out, err = typed(
        world, b"text\n", b".\n", b"what?\n", answer, words=S, rc=RC + "set asksend\n"
    )
    assert status == 130
    assert out.count("Send this message") == 2
    assert "not sent: you answered no" in err
    assert "\n\ntext\n" in world.dead_letter


def test_end_of_input_is_ignored_25_times_at_most(world: Any) -> None:
    rc = RC + "set ignoreeof nodot\n"
    _, out, _ = typed(world, b"one\n", b"", b"two\n", words=S, rc=rc)
    assert out.count('Use "." to terminate letter\n') == 1 + 24
    assert "EOT\n" in out
    assert "\n\none\ntwo\n" in out


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
    assert shown_before(out) == "@\n" * 3
    assert "\n\none\ntwo\n" in out
    assert called == ["from here on"]


def test_fields_are_edited_in_turn(world: Any) -> None:
    _, out, err = typed(
        world,
        *(b"~h\n", b"\n", b"c@x.org\n", b"", b"New\n"),
        *(b"~H\n", b"f@x.org\n", b"bad@@x\n", b"s@x.org\n", b"We\n", b".\n"),
        words=S,
    )
    assert shown_before(out) == (
        "(To: a@x.org)\nTo: Cc: Bcc: (Subject: S)\nSubject: (continue)\n"
        "From: Reply-To: Sender: Organization: (continue)\n"
    )
    for line in ("To: a@x.org", "Cc: c@x.org", "Subject: New", "From: f@x.org"):
        assert f"\n{line}\n" in out
    assert "\nSender: s@x.org\nTo" in out
    assert "\nOrganization: We\n" in out
    assert "Reply-To: " in err


def test_attachments_are_edited_in_turn(world: Any) -> None:
    for name in ("a", "b", "c", "d"):
        world.write(f"{name}.txt", name)
    _, out, _ = typed(
        world,
        *(b"~@ a.txt b.txt c.txt\n", b"~@\n"),
        *(b"\n", b"-\n", b"d.txt\n", b"\n", b".\n"),
        words=S,
    )
    sent = out[len(shown_before(out)) :]
    names = [n for n in "abcd" if f'filename="{n}.txt"' in sent]
    assert names == ["a", "d"]
    assert "#3 filename: #3 filename: " in shown_before(out)


def test_template_at_a_terminal_asks_no_questions(world: Any) -> None:
    made = world.environment("pymail", "-t", rc=RC, terminal=True)
    made = replace(made, stdin=Lines(b"To: q@x.org\n", b"\n", b"text\n"))
    assert main(made) == 0
    assert made.stdout.getvalue().startswith("EOT\n")
