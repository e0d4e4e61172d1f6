"""Where attempts are logged: `logfile` and `syslog`."""

from collections.abc import Callable
from pathlib import Path

from pymail.mailrc.state import Value
from pymail.settings.layers import Layers
from pymail.settings.models import Logging

FACILITIES = ("mail", "user", *(f"local{number}" for number in range(8)))
DEFAULT_FACILITY = "mail"
STANDARD_OUTPUT = "-"
_ON = ("", "on", "yes", "true", "1")
_OFF = ("off", "no", "false", "0")


def resolve(
    layers: Layers, path: Callable[[str], Path]
) -> tuple[Logging | None, tuple[str, ...]]:
    """Read both; also gives what was not taken as written.

    None where nothing is to be logged.
    """
    file = layers.text("logfile")
    facility, warnings = _facility(layers.value("syslog"))
    if not (file or facility):
        return None, warnings
    named = file if file in ("", STANDARD_OUTPUT) else str(path(file))
    return Logging(file=named, facility=facility), warnings


def _facility(value: Value | None) -> tuple[str, tuple[str, ...]]:
    """Read `LOG_MAIL` as msmtp has it, or `mail`; no log is lost over a typo."""
    if value is None:
        return "", ()
    word = value.text.strip().lower().removeprefix("log_")
    if word in _OFF:
        return "", ()
    if word in _ON or word in FACILITIES:
        return (DEFAULT_FACILITY if word in _ON else word), ()
    what = f"syslog={value.text}: unknown facility, taken as {DEFAULT_FACILITY}"
    known = ", ".join((*FACILITIES[:3], "…", FACILITIES[-1]))
    return DEFAULT_FACILITY, (f"{value.origin}: {what} (known: {known})",)
