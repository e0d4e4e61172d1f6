"""Search of a login's secret: every source in order, the first that has it wins.

Explicit beats stored, cheap beats slow, and nothing prompts unless there is a
terminal. Every miss is remembered with its reason, for the message when no source
has it.
"""

import os
import re
from functools import partial

from pymail.credentials import netrc, secret_file
from pymail.credentials.base import Found, Missing, Source
from pymail.credentials.secret_text import clean, describe_error, read_file_line
from pymail.environment import Environment
from pymail.errors import AuthenticationError
from pymail.model import field, model
from pymail.secret import Secret
from pymail.settings.models import KEY_HOST_SUFFIX, Lookup
from pymail.settings.server_models import Login, SecretSource

PASSWORD = "PYMAIL_PASSWORD"  # noqa: S105 - a name
DIRECTORY = "CREDENTIALS_DIRECTORY"
TERMINAL = "terminal"
COMMAND_SECONDS = 10.0

# What these have comes before what is stored.
_EXPLICIT = ("this run", PASSWORD, DIRECTORY, "mail.rc")
_NOT_FOR_KEYS = Missing("not for private keys")
_NO_TERMINAL = Missing("no terminal to ask at")


@model()
class Chain:
    """The function that a transport asks (`transport.base.AskSecret`).

    Paths below `home` are shown with `~`. Somebody is `attended` who could be
    asked for a password. What was found is `known`: the user is asked once.
    """

    places: tuple[tuple[str, Source], ...]
    home: str = ""
    attended: bool = False
    known: dict[tuple[str, str], Secret] = field(default_factory=dict)

    def __call__(self, login: Login, host: str) -> Secret:
        """Return the secret of `login` at `host`.

        Raises:
            AuthenticationError: there is none; the message names every place.
        """
        key = (login.user, host)
        if key not in self.known:
            self.known[key] = self.find(login, host).secret
        return self.known[key]

    def find(self, login: Login, host: str) -> Found:
        """Return the secret and where it was.

        Raises:
            AuthenticationError: there is none; the message names every place.
        """
        if not login.user:
            raise AuthenticationError(
                f"a login at {host} is asked for, but no user is set",
                advice="set smtp-auth-user=… in mail.rc, or smtp-auth=none",
            )
        misses = []
        for name, source in self.places:
            answer = self._ask(name, source, login, host)
            if isinstance(answer, Found):
                return answer
            misses.append(f"{name} ({answer.reason})")
        # cron could not ask a keyring that is open in a session alone
        where = "" if self.attended else " --store file"
        raise AuthenticationError(
            f"no password for {login.user} at {host}; tried: {'; '.join(misses)}",
            advice=f"pymail --login {login.user}{where}",
        )

    def survey(self, login: Login, host: str) -> list[tuple[str, Found | Missing]]:
        """Ask every place, also those behind the first that has it; but no person."""
        *places, _ = self.places
        answers = [(name, self._ask(name, each, login, host)) for name, each in places]
        last = Missing("would be asked") if self.attended else _NO_TERMINAL
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


def make_chain(environment: Environment, lookup: Lookup | None = None) -> Chain:
    """Make the chain for this run."""
    lookup = lookup or Lookup(netrc=environment.expand("~/.netrc"))
    own, system = secret_file.own_files(environment)
    seconds = lookup.keyring_seconds
    return Chain(
        (
            ("this run", partial(find_in_settings, environment, for_this_run=True)),
            (PASSWORD, partial(find_in_environment, environment)),
            (DIRECTORY, partial(find_of_systemd, environment, lookup.account)),
            ("mail.rc", partial(find_in_settings, environment, for_this_run=False)),
            ("credentials file", own.find),
            ("credentials file", system.find),
            ("netrc", partial(netrc.find, lookup.netrc)),
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


def find_in_environment(
    environment: Environment, _login: Login, host: str
) -> Found | Missing:
    """Return $PYMAIL_PASSWORD, for containers that have no better way."""
    if host.endswith(KEY_HOST_SUFFIX):
        return _NOT_FOR_KEYS
    text = environment.variables.get(PASSWORD)
    return Missing("not set") if text is None else Found(Secret(text), f"${PASSWORD}")


def find_of_systemd(
    environment: Environment, account: str, _login: Login, host: str
) -> Found | Missing:
    """Read the first of the files pymail.ACCOUNT, pymail.HOST and pymail.

    systemd.exec(5): LoadCredential= and LoadCredentialEncrypted= put them there.
    Their permissions are the administrator's choice.
    """
    if host.endswith(KEY_HOST_SUFFIX):
        return _NOT_FOR_KEYS
    directory = environment.variables.get(DIRECTORY)
    if not directory:
        return Missing("not set")
    place = environment.expand(directory)
    try:
        there = set(os.listdir(place))  # noqa: PTH208 - names are what is wanted
    except OSError as error:
        return Missing(f"{place}: {describe_error(error)}")
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
    """Ask the keyring; its module is loaded when no place before has the secret."""
    from pymail.credentials.keyring import Keyring

    return Keyring(environment, seconds).find(login, host)


def ask_at_terminal(
    environment: Environment, login: Login, host: str
) -> Found | Missing:
    """Ask for the password of `login` on /dev/tty, where there is a terminal."""
    if not environment.stderr_is_terminal:
        return _NO_TERMINAL
    answer = environment.ask_secret(f"Password of {login.user} at {host}: ")
    if not answer:
        return Missing("no answer at the terminal")
    return Found(Secret(answer), "the terminal")
