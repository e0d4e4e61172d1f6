"""Which delivery status notifications are asked for: `dsn` and `dsn-return`.

A word that is unknown asks for nothing, and a warning says so: no mail waits for it.
"""

from collections.abc import Mapping

from pymail.address.envelope import Notice
from pymail.mailrc.state import Value
from pymail.settings.layers import Layers

_OFF = frozenset({"off", "no", "false", "0"})
_WHEN = ("success", "failure", "delay")  # RFC 3461 §4.1
_NEVER = "never"
_RETURN: Mapping[str, str] = {  # RFC 3461 §4.3; sendmail says hdrs, msmtp headers
    "full": "FULL",
    "headers": "HDRS",
    "hdrs": "HDRS",
}


def resolve(layers: Layers) -> tuple[Notice, tuple[str, ...]]:
    """Read both; also gives what was not taken as written."""
    notify, of_notify = _notify(layers.value("dsn"))
    ret, of_ret = _ret(layers.value("dsn-return"))
    return Notice(notify=notify, ret=ret), (*of_notify, *of_ret)


def _notify(value: Value | None) -> tuple[str, tuple[str, ...]]:
    if value is None or value.text.strip().lower() in _OFF:
        return "", ()
    words = value.text.lower().replace(",", " ").split()
    if words == [_NEVER] or (words and set(words) <= {*_WHEN}):
        return ",".join(dict.fromkeys(words)).upper(), ()
    why = "goes alone" if _NEVER in words else "unknown word"
    known = f"{', '.join(_WHEN)}; or {_NEVER}"
    return "", (_sent_without(value, "dsn", why, known),)


def _ret(value: Value | None) -> tuple[str, tuple[str, ...]]:
    word = value.text.strip().lower() if value else "off"
    if value is None or word in _OFF:
        return "", ()
    if word in _RETURN:
        return _RETURN[word], ()
    return "", (_sent_without(value, "dsn-return", "unknown word", "full, headers"),)


def _sent_without(value: Value, name: str, why: str, known: str) -> str:
    if why == "goes alone":
        why = f"{_NEVER} goes alone"
    return f"{value.origin}: {name}={value.text}: {why}, sent without (known: {known})"
