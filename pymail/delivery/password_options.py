"""Passwords of `--password-fd` and `--password-file`.

They are read once, however often settings are resolved, and before a message is sent.
An empty file is an error.
"""

from collections.abc import Iterator

from pymail.credentials.secret_text import (
    DESCRIPTOR_SECONDS,
    LONGEST_OCTETS,
    Found,
    Missing,
    clean,
    first_line,
    is_readable_by_others,
    read_descriptor_line,
)
from pymail.environment import Environment
from pymail.errors import SettingsError, UnreadableInputError
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.loader import Loaded, LoadRequest
from pymail.settings.models import Settings
from pymail.settings.server_models import SecretSource, SmtpServer
from pymail.text import system_message


def read_passwords(
    descriptor: int | None, file: str | None, environment: Environment
) -> tuple[SecretSource, ...]:
    """Read the passwords of the two options, the descriptor first.

    Raises:
        UnreadableInputError: the descriptor or file can't be read, or is empty.
    """
    found = []
    if descriptor is not None:
        text = read_descriptor_line(descriptor, DESCRIPTOR_SECONDS)
        found.append(_source(f"--password-fd {descriptor}", text))
    if file is not None:
        found.append(_source(f"--password-file {file}", _in_file(file, environment)))
    return tuple(found)


def with_passwords(
    settings: Settings, loaded: Loaded, environment: Environment
) -> Settings:
    """Put the passwords before all other sources of the secret.

    Raises:
        UnreadableInputError: the descriptor or file can't be read, or is empty.
        SettingsError: there is no login to use them for.
    """
    request = loaded.request
    server = settings.server
    if not isinstance(server, SmtpServer) or server.login is None:
        raise _useless(settings, request)
    if loaded.passwords is None:
        fd, file = request.password_fd, request.password_file
        loaded.passwords = read_passwords(fd, file, environment)
    sources = (*loaded.passwords, *server.login.sources)
    return replace(
        settings,
        server=replace(server, login=replace(server.login, sources=sources)),
        remarks=(*settings.remarks, *_remarks(request, environment)),
    )


def _useless(settings: Settings, request: LoadRequest) -> SettingsError:
    fd = request.password_fd is not None
    option = "--password-fd" if fd else "--password-file"
    if isinstance(settings.server, SmtpServer):
        return SettingsError(
            f"{option} can't be used without a login, and no user is set",
            advice="name the user: set smtp-auth-user=… in mail.rc, or with -S",
        )
    return SettingsError(
        f"{option} can't be used, because no SMTP server is set",
        advice="name the server: set smtp=… in mail.rc, or with -S",
    )


def _in_file(name: str, environment: Environment) -> str | Missing:
    """Read the first line of a file or pipe, such as the shell's <(command)."""
    try:
        with environment.expand(name).open("rb") as file:
            return first_line(file.readline(LONGEST_OCTETS))
    except (OSError, ValueError) as error:
        return Missing(system_message(error))


def _source(place: str, text: str | Missing) -> SecretSource:
    if isinstance(text, Missing):
        raise UnreadableInputError(f"{place}: {text.reason}")
    answer = clean(Found(Secret(text), place), "")
    if isinstance(answer, Missing):
        raise UnreadableInputError(answer.reason)
    return SecretSource(place=answer.place, secret=answer.secret, for_this_run=True)


def _remarks(request: LoadRequest, environment: Environment) -> Iterator[str]:
    name = request.password_file
    if name is not None and is_readable_by_others(environment.expand(name)):
        yield f"--password-file {name}: others can read it (chmod 600)"
