"""The fingerprint of a server's certificate, as tls-fingerprint has it.

It is of SHA-256, as msmtp has it: hexadecimal digits, with or without colons, in
either case.
"""

import re

from pymail.errors import SettingsError
from pymail.mailrc.state import Value

_OCTETS = 32
_FINGERPRINT = r"(?i)[0-9a-f]{2}(?:(?::[0-9a-f]{2})+|(?:[0-9a-f]{2})+)"


def pin(fingerprint: Value) -> bytes:
    """Read what the variable says.

    Raises:
        SettingsError: it is no fingerprint.
    """
    text = fingerprint.text.strip()
    digits = text.replace(":", "")
    if not re.fullmatch(_FINGERPRINT, text):
        problem = "no fingerprint"
    elif len(digits) != 2 * _OCTETS:
        problem = f"{len(digits) // 2} octets, and {_OCTETS} are needed"
    else:
        return bytes.fromhex(digits)
    raise SettingsError(
        f"{fingerprint.origin}: tls-fingerprint={text[:140]!r}: {problem}",
        advice="write the SHA-256 of the certificate, as pymail --check shows it",
    )
