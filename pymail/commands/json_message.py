"""One letter as values for --json, however it ended."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pymail.commands.output import would_go
from pymail.delivery.assemble import message_id
from pymail.delivery.letter import Letter
from pymail.delivery.parcel import Outcome, Parcel
from pymail.errors import PymailError
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

    parcel: Parcel | None = None
    settings: Settings | None = None
    account: str = ""
    servers: list[Value] = field(default_factory=list)
    problems: list[Value] = field(default_factory=list)
    dead_letter: str = ""

    def begins(self, parcel: Parcel, settings: Settings, account: str) -> None:
        """Note what is to be handed over now."""
        self.parcel, self.settings, self.account = parcel, settings, account

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


def of_outcome(course: Course, outcome: Outcome, status: int, language: str) -> Value:
    """Give a letter that was handed over."""
    parcel, reports = outcome.parcel, outcome.reports
    host = course.settings.server.name if course.settings else ""
    rows = [row for report in reports for row in json_values.recipients(report)]
    rows += _beside(parcel, outcome.unwritten)
    kept = outcome.spool.kept if outcome.spool else []
    return _letter(
        parcel,
        course,
        rows,
        servers=[*course.servers, *map(course.server, reports)],
        problems=[
            *map(json_values.problem, parcel.problems),
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
            json_values.waiting(each.name, each.addresses, each.due, each.held)
            for each in kept
        ],
        exit_status=status,
    )


def of_failure(
    course: Course, letter: Letter | None, error: PymailError, status: int
) -> Value:
    """Give a letter that was not handed over."""
    parcel = course.parcel
    if parcel is None:
        assert letter is not None  # noqa: S101 - one of them is there
        words = letter.only or (*letter.to, *letter.cc, *letter.bcc)
        rows = list(json_values.left_out(words, error))
        return {**_bare(letter, course, rows, status), "problems": course.problems}
    rows = list(json_values.left_out(_paths(parcel), error))
    rows += _beside(parcel, parcel.files)
    problems = [*map(json_values.problem, parcel.problems), *course.problems]
    return _letter(
        parcel,
        course,
        rows,
        servers=course.servers,
        problems=problems,
        outbox=[],
        exit_status=status,
    )


def of_skipped(letter: Letter) -> Value:
    """Give a letter that -E does not send."""
    words = letter.only or (*letter.to, *letter.cc, *letter.bcc)
    rows = [json_values.recipient(word, json_values.UNSENT) for word in words]
    return {**_bare(letter, Course(), rows, 0), "state": "skipped"}


def of_dry_run(parcel: Parcel, settings: Settings, status: int) -> Value:
    """Give a letter that is only shown."""
    course = Course(parcel, settings)
    rows = [json_values.recipient(path, json_values.UNSENT) for path in _paths(parcel)]
    rows += _beside(parcel, parcel.files)
    value = _letter(
        parcel,
        course,
        rows,
        servers=[],
        problems=list(map(json_values.problem, parcel.problems)),
        outbox=[],
        exit_status=status,
    )
    return {**value, "state": "shown", "messages": list(_messages(parcel, settings))}


def _messages(parcel: Parcel, settings: Settings) -> Iterator[Value]:
    """Give every message as it would go: as -d shows it, line by line."""
    for to, envelope, message in would_go(parcel, settings):
        octets = to_lf(message.chunks())
        text = "".join(codecs.iterdecode(octets, "utf-8", "backslashreplace"))
        paths = envelope.forward_paths if envelope else ()
        yield {
            "server": to,
            "recipients": list(map(visible, paths)),
            "text": text,
        }


def _paths(parcel: Parcel) -> list[str]:
    return [p for each in parcel.consignments for p in each.envelope.forward_paths]


def _beside(parcel: Parcel, unwritten: Iterable[str]) -> list[Value]:
    """Give recipients that no server is asked for: files, and words that are none."""
    missed = {*unwritten}
    files = dict.fromkeys(parcel.files)
    fates = [
        (name, json_values.UNSENT if name in missed else _ACCEPTED) for name in files
    ]
    fates += [(word, json_values.UNSENT) for word in parcel.refused]
    return [json_values.recipient(name, fate) for name, fate in fates]


def _letter(
    parcel: Parcel,
    course: Course,
    rows: Sequence[Value],
    *,
    servers: Sequence[Value],
    problems: Sequence[Value],
    outbox: Sequence[Value],
    exit_status: int,
) -> Value:
    bare = _bare(parcel.letter, course, rows, exit_status)
    settings = course.settings
    name = message_id(parcel.letter, settings) if settings else ""
    first = next(iter(parcel.consignments), None)
    return {
        **bare,
        "message_id": visible(name) or None,
        "sender": visible(first.envelope.reverse_path) if first else None,
        "servers": list(servers),
        "kept": {**bare["kept"], "outbox": list(outbox)},
        "problems": list(problems),
    }


def _bare(
    letter: Letter, course: Course, rows: Sequence[Value], exit_status: int
) -> dict[str, Any]:
    subject = letter.draft.subject
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
