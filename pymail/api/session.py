"""Sessions: one connection to a server, and the messages that go there."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from pymail.api.draft import Draft, make_draft
from pymail.api.result import (
    Explained,
    make_report,
    raise_for_undelivered,
    raise_with,
)
from pymail.api.settings import CallerSettings, check_sends
from pymail.delivery.context import Events, RunContext
from pymail.delivery.log import log_failure
from pymail.delivery.outgoing import OutgoingMessage
from pymail.delivery.prepare import prepare
from pymail.delivery.sender import Sender
from pymail.environment import Environment
from pymail.errors import PymailError
from pymail.message import draft as message
from pymail.model import replace
from pymail.report.delivery_report import Report
from pymail.settings.loader import load_account
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer
from pymail.terminal import lines
from pymail.terminal.lines import Line
from pymail.terminal.output import write

if TYPE_CHECKING:
    from logging import Logger


class Session:
    """Messages to one server, one after the other, with one login; see `connect`.

    The connection is made with the first message. One that the server has closed
    meanwhile is made again; a session that had to go on with another account
    (`smtp-fallback`) stays with it. `close`, or the end of a `with` block, says
    goodbye. Several threads need a session each.
    """

    def __init__(self, caller: CallerSettings, debug: bool | TextIO = False) -> None:
        environment = Environment.of_caller()
        if not isinstance(debug, bool):
            environment = replace(environment, stderr=debug)
        traced = debug is not False
        events = LoggedEvents(environment.stderr if traced else None)
        self._context = RunContext(environment, "pymail", events, verbose=traced)
        self._sender = Sender(self._context, debug=traced, lasts=True)
        self._caller = caller
        self._environment = environment = caller.limit(environment)
        with Explained(self._context):
            self._loaded = loaded = caller.load(environment)
            for text in loaded.state.output:
                self._context.print(text)
            self._context.warn((*loaded.state.error_output, *loaded.warnings()))
            self._settings = caller.resolve(loaded, environment)
        self._context.settings = self._settings
        self._context.warn(self._settings.warnings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        server = self._settings.server
        if not isinstance(server, SmtpServer):
            return f"<Session by {type(server).__name__}>"
        login = f" as {server.login.user}" if server.login else ""
        return f"<Session with {server.name}{login}>"

    def send(self, draft: Draft, *, check: bool = True, more: bool = True) -> Report:
        """Send a message and return its report.

        With `check` it raises unless everybody was accepted, or may wait in the
        outbox that settings name. Without it, what the server did is in the report
        only, also that it could not be reached; what stops a message before that
        (an address, a file, the settings) is raised all the same.

        Refusing one recipient does not stop the others. An exception that ended the
        attempt has `report` set once it is known who was to get it. Where no `more`
        messages follow, saying so here saves a round trip.

        Raises:
            UndeliveredError: a recipient has not got it; `report` says who.
            PymailError: no recipient has got it; see `pymail.errors`.
        """
        context = self._context
        with Explained(context), ExitStack() as files:
            check_sends(self._loaded)
            context.settings = self._settings
            self._sender.connect(self._settings)  # and make the message meanwhile
            context.draft = written = make_draft(draft, files, context)
            result = self._sender.send(
                lambda settings: self._prepare(written, settings),
                self._settings,
                find_settings=self._find_settings,
                more=more,
            )
            failure = result.failure
            if failure is not None:
                left_out = Report.from_failure(result.outgoing.forward_paths, failure)
                result.reports = [left_out.with_peer(context.host)]
            report = make_report(result)
            if check and failure is not None:
                raise_with(report, failure)
            context.warn(report.problems[len(result.outgoing.problems) :])
            if check:
                raise_for_undelivered(report, context)
            return report

    def _find_settings(self, account: str) -> Settings:
        other = load_account(account, self._loaded, self._environment)
        return self._caller.resolve(other, self._environment)

    def _prepare(self, draft: message.Draft, settings: Settings) -> OutgoingMessage:
        """Make the message; a failure is logged where settings say so."""
        context = self._context
        try:
            return prepare(draft, settings, context.environment)
        except PymailError as error:
            log_failure(context, error, settings)
            raise
        finally:
            context.draft = None

    def build(self, draft: Draft) -> bytes:
        """Make the message and return it as it would go, and send nothing.

        Lines end in CRLF (RFC 5322 §2.1). Where some get it encrypted, it is what
        the first recipient gets.

        Raises:
            PymailError: it cannot be made.
        """
        with Explained(self._context), ExitStack() as files:
            self._context.settings = self._settings
            written = make_draft(draft, files, self._context)
            outgoing = prepare(written, self._settings, self._context.environment)
            whole = outgoing.whole(keep_bcc=False)
            messages = [message for _, message in outgoing.versions] or [whole]
            return b"".join(messages[0].chunks())

    def check(self) -> None:
        """Connect and log in, over a connection of its own, and send nothing.

        Raises:
            PymailError: why no message could go.
        """
        self._context.settings = self._settings
        with Explained(self._context):
            self._sender.try_login(self._settings)

    def close(self) -> None:
        """Say goodbye to the server; another message would connect again."""
        self._sender.close()


def logger() -> "Logger":
    """Return the logger `pymail`; without a handler it prints nothing."""
    import logging  # there is mostly nothing to say

    found = logging.getLogger("pymail")
    if not found.handlers:
        found.addHandler(logging.NullHandler())
    return found


class LoggedEvents(Events):
    """Events as records of the logger `pymail`, and in the trace where one is written.

    Nothing is printed, but for what settings or the caller ask for.
    """

    def __init__(self, trace: TextIO | None) -> None:
        self._trace = trace

    def on_output(self, text: str) -> None:
        """Log what settings print, and the lines of `logfile=-`."""
        logger().info("%s", text.rstrip("\n"))

    def on_warning(self, text: str, *, shown: bool = False) -> None:
        """Log what is wrong and stops nothing."""
        if not shown:
            logger().warning("%s", text.rstrip("\n"))
            self._write([lines.warning_line(text.rstrip("\n"))])

    def on_remark(self, text: str) -> None:
        """Write into the trace what is not wrong."""
        self._write([lines.remark_line(text)])

    def _write(self, texts: Sequence[Line]) -> None:
        if self._trace is not None:
            write(self._trace, "".join(f"{line.text}\n" for line in texts))
