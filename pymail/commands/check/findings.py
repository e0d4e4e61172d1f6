"""Findings of a check: a stage for every step on the way to the server.

The stages write them; `commands.check.report` shows them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

from pymail.errors import AuthenticationError, PymailError
from pymail.model import model, replace
from pymail.reply import Reply
from pymail.report.delivery_report import Report
from pymail.report.exit_status import exit_status_for
from pymail.report.explain import explain, explain_failure, summarize_failure
from pymail.report.status_codes import Advice
from pymail.report.translate import ENGLISH, translate


class Verdict(Enum):
    """The verdict on a stage."""

    OK = "ok"
    WARNING = "warning"  # works, and the administrator should look at it
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
    advice_id: str = ""
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


class Findings:
    """Collects the stages of a check while it goes on.

    `names` are those to come; `server` names who is asked, and advice is looked up by
    it; `clock` counts seconds; `begins` hears the name of each stage that takes time.
    `language` is that of advice. A login that fails says who `user` is, and the
    `place` where the secret has to go.
    """

    language = ENGLISH
    user = place = ""

    def __init__(
        self,
        names: tuple[str, ...],
        clock: Callable[[], float],
        server: str = "",
        *,
        begins: Callable[[str], object] = lambda _name: None,
    ) -> None:
        self.clock = clock
        self.last_failure: PymailError | None = None
        self.expect(names, server)
        self._begins = begins
        self._stages: dict[str, Stage] = {}

    def __getitem__(self, name: str) -> Stage:
        skipped = Stage(name=name, verdict=Verdict.SKIPPED, facts=("not reached",))
        return self._stages.get(name, skipped)

    def expect(self, names: tuple[str, ...], server: str) -> None:
        """Take these stages for those to come, at this server."""
        self._names, self._server = names, server

    def checkup(self) -> Checkup:
        """Return what was found; what was not reached is skipped."""
        return Checkup(
            server=self._server, stages=tuple(map(self.__getitem__, self._names))
        )

    def tell(self, name: str, *facts: str) -> None:
        """Add facts to a stage; it is well if nothing else is known of it."""
        self._change(name, facts=(*self._known(name).facts, *facts))

    def skip(self, name: str, *facts: str) -> None:
        """Say why a stage has no place here."""
        self._stages[name] = Stage(name=name, verdict=Verdict.SKIPPED, facts=facts)

    def warn(self, name: str, problem: str, *, advice: str = "") -> None:
        """Say what is wrong with a stage and stops nothing; the first counts most."""
        step = translate(advice, self.language)
        if self._known(name).problem:
            self.tell(name, f"also: {problem}" + (f" ({step})" if step else ""))
        else:
            self._change(name, verdict=Verdict.WARNING, problem=problem, next_step=step)

    def advise(self, name: str, *, advice: str) -> None:
        """Say what to do about a stage."""
        self._change(name, next_step=translate(advice, self.language))

    def fail(self, name: str, error: PymailError) -> None:
        """Let a stage end with a failure."""
        self.last_failure = error
        if isinstance(error, AuthenticationError):
            error.user, error.place = self.user, self.place
        advice = explain_failure(error, self._server, language=self.language)
        self._end(name, summarize_failure(error), advice, error)

    def refuse(self, name: str, problem: str, reply: Reply, report: Report) -> None:
        """Let a stage end with a reply; `report` is what a mail would come to."""
        advice = explain(reply, host=self._server, language=self.language)
        self._end(name, problem, advice, report)

    def forgive(self, *names: str) -> None:
        """Make warnings of failures that a mail got past."""
        for name in names:
            if self[name].verdict is Verdict.FAILED:
                self._change(name, verdict=Verdict.WARNING, exit_status=0)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Take the time of a stage, and what ends it, which is raised again."""
        self._begins(name)
        start = self.clock()
        before = self._known(name).seconds
        self._stages[name] = Stage(name=name)
        try:
            yield
        except PymailError as error:
            self.fail(name, error)
            raise
        finally:
            self._change(name, seconds=before + self.clock() - start)

    def _end(
        self, name: str, problem: str, advice: Advice, outcome: Report | PymailError
    ) -> None:
        self._change(
            name,
            verdict=Verdict.FAILED,
            problem=problem,
            meaning=advice.meaning,
            next_step=advice.next_step,
            advice_id=advice.id,
            exit_status=exit_status_for(outcome),
        )

    def _known(self, name: str) -> Stage:
        """Return what is known of a stage; that it is well if nothing is."""
        return self._stages.get(name, Stage(name=name))

    def _change(self, name: str, **fields: Any) -> None:
        self._stages[name] = replace(self._known(name), **fields)
