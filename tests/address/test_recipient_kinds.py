"""Recipient classification, and the policy of `expandaddr`."""

from typing import Any

import pytest

from pymail.address.mailbox import Mailbox
from pymail.address.recipient_kinds import (
    RecipientKind,
    RecipientPolicy,
    classify,
    read_recipient,
)
from pymail.errors import AddressError

KINDS = {
    "address": ("a@x", RecipientKind.ADDRESS),
    "dash-address": ("-X@x", RecipientKind.ADDRESS),
    "slash-address": ("a/b@x", RecipientKind.ADDRESS),
    "plus-address": ("+a@x", RecipientKind.ADDRESS),
    "name": ("root", RecipientKind.NAME),
    "bang-path": ("host!user", RecipientKind.NAME),
    "dash-name": ("-X", RecipientKind.NAME),
    "absolute": ("/tmp/a", RecipientKind.FILE),
    "absolute-with-at": ("/tmp/a@x", RecipientKind.FILE),
    "here": ("./a@x", RecipientKind.FILE),
    "elsewhere": ("../a", RecipientKind.FILE),
    "folder": ("+sent", RecipientKind.FILE),
    "output": ("-", RecipientKind.FILE),
    "command": ("|cat > a@x", RecipientKind.PIPE),
}


@pytest.mark.parametrize(("word", "kind"), KINDS.values(), ids=KINDS)
def test_word_is_classified(word: str, kind: RecipientKind) -> None:
    assert classify(word) is kind


# Kinds that s-nail 14.9.24 allows on a pipe: (f)ile (p)ipe (n)ame (a)ddress.
ALLOWED = {
    "empty": ("", "fpna"),
    "only-flags": ("fail", "fpna"),
    "restrict": ("restrict", "na"),
    "restrict-and-file": ("restrict,+file", "fna"),
    "nothing": ("-all", ""),
    "addresses": ("-all,+addr", "a"),
    "no-sign": ("-all,addr", "a"),
    "order": ("-all,+all,-pipe", "fna"),
    "no-names": ("-name", "fpa"),
    "case": ("-ALL, +File", "f"),
    "failinvaddr": ("-all,failinvaddr", "a"),
    "domaincheck": ("-all,domaincheck", "a"),
    "unknown": ("bogus,-bogus", "fpna"),
}


@pytest.mark.parametrize(("value", "letters"), ALLOWED.values(), ids=ALLOWED)
def test_expandaddr_selects_the_allowed_kinds(value: str, letters: str) -> None:
    policy = RecipientPolicy.parse(value, interactive=False)
    allowed = {kind.name[0].lower() for kind in RecipientKind if kind in policy.kinds}
    assert allowed == set(letters)


def test_restrict_restricts_nothing_at_a_terminal() -> None:
    policy = RecipientPolicy.parse("restrict,-all", interactive=True)
    assert all(kind in policy.kinds for kind in RecipientKind)


def test_expandaddr_flags_are_read() -> None:
    policy = RecipientPolicy.parse("fail,failinvaddr,nametoaddr", interactive=False)
    assert policy.fail
    assert policy.fail_invalid
    assert policy.name_to_address
    assert not policy.domain_check


def test_addresses_and_names_are_allowed_without_expandaddr() -> None:
    policy = RecipientPolicy()
    assert policy.kinds == {RecipientKind.ADDRESS, RecipientKind.NAME}
    assert (policy.fail, policy.fcc) == (False, False)


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("-all,fcc", True), ("-all,+file", True), ("restrict", False)],
    ids=["word", "file", "restrict"],
)
def test_fcc_is_allowed_by_itself_or_with_files(value: str, *, allowed: bool) -> None:
    assert RecipientPolicy.parse(value, interactive=False).fcc is allowed


def read(word: str, expandaddr: str | None = None, **more: Any) -> Mailbox | str:
    """Return the mailbox of a word, or the complaint about it."""
    domains = more.pop("domains", ())
    policy = RecipientPolicy()
    if expandaddr is not None:
        policy = RecipientPolicy.parse(expandaddr, interactive=False, domains=domains)
    try:
        kind, mailbox = read_recipient(word)
        policy.check(word, kind, mailbox, **more)
    except AddressError as error:
        return error.happened.removeprefix(f"{word!r}: ")
    return mailbox


FILES = ["/tmp/a file", "./f@x", "+sent", "-"]
NO_FILE = "expandaddr does not allow a file as recipient"


@pytest.mark.parametrize("expandaddr", [None, ""], ids=["default", "all"])
@pytest.mark.parametrize(
    ("word", "mailbox"),
    [
        ("a@x", Mailbox("a@x")),
        ("Bob <b@x>", Mailbox("b@x", "Bob")),
        ("root", Mailbox("root")),
        ("-X@x", Mailbox("-X@x")),
    ],
)
def test_addresses_and_names_are_recipients(
    word: str, mailbox: Mailbox, expandaddr: str | None
) -> None:
    assert read(word, expandaddr) == mailbox


@pytest.mark.parametrize("word", [*FILES, '"/tmp/quoted"'])
def test_files_are_recipients_where_they_are_allowed(word: str) -> None:
    assert read(word, "") == Mailbox(word)
    assert read(word) == NO_FILE


REFUSED = {
    "command": ("|cat", "", "pymail runs no command for a recipient"),
    "malformed": ("someone@", "", "nothing after the @"),
    "option": ("-bd", None, "a name that begins with a dash is an option"),
    "domain": ("a@x", "domaincheck", "expandaddr does not allow this domain"),
}


@pytest.mark.parametrize(("word", "value", "complaint"), REFUSED.values(), ids=REFUSED)
def test_refused_word_is_named_with_the_reason(
    word: str, value: str | None, complaint: str
) -> None:
    assert read(word, value) == complaint


@pytest.mark.parametrize("word", ["a@localhost", "a@H.example", "a@d.example", "root"])
def test_domaincheck_allows_known_domains(word: str) -> None:
    known = {"hostname": "h.example", "domains": ["D.example"]}
    assert read(word, "domaincheck", **known) == Mailbox(word)


def test_name_that_is_not_ascii_is_refused_unless_any_is_allowed() -> None:
    assert read("张三", any_name=False) == "neither an address nor an alias"
    assert read("张三") == Mailbox("张三")
