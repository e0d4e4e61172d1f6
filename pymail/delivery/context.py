"""The state of one run, and the listeners to its events."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pymail.environment import Environment
from pymail.errors import PymailError
from pymail.message.draft import Draft
from pymail.model import field, model
from pymail.octets import BufferedInput
from pymail.settings.models import Language, Settings
from pymail.settings.server_models import SmtpServer
from pymail.signals import IGNORED, Signals
from pymail.terminal.output import write

if TYPE_CHECKING:
    from pymail.delivery.outgoing import OutgoingMessage, Result
    from pymail.outbox.entry import Damaged
    from pymail.outbox.queued_message import QueuedMessage
    from pymail.report.delivery_report import Report
    from pymail.report.status_codes import Advice

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is not empty, as in POSIX


class Events:
    """A listener to what happens in a run; this one ignores it.

    A class that shows or collects events overrides the methods of those it is for.
    `machine_readable`: results are asked for as `fields`, not as text.
    """

    machine_readable = False

    def on_output(self, text: str) -> None:
        """Text for standard output."""

    def on_warning(self, text: str, *, shown: bool = False) -> None:
        """Something is wrong and stops nothing; a trace may have `shown` it."""

    def on_remark(self, text: str) -> None:
        """Something that is not wrong, for a user who watches."""

    def on_attempt(self, outgoing: "OutgoingMessage", account: str) -> None:
        """A message goes to a server now, by the account of a fallback if named."""

    def on_unreached(self, error: PymailError) -> None:
        """The server could not be asked."""

    def on_failure(self, error: PymailError, advice: "Advice") -> None:
        """A failure was explained."""

    def on_dead_letter(self, place: str) -> None:
        """The message is kept there."""

    def on_result(self, result: "Result", status: int) -> None:
        """A message was handed over."""

    def on_abandoned(
        self, draft: Draft | None, error: PymailError, status: int
    ) -> None:
        """A message, or the run, ended before anything was handed over."""

    def on_skipped(self, draft: Draft) -> None:
        """An empty message is not sent."""

    def on_preview(self, outgoing: "OutgoingMessage", status: int) -> None:
        """A message is only shown."""

    def on_retry(self, mail: "QueuedMessage", report: "Report") -> None:
        """A queued message was tried again."""

    def on_given_up(self, name: str, addresses: tuple[str, ...], kept: str) -> None:
        """A queued message is a dead letter for these."""

    def on_unusable(self, error: PymailError) -> None:
        """A queued message can't be opened or updated."""

    def on_damaged(self, error: "Damaged") -> None:
        """The outbox has set a damaged file aside."""

    def fields(self, **values: Any) -> None:
        """Results of a command, by the names that pymail(1) documents."""

    def end(self, status: int, bug: PymailError | None = None) -> None:
        """The run is over; with a `bug`, nothing else can be told of it."""


class TerminalEvents(Events):
    """What people see of a run: texts on standard output, warnings on standard error.

    A stream that is closed is no failure.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def on_output(self, text: str) -> None:
        """Write to standard output."""
        write(self._environment.stdout, text)

    def on_warning(self, text: str, *, shown: bool = False) -> None:
        """Say what is wrong and stops nothing."""
        if not shown:
            from pymail.terminal import lines, renderer  # mostly nothing is said

            renderer.say(self._environment, [lines.warning_line(text)])

    def on_remark(self, text: str) -> None:
        """Say what is not wrong."""
        from pymail.terminal import lines, renderer

        renderer.say(self._environment, [lines.remark_line(text)])


@model(frozen=False)
class RunContext:
    """State of one run: environment, settings, current draft, listener.

    `settings` are None until they are resolved, `draft` until one is begun;
    `spool` has the text of standard input. While the run `awaits_text` that is
    not read; `draft_to_keep` makes the draft to keep it in, None before the call is
    understood.
    `signals` are held when the message has left, or before it is kept. `fallback` is
    the account that is used because a server could not be reached, and `logged` the
    last failure in the log.
    `progress` says whether to show how far a mail is, None: as it seems best.
    `command_status` is that of a command that was run, and wins over ours unless it
    is 0. `kept_in` names the file where the message is kept already, and not once more.
    """

    environment: Environment
    program: str
    events: Events = field(default_factory=Events)
    signals: Signals = IGNORED
    draft: Draft | None = None
    awaits_text: bool = False
    draft_to_keep: Callable[[], Draft] | None = None
    settings: Settings | None = None
    verbose: bool = False
    progress: bool | None = None
    command_status: int = 0
    kept_in: str = ""
    fallback: str = ""
    logged: PymailError | None = None
    spool: BufferedInput = field(default_factory=BufferedInput)

    @property
    def host(self) -> str:
        """Where mail goes, as advice is looked up by."""
        server = self.settings.server if self.settings else None
        return server.name if isinstance(server, SmtpServer) else ""

    @property
    def language(self) -> str:
        """The language of advice: what `explain` says, else that of the locale."""
        wanted = self.settings.explain if self.settings else Language.AUTO
        if wanted is not Language.AUTO:
            return str(wanted.value)
        names = (self.environment.variables.get(name, "") for name in _LOCALE)
        locale = next(filter(None, names), "")
        chinese = locale.lower().startswith("zh")
        return str((Language.CHINESE if chinese else Language.ENGLISH).value)

    def print(self, text: str) -> None:
        """Emit text for standard output."""
        if text:
            self.events.on_output(text)

    def warn(self, texts: Iterable[str]) -> None:
        """Emit warnings."""
        for text in texts:
            self.events.on_warning(text)

    def remark(self, texts: Iterable[str]) -> None:
        """Emit remarks."""
        for text in texts:
            self.events.on_remark(text)
