"""Parsing and formatting of mailboxes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.mailbox import (
    Mailbox,
    find_mailbox,
    format_mailbox,
    parse_list,
    parse_mailbox,
)
from pymail.errors import AddressError

# In canonical form: parsing and formatting are inverse.
CANONICAL = {
    "address": ("a@x", Mailbox("a@x")),
    "local-name": ("root", Mailbox("root")),
    "quoted-local-part": ('"a b"@x', Mailbox('"a b"@x')),
    "name": ("Bob Smith <a@x>", Mailbox("a@x", "Bob Smith")),
    "comma": ('"Doe, John" <a@x>', Mailbox("a@x", "Doe, John")),
    "dots": ('"John Q. Public" <a@x>', Mailbox("a@x", "John Q. Public")),
    "quotes": (r'"A \"q\" \\ B" <q@x>', Mailbox("q@x", 'A "q" \\ B')),
    "blanks": ('" a  b " <a@x>', Mailbox("a@x", " a  b ")),
    "chinese": ("告警 系统 <me@s.example>", Mailbox("me@s.example", "告警 系统")),
    "encoded-word": ("=?UTF-8?B?aaa=?= <a@x>", Mailbox("a@x", "=?UTF-8?B?aaa=?=")),
    "named-local-name": ("Bob <team>", Mailbox("team", "Bob")),
    "angle-in-quotes": ('B <"a>b"@x>', Mailbox('"a>b"@x', "B")),
}

WRITTEN_OTHERWISE = {
    "angles": ("<a@x>", Mailbox("a@x")),
    "padding": ("\t a@x ", Mailbox("a@x")),
    "padded-angles": ("B < a@x >", Mailbox("a@x", "B")),
    "tight": ("RunContext Bot<a@x>", Mailbox("a@x", "RunContext Bot")),
    "tight-chinese": ("告警系统<me@s.example>", Mailbox("me@s.example", "告警系统")),
    "tight-quotes": ('"Bot"<a@x>', Mailbox("a@x", "Bot")),
    "comment": ("a@x (Name)", Mailbox("a@x", "Name")),
    "tight-comment": ("a@x(shop.example)", Mailbox("a@x", "shop.example")),
    "comment-first": ("(Name) a@x", Mailbox("a@x", "Name")),
    "comments": ("(A) a@x (B)", Mailbox("a@x", "A B")),
    "nested-comment": ("a@x (a (b) c)", Mailbox("a@x", "a (b) c")),
    "escaped-comment": (r"a@x (a\)b)", Mailbox("a@x", "a)b")),
    "comment-after-angles": ("<a@x> (Ops)", Mailbox("a@x", "Ops")),
    "comment-before-angles": ("(Ops) <a@x>", Mailbox("a@x", "Ops")),
    "comment-in-name": ("Me (Ops) <a@x>", Mailbox("a@x", "Me (Ops)")),
    "comment-beside-name": ("Me <a@x> (Ops)", Mailbox("a@x", "Me")),
    "bare-dots": ("John Q. Public <a@x>", Mailbox("a@x", "John Q. Public")),
    "bare-specials": ("[Alert] disk: 97% <a@x>", Mailbox("a@x", "[Alert] disk: 97%")),
    "host-as-name": ("root@web1 <a@x>", Mailbox("a@x", "root@web1")),
    "quoted-ats": ('"a@x b@x" <a@x>', Mailbox("a@x", "a@x b@x")),
    "half-quoted": ('Bob "x  y" z <a@x>', Mailbox("a@x", "Bob x  y z")),
    "blanks-beside-the-at": ("Bob <a @\tx>", Mailbox("a@x", "Bob")),
    "blanks-and-comments-beside-the-at": ("a (b) @ (c) (d) x (E)", Mailbox("a@x", "E")),
    "many-blanks": ("Bob \t  Smith  <a@x>", Mailbox("a@x", "Bob Smith")),
    "not-utf8": ("caf\udce9 <a@x>", Mailbox("a@x", "caf\udce9")),
    "comment-in-angles": ("B <a@x (home) >", Mailbox("a@x", "B")),
    "comments-beside-the-at": ("a(b)@(c)x (N)", Mailbox("a@x", "N")),
    "route": ("<@a,@b:c@d>", Mailbox("c@d")),
    "short-route": ("R <@a:c@d>", Mailbox("c@d", "R")),
    "literal": ("a@[IPv6:::1] (B)", Mailbox("a@[IPv6:::1]", "B")),
}

REFUSED = {
    "empty": ("", "'': no address"),
    "null-path": ("<>", "'<>': no address"),
    "only-name": ("Bob <>", "'Bob <>': no address"),
    "only-comment": ("(Bob)", "'(Bob)': no address"),
    "routes": ("<@a:@b:c@d>", "'@b:c@d': ':' outside quotes"),
    "only-comment-in-angles": ("<(c)>", "'<(c)>': no address"),
    "comment-for-a-dot": ("a@one(c)two", "'a@one(c)two': '(' outside quotes"),
    "garbage": ("B <a@x> junk", "'B <a@x> junk': text after the '>'"),
    "two": ("<a@x> <b@x>", "'<a@x> <b@x>': text after the '>'"),
    "list": ('"a" <b@c>, d@e', "'\"a\" <b@c>, d@e': text after the '>'"),
    "bare-comma": ("Doe, John <j@x>", "more than one recipient"),
    "bare-semicolon": ("a@x; <j@x>", "more than one recipient"),
    "bare-list": ("a@x b@x <j@x>", "more than one recipient"),
    "stray-angle": ("a> <b@x>", "more than one recipient"),
    "open-angle": ("B <a@x", "'B <a@x': the '<' isn't closed"),
    "open-quote": ('"B <a@x>', "the '\"' isn't closed"),
    "open-comment": ("a@x (B", "'a@x (B': the '(' isn't closed"),
    "blank": ("Bob b@x", "'Bob b@x': a blank outside quotes"),
    "comment-inside": ("a@one(c)b@two", "'a@one(c)b@two': '(' outside quotes"),
    "newline": ("x\r\nBcc: y <a@x>", "a control character"),
    "newline-after": ("a@x\n", "a control character"),
    "nul": ("B\x00 <a@x>", "a control character"),
    "line-separator": ("B\u2028C <a@x>", "a control character"),
    "escape": ("\x1b[31m <a@x>", "a control character"),
    "not-utf8": ("caf\udce9@x", "the unprintable character U+DCE9"),
}


@pytest.mark.parametrize(("text", "mailbox"), CANONICAL.values(), ids=CANONICAL)
def test_canonical_form_parses_and_formats_back(text: str, mailbox: Mailbox) -> None:
    assert parse_mailbox(text) == mailbox
    assert format_mailbox(mailbox) == text


@pytest.mark.parametrize(
    ("text", "mailbox"), WRITTEN_OTHERWISE.values(), ids=WRITTEN_OTHERWISE
)
def test_other_forms_of_a_mailbox_are_parsed(text: str, mailbox: Mailbox) -> None:
    assert parse_mailbox(text) == mailbox


@pytest.mark.parametrize(("text", "complaint"), REFUSED.values(), ids=REFUSED)
def test_text_without_a_single_reading_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(AddressError) as refusal:
        parse_mailbox(text)
    assert complaint in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_list_of_a_header_is_parsed() -> None:
    assert parse_list('"Doe, John" <j@x>, a@x (A), team') == (
        Mailbox("j@x", "Doe, John"),
        Mailbox("a@x", "A"),
        Mailbox("team"),
    )
    assert parse_list("a@x b@x") == (Mailbox("a@x"), Mailbox("b@x"))


def test_semicolon_is_no_separator() -> None:
    with pytest.raises(AddressError, match="a comma separates"):
        parse_mailbox("a@x; b@x")


AUTHORS = {
    "comma": ("Doe, John <j@x>", Mailbox("j@x", "Doe, John")),
    "no-brackets": ("OSSEC HIDS o@x", Mailbox("o@x", "OSSEC HIDS")),
    "two-brackets": ("<Name <m@x>>", Mailbox("m@x", "Name")),
    "one-bracket": ("John <j@x", Mailbox("j@x", "John")),
    "semicolon": ("j@x;", Mailbox("j@x")),
    "url": ("mailto:j@x", Mailbox("j@x")),
    "url-in-brackets": ('"Foo" Bar, x <mailto:a@x>', Mailbox("a@x", "Foo Bar, x")),
    "two-addresses": ("A <a@x> <b@x>", Mailbox("b@x")),
    "bare-addresses": ("a@x b@x", Mailbox("a@x")),
    "local-name": ("root, Jr. <root>", Mailbox("root", "root, Jr.")),
    "local-name-and-address": ("<root> j@x", Mailbox("j@x", "root")),
    "junk-behind": ("Foo <j@x> <junk", Mailbox("j@x", "Foo")),
    "control": ("J\x00 <a@x>", Mailbox("a@x", "J")),
    "name": ("Log watcher", None),
    "nothing": ("<>", None),
    "no-address": ("x <a@@b>", None),
}


@pytest.mark.parametrize(("text", "mailbox"), AUTHORS.values(), ids=AUTHORS)
def test_author_is_found_in_a_malformed_field(
    text: str, mailbox: Mailbox | None
) -> None:
    assert find_mailbox(text) == mailbox


@given(st.text(alphabet='ab@.,:;<>()[]"\\ \t\n|/é\udce9'))
def test_author_that_is_found_can_be_formatted(text: str) -> None:
    found = find_mailbox(text)
    assert found is None or parse_mailbox(format_mailbox(found)) == found


def test_name_with_a_newline_is_not_formatted() -> None:
    with pytest.raises(AddressError, match="a control character"):
        format_mailbox(Mailbox("a@x", "B\r\nBcc: c@x"))


def test_mailbox_knows_its_parts() -> None:
    mailbox = Mailbox("a@x.example", "A")
    assert (mailbox.local_part, mailbox.domain) == ("a", "x.example")
    assert (Mailbox("root").local_part, Mailbox("root").domain) == ("root", "")


printable = st.characters(
    exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029"
)
addresses = st.sampled_from([mailbox.address for _, mailbox in CANONICAL.values()])


@given(st.builds(Mailbox, addresses, st.text(printable | st.just("\t"))))
def test_formatted_mailbox_parses_back(mailbox: Mailbox) -> None:
    assert parse_mailbox(format_mailbox(mailbox)) == mailbox


@given(st.text(alphabet='ab@.,:;<>()[]"\\ \t\n|/é＠\udce9'))
def test_any_text_is_a_mailbox_or_refused(text: str) -> None:
    try:
        mailbox = parse_mailbox(text)
    except AddressError as refusal:
        assert str(refusal).isprintable()  # noqa: PT017 - either outcome is fine
    else:
        assert parse_mailbox(format_mailbox(mailbox)) == mailbox


@given(
    st.text(st.sampled_from('ab .-"\\<>(),;:@é\udcff\t\x07'), max_size=12),
    st.sampled_from(["a@x.org", "a", "a@@x", "", "a b@x"]),
)
def test_short_cut_for_usual_mailboxes_changes_no_result(
    name: str, address: str
) -> None:
    """A leading blank prevents the short cut."""
    assert _read(f"{name} <{address}>") == _read(f" {name} <{address}>")


def _read(text: str) -> Mailbox | None:
    try:
        return parse_mailbox(text)
    except AddressError:
        return None


HOSTILE = ["a", "<", "< ", "a@", "<a", "@a ", "@a, ", "(", "()", " ,", "mailto:"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_read_in_one_pass(piece: str) -> None:
    """A quadratic scan of this much text would take minutes."""
    for text in (piece * 50_000, f"<{piece * 50_000}>"):
        find_mailbox(text)
        with pytest.raises(AddressError):
            parse_mailbox(text)
