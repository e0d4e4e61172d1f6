"""Layers of variables and their precedence.

From the lowest: environment, settings files, account, `-S`, options such as
`-r`. A layer can say that a variable is unset (None), which hides the layers
below. Inside a layer a variable's own name comes before its synonyms.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from pathlib import Path

from pymail.errors import SettingsError
from pymail.mailrc.state import Origin, Value
from pymail.settings.variables import BY_NAME, ENVIRONMENT_NAMES, VARIABLES

Layer = Mapping[str, Value | None]
Rank = tuple[int, int]  # by suffix, then by layer; what counts more is less


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """Make the lowest layer: the environment variables that count as settings."""
    return {
        name: Value(environment[name], Origin("environment", 0))
        for name in ENVIRONMENT_NAMES
        if name in environment
    }


class Layers:
    """Values by name, the highest layer first.

    `expand` makes a path of settings absolute (`~` expands).
    """

    def __init__(
        self, lowest_first: Iterable[Layer], expand: Callable[[str], Path] = Path
    ) -> None:
        self.lowest_first = tuple(lowest_first)
        self.expand = expand
        self._layers = self.lowest_first[::-1]

    def with_layers(self, lowest_first: Iterable[Layer]) -> "Layers":
        """Return these layers in place of the others, with the same paths."""
        return Layers(lowest_first, self.expand)

    @cached_property
    def _chains(self) -> list[Layer]:
        """Names with a suffix: heirloom ignores the case of the address in one."""
        return [
            {name.lower(): value for name, value in layer.items() if "-" in name}
            for layer in self._layers
        ]

    def value(self, name: str, suffixes: Sequence[str] = ()) -> Value | None:
        """Return what counts for `name` or one of its synonyms, None if unset.

        With `suffixes` it is that with the first suffix that is set, or the plain one.
        They go from the most to the least special ("me@example.com",
        "example.com:587", "example.com"). A special name in a lower layer still
        beats the plain one: it says more.
        """
        return self.ranked(name, suffixes)[1]

    def first(self, names: Sequence[str]) -> tuple[str, Value | None]:
        """Find which of several variables counts: the one in the highest layer.

        In one layer the first of `names` wins. The name is empty when none is set.
        """
        ranked = [(*self.ranked(name), name) for name in names]
        found = [row for row in ranked if row[1] is not None]
        _, value, name = min(found, key=itemgetter(0), default=((0, 0), None, ""))
        return name, value

    def ranked(
        self, name: str, suffixes: Sequence[str] = ()
    ) -> tuple[Rank, Value | None]:
        """Return what `value` does, and how it compares to other variables."""
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
        """Return what counts for every suffix that `name` has; "" is the plain one.

        Suffixes are lower case.
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
        """Return the path that a variable names, or an empty one's default."""
        text = self.text(name) or default
        return self.expand(text) if text else None

    def switch(self, name: str) -> bool:
        """Tell whether a boolean variable is on: set, whatever its text."""
        (_, height), value = self.ranked(name)
        unmentioned = height == len(self._layers)
        return BY_NAME[name].on if unmentioned else value is not None

    def number(self, name: str, unit: str, *, whole: bool = False) -> float | None:
        """Return a number of some unit, None when unset.

        Raises:
            SettingsError: the text is no positive number, or no `whole` one.
        """
        value = self.value(name)
        if value is None or not value.text:
            return None
        try:
            number = float(value.text)
        except ValueError:
            number = 0
        if not 0 < number < float("inf") or (whole and number != int(number)):
            raise SettingsError(f"{value.origin}: {name}={value.text}: no {unit}")
        return number

    def in_force(self) -> Iterator[tuple[str, Value]]:
        """Yield every variable that is set, known ones first, by name as written."""
        names = {name: None for v in VARIABLES for name in v.names}
        names.update((n, None) for layer in reversed(self._layers) for n in layer)
        for name in names:
            found = (layer[name] for layer in self._layers if name in layer)
            value = next(found, None)
            if value is not None:
                yield name, value
