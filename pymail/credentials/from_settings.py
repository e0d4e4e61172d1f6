"""Secrets that settings and command line name: a value, a command, or a file."""

from pymail.credentials.base import Found, Missing
from pymail.credentials.secret_text import read_file_line
from pymail.environment import Environment
from pymail.secret import Secret
from pymail.settings.server_models import Login, SecretSource

COMMAND_SECONDS = 10.0


def find(
    environment: Environment,
    login: Login,
    _host: str,
    *,
    for_this_run: bool,
    command_seconds: float = COMMAND_SECONDS,
) -> Found | Missing:
    """Return the first secret that is named for this run, or in files."""
    misses = []
    for given in login.sources:
        if given.for_this_run is for_this_run:
            answer = _read(given, environment, command_seconds)
            if isinstance(answer, Found):
                return answer
            misses.append(answer.reason)
    nothing = "no smtp-auth-password, smtp-password-command or smtp-password-file"
    return Missing(", ".join(misses) or ("nothing given" if for_this_run else nothing))


def _read(
    given: SecretSource, environment: Environment, seconds: float
) -> Found | Missing:
    if given.secret is not None:
        return Found(given.secret, given.place)
    if given.ask is not None:  # what it raises is its caller's
        return Found(Secret(given.ask()), given.place)
    if given.file is not None:
        place = f"{given.file} ({given.place})"
        text = read_file_line(given.file, private=True)
    else:
        from pymail.credentials.password_command import run  # loads subprocess

        place = f"the command of {given.place}"
        text = run(given.command, environment, seconds)
    if isinstance(text, Missing):
        what = "smtp-password-command: " if given.command else ""
        return Missing(f"{given.place}: {what}{text.reason}")
    return Found(Secret(text), place)
