"""Sending over one reused connection, with fallback accounts and logins.

The connection is begun before a letter is made, so that names are looked up and
the server thinks of its greeting meanwhile.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.errors import AuthenticationError, PymailError
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.models import Settings
from pymail.settings.server_models import LmtpSocket, Login, Server, SmtpServer
from pymail.transport.base import AskSecret, Trace, Transport

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.delivery.fallback import ByAccount
    from pymail.delivery.logins import Logins
    from pymail.delivery.outgoing import OutgoingMessage, Result
    from pymail.delivery.progress import ProgressDisplay

GOODBYE_SECONDS = 2.0


class Sender:
    """Sends messages to the server that the settings name, and stays connected.

    With `debug` the whole session is shown. A sender that `lasts` for hours looks
    secrets up again for every session: a token may have expired.
    `before` is called when a message is about to be taken, `after` when a letter was
    handed over, or could not be, and nothing is said about it yet. `sent` are the
    settings of the last letter, if all went well.
    """

    def __init__(
        self,
        context: RunContext,
        *,
        debug: bool = False,
        lasts: bool = False,
        before: Callable[[], None] | None = None,
        after: "Callable[[Result | PymailError], None]" = lambda _: None,
    ) -> None:
        self.context = context
        self.debug = debug
        self.sent: Settings | None = None
        self._lasts = lasts
        self._before = before
        self._after = after
        self._transport: Transport | None = None
        self._source: AskSecret  # once there is a transport
        self._reaches: tuple[Server, bool] | None = None  # and whether it is watched
        self._logins: Logins | None = None
        self._unreached: list[tuple[Server, PymailError]] = []  # with a fallback

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks on."""
        return self.debug or self.context.verbose

    def begin(self, settings: Settings) -> None:
        """Begin to reach the server; `send` raises what went wrong with that.

        Not when somebody may be asked for a pass phrase first: no server waits long.
        """
        if settings.smime.wanted or self._known_failure(settings.server):
            return
        self.reach(settings)

    def prepare(
        self, draft: Draft, settings: Settings, *, connect: bool = True
    ) -> "tuple[OutgoingMessage, Settings]":
        """Make the message; with `connect`, begin to reach the server meanwhile.

        Returns also the settings that take in what the draft says.

        Raises:
            PymailError: it cannot be made.
        """
        if connect:
            self.begin(settings)
        from pymail.delivery.prepare import prepare

        environment = self.context.environment
        ask = asking(settings, environment)
        return prepare(draft, settings, environment, ask_password=ask)

    def send(
        self,
        begun: "Result",
        settings: Settings,
        *,
        more: bool = False,
        by_account: "ByAccount | None" = None,
    ) -> "Result":
        """Hand the message of a result over, by another account if need be.

        `more` says that another one follows. `by_account` makes the message anew
        for the settings of another account, which takes it when the server cannot
        be reached.

        Raises:
            PymailError: the attempt ended before any recipient was asked for.
        """
        falls_back = bool(by_account and settings.fallback)
        try:
            result = self.attempt(begun, settings, more=more, falls_back=falls_back)
        except PymailError as failure:
            try:
                result = self._recover(begun, settings, failure, more, by_account)
            except PymailError as error:
                self._after(error)
                raise
        self._after(result)
        return result

    def _recover(
        self,
        begun: "Result",
        settings: Settings,
        failure: PymailError,
        more: bool,
        by_account: "ByAccount | None",
    ) -> "Result":
        """Go on with another account, or with the outbox; else the failure is raised."""
        if by_account and settings.fallback and failure.unreached:
            from pymail.delivery.fallback import Fallback

            again = partial(self.attempt, more=more, falls_back=True)
            watched = self.is_watched
            fallback = Fallback(again, self.context, by_account, watched=watched)
            return fallback.send(begun, failure, settings)
        if begun.queued:
            return begun.queued_after(failure)
        raise failure

    def attempt(
        self,
        begun: "Result",
        settings: Settings,
        *,
        more: bool = False,
        falls_back: bool = False,
    ) -> "Result":
        """Hand the message of a result over, and log what came of it.

        With `falls_back` a failure is raised, as without an outbox.

        Raises:
            PymailError: the attempt ended before any recipient was asked for.
        """
        context = self.context
        context.events.on_attempt(begun.outgoing, settings, context.fallback)
        try:
            result = self._deliver(begun, settings, more, falls_back=falls_back)
        except PymailError as error:
            self.note_refusal(error)
            if error.unreached and settings.fallback:
                self._unreached.append((settings.server, error))
            from pymail.delivery.log import log_failure

            log_failure(context, error, settings, begun.outgoing)
            context.events.on_unreached(error)
            raise
        for report in result.reports:
            self.note_refusal(report.failure)
            context.remark(report.remarks if self.is_watched else ())
        if settings.logs_attempts:
            from pymail.delivery.log import log_outcome

            log_outcome(context, result, settings)
        return result

    def _deliver(
        self, begun: "Result", settings: Settings, more: bool, *, falls_back: bool
    ) -> "Result":
        from pymail.delivery.outgoing import deliver

        failure = self._known_failure(settings.server)
        if failure and not settings.outbox:
            raise failure  # the next letter need not wait for it again
        if self._before:
            begun.outgoing = begun.outgoing.with_callback(self._before)
        return deliver(
            begun.outgoing,
            self.reach(settings),
            settings,
            self.context.environment,
            more=more,
            begun=begun,
            falls_back=falls_back,
        )

    def _known_failure(self, server: Server) -> PymailError | None:
        return next((e for known, e in self._unreached if known == server), None)

    def close(self) -> None:
        """Say goodbye, if the server waits for more."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def reach(self, settings: Settings) -> Transport:
        """Return the way to the server that settings name, begun if it is not yet."""
        server = settings.server
        watched = self.is_watched
        if self._transport is not None and self._reaches == (server, watched):
            return self._transport
        self.close()
        from pymail.transport.choose import choose

        self._reaches = server, watched
        display = self._display(server)
        transport = choose(
            _wait_for_goodbye(server) if watched else server,
            trace=display.trace
            if display
            else session_trace(self.context, debug=self.debug),
            ask_secret=display.pausing(self._ask) if display else self._ask,
            environment=self.context.environment,
        )
        self._source = self._secret_source(settings, watched=watched)
        transport.hold_signals = self.context.hold_signals
        transport.heed_signals = self.context.heed_signals
        self._transport = display.around(transport) if display else transport
        return self._transport

    def _display(self, server: Server) -> "ProgressDisplay | None":
        """Return what shows how far mails are, on a terminal that nothing else uses."""
        context = self.context
        is_free = context.environment.stderr_is_terminal and not self.is_watched
        if context.progress is False or not is_free:
            return None
        from pymail.delivery import progress

        return progress.display_for(server, context)

    def _ask(self, login: Login, host: str) -> Secret:
        return self._source(login, host)

    def _secret_source(self, settings: Settings, *, watched: bool) -> AskSecret:
        """Make the function for secrets; the connection is being made meanwhile."""
        server = settings.server
        self._logins = None
        if not isinstance(server, SmtpServer) or server.login is None:
            return asking(settings, self.context.environment)
        from pymail.delivery.logins import Logins

        self._logins = Logins(
            settings, server, self.context, tell=watched, anew=self._lasts
        )
        return self._logins

    def note_refusal(self, failure: PymailError | None) -> None:
        """Hear how an attempt ended: a login that was refused is remembered."""
        if self._logins and isinstance(failure, AuthenticationError):
            self._logins.note_refusal(failure)

    def try_login(self, settings: Settings) -> None:
        """Connect and log in over a connection of its own, as letters would.

        Raises:
            PymailError: it fails.
        """
        server = settings.server
        if not isinstance(server, SmtpServer):
            return
        from pymail.transport import handshake

        before = self._logins
        ask = self._secret_source(settings, watched=self.is_watched)
        try:
            trace = session_trace(self.context, debug=self.debug)
            handshake.verify_login(server, ask, trace)
        except PymailError as error:
            self.note_refusal(error)
            raise
        finally:
            self._logins = before


def asking(settings: Settings, environment: Environment) -> AskSecret:
    """Make the function that finds passwords; it loads nothing until it is called.

    It asks the user once, however many messages a letter makes.
    """
    known: dict[tuple[str, str], Secret] = {}

    def ask(login: Login, host: str) -> Secret:
        from pymail.credentials import chain

        key = (login.user, host)
        if key not in known:
            known[key] = chain.make_chain(environment, settings.lookup)(login, host)
        return known[key]

    return ask


def _wait_for_goodbye(server: Server) -> Server:
    """Wait for the answer to QUIT, for those who look on."""
    if not isinstance(server, SmtpServer | LmtpSocket):
        return server
    return replace(server, timeouts=replace(server.timeouts, quit=GOODBYE_SECONDS))


def session_trace(context: RunContext, *, debug: bool) -> Trace:
    """Make the trace of a session: with `debug` all of it, else as the context is."""
    from pymail.terminal.trace import choose_trace

    warn, verbose = context.events.on_warning, context.verbose
    return choose_trace(context.environment, warn, verbose=verbose, debug=debug)
