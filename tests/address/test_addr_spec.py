"""What is an address, what is none, and why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.addr_spec import (
    ascii_address,
    check_address,
    check_path,
    is_plain,
    shown,
    split_address,
    wire_address,
)
from pymail.errors import AddressError

GOOD = {
    "plain": "a@x",
    "usual": "first.last+tag@mail.example.com",
    "odd-atoms": "o'b-x_y=z{|}~!#$%&*/?^`@x",
    "sender-dots": ".a..b.@docomo.example",
    "dash": "-X@x.example",
    "local-name": "root",
    "bang-path": "host!user",
    "percent": "user%host",
    "quoted": '"a b"@x.example',
    "quoted-specials": r'"a\"@,<>;b"@x',
    "quoted-name": '"a b"',
    "ipv4": "a@[127.0.0.1]",
    "ipv6": "a@[IPv6:2001:db8::1]",
    "underscore": "a@my_host.lan",
    "numbers": "123@163.example",
    "punycode": "a@xn--fsqu00a.example",
    "chinese": "用户@例子.公司",
    "sharp-s": "a@faß.example",
    "longest": "a" * 252 + "@x",
    "longest-label": "a@" + "b" * 63,
}

BAD = {
    "empty": ("", "no address"),
    "two-ats": ("a@@b", "two @ signs"),
    "two-ats-apart": ("a@b@c", "two @ signs"),
    "no-domain": ("someone@", "nothing after the @"),
    "no-local-part": ("@x", "nothing before the @"),
    "empty-quotes": ('""@x', "'\"' outside quotes"),
    "blank": ("a b@x", "a blank outside quotes"),
    "semicolon": ("a@x;b@x", "';' outside quotes (a comma separates addresses)"),
    "comma": ("a@x,b@x", "',' outside quotes"),
    "angle": ("a@x>", "'>' outside quotes"),
    "parenthesis": ("a@one.example)b@two.example", "')' outside quotes"),
    "bracket": ("a[b@x", "'[' outside quotes"),
    "backslash": ("a\\b@x", "'\\' outside quotes"),
    "port": ("a@x:25", "':' outside quotes"),
    "half-quoted": ('"a"b@x', "'\"' outside quotes"),
    "double-dot": ("a@x..y", "two dots in a row in the domain"),
    "leading-dot": ("a@.x", "a dot at the start of the domain"),
    "trailing-dot": ("a@x.", "a dot at the end of the domain"),
    "leading-hyphen": ("a@-x", "no such domain can exist"),
    "trailing-hyphen": ("a@x-.y", "no such domain can exist"),
    "long-label": ("a@" + "b" * 64, "no such domain can exist"),
    "long-unicode-label": ("a@" + "é" * 64, "no such domain can exist"),
    "domain-of-atoms": ("a@x!y", "no such domain can exist"),
    "hidden-at": ("a@b﹫evil.example", "no such domain can exist"),
    "hidden-slash": ("a@℀", "no such domain can exist"),
    "too-long": ("a" * 253 + "@x", "longer than 254 octets"),
    "too-long-in-octets": ("é" * 127 + "@x", "longer than 254 octets"),
    "newline": ("a@x\n", "the unprintable character U+000A"),
    "nul": ("a\x00@x", "the unprintable character U+0000"),
    "quoted-newline": ('"a\nb"@x', "the unprintable character U+000A"),
    "zero-width": ("a@x\u200b", "the unprintable character U+200B"),
    "not-utf8": ("caf\udce9@x", "the unprintable character U+DCE9"),
    "full-width-at": ("me＠163.example", "a full-width ＠"),
    "full-width-comma": ("a@x，b@x", "a full-width ，"),
    "ideographic-stop": ("a@x。example", "a full-width 。"),
}


@pytest.mark.parametrize("address", GOOD.values(), ids=GOOD)
def test_address_passes_unchanged(address: str) -> None:
    assert check_address(address) == address
    assert check_path(address) == address


@pytest.mark.parametrize(("address", "complaint"), BAD.values(), ids=BAD)
def test_malformed_address_is_refused_with_its_reason(
    address: str, complaint: str
) -> None:
    with pytest.raises(AddressError) as refusal:
        check_address(address)
    assert str(refusal.value) == f"{shown(address)}: {complaint}"


def test_message_about_a_long_address_is_short_and_on_one_line() -> None:
    with pytest.raises(AddressError) as refusal:
        check_address("\x1b[31m\n" * 1000)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 500


@given(st.text())
def test_whatever_passes_cannot_end_a_command_early(text: str) -> None:
    try:
        check_address(text)
    except AddressError:
        assert not is_plain(text)
    else:
        assert text.isprintable()
        check_path(text)


UNSAFE = {
    "crlf": "a@x>\r\nRCPT TO:<b@x",
    "angle": "a@x>",
    "blank": "a@x SIZE=1",
    "nul": "a\x00@x",
    "quoted-newline": '"a\n"@x',
    "open-quote": '"a@x',
    "surrogate": "\udce9@x",
    "nothing": "",
}


@pytest.mark.parametrize("path", UNSAFE.values(), ids=UNSAFE)
def test_unsafe_path_is_refused(path: str) -> None:
    with pytest.raises(AddressError, match="not safe"):
        check_path(path)


IN_ASCII = {
    "ascii": ("a@x.example", "a@x.example"),
    "local-name": ("用户", "用户"),
    "chinese": ("a@例子.公司", "a@xn--fsqu00a.xn--55qx5d"),
    "upper-case": ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
    "sharp-s": ("a@faß.example", "a@xn--fa-hia.example"),
    "final-sigma": ("a@ες.example", "a@xn--qxa0a.example"),
    "local-part-stays": ("用户@é.example", "用户@xn--9ca.example"),
    "quoted-name": ('"é@é"', '"é@é"'),
}


@pytest.mark.parametrize(("address", "expected"), IN_ASCII.values(), ids=IN_ASCII)
def test_domain_becomes_ascii(address: str, expected: str) -> None:
    assert ascii_address(address) == expected


def test_domain_without_ascii_form_is_refused() -> None:
    with pytest.raises(AddressError, match="no such domain"):
        ascii_address("a@" + "é" * 64)


PARTS = {
    "address": ("a@x", "a", "x"),
    "name": ("root", "root", ""),
    "quoted-at": ('"a@b"@x', '"a@b"', "x"),
    "quoted-name": ('"a@b"', '"a@b"', ""),
}


@pytest.mark.parametrize(("address", "local", "domain"), PARTS.values(), ids=PARTS)
def test_address_falls_into_local_part_and_domain(
    address: str, local: str, domain: str
) -> None:
    assert split_address(address) == (local, domain)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a@b\u00fccher.example", "a@xn--bcher-kva.example"),
        ("\u00e4@b\u00fccher.example", "\u00e4@b\u00fccher.example"),
        ("a@x.org", "a@x.org"),
        ("root", "root"),
    ],
    ids=["domain", "local-part", "ascii", "name"],
)
def test_address_travels_in_ascii_if_it_can(address: str, expected: str) -> None:
    assert wire_address(address) == expected
