"""The Message-ID: written by the user, or made from time, token and host."""

from typing import Any

import pytest

from pymail.commands.report_outcome import default_settings
from pymail.delivery.complete_draft import with_message_id
from pymail.message.byte_source import InMemory
from pymail.message.draft import Draft
from pymail.message.message_id import make_message_id
from pymail.message.raw_message import parse_message
from pymail.model import replace
from tests.conftest import NOON

OWN = "<own@example.com>"
GIVEN = "<20261123120000.0123456789abcdef@host.example.com>"


@pytest.mark.parametrize(
    ("written", "known_as"),
    [
        ({"fields": (("message-id", f" {OWN}"),)}, OWN),
        ({}, GIVEN),
        ({"raw": parse_message(InMemory(f"Message-ID: {OWN}\n\nt\n".encode()))}, OWN),
        ({"raw": parse_message(InMemory(b"Subject: S\n\nt\n"))}, GIVEN),
    ],
    ids=["field", "none", "handed-over", "handed-over-without"],
)
def test_written_message_id_is_kept(world: Any, written: Any, known_as: str) -> None:
    draft = Draft(now=NOON, token="0123456789abcdef")
    settings = default_settings(world.environment())
    named = with_message_id(replace(draft, **written), settings)
    assert named.message_id == known_as


def test_settings_may_leave_the_message_id_to_the_server(world: Any) -> None:
    draft = Draft(now=NOON, token="0123456789abcdef")
    settings = default_settings(world.environment())
    composing = replace(settings.message, message_id=False)
    named = with_message_id(draft, replace(settings, message=composing))
    assert named.message_id == ""


@pytest.mark.parametrize(
    ("host", "written"),
    [
        pytest.param("mail.example.com", "mail.example.com", id="name"),
        pytest.param("", "localhost", id="none"),
        pytest.param("my host>\r\n", "my-host", id="hostile"),
        pytest.param("[127.0.0.1]", "[127.0.0.1]", id="literal"),
    ],
)
def test_message_id_has_time_token_and_host(host: str, written: str) -> None:
    assert make_message_id(NOON, "ab-12", host) == f"<20261123120000.ab12@{written}>"
