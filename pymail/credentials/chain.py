"""Search for the secret of a login: the first source that has it wins.

Explicit sources come before stored ones, cheap ones before slow ones; only a run with
a terminal prompts. The error for a missing secret names each source with its reason.
"""

import os
import re
from collections.abc import Callable
from functools import partial

from pymail.credentials import netrc, secret_file
from pymail.credentials.secret_text import (
    Found,
    Missing,
    clean,
    read_file_line,
)
from pymail.environment import Environment
from pymail.errors import AuthenticationError
from pymail.model import field, model, replace
from pymail.secret import Secret
from pymail.settings.models import KEY_HOST_SUFFIX, Settings
from pymail.settings.server_models import Login, SecretSource
from pymail.text import system_message

PASSWORD = "PYMAIL_PASSWORD"  # noqa: S105 - a name
DIRECTORY = "CREDENTIALS_DIRECTORY"
TERMINAL = "terminal"
COMMAND_SECONDS = 10.0

Source = Callable[[Login, str], Found | Missing]
"""Looks for the secret of a login at a server. Never raises."""

# Secrets from these sources take precedence over stored ones.
_EXPLICIT = ("this run", PASSWORD, DIRECTORY, "mail.rc")
_NOT_FOR_KEYS = Missing("not for private keys")
_NO_TERMINAL = Missing("no terminal to ask at")


@model()
class Chain:
    """The sources of secrets in order; a transport calls it (`transport.base.AskSecret`).

    Paths below `home` are shown with `~`. In an `attended` run a user at the terminal
    can type a password. `known` caches secrets, so that the user is asked only once.
    """

    places: tuple[tuple[str, Source], ...]
    home: str = ""
    attended: bool = False
    known: dict[tuple[str, str], Secret] = field(default_factory=dict)

    def __call__(self, login: Login, host: str) -> Secret:
        """Return the secret of `login` at `host`.

        Raises:
            AuthenticationError: no source has it; the message names every source.
        """
        key = (login.user, host)
        if key not in self.known:
            self.known[key] = self.find(login, host).secret
        return self.known[key]

    def find(self, login: Login, host: str) -> Found:
        """Return the secret of `login` at `host` with its place.

        Raises:
            AuthenticationError: no source has it; the message names every source.
        """
        if not login.user:
            raise AuthenticationError(
                f"a login at {host} is needed, but no user is set",
                advice="set smtp-auth-user=… in mail.rc, or smtp-auth=none",
            )
        misses = []
        for name, source in self.places:
            answer = self._ask(name, source, login, host)
            if isinstance(answer, Found):
                return answer
            misses.append(f"{name} ({answer.reason})")
        tried = "; ".join(misses)
        # a job of cron can't read a keyring that is open in a desktop session only
        where = "" if self.attended else " --store file"
        advice = f"pymail --login {login.user}{where}"
        if denied := re.search(r"credentials file \((/\S+): permission denied", tried):
            advice = f"ask root to add you to the group that can read {denied[1]}"
        raise AuthenticationError(
            f"no password for {login.user} at {host}; tried: {tried}", advice=advice
        )

    def survey(self, login: Login, host: str) -> list[tuple[str, Found | Missing]]:
        """Ask every source, also behind the first that has the secret; never prompts."""
        *places, _ = self.places
        answers = [(name, self._ask(name, each, login, host)) for name, each in places]
        last = Missing("would prompt") if self.attended else _NO_TERMINAL
        return [*answers, (TERMINAL, last)]

    def _ask(
        self, name: str, source: Source, login: Login, host: str
    ) -> Found | Missing:
        answer = source(login, host)
        if isinstance(answer, Found):
            answer = clean(answer, host)
        if isinstance(answer, Missing):
            return Missing(self._abbreviate(answer.reason))
        return Found(answer.secret, self._abbreviate(answer.place), name in _EXPLICIT)

    def _abbreviate(self, text: str) -> str:
        below_home = rf"(?<![^\s(]){re.escape(self.home)}/"
        return re.sub(below_home, "~/", text) if self.home else text


def make_chain(environment: Environment, settings: Settings) -> Chain:
    """Make the chain for this run."""
    own, system = secret_file.own_files(environment)
    netrc_file = settings.netrc or environment.expand("~/.netrc")
    seconds = settings.keyring_seconds
    return Chain(
        (
            ("this run", partial(find_in_settings, environment, for_this_run=True)),
            (PASSWORD, partial(find_in_environment, environment)),
            (DIRECTORY, partial(find_of_systemd, environment, settings.account)),
            ("mail.rc", partial(find_in_settings, environment, for_this_run=False)),
            ("credentials file", own.find),
            ("credentials file", system.find),
            ("netrc", partial(netrc.find, netrc_file)),
            ("keyring", partial(_ask_keyring, environment, seconds)),
            (TERMINAL, partial(ask_at_terminal, environment)),
        ),
        home=str(environment.home).rstrip("/"),
        attended=environment.stderr_is_terminal,
    )


