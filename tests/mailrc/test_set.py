"""Effects of set, unset, alias and similar commands."""

from collections.abc import Callable

import pytest

from pymail.mailrc.commands import assign
from pymail.mailrc.state import Origin, State

Run = Callable[..., State]

SETTINGS: list[tuple[str, dict[str, str]]] = [
    ("# one\n\n   # two\n \t \n\tset a=1", {"a": "1"}),
    ("set a=1 b c=\nse d=2", {"a": "1", "b": "", "c": "", "d": "2"}),
    ("set", {}),
    ("set a=b=c", {"a": "b=c"}),
    ("set a=1\nset a=2", {"a": "2"}),
    ("set a=1 b=2\nunset a b", {}),
    ("set a=1 b\nset noa nob", {}),
    ("set a=1\nset noa=2", {}),
    ("set no", {"no": ""}),
    ("set mta=/usr/bin/msmtp # use msmtp", {"mta": "/usr/bin/msmtp"}),
    ("set save\nunset save  # no 'dead.letter", {}),
    ("set password=#x from=a#b@example.org", {"password": "#x", "from": "a#b@example.org"}),
    ("set smtp-auth-password=ab #cd", {"smtp-auth-password": "ab"}),
    ("set a=p$w`x;y|z", {"a": "p$w`x;y|z"}),
    ('set smtp-auth-password="pa$1w`x$HOME"', {"smtp-auth-password": "pa$1w`x$HOME"}),
    ("set from=me@example.org(Me)", {"from": "me@example.org(Me)"}),
    ("set from='告警 <a@example.org>'", {"from": "告警 <a@example.org>"}),
    ("set a=1\r\nset b=2\r\n", {"a": "1", "b": "2"}),
    ("set base=example.org\nwysh set a=x@$base b=$base", {"base": "example.org", "a": "x@example.org", "b": "example.org"}),
    ("wysh set a=$HOME b=$EMPTY; set c=$HOME # r", {"a": "/home/me", "b": "", "c": "$HOME"}),
    ("wysh set a=1;set b=2;c", {"a": "1", "b": "2;c"}),
    ("set v15-compat\nset a=$HOME", {"v15-compat": "", "a": "$HOME"}),
    ("set v15-compat=yes\nset a=\"$HOME;\" b;set c='$x'", {"v15-compat": "yes", "a": "/home/me;", "b": "", "c": "$x"}),
    ("local set a=$HOME\nignerr set b=$x\n\\set c\nwysh \\wysh set d=$LOGNAME", {"a": "/home/me", "b": "$x", "c": "", "d": "me"}),
    ("set LOGNAME=you\nwysh set a=$LOGNAME\nunset LOGNAME\nwysh set b=x$LOGNAME", {"a": "you", "b": "x"}),
    ("wysh set a=$1$#$*x", {"a": "x"}),
    ("environ set A=$HOME B\nenviron unset B\nenviron link PATH\nenviron", {"A": "/home/me"}),
    ("eval set a=1\neval 'wysh set b=$HOME;set c'\neval", {"a": "1", "b": "/home/me", "c": ""}),
    ("commandalias zz 'set a=1'\nzz b=2\ncommandalias\nuncommandalias zz\nset c", {"a": "1", "b": "2", "c": ""}),
    ("commandalias set 'set a=1'\n\\set b=2", {"b": "2"}),
    (": nothing\nset a\n;;;\nignore x; set b\nretain a b # c; set d", {"a": "", "b": ""}),
    ("set smtp-auth-user-ME@Example.org=x SHOUT@Me=y", {"smtp-auth-user-me@example.org": "x", "SHOUT@Me": "y"}),
    ("set smtp-auth-user-me@example.org=x\nunset smtp-auth-user-ME@example.org", {}),
    ("set smtp-use-starttls-me@example.org a=b", {"smtp-use-starttls-me@example.org": "", "a": "b"}),
    ('set customhdr="" hold', {"customhdr": "", "hold": ""}),
    ("set a= nob", {"a": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SETTINGS, ids=range(len(SETTINGS)))
def test_settings_have_the_values_that_mailx_gives_them(
    run: Run, text: str, expected: dict[str, str]
) -> None:
    state = run(text)
    assert {name: value.text for name, value in state.variables.items()} == expected
    assert not state.problems


MISTAKES: list[tuple[str, dict[str, str], list[str]]] = [
    (
        "set from=Me <a@example.org> (x)",
        {"from": "Me"},
        ["1: the value of 'from' ends at the first blank: put quotes around it"],
    ),
    (
        "set replyto=a@example.org, b@example.org c=d",
        {"replyto": "a@example.org,", "c": "d"},
        ["1: the value of 'replyto' ends at the first blank: put quotes around it"],
    ),
    (
        'set a = "x" b=c',
        {"a": "", "b": "c"},
        ["1: remove the blanks around '=': they cut 'a' off from its value"],
    ),
    (
        'set from ="Some Name"',
        {"from": ""},
        ["1: remove the blanks around '=': they cut 'from' off from its value"],
    ),
    (
        "set from= me",
        {"from": ""},
        ["1: remove the blanks around '=': they cut 'from' off from its value"],
    ),
    (
        'set from= "Me <a@example.org>"',
        {"from": ""},
        ["1: remove the blanks around '=': they cut 'from' off from its value"],
    ),
    ("set =x a", {"a": ""}, ["1: a name is missing before '='"]),
    ('\nset a="b', {"a": "b"}, ["2: a quote is never closed"]),
    ('wysh set a="b; set c\nset d', {"d": ""}, ["1: a quote is never closed"]),
    ("wysh set a=${b", {}, ["1: a brace is never closed"]),
    (
        "frob x\nset a",
        {"a": ""},
        ["1: unknown command 'frob'"],
    ),
    (
        "smtp-auth-password=secret\nfrom = me\nsmtp = x",
        {},
        [
            "1: unknown command 'smtp-auth-password': write 'set' before it",
            "2: unknown command 'from': write 'set' before it",
            "3: unknown command 'smtp'",
        ],
    ),
    ('"quoted', {}, ["1: unknown command '\"quoted'"]),
    ("x\x1b[31m" + "y" * 50, {}, ["1: unknown command 'x\\x1b[31m" + "y" * 34 + "…'"]),
    ("vput csop a length b\nvexpr + 1 2\nset b=1", {"b": "1"}, [f"{n}: pymail computes nothing in a settings file" for n in (1, 2)]),
    ("!rm x\nshell\n| x", {}, [f"{n}: pymail runs no commands from a settings file" for n in (1, 2, 3)]),
    (
        r"set password=a\bc password-x='a\b' y=a\b password-z=a\\b",
        {"password": "abc", "password-x": r"a\b", "y": "ab", "password-z": r"a\b"},
        ["1: the value of 'password' loses its backslash: put single quotes around it"],
    ),
    ("\0set a\0=b", {"a": "b"}, ["1: NUL octets: save the file as UTF-8"]),
    ("frob\0\nfrob\nset a=b", {"a": "b"}, ["1: NUL octets: save the file as UTF-8"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected", "problems"), MISTAKES, ids=range(len(MISTAKES))
)
def test_mistakes_are_reported_and_the_rest_is_read(
    run: Run, text: str, expected: dict[str, str], problems: list[str]
) -> None:
    state = run(text)
    assert {name: value.text for name, value in state.variables.items()} == expected
    assert [str(p) for p in state.problems] == [f"~/.mailrc:{p}" for p in problems]


ALIASES: list[tuple[str, dict[str, tuple[str, ...]]]] = [
    ("alias team a@x\nalias team b@x", {"team": ("a@x", "b@x")}),
    ("a team a@x b@x\ng Team c@x", {"team": ("a@x", "b@x"), "Team": ("c@x",)}),
    ("alias bob@x c@x", {"bob@x": ("c@x",)}),
    ("alias\nalias - x", {}),
    ("alias x a\nalias x", {"x": ("a",)}),
    ("alias x \\\\x 'A B <a@x>' # no", {"x": ("\\x", "A B <a@x>")}),
    ("alias x a@x\\\n  b@x", {"x": ("a@x", "b@x")}),
    ("alias x $LOGNAME", {"x": ("$LOGNAME",)}),
    ("wysh alias x $LOGNAME", {"x": ("me",)}),
    ("alias x a@x; alias y b@x", {"x": ("a@x",), "y": ("b@x",)}),
    ("alias x a\nalias y b\nunalias x z", {"y": ("b",)}),
    ("alias x a\nalias y b\nungroup *", {}),
]


@pytest.mark.parametrize(("text", "expected"), ALIASES, ids=range(len(ALIASES)))
def test_aliases_collect_their_members(
    run: Run, text: str, expected: dict[str, tuple[str, ...]]
) -> None:
    state = run(text)
    assert state.aliases == expected
    assert not state.problems


def test_alias_without_members_is_reported(run: Run) -> None:
    state = run("alias a b@x\nalias x")
    assert list(map(str, state.problems)) == ["~/.mailrc:2: alias 'x' has no members"]


def test_members_know_the_line_they_are_on(run: Run) -> None:
    state = run("alias a b@x c@x\nalias a d@x")
    places = [str(place) for place in state.alias_places["a"]]
    assert places == ["~/.mailrc:1", "~/.mailrc:1", "~/.mailrc:2"]


def test_an_open_quote_in_an_alias_is_closed_and_reported(run: Run) -> None:
    state = run("alias x O'Brien@x\nset a")
    assert state.aliases == {"x": ("OBrien@x",)}
    assert [str(p) for p in state.problems] == ["~/.mailrc:1: a quote is never closed"]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("from=Me <a@b> = x", {"from": "Me <a@b> = x", "save": ""}),
        ("verbose", {"verbose": "", "save": ""}),
        ("nosave", {}),
        (" from =x", {"from": "x", "save": ""}),
        ("smtp-auth-user-ME@x='", {"smtp-auth-user-me@x": "'", "save": ""}),
    ],
    ids=["value", "boolean", "unset", "blanks", "address"],
)
def test_assignment_of_the_command_line_needs_no_quotes(
    argument: str, expected: dict[str, str]
) -> None:
    state = State()
    assign("save", Origin("-S", 0), state)
    assign(argument, Origin("-S", 0), state)
    assert {name: value.text for name, value in state.variables.items()} == expected


def test_assignment_of_the_command_line_has_no_line_number() -> None:
    state = State()
    assign("=x", Origin("-S", 0), state)
    assert [str(p) for p in state.problems] == ["-S: a name is missing before '='"]


def test_unset_names_are_remembered_until_they_are_set_again(run: Run) -> None:
    state = run("unset a b\nset noc\nset b=1")
    assert state.unset == {"a", "c"}


def test_echo_prints_what_a_shell_would(run: Run) -> None:
    state = run('echo hello  "from rc" $HOME; echon x\necho\nechoerr a\nechoerrn b')
    assert "".join(state.output) == "hello from rc /home/me\nx\n"
    assert "".join(state.error_output) == "a\nb"


READER_ONLY = """\
ignore received in-reply-to message-id references
discard x-\\
    y
retain date from to
fwdretain subject date from to
unretain to
saveignore x
headerpick type retain from_ date
alternates me@example.org you@example.org
shortcut m 'x y'
mlist a@x
mlsubscribe b@x
colour iso view-msginfo ft=bold
bind base $'\\cA' mle-go-home
filetype gz 'gzip -cd' 'gzip -c'
mimetype text/plain 'x' y
charsetalias latin1 iso-8859-1
folder +inbox
file ~/mbox
cd /tmp
print
headers
mail someone@example.org
delete *
localopts yes
varshow from
undefine x
unaccount x
hold
core
setenv X=Y
"""


def test_commands_for_reading_are_accepted_in_silence(run: Run) -> None:
    state = run(READER_ONLY)
    assert not state.problems
    assert not state.variables
    assert not state.output
