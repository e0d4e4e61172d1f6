"""Settings of what is kept: copies, dead letters, queued messages and logs."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pymail.mailrc.state import Value
from pymail.settings.layers import Defaults, Layers
from pymail.settings.models import (
    Filing,
    Folder,
    Format,
    Keeping,
    Logging,
    Retrying,
)

LIFETIME_HOURS = 120.0  # RFC 5321 §4.5.4.1: at least 4-5 days
PER_CONNECTION = 100
FACILITIES = ("mail", "user", *(f"local{number}" for number in range(8)))
DEFAULT_FACILITY = "mail"
STANDARD_OUTPUT = "-"
_ON = frozenset({"", "on", "yes", "true", "1"})
_OFF = frozenset({"off", "no", "false", "0"})
_PRIVATE = 0o177  # s-nail's 0077
_SCHEMES: Mapping[str, Format] = {
    "file://": Format.AS_FOUND,
    "mbox://": Format.MBOX,
    "maildir://": Format.MAILDIR,
}
_ROOTED = ("/", "~", "$")


def resolve_keeping(layers: Layers, defaults: Defaults) -> Keeping:
    """Resolve where copies and dead letters go."""
    dead = layers.text("DEAD") or "~/dead.letter"
    name = layers.text("folder")
    folder = _below_home(name, defaults)
    outfolder = folder if layers.switch("outfolder") else None
    record = layers.text("record")
    # `+` means something to the record only once folder is set, as in mailx
    plus = folder if name else None
    place = None
    if record:
        place = find_folder(record, defaults.path, folder=plus, outfolder=outfolder)
    return Keeping(
        dead_letter=defaults.path(dead) if layers.switch("save") else None,
        folder=folder,
        record=place,
        copies=outfolder or defaults.path("."),
        filing=Filing(
            mode=0o666 & ~_umask(layers.value("umask")),
            dotlock=not layers.switch("dotlock-disable"),
            new_maildirs=layers.text("newfolders") == "maildir",
        ),
    )


def find_folder(
    name: str,
    path: Callable[[str], Path],
    *,
    folder: Path | None = None,
    outfolder: Path | None = None,
) -> Folder:
    """Resolve the name of a folder: `+name`, `maildir://path`, a path.

    `folder` is what `+` means, None when it means nothing. Relative names are below
    `outfolder`, where that is set; `path` makes any other name absolute. Whether the
    folder exists is not looked at.
    """
    scheme = next((s for s in _SCHEMES if name.startswith(s)), "")
    name = name.removeprefix(scheme)
    if name.startswith("+") and folder is not None:
        place = folder / name[1:]
    elif outfolder is not None and not name.startswith(_ROOTED):
        place = outfolder / name
    else:
        place = path(name)
    return Folder(path=place, format=_SCHEMES.get(scheme, Format.AS_FOUND))


def _below_home(name: str, defaults: Defaults) -> Path:
    return defaults.path(name if name.startswith(_ROOTED) else f"~/{name}")


def _umask(value: Value | None) -> int:
    """Read an octal number; anything else means private."""
    try:
        return int(value.text, 8) & _PRIVATE if value else _PRIVATE
    except ValueError:
        return _PRIVATE


def resolve_retrying(layers: Layers, defaults: Defaults) -> Retrying:
    """Resolve where queued messages wait, and for how long.

    Raises:
        SettingsError: a number is none.
    """
    place, flush = layers.value("outbox"), layers.text("outbox-flush")
    outbox = None
    if place is not None:
        named = place.text
        outbox = _below_home(named, defaults) if named else defaults.outbox()
    most = layers.number("smtp-max-per-connection", "mails", whole=True)
    return Retrying(
        outbox=outbox,
        lifetime_hours=layers.number("outbox-lifetime", "hours") or LIFETIME_HOURS,
        flush=layers.switch("outbox-flush") and flush.strip().lower() not in _OFF,
        per_connection=int(most or PER_CONNECTION),
    )


def resolve_logging(
    layers: Layers, path: Callable[[str], Path]
) -> tuple[Logging | None, tuple[str, ...]]:
    """Resolve where attempts are logged, None for nowhere; returns warnings, too."""
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
