"""A flush sends queued messages when they are due, once to each recipient."""

import os
import signal
from collections.abc import Callable

import pytest

from pymail.delivery.context import Events, RunContext
from pymail.delivery.flush import Selection, flush
from pymail.delivery.sender import Sender
from pymail.environment import Environment
from pymail.outbox.directory import Outbox
from tests.delivery.conftest import (
    User,
    claimed,
    interrupt_at,
    interruptible,
    states,
)
from tests.scripted import CLOSE, Server

Serve = Callable[..., Server]
HOUR = 3600


def test_due_messages_are_sent_in_one_session(waiting: User, serve: Serve) -> None:
    server = serve()
    assert waiting("--flush").status == 0
    assert server.taken == []
    waiting.clock += 300
    assert waiting("--flush").status == 0
    assert server.recipients == [f"u{n}@example.com" for n in range(3)]
    assert server.connections == 1
    assert waiting.mails == []


def test_every_attempt_has_a_line_in_the_log(user: User, serve: Serve) -> None:
    user.port, user.rc = 1, "set logfile=~/log\n"
    user.send("u@example.com")
    user("--flush", "--now")
    serve()
    user("--flush", "--now")
    lines = (user.home / "log").read_text().splitlines()
    assert [line.rpartition("exitcode=")[2] for line in lines] == [
        "EX_TEMPFAIL",
        "EX_TEMPFAIL",
        "EX_OK",
    ]
    assert all(" recipients=u@example.com mailsize=" in line for line in lines)
    user.rc = ""


def test_now_sends_messages_that_are_not_due(waiting: User, serve: Serve) -> None:
    server = serve()
    assert waiting("--flush", "--now").status == 0
    assert len(server.taken) == 3


def test_only_the_named_messages_are_sent(waiting: User, serve: Serve) -> None:
    server = serve()
    names = [path.name for path in waiting.mails]
    assert waiting("--flush", names[1]).status == 0
    assert server.recipients == ["u1@example.com"]
    assert waiting("--flush", names[2].rpartition("-")[2]).status == 0
    assert server.recipients == ["u1@example.com", "u2@example.com"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--flush", "nothing"), 66, "no such mail"),
        (("--flush", "2026"), 64, "2026 matches 3 mails"),
        (("--drop",), 64, "needs the ID of a mail"),
        (("--drop", "--now"), 64, "--now needs --flush"),
        (("--queue", "--flush"), 64, "can't be combined"),
    ],
)
def test_invalid_operands_are_reported(
    waiting: User, words: tuple[str, ...], status: int, said: str
) -> None:
    ended = waiting(*words)
    assert ended.status == status
    assert said in ended.err


def test_flush_without_an_outbox_is_an_error(user: User) -> None:
    user.rc = "unset outbox\n"
    said = user("--flush")
    assert said.status == 78
    assert "no outbox" in said.err
    assert user("--queue").out == "Mail queue is empty\n"


def test_dropped_messages_are_removed(waiting: User, serve: Serve) -> None:
    server = serve()
    name = waiting.mails[0].name
    said = waiting("--drop", name)
    assert said.status == 0
    assert f"{name} dropped" in said.err
    waiting("--flush", "--now")
    assert server.recipients == ["u1@example.com", "u2@example.com"]


def test_session_has_a_limit_of_messages(user: User, serve: Serve) -> None:
    user.port = 1
    for _ in range(5):
        user.send()
    user.rc = "set smtp-max-per-connection=2\n"
    server = serve()
    assert user("--flush", "--now").status == 0
    assert (len(server.taken), server.connections) == (5, 3)
    assert server.most_open == 1


def test_unreachable_server_is_tried_once(waiting: User, serve: Serve) -> None:
    server = serve({"greeting": CLOSE})
    said = waiting("--flush", "--now")
    assert said.status == 75
    assert server.connections == 1
    assert said.err == ""
    assert all("tried 2 times" in line for line in states(waiting))


def test_unreachable_server_does_not_stop_messages_for_others(
    user: User, serve: Serve
) -> None:
    up = serve()
    user.port = 1
    for n in range(4):
        port = up.port if n % 2 else 1
        user.send(f"u{n}@example.com", stdin=b"x")
        path = user.mails[-1]
        text = path.read_bytes().replace(
            b"with directory", b"with set smtp=127.0.0.1:%d\nwith directory" % port
        )
        path.write_bytes(text)
    said = user("--flush", "--now")
    assert said.status == 75
    assert up.recipients == ["u1@example.com", "u3@example.com"]
    assert len(user.mails) == 2


