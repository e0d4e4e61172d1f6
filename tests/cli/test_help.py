"""Help texts, on screens of several widths."""

from collections.abc import Callable
from typing import Any

import pytest

from pymail.cli import sendmail_arguments
from pymail.cli.help import EPILOG

Run = Callable[..., Any]


def help_of(pymail: Run, columns: int, program: str = "pymail") -> list[str]:
    ended = pymail("--help", program=program, variables={"COLUMNS": str(columns)})
    assert (ended.status, ended.err) == (0, "")
    return list(ended.out.splitlines())


@pytest.mark.parametrize("columns", [80, 200])
def test_help_fits_80_columns_with_most_options_in_one_line(
    pymail: Run, columns: int
) -> None:
    lines = help_of(pymail, columns)
    assert max(map(len, lines)) < 80
    options = [line for line in lines if line.startswith("  -")]
    continued = [line for line in lines if line.startswith(" " * 28)]
    assert len(continued) <= len(options) // 10


@pytest.mark.parametrize("columns", [30, 40, 59])
def test_help_of_a_narrow_screen_has_meanings_below_names(
    pymail: Run, columns: int
) -> None:
    text = "\n".join(help_of(pymail, columns))
    options, _, _ = text.partition("Examples:")
    assert max(map(len, options.splitlines())) < max(columns, 31)
    assert "\n  -s, --subject TEXT\n      Subject\n" in options


def test_groups_of_help_come_in_the_order_of_need(pymail: Run) -> None:
    titles = [line for line in help_of(pymail, 80) if line.endswith(":")]
    assert titles == [
        "The message:",
        "Recipients and sender:",
        "See what happens:",
        "Set up and check:",
        "Settings:",
        "Run a command:",
        "The outbox:",
        "Other:",
        "Examples:",
    ]


@pytest.mark.parametrize(
    "option", ["--run", "--setup", "--check", "--debug", "-a", "-E"], ids=str
)
def test_examples_have_the_main_options(option: str) -> None:
    assert f" {option} " in EPILOG


def test_help_says_where_settings_statuses_and_the_manual_are(pymail: Run) -> None:
    text = "\n".join(help_of(pymail, 80)[-4:])
    for words in ("/etc/mail.rc", "~/.mailrc", "Exit status: 0 ", "man pymail"):
        assert words in text


def test_help_of_sendmail_fits_80_columns_and_keeps_nothing(
    pymail: Run, world: Any
) -> None:
    lines = help_of(pymail, 80, program="sendmail")
    assert lines[0] == "Usage: sendmail [OPTION]... [ADDRESS]..."
    assert max(map(len, lines)) < 80
    shown = {line[3] for line in lines if line.startswith("  -")}
    taken = sendmail_arguments.FLAGS | sendmail_arguments.WITH_VALUE
    assert shown <= taken | sendmail_arguments.VALUE_IS_ATTACHED
    assert not world.dead_letter


@pytest.mark.parametrize(
    ("words", "what", "step"),
    [
        pytest.param(
            ("--hlep",),
            "pymail: --hlep: no such option",
            "did you mean --help? pymail --help shows all options",
            id="misspelt",
        ),
        pytest.param(
            ("-Z",),
            "pymail: -Z: no such option",
            "pymail --help shows the options",
            id="letter",
        ),
        pytest.param(
            ("-f",),
            "pymail: -f: pymail sends mail, it does not read it",
            "-r ADDRESS names the sender; use mailx to read a mailbox",
            id="sendmails-sender",
        ),
        pytest.param(
            ("-H",),
            "pymail: -H: pymail sends mail, it does not read it",
            "use mailx or another program to read mail",
            id="reading",
        ),
        pytest.param(
            ("-s",),
            "pymail: -s needs a value",
            "write its value after it: -s TEXT",
            id="without-value",
        ),
        pytest.param(
            ("--subj",),
            "pymail: --subject needs a value",
            "write its value after it: --subject TEXT",
            id="long-without-value",
        ),
        pytest.param(
            ("--store", "x", "a@example.com"),
            "pymail: --store takes keyring or file, not 'x'",
            "pymail --help shows the options",
            id="no-choice",
        ),
    ],
)
def test_a_usage_error_has_two_lines_with_the_next_step(
    pymail: Run, words: tuple[str, ...], what: str, step: str
) -> None:
    ended = pymail(*words)
    assert ended.status == 64
    assert ended.err.splitlines() == [what, f"  what to do: {step}"]


def test_call_without_arguments_at_a_terminal_names_the_next_step(pymail: Run) -> None:
    ended = pymail(terminal=True)
    assert ended.status == 64
    assert ended.err.splitlines() == [
        "pymail: no recipients",
        "  what to do: pymail -s SUBJECT ADDRESS, or --help",
    ]
