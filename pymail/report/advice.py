"""What a failure means, and what to do about it: two sentences."""

from typing import NamedTuple


class Advice(NamedTuple):
    """One sentence each, lower case, without a full stop; `next_step` may be empty."""

    meaning: str
    next_step: str = ""
