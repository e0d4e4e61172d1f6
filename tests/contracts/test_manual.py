"""Tables, manual, README and its pages agree, in both directions."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pymail import __version__
from pymail.cli import sendmail_arguments
from pymail.cli.help import EPILOG, help_text
from pymail.cli.options import HELP, OPTION_GROUPS, OPTIONS, READING
from pymail.compose.escapes import ESCAPES
from pymail.report.exit_status import SIGNAL_BASE, ExitStatus
from pymail.settings.variables import GROUPS, VARIABLES, Variable
from tests.pages import (
    CHINESE_MANUAL,
    MAN,
    MANUALS,
    PAGES,
    README,
    ROOT,
    blocks,
    prose,
)

ALL_MANUALS = (*MANUALS, CHINESE_MANUAL)
# pages whose words with a dash are options of pymail, not of sendmail or conditions
OF_PYMAIL = sorted({*ALL_MANUALS} - {"pymail-sendmail.8", "pymail-syntax.5"})

# read by `cli.arguments` before the table
ARRANGED = {"-h", "--", "-.", "--end-options", *HELP}
REFUSED = {f"-{letter}" for letter in READING}
PAGE_OF_GROUP = {  # others are in pymail.rc.5
    "Signing and encryption": "pymail-smime.7",
    "Writing at a terminal": "pymail-terminal.7",
}
OPTION_SECTIONS = (
    "The message",
    "Recipients and sender",
    "Run a command",
    "See what happens",
    "Set up and check",
    "The outbox",
    "Settings",
    "Other",
)


def manual(name: str) -> str:
    return (ROOT / "man" / name).read_text("utf-8")


def section(text: str, title: str) -> str:
    """The part of a manual or page below a title, up to the next one."""
    found = re.search(
        rf"^(?:\.S[hs]|#+) {re.escape(title)}\n(.*?)(?=^(?:\.S[hs]|#+) |\Z)",
        text,
        re.MULTILINE | re.DOTALL,
    )
    assert found, title
    return found[1]


def chapter(name: str, title: str) -> str:
    """The text below a title and its subtitles; Chinese titles follow the English."""
    found = re.search(
        rf"^\.Sh {title}\b.*\n((?:(?!\.Sh ).*\n)*)", manual(name), re.MULTILINE
    )
    assert found, title
    return found[1]


def flags(text: str) -> set[str]:
    """Options named by mdoc's Fl, which may name several in one line."""
    found: set[str] = set()
    for line in text.splitlines():
        words = line.removeprefix(".").split()
        if not line.startswith(".") or "Fl" not in words:
            continue
        found |= set(_flags_of_line(words[words.index("Fl") :]))
    return found


def _flags_of_line(words: list[str]) -> Iterator[str]:
    macro = ""
    for word in words:
        if word in ("Fl", "Ar", "Op", "Oo", "Oc", "Ns", "Cm", "Pq"):
            macro = word
        elif macro == "Fl" and word not in (",", ".", ";", ")", "|"):
            yield "-" + word.replace(r"\&", "")


def items(text: str) -> list[str]:
    return re.findall(r"^\.It (.*)", text, re.MULTILINE)


def option_names() -> set[str]:
    return {name for option in OPTIONS for name in option.names}


# ── options ─────────────────────────────────────────────────────────────────


def documented_options(text: str) -> set[str]:
    return {name for item in items(text) for name in flags(f".It {item}")}


def test_manual_describes_exactly_the_options_there_are() -> None:
    text = manual("pymail.1")
    sections = "".join(section(text, title) for title in OPTION_SECTIONS)
    assert documented_options(sections) == option_names() | ARRANGED


def test_chinese_manual_describes_the_same_options() -> None:
    text = chapter(CHINESE_MANUAL, "OPTIONS")
    assert documented_options(text) == option_names() | ARRANGED
    assert flags(text) >= REFUSED


def test_each_option_stands_in_the_group_that_help_has_it_in() -> None:
    text = manual("pymail.1")
    for group, options in OPTION_GROUPS.items():
        for option in options:
            assert set(option.names) <= flags(section(text, group)), option.names


@pytest.mark.parametrize("name", OF_PYMAIL)
def test_every_option_the_manual_mentions_exists_or_is_refused(name: str) -> None:
    mentioned = flags(manual(name))
    joined = {"-vEs"}
    assert mentioned - joined <= option_names() | ARRANGED | REFUSED


