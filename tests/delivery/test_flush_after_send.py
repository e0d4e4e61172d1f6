"""Due messages are sent behind a message that was sent (`outbox-flush`)."""

from collections.abc import Callable

from pymail.outbox.directory import Outbox
from tests.delivery.conftest import User
from tests.scripted import Server

Serve = Callable[..., Server]
HOUR = 3600


def test_successful_send_also_sends_due_messages(waiting: User, serve: Serve) -> None:
    server = serve()
    waiting.clock += HOUR
    said = waiting.send("now@example.com")
    assert (said.status, said.err) == (0, "")
    assert server.recipients[0] == "now@example.com"
    assert len(server.taken) == 4
    assert waiting.mails == []


def test_variable_switches_that_off(waiting: User, serve: Serve) -> None:
    server = serve()
    waiting.clock += HOUR
    waiting.rc = "set outbox-flush=off\n"
    assert waiting.send("now@example.com").status == 0
    assert len(server.taken) == 1


def test_their_failure_does_not_change_the_exit_status(
    waiting: User, serve: Serve
) -> None:
    serve({"RCPT TO:<u": "550 no"})
    waiting.clock += HOUR
    said = waiting.send("now@example.com")
    assert said.status == 0
    assert said.err.count("given up for") == 3
    assert waiting.dead.count("X-Envelope-To") == 3


def test_they_are_sent_for_at_most_ten_seconds(waiting: User, serve: Serve) -> None:
    """Each reading of the clock advances it."""
    server = serve()
    waiting.clock += HOUR
    for seconds, taken in ((6, 1), (1.9, 4), (0, 6)):
        waiting.more = {"ticks": str(seconds)}
        assert waiting.send("now@example.com").status == 0
        assert len(server.taken) == taken
    assert waiting.mails == []


def test_no_message_is_sent_behind_another_flush(waiting: User, serve: Serve) -> None:
    server = serve()
    waiting.clock += HOUR
    with Outbox(waiting.box).flushing() as alone:
        assert alone
        assert waiting.send("now@example.com").status == 0
        assert len(server.taken) == 1
        assert waiting("--flush").status == 0
    assert len(server.taken) == 4


def test_due_messages_are_sent_through_a_local_program(user: User) -> None:
    program = user.home / "mta"
    program.write_text("#!/bin/sh\nexit 75\n")
    program.chmod(0o700)
    user.rc = f"set mta={program}\n"
    assert user.send().status == 75
    program.write_text(f"#!/bin/sh\necho >> {user.home}/calls\n")
    user.clock += HOUR
    assert user.send("now@example.com").status == 0
    assert (user.home / "calls").read_text() == "\n\n"
    assert user.mails == []
