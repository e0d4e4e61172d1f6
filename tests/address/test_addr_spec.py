"""Validation of addresses, the reasons for refusals, and the ASCII form."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.addr_spec import (
    Encode,
    ascii_address,
    ascii_host,
    check_address,
    check_path,
    idna_2008,
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
def test_valid_address_cannot_end_a_command_early(text: str) -> None:
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
def test_address_is_split_into_local_part_and_domain(
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
def test_domain_beside_an_ascii_local_part_becomes_ascii(
    address: str, expected: str
) -> None:
    assert wire_address(address) == expected


def nothing() -> Encode | None:
    return None


REFUSED = ""

# A domain, its form in IDNA 2008, and its form by Python's codec.
DOMAINS: dict[str, tuple[str, str, str]] = {
    "umlaut": ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    "upper-case": ("BÜCHER.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    "chinese": ("例子.公司", "xn--fsqu00a.xn--55qx5d", "xn--fsqu00a.xn--55qx5d"),
    "sharp-s": ("straße.example", "xn--strae-oqa.example", "xn--strae-oqa.example"),
    "final-sigma": ("βόλος.example", "xn--nxasmm1c.example", "xn--nxasmm1c.example"),
    "non-joiner-of-persian": (
        "نامه\u200cای.example",
        "xn--mgba3gch31f060k.example",
        "xn--mgba3gch31f.example",
    ),
    "joiner-of-devanagari": (
        "क्\u200dष.example",
        "xn--11b2ezcw70k.example",
        "xn--11b2ezc.example",
    ),
    "joiner-without-reason": ("a\u200db.example", REFUSED, "ab.example"),
    "emoji": ("💩.example", "xn--ls8h.example", "xn--ls8h.example"),
    "heart-in-colour": ("❤\ufe0f.example", "xn--qei.example", "xn--qei.example"),
    "joined-emoji": ("👨\u200d👩.example", REFUSED, "xn--qq8hc.example"),
    "underscore": ("_x.é.example", "_x.xn--9ca.example", "_x.xn--9ca.example"),
    "underscore-beside": ("ä_x.example", "xn--_x-uia.example", "xn--_x-uia.example"),
    "ligature": ("ﬁn.example", "fin.example", "fin.example"),
    "digit-behind-hebrew": ("אב1.example", "xn--1-zhcd.example", REFUSED),
    "digit-before-hebrew": ("1אב.example", REFUSED, REFUSED),
    "hyphens": ("xn--ü.example", REFUSED, REFUSED),
    "too-long": (f"{'é' * 64}.example", REFUSED, REFUSED),
}


@pytest.mark.parametrize("which", DOMAINS)
@pytest.mark.parametrize("library", [idna_2008, nothing])
def test_domain_is_encoded(which: str, library: object) -> None:
    domain, by_2008, by_2003 = DOMAINS[which]
    expected = by_2008 if library is idna_2008 else by_2003
    chosen = idna_2008 if library is idna_2008 else nothing
    if expected:
        assert ascii_address(f"a@{domain}", library=chosen) == f"a@{expected}"
    else:
        with pytest.raises(AddressError, match="no such domain can exist"):
            ascii_address(f"a@{domain}", library=chosen)


@pytest.mark.parametrize("domain", ["x℀y.example", "x¨.example"])
def test_character_that_hides_another_sign_is_refused(domain: str) -> None:
    with pytest.raises(AddressError):
        check_address(f"a@{domain}")


@pytest.mark.parametrize(
    ("host", "by_2008", "by_2003"),
    [
        ("mx.example", b"mx.example", b"mx.example"),
        ("bücher.example", b"xn--bcher-kva.example", "bücher.example"),
        ("例え。example", b"xn--r8jz45g.example", "例え。example"),
        ("straße.example", b"xn--strae-oqa.example", "straße.example"),
    ],
)
def test_host_is_encoded_to_octets_if_the_library_is_there(
    host: str, by_2008: bytes, by_2003: str | bytes
) -> None:
    assert ascii_host(host) == by_2008
    assert ascii_host(host, library=nothing) == by_2003


def test_impossible_host_raises_unicode_error() -> None:
    with pytest.raises(UnicodeError):
        ascii_host("a\u200db.example")


def test_missing_idna_package_falls_back_to_the_codec(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "idna", None)
    assert idna_2008() is None
    assert ascii_address("a@bücher.example") == "a@xn--bcher-kva.example"
