"""The result of `--check`: a stage for every step on the way to the server.

Values only; `commands.check` fills them in, `terminal` shows them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import Any

from pymail.errors import AuthenticationError, PymailError
from pymail.model import model, replace
from pymail.reply import Reply
from pymail.report.delivery_report import Report
from pymail.report.exit_status import exit_status_for
from pymail.report.explain import explain, explain_failure, summarize_failure
from pymail.report.translate import ENGLISH, translate
from pymail.text import visible

# The stages by server, in order; those that are not reached are skipped.
SMTP = (
    *("settings", "secret", "name", "connect", "greeting", "tls", "extensions"),
    *("mechanism", "login", "sender", "recipients"),
)
IMPLICIT_TLS = (*SMTP[:4], "tls", "greeting", *SMTP[6:])  # TLS comes before words
SOCKET = ("settings", "connect", "greeting", "extensions", "sender", "recipients")
PROGRAM = ("settings", "program", "recipients")
FILE = ("settings", "file")


class Verdict(Enum):
    """The verdict on a stage."""

    OK = "ok"
    WARNING = "warning"  # works, and somebody should see to it
    FAILED = "failed"
    SKIPPED = "skipped"


@model(kw_only=True)
class Stage:
    """One step: what was found, and what is wrong with it.

    `exit_status` is what a mail would end with, 0 unless the stage failed.
    `meaning` and `next_step` say what the problem means and what to do about it.
    """

    name: str
    verdict: Verdict = Verdict.OK
    facts: tuple[str, ...] = ()
    problem: str = ""
    meaning: str = ""
    next_step: str = ""
    exit_status: int = 0
    seconds: float = 0.0


@model(kw_only=True)
class Checkup:
    """All stages of one check, in order; `server` names who was asked."""

    server: str
    stages: tuple[Stage, ...]

    @property
    def first_failure(self) -> Stage | None:
        """The stage that a mail would not get past, None when all work."""
        failed = (s for s in self.stages if s.verdict is Verdict.FAILED)
        return next(failed, None)

    @property
    def exit_status(self) -> int:
        """The exit status of a mail now."""
        failure = self.first_failure
        return failure.exit_status if failure else 0

    def as_values(self) -> dict[str, Any]:
        """Say the same in values that JSON has; `from_values` reads them."""
        return {
            "server": visible(self.server),
            "exit_status": self.exit_status,
            "stages": [_stage_values(stage) for stage in self.stages],
        }

    @classmethod
    def from_values(cls, values: Any) -> "Checkup":
        """Read what `as_values` has made.

        Raises:
            KeyError, TypeError, ValueError: it has another form.
        """
        stages = tuple(map(_parse_stage, values["stages"]))
        return cls(server=values["server"], stages=stages)


def both_as_values(here: Checkup, as_cron: Checkup | None = None) -> dict[str, Any]:
    """Say the same of two checks; the exit status is that of the command."""
    values = here.as_values()
    values["as_cron"] = as_cron.as_values() if as_cron else None
    found = differences(here, as_cron) if as_cron else ()
    values["differences"] = list(map(visible, found))
    if as_cron and as_cron.exit_status:
        values["exit_status"] = as_cron.exit_status
    return values


def _stage_values(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "verdict": stage.verdict.value,
        "facts": [visible(fact) for fact in stage.facts],
        "problem": visible(stage.problem),
        "meaning": visible(stage.meaning),
        "advice": visible(stage.next_step),
        "exit_status": stage.exit_status,
        "seconds": round(stage.seconds, 3),
    }


def _parse_stage(values: Mapping[str, Any]) -> Stage:
    row = dict(values)
    verdict, facts = Verdict(row.pop("verdict")), tuple(row.pop("facts"))
    return Stage(verdict=verdict, facts=facts, next_step=row.pop("advice", ""), **row)


class Findings:
    """Collects the stages of a check while it goes on.

    `names` are those to come; `host` is the server that advice is looked up by;
    `clock` counts seconds; `language` is that of advice. `begins` hears the name of
    each stage that takes time.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        clock: Callable[[], float],
        host: str = "",
        *,
        language: str = ENGLISH,
        begins: Callable[[str], object] = lambda _name: None,
    ) -> None:
        self._language = language
        self._begins = begins
        self._names = names
        self.clock = clock
        self._host = host
        self._stages: dict[str, Stage] = {}
        self.last_failure: PymailError | None = None
        self._user = self._place = ""

    def know_login(self, user: str, place: str) -> None:
        """Let a login that fails say who it is, and where its secret has to go."""
        self._user, self._place = user, place

    def __getitem__(self, name: str) -> Stage:
        skipped = Stage(name=name, verdict=Verdict.SKIPPED, facts=("not reached",))
        return self._stages.get(name, skipped)

    def _known(self, name: str) -> Stage:
        """Return what is known of a stage; that it is well if nothing is."""
        return self._stages.get(name, Stage(name=name))

    def _translate(self, advice: str) -> str:
        return translate(advice, self._language)

    def put(self, stage: Stage) -> None:
        """Take a stage, instead of what is known of it."""
        self._stages[stage.name] = stage

    def tell(self, name: str, *facts: str) -> None:
        """Add facts to a stage; it is well if nothing else is known of it."""
        stage = self._known(name)
        self.put(replace(stage, facts=(*stage.facts, *facts)))

    def skip(self, name: str, *facts: str) -> None:
        """Say why a stage has no place here."""
        self.put(Stage(name=name, verdict=Verdict.SKIPPED, facts=facts))

    def warn(self, name: str, problem: str, *, advice: str = "") -> None:
        """Say what is wrong with a stage and stops nothing; the first counts most."""
        stage = self._known(name)
        if stage.problem:
            more = f" ({self._translate(advice)})" if advice else ""
            self.tell(name, f"also: {problem}{more}")
        else:
            stage = replace(stage, verdict=Verdict.WARNING, problem=problem)
            self.put(replace(stage, next_step=self._translate(advice)))

    def fail(self, name: str, error: PymailError) -> None:
        """Let a stage end with a failure."""
        self.last_failure = error
        if isinstance(error, AuthenticationError):
            error.user, error.place = self._user, self._place
        advice = explain_failure(error, self._host, language=self._language)
        self.put(
            replace(
                self._known(name),
                verdict=Verdict.FAILED,
                problem=summarize_failure(error),
                meaning=advice.meaning,
                next_step=advice.next_step,
                exit_status=exit_status_for(error),
            )
        )

    def refuse(self, name: str, problem: str, reply: Reply, report: Report) -> None:
        """Let a stage end with a reply; `report` is what a mail would come to."""
        advice = explain(reply, host=self._host, language=self._language)
        self.put(
            replace(
                self._known(name),
                verdict=Verdict.FAILED,
                problem=problem,
                meaning=advice.meaning,
                next_step=advice.next_step,
                exit_status=exit_status_for(report),
            )
        )

    def forgive(self, *names: str) -> None:
        """Make warnings of failures that a mail got past."""
        for name in names:
            stage = self[name]
            if stage.verdict is Verdict.FAILED:
                self.put(replace(stage, verdict=Verdict.WARNING, exit_status=0))

    def advise(self, name: str, *, advice: str) -> None:
        """Say what to do about a stage."""
        self.put(replace(self._known(name), next_step=self._translate(advice)))

    def took(self, name: str, seconds: float) -> None:
        """Say how long a stage really took."""
        self.put(replace(self._known(name), seconds=seconds))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of a stage, and what ends it, which is raised again."""
        self._begins(name)
        start = self.clock()
        before = self._known(name).seconds
        self.put(Stage(name=name))
        try:
            yield
        except PymailError as error:
            self.fail(name, error)
            raise
        finally:
            self.took(name, before + self.clock() - start)

    def checkup(self, server: str) -> Checkup:
        """Return what was found; what was not reached is skipped."""
        return Checkup(server=server, stages=tuple(self[n] for n in self._names))


def differences(here: Checkup, there: Checkup) -> tuple[str, ...]:
    """Say what went otherwise under cron, and what was found elsewhere."""
    others: Mapping[str, Stage] = {stage.name: stage for stage in there.stages}
    pairs = ((mine, others.get(mine.name)) for mine in here.stages)
    found = [line for mine, other in pairs if other for line in _contrast(mine, other)]
    missing = [stage for stage in there.stages if stage.name not in _names(here)]
    return (*found, *(f"{stage.name}: {_summarize(stage)}" for stage in missing))


def _names(checkup: Checkup) -> set[str]:
    return {stage.name for stage in checkup.stages}


def _contrast(mine: Stage, other: Stage) -> Iterator[str]:
    name = mine.name
    if (mine.verdict, mine.problem) != (other.verdict, other.problem):
        yield f"{name}: {_summarize(mine)} here, {_summarize(other)} under cron"
    if name in _WITH_PLACES:
        yield from (f"{name}, here: {f}" for f in mine.facts if f not in other.facts)
        yield from (f"{name}, cron: {f}" for f in other.facts if f not in mine.facts)


_WITH_PLACES = ("settings", "secret")  # whose facts say where something was found


def _summarize(stage: Stage) -> str:
    word = stage.verdict.value
    return f"{word} ({stage.problem})" if stage.problem else word
