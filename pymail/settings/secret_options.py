"""Sources of a login's secret, by precedence.

The command line applies to this run and takes precedence over files. Among files, a name
with a suffix takes precedence over a plain name, then a higher layer over a lower one;
inside a layer the order is command, file, password. A password in the URL counts as the
most specific one.
"""

from collections.abc import Iterator, Sequence

from pymail.mailrc.state import Origin, Value
from pymail.secret import Secret
from pymail.settings.layers import Layers, Rank
from pymail.settings.server_models import SecretSource

_COMMAND, _FILE, _PASSWORD = "smtp-password-command", "smtp-password-file", "password"
_COMMAND_LINE = frozenset({"-S", "-E"})
ARGUMENT, URL = "settings", "url"  # origins of values from the Python API
_THIS_RUN = frozenset({*_COMMAND_LINE, "~:", ARGUMENT, URL})


def secret_sources(layers: Layers, suffixes: Sequence[str]) -> tuple[SecretSource, ...]:
    """Return the sources that variables name, by precedence."""
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
    """Add the password of the server's URL, if it has one; `origin` is its line."""
    if password is None:
        return sources
    now = _for_this_run(origin)
    url = SecretSource(place=str(origin), secret=password, for_this_run=now)
    if now:
        return (url, *sources)
    typed = [each for each in sources if each.for_this_run]
    return (*typed, url, *sources[len(typed) :])


def exposure_remarks(sources: Sequence[SecretSource]) -> Iterator[str]:
    """Warn about secrets that all users of the machine can see."""
    for each in sources:
        option = each.place.partition(":")[0]  # "-E:1"
        if each.secret is not None and option in _COMMAND_LINE:
            yield (
                f"{option}: every user of this machine can see the password"
                " (with ps); use --password-fd or --password-file instead"
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