def test_every_refused_option_is_named_as_such() -> None:
    assert flags(section(manual("pymail.1"), "Other")) >= REFUSED


def test_help_shows_every_option_that_is_not_hidden() -> None:
    text = help_text("pymail")
    for option in OPTIONS:
        shown = re.search(rf"^  {re.escape(option.names[0])}[, ]", text, re.MULTILINE)
        assert bool(shown) is not option.hidden, option.names


def test_every_option_of_sendmail_is_described() -> None:
    options = items(section(manual("pymail-sendmail.8"), "OPTIONS"))
    described = {name for item in options for name in flags(f".It {item}")}
    letters = {name[1] for name in described if not name.startswith("--")}
    glued, valued = sendmail_arguments.VALUE_IS_ATTACHED, sendmail_arguments.WITH_VALUE
    assert letters == sendmail_arguments.FLAGS | valued | set(glued)


# ── statuses ────────────────────────────────────────────────────────────────


def test_manual_has_every_exit_status_and_no_other() -> None:
    documented = items(section(manual("pymail.1"), "EXIT STATUS"))
    assert documented == [*(str(status.value) for status in ExitStatus), "128+n"]
    assert SIGNAL_BASE == 128


def test_chinese_manual_has_the_same_exit_statuses() -> None:
    translated = items(chapter(CHINESE_MANUAL, "EXIT STATUS"))
    assert translated == items(section(manual("pymail.1"), "EXIT STATUS"))


def test_troubleshooting_has_every_exit_status_and_no_other() -> None:
    text = section((MAN / "troubleshooting.md").read_text("utf-8"), "Exit status")
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    numbers = {int(n) for n in re.findall(r"\| (\d+) (?=\|)", table)}
    assert numbers == {status.value for status in ExitStatus}


# ── escapes ─────────────────────────────────────────────────────────────────


def test_manual_describes_every_escape_as_the_table_has_it() -> None:
    described = re.findall(
        r"^\.It Ic (.*)\n(.*)\.$",
        section(manual("pymail-terminal.7"), "TILDE ESCAPES"),
        re.MULTILINE,
    )
    rows = []
    for row in ESCAPES:
        names = " , ".join(f"~{name}" for name in row.names)
        optional = f" Op Ar {row.argument[1:-1]}" if row.argument[:1] == "[" else ""
        argument = f" Ar {row.argument}" if row.argument and not optional else ""
        meaning = row.meaning[0].upper() + row.meaning[1:]
        rows.append((names + argument + optional, meaning))
    assert [(item.replace(r"\&", ""), meaning) for item, meaning in described] == rows


# ── variables ───────────────────────────────────────────────────────────────


def described_variables(title: str) -> list[tuple[str, str]]:
    """The names and the first line of every item of a group."""
    page = manual(PAGE_OF_GROUP.get(title, "pymail.rc.5"))
    return re.findall(r"^\.It Va (.*)\n(.*)$", section(page, title), re.MULTILINE)


def attributes(row: Variable) -> str:
    words = [row.kind.value]
    words += [f"default: {row.default}"] if row.default else []
    words += ["set by default"] if row.on else []
    words += ["chain"] if row.chained else []
    words += ["environment"] if row.environment else []
    return f"({'; '.join(words)})"


@pytest.mark.parametrize("title", GROUPS, ids=lambda title: title.replace(" ", "_"))
def test_manual_describes_a_group_of_variables_as_the_table_has_it(title: str) -> None:
    rows = [(" , ".join(row.names), attributes(row)) for row in GROUPS[title]]
    assert described_variables(title) == rows


def test_manual_describes_no_other_variables() -> None:
    described = [
        item
        for name in MANUALS
        for item in items(manual(name))
        if item.startswith("Va ") and " Ta " not in item
    ]
    assert len(described) == len(VARIABLES)


def test_index_has_every_variable_with_its_default_and_marks_pymails_own() -> None:
    rows = items(section(manual("pymail.rc.5"), "INDEX OF VARIABLES"))
    cells = [tuple(row.split(" Ta ")) for row in rows]
    ordered = sorted(VARIABLES, key=lambda row: row.name.casefold())
    assert [(name, kind) for name, kind, _ in cells] == [
        (f"Va {row.name}{' Ns *' if row.own else ''}", short_default(row))
        for row in ordered
    ]


def short_default(row: Variable) -> str:
    if row.on:
        return "on"
    return row.default if 0 < len(row.default) <= len("mailboxes") else row.kind.value


