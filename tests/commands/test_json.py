"""--json of a send: one object on standard output in every case."""

import email
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from pymail.commands.json_report import JsonReport
from pymail.main import main
from tests.conftest import World
from tests.json_schema import read_json
from tests.scripted import CLOSE, Server, nobody, serving

Run = Callable[..., Any]
FROM = "set from=me@example.com\n"


@pytest.fixture
def choosy() -> Iterator[Server]:
    """A server that refuses recipients like `no`, and defers those like `full`."""
    refused = b"550 5.1.1 \xb2\xbb\xb4\xe6\xd4\xda\x1b[31m"
    with serving({"RCPT TO:<no": refused, "RCPT TO:<full": "452 4.2.2 full"}) as server:
        yield server


@pytest.fixture
def run_json(pymail: Run) -> Run:
    """Run with --json; returns the object and the end of the run."""

    def run(*words: str, **around: Any) -> tuple[Any, Any]:
        around.setdefault("stdin", b"text\n")
        ended = pymail("--json", *words, **around)
        values = read_json(ended.out)
        assert values["exit_status"] == ended.status
        assert "Traceback" not in ended.err
        return values, ended

    return run


def fates(message: Any) -> dict[str, str]:
    return {each["address"]: each["fate"] for each in message["recipients"]}


# ── recipients ─────────────────────────────────────────────────────────────


def test_all_recipients_accepted(run_json: Run) -> None:
    with serving() as server:
        rc = f"{FROM}set smtp={server.address}\n"
        values, ended = run_json("-s", "H\u00e9", "-c", "b@x.org", "a@x.org", rc=rc)
    assert (ended.status, ended.err) == (0, "")
    (message,) = values["letters"]
    assert (message["state"], message["exit_status"]) == ("sent", 0)
    assert (message["subject"], message["sender"]) == ("H\u00e9", "me@example.com")
    assert fates(message) == {"a@x.org": "accepted", "b@x.org": "accepted"}
    parsed = email.message_from_bytes(server.contents[0])
    assert message["message_id"] == parsed["Message-ID"]
    reply = {"code": 250, "enhanced": "2.0.0", "text": "Ok: queued as 4XYZ"}
    assert message["recipients"][0]["reply"] == reply
    assert message["servers"] == [
        {
            "name": server.address,
            "account": "",
            "tls": "",
            "reply": reply,
            "queue_id": "4XYZ",
            "problem": "",
        }
    ]
    assert message["kept"] == {"dead_letter": None, "outbox": []}
    assert (values["problems"], values["warnings"]) == ([], [])
    assert (values["mails"], values["command"]) == ([], None)


def test_some_recipients_refused(run_json: Run, choosy: Server, world: World) -> None:
    rc = f"{FROM}set smtp={choosy.address}\n"
    values, ended = run_json("a@x.org", "no@x.org", "full@x.org", rc=rc)
    assert ended.status == 69
    (message,) = values["letters"]
    assert message["state"] == "partly sent"
    assert fates(message) == {
        "a@x.org": "accepted",
        "no@x.org": "refused",
        "full@x.org": "deferred",
    }
    refused, deferred = values["problems"]
    assert (refused["letter"], refused["recipients"]) == (0, ["no@x.org"])
    said = {"code": 550, "enhanced": "5.1.1", "text": "\u4e0d\u5b58\u5728\\x1b[31m"}
    assert refused["reply"] == said
    assert refused["happened"] == f"refused by {choosy.address}"
    assert deferred["recipients"] == ["full@x.org"]
    for each in values["problems"]:
        assert each["meaning"] in ended.err
        assert each["advice"] in ended.err
    dead = str(world.directory / "dead.letter")
    assert message["kept"]["dead_letter"] == dead


def test_all_recipients_refused(run_json: Run, choosy: Server) -> None:
    rc = f"{FROM}set smtp={choosy.address}\n"
    values, ended = run_json("no@x.org", "nobody@x.org", rc=rc)
    assert ended.status == 67
    assert values["letters"][0]["state"] == "unsent"
    (problem,) = values["problems"]
    assert problem["recipients"] == ["no@x.org", "nobody@x.org"]


def test_explanations_are_in_the_language_of_the_terminal(
    run_json: Run, choosy: Server
) -> None:
    rc = f"{FROM}set smtp={choosy.address} explain=zh\n"
    values, ended = run_json("no@x.org", rc=rc)
    (problem,) = values["problems"]
    assert re.search("[\u4e00-\u9fff]", problem["meaning"])
    assert problem["meaning"] in ended.err
    assert problem["advice"] in ended.err


