"""Which program a settings file is of, told by what it says."""

import re
from pathlib import PurePath

from pymail.errors import SettingsError
from pymail.settings.foreign import msmtp, ssmtp
from pymail.settings.foreign.account import Foreign, Here

_MSMTP = r"(?m)^[ \t]*(?:defaults|account|host)(?:[ \t]|\r?$)"
_SSMTP = r"(?mi)^[ \t]*(?:mailhub|root|rewritedomain|usetls|authuser)[ \t]*="


def read(text: str, path: str, shown: str, here: Here) -> Foreign:
    """Read a settings file; `shown` is the name to show for its `path`.

    Raises:
        SettingsError: it is of no program that is known, or names no server.
    """
    if re.search(_MSMTP, text):
        return msmtp.read(text, shown, here)
    if re.search(_SSMTP, text):
        beside = here.read(str(PurePath(path).with_name(ssmtp.REVALIASES)))
        shown_beside = str(PurePath(shown).with_name(ssmtp.REVALIASES))
        return ssmtp.read(text, shown, here, beside or "", shown_beside)
    raise SettingsError(
        f"{shown}: no settings of msmtp or ssmtp",
        advice="the lines of msmtp are like `host NAME`, those of ssmtp like"
        " `mailhub=NAME`",
    )
