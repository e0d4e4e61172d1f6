"""tls-fingerprint: what is read, and what is no fingerprint."""

import hashlib

import pytest

from pymail.errors import SettingsError
from pymail.mailrc.state import Origin, Value
from pymail.settings.pinned import pin

SHA256 = hashlib.sha256(b"certificate").digest()
COLONS = SHA256.hex(":")


def value(text: str) -> Value:
    return Value(text, Origin("~/.mailrc", 3))


@pytest.mark.parametrize(
    "text",
    [COLONS, COLONS.upper(), SHA256.hex(), f" {COLONS} "],
    ids=["colons", "upper-case", "bare", "blanks-around"],
)
def test_fingerprint_is_read_as_programs_write_it(text: str) -> None:
    assert pin(value(text)) == SHA256


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "tls-fingerprint='': no fingerprint"),
        ("AA", "tls-fingerprint='AA': no fingerprint"),
        ("AA:BB:C", "tls-fingerprint='AA:BB:C': no fingerprint"),
        ("AA:BBCC", "tls-fingerprint='AA:BBCC': no fingerprint"),
        ("１１:２２", "tls-fingerprint='１１:２２': no fingerprint"),
        ("AA:BB", "tls-fingerprint='AA:BB': 2 octets, and 32 are needed"),
        (
            "AA" * 20,
            f"tls-fingerprint='{'AA' * 20}': 20 octets, and 32 are needed",
        ),
    ],
    ids=["empty", "one", "cut", "mixed", "other-digits", "short", "of-sha1"],
)
def test_what_is_no_fingerprint_is_refused_with_its_place(
    text: str, complaint: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        pin(value(text))
    assert refusal.value.happened == f"~/.mailrc:3: {complaint}"
    assert refusal.value.advice
