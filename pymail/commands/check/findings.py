"""Findings of a check: a stage for every step on the way to the server.

`commands.check.report` shows them.
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
from pymail.report.explain import explain, explain_failure
from pymail.report.status_codes import Advice
from pymail.report.translate import ENGLISH

_ALSO = "also: "  # begins the fact of a second or later warning of a stage


class Verdict(Enum):
    """The verdict on a stage."""

    OK = "ok"
    WARNING = "warning"  # works, but the administrator should look at it
    FAILED = "failed"
    SKIPPED = "skipped"


@model(kw_only=True)
class Stage:
    """One step with its facts and its problem.

    `exit_status` is that of a mail that fails at this stage, 0 unless it failed.
    `meaning` explains the problem, `next_step` is the advice.
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

    @property
    def details(self) -> list[str]:
        """The facts, without the warnings among them."""
        return [fact for fact in self.facts if not fact.startswith(_ALSO)]

    @property
    def later_warnings(self) -> list[str]:
        """The warnings after the first, which `problem` has."""
        later = (fact for fact in self.facts if fact.startswith(_ALSO))
        return [fact.removeprefix(_ALSO) for fact in later]


@model(kw_only=True)
class Checkup:
    """All stages of one check in order; `server` is the name of the server."""

    server: str
    stages: tuple[Stage, ...]

    @property
    def first_failure(self) -> Stage | None:
        """The stage at which a mail would fail; None if it would be sent."""
        failed = (s for s in self.stages if s.verdict is Verdict.FAILED)
        return next(failed, None)

    @property
    def exit_status(self) -> int:
        """The exit status of a mail sent now."""
        failure = self.first_failure
        return failure.exit_status if failure else 0


class Findings:
    """Collects the stages of a running check.

    `names` are the expected stages; `server` is the name of the server, and selects the
    advice; `clock` returns seconds; `begins` is called with the name of each stage that
    takes time. `language` is that of the explanations; all else is English, until
    `report` shows it. The advice for a failed login names `user`, and the `place` to
    store a new secret.
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
        """Set the expected stages and the name of the server."""
        self._names, self._server = names, server

    def add(self, name: str) -> None:
        """Expect one more stage, after the others."""
        self._names = (*self._names, name)

    def checkup(self) -> Checkup:
        """Return all stages; a stage that was not reached is skipped."""
        return Checkup(
            server=self._server, stages=tuple(map(self.__getitem__, self._names))
        )

    def tell(self, name: str, *facts: str) -> None:
        """Add facts to a stage; a new stage is OK."""
        self._change(name, facts=(*self._known(name).facts, *facts))

    def skip(self, name: str, *facts: str) -> None:
        """Skip a stage; the facts give the reason."""
        self._stages[name] = Stage(name=name, verdict=Verdict.SKIPPED, facts=facts)

    def warn(self, name: str, problem: str, *, advice: str = "") -> None:
        """Add a problem that does not stop a mail; later ones become facts."""
        if self._known(name).problem:
            self.tell(name, f"{_ALSO}{problem}" + (f" ({advice})" if advice else ""))
        else:
            fields = {"problem": problem, "next_step": advice}
            self._change(name, verdict=Verdict.WARNING, **fields)

    def advise(self, name: str, *, advice: str) -> None:
        """Set the next step of a stage."""
        self._change(name, next_step=advice)

    def fail(self, name: str, error: PymailError) -> None:
        """End a stage with a failure."""
        self.last_failure = error
        if isinstance(error, AuthenticationError):
            error.user, error.place = self.user, self.place
        advice = explain_failure(error, self._server, language=self.language)
        self._end(name, str(error), advice, error)

    def refuse(self, name: str, problem: str, reply: Reply, report: Report) -> None:
        """End a stage with a refusal; `report` is that of a mail with this reply."""
        advice = explain(reply, host=self._server, language=self.language)
        self._end(name, problem, advice, report)

    def forgive(self, *names: str) -> None:
        """Turn failures that did not stop the session into warnings."""
        for name in names:
            if self[name].verdict is Verdict.FAILED:
                self._change(name, verdict=Verdict.WARNING, exit_status=0)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a stage, and note the failure that ends it, which is raised again."""
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
        """Return the stage so far; a new one is OK."""
        return self._stages.get(name, Stage(name=name))

    def _change(self, name: str, **fields: Any) -> None:
        self._stages[name] = replace(self._known(name), **fields)
