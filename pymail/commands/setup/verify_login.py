"""Try logins before they are kept: what --setup and --login have in common."""

from collections.abc import Callable

from pymail.delivery.context import RunContext
from pymail.delivery.logins import forget_refusal
from pymail.delivery.sender import session_trace
from pymail.errors import AuthenticationError, PymailError
from pymail.report.explain import explain_failure
from pymail.report.providers import SecretKind
from pymail.secret import Secret
from pymail.settings.server_models import SmtpServer
from pymail.terminal import lines
from pymail.terminal.renderer import say
from pymail.transport import verify
from pymail.transport.base import AskSecret

_SHOWN_IN_GROUPS = frozenset({SecretKind.AUTHORIZATION_CODE, SecretKind.APP_PASSWORD})

Try = Callable[[AskSecret], None]


class Trier:
    """Tries secrets at one server."""

    def __init__(self, server: SmtpServer, context: RunContext, *, debug: bool) -> None:
        self._server = server
        self._context = context
        self._trace = session_trace(context, debug=debug)

    def __call__(self, ask_secret: AskSecret) -> None:
        """Log in, and leave.

        Raises:
            AuthenticationError: the server does not accept it.
            PymailError: it came not so far.
        """
        verify.log_in(self._server, ask_secret, self._trace)
        forget_refusal(self._server, self._context.environment)

    def explain(self, error: AuthenticationError) -> None:
        """Say what a refusal means."""
        host = self._server.name
        spoken = self._context.language
        advice = explain_failure(error, host, language=spoken)
        said = lines.describe_failure(error, advice, language=spoken)
        say(self._context.environment, said)


def of_secret(secret: Secret) -> AskSecret:
    """Make the function that knows one secret."""
    return lambda _login, _host: secret


def is_final(error: AuthenticationError) -> bool:
    """Whether the server itself has said no, for good."""
    return error.reply is not None and error.reply.permanent


def told(error: PymailError) -> str:
    """Say what happened, with what the server said, in one line."""
    return f"{error}: {error.reply}" if error.reply else str(error)


def question(kind: SecretKind, user: str) -> str:
    """Ask for a secret in the provider's words."""
    words = kind.value
    return f"{words[0].upper()}{words[1:]} of {user}"


def shown_in_groups(kind: SecretKind) -> bool:
    """Whether the blanks in such a secret are not of it."""
    return kind in _SHOWN_IN_GROUPS
