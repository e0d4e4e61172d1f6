"""The result of a run as one JSON object (--json); pymail-json(5) documents the keys.

The object is written at the end of the run. All other output, from pymail and its
child processes, is sent to standard error instead. `json_values` makes the values.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TextIO

from pymail.commands import json_values
from pymail.commands.dry_run import message_texts, transactions
from pymail.commands.invocation import Invocation
from pymail.commands.json_values import Value, Verbatim, document
from pymail.delivery.context import RunContext, TerminalEvents
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.errors import PymailError, UsageError
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.report.delivery_report import Fate, Report
from pymail.report.status_codes import Advice
from pymail.terminal.output import write

if TYPE_CHECKING:
    from pymail.outbox.queued_message import QueuedMessage

SEND = "send"

# Options whose object is not that of a send.
KINDS: Mapping[str, str] = {
    "--check": "check",
    "--queue": "queue",
    "--flush": "flush",
    "--drop": "drop",
    "--resend": "resend",
    "--show-settings": "settings",
}
# Options that replace sending without settings: option → field.
_WITHOUT_SETTINGS: Mapping[str, str] = {
    "--demo": "demo",
    "--version": "version",
    "--man": "manual",
}


def empty(kind: str) -> Value:
    """Return the keys that only objects of this kind have, with empty values."""
    keys: Mapping[str, Value] = {
        SEND: {"letters": [], "mails": [], "command": None},
        "check": {"server": "", "stages": [], "as_cron": None, "differences": []},
        "queue": {"queue": []},
        "flush": {"mails": []},
        "drop": {"dropped": []},
        "resend": {"file": "", "letters": []},
        "settings": {"variables": [], "aliases": [], "accounts": []},
    }
    return keys[kind]


def begin(context: RunContext, words: Sequence[str]) -> None:
    """Start to collect, before the command line is parsed: it may be invalid."""
    options = set(takewhile(lambda word: word != "--", words))
    kinds = (kind for option, kind in KINDS.items() if option in options)
    context.events = JsonReport(context, next(kinds, SEND))


def follow(context: RunContext, invocation: Invocation) -> None:
    """Collect for the kind of object that the parsed command line asks for.

    Raises:
        UsageError: --json is set with a task that has no JSON output.
    """
    if not invocation.json:  # --json was the value of an option
        context.events = TerminalEvents(context)
        return
    others = (n for n, field in _WITHOUT_SETTINGS.items() if invocation.has(field))
    names = [*invocation.tasks, *invocation.questions, *others]
    kind = next((KINDS[name] for name in names if name in KINDS), SEND)
    context.events = JsonReport(context, kind)
    environment = context.environment
    # not a terminal: line editing would write to the real standard output
    context.environment = replace(
        environment, stdout=environment.stderr, stdout_is_terminal=False
    )
    for name in names:
        if name not in KINDS:
            raise UsageError(f"--json can't be combined with {name}")


class JsonReport(TerminalEvents):
    """Collector of the events of a run for one object; warnings and remarks are shown."""

    machine_readable = True

    def __init__(self, context: RunContext, kind: str) -> None:
        super().__init__(context)
        self._stdout = context.environment.stdout
        self._kind = kind
        self._own = empty(kind)
        self._problems: list[Value] = []
        self._warnings: list[str] = []
        self._mails: list[tuple[QueuedMessage, Value]] = []
        self._broken: Exception | None = None
        self._begin_letter()

    def _begin_letter(self) -> None:
        self._outgoing: OutgoingMessage | None = None
        self._account = ""
        self._servers: list[Value] = []
        self._failures: list[Value] = []
        self._dead_letter = ""

    # ── what happens ────────────────────────────────────────────────────────

    def on_output(self, text: str) -> None:
        """Write to standard error: standard output is for the object."""
        write(self._context.environment.stderr, text)

    def on_warning(self, text: str, *, shown: bool = False) -> None:
        """Collect and show a warning."""
        super().on_warning(text, shown=shown)
        self._warnings.append(text)

    def on_remark(self, text: str) -> None:
        """Collect and show a remark."""
        super().on_remark(text)
        self._warnings.append(text)

    def fields(self, **values: Any) -> None:
        """Collect results of this kind of object."""
        self._own |= values

    def on_attempt(self, outgoing: OutgoingMessage, account: str) -> None:
        """Note the message that is sent now, and its account."""
        self._outgoing, self._account = outgoing, account

    def on_unreached(self, error: PymailError) -> None:
        """Collect a server that could not be reached."""
        report = Report(fates=(), reply=error.reply, failure=error)
        self._servers.append(self._server(report))

    def on_failure(self, error: PymailError, advice: Advice) -> None:
        """Collect a failure with its advice."""
        self._failures.append(json_values.failure(error, advice))

    def on_dead_letter(self, place: str) -> None:
        """Note the file where the message is kept."""
        self._dead_letter = place

    def on_unusable(self, error: PymailError) -> None:
        """Collect a failure that concerns no single message."""
        self._problems.append(json_values.failure(error))

    def on_retry(self, mail: "QueuedMessage", report: Report) -> None:
        """Collect another attempt at a queued message."""
        language = self._context.language
        self._problems += [
            {**each, "mail": mail.name}
            for each in json_values.problems(report, "", language, waits=True)
        ]
        value = json_values.queued(mail.name, report)
        self._own["mails"].append(value)
        self._mails.append((mail, value))

    def on_given_up(self, name: str, addresses: Sequence[str], kept: str) -> None:
        """Collect a queued message that became a dead letter."""
        mails = self._own["mails"]
        if not mails or mails[-1]["id"] != name:  # not attempted in this run
            mails.append(json_values.queued(name))
        mails[-1] |= {"given_up": addresses, "kept": kept}

    # ── how letters end ─────────────────────────────────────────────────────

    def on_result(self, result: Result, status: int) -> None:
        """Collect a message that a server or program has answered."""
        self._end_letter(lambda: self._delivered_value(result, status))

    def on_abandoned(
        self, letter: Draft | None, error: PymailError, status: int
    ) -> None:
        """Collect a message that was not sent, or the failure of the run."""
        if letter is None and self._outgoing is None:
            self._problems += self._failures
            self._begin_letter()
        else:
            self._end_letter(lambda: self._undelivered_value(letter, error, status))

    def on_skipped(self, letter: Draft) -> None:
        """Collect an empty message that is not sent (-E)."""
        rows = json_values.unsent(_words(letter))
        self._end_letter(lambda: self._letter(letter, rows, 0, state="skipped"))

    def on_preview(self, outgoing: OutgoingMessage, status: int) -> None:
        """Collect a message that is only shown (-d)."""
        self._outgoing = outgoing
        rows = json_values.unsent(outgoing.forward_paths)
        rows += _local_recipients(outgoing, outgoing.files)
        messages = [
            {
                "server": to,
                "recipients": paths.forward_paths if paths else (),
                "text": Verbatim("".join(message_texts(message))),
            }
            for to, paths, message in transactions(outgoing)
        ]
        problems = list(map(json_values.problem, outgoing.problems))
        more = {"state": "shown", "messages": messages, "problems": problems}
        self._end_letter(lambda: self._letter(outgoing.draft, rows, status, **more))

    def _delivered_value(self, result: Result, status: int) -> Value:
        outgoing, reports = result.outgoing, result.reports
        self._servers += map(self._server, reports)  # the last that was attempted
        host = (self._outgoing or outgoing).settings.server.name
        self._outgoing = outgoing
        kept = result.queued.kept if result.queued else []
        rows = [row for report in reports for row in json_values.recipients(report)]
        rows += _local_recipients(outgoing, result.unwritten)
        problems = list(map(json_values.problem, outgoing.problems))
        for each in reports:
            problems += json_values.problems(
                each, host, self._context.language, waits=bool(kept)
            )
        problems += self._failures
        value = self._letter(outgoing.draft, rows, status, problems=problems)
        value["kept"]["outbox"] = [
            json_values.waiting(
                each.name, each.remaining.open, each.due, each.remaining.held
            )
            for each in kept
        ]
        return value

    def _undelivered_value(
        self, letter: Draft | None, error: PymailError, status: int
    ) -> Value:
        outgoing, problems = self._outgoing, self._failures
        if outgoing is None:
            assert letter is not None  # noqa: S101 - one of the two exists
            addresses, local = _words(letter), list[Value]()
        else:
            letter, addresses = outgoing.draft, outgoing.forward_paths
            local = _local_recipients(outgoing, outgoing.files)
            problems = [*map(json_values.problem, outgoing.problems), *problems]
        rows = json_values.recipients(Report.from_failure(tuple(addresses), error))
        return self._letter(letter, [*rows, *local], status, problems=problems)

    def _letter(
        self, letter: Draft, rows: Sequence[Value], status: int, **more: Any
    ) -> Value:
        outgoing = self._outgoing
        envelope = outgoing.envelope if outgoing else None
        name = outgoing.draft.message_id if outgoing else ""
        return {
            "state": json_values.state(rows),
            "message_id": name or None,
            "subject": letter.subject,
            "sender": envelope.reverse_path if envelope else None,
            "recipients": rows,
            "servers": self._servers,
            "kept": {"dead_letter": self._dead_letter or None, "outbox": []},
            "problems": [],
            "messages": [],
            "exit_status": int(status),
            **more,
        }

    def _server(self, report: Report) -> Value:
        name = self._outgoing.settings.server.name if self._outgoing else ""
        return json_values.server(report, name, self._account)

    def _end_letter(self, make: Callable[[], Value]) -> None:
        """Add a message that is already sent or kept: a bug here must not change that."""
        try:
            value = make()
        except Exception as error:  # noqa: BLE001 - `end` raises it
            self._broken = error
            return
        problems = value.pop("problems")
        self._begin_letter()
        if "letters" not in self._own:  # the command line was invalid
            self._problems += problems
            return
        number = len(self._own["letters"])
        self._problems += [{**each, "letter": number} for each in problems]
        self._own["letters"].append(value)

    # ── the object ──────────────────────────────────────────────────────────

    def end(self, status: int, bug: PymailError | None = None) -> None:
        """Write the object; with a `bug` in this module, an empty one that reports it."""
        if bug is not None:
            problems = [json_values.failure(bug, Advice("", bug.advice))]
            self._own = empty(self._kind)
        elif self._broken:
            raise self._broken
        else:
            problems = [*self._problems, *self._failures]
            for mail, value in self._mails:
                if not mail.gone:  # given up after this attempt
                    value.update(
                        json_values.when(mail.journal.due, mail.remaining.held)
                    )
        text = document(self._kind, status, problems, self._warnings, self._own)
        write(self._stdout, text)


def write_interruption(status: int, error: PymailError, stdout: TextIO) -> None:
    """Write the object for a signal that came before the run began."""
    problems = [json_values.failure(error)]
    write(stdout, document(SEND, status, problems, [], empty(SEND)))


def _local_recipients(
    outgoing: OutgoingMessage, unwritten: Iterable[str]
) -> list[Value]:
    """Make the values of recipients that no server sees: files and invalid words."""
    missed, accepted = {*unwritten}, Fate.ACCEPTED.value
    rows = [
        json_values.recipient(name, json_values.UNSENT if name in missed else accepted)
        for name in outgoing.files
    ]
    return rows + json_values.unsent(outgoing.refused)


def _words(letter: Draft) -> Sequence[str]:
    return letter.only or (*letter.to, *letter.cc, *letter.bcc)