def test_damaged_message_is_set_aside_and_the_others_are_sent(
    waiting: User, serve: Serve
) -> None:
    server = serve()
    waiting.mails[0].write_bytes(b"\x00\xff rubbish\n")
    said = waiting("--flush", "--now")
    assert said.status == 65
    assert "set aside because it is unreadable" in said.err
    assert server.recipients == ["u1@example.com", "u2@example.com"]
    shown = waiting("--queue")
    assert "unreadable: damaged-" in shown.err


def test_link_in_the_outbox_stops_no_message(waiting: User, serve: Serve) -> None:
    server = serve()
    link = waiting.box / f"20260101T000000-{'a' * 16}"
    link.symlink_to("/etc/passwd")
    said = waiting("--flush", "--now")
    assert said.status == 73
    assert "symbolic links" in said.err
    assert len(server.taken) == 3
    shown = waiting("--queue")
    assert (shown.status, shown.err.count(link.name)) == (65, 1)


def test_outbox_that_others_can_write_to_is_refused(waiting: User) -> None:
    waiting.box.chmod(0o777)
    for words in (["--flush"], ["--queue"]):
        said = waiting(*words)
        assert said.status == 73
        assert "other users can write to it" in said.err


def test_message_is_held_if_its_process_died_after_the_final_dot(
    waiting: User, serve: Serve
) -> None:
    server = serve()
    path = waiting.mails[0]
    text = path.read_bytes().rstrip(b" \n")
    path.write_bytes(text + b"\n2026-11-26T09:15:02+00:00 sending\n")
    assert waiting("--flush", "--now").status == 0
    assert server.recipients == ["u1@example.com", "u2@example.com"]
    assert "may have arrived" in states(waiting)[0]


def test_message_is_due_if_its_process_died_before_the_final_dot(
    waiting: User, serve: Serve
) -> None:
    server = serve()
    path = waiting.mails[0]
    text = path.read_bytes()
    path.write_bytes(text[: text.index(b"\ntext\r\n") + 7])
    assert "not tried yet" in states(waiting)[0]
    assert waiting("--flush").status == 0
    assert server.recipients == ["u0@example.com"]


def test_queue_fits_eighty_columns(user: User, serve: Serve) -> None:
    long = "451 4.3.0 " + "x" * 200
    serve(lambda x: long if x.startswith("RCPT") else None)
    user.send(*(f"u{n}@example.com" for n in range(30)))
    said = user("--queue")
    lines = said.out.splitlines()
    assert max(map(len, lines)) == 80
    assert lines[0].startswith("ID ")
    assert "me@example.com" in lines[1]
    assert lines[-2].strip() == "and 10 more"
    assert lines[-1] == "-- 1 Kbytes in 1 Request."


def test_sendmail_names_list_and_flush_the_outbox(waiting: User, serve: Serve) -> None:
    assert waiting(program="mailq").out.endswith("-- 1 Kbytes in 3 Requests.\n")
    assert waiting("-bp", program="sendmail").out == waiting("--queue").out
    server = serve()
    waiting.clock += HOUR
    assert waiting("-q", program="sendmail").status == 0
    assert len(server.taken) == 3
    assert waiting(program="mailq").out == "Mail queue is empty\n"
    waiting.rc = "unset outbox\n"
    assert waiting("-q30m", program="sendmail").status == 0


def test_sendmail_uses_the_outbox(user: User, serve: Serve) -> None:
    user.port = 1
    message = b"From: me@example.com\nTo: ops@example.com\n\ntext\n"
    said = user("-t", "-f", "bounces@example.com", program="sendmail", stdin=message)
    assert said.status == 75
    server = serve()
    user.clock += HOUR
    assert user("ops@example.com", program="sendmail", stdin=message).status == 0
    senders = [taken.sender for taken in server.taken]
    assert senders == ["me@example.com", "bounces@example.com"]


def test_eight_bit_message_is_encoded_for_a_seven_bit_server(
    user: User, serve: Serve
) -> None:
    user.port = 1
    text = "Grüße\n".encode()
    message = b"From: me@example.com\nTo: ops@example.com\n\n" + text
    user("-t", program="sendmail", stdin=message)
    server = serve()
    assert user("--flush", "--now").status == 0
    assert server.taken[0].content.isascii()


