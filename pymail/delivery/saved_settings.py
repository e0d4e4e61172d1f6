"""Settings that are saved with a queued message, and found again for an attempt.

They are rows: options of the command line and the environment, without secrets. Files
are read again as they are then: to mend them mends the mails that wait.
"""

from collections.abc import Iterator, Mapping

from pymail.environment import Environment
from pymail.errors import OtherWayError, SettingsError
from pymail.model import replace
from pymail.settings.layers import Layer
from pymail.settings.loader import ALL_FILES, Loaded, LoadRequest, load
from pymail.settings.models import Folder, Rows, Settings
from pymail.settings.server_models import LocalMta, way_of
from pymail.settings.variables import (
    ENVIRONMENT_NAMES,
    is_private,
    is_secret,
    without_password,
)

# of an environment: settings, and which files are read
NAMES = (
    *ENVIRONMENT_NAMES,
    *("MAILRC", "NAILRC", "NAIL_EXTRA_RC", "MAILX_NO_SYSTEM_RC"),
)
_WRITING_ONLY = frozenset({"SHELL", "EDITOR", "VISUAL"})


def save(loaded: Loaded, environment: Environment) -> Rows:
    """Return the rows of what was read; those of a message come in `with_way`."""
    return tuple(_rows(loaded, environment))


def _rows(loaded: Loaded, environment: Environment) -> Iterator[tuple[str, str]]:
    request = loaded.request
    yield "directory", str(environment.cwd)
    yield from _of_environment(environment.variables)
    if request.rc_files != ALL_FILES:
        yield "files", request.rc_files
    attached = loaded.files_to_attach
    yield from (("account", name) for name in request.accounts if name not in attached)
    for layer in loaded.layers.lowest_first[loaded.of_files :]:
        yield from _assignments(layer)
    if request.password_file is not None:
        place = environment.expand(request.password_file)
        yield "set", f"smtp-password-file={place}"
    if request.sender is not None:
        yield "from", request.sender
    yield from (("argument", word) for word in request.program_words)


def _of_environment(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in NAMES:
        text = variables.get(name)
        if text is not None and not is_secret(name) and name not in _WRITING_ONLY:
            yield "environment", f"{name}={without_password(name, text)}"


def _assignments(layer: Layer) -> Iterator[tuple[str, str]]:
    for name, value in layer.items():
        if is_private(name):
            continue
        if value is None:
            yield "set", f"no{name}"
        else:
            yield "set", f"{name}={without_password(name, value.text)}"


def with_way(settings: Settings) -> Rows:
    """Return the rows of settings with the way that a message goes, and its sender."""
    server = settings.server
    rows = (*settings.saved_options, ("way", way_of(server)))
    if isinstance(server, LocalMta) and server.sender_option is not None:
        rows = (*rows, ("program-sender", server.sender_option))
        if server.sender_name:
            rows = (*rows, ("program-name", server.sender_name))
    return rows


def restore_environment(rows: Rows, environment: Environment) -> Environment:
    """Put the settings and the directory of the rows in place of those of this run."""
    others = {k: v for k, v in environment.variables.items() if k not in NAMES}
    saved = (value.partition("=") for value in _all("environment", rows))
    return replace(
        environment,
        variables={**others, **{name: value for name, _, value in saved}},
        cwd=environment.cwd / dict(rows).get("directory", ""),
        stdin_is_terminal=False,
    )


def load_saved(rows: Rows, environment: Environment) -> Loaded:
    """Read the settings that the rows were saved from.

    Raises:
        SettingsError: an account is gone.
    """
    single = dict(rows)
    request = LoadRequest(
        rc_files=single.get("files", ALL_FILES),
        accounts=_all("account", rows),
        assignments=_all("set", rows),
        sender=single.get("from"),
        program_words=_all("argument", rows),
    )
    loaded = load(request, environment)
    for account in loaded.files_to_attach:
        raise SettingsError(f"the settings have no account {account} any more")
    return loaded


def apply(rows: Rows, settings: Settings, environment: Environment) -> Settings:
    """Let a message go as it was written for, with its sender and its record.

    Raises:
        OtherWayError: a server was named, and a program is now, or the like.
    """
    single = dict(rows)
    server = settings.server
    way, before = way_of(server), single.get("way")
    if before not in (None, way):  # earlier versions did not note it
        raise OtherWayError(
            f"it was written for {before}, and the settings name {way} now",
            advice="mend the settings (smtp, mta), then: pymail --flush --now",
        )
    if isinstance(server, LocalMta) and "program-sender" in single:
        server = replace(
            server,
            sender_option=single["program-sender"],
            sender_name=single.get("program-name", ""),
        )
    if name := single.get("record"):
        settings = replace(settings, record=Folder(path=environment.expand(name)))
    return replace(settings, server=server)


def _all(name: str, rows: Rows) -> tuple[str, ...]:
    return tuple(value for each, value in rows if each == name)
