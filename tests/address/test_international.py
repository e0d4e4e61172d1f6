"""Domains that are not ASCII, with the library for them and without."""

import sys

import pytest

from pymail.address.addr_spec import (
    Encode,
    ascii_address,
    ascii_host,
    check_address,
    idna_2008,
)
from pymail.errors import AddressError


def nothing() -> Encode | None:
    return None


REFUSED = ""

# A domain: by IDNA 2008, and by what Python has.
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
def test_what_hides_another_sign_is_no_domain(domain: str) -> None:
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
def test_host_goes_in_octets_where_that_can_be(
    host: str, by_2008: bytes, by_2003: str | bytes
) -> None:
    assert ascii_host(host) == by_2008
    assert ascii_host(host, library=nothing) == by_2003


def test_host_that_nobody_can_have_is_no_text() -> None:
    with pytest.raises(UnicodeError):
        ascii_host("a\u200db.example")


def test_library_that_is_not_installed_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "idna", None)
    assert idna_2008() is None
    assert ascii_address("a@bücher.example") == "a@xn--bcher-kva.example"
