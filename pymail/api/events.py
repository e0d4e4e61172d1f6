"""What is said to a program: records of the logger `pymail`, and a trace on request.

Nothing is printed, but for what settings or the caller ask for.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pymail.delivery import context, sender
from pymail.errors import PymailError
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer
from pymail.terminal.null_trace import Quiet
from pymail.terminal.stream import write
from pymail.transport.base import Trace

if TYPE_CHECKING:
    from logging import Logger

    from pymail.terminal.lines import Line


def logger() -> "Logger":
    """Return the logger; nobody who listens is no reason to print."""
    import logging  # there is mostly nothing to say

    found = logging.getLogger("pymail")
    if not found.handlers:
        found.addHandler(logging.NullHandler())
    return found


class RunContext(context.RunContext):
    """The surroundings of one session; `verbose` where a trace is written."""

    def say(self, said: "Iterable[Line]") -> None:
        """Write lines into the trace, if there is one."""
        for line in said:
            if self.verbose:
                write(self.environment.stderr, f"{line.text}\n")

    def warn(self, texts: Iterable[str]) -> None:
        """Say what is wrong and stops nothing."""
        for text in texts:
            logger().warning("%s", text.rstrip("\n"))
            super().warn([text.rstrip("\n")])

    def print(self, text: str) -> None:
        """Log what settings print, and the lines of `logfile=-`."""
        logger().info("%s", text.rstrip("\n"))


class Sender(sender.Sender):
    """Takes letters to the server in a session that may last for hours."""

    lasts = True

    def try_login(self, settings: Settings) -> None:
        """Connect and log in over a connection of its own, as letters would.

        Raises:
            PymailError: it fails.
        """
        server = settings.server
        if not isinstance(server, SmtpServer):
            return
        from pymail.transport import verify

        before = self._logins
        ask = self._asking(settings, watched=self.is_watched)
        try:
            verify.log_in(server, ask, self._trace())
        except PymailError as error:
            self.refused(error)
            raise
        finally:
            self._logins = before

    def _trace(self) -> Trace:
        return (
            super()._trace() if self.debug else Logged(self.context.environment.stderr)
        )


class Logged(Quiet):
    """Without a trace: warnings are logged."""

    def _write(self, line: str) -> None:
        logger().warning("%s", line.removeprefix("pymail: "))
