"""A draft that can't become a valid message is kept as it was written."""

from pathlib import Path
from typing import Any

import pytest

from pymail.address.mailbox import Mailbox
from pymail.commands.report_outcome import default_settings
from pymail.delivery.dead_letter import keep
from pymail.message.byte_source import InMemory
from pymail.message.draft import Attachment, Draft
from pymail.model import replace
from pymail.octets import FileOctets
from tests.conftest import NOON


class Mistaken:
    """Octets that raise an exception, as by a bug in pymail."""

    size_octets = 1

    def chunks(self) -> Any:
        raise KeyError


BROKEN = Attachment(name="broken", content=Mistaken())


def draft(**fields: Any) -> Draft:
    """Make a draft whose last part raises an exception."""
    files = (*fields.pop("attachments", ()), BROKEN)
    whole = {"text": InMemory(b"precious\n"), "to": ("a@x.org",), **fields}
    return Draft(now=NOON, token="0", **{**whole, "attachments": files})


def kept(world: Any, written: Draft, *unserved: str) -> str:
    made = world.environment("pymail")
    assert keep(written, unserved, default_settings(made), made)
    return str(world.dead_letter)


def test_fields_are_kept_as_they_are(world: Any) -> None:
    fields = (("X-Long", "x" * 2000), ("X-Many", "a\n\tb"))
    many = draft(from_=(Mailbox("me@x.org", "Me"),), fields=fields)
    found = kept(world, replace(many, bcc=("b@x.org",), fcc=("copy",)), "b@x.org")
    for line in (
        *("X-Envelope-To: b@x.org", "From: Me <me@x.org>", "To: a@x.org"),
        *("Bcc: b@x.org", "Fcc: copy", "X-Long: " + "x" * 2000, "X-Many: a b"),
        "precious",
    ):
        assert f"\n{line}\n" in found


def test_all_parts_are_kept(world: Any) -> None:
    picture = Attachment(name="p.png", content=InMemory(b"\x89PNG"), content_id="p@x")
    file = Attachment(name='a"b', content=InMemory(b"file"))
    html = InMemory(b"<p>precious\n")
    found = kept(world, draft(html=html, inline=(picture,), attachments=(file,)))
    for text in ("\nprecious\n", "<p>precious\n", "iVBORw==", "ZmlsZQ==", "<p@x>"):
        assert text in found


def test_text_alone_is_kept_if_a_message_cannot_be_built(world: Any) -> None:
    alone = Draft(text=Mistaken(), subject="S", now=NOON, token="0")
    assert "\nSubject: S\n" in kept(world, alone)


def test_missing_file_costs_only_itself(world: Any, tmp_path: Path) -> None:
    (tmp_path / "gone").write_bytes(b"x" * 10)
    gone = Attachment(name="gone", content=FileOctets.at(tmp_path / "gone"))
    (tmp_path / "gone").unlink()
    there = Attachment(name="there", content=InMemory(bytes(range(4))))
    text = InMemory(b"precious\n")
    draft = Draft(text=text, attachments=(gone, there), now=NOON, token="0")
    found = kept(world, draft)
    assert "\nprecious\n" in found
    assert "\nAAECAw==\n" in found
    assert "gone" not in found


@pytest.mark.parametrize("text", [b"no header\n", b"To: a@x\n" * 200_000])
def test_text_without_the_expected_header_is_kept(world: Any, text: bytes) -> None:
    unread = Draft(text=InMemory(text), now=NOON, token="0", unread_header=True)
    assert text.decode() in kept(world, unread)


def test_raw_message_is_kept_unchanged(world: Any) -> None:
    text = b"To: b@x.org\nX-Long: " + b"x" * 2000 + b"\n\nprecious\n"
    raw = replace(draft(text=InMemory(text)), unread_header=True, from_header=True)
    found = kept(world, raw)
    assert text.decode() in found
    assert "\nX-Envelope-To: a@x.org, b@x.org\n" in found
