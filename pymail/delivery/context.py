"""Where a run keeps what must not be lost, and from where it speaks.

What is said and done when something went wrong is in `ending`, which is loaded
when it did.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pymail.environment import Environment
from pymail.errors import PymailError
from pymail.message.draft import Draft
from pymail.model import field, model
from pymail.octets import BufferedInput
from pymail.settings.models import Settings
from pymail.settings.server_models import SmtpServer

if TYPE_CHECKING:
    from pymail.commands.json_report import Told
    from pymail.delivery.outgoing import OutgoingMessage, Result
    from pymail.terminal.lines import Line


@model(frozen=False)
class RunContext:
    """One run: its surroundings, its letter, its last words.

    `settings` are None until they are resolved, `letter` until one is begun;
    `spool` has the text of standard input. While it `awaits_text` nobody has read
    that; `bare` makes the letter to keep it in, None before the call is understood.
    `hold_signals` is called when the letter has left, or before it is kept: from
    there on signals wait, until `heed_signals` raises the first that came.
    `catch_signals` is called when an interrupt was forgiven.
    `ignore_interrupts` is what -i asks for. `fallback` is the account that is used
    because a server could not be reached, and `logged` the last failure in the log.
    `progress` says whether to show how far a mail is, None: as it seems best.
    `command_status` is that of a command that was run, and wins over ours unless it
    is 0. `kept_in` names the file where the letter is kept already, and not once more.
    `told` collects what there is to tell programs, when they ask for it.
    """

    environment: Environment
    program: str
    hold_signals: Callable[[], None] = lambda: None
    heed_signals: Callable[[], None] = lambda: None
    catch_signals: Callable[[], None] = lambda: None
    ignore_interrupts: Callable[[], None] = lambda: None
    letter: Draft | None = None
    awaits_text: bool = False
    bare: Callable[[], Draft] | None = None
    settings: Settings | None = None
    verbose: bool = False
    progress: bool | None = None
    command_status: int = 0
    kept_in: str = ""
    fallback: str = ""
    logged: PymailError | None = None
    told: "Told | None" = None
    spool: BufferedInput = field(default_factory=BufferedInput)

    @property
    def host(self) -> str:
        """Where mail goes, as advice is looked up by."""
        server = self.settings.server if self.settings else None
        return server.name if isinstance(server, SmtpServer) else ""

    def say(self, said: "Iterable[Line]") -> None:
        """Write lines to standard error; nobody listening is no failure."""
        from pymail.terminal.renderer import choose

        environment = self.environment
        face = choose(
            environment.stderr,
            is_terminal=environment.stderr_is_terminal,
            variables=environment.variables,
            columns=environment.columns(),
        )
        face.show(said)

    def warn(self, texts: Iterable[str]) -> None:
        """Say what is wrong and stops nothing."""
        for text in texts:
            from pymail.terminal import lines  # there is mostly nothing to say

            self.say(lines.of_warning(text))
            if self.told:
                self.told.warn(text)

    def remark(self, texts: Iterable[str]) -> None:
        """Say what is not wrong, to whoever looks on."""
        for text in texts:
            from pymail.terminal import lines

            self.say(lines.of_remark(text))
            if self.told:
                self.told.warn(text)

    def print(self, text: str) -> None:
        """Write to standard output; nobody listening is no failure."""
        try:
            self.environment.stdout.write(text)
            self.environment.stdout.flush()
        except (OSError, ValueError):
            return

    def finish(self, result: "Result") -> int:
        """Say what came of it, keep what was not delivered, and tell the status."""
        status = self._finished(result)
        if self.told:
            from pymail.delivery.language import language

            spoken = language(self.settings, self.environment)
            self.told.finished(result, status, spoken)
        return status

    def _finished(self, result: "Result") -> int:
        if result.fully_delivered and not self.verbose:
            return 0
        if result.undelivered:
            self.hold_signals()
        from pymail.commands import report_outcome

        return report_outcome.finish(self, result)

    def log(self, result: "Result", settings: Settings) -> None:
        """Log what came of a message, where settings say so."""
        if settings.logging is not None:
            from pymail.delivery import log

            log.of_outcome(self, result, settings)

    def log_failure(
        self,
        error: PymailError,
        settings: Settings,
        outgoing: "OutgoingMessage | None" = None,
    ) -> None:
        """Log what ended an attempt, of which the message may not have been made."""
        self.logged = error
        if settings.logging is not None:
            from pymail.delivery import log

            log.of_failure(self, error, outgoing, settings)

    def failed(self, error: PymailError) -> int:
        """Say what ended the run, keep the letter, and tell the status."""
        if self.awaits_text:
            from pymail.commands import report_outcome

            self.heed_signals()  # nothing has been sent
            report_outcome.read_on(self, error)
        self.hold_signals()
        if self.settings and error is not self.logged:
            self.log_failure(error, self.settings)
        from pymail.commands import report_outcome

        letter, status = self.letter, report_outcome.failed(self, error)
        if self.told:
            self.told.failed(letter, error, status)
        return status

    def give_up(self, error: PymailError) -> int:
        """Say that not even the letter could be kept, and show its text."""
        from pymail.commands import report_outcome

        return report_outcome.give_up(self, error)
