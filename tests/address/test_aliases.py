"""Alias expansion, and removal of duplicates."""

from collections.abc import Mapping
from typing import Any

import pytest

from pymail.address.aliases import Aliases, Entry, deduplicate, expand
from pymail.address.mailbox import Mailbox

Members = Mapping[str, tuple[str, ...]]


def expanded(
    words: list[str], members: Members, **more: Any
) -> tuple[list[str], list[str]]:
    aliases = Aliases(members, **more)
    found = expand(map(Entry.parse, words), aliases)
    return [entry.word for entry in found], aliases.problems


EXPANSIONS: dict[str, tuple[list[str], Members, list[str]]] = {
    "none": (["a@x", "root"], {}, ["a@x", "root"]),
    "one": (["team"], {"team": ("a@x", "b@x")}, ["a@x", "b@x"]),
    "nested": (["t", "z"], {"t": ("a", "u"), "u": ("b",)}, ["a", "b", "z"]),
    "order": (["t"], {"t": ("u", "a"), "u": ("b",)}, ["b", "a"]),
    "case": (["Team"], {"team": ("a@x",)}, ["Team"]),
    "address": (["b@x"], {"b@x": ("other@x",)}, ["other@x"]),
    "named": (["Bob <b@x>", "T (t)"], {"b@x": ("o@x",)}, ["o@x", "T (t)"]),
    "unparsable": (["Bob <b@x"], {"b@x": ("o@x",)}, ["Bob <b@x"]),
    "members-with-names": (
        ["t"],
        {"t": ("B B <b@x>", "c@x (C)")},
        ["B B <b@x>", "c@x (C)"],
    ),
    "member-is-list": (
        ["t"],
        {"t": ("a@x, b@x", "c@x d@x")},
        ["a@x", "b@x", "c@x", "d@x"],
    ),
    "own-name": (["root"], {"root": ("root", "r@x")}, ["root", "r@x"]),
    "escaped-word": ([r"\team"], {"team": ("a@x",)}, ["team"]),
    "escaped-member": (["t"], {"t": (r"\u",), "u": ("a@x",)}, ["u"]),
    "twice": (["t", "t", "u"], {"t": ("a@x", "u"), "u": ("b@x",)}, ["a@x", "b@x"]),
    "login": (["t"], {"t": ("me", "o@x")}, ["o@x"]),
    "login-only-member": (["t"], {"t": ("me",)}, ["me"]),
    "login-direct": (["me", "t"], {"t": ("me", "o@x")}, ["me", "o@x"]),
    "command": (["t"], {"t": ("|cat, x", "/f")}, ["|cat, x", "/f"]),
    "comma-in-a-name": (
        ["t"],
        {"t": ("Doe, Ann <a@x>", "b@x, B <c@x>", "u, D <d@x>"), "u": ("e@x",)},
        ['"Doe, Ann" <a@x>', "b@x", "B <c@x>", "e@x", "D <d@x>"],
    ),
    "empty-member": (["t"], {"t": ("", "a@x")}, ["a@x"]),
    "own-host": (["Root <u@Here>", "u@there"], {"u": ("a@x",)}, ["a@x", "u@there"]),
    "own-host-no-alias": (["v@here"], {"u": ("a@x",)}, ["v@here"]),
    "own-host-exact": (["u@here"], {"u@here": ("b@x",), "u": ("a@x",)}, ["b@x"]),
    "own-host-self": (["u"], {"u": ("u@here", "a@x")}, ["u@here", "a@x"]),
    "empty": (["t", "a@x"], {"t": ()}, ["a@x"]),
}


@pytest.mark.parametrize(
    ("words", "aliases", "expected"), EXPANSIONS.values(), ids=EXPANSIONS
)
def test_alias_is_replaced_by_its_members(
    words: list[str], aliases: Members, expected: list[str]
) -> None:
    assert expanded(words, aliases, login="me", own=("here",)) == (expected, [])


def test_metoo_keeps_the_login_name() -> None:
    assert expanded(["t"], {"t": ("me", "o@x")}) == (["me", "o@x"], [])


def test_loop_is_reported_with_its_path_and_expansion_continues() -> None:
    aliases = {"t": ("g1", "z@x"), "g1": ("a@x", "g2"), "g2": ("b@x", "g1")}
    words, problems = expanded(["t"], aliases)
    assert words == ["a@x", "b@x", "z@x"]
    assert problems == ["alias loop: g1 -> g2 -> g1"]


def test_loop_is_reported_with_the_lines_of_its_aliases() -> None:
    aliases = {"t": ("u",), "u": ("a@x", "t")}
    places = {"t": ("rc:3",), "u": ("rc:4", "rc:5")}
    _, problems = expanded(["t"], aliases, places=places)
    assert problems == ["alias loop: t (rc:3) -> u (rc:4) -> t"]


def test_entry_names_the_alias_and_line_it_comes_from() -> None:
    aliases = {"t": ("u", "a@x, b@x"), "u": ("c@x",)}
    places = {"t": ("rc:1", "rc:2"), "u": ("rc:3",)}
    found = expand([Entry("z@x"), Entry("t")], Aliases(aliases, places))
    assert [f"{entry.origin}{entry.word}" for entry in found] == [
        "z@x",
        "rc:3: alias u: c@x",
        "rc:2: alias t: a@x",
        "rc:2: alias t: b@x",
    ]
    assert Entry("a@x", "t").origin == "alias t: "


def test_long_chain_of_aliases_is_followed() -> None:
    aliases = {f"a{n}": (f"a{n + 1}",) for n in range(5000)}
    assert expanded(["a0"], aliases) == (["a5000"], [])


def test_long_loop_is_shown_shortened() -> None:
    aliases = {f"a{n}": (f"a{(n + 1) % 5000}", "a0") for n in range(5000)}
    words, problems = expanded(["a0"], aliases)
    assert words == ["a0"]  # a member of itself
    assert len(problems) == 10
    assert problems[0] == (
        "alias loop: a0 -> a1 -> a2 -> a3 -> … -> a4998 -> a4999 -> a0"
    )


def test_aliases_of_aliases_do_not_multiply() -> None:
    """Each level names the next one twice: 2 to the 60th words if all were kept."""
    aliases = {f"a{n}": (f"a{n + 1}", f"a{n + 1}") for n in range(60)}
    assert expanded(["a0"], aliases) == (["a60", "a60"], [])


def test_address_is_kept_once_whatever_its_case() -> None:
    to, cc, bcc = deduplicate(
        [Mailbox("a@x", "A"), Mailbox("A@X"), Mailbox("b@x")],
        [Mailbox("B@x"), Mailbox("c@x")],
        [Mailbox("a@x"), Mailbox("c@x"), Mailbox("d@x")],
    )
    assert to == (Mailbox("a@x", "A"), Mailbox("b@x"))
    assert cc == (Mailbox("c@x"),)
    assert bcc == (Mailbox("d@x"),)


def test_address_is_the_same_in_both_spellings_of_its_domain() -> None:
    to, cc = deduplicate(
        [Mailbox("a@b\u00fccher.example")], [Mailbox("a@xn--bcher-kva.example")]
    )
    assert (len(to), cc) == (1, ())
