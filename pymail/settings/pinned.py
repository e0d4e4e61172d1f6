"""The fingerprint of a server's certificate, as tls-fingerprint has it.

Hexadecimal digits, with or without colons, in either case. Without a word on the
digest it is that of msmtp or of s-nail: both have 32 octets.
"""

import re
from collections.abc import Mapping

from pymail.errors import SettingsError
from pymail.rc.state import Value
from pymail.settings.server_records import Pin

SHA256_OCTETS = 32

# Digests as s-nail names them: the name in hashlib, and the octets.
DIGESTS: Mapping[str, tuple[str, int]] = {
    "sha256": ("sha256", SHA256_OCTETS),
    "blake2s256": ("blake2s", 32),
    "blake2b512": ("blake2b", 64),
    "sha512": ("sha512", 64),
    "sha384": ("sha384", 48),
    "sha224": ("sha224", 28),
    "sha3-512": ("sha3_512", 64),
    "sha3-384": ("sha3_384", 48),
    "sha3-256": ("sha3_256", 32),
    "sha3-224": ("sha3_224", 28),
    "sha1": ("sha1", 20),
}
_BY_DEFAULT = ("sha256", "blake2s")

_FINGERPRINT = r"(?i)[0-9a-f]{2}(?:(?::[0-9a-f]{2})+|(?:[0-9a-f]{2})+)"


def pin(fingerprint: Value, digest: Value | None) -> Pin:
    """Read what the two variables say.

    Raises:
        SettingsError: it is no fingerprint, or none of this digest.
    """
    text = fingerprint.text.strip()
    where = f"{fingerprint.origin}: tls-fingerprint={text[:140]!r}"
    if not re.fullmatch(_FINGERPRINT, text):
        raise SettingsError(
            f"{where}: no fingerprint",
            advice="write the SHA-256 of the certificate, as pymail --check shows it",
        )
    wanted = bytes.fromhex(text.replace(":", ""))
    names, octets = _digests(digest)
    if len(wanted) != octets:
        raise SettingsError(
            f"{where}: {len(wanted)} octets, and {octets} are needed",
            advice="write the SHA-256 of the certificate, as pymail --check shows it",
        )
    return Pin(wanted, names)


def _digests(named: Value | None) -> tuple[tuple[str, ...], int]:
    if named is None:
        return _BY_DEFAULT, SHA256_OCTETS
    word = named.text.strip().lower()
    if word not in DIGESTS:
        known = ", ".join(DIGESTS)
        happened = f"tls-fingerprint-digest={named.text[:40]!r}: not one of {known}"
        raise SettingsError(f"{named.origin}: {happened}")
    name, octets = DIGESTS[word]
    return (name,), octets
