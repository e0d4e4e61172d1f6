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


def test_terminal_shows_question_and_default(world: Any) -> None:
    talk, stderr = interview(world, "\n", terminal=True)
    assert talk.ask("Port", "465", read=number) == 465
    assert stderr.getvalue() == "Port [465]: "


def test_question_at_a_terminal_is_repeated_until_the_answer_is_valid(
    world: Any,
) -> None:
    talk, stderr = interview(world, "\nx\n 25 \n", terminal=True)
    assert talk.ask("Port", read=number) == 25
    assert stderr.getvalue() == (
        "Port: no answer to 'Port'; nothing was changed\nPort: x: no number\nPort: "
    )


def test_pipe_shows_nothing_and_answers_with_a_line_per_question(world: Any) -> None:
    talk, stderr = interview(world, "25\n\n587", terminal=False)
    talk.tell("hello")
    assert [talk.ask("Port", "465", read=number) for _ in range(3)] == [25, 465, 587]
    assert stderr.getvalue() == ""


@pytest.mark.parametrize("lines", ["", "\n", "x\n"])
def test_invalid_answer_of_a_script_is_an_error(world: Any, lines: str) -> None:
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


def test_question_at_a_terminal_is_repeated_until_yes_or_no(world: Any) -> None:
    talk, stderr = interview(world, "maybe\ny\n", terminal=True)
    assert talk.agrees("Sure?", default=False)
    assert stderr.getvalue() == "Sure? [y/N] Sure? [y/N] "


def test_script_must_answer_yes_or_no(world: Any) -> None:
    talk, _ = interview(world, "maybe\n", terminal=False)
    with pytest.raises(UsageError, match="Answer y or n, not 'maybe'"):
        talk.agrees("Sure?", default=True)


def test_missing_answer_has_its_own_default(world: Any) -> None:
    talk, _ = interview(world, "", terminal=False)
    assert talk.agrees("Sure?", default=True, missing=False) is False
    with pytest.raises(UsageError, match="no answer to 'Sure\\?'"):
        talk.agrees("Sure?", default=True)


def test_secret_of_a_script_is_its_next_line(world: Any) -> None:
    talk, _ = interview(world, "code\r\nnext\n", terminal=False)
    assert talk.secret("Code").reveal() == "code"
    assert talk.ask("More", read=str) == "next"


@pytest.mark.parametrize("terminal", [True, False])
def test_missing_secret_is_an_error(world: Any, terminal: bool) -> None:
    talk, _ = interview(world, "", terminal=terminal)
    with pytest.raises(AuthenticationError, match="no password: no answer to 'Code'"):
        talk.secret("Code")


def test_control_characters_do_not_reach_the_terminal(world: Any) -> None:
    talk, stderr = interview(world, "", terminal=True)
    talk.tell("a\x1b[2Jb")
    assert "\x1b" not in stderr.getvalue()


def test_texts_are_folded_at_the_width_of_the_terminal(world: Any) -> None:
    environment = world.environment(terminal=True, variables={"COLUMNS": "40"})
    environment = replace(environment, stderr_is_terminal=True)
    Prompt(environment).tell("163: log in to mail.163.com, and switch SMTP on")
    assert environment.stderr.getvalue() == (
        "163: log in to mail.163.com, and switch\n     SMTP on\n"
    )
