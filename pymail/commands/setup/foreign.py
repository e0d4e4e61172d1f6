"""Which program a settings file is of, told by what it says."""

import re

from pymail.commands.setup import msmtp
from pymail.commands.setup.foreign_account import Foreign, Here
from pymail.errors import SettingsError

_MSMTP = r"(?m)^[ \t]*(?:defaults|account|host)(?:[ \t]|\r?$)"
_SSMTP = r"(?mi)^[ \t]*(?:mailhub|root|rewritedomain|usetls|authuser)[ \t]*="


def read(text: str, shown: str, here: Here) -> Foreign:
    """Read a settings file; `shown` is the name to show for it.

    Raises:
        SettingsError: it is not of msmtp, or names no server.
    """
    if re.search(_MSMTP, text):
        return msmtp.read(text, shown, here)
    if re.search(_SSMTP, text):
        raise SettingsError(
            f"{shown}: settings of ssmtp, which are not taken over",
            advice="pymail --setup asks for what is needed",
        )
    raise SettingsError(
        f"{shown}: no settings of msmtp", advice="its lines are like `host NAME`"
    )
