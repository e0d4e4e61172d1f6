"""Whatever a text holds, it leaves as one message and arrives as it was.

Servers have taken other things than CRLF . CRLF for the end of a message, and
what followed for commands (CVE-2023-51764 and its kin).
"""

import email
import email.policy
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.scripted import serving

Run = Callable[..., Any]
COMMANDS = b"MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.org>\r\nDATA\r\n"
ENDS = {
    "lf": b"\n.\n",
    "cr": b"\r.\r",
    "crlf": b"\r\n.\r\n",
    "lf-crlf": b"\n.\r\n",
    "crlf-lf": b"\r\n.\n",
    "cr-crlf": b"\r.\r\n",
    "crlf-cr": b"\r\n.\r",
    "cr-lf": b"\r.\n",
    "lf-cr": b"\n.\r",
    "lf-cr-crlf": b"\n\r.\r\n",
    "cr-cr-lf": b"\r\r\n.\r\r\n",
    "nul": b"\r\n\0.\r\n",
    "nel": "\x85.\x85".encode(),
    "line-separator": "\u2028.\u2028".encode(),
    "vertical-tab": b"\v.\v\f.\f",
}
TEXTS = {name: b"one" + end + COMMANDS + b"two\n" for name, end in ENDS.items()}
TEXTS["begins-with-a-dot"] = b".\n.\nMAIL FROM:<evil@example.com>\n"
TEXTS["ends-with-a-dot"] = b"text\n."
TEXTS["ends-with-a-return"] = b"text\r"
TEXTS["dots-alone"] = b".\n..\n...\n"
TEXTS["a-dot-where-blocks-meet"] = b"x" * 65_534 + b"\r\n.\r\n" + COMMANDS
TEXTS["a-dot-where-lines-are-broken"] = b"x" * 75 + b"." + b"x" * 998 + b"\n.\n"
PROGRAMS = {
    "mailx": (["pymail", "-s", "S", "a@example.org"], b""),
    "template": (["pymail", "-t"], b"To: a@example.org\nSubject: S\n\n"),
    "sendmail": (["pymail-sendmail", "-i", "-t"], b"To: a@example.org\nSubject: S\n\n"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize(("words", "header"), PROGRAMS.values(), ids=PROGRAMS)
def test_text_leaves_as_one_message_and_arrives_as_it_was(
    pymail: Run, words: list[str], header: bytes, text: bytes
) -> None:
    program, *arguments = words
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        ended = pymail(*arguments, program=program, stdin=header + text, rc=rc)
    assert (ended.status, ended.err) == (0, "")
    assert server.verbs[:4] == ["EHLO", "MAIL", "RCPT", "DATA"]
    assert server.verbs[4:] in ([], ["QUIT"])  # which is not waited for
    (content,) = server.contents
    lines = content.split(b"\r\n")
    assert not re.search(rb"[\r\n\0]", b"".join(lines))
    assert max(map(len, lines)) <= 999  # with a dot that was doubled
    arrived = re.sub(rb"(?m)^\.", b"", content)
    assert lf(body_of(arrived)) == lf(text)


def body_of(message: bytes) -> bytes:
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    payload = parsed.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def lf(octets: bytes) -> bytes:
    """Forgive CRLF for LF, and an end of line at the end."""
    return octets.replace(b"\r\n", b"\n").removesuffix(b"\n")
