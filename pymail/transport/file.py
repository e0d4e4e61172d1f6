"""The transport of `mta=test`: an mbox entry, in a file or on standard output.

For tests: no message leaves the machine. The entry is appended under a lock;
`pymail.files` has the safer writer for copies of sent mail.
"""

import os
from codecs import iterdecode
from collections.abc import Iterable
from time import monotonic

from pymail.address.envelope import Envelope
from pymail.environment import Environment
from pymail.errors import CannotKeepError
from pymail.locks import LOCK_SECONDS, lock
from pymail.message import mbox_format
from pymail.message.byte_source import FinishedMessage
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.settings.server_models import FileTarget
from pymail.text import system_message
from pymail.transport.base import Transport


class FileTransport(Transport):
    """Appends messages to a file, or prints them."""

    def __init__(self, target: FileTarget, environment: Environment) -> None:
        self._path = target.path
        self._environment = environment

    def send(
        self,
        envelope: Envelope,
        message: FinishedMessage,
        *,
        more: bool = False,  # noqa: ARG002 - nothing stays open
    ) -> Report:
        """Write the entry; then all recipients count as accepted.

        Raises:
            CannotKeepError: the entry can't be written.
        """
        environment = self._environment
        sender = envelope.reverse_path or environment.login
        entry = mbox_format.format_entry(sender, environment.now(), message.chunks())
        peer = str(self._path or "standard output")
        try:
            self._write(entry)
        except (OSError, ValueError) as error:  # ValueError: stdout is closed
            raise CannotKeepError(f"{peer}: {system_message(error)}") from error
        self.hold_signals()
        fates = (RecipientFate(a, Fate.ACCEPTED) for a in envelope.forward_paths)
        return Report(fates=tuple(fates), peer=peer)

    def _write(self, entry: Iterable[bytes]) -> None:
        if self._path is None:
            for text in iterdecode(entry, "utf-8", "backslashreplace"):
                self._environment.stdout.write(text)
            self._environment.stdout.flush()
            return
        with open(self._path, "ab", opener=_private) as file:
            lock(file.fileno(), deadline=monotonic() + LOCK_SECONDS)
            file.writelines(entry)


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
