"""Versions and copies of a message; signals and failures between them."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pymail.address.envelope import Envelope
from pymail.commands.report_outcome import default_settings
from pymail.delivery.context import RunContext
from pymail.delivery.hand_over import hand_over
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.delivery.prepare import prepare
from pymail.environment import Environment
from pymail.errors import (
    ConnectError,
    Interrupted,
    MessageError,
    MessageTooLargeError,
    PymailError,
)
from pymail.message.byte_source import FinishedMessage
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.report.exit_status import exit_status_for_all
from pymail.settings.models import Folder
from pymail.transport.base import Transport


class Text:
    """A text that raises a signal when it is read, once it is armed."""

    size_octets = 5
    armed = False

    def chunks(self) -> Iterator[bytes]:
        if self.armed:
            raise Interrupted(signal.SIGTERM)
        yield b"text\n"


class Taking(Transport):
    """A transport that accepts every message, and then arms the text."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        del more
        octets = b"".join(message.chunks())
        assert octets.endswith(b"text\r\n")
        self._text.armed = True
        rows = (RecipientFate(a, Fate.ACCEPTED) for a in envelope.forward_paths)
        return Report(fates=tuple(rows))


def delivered(
    outgoing: OutgoingMessage, transport: Transport, made: Environment
) -> Result:
    """Send a message over a transport."""
    result = Result(outgoing=outgoing)
    hand_over(result, transport, RunContext(made, "pymail"))
    return result


def test_signal_while_a_copy_is_written_does_not_change_the_fates(
    world: Any, tmp_path: Path
) -> None:
    made = world.environment("pymail")
    settings = default_settings(made)
    settings = replace(settings, record=Folder(path=tmp_path / "sent"))
    text = Text()
    draft = Draft(text=text, now=made.now(), token=made.token(), to=("a@x.org",))
    outgoing = prepare(draft, settings, made)
    result = delivered(outgoing, Taking(text), made)
    assert result.any_delivered
    assert result.undelivered == []
    assert "interrupted by a signal" in str(result.record_error)


def test_undelivered_message_is_not_recorded(world: Any, tmp_path: Path) -> None:
    made = world.environment("pymail")
    settings = default_settings(made)
    record = Folder(path=tmp_path / "sent")
    settings = replace(settings, record=record)
    draft = Draft(now=made.now(), token="0", to=("a@x.org",))
    outgoing = prepare(draft, settings, made)
    result = delivered(outgoing, Scripted(Fate.REFUSED), made)
    assert result.undelivered == ["a@x.org"]
    assert not record.path.exists()


# ── several messages ────────────────────────────────────────────────────────


class Scripted(Transport):
    """A transport that accepts, refuses or raises, as its script says."""

    def __init__(self, *script: Fate | PymailError) -> None:
        self._script = iter(script)
        self.asked: list[str] = []

    def send(
        self, envelope: Envelope, message: FinishedMessage, *, more: bool = False
    ) -> Report:
        del message, more
        self.asked += envelope.forward_paths
        act = next(self._script)
        if isinstance(act, Interrupted):  # inside the transaction
            return Report.from_failure(envelope.forward_paths, act)
        if isinstance(act, PymailError):
            raise act
        rows = (RecipientFate(a, act) for a in envelope.forward_paths)
        return Report(fates=tuple(rows))


@pytest.fixture
def handed_over(world: Any) -> Callable[..., tuple[Result, list[str]]]:
    """Send three versions, for a, b and c, over a scripted transport."""

    def handed(*script: Fate | PymailError) -> tuple[Result, list[str]]:
        made = world.environment("pymail")
        settings = default_settings(made)
        draft = Draft(now=made.now(), token="0", to=("a@x.org", "b@x.org"))
        outgoing = prepare(draft, settings, made)
        one = outgoing.versions[0][1]
        outgoing = replace(
            outgoing,
            versions=tuple(
                (Envelope(reverse_path="", forward_paths=(path,)), one)
                for path in ("a@x.org", "b@x.org", "c@x.org")
            ),
        )
        transport = Scripted(*script)
        return delivered(outgoing, transport, made), transport.asked

    return handed


TAKEN, LARGE, AWAY = Fate.ACCEPTED, MessageTooLargeError("large"), ConnectError("away")
STOP = Interrupted(signal.SIGTERM)


@pytest.mark.parametrize(
    ("script", "asked", "unserved", "status"),
    [
        ((TAKEN, TAKEN, TAKEN), "abc", "", 0),
        ((TAKEN, Fate.REFUSED, TAKEN), "abc", "b", 69),
        ((LARGE, TAKEN, TAKEN), "abc", "a", 65),
        ((LARGE, LARGE, LARGE), "abc", "abc", 65),
        ((TAKEN, AWAY), "ab", "bc", 75),
        ((LARGE, AWAY), "ab", "abc", 65),
        ((STOP,), "a", "abc", 143),
        ((TAKEN, TAKEN, STOP), "abc", "c", 143),
    ],
    ids=[
        *("all-taken", "one-refused", "one-too-large", "all-too-large"),
        *("server-goes-away", "too-large-then-away", "signal", "signal-at-the-end"),
    ],
)
def test_every_message_has_its_own_fate(
    script: tuple[Fate | PymailError, ...],
    asked: str,
    unserved: str,
    status: int,
    handed_over: Callable[..., tuple[Result, list[str]]],
) -> None:
    result, paths = handed_over(*script)
    assert "".join(path[0] for path in paths) == asked
    assert "".join(path[0] for path in result.undelivered) == unserved
    assert exit_status_for_all(result.reports) == status
    assert result.accepted is (len(unserved) < 3)


def test_failure_to_send_the_first_version_raises(
    handed_over: Callable[..., tuple[Result, list[str]]],
) -> None:
    with pytest.raises(ConnectError):
        handed_over(AWAY)


def test_failure_to_send_the_only_version_raises(world: Any) -> None:
    made = world.environment("pymail")
    settings = default_settings(made)
    draft = Draft(now=made.now(), token="0", to=("a@x.org",))
    outgoing = prepare(draft, settings, made)
    with pytest.raises(MessageError):
        delivered(outgoing, Scripted(LARGE), made)
