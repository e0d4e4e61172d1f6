"""Copies, and what a signal costs when the mail has left."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pymail.address.envelope import Envelope
from pymail.cli.desk import default_settings
from pymail.errors import Interrupted
from pymail.message.draft import Draft
from pymail.message.source import FinishedMessage
from pymail.outcome.report import Fate, RecipientFate, Report
from pymail.settings.records import Folder
from pymail.submit.deliver import deliver
from pymail.submit.letter import Letter
from pymail.submit.prepare import prepare


class Text:
    """A text during whose reading a signal comes, once it is armed."""

    size_octets = 5
    armed = False

    def chunks(self) -> Iterator[bytes]:
        if self.armed:
            raise Interrupted(signal.SIGTERM)
        yield b"text\n"


class Taking:
    """A transport that takes everything, and arms the text then."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def send(self, envelope: Envelope, message: FinishedMessage) -> Report:
        octets = b"".join(message.chunks())
        assert octets.endswith(b"text\r\n")
        self._text.armed = True
        rows = (RecipientFate(a, Fate.ACCEPTED) for a in envelope.forward_paths)
        return Report(fates=tuple(rows))


def test_signal_while_a_copy_is_kept_does_not_take_the_mail_back(
    world: Any, tmp_path: Path
) -> None:
    made = world.environment("pymail")
    settings = default_settings(made)
    keeping = replace(settings.keeping, record=Folder(path=tmp_path / "sent"))
    settings = replace(settings, keeping=keeping)
    text = Text()
    letter = Letter(
        draft=Draft(text=text), now=made.now(), token=made.token(), to=("a@x.org",)
    )
    outcome = deliver(prepare(letter, settings, made), Taking(text), settings, made)
    assert outcome.served
    assert outcome.unserved == []
    assert "interrupted by a signal" in str(outcome.unrecorded)
