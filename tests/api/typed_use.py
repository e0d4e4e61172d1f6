"""How a program with types uses pymail; mypy checks it, and a test runs it."""

import io
from collections.abc import Callable
from pathlib import Path

import pymail
from pymail import Attachment, Draft, Fate, Report, Session, errors


def one(text: str, files: list[Path]) -> str:
    report: Report = pymail.send(
        text,
        to=["ops@example.com"],
        cc="Ann <ann@example.com>, bob@example.com",
        subject="Disk",
        attach=[*files, Attachment("all.csv", b"a,b\n", "text/csv")],
        fields={"X-Host": "web1"},
        settings={"smtp-timeout": 20, "record": None, "save": False},
    )
    return report.message_id


def many(url: str, code: Callable[[], str], drafts: list[Draft]) -> list[str]:
    trace = io.StringIO()
    refused: list[str] = []
    with pymail.connect(url, user="me@x.org", password=code, debug=trace) as session:
        each: Session = session
        for draft in drafts:
            report = each.send(draft, check=False)
            refused += [row.address for row in report.with_fate(Fate.REFUSED)]
    return refused


def careful(text: str, to: str) -> tuple[str, ...]:
    try:
        pymail.send(text, to=to)
    except errors.UndeliveredError as error:
        return tuple(row.address for row in error.report.fates)
    except errors.PymailError as error:
        return (str(error), error.meaning, error.advice)
    return ()


def look(draft: Draft) -> bytes:
    return pymail.build(draft, settings={"from": "me@example.com"})