def find_in_settings(
    environment: Environment,
    login: Login,
    _host: str,
    *,
    for_this_run: bool,
    command_seconds: float = COMMAND_SECONDS,
) -> Found | Missing:
    """Find the first secret of the options of this run, or of the settings files."""
    misses = []
    for source in login.sources:
        if source.for_this_run is for_this_run:
            answer = _read(source, environment, command_seconds)
            if isinstance(answer, Found):
                return answer
            misses.append(answer.reason)
    nothing = "no smtp-auth-password, smtp-password-command or smtp-password-file"
    return Missing(
        ", ".join(misses) or ("no password option" if for_this_run else nothing)
    )


def _read(
    source: SecretSource, environment: Environment, seconds: float
) -> Found | Missing:
    if source.secret is not None:
        return Found(source.secret, source.place)
    if source.ask is not None:  # its exceptions are for the program that passed it
        return Found(Secret(source.ask()), source.place)
    if source.file is not None:
        place = f"{source.file} ({source.place})"
        text = read_file_line(source.file, private=True)
    else:
        from pymail.credentials.password_command import run  # loads subprocess

        place = f"the command of {source.place}"
        text = run(source.command, environment, seconds)
    if isinstance(text, Missing):
        name = "smtp-password-command: " if source.command else ""
        return Missing(f"{source.place}: {name}{text.reason}")
    return Found(Secret(text), place)


def find_in_environment(
    environment: Environment, _login: Login, host: str
) -> Found | Missing:
    """Return $PYMAIL_PASSWORD, for containers without a better way."""
    if host.endswith(KEY_HOST_SUFFIX):
        return _NOT_FOR_KEYS
    text = environment.variables.get(PASSWORD)
    return Missing("not set") if text is None else Found(Secret(text), f"${PASSWORD}")


def find_of_systemd(
    environment: Environment, account: str, _login: Login, host: str
) -> Found | Missing:
    """Read the first existing file of pymail.ACCOUNT, pymail.HOST and pymail.

    LoadCredential= and LoadCredentialEncrypted= of systemd.exec(5) create them. Their
    permissions are the administrator's choice.
    """
    if host.endswith(KEY_HOST_SUFFIX):
        return _NOT_FOR_KEYS
    directory = environment.variables.get(DIRECTORY)
    if not directory:
        return Missing("not set")
    place = environment.expand(directory)
    try:
        there = set(os.listdir(place))  # noqa: PTH208 - only the names
    except OSError as error:
        return Missing(f"{place}: {system_message(error)}")
    parts = [part for part in (account, host) if part and "/" not in part]
    names = (*(f"pymail.{part}" for part in parts), "pymail")
    name = next((name for name in names if name in there), None)
    if name is None:
        return Missing(f"no {', '.join(names)} in {place}")
    text = read_file_line(place / name, private=False)
    if isinstance(text, Missing):
        return text
    return Found(Secret(text), str(place / name))


def _ask_keyring(
    environment: Environment, seconds: float, login: Login, host: str
) -> Found | Missing:
    """Ask the keyring; its module is loaded only if no earlier source has the secret."""
    from pymail.credentials.keyring import Keyring

    return Keyring(environment, seconds).find(login, host)


def ask_at_terminal(
    environment: Environment, login: Login, host: str
) -> Found | Missing:
    """Prompt for the password of `login` on /dev/tty, if there is a terminal."""
    if not environment.stderr_is_terminal:
        return _NO_TERMINAL
    answer = environment.ask_secret(f"Password for {login.user} at {host}: ")
    if not answer:
        return Missing("no password was typed")
    return Found(Secret(answer), "the terminal")


def cron_environment(environment: Environment) -> Environment:
    """Return the environment of a cron job of this user (crontab(5)).

    A cron job has four variables and no terminal. It has no D-Bus session, and so no
    unlocked keyring.
    """
    variables = {
        "HOME": str(environment.home),
        "LOGNAME": environment.login,
        "PATH": "/usr/bin:/bin",
        "SHELL": "/bin/sh",
    }
    return replace(environment, variables=variables, stderr_is_terminal=False)
