"""Questions and their answers, at a terminal and in a pipe."""

from typing import Any

import pytest

from pymail.commands.setup.prompt import Prompt
from pymail.errors import AuthenticationError, UsageError
from pymail.model import replace

YES_OR_NO = [
    pytest.param("y\n", True, id="y"),
    pytest.param("Yes \n", True, id="yes"),
    pytest.param("n\n", False, id="n"),
    pytest.param("NO\n", False, id="no"),
]


def number(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{text}: no number")
    return int(text)


def interview(world: Any, lines: str, *, terminal: bool) -> tuple[Prompt, Any]:
    environment = world.environment(stdin=lines.encode(), terminal=terminal)
    return Prompt(environment), environment.stderr


def test_person_sees_the_question_and_the_default(world: Any) -> None:
    talk, stderr = interview(world, "\n", terminal=True)
    assert talk.ask("Port", "465", read=number) == 465
    assert stderr.getvalue() == "Port [465]: "


def test_person_is_asked_until_it_makes_sense(world: Any) -> None:
    talk, stderr = interview(world, "\nx\n 25 \n", terminal=True)
    assert talk.ask("Port", read=number) == 25
    assert stderr.getvalue() == (
        "Port: no answer to 'Port', nothing is changed\nPort: x: no number\nPort: "
    )


def test_script_sees_nothing_and_gives_a_line_per_question(world: Any) -> None:
    talk, stderr = interview(world, "25\n\n587", terminal=False)
    talk.tell("hello")
    assert [talk.ask("Port", "465", read=number) for _ in range(3)] == [25, 465, 587]
    assert stderr.getvalue() == ""


@pytest.mark.parametrize("lines", ["", "\n", "x\n"])
def test_script_has_one_try(world: Any, lines: str) -> None:
    talk, _ = interview(world, lines, terminal=False)
    with pytest.raises(UsageError):
        talk.ask("Port", read=number)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(("lines", "claim"), YES_OR_NO)
def test_yes_and_no(world: Any, lines: str, claim: bool, terminal: bool) -> None:
    talk, _ = interview(world, lines, terminal=terminal)
    assert talk.agrees("Sure?", default=not claim) is claim


@pytest.mark.parametrize("default", [True, False])
def test_enter_takes_the_default(world: Any, default: bool) -> None:
    talk, stderr = interview(world, "\n", terminal=True)
    assert talk.agrees("Sure?", default=default) is default
    assert stderr.getvalue() == ("Sure? [Y/n] " if default else "Sure? [y/N] ")


def test_person_is_asked_until_it_is_yes_or_no(world: Any) -> None:
    talk, stderr = interview(world, "maybe\ny\n", terminal=True)
    assert talk.agrees("Sure?", default=False)
    assert stderr.getvalue() == "Sure? [y/N] Sure? [y/N] "


def test_script_that_says_neither_is_reported(world: Any) -> None:
    talk, _ = interview(world, "maybe\n", terminal=False)
    with pytest.raises(UsageError, match="'maybe' is neither y nor n"):
        talk.agrees("Sure?", default=True)


def test_missing_answer_is_what_was_said_it_is(world: Any) -> None:
    talk, _ = interview(world, "", terminal=False)
    assert talk.agrees("Sure?", default=True, missing=False) is False
    with pytest.raises(UsageError, match="no answer to 'Sure\\?'"):
        talk.agrees("Sure?", default=True)


def test_secret_of_a_script_is_its_next_line_and_no_more(world: Any) -> None:
    talk, _ = interview(world, "code\r\nnext\n", terminal=False)
    assert talk.secret("Code").reveal() == "code"
    assert talk.ask("More", read=str) == "next"


@pytest.mark.parametrize("terminal", [True, False])
def test_no_secret_is_reported(world: Any, terminal: bool) -> None:
    talk, _ = interview(world, "", terminal=terminal)
    with pytest.raises(AuthenticationError, match="no password: no answer to 'Code'"):
        talk.secret("Code")


def test_what_is_shown_cannot_play_with_the_terminal(world: Any) -> None:
    talk, stderr = interview(world, "", terminal=True)
    talk.tell("a\x1b[2Jb")
    assert "\x1b" not in stderr.getvalue()


def test_a_screen_gets_what_is_shown_folded_between_words(world: Any) -> None:
    environment = world.environment(terminal=True, variables={"COLUMNS": "40"})
    environment = replace(environment, stderr_is_terminal=True)
    Prompt(environment).tell("163: log in to mail.163.com, and switch SMTP on")
    assert environment.stderr.getvalue() == (
        "163: log in to mail.163.com, and switch\n     SMTP on\n"
    )
