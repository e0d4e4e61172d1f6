"""The request of a command line with --run, checked before anything is run."""

import re
from collections.abc import Iterator

from pymail.address.address_list import split_argument
from pymail.commands.invocation import BELONGS_TO, Invocation
from pymail.commands.run.history import Limit
from pymail.delivery.context import RunContext
from pymail.errors import UsageError
from pymail.model import model, replace

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_LIMIT = rf"([1-9][0-9]{{0,2}})/({'|'.join(_SECONDS)})"


@model()
class RunRequest:
    """A command to run, and how its report is to go."""

    invocation: Invocation
    command: tuple[str, ...]
    limit: Limit | None

    @property
    def remembers(self) -> bool:
        """Whether earlier runs count, and this one will."""
        asked = self.invocation.only_if_changed or self.limit is not None
        return asked and not self.invocation.dry_run

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody who is named, as written."""
        named = self.invocation
        to = (*named.recipients, *named.to, *named.targets)
        return (*to, *named.cc, *named.bcc)


def read_request(invocation: Invocation, context: RunContext) -> RunRequest:
    """Check the command line; without an address the one that cron has counts.

    Raises:
        UsageError: it makes no sense.
    """
    advice = f"{context.program} --run [WHEN] ADDRESS -- COMMAND, or --help"
    if not invocation.command:
        raise UsageError("--run needs a command after --", advice=advice)
    for name in _unfit_options(invocation):
        raise UsageError(f"{name} does not go with --run")
    if form := invocation.text_form:
        from pymail.delivery.html_alternative import check_type

        check_type(form, invocation.content_type or "")
    limit = _limit(invocation.at_most)
    if not (invocation.recipients or invocation.to or invocation.targets):
        invocation = replace(
            invocation, recipients=_mailto(invocation, context, advice)
        )
    return RunRequest(invocation, invocation.command or (), limit)


def _mailto(
    invocation: Invocation, context: RunContext, advice: str
) -> tuple[str, ...]:
    """Return who gets the mail of cron; one that is set and empty means nobody (crontab(5)).

    Raises:
        UsageError: nobody says.
    """
    mailto = context.environment.variables.get("MAILTO")
    if split_argument(mailto or ""):
        return (mailto or "",)
    if mailto is None or invocation.cc or invocation.bcc:
        raise UsageError(
            "no recipients, and no MAILTO in the environment", advice=advice
        )
    return ()


def _unfit_options(invocation: Invocation) -> Iterator[str]:
    """Yield the options that mean another text, or no letter at all."""
    yield from invocation.tasks
    for name in invocation.only_for_tasks:
        if "--run" not in BELONGS_TO[name]:
            yield name
    named = {
        "-t": invocation.template,
        "-m": invocation.body_file is not None,
        "-~": invocation.tilde_escapes,
        "-#": invocation.batch,
        "--password-fd 0": invocation.password_fd == 0,
        "--show-settings": invocation.show_settings,
    }
    yield from (name for name, given in named.items() if given)


def _limit(text: str | None) -> Limit | None:
    if text is None:
        return None
    found = re.fullmatch(_LIMIT, text)
    if not found:
        raise UsageError(
            f"--at-most {text}: not of the form N/minute, N/hour or N/day, N up to 999"
        )
    return Limit(int(found[1]), _SECONDS[found[2]])
