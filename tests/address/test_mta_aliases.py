"""The aliases of the local mail system, aliases(5) of Postfix and sendmail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.aliases import Aliases, Entry, expand
from pymail.address.mta_aliases import MtaAliases, may_be_alias, parse

TEXT = """\
# aliases of this machine
root: admin@example.com,
    # a remark between
    Ops
ops:\tann@example.com , "Bob B" <bob@example.com>
Postmaster : root
pipe: "|/bin/cat a, b", |cat c
file: /var/mail/box
team: :include:/lists/team, z@example.com
deep: :include:/lists/deep
gone: ":include:/lists/gone"
one: two
two: one, w@example.com
self: \\self, s@example.com
"odd name": q@example.com
none:
"""
FILES = {
    "/lists/team": "t1@example.com\n# remark\nt2@example.com, ops\n",
    "/lists/deep": "d@example.com, :include:/lists/deep\n",
}


def read(name: str) -> str:
    if name in FILES:
        return FILES[name]
    raise FileNotFoundError(2, "No such file or directory")


def parsed(text: str) -> MtaAliases:
    return parse(text, "/etc/aliases", read, own=("here",))


def expanded(*words: str) -> tuple[list[str], list[str]]:
    """Expand words after the aliases of mail.rc; return the problems, too."""
    aliases = parsed(TEXT)
    found = expand(expand(map(Entry.parse, words), Aliases({})), aliases)
    return [entry.word for entry in found], aliases.problems


EXPANSIONS = {
    "nested": (
        "root",
        ["admin@example.com", "ann@example.com", '"Bob B" <bob@example.com>'],
    ),
    "own-host": (
        "Root@here",
        ["admin@example.com", "ann@example.com", '"Bob B" <bob@example.com>'],
    ),
    "case": (
        "POSTMASTER",
        ["admin@example.com", "ann@example.com", '"Bob B" <bob@example.com>'],
    ),
    "command": ("pipe", ["|/bin/cat a, b", "|cat c"]),
    "file": ("file", ["/var/mail/box"]),
    "include": (
        "team",
        [
            "t1@example.com",
            "t2@example.com",
            "ann@example.com",
            '"Bob B" <bob@example.com>',
            "z@example.com",
        ],
    ),
    "protected-member": ("self", ["self", "s@example.com"]),
    "protected-word": ("\\root", ["root"]),
    "address": ("root@example.com", ["root@example.com"]),
    "unknown": ("nobody", ["nobody"]),
    "empty": ("none", []),
}


@pytest.mark.parametrize(("word", "expected"), EXPANSIONS.values(), ids=EXPANSIONS)
def test_local_name_expands_by_the_aliases_of_the_mail_system(
    word: str, expected: list[str]
) -> None:
    assert expanded(word) == (expected, [])


PROBLEMS = {
    "loop": (
        "one",
        ["w@example.com"],
        "alias loop: one (/etc/aliases:12) -> two (/etc/aliases:13) -> one",
    ),
    "include-is-not-there": (
        "gone",
        [],
        "/etc/aliases:11: alias gone: /lists/gone: no such file or directory",
    ),
    "include-of-itself": (
        "deep",
        ["d@example.com"],
        "/etc/aliases:10: alias deep: /lists/deep: includes itself",
    ),
}


@pytest.mark.parametrize(("word", "words", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_problem_is_reported_and_other_words_expand(
    word: str, words: list[str], problem: str
) -> None:
    assert expanded(word, "a@example.com") == ([*words, "a@example.com"], [problem])


def test_member_names_the_line_of_its_alias() -> None:
    (found,) = expand([Entry("file")], parsed(TEXT))
    assert found.origin == "/etc/aliases:8: alias file: "


def test_an_empty_file_has_no_aliases() -> None:
    assert parsed("").members == {}


def test_lines_that_are_no_alias_are_named_with_their_number() -> None:
    found = parsed("not an alias\na: b@x\na: c@x\n")
    assert found.members == {"a": ("b@x",)}
    assert found.problems == [
        "/etc/aliases:1: not an alias, 'name: address': ignored",
        "/etc/aliases:3: alias 'a' is already defined: ignored",
    ]


def test_file_in_another_format_is_reported_in_ten_lines() -> None:
    assert len(parsed("x\n" * 1000).problems) == 10


def test_quoted_name_may_have_blanks() -> None:
    assert parsed(TEXT).members["odd name"] == ("q@example.com",)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("a@x", False), ("/f", False), ("|c", False), ("root", True), ("root@here", True)],
)
def test_only_local_names_can_be_aliases(word: str, *, expected: bool) -> None:
    assert may_be_alias(Entry(word), own=("here",)) is expected


def test_protected_name_is_no_alias() -> None:
    assert not may_be_alias(Entry("root", protected=True))


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for name, members in parsed(text).members.items():
        assert name == name.lower()
        assert all(members)


def test_empty_members_are_ignored() -> None:
    assert parsed('a: b@x, "", ,c@x\n').members == {"a": ("b@x", "c@x")}
