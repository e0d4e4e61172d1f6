"""--json of tasks: outbox, settings and checks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.check.check import check
from pymail.commands.invocation import Invocation
from pymail.commands.json_report import JsonReport
from pymail.delivery.context import RunContext
from pymail.errors import Interrupted
from pymail.settings.loader import load
from tests.conftest import World
from tests.json_schema import read_json
from tests.scripted import CLOSE, nobody, serving

Run = Callable[..., Any]


@pytest.fixture
def box(world: World) -> Path:
    return world.directory / "box"


@pytest.fixture
def run_json(pymail: Run, box: Path) -> Run:
    """Run with --json and an outbox; returns the object and the end of the run."""

    def run(*words: str, rc: str = "", address: str = "", **around: Any) -> Any:
        usual = f"set from=me@example.com outbox={box} smtp={address or nobody()}\n"
        around.setdefault("stdin", b"text\n")
        ended = pymail("--json", *words, rc=usual + rc, **around)
        values = read_json(ended.out)
        assert values["exit_status"] == ended.status
        return values, ended

    return run


def name(values: Any) -> str:
    """The ID of the mail that a send put into the outbox."""
    (kept,) = values["letters"][0]["kept"]["outbox"]
    return str(kept["id"])


# ── the outbox ──────────────────────────────────────────────────────────────


def test_empty_queue(run_json: Run) -> None:
    values, ended = run_json("--queue")
    assert (ended.status, ended.err) == (0, "")
    assert (values["kind"], values["queue"]) == ("queue", [])


def test_queue_has_the_waiting_mails(run_json: Run) -> None:
    with serving({"RCPT": "451 4.7.1 later"}) as server:
        sent, _ = run_json("-s", "S", "a@x.org", "b@x.org", address=server.address)
    values, ended = run_json("--queue")
    assert (ended.status, ended.err) == (0, "")
    (mail,) = values["queue"]
    assert mail["id"] == name(sent)
    assert mail["due"] == sent["letters"][0]["kept"]["outbox"][0]["due"]
    assert (mail["held"], mail["attempts"], mail["busy"]) == ("", 1, False)
    assert mail["sender"] == "me@example.com"
    assert mail["size_octets"] > 100
    assert [each["state"] for each in mail["recipients"]] == ["waiting"] * 2
    assert "451 4.7.1 later" in mail["recipients"][0]["said"]


def test_queue_marks_possible_duplicates(run_json: Run) -> None:
    with serving({".": CLOSE}) as server:
        run_json("a@x.org", address=server.address)
    values, _ = run_json("--queue")
    assert values["queue"][0]["recipients"][0]["state"] == "unknown"


def test_queue_warns_of_an_unreadable_file(run_json: Run, box: Path) -> None:
    sent, _ = run_json("a@x.org")
    (box / name(sent)).write_bytes(b"\xff\x1b")
    values, ended = run_json("--queue")
    assert (ended.status, values["queue"]) == (65, [])
    assert values["warnings"][0].startswith("unreadable: ")


def test_flush_of_an_empty_queue(run_json: Run) -> None:
    values, ended = run_json("--flush")
    assert (ended.status, ended.err) == (0, "")
    assert (values["kind"], values["mails"]) == ("flush", [])


def test_flush_has_the_fates(run_json: Run) -> None:
    sent, _ = run_json("a@x.org")
    with serving() as server:
        values, ended = run_json("--flush", "--now", address=server.address)
    assert (ended.status, ended.err) == (0, "")
    (mail,) = values["mails"]
    assert (mail["id"], mail["due"], mail["held"]) == (name(sent), None, "")
    assert mail["recipients"][0]["fate"] == "accepted"
    assert mail["server"]["queue_id"] == "4XYZ"
    assert (mail["given_up"], mail["kept"]) == ([], "")


def test_flush_has_the_failure(run_json: Run) -> None:
    sent, _ = run_json("a@x.org")
    values, ended = run_json("--flush", "--now")
    assert ended.status == 75
    (mail,) = values["mails"]
    assert mail["recipients"][0]["fate"] == "deferred"
    assert mail["due"]
    (problem,) = values["problems"]
    assert (problem["mail"], problem["letter"]) == (name(sent), None)
    assert "firewall" in problem["meaning"]


def test_flush_has_the_mails_given_up(run_json: Run, world: World) -> None:
    run_json("a@x.org")
    with serving({"RCPT": "550 5.1.1 no"}) as server:
        values, ended = run_json("--flush", "--now", address=server.address)
    assert ended.status == 67
    (mail,) = values["mails"]
    assert mail["given_up"] == ["a@x.org"]
    assert (mail["due"], mail["held"]) == (None, "")
    assert mail["kept"] == f"kept in {world.directory / 'dead.letter'}"
    assert values["warnings"] == []
    assert "from the outbox" in ended.err
    assert "given up for a@x.org" in ended.err


def test_flush_sets_unreadable_files_aside(run_json: Run, box: Path) -> None:
    sent, _ = run_json("a@x.org")
    (box / name(sent)).write_bytes(b"\xff\x1b")
    values, ended = run_json("--flush", "--now")
    assert ended.status == 65
    assert values["warnings"][0].startswith("set aside because it is unreadable: ")


def test_mail_that_is_being_sent_is_a_problem(run_json: Run, box: Path) -> None:
    from pymail.outbox.directory import Outbox

    sent, _ = run_json("a@x.org")
    mail = Outbox(box).claim(name(sent))
    assert mail is not None
    with mail:
        assert run_json("--queue")[0]["queue"][0]["busy"] is True
        values, ended = run_json("--flush", name(sent))
        assert ended.status == 75
        assert "another process is sending it" in values["problems"][0]["happened"]
        assert run_json("--drop", name(sent))[0]["dropped"] == []


def test_drop_names_the_dropped_mails(run_json: Run, box: Path) -> None:
    sent, _ = run_json("a@x.org")
    values, ended = run_json("--drop", name(sent)[:12])
    assert (ended.status, values["kind"]) == (0, "drop")
    assert values["dropped"] == [name(sent)]
    assert not (box / name(sent)).exists()


@pytest.mark.parametrize(
    ("words", "status"), [("--drop", 64), ("--drop x", 66), ("--flush x", 66)]
)
def test_unknown_mail(run_json: Run, words: str, status: int) -> None:
    values, ended = run_json(*words.split())
    assert ended.status == status
    assert values["problems"][0]["happened"] in ended.err


def test_no_outbox(pymail: Run) -> None:
    ended = pymail("--flush", "--json", rc="set smtp=h\n")
    values = read_json(ended.out)
    assert (values["kind"], values["exit_status"], values["mails"]) == ("flush", 78, [])


# ── settings ────────────────────────────────────────────────────────────────


def test_settings_hide_secrets_as_on_the_terminal(pymail: Run) -> None:
    rc = (
        "set smtp=smtps://me:hunter22@mx.example\n"
        'set password=hunter22 from="\xff\x1b"\n'
        "alias team a@x.org b@x.org\n"
        "account work {\n set from=w@x.org\n}\nfrobnicate\n"
    )
    ended = pymail("--show-settings", "--json", "-S", "askcc", rc=rc)
    values = read_json(ended.out)
    assert (ended.status, values["kind"]) == (0, "settings")
    assert "hunter22" not in ended.out + ended.err
    found = {each["name"]: each for each in values["variables"]}
    assert found["password"]["value"] == "\u00absecret\u00bb"
    assert found["smtp"]["value"] == "smtps://me:\u00absecret\u00bb@mx.example"
    assert (found["smtp"]["file"], found["smtp"]["line"]) == ("~/.mailrc", 1)
    assert found["from"]["value"] == "\u00ff\\x1b"
    assert (found["askcc"]["file"], found["askcc"]["line"]) == ("-S", None)
    assert values["aliases"] == [{"name": "team", "members": ["a@x.org", "b@x.org"]}]
    assert values["accounts"] == [{"name": "work", "file": "~/.mailrc", "line": 4}]
    assert values["warnings"][0].startswith("~/.mailrc:7: ")


# ── a check ─────────────────────────────────────────────────────────────────


def test_check_fits_the_schema(pymail: Run) -> None:
    with serving() as server:
        ended = pymail("--check", "--json", rc=f"set smtp={server.address}\n")
    values = read_json(ended.out)
    assert (values["kind"], values["exit_status"]) == ("check", 0)
    assert values["server"] == server.address
    assert values["as_cron"] is None


@pytest.mark.parametrize("words", [(), ("--as-cron",)], ids=["as-user", "as-cron"])
def test_check_that_fails_fits_the_schema(pymail: Run, words: tuple[str, ...]) -> None:
    ended = pymail("--check", *words, "--json", rc=f"set smtp={nobody()}\n")
    values = read_json(ended.out)
    assert values["exit_status"] == ended.status == 75
    assert values["problems"] == []
    assert bool(values["as_cron"]) is bool(words)
    assert not words or values["as_cron"]["stages"]


def test_interrupted_check_has_the_finished_stages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = world.environment("pymail", "--check", rc="set smtp=127.0.0.1:1\n")
    invocation = Invocation(check=True, json=True)

    def interrupted(*_: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr("pymail.commands.check.network_stages.connect", interrupted)
    context = RunContext(around, "pymail")
    context.events = JsonReport(context, "check")
    with pytest.raises(Interrupted):
        check(invocation, load(invocation.load_request, around), context)
    context.events.end(130)
    values = read_json(around.stdout.getvalue())  # type: ignore[attr-defined] # in memory
    assert values["exit_status"] == 130
    assert values["stages"][0]["name"] == "settings"
