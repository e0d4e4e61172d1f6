"""Settings of what is kept: copies, dead letters, queued messages and logs."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pymail.mailrc.state import Value
from pymail.model import replace
from pymail.settings.layers import Layers
from pymail.settings.models import Folder, Format, Settings
from pymail.settings.variables import is_off

FACILITIES = ("mail", "user", *(f"local{number}" for number in range(8)))
DEFAULT_FACILITY = "mail"
STANDARD_OUTPUT = "-"
_ON = frozenset({"", "on", "yes", "true", "1"})
_PRIVATE = 0o177  # s-nail's 0077
_SCHEMES: Mapping[str, Format] = {
    "file://": Format.AS_FOUND,
    "mbox://": Format.MBOX,
    "maildir://": Format.MAILDIR,
}
_ROOTED = ("/", "~", "$")


def with_storage(
    settings: Settings, layers: Layers, default_outbox: Callable[[], Path]
) -> Settings:
    """Resolve where copies, dead letters, queued messages and log lines go.

    Raises:
        SettingsError: a number is none.
    """
    name, record = layers.text("folder"), layers.text("record")
    folder = _below_home(name, layers)
    outfolder = folder if layers.switch("outfolder") else None
    # `+` means something to the record only once folder is set, as in mailx
    plus = folder if name else None
    outbox, umask = layers.value("outbox"), layers.value("umask")
    most = layers.number("smtp-max-per-connection", "mails", whole=True)
    logfile = layers.text("logfile")
    hours = layers.number("outbox-lifetime", "hours")
    return replace(
        settings,
        dead_letter=layers.path("DEAD", "~/dead.letter")
        if layers.switch("save")
        else None,
        folder=folder,
        record=find_folder(record, layers.expand, folder=plus, outfolder=outfolder)
        if record
        else None,
        copies=outfolder or layers.expand("."),
        file_mode=_file_mode(umask.text) if umask else 0o666 & ~_PRIVATE,
        dotlock=not layers.switch("dotlock-disable"),
        new_maildirs=layers.text("newfolders") == "maildir",
        outbox=_outbox(outbox.text, layers, default_outbox) if outbox else None,
        outbox_lifetime_hours=hours or settings.outbox_lifetime_hours,
        flush_after_send=outbox is not None and _flushes(layers),
        messages_per_connection=int(most or settings.messages_per_connection),
        log_file=_log_file(logfile, layers) if logfile else "",
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


def _below_home(name: str, layers: Layers) -> Path:
    """Make a path absolute that is below the home directory when it is relative."""
    return layers.expand(name if name.startswith(_ROOTED) else f"~/{name}")


def _file_mode(umask: str) -> int:
    """Return the mode of new files; what is no octal number means private."""
    try:
        return 0o666 & ~(int(umask, 8) & _PRIVATE)
    except ValueError:
        return 0o666 & ~_PRIVATE


def _outbox(text: str, layers: Layers, default: Callable[[], Path]) -> Path:
    return _below_home(text, layers) if text else default()


def _flushes(layers: Layers) -> bool:
    return layers.switch("outbox-flush") and not is_off(layers.text("outbox-flush"))


def _log_file(name: str, layers: Layers) -> str:
    return name if name == STANDARD_OUTPUT else str(layers.expand(name))


def log_facility(value: Value, warnings: list[str]) -> str:
    """Read `LOG_MAIL` as msmtp has it, or `mail`; no log is lost over a typo."""
    word = value.text.strip().lower().removeprefix("log_")
    if is_off(word):
        return ""
    if word in _ON or word in FACILITIES:
        return DEFAULT_FACILITY if word in _ON else word
    what = f"syslog={value.text}: unknown facility, taken as {DEFAULT_FACILITY}"
    known = ", ".join((*FACILITIES[:3], "…", FACILITIES[-1]))
    warnings.append(f"{value.origin}: {what} (known: {known})")
    return DEFAULT_FACILITY
