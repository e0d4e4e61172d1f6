"""Sources of the secret of a login, by precedence.

The command line is for this run and comes before everything. Of files,
a special name (with a suffix) comes before a plain one, then a higher layer
before a lower; in one of them the command comes before the file, and the file
before the password. A password in the URL is as special as can be.
"""

from collections.abc import Iterator, Sequence

from pymail.mailrc.state import Origin, Value
from pymail.secret import Secret
from pymail.settings.layers import Layers, Rank
from pymail.settings.server_models import SecretSource

_COMMAND, _FILE, _PASSWORD = "smtp-password-command", "smtp-password-file", "password"
_COMMAND_LINE = frozenset({"-S", "-E"})
ARGUMENT, URL = "settings", "url"  # origins of a caller from Python
_THIS_RUN = frozenset({*_COMMAND_LINE, "~:", ARGUMENT, URL})


def secret_sources(layers: Layers, suffixes: Sequence[str]) -> tuple[SecretSource, ...]:
    """Return the sources that variables name."""
    typed = _ranked(_of_this_run(layers), suffixes)
    stored = _ranked(layers, suffixes)
    values = [*typed, *((n, v) for n, v in stored if not _for_this_run(v.origin))]
    return tuple(
        _source(name, value, layers)
        for name, value in values
        if value.text or name == _PASSWORD
    )


def with_url(
    sources: tuple[SecretSource, ...], password: Secret | None, origin: Origin
) -> tuple[SecretSource, ...]:
    """Add the password, if there is one, in the address that is written at `origin`."""
    if password is None:
        return sources
    now = _for_this_run(origin)
    url = SecretSource(place=str(origin), secret=password, for_this_run=now)
    if now:
        return (url, *sources)
    typed = [each for each in sources if each.for_this_run]
    return (*typed, url, *sources[len(typed) :])


def exposure_remarks(sources: Sequence[SecretSource]) -> Iterator[str]:
    """Warn of secrets that all users of the machine can see."""
    for each in sources:
        option = each.place.partition(":")[0]  # "-E:1"
        if each.secret is not None and option in _COMMAND_LINE:
            yield (
                f"{option}: everybody on this machine can see the password"
                " (ps); --password-fd and --password-file show it to nobody"
            )


def _of_this_run(layers: Layers) -> Layers:
    return Layers(
        {n: v for n, v in layer.items() if v is not None and _for_this_run(v.origin)}
        for layer in layers.lowest_first
    )


def _for_this_run(origin: Origin) -> bool:
    return origin.file in _THIS_RUN


def _ranked(layers: Layers, suffixes: Sequence[str]) -> list[tuple[str, Value]]:
    found: list[tuple[Rank, str, Value]] = []
    for name in (_COMMAND, _FILE, _PASSWORD):
        rank, value = layers.ranked(name, suffixes)
        if value is not None:
            found.append((rank, name, value))
    found.sort(key=lambda each: each[0])
    return [(name, value) for _, name, value in found]


def _source(name: str, value: Value, layers: Layers) -> SecretSource:
    return SecretSource(
        place=str(value.origin),
        command=value.text if name == _COMMAND else "",
        file=layers.expand(value.text) if name == _FILE else None,
        secret=Secret(value.text) if name == _PASSWORD else None,
        for_this_run=_for_this_run(value.origin),
    )
