"""Try every step to the server, and send nothing."""

from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation
from pymail.cli.load import Loaded


def check(invocation: Invocation, loaded: Loaded, desk: Desk) -> int:
    """Do it; returns the exit status."""
    raise NotImplementedError(invocation, loaded, desk)
