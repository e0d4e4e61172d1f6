"""tls-fingerprint: what is read, and what is no fingerprint."""

import hashlib

import pytest

from pymail.errors import SettingsError
from pymail.rc.state import Origin, Value
from pymail.settings.pinned import DIGESTS, pin
from pymail.settings.server_records import Pin

SHA256 = hashlib.sha256(b"certificate").digest()
COLONS = SHA256.hex(":")


def value(text: str, line: int = 3) -> Value:
    return Value(text, Origin("~/.mailrc", line))


@pytest.mark.parametrize(
    "text",
    [COLONS, COLONS.upper(), SHA256.hex(), f" {COLONS} "],
    ids=["colons", "upper-case", "bare", "blanks-around"],
)
def test_fingerprint_is_read_as_programs_write_it(text: str) -> None:
    assert pin(value(text), None) == Pin(SHA256, ("sha256", "blake2s"))


@pytest.mark.parametrize("name", DIGESTS)
def test_digest_is_one_that_python_has(name: str) -> None:
    in_python, octets = DIGESTS[name]
    digest = hashlib.new(in_python, b"certificate").digest()
    assert len(digest) == octets
    named = value(name.upper())
    assert pin(value(digest.hex(":")), named) == Pin(digest, (in_python,))


@pytest.mark.parametrize(
    ("text", "digest", "complaint"),
    [
        ("", None, "tls-fingerprint='': no fingerprint"),
        ("AA", None, "tls-fingerprint='AA': no fingerprint"),
        ("AA:BB:C", None, "tls-fingerprint='AA:BB:C': no fingerprint"),
        ("AA:BBCC", None, "tls-fingerprint='AA:BBCC': no fingerprint"),
        ("１１:２２", None, "tls-fingerprint='１１:２２': no fingerprint"),
        ("AA:BB", None, "tls-fingerprint='AA:BB': 2 octets, and 32 are needed"),
        (
            "AA:BB",
            "sha1",
            "tls-fingerprint='AA:BB': 2 octets, and 20 are needed",
        ),
    ],
    ids=["empty", "one", "cut", "mixed", "other-digits", "short", "short-for-digest"],
)
def test_what_is_no_fingerprint_is_refused_with_its_place(
    text: str, digest: str | None, complaint: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        pin(value(text), None if digest is None else value(digest, 4))
    assert refusal.value.happened == f"~/.mailrc:3: {complaint}"
    assert refusal.value.advice


def test_digest_that_proves_too_little_is_refused() -> None:
    with pytest.raises(SettingsError, match="4: tls-fingerprint-digest='md5': not one"):
        pin(value(COLONS), value("md5", 4))
