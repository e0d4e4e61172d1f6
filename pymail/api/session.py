"""Functions and sessions that send mail from Python."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from pymail.api.draft import Addresses, Attach, Draft, Fields, make_draft
from pymail.api.result import (
    Explained,
    LoggedEvents,
    make_report,
    raise_for_undelivered,
    raise_with,
)
from pymail.api.settings import (
    CallerSettings,
    Password,
    Setting,
    as_secret,
    check_sends,
)
from pymail.delivery.context import RunContext
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

if TYPE_CHECKING:
    from email.message import Message


def connect(
    url: str | None = None,
    *,
    user: str | None = None,
    password: Password | None = None,
    account: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    timeout: float | None = None,
    debug: bool | TextIO = False,
) -> "Session":
    """Return a session: several messages to one server with one login.

    Use it in a `with` block. The first message opens the connection.

    With `url` ("smtps://HOST", "smtp://HOST:587", "lmtp:///SOCKET") no mail.rc and no
    environment variable changes a message, and `user` is the author unless the
    message names another. Without `url` the settings are those of the command: mail.rc
    of the system and of the user, and the environment; see pymail.rc(5).

    `password` is a string, or a function that returns one and is called for each login
    (an access token that expires). Without it, pymail looks where the command does:
    $PYMAIL_PASSWORD, systemd's credentials, its own file, netrc, the keyring; it never
    asks at a terminal. No trace, repr or exception shows a password.

    `account` is an account of mail.rc. `settings` are variables as -S sets them:
    {"smtp-use-starttls": True, "record": False}; True sets, False and None unset.
    `timeout` is the longest wait for any reply, in seconds; without it the limits of
    RFC 5321 §4.5.3.2 apply. `debug` writes the SMTP session to standard error, or to
    a text stream.

    Raises:
        SettingsError: a file or an argument is wrong, or a setting is unknown.
    """
    password = as_secret(password)  # tools show the variables of a call that fails
    caller = CallerSettings(
        url=url,
        user=user,
        password=password,
        account=account,
        timeout=timeout,
        variables=settings or {},
    )
    return Session(caller, debug)


def send(
    text: "str | bytes | Draft | Message" = "",
    *,
    to: Addresses = (),
    subject: str | None = None,
    cc: Addresses = (),
    bcc: Addresses = (),
    from_: Addresses = (),
    sender: str = "",
    reply_to: Addresses = (),
    html: str | None = None,
    markdown: bool = False,
    attach: Attach = (),
    fields: Fields = (),
    account: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    debug: bool | TextIO = False,
    check: bool = True,
) -> Report:
    """Send one message with the settings of the command, and return its report.

    `text` is the body, or a whole message: a `Draft` or an `EmailMessage`. `Draft`
    describes the arguments from `to` to `fields`, `connect` describes `account`,
    `settings` and `debug`, and `Session.send` describes `check`.

    The settings apply as for the command: aliases, record, log file, fallback accounts,
    outbox. `pymail --flush` retries the messages in the outbox; `Report.waiting` names
    their recipients, and nothing is raised for them. No dead letter is written,
    because the caller still has the message.

    Raises:
        UndeliveredError: some recipients did not get it; see its `report`.
        PymailError: no recipient got it; see `pymail.errors`.
    """
    draft: Draft | Message = Draft(
        text=text if isinstance(text, str | bytes) else "",
        to=to,
        subject=subject,
        cc=cc,
        bcc=bcc,
        from_=from_,
        sender=sender,
        reply_to=reply_to,
        html=html,
        markdown=markdown,
        attach=attach,
        fields=fields,
    )
    if not isinstance(text, str | bytes):
        if draft != Draft():
            article = "a" if isinstance(text, Draft) else "an"
            raise TypeError(
                f"{article} {type(text).__name__} has its own recipients, fields and files"
            )
        draft = text
    with closing(connect(account=account, settings=settings, debug=debug)) as session:
        return session.send(draft, check=check, more=False)


def build(
    draft: "Draft | Message",
    *,
    account: str | None = None,
    settings: Mapping[str, Setting] | None = None,
) -> bytes:
    """Return the message that `send` would send, without a connection.

    Lines end in CRLF (RFC 5322 §2.1).

    Raises:
        PymailError: the message or the settings are wrong.
    """
    return connect(account=account, settings=settings).build(draft)


class Session:
    """Messages to one server, one after the other, with one login; see `connect`.

    The first message opens the connection; if the server has closed it, the next
    message opens it again. A session that had to change to a fallback account
    (`smtp-fallback`) keeps that account. `close`, or the end of a `with` block, sends
    QUIT. Use one session per thread.
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

    def send(
        self, draft: "Draft | Message", *, check: bool = True, more: bool = True
    ) -> Report:
        """Send a `Draft` or an `EmailMessage`, and return its report.

        The server may refuse some recipients and accept the others. With `check` this
        raises unless it accepted all of them, or the rest waits in the outbox. Without
        `check` the report alone has these failures, and those of the connection; a
        wrong address, file or setting raises in any case.

        An exception has a `report` once the recipients are known. If no `more`
        messages follow, `more=False` saves a round trip.

        Raises:
            UndeliveredError: some recipients did not get it; see its `report`.
            PymailError: no recipient got it; see `pymail.errors`.
        """
        context = self._context
        with Explained(context), ExitStack() as files:
            check_sends(self._loaded)
            context.settings = self._settings
            self._sender.connect(self._settings)  # in the background
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
        """Make the message; log a failure if the settings ask for a log."""
        context = self._context
        try:
            return _prepare(draft, settings, context.environment)
        except PymailError as error:
            log_failure(context, error, settings)
            raise
        finally:
            context.draft = None

    def build(self, draft: "Draft | Message") -> bytes:
        """Return the message that `send` would send, without a connection.

        Lines end in CRLF (RFC 5322 §2.1). If some recipients get it encrypted, the
        result is the message of the first recipient.

        Raises:
            PymailError: the message or the settings are wrong.
        """
        with Explained(self._context), ExitStack() as files:
            self._context.settings = self._settings
            written = make_draft(draft, files, self._context)
            outgoing = _prepare(written, self._settings, self._context.environment)
            whole = outgoing.whole(keep_bcc=False)
            messages = [message for _, message in outgoing.versions] or [whole]
            return b"".join(messages[0].chunks())

    def check(self) -> None:
        """Connect and log in over a connection of its own, without sending a message.

        Raises:
            PymailError: the server can't be reached, or refuses the login.
        """
        self._context.settings = self._settings
        with Explained(self._context):
            self._sender.try_login(self._settings)

    def close(self) -> None:
        """Send QUIT and close the connection; another message opens it again."""
        self._sender.close()


def _prepare(
    draft: message.Draft, settings: Settings, environment: Environment
) -> OutgoingMessage:
    if draft.unread_header:  # an EmailMessage
        from pymail.delivery.raw_message import read_message

        draft = read_message(draft, settings)
    return prepare(draft, settings, environment)
