"""--show-settings: the variables in force with their origin, secrets hidden."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pymail.delivery.context import RunContext
from pymail.mailrc.state import Origin, Value
from pymail.secret import PLACEHOLDER
from pymail.settings.loader import Loaded
from pymail.settings.server_url import PORTS
from pymail.settings.unknown_variables import READING_ONLY
from pymail.settings.variables import (
    BY_NAME,
    is_address,
    may_be_secret,
    without_password,
)
from pymail.terminal.lines import Setting
from pymail.terminal.renderer import for_stdout

# the password in a server URL whose @ is missing or a lookalike
_PORT = rf"(?:[0-9]+|{'|'.join(PORTS)})/?$|/|[0-9A-Fa-f.]*:"
_HALF_A_PASSWORD = re.compile(
    rf"^((?:[A-Za-z][\w+.-]*://)?[^:/\[\s]+):(?!{_PORT}).*", re.DOTALL
)
_KNOWN = {*BY_NAME, *READING_ONLY}
_END_OF_ADDRESS = r"(?s)[^@]*:.*@"
_BEHIND_ODD_BLANK = re.compile(r"[^\S ].*", re.DOTALL)


def show_settings(loaded: Loaded, context: RunContext) -> int:
    """List the variables that are set, with their origin, then aliases and accounts."""
    if context.events.machine_readable:
        context.events.fields(**_as_values(loaded))
    else:
        for_stdout(context.environment).settings(list(_rows(loaded)))
    return 0


def _rows(loaded: Loaded) -> Iterator[Setting]:
    for name, text, origin in list_variables(loaded):
        yield Setting(name, text, str(origin))
    for name, members in sorted(loaded.state.aliases.items()):
        yield Setting(f"alias {name}", " ".join(members), "")
    for name, block in sorted(loaded.state.accounts.items()):
        yield Setting(f"account {name}", "", str(block.origin))


def _as_values(loaded: Loaded) -> dict[str, Any]:
    """Make the same list for --json."""
    variables = (
        {"name": name, "value": text, **_place(origin)}
        for name, text, origin in list_variables(loaded)
    )
    aliases = (
        {"name": name, "members": members}
        for name, members in sorted(loaded.state.aliases.items())
    )
    accounts = (
        {"name": name, **_place(block.origin)}
        for name, block in sorted(loaded.state.accounts.items())
    )
    return {
        "variables": list(variables),
        "aliases": list(aliases),
        "accounts": list(accounts),
    }


def _place(origin: Origin) -> dict[str, Any]:
    return {"file": origin.file, "line": origin.line or None}


def list_variables(loaded: Loaded) -> Iterator[tuple[str, str, Origin]]:
    """Yield the variables that are set, secrets hidden: name, value and origin.

    An unquoted blank in a password turns its rest into the name of a variable. So unknown
    names on the line of a password are hidden, and names that may be the rest of a
    server URL.
    """
    in_force = dict(loaded.layers.in_force())
    secrets = Counter(v.origin for n, v in in_force.items() if has_secret(n, v))
    for name, value in in_force.items():
        others = secrets[value.origin] - has_secret(name, value)
        odd = others or re.match(_END_OF_ADDRESS, name)
        hidden = odd and not (name in _KNOWN or _is_chain(name))
        text = "" if hidden else hide_secrets(name, value.text)
        yield (PLACEHOLDER if hidden else name), text, value.origin


def _is_chain(name: str) -> bool:
    """Whether a name is NAME-USER@HOST of a known variable."""
    return "@" in name and any(name.startswith(f"{known}-") for known in BY_NAME)


def has_secret(name: str, value: Value) -> bool:
    """Tell whether a variable is or contains a secret."""
    return may_be_secret(name) or hide_secrets(name, value.text) != value.text


def hide_secrets(name: str, text: str) -> str:
    """Return the value of a variable with a placeholder in place of each secret."""
    if text and may_be_secret(name):
        return PLACEHOLDER
    if is_address(name):
        text = without_password(name, text, f":{PLACEHOLDER}")
        if PLACEHOLDER not in text:
            text = _HALF_A_PASSWORD.sub(rf"\1:{PLACEHOLDER}", text)
        return _BEHIND_ODD_BLANK.sub(PLACEHOLDER, text)
    return text
