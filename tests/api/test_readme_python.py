"""Every example in Python of README and man/python.md, run as it is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.live import Inbox, attachments, receiving
from tests.pages import MAN, README, blocks

pytestmark = pytest.mark.live

SERVER = "smtps://smtp.163.com"  # of the example; another one takes its place here


def sends_one(inbox: Inbox, said: str) -> None:
    assert inbox.recipients == ["ops@example.com"]
    assert said == f"{inbox.mails[0]['Message-ID']} is 4XYZ there\n"


def sends_many(inbox: Inbox, said: str) -> None:
    assert inbox.recipients == ["ann@example.com", "bob@example.com"]
    assert inbox.logins == [("me@163.com", "AUTHORIZATIONCODE")]
    assert len(inbox.sessions) == 1
    assert said == ""


def sends_files(inbox: Inbox, said: str) -> None:
    assert attachments(inbox.mails[0]).keys() == {"report.pdf", "all.csv"}
    assert inbox.mails[0]["From"] == "Reports <reports@example.com>"
    assert inbox.recipients == [
        *("team@example.com", "boss@example.com", "archive@example.com")
    ]
    assert said == ""


def shows_both(inbox: Inbox, said: str) -> None:
    assert "C: MAIL FROM:<me@example.com>" in said
    assert said.count("To: ops@example.com") == 2
    assert inbox.recipients == ["ops@example.com"]


def shows_fates(inbox: Inbox, said: str) -> None:
    assert said.splitlines() == [
        "ops@example.com accepted 250 2.0.0 Ok: queued as 4XYZ",
        "gone@example.com refused 550 5.1.1 no such user",
    ]
    assert inbox.recipients == ["ops@example.com"]


CHECKS: list[Callable[[Inbox, str], None]] = [
    sends_one,
    sends_many,
    sends_files,
    shows_both,
    shows_fates,
]


def sends_one_and_many(inbox: Inbox, said: str) -> None:
    message_id = inbox.mails[0]["Message-ID"]
    assert inbox.recipients == ["ops@example.com", "ann@example.com", "bob@example.com"]
    assert inbox.logins == [("me@163.com", "AUTHORIZATIONCODE")]
    assert len(inbox.sessions) == 2
    assert said == f"{message_id} is 4XYZ there\n"


@pytest.mark.parametrize(
    ("page", "checks"),
    [(README, [sends_one_and_many]), (MAN / "python.md", CHECKS)],
    ids=["README", "python"],
)
def test_examples_do_what_the_page_says(
    page: Path,
    checks: list[Callable[[Inbox, str], None]],
    home: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home.directory / "report.pdf").write_bytes(b"%PDF-1.7\n")
    names: dict[str, Any] = {}
    for block, check in zip(blocks("python", page), checks, strict=True):
        with receiving({"gone@example.com": "550 5.1.1 no such user"}, auth=True) as i:
            home.rc(f"set smtp={i.address} from=me@example.com")
            code = block.replace(SERVER, f"smtp://{i.address}")
            exec(compile(code, page.name, "exec"), names)  # noqa: S102 - ours
        check(i, capsys.readouterr().out)
