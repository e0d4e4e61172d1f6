"""Secrets that can't be printed, and a mask for octets that may contain them.

Every operation that could show the value by accident (`repr`, `str`, formatting,
pickling, copying into a traceback) gives a placeholder or raises; only `reveal`
returns the value, at the last moment.
"""

from typing import NoReturn, final

PLACEHOLDER = "«secret»"
MASK = b"<secret>"  # ASCII, because the text around it may be GB18030
PART_OCTETS = 8  # shortest part of a secret that is masked


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

    __hash__ = None  # type: ignore[assignment] # a hash would show whether two are equal

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret can't be pickled or copied")


class Mask:
    """Masks secrets in octets, and every part of them of eight octets or more.

    Their base64 is masked too, at any alignment. A secret shorter than eight octets is
    masked as a whole. The time is linear in the octets.
    """

    def __init__(self) -> None:
        self._parts: dict[int, set[bytes]] = {}  # by their length

    def __bool__(self) -> bool:
        return bool(self._parts)

    def hide(self, *secrets: bytes) -> None:
        """Add secrets; empty ones are ignored."""
        for secret in filter(None, secrets):
            for form in (secret, *_encodings(secret)):
                size = min(len(form), PART_OCTETS)
                parts = self._parts.setdefault(size, set())
                parts.update(form[n : n + size] for n in range(len(form) - size + 1))

    def covers(self, octets: bytes) -> bool:
        """Tell whether the octets contain a secret, or a part of one."""
        return self.cover(octets) != octets

    def cover(self, octets: bytes) -> bytes:
        """Return the octets with a placeholder for each secret, or part of one."""
        shown, clear_from = bytearray(), 0
        for start, end in self._found(octets):
            if start >= clear_from:
                shown += octets[clear_from:start] + MASK
            clear_from = max(end, clear_from)
        return bytes(shown + octets[clear_from:])

    def _found(self, octets: bytes) -> list[tuple[int, int]]:
        return sorted(
            (n, n + size)
            for size, parts in self._parts.items()
            for n in range(len(octets) - size + 1)
            if octets[n : n + size] in parts
        )


def _encodings(secret: bytes) -> list[bytes]:
    """Return the base64 of a secret at each of the three alignments."""
    from binascii import b2a_base64  # for logins alone

    def encoded(before: int) -> bytes:
        text = b2a_base64(b"\0" * before + secret, newline=False)
        return text[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]

    whole = b2a_base64(secret, newline=False)
    inside = [encoded(before) for before in range(3)]
    return [whole, *(text for text in inside if len(text) * 2 >= PART_OCTETS)]
