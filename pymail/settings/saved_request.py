"""Rows of a queued message that restore its settings for a later attempt.

They hold options of the command line and the environment, without secrets.
"""

import re
from collections.abc import Iterator, Mapping

from pymail.settings.layers import Layer
from pymail.settings.loader import ALL_FILES, Loaded, LoadRequest
from pymail.settings.models import Rows
from pymail.settings.variables import (
    ENVIRONMENT_NAMES,
    is_address,
    is_private,
    is_secret,
)

# of an environment: settings, and which files are read
NAMES = (
    *ENVIRONMENT_NAMES,
    *("MAILRC", "NAILRC", "NAIL_EXTRA_RC", "MAILX_NO_SYSTEM_RC"),
)
_WRITING_ONLY = frozenset({"SHELL", "EDITOR", "VISUAL"})
_URL_LOGIN = r"(?s)^((?:[A-Za-z][\w+.-]*://)?[^:/]*):.*@"


def save(
    loaded: Loaded, variables: Mapping[str, str], directory: str, password_file: str
) -> Rows:
    """Return the rows; `password_file` is the absolute path of the option, or empty."""
    return tuple(_rows(loaded, variables, directory, password_file))


def _rows(
    loaded: Loaded, variables: Mapping[str, str], directory: str, password_file: str
) -> Iterator[tuple[str, str]]:
    request = loaded.request
    yield "directory", directory
    yield from _of_environment(variables)
    if request.rc_files != ALL_FILES:
        yield "files", request.rc_files
    attached = loaded.files_to_attach
    yield from (("account", name) for name in request.accounts if name not in attached)
    for layer in loaded.layers.lowest_first[loaded.of_files :]:
        yield from _assignments(layer)
    if password_file:
        yield "set", f"smtp-password-file={password_file}"
    if request.sender is not None:
        yield "from", request.sender
    yield from (("argument", word) for word in request.program_words)


def _of_environment(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in NAMES:
        text = variables.get(name)
        if text is not None and not is_secret(name) and name not in _WRITING_ONLY:
            yield "environment", f"{name}={_public(name, text)}"


def _assignments(layer: Layer) -> Iterator[tuple[str, str]]:
    for name, value in layer.items():
        if is_private(name):
            continue
        if value is None:
            yield "set", f"no{name}"
        else:
            yield "set", f"{name}={_public(name, value.text)}"


def _public(name: str, text: str) -> str:
    """Take the password out of the address of a server."""
    return re.sub(_URL_LOGIN, r"\1@", text) if is_address(name) else text


def restore(rows: Rows) -> LoadRequest:
    """Return the request that the rows were saved from."""
    single = dict(rows)
    return LoadRequest(
        rc_files=single.get("files", ALL_FILES),
        accounts=_all("account", rows),
        assignments=_all("set", rows),
        sender=single.get("from"),
        program_words=_all("argument", rows),
    )


def restore_variables(rows: Rows, variables: Mapping[str, str]) -> dict[str, str]:
    """Replace the settings among environment variables by those of the rows."""
    saved = (value.partition("=") for value in _all("environment", rows))
    others = {k: v for k, v in variables.items() if k not in NAMES}
    return {**others, **{name: value for name, _, value in saved}}


def _all(name: str, rows: Rows) -> tuple[str, ...]:
    return tuple(value for each, value in rows if each == name)
