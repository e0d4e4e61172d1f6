"""Text for users: escapes of unprintable characters, durations, widths."""

_BLANKS = "\u00a0\u2002\u2003\u2009\u202f\u3000"  # Chinese servers write U+3000
_TEN_SECONDS, _MINUTE, _HOUR = 10, 60, 3600


def visible(text: str) -> str:
    r"""Escape control and other unprintable characters (`\x1b`, `\u202e`).

    Text from outside reaches a terminal or a log only through this function. Blanks
    of other scripts become a space.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    if character in _BLANKS:
        return " "
    if "\udc80" <= character <= "\udcff":  # an undecodable octet (PEP 383)
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def shorten(text: str, characters: int) -> str:
    """Cut a text to a number of characters, with an ellipsis at its end if it was cut."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def system_message(error: Exception) -> str:
    """Return the system's message for an error, in lower case.

    The text of any other error stays as it is, because it may name a path.
    """
    if isinstance(error, TimeoutError):
        return "timed out"
    words = getattr(error, "strerror", None)
    return str(words).lower() if words else str(error) or type(error).__name__.lower()


def duration(seconds: float, *, tenths: bool = False) -> str:
    """Format seconds as `4 s`, `3 min 20 s` or `2 h 5 min`; with `tenths`, `4.2 s`."""
    if tenths and seconds < _TEN_SECONDS:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def cells(text: str) -> int:
    """Return the width of a text in columns; Chinese characters take two."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # ASCII needs neither

    return sum(
        0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1
        for each in text
    )
