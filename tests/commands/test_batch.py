"""Batch mode: commands on standard input, and messages among them."""

import signal
from collections.abc import Callable
from typing import Any

import pytest

from pymail.errors import Interrupted
from pymail.main import main
from pymail.model import replace
from tests.commands.conftest import Failing

RC = "set mta=test from=me@example.com\n"
Run = Callable[..., Any]


def batch(pymail: Run, *lines: str, words: tuple[str, ...] = ("-#",)) -> Any:
    return pymail(*words, stdin="".join(f"{line}\n" for line in lines).encode(), rc=RC)


def test_a_message_has_its_text_up_to_the_escape_that_ends_it(pymail: Run) -> None:
    ended = batch(pymail, "m b@x.org", "~s Hello", "text", ".", "~.", "echo done $?")
    assert (ended.status, ended.err) == (0, "")
    assert "To: b@x.org\nSubject: Hello\n" in ended.out
    assert "\n\ntext\n.\n" in ended.out
    assert ended.out.endswith("done 0\n")


def test_settings_apply_to_later_messages(pymail: Run) -> None:
    ended = batch(
        pymail,
        *("mail b@x.org c@x.org", "one", "~.", "set from=you@example.com dot"),
        *("Mail 'D D <d@x.org>'", "two", ".", "xit", "mail never@x.org", "~."),
    )
    one, two = ended.out.split("\nFrom you@")
    assert "From: me@example.com\nTo: b@x.org, c@x.org\n" in one
    assert "From: you@example.com\nTo: D D <d@x.org>\n" in two
    assert "never" not in ended.out


@pytest.mark.parametrize("line", ["mail\tb@x.org", " m  b@x.org", "; mail b@x.org "])
def test_name_of_a_command_ends_where_it_does_in_a_file(pymail: Run, line: str) -> None:
    ended = batch(pymail, line, "text", "~.", "\txit", "mail c@x.org", "never", "~.")
    assert (ended.status, ended.err) == (0, "")
    assert "To: b@x.org\n" in ended.out
    assert "\n\ntext\n" in ended.out
    assert "never" not in ended.out


def test_the_end_of_input_ends_a_message_too(pymail: Run) -> None:
    assert "\n\nopen" in batch(pymail, "mail b@x.org", "open").out


def test_a_message_that_fails_does_not_stop_the_others(pymail: Run, world: Any) -> None:
    ended = batch(
        pymail,
        *("mail a@@b", "lost?", "~.", "echo $?", "mail c@x.org", "gone", "~x"),
        *("mail d@x.org", "sent", "~."),
    )
    assert ended.status == 65
    assert "65\n" in ended.out
    assert "\n\nlost?\n" in world.dead_letter
    assert "gone" not in world.dead_letter + ended.out
    assert "\n\nsent\n" in ended.out


def test_invalid_line_is_reported_and_the_rest_runs(pymail: Run) -> None:
    ended = batch(pymail, "", "frob", "source /nowhere", "mail b@x.org", "x", "~.")
    assert "unknown command 'frob'" in ended.err
    assert "To: b@x.org" in ended.out


def test_blocks_and_conditions_may_span_lines(pymail: Run) -> None:
    ended = batch(
        pymail,
        *("account other {", "  set from=other@example.com", "}", "account other"),
        *("if s", "echo sending", "else", "echo reading", "endif"),
        *("mail b@x.org", "x", "~."),
    )
    assert ended.out.startswith("sending\nFrom other@example.com ")


def test_nested_conditions_apply_to_messages(pymail: Run) -> None:
    ended = batch(
        pymail,
        *("if s", "if r", "mail never@x.org", "text, not a command", "~.", "xit"),
        *("else", "echo inner", "endif", "mail b@x.org", "one", "~."),
        *("if [ $? -eq 0 ]", "  define m {", "    if r", "    echo no", "    endif"),
        *("  }", "endif", "else", "mail never@x.org", "two", "~.", "end"),
        *("call m", "account o { set from=o@example.com }", "account o", "echo end"),
        *("mail c@x.org \\", " d@x.org", "set b=c \\", "  dot", "."),
    )
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("inner\nFrom me@example.com ")
    assert "never" not in ended.out
    assert "no\n" not in ended.out.replace("inner", "")
    assert "From: o@example.com\nTo: c@x.org, d@x.org\n" in ended.out
    assert "\n\nset b=c \\\n  dot\n.\n" in ended.out


def test_block_and_condition_may_have_comments_after_brackets(
    pymail: Run,
) -> None:
    ended = batch(pymail, "acc a { # of mine", "set from=a@x.org", "}; # end", "acc a")
    assert (ended.status, ended.err) == (0, "")
    assert "'if' has no 'endif'" in batch(pymail, "if s", "echo x").err


def test_a_block_that_is_never_closed_ends_with_the_input(pymail: Run) -> None:
    assert "never closed" in batch(pymail, "define m {", "echo x").err


def test_missing_recipient_fails_one_message_only(pymail: Run) -> None:
    ended = batch(pymail, "mail", "text", "~.", "mail b@x.org", "y", "~.")
    assert ended.status == 65
    assert "To: b@x.org" in ended.out


def test_with_an_address_on_the_command_line_it_is_one_message(pymail: Run) -> None:
    ended = batch(pymail, "~s Hello", "echo text", words=("-#", "b@x.org"))
    assert "Subject: Hello\n" in ended.out
    assert "\n\necho text\n" in ended.out


def test_a_signal_ends_the_run_and_keeps_the_message(world: Any) -> None:
    made = world.environment("pymail", "-#", rc=RC)
    stdin = Failing(Interrupted(signal.SIGTERM), b"mail b@x.org\n", b"half\n")
    assert main(replace(made, stdin=stdin)) == 143
    assert "\n\nhalf\n" in world.dead_letter


def test_closed_standard_input_ends_the_run(pymail: Run) -> None:
    assert pymail("-#", stdin=None, rc=RC).status == 0


def test_files_may_be_recipients_of_composed_messages(pymail: Run, world: Any) -> None:
    """`restrict` of expandaddr applies to texts that are not composed."""
    rc = RC + "set expandaddr=restrict\n"
    for words in (("-#", "./copy"), ("-~", "./copy")):
        assert pymail(*words, stdin=b"x\n", rc=rc).status == 0
    assert (world.directory / "copy").read_text().count("\n\nx\n") == 2
    assert pymail("./other", stdin=b"x\n", rc=rc).status == 65


@pytest.mark.parametrize("line", ["quit", "q", "exit", "x"])
def test_exit_commands_end_the_run(pymail: Run, line: str) -> None:
    assert batch(pymail, line, "echo on").out == ""


@pytest.mark.parametrize("stdin", [b"echo behind\n", b""])
def test_commands_of_y_run_before_standard_input(pymail: Run, stdin: bytes) -> None:
    message = "#\nmail b@x.org\n~s One\nbody\n~."
    ended = pymail("-#", "-Y", message, "-Y", "echo second", stdin=stdin, rc=RC)
    assert (ended.status, ended.err) == (0, "")
    assert "Subject: One\n" in ended.out
    assert "\n\nbody\n\nsecond\n" in ended.out
    assert ended.out.endswith("behind\n" if stdin else "second\n")
