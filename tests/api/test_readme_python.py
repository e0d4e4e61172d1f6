"""Every example in Python of README and man/python.md, run as it is written."""

import os
import re
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pymail
from tests.api.live import Inbox, attachments, html_of, receiving, text_of
from tests.pages import MAN, README, blocks

SERVER = "smtps://smtp.163.com"  # of the examples; the tests' own takes its place
REFUSED = {
    "gone@example.com": "550 5.1.1 no such user",
    "later@example.com": "450 4.2.1 later",
}
CODE = ("me@163.com", "AUTHORIZATIONCODE")
PATIENCE_SECONDS = 300


def sends_one(inbox: Inbox, said: str) -> None:
    assert inbox.recipients == ["ops@example.com"]
    assert said in ("", f"{inbox.mails[0]['Message-ID']} is 4XYZ there\n")


def sends_many(inbox: Inbox, said: str) -> None:
    assert inbox.recipients == ["ann@example.com", "bob@example.com"]
    assert inbox.logins == [CODE]
    assert len(inbox.sessions) == 1
    assert said == ""


def sends_files(inbox: Inbox, said: str) -> None:
    assert attachments(inbox.mails[0]) == {
        "report.pdf": ("application/pdf", b"%PDF-1.7\n"),
        "all.csv": ("text/csv", b"a,b\n1,2\n"),
    }
    assert inbox.mails[0]["From"] == "Reports <reports@example.com>"
    assert inbox.mails[0]["Bcc"] is None
    assert sorted(inbox.recipients) == [
        *("archive@example.com", "boss@example.com", "team@example.com")
    ]
    assert said == ""


def sends_html(inbox: Inbox, said: str) -> None:
    assert text_of(inbox.mails[0]) == "Total: 3\n"
    assert html_of(inbox.mails[0]) == "<p>Total: <b>3</b></p>\n"
    assert said == ""


def shows_fates(inbox: Inbox, said: str) -> None:
    accepted = "ops@example.com accepted 250 2.0.0 Ok: queued as 4XYZ"
    refused = "gone@example.com refused 550 5.1.1 no such user"
    assert said.splitlines() in ([accepted, refused], [refused])
    assert inbox.recipients == ["ops@example.com"]


def shows_the_failure(inbox: Inbox, said: str) -> None:
    assert "gone@example.com" in said
    assert "550 5.1.1 no such user\n" in said
    assert said.endswith("don't try again\n")
    assert inbox.recipients == []


def sends_it_later(inbox: Inbox, said: str) -> None:
    waits = said == "waiting: later@example.com\n"
    assert inbox.recipients == ([] if waits else ["later@example.com"])


def sends_chinese(inbox: Inbox, said: str) -> None:
    assert inbox.recipients == ["bo@example.com"]
    assert inbox.mails[0]["Subject"] == "磁盘"
    assert text_of(inbox.mails[0]) == "全部正常\n"
    assert said == ""


def shows_session_and_message(inbox: Inbox, said: str) -> None:
    assert re.search("(?i)mail from:<me@(example|163)[.]com>", said)
    assert "To: ops@example.com\r\n" in said
    assert inbox.recipients == ["ops@example.com"]


def logs_in(inbox: Inbox, said: str) -> None:
    assert inbox.logins == [CODE]
    assert inbox.mails == []
    assert said == ""


def sends_one_and_many(inbox: Inbox, said: str) -> None:
    assert inbox.recipients == ["ops@example.com", "ann@example.com", "bob@example.com"]
    assert inbox.logins == [CODE]
    assert len(inbox.sessions) == 2
    assert said == f"{inbox.mails[0]['Message-ID']} is 4XYZ there\n"


CHECKS: list[Callable[[Inbox, str], None]] = [
    *(sends_one, sends_many, sends_files, sends_html, shows_fates),
    *(shows_the_failure, sends_it_later, sends_chinese),
    *(shows_session_and_message, logs_in),
]
JOBS = blocks("python", MAN / "python.md")
EXAMPLES = {
    "README": (blocks("python", README), [sends_one_and_many]),
    "pymail": (JOBS[::2], CHECKS),
    "smtplib": (JOBS[1::2], CHECKS),
}


@pytest.mark.live
@pytest.mark.parametrize(("examples", "checks"), EXAMPLES.values(), ids=EXAMPLES)
def test_examples_do_what_the_page_says(
    examples: list[str],
    checks: list[Callable[[Inbox, str], None]],
    home: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home.directory / "report.pdf").write_bytes(b"%PDF-1.7\n")
    names: dict[str, Any] = {}
    for block, check in zip(examples, checks, strict=True):
        with (
            receiving(dict(REFUSED), auth=True) as inbox,
            pytest.MonkeyPatch.context() as patched,
        ):
            home.rc(f"set smtp={inbox.address} from=me@example.com")
            patched.setattr(smtplib, "SMTP_SSL", connector(inbox))
            patched.setattr(time, "sleep", lambda _, i=inbox: setattr(i, "refuse", {}))
            code = block.replace(SERVER, f"smtp://{inbox.address}")
            exec(compile(code, "page", "exec"), names)  # noqa: S102 - ours
        out, err = capsys.readouterr()
        check(inbox, out + err)


def connector(inbox: Inbox) -> Callable[..., smtplib.SMTP]:
    """Connect to this server, which has no TLS."""

    def connect(host: str, *, context: object, timeout: float) -> smtplib.SMTP:
        assert (host, context is not None) == ("smtp.163.com", True)
        name, _, port = inbox.address.partition(":")
        return smtplib.SMTP(name, int(port), "client.example.com", timeout)

    return connect


def test_examples_have_types(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    files = [tmp_path / f"with_{name.lower()}.py" for name in EXAMPLES]
    for file, (examples, _) in zip(files, EXAMPLES.values(), strict=True):
        file.write_text("\n".join(examples), "utf-8")
    place = Path(pymail.__file__).parents[1]
    is_installed = place.name == "site-packages"  # mypy refuses that in MYPYPATH
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", *files],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": "" if is_installed else str(place)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.stdout == "Success: no issues found in 3 source files\n"
