"""Run context: the state of one run, and the listener to its events."""

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
    from pymail.terminal.lines import Line
    from pymail.transport.base import Trace

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is not empty, as in POSIX


class Events:
    """A listener to the events of a run; this one ignores them all.

    A subclass overrides the methods of the events that it prints or collects.
    A `machine_readable` listener gets results as `fields` instead of text.
    """

    machine_readable = False

    def on_output(self, text: str) -> None:
        """Text for standard output."""

    def on_warning(self, text: str, *, shown: bool = False) -> None:
        """A warning; a trace may have `shown` it already."""

    def on_remark(self, text: str) -> None:
        """A remark for -v: not a problem."""

    def on_attempt(self, outgoing: "OutgoingMessage", account: str) -> None:
        """An attempt to send starts; `account` is the fallback account, or empty."""

    def on_unreached(self, error: PymailError) -> None:
        """The attempt failed before the first RCPT."""

    def on_failure(self, error: PymailError, advice: "Advice") -> None:
        """A failure was explained."""

    def on_dead_letter(self, place: str) -> None:
        """The message is kept as a dead letter in `place`."""

    def on_result(self, result: "Result", status: int) -> None:
        """The attempts to send a message have ended."""

    def on_abandoned(
        self, draft: Draft | None, error: PymailError, status: int
    ) -> None:
        """A message, or the run, ended before an attempt to send."""

    def on_skipped(self, draft: Draft) -> None:
        """An empty message is not sent."""

    def on_preview(self, outgoing: "OutgoingMessage", status: int) -> None:
        """A dry run has printed a message (-d)."""

    def on_retry(self, mail: "QueuedMessage", report: "Report") -> None:
        """An attempt to send a queued message has ended."""

    def on_given_up(self, name: str, addresses: tuple[str, ...], kept: str) -> None:
        """A queued message is a dead letter for these addresses; `kept` says where."""

    def on_unusable(self, error: PymailError) -> None:
        """A queued message can't be opened or updated."""

    def on_damaged(self, error: "Damaged") -> None:
        """The outbox has set a damaged file aside."""

    def fields(self, **values: Any) -> None:
        """Results of a command, by the names in pymail-json(5)."""

    def end(self, status: int, bug: PymailError | None = None) -> None:
        """The run has ended, with a `bug` if pymail crashed."""


class TerminalEvents(Events):
    """Prints text on standard output, warnings and remarks on standard error.

    A closed stream is no failure.
    """

    def __init__(self, context: "RunContext") -> None:
        self._context = context

    def on_output(self, text: str) -> None:
        """Write to standard output."""
        write(self._context.environment.stdout, text)

    def on_warning(self, text: str, *, shown: bool = False) -> None:
        """Print a warning, unless a trace has shown it."""
        if not shown:
            from pymail.terminal.lines import warning_line  # rarely needed

            self._context.say([warning_line(text)])

    def on_remark(self, text: str) -> None:
        """Print a remark."""
        from pymail.terminal.lines import remark_line

        self._context.say([remark_line(text)])


@model(frozen=False)
class RunContext:
    """State of one run: environment, settings, current draft, listener.

    `settings` are None until they are resolved, `draft` until a message starts;
    `explain` has the language that the files name, for problems in them.
    `spool` has the text of standard input. `awaits_text` is true until that has been
    read; if the run fails before, `draft_to_keep` makes the draft for the dead letter.
    It is None before the command line is parsed.
    `signals` are held after a message was sent, and before it is kept. `fallback` is
    the fallback account in use, or empty, and `logged` the last failure in the log.
    `progress` switches the progress bar; None: only on a terminal, after a second.
    `command_status` is the exit status of the command under --run; unless it is 0, it
    becomes that of the run. `kept_in` names the file that has the message already, so
    that no dead letter is written.
    """

    environment: Environment
    program: str
    events: Events = field(default_factory=Events)
    signals: Signals = IGNORED
    draft: Draft | None = None
    awaits_text: bool = False
    draft_to_keep: Callable[[], Draft] | None = None
    settings: Settings | None = None
    explain: str = ""
    verbose: bool = False
    progress: bool | None = None
    command_status: int = 0
    kept_in: str = ""
    fallback: str = ""
    logged: PymailError | None = None
    spool: BufferedInput = field(default_factory=BufferedInput)

    @property
    def host(self) -> str:
        """The SMTP server's host, by which advice is looked up; else empty."""
        server = self.settings.server if self.settings else None
        return server.name if isinstance(server, SmtpServer) else ""

    @property
    def locale(self) -> str:
        """The locale of messages, such as "zh_CN.UTF-8"; empty if none is set."""
        return next(filter(None, map(self.environment.variables.get, _LOCALE)), "")

    @property
    def language(self) -> str:
        """The language of messages: that of `explain`, else that of the locale."""
        settings = self.settings
        wanted = settings.explain if settings else Language.parse(self.explain)
        if wanted is Language.AUTO:
            chinese = self.locale.lower().startswith("zh")
            wanted = Language.CHINESE if chinese else Language.ENGLISH
        return str(wanted.value)

    def print(self, text: str) -> None:
        """Emit text for standard output."""
        if text:
            self.events.on_output(text)

    def tell(self, text: str) -> None:
        """Emit sentences for standard output, one a line, in the user's language."""
        self.print("\n".join(map(self.translated, text.split("\n"))))

    def translated(self, sentence: str) -> str:
        """Translate a sentence into the user's language."""
        if self.language == Language.ENGLISH.value:
            return sentence
        from pymail.report.translate import translate  # nothing of a plain send

        return translate(sentence, self.language)

    def say(self, lines: "Iterable[Line]") -> None:
        """Write lines to standard error, in the user's language."""
        from pymail.terminal.renderer import say

        say(self.environment, lines, self.language)

    def warn(self, texts: Iterable[str]) -> None:
        """Emit warnings."""
        for text in texts:
            self.events.on_warning(text)

    def remark(self, texts: Iterable[str]) -> None:
        """Emit remarks."""
        for text in texts:
            self.events.on_remark(text)

    def make_trace(self, *, debug: bool) -> "Trace":
        """Create the trace of a session: verbose (-v) or, with `debug`, complete."""
        from pymail.terminal.trace import choose_trace

        warn, verbose = self.events.on_warning, self.verbose
        return choose_trace(self.environment, warn, verbose=verbose, debug=debug)
