"""Ask the places where a secret may be, in order; the first that has it wins.

Explicit beats stored, and nothing prompts unless there is a terminal. Every
miss is remembered with its reason, for the message when nobody had it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pymail.credentials import netrc_file, prompt
from pymail.credentials.base import Found, Missing, Source
from pymail.environment import Environment
from pymail.errors import AuthenticationError
from pymail.record import record
from pymail.secret import Secret
from pymail.settings.records import Login, Lookup


class Place(NamedTuple):
    """A source and what people call it."""

    name: str
    source: Source


class Asked(NamedTuple):
    """What one place answered."""

    name: str
    answer: Found | Missing


@record()
class Chain:
    """The function that a transport asks (`transport.base.AskSecret`)."""

    places: tuple[Place, ...]

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
        for name, answer in self._answers(login, host):
            if isinstance(answer, Found):
                return answer
            misses.append(f"{name} ({answer.reason})")
        raise AuthenticationError(
            f"no password for {login.user} at {host}; tried: {', '.join(misses)}",
            advice=f"pymail --login {login.user}",
        )

    def survey(self, login: Login, host: str) -> list[Asked]:
        """Ask every place, also those behind the first that has it."""
        return list(self._answers(login, host))

    def _answers(self, login: Login, host: str) -> Iterator[Asked]:
        return (Asked(name, source(login, host)) for name, source in self.places)


def from_settings(login: Login, _host: str) -> Found | Missing:
    """Look at what the settings hold."""
    for given in login.given:
        if given.secret is not None:
            return Found(given.secret, given.place)
    return Missing("no smtp-auth-password")


def of(environment: Environment, lookup: Lookup | None = None) -> Chain:
    """Make the chain for this run."""
    netrc = lookup.netrc if lookup else Path(environment.expand("~/.netrc"))
    return Chain(
        (
            Place("mail.rc", from_settings),
            Place("netrc", netrc_file.NetrcFile(netrc)),
            Place("terminal", prompt.Terminal(environment)),
        )
    )