def test_no_variable_has_two_rows() -> None:
    names = [name for row in VARIABLES for name in row.names]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", ALL_MANUALS)
def test_every_variable_a_manual_mentions_is_in_the_table(name: str) -> None:
    known = {n for row in VARIABLES for n in row.names} | {"nss-config-dir"}
    mentioned = {
        word
        for line in re.findall(r"^\.(?:It )?Va (.*)", manual(name), re.MULTILINE)
        for word in re.split(" Ns | Ta ", line)[0].split()
        if word not in (",", ".", ";", ":", ")")
    }
    assert mentioned <= known


# ── examples ─────────────────────────────────────────────────────────


def literal_blocks(name: str) -> Iterator[str]:
    for block in re.findall(
        r"^\.Bd -literal.*?\n(.*?)^\.Ed", manual(name), re.MULTILINE | re.DOTALL
    ):
        yield block.replace(r"\e", "\\")


def manual_blocks() -> list[str]:
    return [block for name in ALL_MANUALS for block in literal_blocks(name)]


def settings_examples() -> list[str]:
    words = ("set ", "account ", "alias ", "if ")
    examples = [*manual_blocks(), *blocks("")]
    return [block for block in examples if block.startswith(words)]


def test_every_settings_example_is_understood(
    pymail: Callable[..., Any],
) -> None:
    examples = settings_examples()
    assert len(examples) >= 10
    for example in examples:
        ended = pymail("--show-settings", rc=example)
        assert (ended.status, ended.err) == (0, ""), example


def commands(block: str) -> Iterator[list[str]]:
    """The words behind every `pymail` of a shell block, up to where it ends."""
    one_line = re.sub(r"\\\n\s*", "", block)
    for found in re.findall(r"(?:^|[\s/|])pymail ([^|<&\n]*)", one_line):
        words = re.sub(r'"[^"]*"|\'[^\']*\'', "WORD", found).split()
        yield words[: words.index("--")] if "--run" in words else words


def test_shell_examples_use_only_options_that_exist() -> None:
    examples = [*blocks("sh"), *manual_blocks(), EPILOG]
    used = {
        word.partition("=")[0]
        for block in examples
        for words in commands(block)
        for word in words
        if word.startswith("-")
    }
    assert used
    assert used <= option_names() | ARRANGED


def test_shell_examples_are_shell() -> None:
    bash = shutil.which("bash")
    if not bash:
        pytest.skip("bash is not installed")
    for block in blocks("sh"):
        ended = subprocess.run(
            [bash, "-n"], input=block, capture_output=True, text=True, check=False
        )
        assert ended.stderr == "", block


def test_pages_name_only_options_that_exist() -> None:
    text = "\n".join(prose(page) for page in PAGES)
    spans = re.findall(r"`(-{1,2}[A-Za-z][\w-]*)", text)
    assert spans
    assert set(spans) <= option_names() | ARRANGED | REFUSED


@pytest.mark.parametrize("mark", ["run", "test"])
def test_readme_marks_its_two_commands(mark: str) -> None:
    text = README.read_text("utf-8")
    found = re.findall(
        rf"^<!-- {mark} -->\n```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    )
    assert len(found) == 1
    assert "python3 -m venv .venv &&" in found[0]


# ── versions and form ───────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ALL_MANUALS)
def test_manual_is_of_this_version(name: str) -> None:
    assert manual(name).startswith(f'.\\" pymail {__version__}\n')


def test_manuals_have_one_date() -> None:
    dates = {
        re.findall(r"^\.Dd (.*)", manual(name), re.MULTILINE)[0] for name in ALL_MANUALS
    }
    assert len(dates) == 1


def test_changes_begin_with_this_version() -> None:
    changes = (MAN / "CHANGES.md").read_text("utf-8")
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] in (
        __version__,
        "Unreleased",
    )
    assert re.search(
        rf"^## {re.escape(__version__)} – \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE
    )


@pytest.mark.parametrize("name", ALL_MANUALS)
def test_manual_has_no_mandoc_warning(name: str) -> None:
    mandoc = shutil.which("mandoc")
    if not mandoc:
        pytest.skip("mandoc is not installed")
    ended = subprocess.run(
        [mandoc, "-T", "lint", "-W", "style", str(ROOT / "man" / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    # other manuals may not be installed
    elsewhere = ("referenced manual not found", "outdated mandoc.db")
    lines = (ended.stdout + ended.stderr).splitlines()
    assert [line for line in lines if not any(e in line for e in elsewhere)] == []
