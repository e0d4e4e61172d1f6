"""Who takes the letters of a run to the server, all of them in one session.

The connection is begun before a letter is made, so that names are looked up and
the server thinks of its greeting meanwhile.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.errors import AuthenticationError, CannotKeepError, PymailError
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
    from pymail.delivery.progress import Watch
    from pymail.terminal.null_trace import Quiet

GOODBYE_SECONDS = 2.0


class Sender:
    """Takes letters to the server that the settings name, and keeps in touch with it.

    With `debug` the whole session is shown; what is said besides is the context's.
    `before` is called when a message is about to be taken, `after` when a letter was
    handed over, or could not be, and nothing is said about it yet.
    """

    def __init__(
        self,
        context: RunContext,
        *,
        debug: bool = False,
        before: Callable[[], None] | None = None,
        after: "Callable[[Result | PymailError], None]" = lambda _: None,
    ) -> None:
        self.context = context
        self.debug = debug
        self._before = before
        self._after = after
        self._transport: Transport | None = None
        self._reaches: tuple[Server, bool] | None = None  # and whether it is watched
        self._logins: Logins | None = None
        self._unreached: list[tuple[Server, PymailError]] = []  # with a fallback
        self._sent: Settings | None = None  # of the last letter, if all have got it

    lasts = False  # for hours, so that secrets have to be looked up again

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks on."""
        return self.debug or self.context.verbose

    def begin(self, settings: Settings) -> None:
        """Begin to reach the server; `deliver` says what went wrong with that.

        Not when somebody may be asked for a pass phrase first: no server waits long.
        """
        if settings.sealing.wanted or self._known_failure(settings.server):
            return
        self.reach(settings)

    def prepare(
        self, draft: Draft, settings: Settings
    ) -> "tuple[OutgoingMessage, Settings]":
        """Begin to reach the server, and make the message meanwhile.

        Raises:
            PymailError: it cannot be made.
        """
        self.begin(settings)
        from pymail.delivery.prepare import prepare

        environment = self.context.environment
        ask = asking(settings, environment)
        return prepare(draft, settings, environment, ask_password=ask)

    def deliver(
        self,
        outgoing: "OutgoingMessage",
        settings: Settings,
        *,
        more: bool = False,
        by_account: "ByAccount | None" = None,
    ) -> int:
        """Hand a message over, say what came of it, and tell the exit status.

        `more` and `by_account` are as `outcome_of` has them.

        Raises:
            PymailError: the attempt ended before any recipient was asked for.
        """
        from pymail.delivery.outgoing import Result

        begun = Result(outgoing=outgoing)
        try:
            result = self.outcome_of(begun, settings, more=more, by_account=by_account)
        except PymailError as error:
            self._after(error)
            raise
        self._after(result)
        status = self.context.finish(result)
        self._sent = settings if status == 0 else None
        if more:
            self.context.letter = None  # it is done with, whatever signal has come
            self.context.heed_signals()
        return status

    def outcome_of(
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
            return self.attempt(begun, settings, more=more, falls_back=falls_back)
        except PymailError as failure:
            if by_account and settings.fallback and failure.unreached:
                from pymail.delivery.fallback import Fallback

                fallback = Fallback(self, self.context, by_account, more=more)
                return fallback.go_on(begun, failure, settings)
            if begun.queued:
                return begun.queued_after(failure)
            raise

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
        told = self.context.told
        if told:
            told.begins(begun.outgoing, settings, self.context.fallback)
        try:
            result = self._delivered(begun, settings, more, falls_back=falls_back)
        except PymailError as error:
            self.refused(error)
            if error.unreached and settings.fallback:
                self._unreached.append((settings.server, error))
            self.context.log_failure(error, settings, begun.outgoing)
            if told:
                told.lost(error)
            raise
        for report in result.reports:
            self.refused(report.failure)
            self.context.remark(report.remarks if self.is_watched else ())
        self.context.log(result, settings)
        return result

    def _delivered(
        self, begun: "Result", settings: Settings, more: bool, *, falls_back: bool
    ) -> "Result":
        from pymail.delivery.deliver import deliver

        failure = self._known_failure(settings.server)
        if failure and not settings.retrying.outbox:
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

    def followed_by(self) -> Settings | None:
        """Return the settings of an outbox where mails wait behind one that went."""
        if self._sent is None or not self._sent.retrying.follows:
            return None
        from pymail.outbox.directory import Outbox

        assert self._sent.retrying.outbox  # noqa: S101 - there is one
        try:
            now = self.context.environment.now()
            waiting = Outbox(self._sent.retrying.outbox).due(now)
        except CannotKeepError:  # which was told already
            return None
        return self._sent if waiting else None

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
        from pymail.transport.choose import begin, choose

        connecting = begin(server)  # before what else is loaded here
        environment = self.context.environment
        self._reaches = server, watched
        ask_secret = self._asking(settings, watched=watched)
        watch = self._watch(server)
        transport = choose(
            with_goodbye(server) if watched else server,
            trace=watch.trace if watch else self._trace(),
            ask_secret=watch.asking(ask_secret) if watch else ask_secret,
            environment=environment,
            connecting=connecting,
        )
        transport.hold_signals = self.context.hold_signals
        transport.heed_signals = self.context.heed_signals
        self._transport = watch.around(transport) if watch else transport
        return self._transport

    def _watch(self, server: Server) -> "Watch | None":
        """Return what shows how far mails are, on a terminal that nothing else uses."""
        context = self.context
        is_free = context.environment.stderr_is_terminal and not self.is_watched
        if context.progress is False or not is_free:
            return None
        from pymail.delivery import progress

        return progress.of(server, context)

    def _asking(self, settings: Settings, *, watched: bool) -> AskSecret:
        """Make the function for secrets; the connection is being made meanwhile."""
        server = settings.server
        self._logins = None
        if not isinstance(server, SmtpServer) or server.login is None:
            return asking(settings, self.context.environment)
        from pymail.delivery.logins import Logins

        self._logins = Logins(
            settings, server, self.context, tell=watched, anew=self.lasts
        )
        return self._logins

    def refused(self, failure: PymailError | None) -> None:
        """Hear how an attempt ended: a login that was refused is remembered."""
        if self._logins and isinstance(failure, AuthenticationError):
            self._logins.refused(failure)

    def _trace(self) -> Trace:
        return listening(self.context, debug=self.debug)


def asking(settings: Settings, environment: Environment) -> AskSecret:
    """Make the function that finds passwords; it loads nothing until it is called.

    It asks the user once, however many messages a letter makes.
    """
    known: dict[tuple[str, str], Secret] = {}

    def ask(login: Login, host: str) -> Secret:
        from pymail.credentials import chain

        key = (login.user, host)
        if key not in known:
            known[key] = chain.of(environment, settings.lookup)(login, host)
        return known[key]

    return ask


def with_goodbye(server: Server) -> Server:
    """Wait for the answer to QUIT, for those who look on."""
    if not isinstance(server, SmtpServer | LmtpSocket):
        return server
    return replace(server, timeouts=replace(server.timeouts, quit=GOODBYE_SECONDS))


def listening(context: RunContext, *, debug: bool) -> Trace:
    """Make what shows a session; with `debug` all of it, else as the context is."""
    trace = _listening(context.environment, debug=debug, verbose=context.verbose)
    if context.told:
        trace.hear = context.told.warn
    return trace


def _listening(environment: Environment, *, debug: bool, verbose: bool) -> "Quiet":
    if not (debug or verbose):
        from pymail.terminal.null_trace import Quiet

        return Quiet(environment.stderr)
    from pymail.terminal import trace

    if debug:
        return trace.Debug(environment.stderr, environment.clock)
    return trace.Verbose(environment.stderr)
