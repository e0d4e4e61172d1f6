import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.byte_source import InMemory
from pymail.message.draft import TextRules
from pymail.message.mime_entity import EncodedBody, Entity, Multipart
from pymail.message.text_encoding import encode_text
from tests.message.wire import octets_of


def part(octets: bytes, encoding: str = "") -> Entity:
    charset, body = encode_text(InMemory(octets), TextRules(encoding=encoding))
    return Entity(f"Content-Type: text/plain; charset={charset}\r\n".encode(), body)


def test_a_multipart_has_preamble_boundaries_and_parts() -> None:
    whole = Entity(b"Subject: s\r\n", Multipart((part(b"one\n"), part(b"two")), "=_x"))
    assert b"".join(whole.chunks()) == (
        b"Subject: s\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"This is a multi-part message in MIME format.\r\n"
        b"\r\n"
        b"--=_x\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"one\r\n"
        b"\r\n"
        b"--=_x\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"two=\r\n"
        b"\r\n"
        b"--=_x--\r\n"
    )


@given(
    st.lists(st.binary(max_size=30), min_size=1, max_size=4),
    st.sampled_from(["", "8bit"]),
)
def test_the_facts_are_true_of_the_octets(texts: list[bytes], encoding: str) -> None:
    parts = tuple(part(text, encoding) for text in texts)
    whole = Entity(b"Subject: s\r\n", Multipart(parts, "=_x"))
    assert whole.facts.eight_bit == (not octets_of(whole).isascii())
    assert whole.facts.longest_line <= 998
    assert octets_of(whole.seven_bit()).isascii()


def test_an_eight_bit_part_shows_in_the_whole() -> None:
    whole = Entity(b"", Multipart((part(b"\xe9x\n", "8bit"),), "=_x"))
    assert whole.body.encoding == "8bit"
    assert whole.seven_bit().body.encoding == "7bit"


@pytest.mark.parametrize(
    ("header", "needs"),
    [
        pytest.param(b"To: a\r\n", False, id="ascii"),
        pytest.param("To: ü\r\n".encode(), True, id="utf8"),
    ],
)
def test_a_header_that_is_not_ascii_needs_smtputf8(header: bytes, needs: bool) -> None:
    assert Entity(header, part(b"").body).facts.needs_smtputf8 is needs


def test_a_small_message_is_one_chunk() -> None:
    assert len([*part(b"x\n").chunks()]) == 1


@pytest.mark.parametrize("octets", [b"a\r\nlonger\r\n", "ü\r\n".encode(), b""])
def test_encoded_body_has_true_facts_and_never_changes(octets: bytes) -> None:
    held = EncodedBody(octets, "8bit")
    assert octets_of(held) == octets
    assert held.facts.eight_bit is not octets.isascii()
    assert held.seven_bit() is held