def test_server_out_of_reach(run_json: Run, world: World) -> None:
    address = nobody()
    values, ended = run_json("a@x.org", rc=f"{FROM}set smtp={address}\n")
    assert ended.status == 75
    (message,) = values["letters"]
    assert fates(message) == {"a@x.org": "deferred"}
    assert message["message_id"] in world.dead_letter
    (problem,) = values["problems"]
    assert problem["doing"] == f"connecting to {address}"
    assert "refused" in problem["happened"]
    assert "firewall" in problem["meaning"]
    assert message["servers"][0]["name"] == address
    assert "refused" in message["servers"][0]["problem"]


@pytest.mark.parametrize(
    ("answers", "status", "fate"),
    [
        pytest.param({"greeting": "554 go"}, 69, "refused", id="refused"),
        pytest.param({"greeting": "421 later"}, 75, "deferred", id="busy"),
        pytest.param({"greeting": "\x00what"}, 76, "unsent", id="nonsense"),
        pytest.param({"MAIL": "550 5.7.1 no"}, 69, "refused", id="sender"),
        pytest.param({"DATA": CLOSE}, 75, "deferred", id="cut-off"),
        pytest.param({".": CLOSE}, 75, "unknown", id="cut-off-behind-the-dot"),
        pytest.param({".": "552 5.3.4 too big"}, 69, "refused", id="content"),
    ],
)
def test_attempt_that_fails(
    run_json: Run, answers: Mapping[str, str], status: int, fate: str
) -> None:
    with serving(answers) as server:
        rc = f"{FROM}set smtp={server.address}\n"
        values, ended = run_json("a@x.org", rc=rc)
    assert ended.status == status
    (message,) = values["letters"]
    assert fates(message) == {"a@x.org": fate}
    assert message["kept"]["dead_letter"]
    assert values["problems"][0]["letter"] == 0


def test_login_that_is_refused_has_no_secret_in_it(run_json: Run) -> None:
    with serving({"AUTH": "535 5.7.8 no"}) as server:
        rc = (
            f"{FROM}set smtp={server.address} smtp-auth=plain\n"
            "set smtp-auth-user=me smtp-auth-password=hunter22\n"
        )
        values, ended = run_json("a@x.org", rc=rc)
    assert ended.status == 77
    assert values["problems"][0]["reply"]["code"] == 535
    assert fates(values["letters"][0]) == {"a@x.org": "refused"}
    assert "hunter22" not in ended.out + ended.err
    assert "aHVudGVyMjI" not in ended.out


def test_fallback_names_both_servers(run_json: Run) -> None:
    first = nobody()
    with serving() as server:
        rc = (
            f"{FROM}set smtp={first} smtp-fallback=backup\n"
            f"account backup {{\nset smtp={server.address}\n}}\n"
        )
        values, ended = run_json("a@x.org", rc=rc)
    assert (ended.status, ended.err) == (0, "")
    lost, used = values["letters"][0]["servers"]
    assert (lost["name"], lost["account"]) == (first, "")
    assert "refused" in lost["problem"]
    assert (used["name"], used["account"]) == (server.address, "backup")
    assert (used["queue_id"], used["problem"]) == ("4XYZ", "")


def test_failing_fallback_is_reported_once(run_json: Run) -> None:
    rc = (
        f"{FROM}set smtp={nobody()} smtp-fallback=backup\n"
        f"account backup {{\nset smtp={nobody()}\n}}\n"
    )
    values, ended = run_json("a@x.org", rc=rc)
    assert ended.status == 75
    assert len(values["letters"][0]["servers"]) == 2
    (problem,) = values["problems"]
    assert "refused" in problem["also"]


def test_last_server_of_a_queued_message_is_that_of_its_account(
    run_json: Run, world: World
) -> None:
    first, last = nobody(), nobody()
    rc = (
        f"{FROM}set outbox={world.directory}/box smtp={first} smtp-fallback=backup\n"
        f"account backup {{\nset smtp={last}\n}}\n"
    )
    values, ended = run_json("a@x.org", rc=rc)
    assert ended.status == 75
    servers = [(e["name"], e["account"]) for e in values["letters"][0]["servers"]]
    assert servers == [(first, ""), (last, "backup"), (last, "backup")]


