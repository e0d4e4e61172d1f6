"""Store and remove the secret of an account."""

from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation
from pymail.cli.load import Loaded


def log_in(invocation: Invocation, loaded: Loaded, desk: Desk) -> int:
    """Do it; returns the exit status."""
    raise NotImplementedError(invocation, loaded, desk)


def log_out(invocation: Invocation, loaded: Loaded, desk: Desk) -> int:
    """Do it; returns the exit status."""
    raise NotImplementedError(invocation, loaded, desk)
