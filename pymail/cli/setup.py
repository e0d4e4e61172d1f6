"""From nothing to the first mail: ask, try, store, write."""

from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation
from pymail.cli.load import Loaded


def set_up(invocation: Invocation, loaded: Loaded, desk: Desk) -> int:
    """Do it; returns the exit status."""
    raise NotImplementedError(invocation, loaded, desk)