# ── local programs ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "fate"), [(0, "accepted"), (67, "refused"), (75, "deferred")]
)
def test_local_program(run_json: Run, world: World, status: int, fate: str) -> None:
    path = world.write("mta", f"#!/bin/sh\necho hello\nexit {status}\n")
    path.chmod(0o700)
    values, ended = run_json("a@x.org", rc=f"{FROM}set mta={path}\n")
    assert ended.status == status
    (message,) = values["letters"]
    assert fates(message) == {"a@x.org": fate}
    assert message["servers"][0]["name"] == str(path)
    if not status:
        assert values["warnings"] == ["mta: hello"]


@pytest.mark.parametrize(
    ("mta", "status", "name"),
    [
        ("/nowhere/mta", 78, "/nowhere/mta"),
        ("lmtp:///nowhere/socket", 75, "/nowhere/socket"),
        ("test", 0, "standard output"),
        ("test:///nowhere/x", 73, "/nowhere/x"),
    ],
)
def test_local_destinations_have_names(
    run_json: Run, mta: str, status: int, name: str
) -> None:
    values, ended = run_json("a@x.org", rc=f"{FROM}set mta={mta}\n")
    (message,) = values["letters"]
    assert (ended.status, message["servers"][0]["name"]) == (status, name)
    assert (message["state"] == "sent") is (status == 0)
    assert ended.err.startswith("From me@example.com ") is (status == 0)


def test_other_output_is_on_standard_error(
    run_json: Run,
) -> None:
    with serving() as server:
        rc = (
            f"{FROM}set smtp={server.address} logfile=- expandaddr\n"
            "echo hello\nechoerr there\n"
        )
        values, ended = run_json("a@x.org", "-", rc=rc)
    assert ended.status == 0
    for text in ("hello\n", "there", "exitcode=EX_OK", "\n\ntext\n"):
        assert text in ended.err
    assert fates(values["letters"][0]) == {"a@x.org": "accepted", "-": "accepted"}
    assert values["warnings"] == ["there"]


@pytest.mark.parametrize(
    ("files", "rc", "status", "unserved", "happened"),
    [
        ("./good /nowhere/bad", "expandaddr", 73, "/nowhere/bad", "/nowhere/bad: "),
        ("./file", "", 65, "./file", "./file"),
        ("", "record=/nowhere/sent", 73, "", "sent, but not recorded"),
    ],
)
def test_file_that_cannot_be_written(
    run_json: Run, *, files: str, rc: str, status: int, unserved: str, happened: str
) -> None:
    with serving() as server:
        rc = f"{FROM}set smtp={server.address} {rc}\n"
        values, ended = run_json("a@x.org", *files.split(), rc=rc)
    assert ended.status == status
    (message,) = values["letters"]
    whom = ("a@x.org", *files.split())
    expected = {each: "unsent" if each == unserved else "accepted" for each in whom}
    assert fates(message) == expected
    assert message["state"] == ("partly sent" if unserved else "sent")
    (problem,) = values["problems"]
    assert happened in problem["happened"]
    assert values["warnings"] == []


@pytest.mark.parametrize("option", ["-v", "--debug"])
def test_conversation_stays_on_standard_error(run_json: Run, option: str) -> None:
    with serving() as server:
        rc = f"{FROM}set smtp={server.address} dsn=delay\n"
        values, ended = run_json(option, "a@x.org", rc=rc)
    assert "MAIL FROM:<me@example.com>" in ended.err
    assert values["warnings"] == ["dsn: the server offers no DSN; sent without"]


@pytest.mark.parametrize("option", ["-n", "--debug"])
def test_warning_of_the_session_is_reported(
    run_json: Run, world: World, option: str
) -> None:
    path = world.write("mta", "#!/bin/sh\nprintf 'be\\033ware\\n'\n")
    path.chmod(0o700)
    values, ended = run_json(option, "a@x.org", rc=f"{FROM}set mta={path}\n")
    assert values["warnings"] == ["mta: be\\x1bware"]
    assert "mta: be\\x1bware" in ended.err


# ── nothing is sent ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "status"),
    [
        pytest.param("--bogus", 64, id="unknown-option"),
        pytest.param("-s", 64, id="no-value"),
        pytest.param("-f", 64, id="reading"),
        pytest.param("--json=3", 64, id="value-for-none"),
        pytest.param("-: q a@x", 64, id="files"),
        pytest.param("--as-cron a@x", 64, id="belongs-elsewhere"),
        pytest.param("-a ./nowhere a@x.org", 66, id="attachment"),
        pytest.param("-C nonsense a@x.org", 65, id="field"),
    ],
)
def test_invalid_command_line(run_json: Run, words: str, status: int) -> None:
    values, ended = run_json(*words.split())
    assert ended.status == status
    (message,) = values["letters"]
    assert (values["kind"], message["state"]) == ("send", "unsent")
    assert message["kept"]["dead_letter"].endswith("dead.letter")
    (problem,) = message["problems"] if "problems" in message else values["problems"]
    assert problem["happened"] in ended.err


