"""An envelope that exists can be sent."""

import pytest

from pymail.address.envelope import Envelope
from pymail.errors import AddressError, NoRecipientsError


def test_envelope_needs_a_recipient() -> None:
    with pytest.raises(NoRecipientsError):
        Envelope(reverse_path="a@x", forward_paths=())


@pytest.mark.parametrize(
    ("reverse_path", "forward_path"),
    [("a@x", "b@x>\r\nDATA"), ("a@x>\r\nRCPT TO:<c@x", "b@x"), ("a@x", "")],
    ids=["recipient", "sender", "nobody"],
)
def test_envelope_with_an_unsafe_path_does_not_exist(
    reverse_path: str, forward_path: str
) -> None:
    with pytest.raises(AddressError):
        Envelope(reverse_path=reverse_path, forward_paths=("c@x", forward_path))


def test_null_sender_is_fine() -> None:
    assert not Envelope(reverse_path="", forward_paths=("a@x",)).needs_smtputf8


@pytest.mark.parametrize(
    ("reverse_path", "forward_path"),
    [("é@x", "b@x"), ("a@x", "b@é.example")],
    ids=["sender", "recipient"],
)
def test_envelope_says_when_ascii_will_not_do(
    reverse_path: str, forward_path: str
) -> None:
    envelope = Envelope(reverse_path=reverse_path, forward_paths=("c@x", forward_path))
    assert envelope.needs_smtputf8
