"""A way to a server, and the letters that go there."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self, TextIO

from pymail.api.draft import Draft
from pymail.api.events import RunContext, Sender
from pymail.api.letter import letter_of, with_html
from pymail.api.result import Explained, raise_with, report_of
from pymail.api.result import check as check_all
from pymail.api.settings import Asked, Reading
from pymail.delivery.assemble import with_header
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.delivery.prepare import prepare
from pymail.delivery.sender import asking
from pymail.environment import Environment
from pymail.errors import PymailError
from pymail.message import draft as written
from pymail.model import replace
from pymail.report.delivery_report import Report
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer


class Session:
    """Letters to one server, one after the other, with one login; see `connect`.

    The connection is made with the first letter. One that the server has closed
    meanwhile is made again; a session that had to go on with another account
    (`smtp-fallback`) stays with it. `close`, or the end of a `with` block, says
    goodbye. Several threads need a session each.
    """

    def __init__(self, asked: Asked, debug: bool | TextIO = False) -> None:
        environment = Environment.of_caller()
        if not isinstance(debug, bool):
            environment = replace(environment, stderr=debug)
        traced = debug is not False
        self._context = RunContext(environment, "pymail", verbose=traced)
        self._sender = Sender(self._context, debug=traced)
        with Explained(self._context):
            self._reading = Reading(asked, self._context)
        self._context.settings = self._settings = self._reading.settings

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
            self._reading.check_sends()
            self._context.settings = self._settings
            self._sender.begin(self._settings)  # and make the letter meanwhile
            letter = self._letter(draft, files)
            outgoing, settings = self._logging_failures(letter)
            self._context.settings = settings
            self._context.warn(outgoing.warnings)
            result = self._delivered(letter, outgoing, settings, check=check, more=more)
            report = report_of(result, self._context.settings)
            self._context.warn(report.problems[len(outgoing.problems) :])
            if check:
                check_all(report, self._context)
            return report

    def _letter(self, draft: Draft, files: ExitStack) -> written.Draft:
        letter = letter_of(draft, files, self._context.environment)
        return with_html(letter, self._context) if draft.markdown else letter

    def _logging_failures(
        self, letter: written.Draft
    ) -> tuple[OutgoingMessage, Settings]:
        """Make the message; whether a log is kept, the settings say."""
        self._context.letter = letter
        try:
            return self._ready(letter, self._settings)
        except PymailError as error:
            self._context.log_failure(error, self._settings)
            raise
        finally:
            self._context.letter = None

    def _ready(
        self, letter: written.Draft, settings: Settings
    ) -> tuple[OutgoingMessage, Settings]:
        environment = self._context.environment
        return prepare(
            letter, settings, environment, ask_password=asking(settings, environment)
        )

    def _delivered(
        self,
        letter: written.Draft,
        outgoing: OutgoingMessage,
        settings: Settings,
        *,
        check: bool,
        more: bool,
    ) -> Result:
        def by_account(name: str) -> tuple[OutgoingMessage, Settings]:
            return self._ready(letter, self._reading.of_account(name))

        begun = Result(outgoing=outgoing)
        try:
            return self._sender.outcome_of(
                begun, settings, more=more, by_account=by_account
            )
        except PymailError as failure:
            report = Report.of_failure(outgoing.forward_paths, failure)
            begun.reports = [report.naming(self._context.host)]
            if check:
                raise_with(report_of(begun, settings), failure)
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
            outgoing, settings = self._ready(letter, self._settings)
            lists = outgoing.recipients.lists
            whole = with_header(outgoing.draft, lists, outgoing.content, settings)
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
