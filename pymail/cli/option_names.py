"""What options are called, and which of them take an argument or are refused."""

from collections.abc import Iterator

from pymail.cli.click_command import Option
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


def short_options() -> dict[str, tuple[str, bool]]:
    """Return the letters, each with a long name and whether it takes an argument."""
    names: dict[str, tuple[str, bool]] = {}
    for option in _options():
        long = next(name for name in option.opts if name.startswith("--"))
        letters = [name[1] for name in option.opts if not name.startswith("--")]
        names |= dict.fromkeys(letters, (long, _takes_value(option)))
    return names


def long_options() -> dict[str, str | None]:
    """Return the long options; those that take an argument with what it is for."""
    names: dict[str, str | None] = dict.fromkeys((*_WITHOUT_CLICK, *READING_LONG))
    for option in _options():
        purpose = option.name if _takes_value(option) else None
        long = (name for name in option.opts if name.startswith("--"))
        names |= dict.fromkeys(long, purpose)
    return names


def metavar(name: str) -> str:
    """Return what stands for the argument of a long option in texts."""
    option = next(each for each in _options() if name in each.opts)
    return option.metavar or ""


def _options() -> Iterator[Option]:
    return (each for each in OPTIONS if isinstance(each, Option))


def _takes_value(option: Option) -> bool:
    return not option.is_flag and not option.count
