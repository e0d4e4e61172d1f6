"""Passwords of `--password-fd` and `--password-file`.

They are read once, however often settings are resolved, and before anything is
sent. A file that is named and holds nothing is an error.
"""

from collections.abc import Iterator

from pymail.credentials.base import Found, Missing
from pymail.credentials.descriptor import SECONDS, of_descriptor
from pymail.credentials.first_line import OCTETS, exposed, line, reason
from pymail.credentials.pasted import cleaned
from pymail.environment import Environment
from pymail.errors import SettingsError, UnreadableInputError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.loader import Loaded, LoadRequest
from pymail.settings.models import Settings
from pymail.settings.server_models import SecretSource, SmtpServer


def read_passwords(
    descriptor: int | None, file: str | None, environment: Environment
) -> tuple[SecretSource, ...]:
    """Read what the two options name, the descriptor first.

    Raises:
        UnreadableInputError: one cannot be read, or holds no password.
    """
    return tuple(
        SecretSource(place=found.place, secret=found.secret, for_this_run=True)
        for found in _read(descriptor, file, environment)
    )


def with_passwords(
    settings: Settings, loaded: Loaded, environment: Environment
) -> Settings:
    """Put them before all other sources of the secret.

    Raises:
        UnreadableInputError: one cannot be read, or holds no password.
        SettingsError: nobody logs in, so that they are of no use.
    """
    request = loaded.request
    server = settings.server
    if not isinstance(server, SmtpServer) or server.login is None:
        raise _of_no_use(settings, request)
    if loaded.passwords is None:
        fd, file = request.password_fd, request.password_file
        loaded.passwords = read_passwords(fd, file, environment)
    sources = (*loaded.passwords, *server.login.sources)
    return replace(
        settings,
        server=replace(server, login=replace(server.login, sources=sources)),
        remarks=(*settings.remarks, *_remarks(request, environment)),
    )


def _of_no_use(settings: Settings, request: LoadRequest) -> SettingsError:
    fd = request.password_fd is not None
    option = "--password-fd" if fd else "--password-file"
    if isinstance(settings.server, SmtpServer):
        return SettingsError(
            f"{option}: a password is of no use without a login, and there is none",
            advice="name the user: set smtp-auth-user=… in mail.rc, or with -S",
        )
    return SettingsError(
        f"{option}: a password is of no use, because no SMTP server is set",
        advice="name the server: set smtp=… in mail.rc, or with -S",
    )


def _read(
    descriptor: int | None, file: str | None, environment: Environment
) -> Iterator[Found]:
    if descriptor is not None:
        text = of_descriptor(descriptor, SECONDS)
        yield _found(f"--password-fd {descriptor}", text)
    if file is not None:
        text = _in_file(file, environment)
        yield _found(f"--password-file {file}", text)


def _in_file(name: str, environment: Environment) -> str | Missing:
    """Read it; a pipe is fine, as of the shell's <(command)."""
    try:
        with environment.expand(name).open("rb") as file:
            return line(file.readline(OCTETS))
    except (OSError, ValueError) as error:
        return Missing(reason(error))


def _found(place: str, text: str | Missing) -> Found:
    if isinstance(text, Missing):
        raise UnreadableInputError(f"{place}: {text.reason}")
    answer = cleaned(Found(Secret(text), place), "")
    if isinstance(answer, Missing):
        raise UnreadableInputError(answer.reason)
    return answer


def _remarks(request: LoadRequest, environment: Environment) -> Iterator[str]:
    name = request.password_file
    if name is not None and exposed(environment.expand(name)):
        yield f"--password-file {name}: others can read it (chmod 600)"
