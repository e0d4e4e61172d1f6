"""What options are called, and which of them take an argument or are refused."""

from collections.abc import Iterator

from pymail.cli.command import Option
from pymail.cli.options import OPTIONS

READING = "fueHLNpRT"  # options for reading mail, which pymail does not do
READING_LONG = {
    "--check-and-exit": "e",
    "--exist": "e",
    "--file": "f",
    "--header-summary": "H",
    "--headers": "H",
    "--print": "p",
    "--read": "p",
    "--read-only": "R",
    "--search": "L",
}
_WITHOUT_CLICK = ("--end-options", "--help", "--long-help", "--usage")


def short_with_values() -> frozenset[str]:
    """Return the letters of the options that take an argument."""
    return frozenset(
        name[1]
        for name, parameter in _named()
        if not name.startswith("--") and _takes_value(parameter)
    )


def long_options() -> dict[str, str | None]:
    """Return the long options; those that take an argument with what it is for."""
    names: dict[str, str | None] = dict.fromkeys((*_WITHOUT_CLICK, *READING_LONG))
    for name, parameter in _named():
        if name.startswith("--"):
            names[name] = parameter.name if _takes_value(parameter) else None
    return names


def _named() -> Iterator[tuple[str, Option]]:
    for parameter in OPTIONS:
        if isinstance(parameter, Option):
            for name in parameter.opts:
                yield name, parameter


def _takes_value(option: Option) -> bool:
    return not option.is_flag and not option.count
