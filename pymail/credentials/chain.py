"""Ask the places where a secret may be, in order; the first that has it wins.

Explicit beats stored, and nothing prompts unless there is a terminal. Every
miss is remembered with its reason, for the message when nobody had it.
"""

from pathlib import Path

from pymail.credentials import netrc_file, prompt
from pymail.credentials.base import Found, Missing, Source
from pymail.environment import Environment
from pymail.errors import AuthenticationError
from pymail.record import record
from pymail.secret import Secret
from pymail.settings.records import Login


@record()
class Chain:
    """The function that a transport asks (`transport.base.AskSecret`)."""

    sources: tuple[Source, ...]

    def __call__(self, login: Login, host: str) -> Secret:
        """Return the secret of `login` at `host`.

        Raises:
            AuthenticationError: nobody has it; the message says who was asked.
        """
        if not login.user:
            raise AuthenticationError(
                f"a login at {host} is asked for, but no user is set",
                advice="set smtp-auth-user=… in mail.rc, or smtp-auth=none",
            )
        misses = []
        for source in self.sources:
            answer = source(login, host)
            if isinstance(answer, Found):
                return answer.secret
            misses.append(answer.reason)
        raise AuthenticationError(
            f"no password for {login.user or 'the login'} at {host} "
            f"(tried: {'; '.join(misses)})",
            advice="set smtp-auth-password=… in mail.rc",
        )


def from_settings(login: Login, _host: str) -> Found | Missing:
    """Look at what the settings hold."""
    if login.password is None:
        return Missing("mail.rc: no smtp-auth-password")
    return Found(login.password, login.password_origin)


def of(environment: Environment, netrc: Path) -> Chain:
    """Make the chain for this run; `netrc` is where that file would be."""
    terminal = prompt.Terminal(environment)
    return Chain((from_settings, netrc_file.NetrcFile(netrc), terminal))
