"""The log line: its fields for each result, quoting and length."""

import re
import shlex
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.delivery.log import _NAMES, Attempt, log_line, stamp
from pymail.errors import (
    AuthenticationError,
    ConnectError,
    FateUnknownError,
    Interrupted,
    PymailError,
    SettingsError,
)
from pymail.model import replace
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.report.exit_status import ExitStatus

A, B = "a@example.org", "b@example.org"
OK = Reply(250, ("Ok: queued as 4XYZ",), (2, 0, 0))
NO_SUCH = Reply(550, ("no such user",), (5, 1, 1))
BOTH = (RecipientFate(A, Fate.ACCEPTED, OK), RecipientFate(B, Fate.ACCEPTED, OK))
SENT = Report(fates=BOTH, reply=OK)
ATTEMPT = Attempt(
    host="smtp.example.com",
    tls=True,
    user="me",
    sender="me@example.com",
    recipients=(A, B),
    size_octets=1234,
    result=SENT,
)
START = (
    "host=smtp.example.com tls=on auth=on user=me from=me@example.com"
    f" recipients={A},{B} mailsize=1234 "
)


def test_sent_message_is_a_line_in_msmtp_format() -> None:
    assert log_line(ATTEMPT) == (
        f"{START}smtpstatus=250 smtpmsg='250 2.0.0 Ok: queued as 4XYZ' exitcode=EX_OK"
    )


ENDS: dict[str, tuple[Report | PymailError, str]] = {
    "partly": (
        Report(fates=(BOTH[0], RecipientFate(B, Fate.REFUSED, NO_SUCH)), reply=OK),
        (
            "smtpstatus=550 smtpmsg='550 5.1.1 no such user'"
            f" unserved={B} exitcode=EX_UNAVAILABLE"
        ),
    ),
    "nobody-known": (
        Report(fates=(RecipientFate(B, Fate.REFUSED, NO_SUCH),)),
        (
            "smtpstatus=550 smtpmsg='550 5.1.1 no such user'"
            f" unserved={B} exitcode=EX_NOUSER"
        ),
    ),
    "no-connection": (
        ConnectError("connection refused", doing="connecting to smtp.example.com:25"),
        (
            "errormsg='connecting to smtp.example.com:25: connection refused'"
            " exitcode=EX_TEMPFAIL"
        ),
    ),
    "no-login": (
        AuthenticationError("not accepted", reply=Reply(535, ("it's wrong",))),
        (
            "smtpstatus=535 smtpmsg='535 it\\'s wrong' errormsg='not accepted'"
            " exitcode=EX_NOPERM"
        ),
    ),
    "maybe-sent": (
        Report.from_failure((A, B), FateUnknownError("timed out")),
        f"unserved={A},{B} errormsg='timed out' exitcode=EX_TEMPFAIL",
    ),
    "signal": (Interrupted(15), "errormsg='interrupted' exitcode=143"),
    "settings": (SettingsError("~/.mailrc:3: smtp: \\x"), "errormsg='~/.mailrc:3: smtp: \\\\x' exitcode=EX_CONFIG"),
}  # fmt: skip


@pytest.mark.parametrize(("result", "end"), ENDS.values(), ids=ENDS)
def test_result_ends_the_line(result: Report | PymailError, end: str) -> None:
    assert log_line(replace(ATTEMPT, result=result)) == START + end


def test_every_status_has_the_name_of_sysexits() -> None:
    assert set(_NAMES) == set(ExitStatus)


def test_attempt_without_a_login_has_no_user() -> None:
    line = log_line(replace(ATTEMPT, user=None, tls=False, size_octets=0))
    assert line.startswith("host=smtp.example.com tls=off auth=off from=me@")
    assert "mailsize" not in line


def test_fallback_account_is_named() -> None:
    assert " fallback=backup smtpstatus=250 " in log_line(
        replace(ATTEMPT, fallback="backup")
    )


QUOTED = [
    ("", "''"),
    ("me", "me"),
    ("a b", "'a b'"),
    ("o'neill@x", "'o\\'neill@x'"),
    ("a=b", "'a=b'"),
    ('"a b"@x', "'\"a b\"@x'"),
    ("\x1b[2J\nhost=evil", "'\\x1b[2J\\nhost=evil'"),
    ("back\\slash", "'back\\\\slash'"),
    ("用户@例子.公司", "用户@例子.公司"),
    ("\udcff", "'\\xff'"),
]


@pytest.mark.parametrize(("value", "written"), QUOTED, ids=range(len(QUOTED)))
def test_value_with_other_than_plain_characters_is_quoted(
    value: str, written: str
) -> None:
    line = log_line(replace(ATTEMPT, user=value))
    assert f" auth=on user={written} from=me@example.com " in line


@given(st.text(), st.text(), st.lists(st.text(), max_size=4), st.text())
def test_no_text_makes_two_lines_or_another_key(
    user: str, sender: str, recipients: list[str], said: str
) -> None:
    error = ConnectError(said)
    line = log_line(
        replace(
            ATTEMPT,
            user=user,
            sender=sender,
            recipients=tuple(recipients),
            result=error,
        )
    )
    assert line.isprintable()
    keys = [word.partition("=")[0] for word in _words(line)]
    assert keys == [
        *("host", "tls", "auth", "user", "from", "recipients", "mailsize"),
        *("errormsg", "exitcode"),
    ]


def _words(line: str) -> list[str]:
    """Split the line by its own rules of quoting."""
    pattern = r"[a-z]+=(?:'(?:[^'\\]|\\.)*'|[^\s'\"\\=]+)"
    found = re.findall(pattern, line)
    assert " ".join(found) == line
    return found


def test_shell_splits_a_line() -> None:
    words = shlex.split(log_line(ATTEMPT))
    assert words[-2:] == ["smtpmsg=250 2.0.0 Ok: queued as 4XYZ", "exitcode=EX_OK"]


def test_a_bounded_line_names_the_first_recipients_and_counts_the_others() -> None:
    recipients = tuple(f"user{n}@example.org" for n in range(1000))
    refused = Report(fates=tuple(RecipientFate(a, Fate.DEFERRED) for a in recipients))
    attempt = replace(ATTEMPT, recipients=recipients, result=refused)
    line = log_line(attempt, longest=900)
    assert len(line.encode()) <= 900
    assert re.search(r" recipients=user0@example.org,\S*,\+[0-9]{3} ", line)
    assert re.search(r" unserved=user0@example.org,\S*,\+[0-9]{3} ", line)
    assert line.endswith(" exitcode=EX_TEMPFAIL")
    assert log_line(attempt).count("@example.org") == 2000


def test_a_bounded_line_ends_with_the_status() -> None:
    error = ConnectError("很" * 2000)
    line = log_line(replace(ATTEMPT, result=error), longest=500)
    assert len(line.encode()) <= 500
    assert "很… exitcode=EX_TEMPFAIL" in line


def test_the_time_is_local_and_has_its_zone() -> None:
    now = datetime(2026, 11, 26, 3, 15, 0, 999, timezone(timedelta(hours=8)))
    assert stamp("host=x", now) == "2026-11-26T03:15:00+08:00 host=x"