@pytest.mark.parametrize(
    "words",
    [
        *("--setup", "--login", "--logout", "--demo", "--version", "--man", "--help"),
        *("-V", "--help --bogus"),
    ],
)
def test_tasks_for_people_have_no_json(run_json: Run, words: str) -> None:
    values, ended = run_json(*words.split())
    assert ended.status == 64
    (problem,) = values["problems"]
    assert re.fullmatch(r"--json can't be combined with --\w+", problem["happened"])


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("--check --bogus", "check"),
        ("--queue --bogus", "queue"),
        ("--flush --drop", "flush"),
        ("--drop -d x", "drop"),
        ("--show-settings --run a@x -- true", "settings"),
        ("--queue --password-fd x", "queue"),
    ],
)
def test_invalid_task_has_an_object_of_its_kind(
    run_json: Run, words: str, kind: str
) -> None:
    values, ended = run_json(*words.split())
    assert (ended.status, values["kind"]) == (64, kind)
    assert "bug in pymail" not in ended.err


def test_option_may_be_abbreviated_and_anywhere(pymail: Run) -> None:
    ended = pymail("a@x.org", "--js", "--bogus")
    assert read_json(ended.out)["exit_status"] == 64


@pytest.mark.parametrize(
    "words", [["-s", "--json", "a@x"], ["-S", "expandargv", "a@x", "--", "--json"]]
)
def test_word_that_is_not_the_option_writes_no_object(
    pymail: Run, words: list[str]
) -> None:
    ended = pymail(*words, rc=f"{FROM}set mta=test\n", stdin=b"text")
    assert ended.out.startswith("From me@example.com ")
    assert pymail("-s", "--json", "--version").out.startswith("pymail ")


def test_option_behind_a_value_that_looks_like_an_end(pymail: Run) -> None:
    ended = pymail("-s", "--", "--json", "a@x", rc=f"{FROM}set mta=test\n")
    assert read_json(ended.out)["letters"][0]["subject"] == "--"


def test_sendmail_has_no_json(pymail: Run) -> None:
    ended = pymail(
        "--json", "a@x", program="sendmail", rc="set mta=test\n", stdin=b"\n"
    )
    assert "{" not in ended.out


def test_invalid_settings_keep_the_text(run_json: Run, world: World) -> None:
    values, ended = run_json("-s", "S", "a@x.org", rc="set from=a@x,b@x smtp=h\n")
    assert ended.status == 78
    (message,) = values["letters"]
    assert fates(message) == {"a@x.org": "unsent"}
    assert (message["message_id"], message["sender"]) == (None, None)
    assert message["subject"] == "S"
    assert message["kept"]["dead_letter"] == str(world.directory / "dead.letter")


def test_unknown_settings_line_is_a_warning(run_json: Run) -> None:
    rc = f"{FROM}set mta=test\nfrobnicate\n"
    values, _ = run_json("a@x.org", rc=rc)
    assert len(values["warnings"]) == 1
    assert values["warnings"][0].startswith("~/.mailrc:3: ")


def test_empty_text_is_skipped(run_json: Run) -> None:
    values, ended = run_json("-E", "a@x.org", rc=FROM, stdin=b"")
    assert ended.status == 0
    (message,) = values["letters"]
    assert message["state"] == "skipped"
    assert fates(message) == {"a@x.org": "unsent"}


def test_no_recipients(run_json: Run) -> None:
    values, ended = run_json("-c", "a@x.org", rc=FROM)
    assert ended.status == 65
    assert values["letters"][0]["kept"]["dead_letter"]


