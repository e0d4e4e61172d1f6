"""What a run tells programs: all that came of it, as one JSON object (--json).

The object is written when everything is over. Whatever else would go to standard
output, of us or of our children, goes to standard error from the first moment on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TextIO

from pymail.commands import json_message
from pymail.commands.invocation import Invocation
from pymail.commands.json_message import Course
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.environment import Environment
from pymail.errors import PymailError, UsageError
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.report import json_values
from pymail.report.delivery_report import Report
from pymail.report.json_values import Value
from pymail.report.reply import visible
from pymail.report.status_codes import Advice
from pymail.settings.models import Settings
from pymail.terminal import as_json
from pymail.terminal.stream import write

if TYPE_CHECKING:
    from pymail.delivery.context import RunContext
    from pymail.outbox.queued_message import QueuedMessage

# The options that make another object than that of a send.
KINDS: Mapping[str, str] = {
    "--check": "check",
    "--queue": "queue",
    "--flush": "flush",
    "--drop": "drop",
    "--resend": "resend",
    "--show-settings": "settings",
}
SEND = "send"


def empty(kind: str) -> Value:
    """Return what an object of this kind has, when there is nothing to tell."""
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


def begin(context: "RunContext", words: Sequence[str]) -> None:
    """Tell from here on; nothing else gets to standard output."""
    environment = context.environment
    options = set(takewhile(lambda word: word != "--", words))
    kinds = (kind for option, kind in KINDS.items() if option in options)
    context.told = Told(environment, next(kinds, SEND))
    # no terminal: editing of lines would write to the real one
    context.environment = replace(
        environment, stdout=environment.stderr, stdout_is_terminal=False
    )


def follow(context: "RunContext", invocation: Invocation) -> None:
    """Tell what the command line really asks for, or nothing.

    Raises:
        UsageError: there is nothing to tell of that.
    """
    told = context.told
    if told and not invocation.json:  # the word was the value of an option
        stdout, is_terminal = (
            told.environment.stdout,
            told.environment.stdout_is_terminal,
        )
        environment = context.environment
        context.told = None
        context.environment = replace(
            environment, stdout=stdout, stdout_is_terminal=is_terminal
        )
        return
    if told is None:
        begin(context, ())
    assert context.told is not None  # noqa: S101 - by now
    context.told.be(next((KINDS[n] for n in _named(invocation) if n in KINDS), SEND))
    for name in _named(invocation):
        if name not in KINDS:
            raise UsageError(f"--json does not go with {name}, which is for people")


def _named(invocation: Invocation) -> Iterable[str]:
    """Yield what is to be done instead of sending."""
    yield from invocation.tasks
    named = {
        "--show-settings": invocation.show_settings,
        "--demo": invocation.demo,
        "--version": invocation.version,
    }
    yield from (name for name, asked in named.items() if asked)


class Told:
    """Collects what there is to tell; `environment` is the one with our standard output.

    `own` are the keys of this kind of object, `course` what happened so far to the
    letter at hand.
    """

    def __init__(self, environment: Environment, kind: str) -> None:
        self.environment = environment
        self.course = Course()
        self._problems: list[Value] = []
        self._warnings: list[str] = []
        self._mails: list[tuple[QueuedMessage, Value]] = []
        self._broken: Exception | None = None
        self.be(kind)

    def be(self, kind: str) -> None:
        """Become an object of this kind."""
        self._kind = kind
        self.own = empty(kind)

    # ── what happens ────────────────────────────────────────────────────────

    def warn(self, text: str) -> None:
        """Hear what is wrong and stops nothing."""
        self._warnings.append(visible(text))

    def said(self, error: PymailError, advice: Advice) -> None:
        """Hear a failure as people are told it."""
        self.course.problems.append(json_values.failure(error, advice))

    def wrong(self, error: PymailError) -> None:
        """Hear a failure that belongs to no letter."""
        self._problems.append(json_values.failure(error, Advice("")))

    def begins(
        self, outgoing: OutgoingMessage, settings: Settings, account: str
    ) -> None:
        """Hear that a message is to be handed over; a fallback's account has a name."""
        self.course.begins(outgoing, settings, account)

    def lost(self, error: PymailError) -> None:
        """Hear that the server could not be asked."""
        self.course.lost(error)

    # ── how letters end ─────────────────────────────────────────────────────

    def finished(self, result: Result, status: int, language: str) -> None:
        """Hear what came of a message."""
        course = self.course
        self._try(lambda: json_message.of_outcome(course, result, status, language))

    def failed(self, letter: Draft | None, error: PymailError, status: int) -> None:
        """Hear what ended the attempt at a letter, or at all."""
        course = self.course
        if letter is None and course.outgoing is None:
            self._problems += course.problems
            self.course = Course()
        else:
            self._try(lambda: json_message.of_failure(course, letter, error, status))

    def _try(self, make: Callable[[], Value]) -> None:
        """End a letter that is sent or kept: a bug here must not change that."""
        try:
            self._end(make())
        except Exception as error:  # noqa: BLE001 - it is told in the end
            self._broken = error

    def skipped(self, letter: Draft) -> None:
        """Hear that an empty letter is not sent."""
        self._end(json_message.of_skipped(letter))

    def shown(self, outgoing: OutgoingMessage, settings: Settings, status: int) -> None:
        """Hear what would be sent."""
        self._end(json_message.of_dry_run(outgoing, settings, status))

    def _end(self, value: Value) -> None:
        problems = value.pop("problems")
        self.course = Course()
        if "letters" not in self.own:  # a command line that nobody understands
            self._problems += problems
            return
        number = len(self.own["letters"])
        self._problems += [{**each, "letter": number} for each in problems]
        self.own["letters"].append(value)

    def tried(self, mail: "QueuedMessage", report: Report, language: str) -> None:
        """Hear of another attempt at a mail of the outbox."""
        self._problems += [
            {**each, "mail": visible(mail.name)}
            for each in json_values.problems(report, "", language, waits=True)
        ]
        value = {
            **json_values.waiting(mail.name, (), None, ""),
            "recipients": list(json_values.recipients(report)),
            "server": json_values.server(report),
            "given_up": [],
            "kept": "",
        }
        self.own["mails"].append(value)
        self._mails.append((mail, value))

    def given_up(self, name: str, addresses: Sequence[str], kept: str) -> None:
        """Hear that a mail is a dead letter for these."""
        mails = self.own["mails"]
        if not mails or mails[-1]["id"] != visible(name):  # nobody has tried it
            untried = {**json_values.waiting(name, (), None, ""), "server": None}
            mails.append(untried)
        mails[-1] |= {"given_up": list(map(visible, addresses)), "kept": visible(kept)}

    # ── the object ──────────────────────────────────────────────────────────

    def text(self, status: int) -> str:
        """Write the object."""
        if self._broken:
            raise self._broken
        for mail, value in self._mails:
            if not mail.gone:  # it may have been given up since it was tried
                value.update(json_values.when(mail.journal.due, mail.remaining.held))
        return self._text(status, [*self._problems, *self.course.problems], self.own)

    def text_of_bug(self, status: int, bug: PymailError) -> str:
        """Write an object that says that we cannot."""
        advice = Advice("", bug.advice)
        return self._text(status, [json_values.failure(bug, advice)], empty(self._kind))

    def _text(self, status: int, problems: list[Value], own: Value) -> str:
        common = {
            "kind": self._kind,
            "exit_status": int(status),
            "problems": problems,
            "warnings": self._warnings,
        }
        # a check has its own exit status, which is that of the run
        return as_json.render({**common, **own, **common})


def last_words(status: int, error: PymailError, stdout: TextIO) -> None:
    """Write an object when there was not yet, or is no more, a run to tell of."""
    common: dict[str, Any] = {
        "kind": SEND,
        "exit_status": status,
        "problems": [json_values.failure(error, Advice(""))],
        "warnings": [],
    }
    write(stdout, as_json.render({**common, **empty(SEND)}))
