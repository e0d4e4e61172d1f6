"""What a later attempt needs to find the settings of a mail again.

What the command line and its surroundings say is noted with the mail, but for
secrets; `again` reads it.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pymail.commands.invocation import Invocation
from pymail.environment import Environment
from pymail.outbox.entry import Rows
from pymail.settings.layers import Layer
from pymail.settings.variables import (
    ENVIRONMENT_NAMES,
    is_address,
    is_private,
    is_secret,
)

if TYPE_CHECKING:
    from pymail.delivery.load import Loaded

# what an environment says: settings, and which files are read
NAMES = (
    *ENVIRONMENT_NAMES,
    *("MAILRC", "NAILRC", "NAIL_EXTRA_RC", "MAILX_NO_SYSTEM_RC"),
)
_OF_WRITING = frozenset({"SHELL", "EDITOR", "VISUAL"})
_URL_LOGIN = r"(?s)^((?:[A-Za-z][\w+.-]*://)?[^:/]*):.*@"


def manner(loaded: "Loaded", invocation: Invocation, environment: Environment) -> Rows:
    """Note what the command line and its surroundings say, without secrets."""
    return tuple(_rows(loaded, invocation, environment))


def _rows(
    loaded: "Loaded", invocation: Invocation, environment: Environment
) -> Iterator[tuple[str, str]]:
    yield "directory", str(environment.cwd)
    yield from _of_environment(environment)
    if which := invocation.rc_files or ("u" if invocation.no_system_rc else ""):
        yield "files", which
    attached = loaded.files_to_attach
    accounts = (name for name in invocation.accounts_or_files if name not in attached)
    yield from (("account", name) for name in accounts)
    for layer in loaded.layers.lowest_first[loaded.of_files :]:
        yield from _assignments(layer)
    if invocation.password_file is not None:
        place = environment.expand(invocation.password_file)
        yield "set", f"smtp-password-file={place}"
    if invocation.sender is not None:
        yield "from", invocation.sender
    yield from (("argument", word) for word in invocation.program_words)


def _of_environment(environment: Environment) -> Iterator[tuple[str, str]]:
    for name in NAMES:
        text = environment.variables.get(name)
        if text is not None and not is_secret(name) and name not in _OF_WRITING:
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
