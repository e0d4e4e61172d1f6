"""Conditions, sourced files, accounts, macros, and where values come from."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pymail.mailrc.commands import evaluate, select_account
from pymail.mailrc.state import RECORDED_PROBLEMS, Origin, State

Run = Callable[..., State]


def values(state: State) -> dict[str, str]:
    return {name: value.text for name, value in state.variables.items()}


def reports(state: State) -> list[str]:
    return [str(problem) for problem in state.problems]


BRANCHES: list[tuple[str, set[str], list[str]]] = [
    ("if s\nset a\nelse\nset b\nendif\nset c", {"a", "c"}, []),
    ("if r\nset a\nelse\nset b\nendif # x\nset c", {"b", "c"}, []),
    ("if t # terminal\nset a\nend\n", set(), []),
    ("if r\nfrob\nif s\nset a\nelse\nset b\nendif\nset c\nendif", set(), []),
    ("if s\nif r\nset a\nelse\nset b\nendif\nset c\nendif", {"b", "c"}, []),
    ("if 0\nset a\nelif 1\nset b\nelif 1\nset c\nelse\nset d\nendif", {"b"}, []),
    ("if 1\nset a\nelif 1\nset b\nelse\nset d\nendif", {"a"}, []),
    ("i s\nset a\nel\nset b\nen", {"a"}, []),
    ('if "$LOGNAME" != me\nset a\nelse\nset b\nendif', {"b"}, []),
    ("set x=1\nif $x == 1 && -N HOME\nset a\nendif", {"x", "a"}, []),
    ("wysh if 0;set a;else\nendif;set c", {"c"}, []),
    ("if 0;set a\nendif", set(), ["1: bad condition, no branch is taken"]),
    ("if frob\nset a\nelse\nset b\nendif", set(), ["1: bad condition, no branch is taken"]),
    ("if 0\nset a\nelif x\nset b\nelse\nset c\nendif", set(), ["3: bad condition, no branch is taken"]),
    ("set a\nif s\nif 1\nset b", {"a", "b"}, ["2: 'if' has no 'endif'", "3: 'if' has no 'endif'"]),
    ("endif\nelse\nelif s\nset a", {"a"}, ["1: 'endif' without 'if'", "2: 'else' without 'if'", "3: 'elif' without 'if'"]),
    ('if r\naccount x {\nset a\n}\nfrob=secret\nset b="open\n! ls\nignore a;b\nendif', set(), []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected", "problems"), BRANCHES, ids=range(len(BRANCHES))
)
def test_only_the_branch_that_holds_is_run(
    run: Run, text: str, expected: set[str], problems: list[str]
) -> None:
    state = run(text)
    assert state.variables.keys() == expected
    assert reports(state) == [f"~/.mailrc:{problem}" for problem in problems]


def test_one_line_may_hold_a_whole_condition(run: Run) -> None:
    text = "set v15-compat=yes\nif -N nope;set a=1;else;set b=2;endif;set c=3"
    assert values(run(text)) == {"v15-compat": "yes", "b": "2", "c": "3"}


def test_a_terminal_takes_the_branch_of_the_terminal(run: Run) -> None:
    assert values(run("if term\nset a\nendif", interactive=True)) == {"a": ""}


def test_every_value_keeps_its_line(run: Run) -> None:
    text = "\nset a=1 b=2\nset c=\\\n  3\naccount x {\n\n  set d=4\n}\ndefine m {\nset e=5\n}\naccount x\ncall m"
    origins = {name: str(value.origin) for name, value in run(text).variables.items()}
    assert origins == {
        "a": "~/.mailrc:2",
        "b": "~/.mailrc:2",
        "c": "~/.mailrc:3",
        "d": "~/.mailrc:7",
        "e": "~/.mailrc:10",
    }


def test_sourced_values_name_their_own_file(run: Run) -> None:
    files = {"~/a.rc": "set a=1\nsource /b.rc", "/b.rc": "\nset b=2\nfrob"}
    state = run("source ~/a.rc # aliases\nset c=3", files=files)
    assert {k: str(v.origin) for k, v in state.variables.items()} == {
        "a": "~/a.rc:1",
        "b": "/b.rc:2",
        "c": "~/.mailrc:2",
    }
    assert reports(state) == ["/b.rc:3: unknown command 'frob'"]


SOURCES: list[tuple[str, str]] = [
    ("source x", "cannot read 'x': No such file or directory"),
    ("source ~/secret.rc", "cannot read '~/secret.rc': ~/secret.rc: Permission denied"),
    ("source 'ls |'", "source: pymail runs no commands from a settings file"),
    ("source ls |", "source: pymail runs no commands from a settings file"),
    ("source", "source takes one file name"),
    ("source a b", "source takes one file name"),
    ("source /self", "/self is already being read"),
]


@pytest.mark.parametrize(("text", "problem"), SOURCES, ids=range(len(SOURCES)))
def test_a_file_that_cannot_be_sourced_is_reported(
    run: Run, text: str, problem: str
) -> None:
    state = run(f"{text}\nset a", files={"/self": "source /self"})
    assert reports(state)[0].endswith(f":1: {problem}")
    assert values(state) == {"a": ""}


def test_source_expands_variables_in_every_style(run: Run) -> None:
    assert values(run("so $HOME/a", files={"/home/me/a": "set a"})) == {"a": ""}


def test_source_if_ignores_a_missing_file(run: Run) -> None:
    state = run("source_if /no\nsource_if /yes", files={"/yes": "set a"})
    assert values(state) == {"a": ""}
    assert not state.problems


def test_sourced_files_that_never_end_are_stopped(run: Run) -> None:
    files = {str(n): f"source {n + 1}\nset v{n}" for n in range(100)}
    state = run("source 0", files=files)
    assert len(state.variables) == 20
    assert reports(state) == [
        "19:1: 20 is not run: it is nested too deeply, or never ends"
    ]


GROWING = {
    "variable": "wysh set a=xxxxxxxx" + "\nwysh set a=$a$a" * 60,
    "arguments": "define m {\ncall m $1$1$1$1\n}\ncall m xxxxxxxx",
    "positions": "define m {\nvpospar set $* $*\nset a=$*\ncall m $*\n}\ncall m xxxxxxx",
}


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING)
def test_values_that_grow_without_end_are_stopped(run: Run, text: str) -> None:
    state = run(f"{text}\nset z=1")
    assert sum(len(value.text) for value in state.variables.values()) <= 20_000_000
    assert any("values grow without end" in problem for problem in reports(state))
    assert values(state)["z"] == "1"


def test_limits_apply_to_each_text() -> None:
    state = State()
    evaluate("define m {\nset a=1\n}", "~/.mailrc", state)
    for _ in range(1_100):
        evaluate("call m", "-E", state)
    assert state.problems == []


BLOCKS: list[tuple[str, dict[str, str], list[str]]] = [
    ("account x {\nset a=1\n}\naccount x", {"a": "1"}, []),
    ("account x{   # remark\n set a=1\n } # end\naccount x", {"a": "1"}, []),
    ("ac 'x y' {\nset a=1\n}  \t\nac \"x y\"", {"a": "1"}, []),
    ("account x { set a=1 b }\naccount x", {"a": "1", "b": ""}, []),
    ("account x { set a=1\nset b\n}\naccount x", {"a": "1", "b": ""}, []),
    ("account x {\nset a=1\n}\naccount x {\nset a=2\n}\naccount x", {"a": "2"}, []),
    ("account x {\nset a=1\n}\nset b\naccount x\naccount null", {"b": ""}, []),
    ("account null\naccount\nset a", {"a": ""}, []),
    ("account x {\nset a=1\n}\naccount y {\nset b=1\n}\naccount x\naccount y", {"b": "1"}, []),
    ("account x {\nset a=1\n}\naccount y {\naccount x\nset b=2\n}\naccount y", {"a": "1", "b": "2"}, []),
    ("account x {\n}\naccount x\nset a", {"a": ""}, []),
    ("account x {}\naccount x\nset a", {"a": ""}, []),
    ("account x {\nset a=1\n}\nunaccount x\naccount x", {}, ["5: account 'x' is not defined"]),
    ("account x\nset a", {"a": ""}, ["1: account 'x' is not defined"]),
    ("account x y\nset a", {"a": ""}, ["1: account: '{' is missing after the name"]),
    ("define x\nset a", {"a": ""}, ["1: define: '{' is missing after the name"]),
    ("set a\naccount x {\nset b", {"a": ""}, ["2: account 'x' is never closed"]),
    ("account x {\nset a=1\naccount y {\nset b=2\n}\naccount x", {"a": "1"}, ["1: account 'x' is never closed"]),
    ("account x {\nset a\naccount x\nset b\n}\naccount x", {"a": "", "b": ""}, ["3: account 'x' is not run: it selects itself"]),
    ("}\n{\nset a", {"a": ""}, ["1: unknown command '}'", "2: unknown command '{'"]),
    ('account x {\nset a="open\n}\naccount x', {"a": "open"}, ["2: a quote is never closed"]),
    ("define m {\nset a=1\n}\naccount x {\n\\call m\n}\naccount x", {"a": "1"}, []),
    ("define m {\nset a=1\n}\ncall m\nxcall m\ncall_if m\ncall_if n\ncall", {"a": "1"}, []),
    ("define m {\nwysh set a=$1-$2.$3 b=\"$#$*$@\" c=$?\n}\ncall m 'x y' z", {"a": "x y-z.", "b": "2x y zx y", "z": "", "c": "0"}, []),
    ("define m {\nwysh set a=${1}-${2}.$3\n}\ncall m 'x y' z", {"a": "x y-z."}, []),
    ("define m {\nif 1\nset a\nreturn\nendif\nset b\n}\ncall m\nset c\nreturn\nset d", {"a": "", "c": "", "d": ""}, []),
    ("define m {\nset a\n}\nundefine m\ncall m", {}, ["5: macro 'm' is not defined"]),
    ("account x {\nif $account == x\nset a\nendif\n}\naccount x\nwysh set b=$account", {"a": "", "b": "x"}, []),
    ("wysh set b=$account", {"b": ""}, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected", "problems"), BLOCKS, ids=range(len(BLOCKS))
)
def test_accounts_and_macros_run_when_they_are_named(
    run: Run, text: str, expected: dict[str, str], problems: list[str]
) -> None:
    state = run(text)
    assert values(state) == expected
    assert reports(state) == [f"~/.mailrc:{problem}" for problem in problems]


def test_an_account_that_is_never_closed_is_still_defined(run: Run) -> None:
    state = run("account x {\nset a=1")
    assert state.accounts["x"].origin == Origin("~/.mailrc", 1)
    assert select_account("x", state)
    assert values(state) == {"a": "1"}


def test_leaving_an_account_takes_back_what_it_set(run: Run) -> None:
    state = run(
        "set a=1 b=2\nunset c\n"
        "account x {\nset a=9 c=9 d=9\nunset b\nset a=8\n}\n"
        "account y {\nset e=5\n}"
    )
    assert select_account("x", state)
    assert values(state) == {"a": "8", "c": "9", "d": "9"}
    assert (state.account, state.unset) == ("x", {"b"})
    assert select_account("y", state)
    assert values(state) == {"a": "1", "b": "2", "e": "5"}
    assert (state.account, state.unset) == ("y", {"c"})
    assert select_account("NULL", state)
    assert (state.account, values(state)) == ("", {"a": "1", "b": "2"})


def test_an_unknown_account_changes_nothing(run: Run) -> None:
    state = run("account x {\nset a=1\n}\naccount x")
    assert not select_account("nope", state)
    assert (state.account, values(state)) == ("x", {"a": "1"})
    assert not state.problems


def test_an_account_included_by_another_is_not_the_one_in_force(run: Run) -> None:
    text = "account x {\nset a\n}\naccount y {\naccount x\naccount null\n}\naccount y"
    assert run(text).account == "y"


ENDLESS = [
    "define m {\ncall m\n}\ncall m",
    "define m {\ncall m\ncall m\nset a=1\n}\ncall m",
    "eval " * 40 + "set a",
    "define m {\neval call m\n}\ncall m",
]


@pytest.mark.parametrize("text", ENDLESS, ids=range(len(ENDLESS)))
def test_endless_repetition_is_stopped(run: Run, text: str) -> None:
    state = run(text + "\nset last")
    assert "last" in state.variables
    assert reports(state)[0].endswith(
        "is not run: it is nested too deeply, or never ends"
    )


ALIASES = [
    ("commandalias X Xx\ncommandalias Xx XxX\ncommandalias XxX echo hu\nX", ["hu\n"]),
    ("commandalias echo echo ho\necho x\n\\echo y", ["ho ho x\n", "y\n"]),
    ("commandalias x 'y;y'\ncommandalias y 'x;x'\nx\necho z", ["z\n"]),
]


@pytest.mark.parametrize(("text", "printed"), ALIASES)
def test_command_alias_that_names_itself_ends(
    run: Run, text: str, printed: list[str]
) -> None:
    assert run(text).output == printed


ARGUMENTS = [
    ('"$@"', "3"),
    ("$@", "1"),
    ('"$*"', "1"),
    ('pre"$@"post', "3"),
    ('"a $@ b" x', "4"),
    ('"${@}" "$@"', "6"),
]


@pytest.mark.parametrize(("words", "count"), ARGUMENTS)
def test_quoted_arguments_are_separate_words(run: Run, words: str, count: str) -> None:
    x, y = "define x {\necho $#\n}\n", f"define y {{\ncall x {words}\n}}\n"
    state = run(f"set v15-compat=yes\n{x}{y}call y a 'b c' d")
    assert state.output == [f"{count}\n"]


def test_quoted_list_of_no_arguments_is_no_word(run: Run) -> None:
    text = 'define x {\necho $#$1.\n}\ndefine y {\nwysh call x "$@"\n}\ncall y'
    assert run(text).output == ["0.\n"]


def test_quoted_arguments_are_one_text_in_a_condition(run: Run) -> None:
    text = 'define x {\nwysh if "$@" == "a b"\necho one\nendif\n}\ncall x a b'
    assert run(text).output == ["one\n"]


def test_only_the_first_problems_of_a_binary_file_are_recorded(run: Run) -> None:
    state = run("\udcff\udcfe\n" * 1000)
    assert len(state.problems) == RECORDED_PROBLEMS
    assert state.problem_counts == {"~/.mailrc": 1000}


LONG = 2_000_000
LONG_TEXTS = {
    "lines": "alias a a@example.org\n" * (LONG // 22),
    "word": "set a=" + "x" * LONG,
    "pieces": "set a=" + 'a"b"' * (LONG // 100),
    "braces": 'wysh set a="' + "${" * (LONG // 2) + '"',
    "groups": "if " + "[ " * (LONG // 100),
    "continued": "\\\n" * (LONG // 10),
    "unclosed": "account a {\n" * (LONG // 100),
    "quotes": "set a=" + "\"'" * (LONG // 100),
    "semicolons": ":;" * (LONG // 100),
    "evals": "eval " * (LONG // 100),
}


@pytest.mark.parametrize("text", LONG_TEXTS.values(), ids=LONG_TEXTS.keys())
def test_large_files_are_read_to_their_end(run: Run, text: str) -> None:
    assert values(run(text + "\n}\nendif\nset last=1"))["last"] == "1"


WORDS = """
set unset alias account define call if elif else endif source echo eval wysh
commandalias environ return { } x y a=b ="z $x ${ $' ' " ; # \\ [ ] && == ! null
v15-compat=yes
"""
LINES = ["\n", "\n", " ", "\r\n", "account x {\n", "\n}\n", "\0", "\udcff"]
PARTS = st.sampled_from([*WORDS.split(), *LINES])


@example("account ${ account x {\n")
@settings(max_examples=300)
@given(st.lists(PARTS, max_size=40).map(" ".join) | st.text())
def test_no_text_ever_raises(text: str) -> None:
    def read(path: str) -> tuple[str, str]:
        if path == "x":
            return path, text
        raise ValueError("embedded null byte")

    state = State(read=read)
    evaluate(text, "rc", state)
    lines = text.count("\n") + 1
    assert all(0 < problem.origin.line <= lines for problem in state.problems)
    assert all("\0" not in value.text for value in state.variables.values())
    for name in list(state.accounts):  # one may define others
        assert select_account(name, state)


MANY = {
    "commands in a line": "echo a;" * 100_000,
    "commands in a line of a shell": "set v15-compat=y\n" + "set a=b;" * 100_000,
    "words behind an empty value": "set a= " + "x " * 400_000,
}


@pytest.mark.parametrize("name", MANY)
def test_time_grows_with_the_length(run: Run, name: str) -> None:
    """Quadratic time would be minutes or hours here."""
    run(MANY[name])
