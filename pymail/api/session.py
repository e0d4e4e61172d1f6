"""Sessions: one connection to a server, and the letters that go there."""

from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from pymail.api.draft import Draft, make_letter, with_html
from pymail.api.result import (
    Explained,
    make_report,
    raise_for_undelivered,
    raise_with,
)
from pymail.api.settings import CallerSettings, SettingsReader
from pymail.delivery.context import Events, RunContext
from pymail.delivery.log import log_failure
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.delivery.sender import Sender
from pymail.environment import Environment
from pymail.errors import PymailError
from pymail.message import draft as written
from pymail.model import replace
from pymail.report.delivery_report import Report
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer
from pymail.terminal import lines
from pymail.terminal.lines import Line
from pymail.terminal.output import write

if TYPE_CHECKING:
    from logging import Logger


class Session:
    """Letters to one server, one after the other, with one login; see `connect`.

    The connection is made with the first letter. One that the server has closed
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
        with Explained(self._context):
            self._reader = SettingsReader(caller, self._context)
        self._context.settings = self._settings = self._reader.settings

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
        """Send a letter and return what became of it.

        With `check` it raises unless everybody was accepted, or may wait in the
        outbox that settings name. Without it, what the server did is in the report
        only, also that it could not be reached; what stops a letter before that
        (an address, a file, the settings) is raised all the same.

        Refusing one recipient does not stop the others. An exception that ended the
        attempt has `report` set once it is known who was to get it. Where no `more`
        letters follow, saying so here saves a round trip.

        Raises:
            UndeliveredError: somebody has not got it; `report` says who.
            PymailError: nobody has got it; see `pymail.errors`.
        """
        with Explained(self._context), ExitStack() as files:
            self._reader.check_sends()
            self._context.settings = self._settings
            self._sender.begin(self._settings)  # and make the letter meanwhile
            letter = self._letter(draft, files)
            outgoing, settings = self._prepare(letter)
            self._context.settings = settings
            self._context.warn(outgoing.warnings)
            result = self._sent(letter, outgoing, settings, check=check, more=more)
            report = make_report(result)
            self._context.warn(report.problems[len(outgoing.problems) :])
            if check:
                raise_for_undelivered(report, self._context)
            return report

    def _letter(self, draft: Draft, files: ExitStack) -> written.Draft:
        letter = make_letter(draft, files, self._context.environment)
        return with_html(letter, self._context) if draft.markdown else letter

    def _prepare(self, letter: written.Draft) -> tuple[OutgoingMessage, Settings]:
        """Make the message; a failure is logged where settings say so."""
        self._context.draft = letter
        try:
            return self._sender.prepare(letter, self._settings)
        except PymailError as error:
            log_failure(self._context, error, self._settings)
            raise
        finally:
            self._context.draft = None

    def _sent(
        self,
        letter: written.Draft,
        outgoing: OutgoingMessage,
        settings: Settings,
        *,
        check: bool,
        more: bool,
    ) -> Result:
        def by_account(name: str) -> tuple[OutgoingMessage, Settings]:
            return self._sender.prepare(letter, self._reader.with_account(name))

        begun = Result(outgoing=outgoing)
        try:
            return self._sender.send(begun, settings, more=more, by_account=by_account)
        except PymailError as failure:
            report = Report.from_failure(outgoing.forward_paths, failure)
            begun.reports = [report.with_peer(self._context.host)]
            if check:
                raise_with(make_report(begun), failure)
            return begun

    def build(self, draft: Draft) -> bytes:
        """Make the message and return it as it would go, and send nothing.

        Lines end in CRLF (RFC 5322 §2.1). Where some get it encrypted, it is what
        the first recipient gets.

        Raises:
            PymailError: it cannot be made.
        """
        with Explained(self._context), ExitStack() as files:
            self._context.settings = self._settings
            letter = self._letter(draft, files)
            outgoing, settings = self._sender.prepare(
                letter, self._settings, connect=False
            )
            whole = outgoing.whole(settings.message.text_rules, keep_bcc=False)
            messages = [message for _, message in outgoing.versions] or [whole]
            return b"".join(messages[0].chunks())

    def check(self) -> None:
        """Connect and log in, over a connection of its own, and send nothing.

        Raises:
            PymailError: why no letter could go.
        """
        self._context.settings = self._settings
        with Explained(self._context):
            self._sender.try_login(self._settings)

    def close(self) -> None:
        """Say goodbye to the server; another letter would connect again."""
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
