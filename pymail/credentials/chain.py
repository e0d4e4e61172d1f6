"""Ask the places where a secret may be, in order; the first that has it wins.

Explicit beats stored, cheap beats slow, and nothing prompts unless there is a
terminal. Every miss is remembered with its reason, for the message when nobody
had it.
"""

import re
from typing import NamedTuple

from pymail.credentials import from_environment, netrc_file, prompt, secret_file
from pymail.credentials.base import Found, Missing, Source
from pymail.credentials.from_settings import Said
from pymail.credentials.pasted import cleaned
from pymail.environment import Environment
from pymail.errors import AuthenticationError
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.models import Lookup
from pymail.settings.server_models import Login


class Place(NamedTuple):
    """A source and what people call it; `unasked` answers when nobody may be asked.

    What an `explicit` one has comes before what is stored.
    """

    name: str
    source: Source
    unasked: Source | None = None
    explicit: bool = False


class Asked(NamedTuple):
    """What one place answered."""

    name: str
    answer: Found | Missing


@model()
class Chain:
    """The function that a transport asks (`transport.base.AskSecret`).

    Paths below `home` are shown with `~`. Somebody is `attended` who could be
    asked for a password.
    """

    places: tuple[Place, ...]
    home: str = ""
    attended: bool = False

    def __call__(self, login: Login, host: str) -> Secret:
        """Return the secret of `login` at `host`.

        Raises:
            AuthenticationError: nobody has it; the message says who was asked.
        """
        return self.find(login, host).secret

    def find(self, login: Login, host: str) -> Found:
        """Return the secret and where it was.

        Raises:
            AuthenticationError: nobody has it; the message says who was asked.
        """
        if not login.user:
            raise AuthenticationError(
                f"a login at {host} is asked for, but no user is set",
                advice="set smtp-auth-user=… in mail.rc, or smtp-auth=none",
            )
        misses = []
        for place in self.places:
            answer = self._answer(place, place.source, login, host)
            if isinstance(answer, Found):
                return answer
            misses.append(f"{place.name} ({answer.reason})")
        # cron could not ask a keyring that is open only while somebody is there
        where = "" if self.attended else " --store file"
        raise AuthenticationError(
            f"no password for {login.user} at {host}; tried: {'; '.join(misses)}",
            advice=f"pymail --login {login.user}{where}",
        )

    def survey(self, login: Login, host: str) -> list[Asked]:
        """Ask every place, also those behind the first that has it; but no person."""
        return [
            Asked(p.name, self._answer(p, p.unasked or p.source, login, host))
            for p in self.places
        ]

    def _answer(
        self, place: Place, source: Source, login: Login, host: str
    ) -> Found | Missing:
        answer = source(login, host)
        if isinstance(answer, Found):
            answer = cleaned(answer, host)
        if isinstance(answer, Found):
            return Found(answer.secret, self._shown(answer.place), place.explicit)
        return Missing(self._shown(answer.reason))

    def _shown(self, text: str) -> str:
        below_home = rf"(?<![^\s(]){re.escape(self.home)}/"
        return re.sub(below_home, "~/", text) if self.home else text


@model()
class _Keyring:
    """The keyring; what asks it is loaded when nobody before had the secret."""

    environment: Environment
    seconds: float

    def __call__(self, login: Login, host: str, /) -> Found | Missing:
        from pymail.credentials.keychain import Keychain

        return Keychain(self.environment, self.seconds)(login, host)


def of(environment: Environment, lookup: Lookup | None = None) -> Chain:
    """Make the chain for this run."""
    lookup = lookup or Lookup(netrc=environment.expand("~/.netrc"))
    own = secret_file.own_files(environment)
    explicit: dict[str, Source] = {
        "this run": Said(environment=environment, for_this_run=True),
        from_environment.PASSWORD: from_environment.PasswordVariable(environment),
        from_environment.DIRECTORY: from_environment.SystemdCredentials(
            environment, lookup.account
        ),
        "mail.rc": Said(environment=environment, for_this_run=False),
    }
    terminal = prompt.Terminal(environment)
    home = str(environment.home).rstrip("/")
    return Chain(
        (
            *(Place(n, source, explicit=True) for n, source in explicit.items()),
            *(Place("credentials file", source) for source in own),
            Place("netrc", netrc_file.NetrcFile(lookup.netrc)),
            Place("keyring", _Keyring(environment, lookup.keyring_seconds)),
            Place("terminal", terminal, terminal.unasked),
        ),
        home=home,
        attended=environment.stderr_is_terminal,
    )
