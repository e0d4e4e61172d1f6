"""Sending over one reused connection, with fallback accounts and logins.

The sender starts to connect before a message is built: the name lookup and the wait for
the server's greeting then cost no extra time.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from pymail.delivery.context import RunContext
from pymail.errors import AuthenticationError, PymailError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.models import Settings
from pymail.settings.server_models import LmtpSocket, Login, Server, SmtpServer
from pymail.transport.base import Transport

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.delivery.logins import Logins
    from pymail.delivery.outgoing import OutgoingMessage, Result

    Make = Callable[[Settings], OutgoingMessage]
    FindSettings = Callable[[str], Settings]

GOODBYE_SECONDS = 2.0


class Sender:
    """Sends messages to the server that the settings name, and stays connected.

    `debug` shows the whole session. A sender that `lasts` for hours looks up the secret
    for each session, because a token may have expired. The sender calls `before` right
    before the server can accept a message, and `after` when the attempt has ended and
    the result isn't reported yet. `sent` has the settings of the last message if that
    was sent to all recipients.
    """

    def __init__(
        self,
        context: RunContext,
        *,
        debug: bool = False,
        lasts: bool = False,
        before: Callable[[], None] | None = None,
        after: "Callable[[Result], None]" = lambda _: None,
    ) -> None:
        self.context = context
        self.debug = debug
        self.sent: Settings | None = None
        self._lasts = lasts
        self._before = before
        self._after = after
        self._transport: Transport | None = None
        self._reaches: tuple[Server, bool] | None = None  # server, `is_watched`
        self._logins: Logins | None = None
        self._unreached: list[tuple[Server, PymailError]] = []  # those with a fallback

    @property
    def is_watched(self) -> bool:
        """Whether the user sees each step (-v, --debug)."""
        return self.debug or self.context.verbose

    def send(
        self,
        make: "Make",
        settings: Settings,
        *,
        find_settings: "FindSettings | None" = None,
        more: bool = False,
    ) -> "Result":
        """Make a message with these settings, and send it.

        `find_settings` returns the settings of a fallback account, for when the server
        can't be reached. `more` announces another message.

        Raises:
            PymailError: the message can't be made.
        """
        self.connect(settings)
        outgoing, context = make(settings), self.context
        from pymail.delivery.outgoing import Result

        context.settings = outgoing.settings
        context.warn(outgoing.warnings)
        if self.is_watched:
            context.remark((*outgoing.settings.remarks, *outgoing.remarks))
        result = Result(outgoing=outgoing)
        falls_back = bool(find_settings and outgoing.settings.fallback)
        attempt = partial(self._attempt, more=more, falls_back=falls_back)
        try:
            attempt(result)
        except PymailError as failure:
            if find_settings and falls_back and failure.unreached:
                result = self._fall_back(result, failure, make, find_settings, attempt)
            else:
                result.fail(failure)
        self._after(result)
        return result

    def _fall_back(
        self,
        result: "Result",
        failure: PymailError,
        make: "Make",
        find_settings: "FindSettings",
        attempt: "Callable[[Result], None]",
    ) -> "Result":
        """Try the fallback accounts; the result has the failure if none succeeds."""
        from pymail.delivery.fallback import try_other_accounts

        def make_for(account: str) -> "OutgoingMessage":
            settings = find_settings(account)
            self.connect(settings)
            outgoing = make(settings)
            if self.is_watched:
                self.context.remark((*settings.remarks, *outgoing.remarks))
            return outgoing

        watched = self.is_watched
        return try_other_accounts(
            result, failure, make_for, attempt, self.context, watched=watched
        )

    def connect(self, settings: Settings) -> None:
        """Start to connect; `send` raises the error if that fails.

        A message that is signed or encrypted connects later: the user may have to type
        a pass phrase first, and no server waits for long.
        """
        if not (settings.smime.wanted or self._known_failure(settings.server)):
            self.reach(settings)

    def _attempt(self, result: "Result", *, more: bool, falls_back: bool) -> None:
        """Send the message of a result, and log the reports.

        With `falls_back` a failure is raised even if the outbox has the message.

        Raises:
            PymailError: the attempt failed before the first RCPT.
        """
        from pymail.delivery.hand_over import hand_over

        context, settings = self.context, result.outgoing.settings
        context.events.on_attempt(result.outgoing, context.fallback)
        if self._before:
            result.outgoing = result.outgoing.with_callback(self._before)
        try:
            known = self._known_failure(settings.server)
            if known and not settings.outbox:
                raise known  # the timeout again would only delay the message
            transport = self.reach(settings)
            hand_over(result, transport, context, more=more, raises=falls_back)
        except PymailError as error:
            self._note_failure(error, result.outgoing)
            raise
        for report in result.reports:
            if report.failure:
                self.note_refusal(report.failure)
            if self.is_watched:
                context.remark(report.remarks)
        if settings.logs_attempts:
            from pymail.delivery.log import log_outcome

            log_outcome(context, result)

    def _note_failure(self, error: PymailError, outgoing: "OutgoingMessage") -> None:
        from pymail.delivery.log import log_failure

        settings = outgoing.settings
        self.note_refusal(error)
        if error.unreached and settings.fallback:
            self._unreached.append((settings.server, error))
        log_failure(self.context, error, settings, outgoing)
        self.context.events.on_unreached(error)

    def _known_failure(self, server: Server) -> PymailError | None:
        return next((e for known, e in self._unreached if known == server), None)

    def close(self) -> None:
        """End the session if it is open."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def reach(self, settings: Settings) -> Transport:
        """Return the transport to the settings' server, connecting or connected."""
        server, watched = settings.server, self.is_watched
        if self._transport is not None:
            if self._reaches == (server, watched):
                return self._transport
            self.close()
        from pymail.transport.choose import choose

        context, self._reaches = self.context, (server, watched)
        make = partial(
            choose,
            _wait_for_goodbye(server) if watched else server,
            environment=context.environment,
        )
        is_free = context.environment.stderr_is_terminal and not watched
        if is_free and context.progress is not False:
            from pymail.delivery import progress

            self._transport = progress.show(server, context, make, self._ask_secret)
        if self._transport is None:
            trace = context.make_trace(debug=self.debug)
            self._transport = make(trace=trace, ask_secret=self._ask_secret)
        self._transport.hold_signals = context.signals.hold
        self._find_logins(settings)
        return self._transport

    def _ask_secret(self, login: Login, host: str) -> Secret:
        assert self._logins is not None  # noqa: S101 - a server with a login has them
        return self._logins(login, host)

    def _find_logins(self, settings: Settings) -> None:
        """Create the login lookup, while the transport connects."""
        self._logins = None
        if isinstance(settings.server, SmtpServer) and settings.server.login:
            from pymail.delivery.logins import Logins

            watched = self.is_watched
            self._logins = Logins(
                settings, self.context, verbose=watched, each_session=self._lasts
            )

    def note_refusal(self, failure: PymailError) -> None:
        """Remember the login of an attempt if the server refused it."""
        if self._logins and isinstance(failure, AuthenticationError):
            self._logins.note_refusal(failure)

    def try_login(self, settings: Settings) -> None:
        """Connect and log in as for a message, over a separate connection.

        Raises:
            PymailError: either fails.
        """
        server = settings.server
        if not isinstance(server, SmtpServer):
            return
        from pymail.transport import handshake

        before = self._logins
        self._find_logins(settings)
        try:
            trace = self.context.make_trace(debug=self.debug)
            handshake.verify_login(server, self._ask_secret, trace)
        except PymailError as error:
            self.note_refusal(error)
            raise
        finally:
            self._logins = before


def _wait_for_goodbye(server: Server) -> Server:
    """Set a timeout for the reply to QUIT, so that the trace shows it."""
    if not isinstance(server, SmtpServer | LmtpSocket):
        return server
    return replace(server, timeouts=replace(server.timeouts, quit=GOODBYE_SECONDS))
