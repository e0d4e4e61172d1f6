"""What settings and command line say of a secret: itself, a command, or a file."""

from pymail.credentials import first_line
from pymail.credentials.base import Found, Missing
from pymail.environment import Environment
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.server_models import Login, SecretSource


@model(kw_only=True)
class Said:
    """What is said for this run, or what files say.

    `command_seconds` is how long a command may take, by default what
    `credentials.command` has.
    """

    environment: Environment
    for_this_run: bool
    command_seconds: float | None = None

    def __call__(self, login: Login, _host: str, /) -> Found | Missing:
        """Look at one after the other."""
        misses = []
        for given in login.sources:
            if given.for_this_run is self.for_this_run:
                answer = self._answer(given)
                if isinstance(answer, Found):
                    return answer
                misses.append(answer.reason)
        return Missing(", ".join(misses) or self._nothing)

    @property
    def _nothing(self) -> str:
        if self.for_this_run:
            return "nothing given"
        return "no smtp-auth-password, smtp-password-command or smtp-password-file"

    def _answer(self, given: SecretSource) -> Found | Missing:
        if given.secret is not None:
            return Found(given.secret, given.place)
        if given.ask is not None:  # what it raises is its caller's
            return Found(Secret(given.ask()), given.place)
        if given.file is not None:
            place = f"{given.file} ({given.place})"
            text = first_line.of_file(given.file, private=True)
        else:
            place = f"the command of {given.place}"
            text = self._printed(given.command)
        if isinstance(text, Missing):
            what = "smtp-password-command: " if given.command else ""
            return Missing(f"{given.place}: {what}{text.reason}")
        return Found(Secret(text), place)

    def _printed(self, command: str) -> str | Missing:
        from pymail.credentials.command import SECONDS, output_of  # runs programs

        return output_of(command, self.environment, self.command_seconds or SECONDS)
