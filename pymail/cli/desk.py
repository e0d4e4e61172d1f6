"""Where a run keeps what must not be lost, and says how it ended.

Whatever ends a run, the letter that was read so far is here, and goes to the
dead letter file unless it was delivered.
"""

from collections.abc import Callable, Iterable
from itertools import chain

from pymail.environment import Environment, SpooledOctets
from pymail.errors import CannotKeepError, PymailError
from pymail.outcome import exit_status
from pymail.outcome.exit_status import ExitStatus
from pymail.outcome.explain import explain_failure
from pymail.record import field, record
from pymail.settings.records import (
    Composing,
    Identity,
    Keeping,
    LocalMta,
    Settings,
    SmtpServer,
)
from pymail.submit.deliver import keep
from pymail.submit.letter import Letter, Outcome
from pymail.terminal import lines
from pymail.terminal.choose import choose
from pymail.terminal.lines import Line


@record(frozen=False)
class Desk:
    """One run: its surroundings, its letter, its last words.

    `settings` are None until they are resolved, `letter` until one is begun;
    `spool` has the text of standard input.
    `hold_signals` is called before the letter is kept: from there on nothing
    may interrupt, `catch_signals` when an interrupt was forgiven.
    `ignore_interrupts` is what -i asks for.
    """

    environment: Environment
    program: str
    hold_signals: Callable[[], None] = lambda: None
    catch_signals: Callable[[], None] = lambda: None
    ignore_interrupts: Callable[[], None] = lambda: None
    letter: Letter | None = None
    settings: Settings | None = None
    verbose: bool = False
    spool: SpooledOctets = field(default_factory=SpooledOctets)

    def say(self, said: Iterable[Line]) -> None:
        """Write lines to standard error; nobody listening is no failure."""
        world = self.environment
        face = choose(
            world.stderr,
            is_terminal=world.stderr_is_terminal,
            variables=world.variables,
        )
        face.show(said)

    def warn(self, texts: Iterable[str]) -> None:
        """Say what is wrong and stops nothing."""
        for text in texts:
            self.say(lines.of_problem(text))

    def print(self, text: str) -> None:
        """Write to standard output; nobody listening is no failure."""
        try:
            self.environment.stdout.write(text)
            self.environment.stdout.flush()
        except (OSError, ValueError):
            return

    def finish(self, outcome: Outcome) -> int:
        """Say what came of it, keep what was not delivered, and tell the status."""
        status = ExitStatus.OK.value
        self.warn(outcome.parcel.problems)
        if self.verbose:
            self.say(chain.from_iterable(map(lines.of_accepted, outcome.reports)))
        if unserved := outcome.unserved:
            kept, status = self._keep(unserved if outcome.served else [])
            for report in outcome.reports:
                everyone = len(outcome.reports) == 1
                host = report.peer or self._host()
                self.say(lines.of_report(report, host, everyone=everyone))
            self.say(lines.of_kept(kept))
        status = status or exit_status.of_all(outcome.reports)
        if outcome.unrecorded:
            self.say(lines.of_failure(outcome.unrecorded))
            status = status or ExitStatus.CANNOT_CREATE
        if outcome.parcel.problems:
            status = status or ExitStatus.DATA
        return status

    def failed(self, error: PymailError) -> int:
        """Say what ended the run, keep the letter, and tell the status."""
        self.hold_signals()
        kept, status = self._keep([])
        self.say(lines.of_failure(error, explain_failure(error, self._host()), kept))
        return status or exit_status.of(error)

    def _host(self) -> str:
        """Where mail goes, as advice is looked up by."""
        server = self.settings.server if self.settings else None
        return f"{server.host}:{server.port}" if isinstance(server, SmtpServer) else ""

    def give_up(self, error: PymailError) -> int:
        """Say that not even the letter could be kept, and show its text."""
        self.say(lines.of_failure(error))
        self._spill()
        return ExitStatus.SOFTWARE

    def _keep(self, unserved: list[str]) -> tuple[str, int]:
        """Keep the letter; returns where, and a status if it could not be kept."""
        self.hold_signals()
        if self.letter is None:
            return "", 0
        settings = self.settings or default_settings(self.environment)
        try:
            place = keep(self.letter, unserved, settings, self.environment)
        except CannotKeepError as error:
            self.say(lines.of_failure(error))
            self._spill()
            return "", ExitStatus.CANNOT_CREATE
        return str(place or ""), 0

    def _spill(self) -> None:
        """Write the text to standard error: the last place where it can be found."""
        if self.letter is None:
            return
        self.warn(["the text that could not be kept follows"])
        for block in self.letter.draft.text.chunks():
            try:
                self.environment.stderr.write(block.decode("utf-8", "replace"))
            except (OSError, ValueError):
                return


def default_settings(environment: Environment) -> Settings:
    """Make settings that suffice to keep a letter when the real ones are wrong."""
    dead = environment.variables.get("DEAD") or "~/dead.letter"
    return Settings(
        server=LocalMta(program=environment.expand("/usr/sbin/sendmail")),
        identity=Identity(login=environment.login, hostname=environment.hostname()),
        composing=Composing(),
        keeping=Keeping(dead_letter=environment.expand(dead)),
    )
