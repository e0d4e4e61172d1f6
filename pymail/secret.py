"""A value that does not print.

Everything that could show the value by accident (`repr`, `str`, formatting,
pickling, copying into a traceback) shows a placeholder or refuses; only
`reveal` opens it, at the last moment.
"""

from typing import NoReturn, final

PLACEHOLDER = "«secret»"


@final
class Secret:
    """A password, authorization code or token."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return PLACEHOLDER

    def __format__(self, format_spec: str, /) -> str:
        return PLACEHOLDER

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest  # loads OpenSSL

        return compare_digest(
            self._value.encode("utf-8", "surrogateescape"),
            other._value.encode("utf-8", "surrogateescape"),
        )

    __hash__ = None  # type: ignore[assignment] # a hash would tell two secrets apart

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")
