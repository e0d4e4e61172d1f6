"""The aliases of the local mail system, aliases(5) of Postfix and sendmail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.aliases import Expansion, describe_source, expand
from pymail.address.mta_aliases import expand_names, has_names, parse

TEXT = """\
# who reads what
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


def expanded(*words: str) -> Expansion:
    found = expand(words, {}, login="me", metoo=False)
    return expand_names(found, parse(TEXT, "/etc/aliases"), read, own=("here",))


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
def test_local_name_is_what_the_mail_system_says(
    word: str, expected: list[str]
) -> None:
    found = expanded(word)
    assert list(found.words) == expected
    assert found.problems == ()


TROUBLE = {
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


@pytest.mark.parametrize(("word", "words", "problem"), TROUBLE.values(), ids=TROUBLE)
def test_trouble_is_named_and_stops_nobody(
    word: str, words: list[str], problem: str
) -> None:
    found = expanded(word, "a@example.com")
    assert list(found.words) == [*words, "a@example.com"]
    assert found.problems == (problem,)


def test_member_is_known_by_its_line() -> None:
    assert [
        describe_source(each) for each in expanded("a@example.com", "file").sources
    ] == [
        "",
        "/etc/aliases:8: alias file: ",
    ]


def test_problems_of_the_aliases_before_are_kept() -> None:
    before = Expansion(("root",), ("alias loop: x -> x",), (None,))
    found = expand_names(before, parse("root: a@x\n", "f"), read)
    assert found.problems == ("alias loop: x -> x",)


def test_an_empty_file_has_no_aliases() -> None:
    assert parse("", "f").members == {}


def test_lines_that_are_no_alias_are_named_with_their_number() -> None:
    found = parse("not an alias\na: b@x\na: c@x\n", "f")
    assert found.members == {"a": ("b@x",)}
    assert found.problems == (
        "f:1: not an alias, 'name: address': ignored",
        "f:3: alias 'a' again: ignored",
    )


def test_file_of_another_kind_is_reported_in_a_few_lines() -> None:
    assert len(parse("x\n" * 1000, "f").problems) == 10


def test_quoted_name_may_have_blanks() -> None:
    assert parse(TEXT, "f").members["odd name"] == ("q@example.com",)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("a@x", "/f", "|c"), False),
        (("\\root",), False),
        (("a@x", "root"), True),
        (("root@here",), True),
    ],
    ids=["none", "protected", "one", "own-host"],
)
def test_file_is_needed_only_for_local_names(
    words: tuple[str, ...], *, expected: bool
) -> None:
    found = expand(words, {}, login="", metoo=True)
    assert has_names(found, own=("here",)) is expected


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for name, members in parse(text, "f").members.items():
        assert name == name.lower()
        assert all(members)


def test_empty_members_are_nobody() -> None:
    assert parse('a: b@x, "", ,c@x\n', "f").members == {"a": ("b@x", "c@x")}
