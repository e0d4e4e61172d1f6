"""What an escape has at hand: the sheet, the writer, and what its caller lends."""

from collections.abc import Callable
from pathlib import Path

from pymail.compose.console import Console
from pymail.compose.sheet import Sheet
from pymail.environment import Environment
from pymail.message.draft import Attachment
from pymail.model import model
from pymail.settings.models import Settings


@model(kw_only=True)
class Ports:
    """What composing asks of its caller.

    `complain` says what went wrong and stops nothing. `attach` raises
    UnreadableInputError, `command` (a line of a settings file; the settings
    after it) SettingsError or AddressError. `variable` is None for one that is
    not set, or is a secret.
    """

    complain: Callable[[str], None]
    attach: Callable[[str], Attachment]
    command: Callable[[str], Settings]
    variable: Callable[[str], str | None]


@model(frozen=False, kw_only=True)
class Composer:
    """One text being written."""

    sheet: Sheet
    console: Console
    settings: Settings
    ports: Ports
    ended: bool = False

    @property
    def environment(self) -> Environment:
        """The outside environment."""
        return self.console.environment

    def resume(self) -> None:
        """Say that the text goes on."""
        self.console.print("(continue)\n")

    def path(self, name: str) -> Path:
        """Make a file name absolute: `~` and `+folder` expand."""
        folder = self.settings.keeping.folder
        if name.startswith("+") and folder:
            return folder / name[1:]
        return self.environment.expand(name)
