"""Search of a login's secret: every source in order, the first that has it wins.

Explicit beats stored, cheap beats slow, and nothing prompts unless there is a
terminal. Every miss is remembered with its reason, for the message when no source
has it.
"""

import re
from functools import partial
from typing import NamedTuple

from pymail.credentials import from_environment, from_settings, netrc, secret_file
from pymail.credentials.base import Found, Missing, Source
from pymail.credentials.secret_text import clean
from pymail.environment import Environment
from pymail.errors import AuthenticationError
from pymail.model import field, model
from pymail.secret import Secret
from pymail.settings.models import Lookup
from pymail.settings.server_models import Login

TERMINAL = "terminal"


class Place(NamedTuple):
    """A source and its name; `unattended` answers in its stead when nobody may be asked.

    What an `explicit` one has comes before what is stored.
    """

    name: str
    source: Source
    unattended: Source | None = None
    explicit: bool = False


class Answer(NamedTuple):
    """The answer of one place."""

    name: str
    answer: Found | Missing


@model()
class Chain:
    """The function that a transport asks (`transport.base.AskSecret`).

    Paths below `home` are shown with `~`. Somebody is `attended` who could be
    asked for a password. What was found is `known`: the user is asked once.
    """

    places: tuple[Place, ...]
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
        for place in self.places:
            answer = self._ask(place, place.source, login, host)
            if isinstance(answer, Found):
                return answer
            misses.append(f"{place.name} ({answer.reason})")
        # cron could not ask a keyring that is open only while somebody is there
        where = "" if self.attended else " --store file"
        raise AuthenticationError(
            f"no password for {login.user} at {host}; tried: {'; '.join(misses)}",
            advice=f"pymail --login {login.user}{where}",
        )

    def survey(self, login: Login, host: str) -> list[Answer]:
        """Ask every place, also those behind the first that has it; but no person."""
        return [
            Answer(p.name, self._ask(p, p.unattended or p.source, login, host))
            for p in self.places
        ]

    def _ask(
        self, place: Place, source: Source, login: Login, host: str
    ) -> Found | Missing:
        answer = source(login, host)
        if isinstance(answer, Found):
            answer = clean(answer, host)
        if isinstance(answer, Found):
            return Found(answer.secret, self._shown(answer.place), place.explicit)
        return Missing(self._shown(answer.reason))

    def _shown(self, text: str) -> str:
        below_home = rf"(?<![^\s(]){re.escape(self.home)}/"
        return re.sub(below_home, "~/", text) if self.home else text


def make_chain(environment: Environment, lookup: Lookup | None = None) -> Chain:
    """Make the chain for this run."""
    lookup = lookup or Lookup(netrc=environment.expand("~/.netrc"))
    settings = partial(from_settings.find, environment)
    explicit: dict[str, Source] = {
        "this run": partial(settings, for_this_run=True),
        from_environment.PASSWORD: partial(from_environment.find, environment),
        from_environment.DIRECTORY: partial(
            from_environment.find_credential, environment, lookup.account
        ),
        "mail.rc": partial(settings, for_this_run=False),
    }
    return Chain(
        (
            *(Place(n, source, explicit=True) for n, source in explicit.items()),
            *(
                Place("credentials file", file.find)
                for file in secret_file.own_files(environment)
            ),
            Place("netrc", partial(netrc.find, lookup.netrc)),
            Place(
                "keyring", partial(_ask_keyring, environment, lookup.keyring_seconds)
            ),
            Place(
                TERMINAL,
                partial(ask_at_terminal, environment),
                partial(_ask_nobody, environment),
            ),
        ),
        home=str(environment.home).rstrip("/"),
        attended=environment.stderr_is_terminal,
    )


def _ask_keyring(
    environment: Environment, seconds: float, login: Login, host: str
) -> Found | Missing:
    """Ask the keyring; its module is loaded when no place before has the secret."""
    from pymail.credentials.keyring import Keyring

    return Keyring(environment, seconds).find(login, host)


def ask_at_terminal(
    environment: Environment, login: Login, host: str
) -> Found | Missing:
    """Ask for the password of `login` on /dev/tty, if somebody is there to see it."""
    if not environment.stderr_is_terminal:
        return Missing("no terminal to ask at")
    answer = environment.ask_secret(f"Password of {login.user} at {host}: ")
    if not answer:
        return Missing("no answer at the terminal")
    return Found(Secret(answer), "the terminal")


def _ask_nobody(environment: Environment, _login: Login, _host: str) -> Missing:
    there = environment.stderr_is_terminal
    return Missing("would be asked" if there else "no terminal to ask at")
