"""Every envelope is safe to send."""

import pytest

from pymail.address.envelope import Envelope
from pymail.errors import AddressError, NoRecipientsError


def test_envelope_needs_a_recipient() -> None:
    with pytest.raises(NoRecipientsError):
        Envelope(reverse_path="a@x", forward_paths=())


@pytest.mark.parametrize(
    ("reverse_path", "forward_path"),
    [("a@x", "b@x>\r\nDATA"), ("a@x>\r\nRCPT TO:<c@x", "b@x"), ("a@x", "")],
    ids=["recipient", "sender", "empty"],
)
def test_envelope_refuses_an_unsafe_path(reverse_path: str, forward_path: str) -> None:
    with pytest.raises(AddressError):
        Envelope(reverse_path=reverse_path, forward_paths=("c@x", forward_path))


def test_null_sender_needs_no_smtputf8() -> None:
    assert not Envelope(reverse_path="", forward_paths=("a@x",)).needs_smtputf8


@pytest.mark.parametrize(
    ("reverse_path", "forward_path"),
    [("é@x", "b@x"), ("a@x", "b@é.example")],
    ids=["sender", "recipient"],
)
def test_path_that_is_not_ascii_needs_smtputf8(
    reverse_path: str, forward_path: str
) -> None:
    envelope = Envelope(reverse_path=reverse_path, forward_paths=("c@x", forward_path))
    assert envelope.needs_smtputf8