def test_full_disk_sends_no_message_twice(
    waiting: User, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()

    def full(_descriptor: int, octets: bytes, _at: int) -> int:
        return len(octets) // 2

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        said = waiting("--flush", "--now")
    assert said.status == 75
    assert "no space left" in said.err
    assert server.taken == []
    assert waiting("--flush", "--now").status == 0
    assert len(server.taken) == 3


def test_verbose_flush_shows_the_sessions(waiting: User, serve: Serve) -> None:
    serve()
    said = waiting("--flush", "--now", "-v")
    assert said.err.count("accepted for") == 3
    assert ">>> MAIL FROM" in said.err


def test_message_that_another_process_sends_is_skipped(
    waiting: User, serve: Serve
) -> None:
    server = serve()
    names = [path.name for path in waiting.mails]
    with claimed(waiting, names[0]):
        assert "being sent" in waiting("--queue").out
        assert waiting("--flush", "--now").status == 0
        assert server.recipients == ["u1@example.com", "u2@example.com"]
        said = waiting("--flush", names[0])
        assert (said.status, "another process is sending it" in said.err) == (75, True)
        said = waiting("--drop", names[0])
        assert (said.status, "another process is sending it" in said.err) == (75, True)
    assert waiting("--drop", names[0]).status == 0


def test_signal_ends_a_flush_and_the_other_messages_wait(
    waiting: User, serve: Serve
) -> None:
    server = serve(interrupt_at("RCPT TO:<u1@example.com>"))
    with interruptible():
        said = waiting("--flush", "--now")
    assert said.status == 128 + signal.SIGTERM
    assert server.recipients == ["u0@example.com"]
    assert len(waiting.mails) == 2
    assert waiting.dead == ""


def test_signal_after_the_final_dot_holds_the_message(
    waiting: User, serve: Serve
) -> None:
    server = serve(interrupt_at("."))
    with interruptible():
        said = waiting("--flush", "--now")
    assert said.status == 128 + signal.SIGTERM
    assert server.connections == 1
    assert [state[:20] for state in states(waiting)] == [
        "held: it may have ar",
        *["waiting: next attemp"] * 2,
    ]


def test_refused_login_is_tried_once(waiting: User, serve: Serve) -> None:
    server = serve({"EHLO": "250-here\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"})
    waiting.rc = "set smtp-auth-user=me@example.com smtp-auth-password=wrong\n"
    said = waiting("--flush", "--now")
    assert said.status == 77
    assert server.connections == 1
    assert said.err.count("does not accept the login") == 1
    assert all(state.startswith("held: logging in") for state in states(waiting))


def test_damaged_message_named_by_the_user_is_set_aside(waiting: User) -> None:
    name = waiting.mails[0].name
    waiting.mails[0].write_bytes(b"rubbish")
    said = waiting("--flush", name)
    assert (said.status, "set aside" in said.err) == (65, True)


def test_message_removed_during_a_flush_is_skipped(waiting: User, serve: Serve) -> None:
    """Another process may send a message after this one has listed it."""
    names = [path.name for path in waiting.mails]

    def answer(line: str) -> None:
        if line.startswith("MAIL FROM"):
            (waiting.box / names[2]).unlink(missing_ok=True)

    server = serve(answer)
    assert waiting("--flush", "--now").status == 0
    assert server.recipients == ["u0@example.com", "u1@example.com"]


def test_message_damaged_during_a_flush_stops_no_other(
    waiting: User, serve: Serve
) -> None:
    paths = waiting.mails

    def answer(line: str) -> None:
        if line == "RCPT TO:<u0@example.com>":
            paths[1].write_bytes(b"rubbish")
            paths[2].unlink()
            paths[2].mkdir()

    serve(answer)
    said = waiting("--flush", "--now")
    assert said.status == 65
    assert "set aside" in said.err
    assert "is a directory" in said.err


def test_message_that_another_process_sent_first_is_in_no_group(user: User) -> None:
    sender = Sender(RunContext(Environment.real(), "pymail"))
    selection = Selection(names=(f"20261126T091500-{'0' * 16}",))
    assert flush(Outbox(user.box), selection, sender, Events()) == []


def test_message_sent_in_several_attempts_is_recorded_once(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.rc = "set record=~/sent\n"
    user.send("ops@example.com", "boss@example.com")
    assert not (user.home / "sent").exists()
    server = serve({"RCPT TO:<ops": "450 no"})
    assert user("--flush", "--now").status == 75
    server.answers = {}
    assert user("--flush", "--now").status == 0
    sent = (user.home / "sent").read_text()
    assert sent.count("Subject: subject") == 1
    assert sent.startswith("From me@example.com ")


def test_record_by_recipient_is_written_by_a_flush(user: User, serve: Serve) -> None:
    user.port = 1
    user("-F", "-s", "x", "ops@example.com")
    serve()
    assert user("--flush", "--now").status == 0
    assert "Subject: x" in (user.home / "ops").read_text()


def test_failed_record_does_not_resend_the_message(user: User, serve: Serve) -> None:
    user.send_in_vain()
    user.rc = "set record=/dev/null/sent\n"
    server = serve()
    said = user("--flush", "--now")
    assert said.status == 73
    assert "sent, but not recorded" in said.err
    assert len(server.taken) == 1
    assert user.mails == []
