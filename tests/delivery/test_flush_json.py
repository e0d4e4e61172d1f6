"""The JSON of queued messages: given up, sent behind another, without a report."""

from collections.abc import Callable
from typing import Any

from pymail.errors import CannotKeepError
from tests.delivery.conftest import User
from tests.json_schema import read_json
from tests.scripted import CLOSE, Server

Serve = Callable[..., Server]
HOUR = 3600


def test_message_given_up_without_an_attempt_has_no_server(
    user: User, serve: Serve
) -> None:
    serve({".": f"250 ok {CLOSE}"})
    sent: Any = read_json(user.send("ops@example.com", "--json").out)
    (kept,) = sent["letters"][0]["kept"]["outbox"]
    user.clock += 200 * HOUR
    user("--flush")
    user.clock += HOUR
    said = user("--flush", "--json")
    values = read_json(said.out)
    assert values["exit_status"] == said.status == 69
    (mail,) = values["mails"]
    assert (mail["id"], mail["server"]) == (kept["id"], None)
    assert (mail["recipients"], mail["given_up"]) == ([], ["ops@example.com"])
    assert mail["kept"] == f"kept in {user.home / 'dead.letter'}"


def test_due_messages_sent_behind_another_are_reported(
    user: User, serve: Serve
) -> None:
    serve({"RCPT TO:<old@": "451 later"})
    user.send("old@example.com")
    serve()
    user.clock += HOUR
    said = user.send("new@example.com", "--json")
    values = read_json(said.out)
    assert values["exit_status"] == said.status == 0
    assert values["letters"][0]["recipients"][0]["address"] == "new@example.com"
    (mail,) = values["mails"]
    assert mail["recipients"][0]["address"] == "old@example.com"
    assert mail["recipients"][0]["fate"] == "accepted"


def test_failed_report_to_the_sender_is_a_problem(user: User, monkeypatch: Any) -> None:
    def full(*_: object) -> None:
        raise CannotKeepError("the disk is full")

    user.send_in_vain("ops@example.com")
    monkeypatch.setattr("pymail.delivery.flush.report_to_sender", full)
    user.clock += 200 * HOUR
    user("--flush")
    user.clock += HOUR
    values = read_json(user("--flush", "--json").out)
    assert "the disk is full" in [each["happened"] for each in values["problems"]]
