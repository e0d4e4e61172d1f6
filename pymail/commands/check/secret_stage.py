"""The second stage of --check: who would find the secret. Nobody is asked for it."""

from collections.abc import Callable, Iterator, Sequence

from pymail.credentials import chain
from pymail.credentials.base import Found, Missing
from pymail.credentials.chain import TERMINAL, Answer
from pymail.environment import Environment
from pymail.errors import AuthenticationError, PymailError
from pymail.model import replace
from pymail.report.checkup import Findings
from pymail.sasl.choose import needs_secret
from pymail.settings.models import Lookup
from pymail.settings.server_models import Login

STAGE = "secret"


def survey(
    findings: Findings,
    login: Login | None,
    host: str,
    lookup: Lookup | None,
    environment: Environment,
) -> Found | None:
    """Ask every place, say what each answered, and return the first that is found."""
    if login is None:
        findings.skip(STAGE, "no login is set")
        return None
    if _goes_without(login.mechanism):
        findings.skip(STAGE, f"{login.mechanism} needs none")
        return None
    try:
        with findings.step(STAGE):
            return _survey(findings, login, host, lookup, environment)
    except AuthenticationError:
        return None  # it is noted


def _goes_without(mechanism: str) -> bool:
    try:
        return bool(mechanism) and not needs_secret(mechanism)
    except PymailError:  # there is no such mechanism: the server's turn to say so
        return False


def _survey(
    findings: Findings,
    login: Login,
    host: str,
    lookup: Lookup | None,
    environment: Environment,
) -> Found:
    nobody_there = replace(environment, stderr_is_terminal=False)  # never prompt
    places = chain.make_chain(nobody_there, lookup)
    if not login.user:
        return places.find(login, host)  # which says what to set
    answers = list(map(_as_told(environment), places.survey(login, host)))
    found = [row.answer for row in answers if isinstance(row.answer, Found)]
    findings.tell(STAGE, *_facts(answers))
    if not found:
        raise _not_found(login, host, asked_here=environment.stderr_is_terminal)
    return found[0]


def _as_told(environment: Environment) -> Callable[[Answer], Answer]:
    """Say of the terminal what a mail would do there."""

    def told(row: Answer) -> Answer:
        if row.name != TERMINAL or not environment.stderr_is_terminal:
            return row
        return Answer(TERMINAL, Missing("a mail from here would ask, cron has none"))

    return told


def _facts(answers: Sequence[Answer]) -> Iterator[str]:
    winner = ""
    for name, answer in answers:
        if not isinstance(answer, Found):
            yield f"{name}: {answer.reason}"
        elif winner:
            yield f"{name}: found in {answer.place}, not used: {winner} comes first"
        else:
            yield f"{name}: found in {answer.place}, and used"
            winner = name


def _not_found(login: Login, host: str, *, asked_here: bool) -> AuthenticationError:
    where = "; only the terminal could be asked" if asked_here else ""
    return AuthenticationError(
        f"no password for {login.user} at {host}{where}",
        advice=f"pymail --login {login.user}",
    )