def test_dry_run_has_envelope_and_message_as_values(
    run_json: Run, world: World
) -> None:
    file = str(world.directory / "copy")
    words = ("-d", "-s", "\u00fc", "-b", "b@x.org", "a@x.org", file)
    rc = f"{FROM}set smtp=mx.example expandaddr\n"
    values, ended = run_json(*words, rc=rc, stdin="\u00e9\tx\x1b\n".encode())
    assert (ended.status, ended.err) == (0, "")
    (message,) = values["letters"]
    assert (message["state"], message["sender"]) == ("shown", "me@example.com")
    assert fates(message) == {"a@x.org": "unsent", "b@x.org": "unsent", file: "unsent"}
    (shown,) = message["messages"]
    assert shown["server"] == "mx.example:25 (TLS offered, no login)"
    assert shown["recipients"] == ["a@x.org", "b@x.org"]
    assert message["message_id"] in shown["text"]
    assert shown["text"].startswith("Date: ")
    assert "\n\n" in shown["text"]


def test_dry_run_for_files_only_names_no_server(run_json: Run, world: World) -> None:
    file = str(world.directory / "copy")
    rc = f"{FROM}set smtp=mx.example expandaddr\n"
    values, ended = run_json("-d", file, "|cmd", rc=rc)
    assert ended.status == 65
    (message,) = values["letters"][0]["messages"]
    assert (message["server"], message["recipients"]) == ("", [])
    assert "|cmd" in values["problems"][0]["happened"]


# ── kept messages ───────────────────────────────────────────────────────────


def test_text_without_a_writable_file(run_json: Run) -> None:
    around = {"TMPDIR": "/nowhere", "DEAD": "/nowhere/dead"}
    rc = f"{FROM}set smtp={nobody()} DEAD=/nowhere/dead\n"
    values, ended = run_json("a@x.org", rc=rc, variables=around)
    assert ended.status == 73
    assert values["letters"][0]["kept"]["dead_letter"] is None
    assert len(values["problems"]) == 2
    assert "its text follows" in values["warnings"][0]
    assert ended.err.endswith("text\n") or "\ntext\n" in ended.err


