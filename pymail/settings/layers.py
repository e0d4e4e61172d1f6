"""Layers of variables and their precedence.

From the lowest: environment, settings files, account, `-S`, options such as
`-r`. A layer can unset a variable (None), which hides the layers below. Inside a layer a
variable's own name takes precedence over its synonyms.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from pathlib import Path

from pymail.errors import SettingsError
from pymail.mailrc.state import Origin, Value
from pymail.settings.variables import BY_NAME, ENVIRONMENT_NAMES, VARIABLES

Layer = Mapping[str, Value | None]
Rank = tuple[int, int]  # by suffix, then by layer; the lowest wins


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """Make the lowest layer, of the environment variables that are settings."""
    return {
        name: Value(environment[name], Origin("environment", 0))
        for name in ENVIRONMENT_NAMES
        if name in environment
    }


class Layers:
    """Values by name; the highest layer wins.

    `expand` makes a path in settings absolute (`~` expands).
    """

    def __init__(
        self, lowest_first: Iterable[Layer], expand: Callable[[str], Path] = Path
    ) -> None:
        self.lowest_first = tuple(lowest_first)
        self.expand = expand
        self._layers = self.lowest_first[::-1]

    def with_layers(self, lowest_first: Iterable[Layer]) -> "Layers":
        """Return other layers that expand paths in the same way."""
        return Layers(lowest_first, self.expand)

    @cached_property
    def _chains(self) -> list[Layer]:
        """Names with a suffix, in lower case: heirloom ignores the case of suffixes."""
        return [
            {name.lower(): value for name, value in layer.items() if "-" in name}
            for layer in self._layers
        ]

    def value(self, name: str, suffixes: Sequence[str] = ()) -> Value | None:
        """Return the value of `name` or one of its synonyms, None if unset.

        `suffixes` are tried in order, from the most to the least specific
        ("me@example.com", "example.com:587", "example.com"), then the plain name. A name
        with a suffix takes precedence over the plain one even in a lower layer, because
        it is more specific.
        """
        return self.ranked(name, suffixes)[1]

    def first(self, names: Sequence[str]) -> tuple[str, Value | None]:
        """Find the variable that the highest layer sets; returns its name and value.

        Inside a layer the first of `names` wins. The name is empty if none is set.
        """
        ranked = [(*self.ranked(name), name) for name in names]
        found = [row for row in ranked if row[1] is not None]
        _, value, name = min(found, key=itemgetter(0), default=((0, 0), None, ""))
        return name, value

    def ranked(
        self, name: str, suffixes: Sequence[str] = ()
    ) -> tuple[Rank, Value | None]:
        """Return the value of a variable, as `value` does, and its precedence."""
        plain = BY_NAME[name].names
        for special, suffix in enumerate(suffixes):
            names = (f"{n}-{suffix}".lower() for n in plain)
            # a host named `user` does not make smtp-auth-user a mechanism
            known = [n for n in names if n not in BY_NAME]
            for height, chain in enumerate(self._chains):
                if found := [chain[n] for n in known if n in chain]:
                    return (special, height), next(
                        (v for v in found if v is not None), None
                    )
        for height, layer in enumerate(self._layers):
            if found := [layer[n] for n in plain if n in layer]:
                return (len(suffixes), height), next(
                    (v for v in found if v is not None), None
                )
        return (len(suffixes), len(self._layers)), None

    def by_suffix(self, name: str) -> dict[str, Value]:
        """Return the value for each suffix that `name` has, in lower case.

        The key "" has the value of the plain name.
        """
        starts = tuple(f"{n}-".lower() for n in BY_NAME[name].names)
        suffixes = {
            key.removeprefix(start)
            for chain in self._chains
            for key in chain
            for start in starts
            if key.startswith(start) and key not in BY_NAME
        }
        found = {s: self.value(name, [s]) for s in sorted(suffixes)}
        found[""] = self.value(name)
        return {s: value for s, value in found.items() if value is not None}

    def text(self, name: str, default: str = "") -> str:
        """Return the text of a variable, `default` when it is unset."""
        value = self.value(name)
        return default if value is None else value.text

    def path(self, name: str, default: str = "") -> Path | None:
        """Return the path that a variable names; unset or empty means the default."""
        text = self.text(name) or default
        return self.expand(text) if text else None

    def switch(self, name: str) -> bool:
        """Tell whether a boolean variable is on: set, with any text."""
        (_, height), value = self.ranked(name)
        unmentioned = height == len(self._layers)
        return BY_NAME[name].on if unmentioned else value is not None

    def number(self, name: str, unit: str, *, whole: bool = False) -> float | None:
        """Return a positive number, None if unset or empty.

        Raises:
            SettingsError: the text is not a positive number, or not a `whole` one.
        """
        value = self.value(name)
        if value is None or not value.text:
            return None
        try:
            number = float(value.text)
        except ValueError:
            number = 0
        if not 0 < number < float("inf") or (whole and number != int(number)):
            problem = f"not a positive {'whole ' * whole}number of {unit}"
            raise SettingsError(f"{value.origin}: {name}={value.text}: {problem}")
        return number

    def in_force(self) -> Iterator[tuple[str, Value]]:
        """Yield every variable that is set, under its written name, known ones first."""
        names = {name: None for v in VARIABLES for name in v.names}
        names.update((n, None) for layer in reversed(self._layers) for n in layer)
        for name in names:
            found = (layer[name] for layer in self._layers if name in layer)
            value = next(found, None)
            if value is not None:
                yield name, value
