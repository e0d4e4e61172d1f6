"""Logins of a run: the secret used, where it was found, and refusals.

A login that the server refuses says where its secret was found, and is remembered
(see `files.refused_logins`): for a while this machine does not try it again. --login,
--setup and --check do not look at that.
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

# These say something about the command, and nothing about the secret.
_OF_THE_COMMAND = frozenset({500, 501, 502, 503, 504, 530, 538})


class Logins:
    """Finds the secrets of one server, and learns which of them are refused.

    It is the function that a transport asks. With `tell` it says which secret
    is used; with `anew` it looks for it again for every session: the one of an hour
    ago may be a token that has expired.
    """

    def __init__(
        self,
        settings: Settings,
        context: RunContext,
        *,
        tell: bool,
        anew: bool = False,
    ) -> None:
        self._context = context
        assert isinstance(settings.server, SmtpServer)  # noqa: S101 - others have none
        self._port = settings.server.port
        self._chain = chain.make_chain(context.environment, settings.lookup)
        self._tell = tell
        self._anew = anew
        self._refusals = refused_logins.find(context.environment)
        self._known: dict[tuple[str, str], Found] = {}
        self._last: tuple[Account, Found] | None = None  # that goes to the server

    def __call__(self, login: Login, host: str) -> Secret:
        """Return the secret; the user is asked once, however many sessions there are.

        Raises:
            AuthenticationError: there is none, or the server has refused it lately.
        """
        key = (login.user, host)
        if self._anew or key not in self._known:
            self._known[key] = self._chain.find(login, host)
            if self._tell:
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
        """Say in the failure which secret it was; remember it if that is for good."""
        if self._last is None or error.reply is None:
            return
        account, found = self._last
        self._last = None  # one failure, told once
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
            if file.startswith("~/"):  # others may need to read the system's
                words += f" (chmod 600 {file})"
        return words


def forget_refusal(server: SmtpServer, environment: Environment) -> None:
    """Let every mail try a login again that has worked now."""
    user = server.login.user if server.login else ""
    refused_logins.find(environment).forget(Account(user, server.host, server.port))


def _with_account(
    error: AuthenticationError, user: str, found: Found
) -> AuthenticationError:
    """Let the failure know who it is about, and where a better secret has to go."""
    error.user, error.place = user, place_for_another(found)
    return error


def place_for_another(found: Found) -> str:
    """Where a better secret has to go; empty for the stores of pymail's own."""
    return found.place if found.explicit else ""


def _remembered_refusal(refused: Refusal, secret: str) -> AuthenticationError:
    """Say what is known already, as the server has said it."""
    when, until = map(_clock_time, (refused.when, refused.until))
    return AuthenticationError(
        f"not tried: the server refused this login at {when} ({refused.reply}),"
        f" with {secret}; pymail tries it again after {until}, or at once with"
        " --check or --login, or with another password",
        reply=refused.reply,
    )


def _clock_time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%H:%M}"
