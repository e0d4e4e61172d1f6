"""Parts of transcripts."""

from base64 import b64encode
from typing import Any

HELLO = """
    S: 220 mx.example.org ESMTP
    C: EHLO client.example
    S: 250 mx.example.org
"""
MAIL = """
    C: MAIL FROM:<me@example.com>
    S: 250 2.1.0 ok
    C: RCPT TO:<a@example.org>
    S: 250 2.1.5 ok
"""
DATA = """
    C: DATA
    S: 354 go on
"""
LETTER = """
    C: Subject: hi
    C:
    C: hello
    C: .
"""
TAKEN = "S: 250 2.0.0 Ok: queued as 4XYZ"
BYE = """
    C: QUIT
    S: 221 bye
"""
REST = f"{MAIL}{DATA}    <content>\n    S: 250 ok{BYE}"
THREE = ("one@example.org", "two@example.org", "three@example.org")


def script(*parts: str) -> str:
    return "\n".join(part.strip() for part in parts)


def offering(*extensions: str) -> str:
    """Return greeting and EHLO of a server with extensions."""
    lines = ["S: 220 mx", "C: EHLO client.example", "S: 250-mx"]
    lines += [f"S: 250-{extension}" for extension in extensions[:-1]]
    return "\n".join([*lines, f"S: 250 {extensions[-1]}", ""])


def coded(text: str) -> str:
    return b64encode(text.encode()).decode()


def words(report: Any) -> dict[str, str]:
    """Return the fate of each recipient by address."""
    return {row.address: row.fate.value for row in report.fates}
