"""Writing to a stream that may be closed, broken or full."""

from collections.abc import Mapping
from typing import TextIO


def write(stream: TextIO, text: str) -> None:
    """Write text now, or give it up: what people read never stops a mail."""
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):  # ValueError: the stream is closed
        return


def rewrites_lines(variables: Mapping[str, str]) -> bool:
    """Whether a terminal can write over what stands in a line."""
    return variables.get("TERM", "") not in {"", "dumb"}
