"""logfile and syslog: a line for every attempt, from both programs."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.report_outcome import default_settings
from pymail.delivery import log
from pymail.delivery.context import RunContext
from pymail.delivery.outgoing import Result
from pymail.delivery.prepare import prepare
from pymail.errors import ConnectError
from pymail.message.byte_source import InMemory
from pymail.message.draft import Draft
from pymail.message.mime_entity import EncodedBody
from pymail.model import replace
from pymail.report.delivery_report import Fate, RecipientFate, Report
from tests.scripted import CLOSE, nobody, serving

Run = Callable[..., Any]
LOG = "set from=me@example.com logfile=~/log\n"
LOGIN = "set smtp-auth-user=me smtp-auth-password=hunter22 smtp-auth=plain\n"
TWO_MESSAGES = (
    b"From a Mon Nov 23 12:00:00 2026\nTo: a@example.org\n\n1\n\n"
    b"From b Mon Nov 23 12:00:00 2026\nTo: b@example.org\n\n2\n"
)
NOON = "2026-11-23T12:00:00+00:00"


def logged(world: Any) -> list[str]:
    path: Path = world.directory / "log"
    return path.read_text().splitlines() if path.exists() else []


def test_a_mail_that_was_sent_leaves_one_line(pymail: Run, world: Any) -> None:
    with serving() as server:
        rc = f"{LOG}{LOGIN}set smtp={server.address}\n"
        ended = pymail("-s", "S", "a@example.org", "b@example.org", rc=rc)
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    size = len(server.contents[0])
    assert logged(world) == [
        (
            f"{NOON} host=127.0.0.1 tls=off auth=on user=me from=me@example.com"
            f" recipients=a@example.org,b@example.org mailsize={size} smtpstatus=250"
            " smtpmsg='250 2.0.0 Ok: queued as 4XYZ' exitcode=EX_OK"
        )
    ]
    mode = stat.S_IMODE((world.directory / "log").stat().st_mode)
    assert mode == 0o600


REFUSALS: list[tuple[dict[str, str | None], int, str]] = [
    ({"RCPT": "550 5.1.1 no"}, 67, "unserved=a@example.org exitcode=EX_NOUSER"),
    ({"MAIL": "550 5.7.1 no"}, 69, "unserved=a@example.org exitcode=EX_UNAVAILABLE"),
    ({".": "452 4.3.1 full"}, 75, "unserved=a@example.org exitcode=EX_TEMPFAIL"),
    ({"AUTH": "535 5.7.8 no"}, 77, "exitcode=EX_NOPERM"),
    ({"greeting": "554 go away"}, 69, "exitcode=EX_UNAVAILABLE"),
    ({"DATA": CLOSE}, 75, "exitcode=EX_TEMPFAIL"),
    ({".": CLOSE}, 75, "exitcode=EX_TEMPFAIL"),
]


@pytest.mark.parametrize(
    ("answers", "status", "end"), REFUSALS, ids=range(len(REFUSALS))
)
def test_a_mail_that_failed_leaves_one_line(
    pymail: Run, world: Any, answers: dict[str, str | None], status: int, end: str
) -> None:
    with serving(answers) as server:
        rc = f"{LOG}{LOGIN}set smtp={server.address}\n"
        ended = pymail("-s", "S", "a@example.org", rc=rc, stdin=b"text\n")
    assert ended.status == status
    (line,) = logged(world)
    assert line.endswith(end)
    assert " from=me@example.com recipients=a@example.org mailsize=" in line
    assert "hunter22" not in line


def test_an_unreachable_server_leaves_a_line(pymail: Run, world: Any) -> None:
    ended = pymail("a@example.org", rc=f"{LOG}set smtp={nobody()}\n")
    assert ended.status == 75
    (line,) = logged(world)
    assert " recipients=a@example.org mailsize=" in line
    assert "connection refused' exitcode=EX_TEMPFAIL" in line


def test_a_message_that_cannot_be_built_leaves_a_line(pymail: Run, world: Any) -> None:
    ended = pymail("(", rc=f"{LOG}set smtp=127.0.0.1:9 smtp-from=bounce@example.com\n")
    assert ended.status == 65
    (line,) = logged(world)
    assert " from=bounce@example.com recipients=( errormsg=" in line
    assert line.endswith(" exitcode=EX_DATAERR")


def test_runs_without_an_attempt_leave_no_line(pymail: Run, world: Any) -> None:
    rc = f"{LOG}set mta=test\n"
    assert pymail("-d", "a@example.org", rc=rc).status == 0
    assert pymail("--show-settings", rc=rc).status == 0
    assert pymail("--nonsense", rc=rc).status == 64
    assert pymail("./copy", rc=f"{rc}set expandaddr\n").status == 0
    assert pymail("-~", "a@example.org", stdin=b"~x\n", rc=rc).status != 0
    assert logged(world) == []


def test_sendmail_logs_as_well(pymail: Run, world: Any) -> None:
    message = b"From: root@example.com\nTo: a@example.org\n\ntext\n"
    with serving() as server:
        rc = f"set smtp={server.address} logfile=~/log\n"
        ended = pymail("-t", program="pymail-sendmail", stdin=message, rc=rc)
    assert ended.status == 0
    (line,) = logged(world)
    assert " from=root@example.com recipients=a@example.org mailsize=" in line


@pytest.mark.parametrize(
    ("mta", "status", "host"),
    [
        ("/bin/true", 0, "/bin/true"),
        ("lmtp:///none/socket", 75, "/none/socket"),
        ("test:///dev/null", 0, "/dev/null"),
    ],
)
def test_local_destination_is_the_host_of_its_line(
    pymail: Run, world: Any, mta: str, status: int, host: str
) -> None:
    assert pymail("a@example.org", rc=f"{LOG}set mta={mta}\n").status == status
    (line,) = logged(world)
    assert line.startswith(f"{NOON} host={host} tls=off auth=off from=me@example.com")


def test_the_log_can_be_standard_output(pymail: Run) -> None:
    with serving() as server:
        rc = f"set from=me@example.com smtp={server.address} logfile=-\n"
        ended = pymail("a@example.org", rc=rc)
    assert ended.out.startswith(f"{NOON} host=127.0.0.1 ")
    assert ended.out.endswith(" exitcode=EX_OK\n")


def test_a_log_that_cannot_be_written_costs_one_warning(
    pymail: Run, world: Any
) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com logfile=~/none/log\n"
        ended = pymail("-s", "S", "a@example.org", rc=rc)
    assert ended.status == 0
    assert len(server.contents) == 1
    path = world.directory / "none" / "log"
    assert ended.err == f"pymail: logfile: {path}: no such file or directory\n"


def test_every_message_of_a_batch_has_its_line(pymail: Run, world: Any) -> None:
    with serving() as server:
        pymail("-t", stdin=TWO_MESSAGES, rc=f"{LOG}set smtp={server.address}\n")
    assert len(server.contents) == 2
    recipients = [line.partition("recipients=")[2].split()[0] for line in logged(world)]
    assert recipients == ["a@example.org", "b@example.org"]


def test_a_refused_login_is_a_line_for_every_message(pymail: Run, world: Any) -> None:
    with serving({"AUTH": "535 no"}) as server:
        rc = f"{LOG}{LOGIN}set smtp={server.address}\n"
        assert pymail("-t", stdin=TWO_MESSAGES, rc=rc).status == 77
    assert [line.rpartition(" ")[2] for line in logged(world)] == [
        "exitcode=EX_NOPERM"
    ] * 2


@pytest.mark.parametrize(
    ("word", "warns"),
    [("", False), ("LOG_LOCAL0", False), ("off", False), ("frob", True)],
    ids=["default", "named", "off", "unknown"],
)
def test_the_system_log_gets_lines_without_a_word(
    pymail: Run, word: str, warns: bool
) -> None:
    """No reply tells whether the line arrived; `tests/files` tests that."""
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com syslog={word}\n"
        ended = pymail("-s", "S", "a@example.org", rc=rc)
    assert ended.status == 0
    warning = "unknown facility, using mail (known: mail, user, local0, …, local7)"
    assert (warning in ended.err) is warns
    assert bool(ended.err) is warns


def test_every_version_of_a_sealed_message_has_its_line(
    world: Any, tmp_path: Path
) -> None:
    made = world.environment("pymail")
    settings = replace(default_settings(made), log_file=str(tmp_path / "log"))
    draft = Draft(
        text=InMemory(b"text\n"),
        now=made.now(),
        token="t",
        to=("a@x.org",),
    )
    outgoing = prepare(draft, settings, made)
    (one,) = outgoing.versions
    envelope = replace(one[0], forward_paths=("b@x.org",))
    versions: Any = (one, (envelope, EncodedBody(b"secret", "7bit")))
    outgoing = replace(outgoing, versions=versions)
    reports = [
        Report(fates=(RecipientFate("a@x.org", Fate.ACCEPTED),)),
        Report.from_failure(("b@x.org",), ConnectError("gone")),
    ]
    context = RunContext(made, "pymail")
    log.log_outcome(context, Result(outgoing=outgoing, reports=reports))
    first, second = (tmp_path / "log").read_text().splitlines()
    assert " recipients=a@x.org mailsize=" in first
    assert " recipients=b@x.org mailsize=6 unserved=b@x.org errormsg='gone'" in second


def test_a_log_without_a_name_is_none(pymail: Run, world: Any) -> None:
    with serving() as server:
        pymail("a@example.org", rc=f"set smtp={server.address} logfile=\n")
    assert {each.name for each in world.directory.iterdir()} == {".mailrc"}