def test_queued_message_has_its_next_attempt(run_json: Run, world: World) -> None:
    rc = f"{FROM}set smtp={nobody()} outbox={world.directory}/box\n"
    values, ended = run_json("a@x.org", rc=rc)
    assert ended.status == 75
    (message,) = values["letters"]
    (kept,) = message["kept"]["outbox"]
    assert kept["id"] in ended.err
    assert kept["recipients"] == ["a@x.org"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\+00:00", kept["due"])
    assert kept["held"] == ""
    assert message["kept"]["dead_letter"] is None


def test_held_message_has_its_reason(run_json: Run, world: World) -> None:
    with serving({".": CLOSE}) as server:
        rc = f"{FROM}set smtp={server.address} outbox={world.directory}/box\n"
        values, _ = run_json("a@x.org", rc=rc)
    (message,) = values["letters"]
    assert fates(message) == {"a@x.org": "unknown"}
    (kept,) = message["kept"]["outbox"]
    assert (kept["due"], kept["recipients"]) == (None, ["a@x.org"])


def test_outbox_that_cannot_be_written_is_a_warning(
    run_json: Run, world: World
) -> None:
    world.write("file", "")
    with serving() as server:
        rc = f"{FROM}set smtp={server.address} outbox={world.directory}/file\n"
        values, _ = run_json("a@x.org", rc=rc)
    assert values["letters"][0]["state"] == "sent"
    assert values["warnings"][0].startswith("not kept in the outbox: ")


# ── several messages ─────────────────────────────────────────────────────────

MBOX = b"""From me Mon Nov 23 12:00:00 2026
To: a@x.org
Subject: one
Message-ID: <one@x.org>

text

From me Mon Nov 23 12:00:00 2026
To: no@x.org
Subject: two

text

From me Mon Nov 23 12:00:00 2026
To: <<
Subject: three

text
"""


def test_every_message_of_an_mbox_is_a_message(run_json: Run, choosy: Server) -> None:
    rc = f"{FROM}set smtp={choosy.address}\n"
    values, ended = run_json("-t", rc=rc, stdin=MBOX)
    assert ended.status == 67
    one, two, three = values["letters"]
    assert [x["subject"] for x in values["letters"]] == ["one", "two", "three"]
    assert [x["exit_status"] for x in values["letters"]] == [0, 67, 65]
    assert (one["state"], one["message_id"]) == ("sent", "<one@x.org>")
    assert fates(two) == {"no@x.org": "refused"}
    assert three["message_id"] is None
    assert [x["letter"] for x in values["problems"]] == [1, 2]


def test_every_message_of_a_batch_is_a_message(run_json: Run, choosy: Server) -> None:
    rc = f"{FROM}set smtp={choosy.address}\n"
    stdin = b"mail a@x.org\n~s one\ntext\n~.\necho hi\nmail no@x.org\ntext\n~.\n"
    stdin += b"mail b@x.org\ntext\n~x\n"
    values, ended = run_json("-#", rc=rc, stdin=stdin)
    assert ended.status == 67
    assert [x["state"] for x in values["letters"]] == ["sent", "unsent"]
    assert values["letters"][0]["subject"] == "one"
    refused, given_up = values["problems"]
    assert (refused["letter"], given_up["letter"]) == (1, None)
    assert "hi\n" in ended.err


def test_escapes_write_to_standard_error(run_json: Run) -> None:
    rc = f"{FROM}set mta=test\n"
    values, ended = run_json("-~", "a@x.org", rc=rc, stdin=b"text\n~p\n~?\n")
    assert values["letters"][0]["state"] == "sent"
    assert "text" in ended.err


# ── --run ───────────────────────────────────────────────────────────────────

RUN = f"{FROM}set mta=test\n"


@pytest.mark.parametrize(
    ("words", "status", "report", "messages"),
    [
        pytest.param("--run a@x.org -- true", 0, "not wanted", 0, id="well"),
        pytest.param("--run a@x.org -- false", 1, "mailed", 1, id="failure"),
        pytest.param("--run always a@x.org -- echo hi", 0, "mailed", 1, id="always"),
        pytest.param("--run a@x.org -- ./nowhere", 127, "mailed", 1, id="not-there"),
        pytest.param("--run -d a@x.org -- false", 1, "mailed", 1, id="dry-run"),
    ],
)
def test_command_that_was_run(
    run_json: Run, words: str, status: int, report: str, messages: int
) -> None:
    values, ended = run_json(*words.split(), rc=RUN)
    assert ended.status == status
    command = values["command"]
    assert (command["status"], command["report"]) == (status, report)
    assert command["words"] == words.partition("-- ")[2].split()
    assert bool(command["not_started"]) is (status == 127)
    assert len(values["letters"]) == messages


def test_command_that_a_signal_ended(run_json: Run) -> None:
    values, _ = run_json("--run", "a@x.org", "--", "sh", "-c", "kill -9 $$", rc=RUN)
    assert values["command"]["signal"] == "SIGKILL"
    assert values["command"]["status"] == values["exit_status"] == 137


def test_report_that_is_held_back(run_json: Run) -> None:
    words = ("--run", "--only-if-changed", "a@x.org", "--", "false")
    reports = [run_json(*words, rc=RUN)[0]["command"]["report"] for _ in range(2)]
    assert reports == ["mailed", "held back"]
    values, _ = run_json(*words[:-1], "true", rc=RUN)
    assert values["command"]["report"] == "not wanted"


def test_report_that_cannot_be_sent(run_json: Run) -> None:
    rc = f"{FROM}set smtp={nobody()}\n"
    values, ended = run_json("--run", "a@x.org", "--", "false", rc=rc)
    assert ended.status == 1
    assert values["letters"][0]["exit_status"] == 75
    assert values["command"]["report"] == "mailed"


# ── bugs ────────────────────────────────────────────────────────────────────


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        pytest.param("pymail.delivery.prepare.prepare", [True], id="preparing"),
        pytest.param("pymail.commands.report_outcome.keep", [], id="keeping"),
    ],
)
def test_bug_is_reported_and_the_message_kept(
    run_json: Run, monkeypatch: pytest.MonkeyPatch, where: str, kept: list[bool]
) -> None:
    monkeypatch.setattr(where, broken)
    values, ended = run_json("a@x.org", rc=f"{FROM}set smtp={nobody()}\n")
    assert ended.status == 70
    assert "bug in pymail: ZeroDivisionError" in values["problems"][0]["happened"]
    assert [bool(each["kept"]["dead_letter"]) for each in values["letters"]] == kept


def test_bug_in_the_object_does_not_change_the_status_of_a_sent_mail(
    run_json: Run, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(JsonReport, "_delivered_value", broken)
    values, ended = run_json("a@x.org", rc=f"{FROM}set mta=test\n")
    assert ended.status == 0
    assert values["letters"] == []
    assert "bug in pymail: ZeroDivisionError" in values["problems"][0]["happened"]
    assert "bug in pymail" in ended.err
    assert world.dead_letter == ""


def test_closed_output_is_no_failure(world: World) -> None:
    made = world.environment("pymail", "--json", "a@x", rc=f"{FROM}set mta=test\n")
    made.stdout.close()
    assert main(made) == 0
