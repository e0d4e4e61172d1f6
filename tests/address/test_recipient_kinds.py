"""What a recipient is, and whether it is allowed."""

import pytest

from pymail.address.mailbox import Mailbox
from pymail.address.recipient_kinds import Policy, RecipientKind, classify, classify_all
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


# What s-nail 14.9.24 lets through on a pipe: (f)ile (p)ipe (n)ame (a)ddress.
ALLOWED = {
    "unset": (None, "na"),
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
def test_expandaddr_says_what_is_allowed(value: str | None, letters: str) -> None:
    policy = Policy.parse(value, interactive=False)
    allowed = {kind.name[0].lower() for kind in RecipientKind if policy.allows(kind)}
    assert allowed == set(letters)


def test_restrict_restricts_nothing_at_a_terminal() -> None:
    policy = Policy.parse("restrict,-all", interactive=True)
    assert all(policy.allows(kind) for kind in RecipientKind)
    assert not Policy.parse(None, interactive=True).allows(RecipientKind.FILE)


def test_expandaddr_flags_are_read() -> None:
    policy = Policy.parse("fail,failinvaddr,nametoaddr", interactive=False)
    assert policy.fail
    assert policy.fail_invalid
    assert policy.name_to_address
    assert not policy.domain_check
    assert not Policy().fail


@pytest.mark.parametrize(
    ("value", "allowed"),
    [(None, False), ("-all,fcc", True), ("-all,+file", True), ("restrict", False)],
    ids=["unset", "word", "file", "restrict"],
)
def test_fcc_is_allowed_by_itself_or_with_files(
    value: str | None, *, allowed: bool
) -> None:
    assert Policy.parse(value, interactive=False).fcc is allowed


WORDS = [
    "a@x",
    "Bob <b@x>",
    "root",
    "-X@x",
    "/tmp/a file",
    "./f@x",
    "+sent",
    "-",
    '"/tmp/quoted"',
    "|cat",
]


def test_everything_is_sorted_when_all_is_allowed() -> None:
    found = classify_all(WORDS, Policy.parse("", interactive=False))
    assert found.mailboxes == (
        Mailbox("a@x"),
        Mailbox("b@x", "Bob"),
        Mailbox("root"),
        Mailbox("-X@x"),
    )
    assert found.files == ("/tmp/a file", "./f@x", "+sent", "-", '"/tmp/quoted"')
    assert found.listed[-1] == Mailbox('"/tmp/quoted"')
    assert list(map(str, found.problems)) == [
        "'|cat': no command is run for a recipient"
    ]


def test_files_and_commands_are_refused_by_default() -> None:
    found = classify_all(WORDS, Policy())
    assert [mailbox.address for mailbox in found.mailboxes] == [
        "a@x",
        "b@x",
        "root",
        "-X@x",
    ]
    assert found.files == ()
    assert [str(problem) for problem in found.problems] == [
        "'/tmp/a file': expandaddr does not allow a file as recipient",
        "'./f@x': expandaddr does not allow a file as recipient",
        "'+sent': expandaddr does not allow a file as recipient",
        "'-': expandaddr does not allow a file as recipient",
        "'\"/tmp/quoted\"': expandaddr does not allow a file as recipient",
        "'|cat': no command is run for a recipient",
    ]


def test_malformed_address_does_not_stop_the_others() -> None:
    found = classify_all(
        ["a@x", "someone@", "b@x"], Policy.parse("fail", interactive=False)
    )
    assert found.mailboxes == (Mailbox("a@x"), Mailbox("b@x"))
    assert [str(problem) for problem in found.problems] == [
        "'someone@': nothing after the @"
    ]


@pytest.mark.parametrize(
    ("value", "word"),
    [("failinvaddr", "someone@"), ("fail,-file", "/tmp/a")],
    ids=["malformed", "disallowed"],
)
def test_strict_policy_stops_everything(value: str, word: str) -> None:
    with pytest.raises(AddressError):
        classify_all(["a@x", word], Policy.parse(value, interactive=False))


def test_names_get_the_host_under_nametoaddr() -> None:
    policy = Policy.parse("nametoaddr", interactive=False)
    found = classify_all(["R <root>", "a@x"], policy, hostname="h.example")
    assert found.mailboxes == (Mailbox("root@h.example", "R"), Mailbox("a@x"))
    assert classify_all(["root"], policy).mailboxes == (Mailbox("root"),)


def test_nametoaddr_leaves_names_of_nobody_alone() -> None:
    policy = Policy.parse("namehostex", interactive=False)
    found = classify_all(
        ["root", "team"], policy, hostname="h.example", is_user=lambda n: n == "root"
    )
    assert found.mailboxes == (Mailbox("root@h.example"), Mailbox("team"))


def test_problem_names_the_line_of_the_alias() -> None:
    sources = [("team", "rc:3"), None, ("team", "")]
    found = classify_all(["a@@x", "b@@x", "/f"], Policy(), sources=sources)
    assert list(map(str, found.problems)) == [
        "rc:3: alias team: 'a@@x': two @ signs",
        "'b@@x': two @ signs",
        "alias team: '/f': expandaddr does not allow a file as recipient",
    ]


def test_domaincheck_lets_only_known_domains_through() -> None:
    policy = Policy.parse("domaincheck", interactive=False)
    words = ["a@localhost", "a@H.example", "a@d.example", "root", "a@x"]
    found = classify_all(words, policy, hostname="h.example", domains=["D.example"])
    assert [mailbox.address for mailbox in found.mailboxes] == words[:4]
    assert [str(problem) for problem in found.problems] == [
        "'a@x': expandaddr does not allow this domain"
    ]


def test_name_with_a_dash_before_it_is_an_option() -> None:
    found = classify_all(["-bd", "root"], Policy())
    assert found.mailboxes == (Mailbox("root"),)
    assert "is an option" in found.problems[0].happened


def test_no_server_knows_a_name_that_is_not_ascii() -> None:
    found = classify_all(["张三", "a@x"], Policy(), any_name=False)
    assert found.refused == ("张三",)
    assert found.problems[0].happened == "'张三': neither an address nor an alias"
    assert classify_all(["张三"], Policy()).mailboxes == (Mailbox("张三"),)
