"""The user at the terminal, asked last."""

from pymail.credentials.base import Found, Missing
from pymail.environment import Environment
from pymail.model import model
from pymail.secret import Secret
from pymail.settings.server_models import Login


@model()
class Terminal:
    """Asks on /dev/tty, if somebody is there to see it."""

    environment: Environment

    def __call__(self, login: Login, host: str, /) -> Found | Missing:
        """Ask for the password of `login`."""
        if not self.environment.stderr_is_terminal:
            return Missing("no terminal to ask at")
        answer = self.environment.ask_secret(f"Password of {login.user} at {host}: ")
        if not answer:
            return Missing("no answer at the terminal")
        return Found(Secret(answer), "the terminal")

    def unasked(self, _login: Login, _host: str, /) -> Found | Missing:
        """Say what would be done, and ask nobody."""
        there = self.environment.stderr_is_terminal
        return Missing("would be asked" if there else "no terminal to ask at")
