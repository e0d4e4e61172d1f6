"""One letter as values for --json, however it ended."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pymail.commands.output import would_go
from pymail.delivery.assemble import message_id
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.errors import PymailError
from pymail.message.draft import Draft
from pymail.message.mime_entity import to_lf
from pymail.model import field, model
from pymail.report import json_values
from pymail.report.delivery_report import Fate, Report
from pymail.report.json_values import Value
from pymail.report.reply import visible
from pymail.settings.models import Settings

_ACCEPTED = Fate.ACCEPTED.value


@model(frozen=False)
class Course:
    """What happened to a letter so far.

    `servers` are those that could not be asked, `problems` what people were told;
    `dead_letter` is where it is kept.
    """

    outgoing: OutgoingMessage | None = None
    settings: Settings | None = None
    account: str = ""
    servers: list[Value] = field(default_factory=list)
    problems: list[Value] = field(default_factory=list)
    dead_letter: str = ""

    def begins(
        self, outgoing: OutgoingMessage, settings: Settings, account: str
    ) -> None:
        """Note what is to be handed over now."""
        self.outgoing, self.settings, self.account = outgoing, settings, account

    def lost(self, error: PymailError) -> None:
        """Note that it could not."""
        report = Report(fates=(), reply=error.reply)
        self.servers.append(self.server(report, str(error)))

    def server(self, report: Report, failure: str = "") -> Value:
        """Give the server of the attempt at hand."""
        name = self.settings.server.name if self.settings else ""
        return json_values.server(
            report, name=name, account=self.account, failure_=failure
        )


def of_outcome(course: Course, result: Result, status: int, language: str) -> Value:
    """Give a letter that was handed over."""
    outgoing, reports = result.outgoing, result.reports
    host = course.settings.server.name if course.settings else ""
    rows = [row for report in reports for row in json_values.recipients(report)]
    rows += _beside(outgoing, result.unwritten)
    kept = result.queued.kept if result.queued else []
    return _letter(
        outgoing,
        course,
        rows,
        servers=[*course.servers, *map(course.server, reports)],
        problems=[
            *map(json_values.problem, outgoing.problems),
            *(
                problem
                for each in reports
                for problem in json_values.problems(
                    each, host, language, waits=bool(kept)
                )
            ),
            *course.problems,
        ],
        outbox=[
            json_values.waiting(
                each.name, each.remaining.open, each.due, each.remaining.held
            )
            for each in kept
        ],
        exit_status=status,
    )


def of_failure(
    course: Course, letter: Draft | None, error: PymailError, status: int
) -> Value:
    """Give a letter that was not handed over."""
    outgoing = course.outgoing
    if outgoing is None:
        assert letter is not None  # noqa: S101 - one of them is there
        words = letter.only or (*letter.to, *letter.cc, *letter.bcc)
        rows = list(json_values.left_out(words, error))
        return {**_bare(letter, course, rows, status), "problems": course.problems}
    rows = list(json_values.left_out(outgoing.forward_paths, error))
    rows += _beside(outgoing, outgoing.files)
    problems = [*map(json_values.problem, outgoing.problems), *course.problems]
    return _letter(
        outgoing,
        course,
        rows,
        servers=course.servers,
        problems=problems,
        outbox=[],
        exit_status=status,
    )


def of_skipped(letter: Draft) -> Value:
    """Give a letter that -E does not send."""
    words = letter.only or (*letter.to, *letter.cc, *letter.bcc)
    rows = [json_values.recipient(word, json_values.UNSENT) for word in words]
    return {**_bare(letter, Course(), rows, 0), "state": "skipped"}


def of_dry_run(outgoing: OutgoingMessage, settings: Settings, status: int) -> Value:
    """Give a letter that is only shown."""
    course = Course(outgoing, settings)
    rows = [
        json_values.recipient(path, json_values.UNSENT)
        for path in outgoing.forward_paths
    ]
    rows += _beside(outgoing, outgoing.files)
    value = _letter(
        outgoing,
        course,
        rows,
        servers=[],
        problems=list(map(json_values.problem, outgoing.problems)),
        outbox=[],
        exit_status=status,
    )
    return {**value, "state": "shown", "messages": list(_messages(outgoing, settings))}


def _messages(outgoing: OutgoingMessage, settings: Settings) -> Iterator[Value]:
    """Give every message as it would go: as -d shows it, line by line."""
    for to, envelope, message in would_go(outgoing, settings):
        octets = to_lf(message.chunks())
        text = "".join(codecs.iterdecode(octets, "utf-8", "backslashreplace"))
        paths = envelope.forward_paths if envelope else ()
        yield {
            "server": to,
            "recipients": list(map(visible, paths)),
            "text": text,
        }


def _beside(outgoing: OutgoingMessage, unwritten: Iterable[str]) -> list[Value]:
    """Give recipients that no server is asked for: files, and words that are none."""
    missed = {*unwritten}
    fates = [
        (name, json_values.UNSENT if name in missed else _ACCEPTED)
        for name in outgoing.files
    ]
    fates += [(word, json_values.UNSENT) for word in outgoing.refused]
    return [json_values.recipient(name, fate) for name, fate in fates]


def _letter(
    outgoing: OutgoingMessage,
    course: Course,
    rows: Sequence[Value],
    *,
    servers: Sequence[Value],
    problems: Sequence[Value],
    outbox: Sequence[Value],
    exit_status: int,
) -> Value:
    bare = _bare(outgoing.draft, course, rows, exit_status)
    settings = course.settings
    name = message_id(outgoing.draft, settings) if settings else ""
    envelope = outgoing.envelope
    return {
        **bare,
        "message_id": visible(name) or None,
        "sender": visible(envelope.reverse_path) if envelope else None,
        "servers": list(servers),
        "kept": {**bare["kept"], "outbox": list(outbox)},
        "problems": list(problems),
    }


def _bare(
    letter: Draft, course: Course, rows: Sequence[Value], exit_status: int
) -> dict[str, Any]:
    subject = letter.subject
    return {
        "state": json_values.state([row["fate"] for row in rows]),
        "message_id": None,
        "subject": None if subject is None else visible(subject),
        "sender": None,
        "recipients": list(rows),
        "servers": course.servers,
        "kept": {"dead_letter": visible(course.dead_letter) or None, "outbox": []},
        "problems": [],
        "messages": [],
        "exit_status": int(exit_status),
    }
