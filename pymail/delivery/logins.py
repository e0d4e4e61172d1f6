"""Logins of a run: the secret, the place where it was found, and refusals.

If the server refuses a login, the error names the place of its secret, and
`files.refused_logins` remembers the refusal: pymail doesn't try the login again for a
while. --login, --setup and --check ignore that memory.
"""

from datetime import UTC, datetime

from pymail.credentials import chain
from pymail.credentials.secret_text import Found, is_readable_by_others
from pymail.delivery.context import RunContext
from pymail.environment import Environment
from pymail.errors import AuthenticationError
from pymail.files import refused_logins
from pymail.files.refused_logins import Account, Refusal
from pymail.report.delivery_report import can_recover
from pymail.secret import Secret
from pymail.settings.models import Settings
from pymail.settings.server_models import Login, SmtpServer

# Replies about the command, not about the secret.
_OF_THE_COMMAND = frozenset({500, 501, 502, 503, 504, 530, 538})


class Logins:
    """Finds the secrets for one server, and remembers which of them it refused.

    An instance is the `ask_secret` of a transport. With `verbose` it reports the place of
    the secret; with `each_session` it looks up the secret for each session, because that
    of an earlier session may be an expired token.
    """

    def __init__(
        self,
        settings: Settings,
        context: RunContext,
        *,
        verbose: bool,
        each_session: bool = False,
    ) -> None:
        self._context = context
        assert isinstance(settings.server, SmtpServer)  # noqa: S101 - others have none
        self._port = settings.server.port
        self._chain = chain.make_chain(context.environment, settings)
        self._verbose = verbose
        self._each_session = each_session
        self._refusals = refused_logins.find(context.environment)
        self._known: dict[tuple[str, str], Found] = {}
        self._last: tuple[Account, Found] | None = None  # the login now being tried

    def __call__(self, login: Login, host: str) -> Secret:
        """Return the secret; the user types it once, whatever the number of sessions.

        Raises:
            AuthenticationError: there is none, or the server refused it a short while
                ago.
        """
        key = (login.user, host)
        if self._each_session or key not in self._known:
            self._known[key] = self._chain.find(login, host)
            if self._verbose:
                self._context.remark(
                    [f"logging in as {login.user} with {self._describe(key)}"]
                )
        found = self._known[key]
        account = Account(login.user, host, self._port)
        now = self._context.environment.seconds()
        refused = self._refusals.remembered(account, found.secret, now)
        if refused:
            raise _with_account(
                _remembered_refusal(refused, self._describe(key)), login.user, found
            )
        self._last = account, found
        return found.secret

    def note_refusal(self, error: AuthenticationError) -> None:
        """Name the secret's place in the error; remember a permanent refusal."""
        if self._last is None or error.reply is None:
            return
        account, found = self._last
        self._last = None  # each failure gets the place once
        _with_account(error, account.user, found)
        error.happened += f", with {self._describe((account.user, account.host))}"
        if error.reply.code in _OF_THE_COMMAND or can_recover(error):
            return
        now = self._context.environment.seconds()
        self._refusals.remember(account, found.secret, Refusal(now, error.reply))

    def _describe(self, key: tuple[str, str]) -> str:
        place = self._known[key].place
        words = f"the password from {place}"
        file = place.rpartition(":")[0]  # "~/.mailrc:3"
        if file and is_readable_by_others(self._context.environment.expand(file)):
            words += ", which others can read"
            if file.startswith("~/"):  # other users may need to read the system's file
                words += f" (chmod 600 {file})"
        return words


def forget_refusal(server: SmtpServer, environment: Environment) -> None:
    """Forget the refusal of a login that has succeeded now."""
    user = server.login.user if server.login else ""
    refused_logins.find(environment).forget(Account(user, server.host, server.port))


def _with_account(
    error: AuthenticationError, user: str, found: Found
) -> AuthenticationError:
    """Add the user to the error, and the place where to replace the secret."""
    error.user, error.place = user, place_for_another(found)
    return error


def place_for_another(found: Found) -> str:
    """Return the place where to replace a secret; empty for the keyring and file."""
    return found.place if found.explicit else ""


def _remembered_refusal(refused: Refusal, secret: str) -> AuthenticationError:
    """Make the error of a login that isn't tried, with the server's earlier reply."""
    when, until = map(_clock_time, (refused.when, refused.until))
    return AuthenticationError(
        f"not tried: the server refused this login at {when} ({refused.reply}),"
        f" with {secret}; pymail tries it again after {until}, or at once with"
        " --check, --login or another password",
        reply=refused.reply,
    )


def _clock_time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%H:%M}"
