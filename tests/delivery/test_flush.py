"""What waits is sent when it is due, to whom it has not reached, and no oftener."""

import io
import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pymail.delivery.flush_groups import FlushContext, group_by_server
from pymail.environment import Environment
from pymail.errors import Interrupted, PymailError
from pymail.model import replace
from pymail.outbox.directory import Outbox, default_place, link_for_cron
from pymail.outbox.journal import Event, EventKind
from pymail.outbox.queued_message import QueuedMessage
from pymail.report.delivery_report import Report
from pymail.settings.models import Settings
from tests.delivery.answering import DROP, Answering
from tests.delivery.conftest import START, Run, Said, User

Serve = Callable[..., Answering]
HOUR = 3600


@pytest.fixture
def waiting(user: User) -> User:
    """Three mails that nobody took."""
    user.port = 1
    for n in range(3):
        assert user.send(f"u{n}@example.com").status == 75
    return user


def connect_to(user: User, server: Answering) -> Answering:
    user.port = server.port
    return server


def test_what_is_due_goes_in_one_session(waiting: User, serve: Serve) -> None:
    server = connect_to(waiting, serve())
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
    connect_to(user, serve())
    user("--flush", "--now")
    lines = (user.home / "log").read_text().splitlines()
    assert [line.rpartition("exitcode=")[2] for line in lines] == [
        "EX_TEMPFAIL",
        "EX_TEMPFAIL",
        "EX_OK",
    ]
    assert all(" recipients=u@example.com mailsize=" in line for line in lines)
    user.rc = ""


def test_now_means_what_is_not_due_either(waiting: User, serve: Serve) -> None:
    server = connect_to(waiting, serve())
    assert waiting("--flush", "--now").status == 0
    assert len(server.taken) == 3


def test_named_mails_go_alone(waiting: User, serve: Serve) -> None:
    server = connect_to(waiting, serve())
    names = [path.name for path in waiting.mails]
    assert waiting("--flush", names[1]).status == 0
    assert server.recipients == ["u1@example.com"]
    assert waiting("--flush", names[2].rpartition("-")[2]).status == 0
    assert server.recipients == ["u1@example.com", "u2@example.com"]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--flush", "nothing"), 66, "no such mail"),
        (("--flush", "2026"), 64, "names 3 mails"),
        (("--drop",), 64, "which one"),
        (("--drop", "--now"), 64, "--now goes with --flush"),
        (("--queue", "--flush"), 64, "one at a time"),
    ],
)
def test_wrong_words(
    waiting: User, words: tuple[str, ...], status: int, said: str
) -> None:
    ended = waiting(*words)
    assert ended.status == status
    assert said in ended.err


def test_no_outbox_says_so(user: User) -> None:
    user.rc = "unset outbox\n"
    said = user("--flush")
    assert said.status == 78
    assert "no outbox" in said.err
    assert user("--queue").out == "Mail queue is empty\n"


def test_dropped_mails_are_gone(waiting: User, serve: Serve) -> None:
    server = connect_to(waiting, serve())
    name = waiting.mails[0].name
    said = waiting("--drop", name)
    assert said.status == 0
    assert f"{name} dropped" in said.err
    waiting("--flush", "--now")
    assert server.recipients == ["u1@example.com", "u2@example.com"]


def test_sessions_have_an_end(user: User, serve: Serve) -> None:
    user.port = 1
    for _ in range(5):
        user.send()
    user.rc = "set smtp-max-per-connection=2\n"
    server = connect_to(user, serve())
    assert user("--flush", "--now").status == 0
    assert (len(server.taken), server.connections) == (5, 3)
    assert server.most_open == 1


def test_server_out_of_reach_is_asked_once(waiting: User, serve: Serve) -> None:
    server = connect_to(
        waiting, serve(lambda line: DROP if line == "CONNECT" else None)
    )
    said = waiting("--flush", "--now")
    assert said.status == 75
    assert server.connections == 1
    assert said.err == ""
    assert all("tried 2 x" in line for line in states(waiting))


def states(user: User) -> list[str]:
    return [
        line.strip()
        for line in user("--queue").out.splitlines()
        if line.startswith(("    waiting", "    held"))
    ]


def test_one_server_that_is_down_does_not_stop_the_others(
    user: User, serve: Serve
) -> None:
    user.port = 1
    up = serve()
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


def test_mail_refused_in_the_end_is_a_dead_letter_and_its_sender_is_told(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.send("ops@example.com")
    server = connect_to(
        user, serve(lambda x: "550 5.1.1 no" if x.startswith("RCPT TO:<ops") else None)
    )
    said = user("--flush", "--now")
    assert said.status == 67
    assert "refused by 127.0.0.1" in said.err
    assert "given up for ops@example.com" in said.err
    assert "X-Envelope-To: ops@example.com" in user.dead
    assert len(user.mails) == 1
    assert user("--flush").status == 0
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == ("", ("me@example.com",))
    text = taken.content.decode()
    assert "Subject: Not delivered: subject" in text
    assert "Auto-Submitted: auto-replied" in text
    assert "550 5.1.1 no" in text
    assert "dead.letter" in text
    assert user.mails == []


def test_report_that_cannot_be_delivered_has_no_report(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.send("ops@example.com")
    connect_to(user, serve(lambda x: "550 no" if x.startswith("RCPT") else None))
    user("--flush", "--now")
    assert len(user.mails) == 1
    user("--flush", "--now")
    assert user.mails == []
    assert user.dead.count("X-Envelope-To") == 2


def test_after_its_lifetime_a_mail_is_a_dead_letter(user: User) -> None:
    user.port = 1
    user.rc = "set outbox-lifetime=24\n"
    user.send("ops@example.com")
    said = []
    while not user.dead:
        user.clock += HOUR
        said.append(user("--flush").err)
    assert 24 <= len(said) <= 29
    assert said[:-1] == [""] * len(said[:-1])
    assert "given up for ops@example.com" in said[-1]
    assert "connection refused" in user.mails[0].read_text()  # the report


def test_held_mail_is_given_up_too(user: User, serve: Serve) -> None:
    connect_to(user, serve(lambda x: f"250 ok {DROP}" if x == "." else None))
    user.send("ops@example.com")
    user.clock += 200 * HOUR
    assert user("--flush").err == ""
    user.clock += HOUR
    said = user("--flush")
    assert "given up for ops@example.com" in said.err
    assert "nobody knows whether it arrived" in user.mails[0].read_text()


def test_clock_that_jumps_gives_nothing_up_and_waits_for_nobody(user: User) -> None:
    user.port = 1
    user.clock = 100.0  # the machine has no clock of its own
    user.send("ops@example.com")
    user.clock = START
    assert user("--flush").status == 75
    assert user.dead == ""
    user.clock = START * 2
    assert user("--flush").status == 75
    assert user.dead == ""
    user.clock = START + HOUR
    assert user("--flush").status == 75
    assert "tried 4 x" in states(user)[0]


def test_mended_settings_mend_the_mail(user: User, serve: Serve) -> None:
    user.rc = "account work {\n set smtp=127.0.0.1:1\n}\n"
    user("-A", "work", "-S", "smtp-hostname=x", "-s", "x", "ops@example.com")
    server = serve()
    user.rc = f"account work {{\n set smtp=127.0.0.1:{server.port}\n}}\n"
    assert user("--flush", "--now").status == 0
    assert len(server.taken) == 1


def test_settings_that_are_gone_let_it_wait(user: User) -> None:
    user.rc = "account work {\n set smtp=127.0.0.1:1\n}\n"
    user("-A", "work", "-s", "x", "ops@example.com")
    user.rc = "set smtp=127.0.0.1:1\n"
    said = user("--flush", "--now")
    assert said.status == 78
    assert "no account work" in said.err
    assert "waiting" in states(user)[0]


def test_no_secret_is_in_the_outbox(user: User) -> None:
    user.more = {"smtp-auth-password": "hush1", "smtp": "smtp://me:hush2@127.0.0.1:1"}
    words = [
        *("-S", "smtp-auth-password=hush3", "-S", "mta=smtp://me:hush4@127.0.0.1:1"),
        *("-X", "set password-me@x=hush5", "-r", "me@example.org", "-n"),
    ]
    said = user(*words, "-s", "x", "ops@example.com")
    assert said.status in (75, 77)
    (mail,) = user.mails
    text = mail.read_text()
    assert "hush" not in text
    assert "with set mta=smtp://me@127.0.0.1:1\n" in text
    assert "with environment smtp=smtp://me@127.0.0.1:1\n" in text
    assert "with from me@example.org\n" in text
    assert "with files u\n" in text


def test_file_with_the_password_is_noted_by_name(user: User) -> None:
    (user.home / "secret").write_text("hush\n")
    user.port = 1
    user.rc = "set smtp-auth-user=me smtp-auth=plain\n"
    user("--password-file", "secret", "-s", "x", "ops@example.com")
    text = user.mails[0].read_text()
    assert f"with set smtp-password-file={user.home}/secret\n" in text


def test_damaged_mail_is_set_aside_and_named_and_the_rest_goes(
    waiting: User, serve: Serve
) -> None:
    server = connect_to(waiting, serve())
    waiting.mails[0].write_bytes(b"\x00\xff rubbish\n")
    said = waiting("--flush", "--now")
    assert said.status == 65
    assert "set aside, it cannot be read" in said.err
    assert server.recipients == ["u1@example.com", "u2@example.com"]
    shown = waiting("--queue")
    assert "cannot be read: damaged-" in shown.err


def test_what_is_no_file_stops_nothing(waiting: User, serve: Serve) -> None:
    server = connect_to(waiting, serve())
    link = waiting.box / f"20260101T000000-{'a' * 16}"
    link.symlink_to("/etc/passwd")
    said = waiting("--flush", "--now")
    assert said.status == 73
    assert "symbolic links" in said.err
    assert len(server.taken) == 3
    shown = waiting("--queue")
    assert (shown.status, shown.err.count(link.name)) == (65, 1)


def test_outbox_of_somebody_else_is_refused(waiting: User) -> None:
    waiting.box.chmod(0o777)
    for words in (["--flush"], ["--queue"]):
        said = waiting(*words)
        assert said.status == 73
        assert "others can write to it" in said.err


def test_mail_that_was_sent_takes_along_what_is_due(
    waiting: User, serve: Serve
) -> None:
    server = connect_to(waiting, serve())
    waiting.clock += HOUR
    said = waiting.send("now@example.com")
    assert (said.status, said.err) == (0, "")
    assert server.recipients[0] == "now@example.com"
    assert len(server.taken) == 4
    assert waiting.mails == []


def test_mail_takes_nothing_along_where_that_is_off(
    waiting: User, serve: Serve
) -> None:
    server = connect_to(waiting, serve())
    waiting.clock += HOUR
    waiting.rc = "set outbox-flush=off\n"
    assert waiting.send("now@example.com").status == 0
    assert len(server.taken) == 1


def test_what_is_taken_along_changes_no_status(waiting: User, serve: Serve) -> None:
    connect_to(
        waiting, serve(lambda x: "550 no" if x.startswith("RCPT TO:<u") else None)
    )
    waiting.clock += HOUR
    said = waiting.send("now@example.com")
    assert said.status == 0
    assert said.err.count("given up for") == 3
    assert waiting.dead.count("X-Envelope-To") == 3


def test_mail_whose_sender_died_at_the_dot_is_held(waiting: User, serve: Serve) -> None:
    server = connect_to(waiting, serve())
    path = waiting.mails[0]
    text = path.read_bytes().rstrip(b" \n")
    path.write_bytes(text + b"\n2026-11-26T09:15:02+00:00 sending\n")
    assert waiting("--flush", "--now").status == 0
    assert server.recipients == ["u1@example.com", "u2@example.com"]
    assert "may have arrived" in states(waiting)[0]


def test_mail_whose_sender_died_before_is_due(waiting: User, serve: Serve) -> None:
    server = connect_to(waiting, serve())
    path = waiting.mails[0]
    text = path.read_bytes()
    path.write_bytes(text[: text.index(b"\ntext\r\n") + 7])
    assert "not tried yet" in states(waiting)[0]
    assert waiting("--flush").status == 0
    assert server.recipients == ["u0@example.com"]


def test_queue_fits_eighty_columns(user: User, serve: Serve) -> None:
    long = "451 4.3.0 " + "x" * 200
    connect_to(user, serve(lambda x: long if x.startswith("RCPT") else None))
    user.send(*(f"u{n}@example.com" for n in range(30)))
    said = user("--queue")
    lines = said.out.splitlines()
    assert max(map(len, lines)) == 80
    assert lines[0].startswith("ID ")
    assert "me@example.com" in lines[1]
    assert lines[-2].strip() == "and 10 more"
    assert lines[-1] == "-- 1 Kbytes in 1 Request."


def test_names_of_sendmail_list_and_flush(waiting: User, serve: Serve) -> None:
    assert waiting(program="mailq").out.endswith("-- 1 Kbytes in 3 Requests.\n")
    assert waiting("-bp", program="sendmail").out == waiting("--queue").out
    server = connect_to(waiting, serve())
    waiting.clock += HOUR
    assert waiting("-q", program="sendmail").status == 0
    assert len(server.taken) == 3
    assert waiting(program="mailq").out == "Mail queue is empty\n"
    waiting.rc = "unset outbox\n"
    assert waiting("-q30m", program="sendmail").status == 0


def test_sendmail_door_uses_the_outbox(user: User, serve: Serve) -> None:
    user.port = 1
    message = b"From: me@example.com\nTo: ops@example.com\n\ntext\n"
    said = user("-t", "-f", "bounces@example.com", program="sendmail", stdin=message)
    assert said.status == 75
    server = connect_to(user, serve())
    user.clock += HOUR
    assert user("ops@example.com", program="sendmail", stdin=message).status == 0
    senders = [taken.sender for taken in server.taken]
    assert senders == ["me@example.com", "bounces@example.com"]


def test_eight_bits_go_as_they_came_or_encoded(user: User, serve: Serve) -> None:
    user.port = 1
    text = "Grüße\n".encode()
    message = b"From: me@example.com\nTo: ops@example.com\n\n" + text
    user("-t", program="sendmail", stdin=message)
    server = connect_to(user, serve())
    assert user("--flush", "--now").status == 0
    assert server.taken[0].content.isascii()


def test_a_full_disk_while_a_mail_waits_sends_nothing_twice(
    waiting: User, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = connect_to(waiting, serve())

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


def test_flush_shows_what_it_does_with_v(waiting: User, serve: Serve) -> None:
    connect_to(waiting, serve())
    said = waiting("--flush", "--now", "-v")
    assert said.err.count("accepted for") == 3
    assert ">>> MAIL FROM" in said.err


def test_mail_that_somebody_sends_is_left_to_them(waiting: User, serve: Serve) -> None:
    server = connect_to(waiting, serve())
    names = [path.name for path in waiting.mails]
    with claimed(waiting, names[0]):
        assert "being sent" in waiting("--queue").out
        assert waiting("--flush", "--now").status == 0
        assert server.recipients == ["u1@example.com", "u2@example.com"]
        said = waiting("--flush", names[0])
        assert (said.status, "somebody is sending it" in said.err) == (75, True)
        said = waiting("--drop", names[0])
        assert (said.status, "somebody is sending it" in said.err) == (75, True)
    assert waiting("--drop", names[0]).status == 0


def claimed(user: User, name: str) -> QueuedMessage:
    mail = Outbox(user.box).claim(name)
    assert mail is not None
    return mail


def test_what_is_taken_along_has_ten_seconds(waiting: User, serve: Serve) -> None:
    """Each look at the clock takes a part of them."""
    server = connect_to(waiting, serve())
    waiting.clock += HOUR
    for seconds, taken in ((6, 1), (1.9, 4), (0, 6)):
        waiting.more = {"ticks": str(seconds)}
        assert waiting.send("now@example.com").status == 0
        assert len(server.taken) == taken
    assert waiting.mails == []


def test_while_one_flushes_others_take_nothing_along(
    waiting: User, serve: Serve
) -> None:
    server = connect_to(waiting, serve())
    waiting.clock += HOUR
    with Outbox(waiting.box).flushing() as alone:
        assert alone
        assert waiting.send("now@example.com").status == 0
        assert len(server.taken) == 1
        assert waiting("--flush").status == 0
    assert len(server.taken) == 4


def test_what_is_taken_along_goes_through_a_program_too(user: User) -> None:
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


def test_signal_ends_a_flush_and_what_was_not_tried_stays(
    waiting: User, serve: Serve
) -> None:
    def answer(line: str) -> str | None:
        if line == "RCPT TO:<u1@example.com>":
            os.kill(os.getpid(), signal.SIGUSR1)
            threading.Event().wait(0.2)
        return None

    server = connect_to(waiting, serve(answer))
    said = interrupted(lambda: waiting("--flush", "--now"))
    assert said.status == 128 + signal.SIGTERM
    assert server.recipients == ["u0@example.com"]
    assert len(waiting.mails) == 2
    assert waiting.dead == ""


def test_signal_behind_the_final_dot_ends_a_flush_too(
    waiting: User, serve: Serve
) -> None:
    def answer(line: str) -> str | None:
        if line == ".":
            os.kill(os.getpid(), signal.SIGUSR1)
            threading.Event().wait(0.2)
        return None

    server = connect_to(waiting, serve(answer))
    said = interrupted(lambda: waiting("--flush", "--now"))
    assert said.status == 128 + signal.SIGTERM
    assert server.connections == 1
    assert [state[:20] for state in states(waiting)] == [
        "held: it may have ar",
        *["waiting: next attemp"] * 2,
    ]


def interrupted(run: Callable[[], Said]) -> Said:
    """Run with a signal that means the end."""

    def interrupt(_number: int, _frame: object) -> None:
        raise Interrupted(signal.SIGTERM)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        return run()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_message_too_large_for_a_server_is_a_dead_letter(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.send(stdin=b"x" * 2000)
    user.send()
    offer = "250-here\r\n250 SIZE 1000"
    server = connect_to(user, serve(lambda x: offer if x[:4] == "EHLO" else None))
    said = user("--flush", "--now")
    assert said.status == 65
    assert "takes no more than 1000" in said.err
    assert len(server.taken) == 1
    assert user.dead.count("X-Envelope-To") == 1


def test_login_that_is_refused_is_tried_once(waiting: User, serve: Serve) -> None:
    replies = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}
    server = connect_to(waiting, serve(lambda x: replies.get(x[:4])))
    waiting.rc = "set smtp-auth-user=me@example.com smtp-auth-password=wrong\n"
    said = waiting("--flush", "--now")
    assert said.status == 77
    assert server.connections == 1
    assert said.err.count("does not accept the login") == 1
    assert all(state.startswith("held: logging in") for state in states(waiting))


def test_nobody_keeps_dead_letters_where_settings_say_so(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.send()
    user.rc = "unset save\n"
    connect_to(
        user, serve(lambda x: "550 no" if x.startswith("RCPT TO:<ops") else None)
    )
    said = user("--flush", "--now")
    assert "not kept: save is unset" in said.err
    assert user.dead == ""


def test_different_places_for_dead_letters_are_kept_apart(
    user: User, serve: Serve
) -> None:
    user.port = 1
    for name in ("one", "two", "one"):
        user("-S", f"DEAD={user.home}/{name}", "-s", "x", "ops@example.com")
    connect_to(
        user, serve(lambda x: "550 no" if x.startswith("RCPT TO:<ops") else None)
    )
    user("--flush", "--now")
    for name, letters in (("one", 2), ("two", 1)):
        assert (user.home / name).read_text().count("X-Envelope-To") == letters


def test_report_names_only_what_can_be_read(user: User, serve: Serve) -> None:
    """A message that begins with a line that is no field has none to show."""
    user.port = 1
    user.send()
    path = user.mails[0]
    text = path.read_bytes()
    at = text.index(b"Date: ")
    path.write_bytes(text[:at] + b"!" * 60 + text[at + 60 :])
    connect_to(
        user, serve(lambda x: "550 no" if x.startswith("RCPT TO:<ops") else None)
    )
    assert user("--flush", "--now").status == 69
    assert "Not delivered: a mail" in user.mails[0].read_text()


def test_report_without_room_is_told(
    user: User, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.port = 1
    user.send()
    connect_to(
        user, serve(lambda x: "550 no" if x.startswith("RCPT TO:<ops") else None)
    )

    def rename(path: Path, target: Path) -> Path:
        del path, target
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", rename)
    said = user("--flush", "--now")
    assert "no space left" in said.err
    assert user.dead.count("X-Envelope-To") == 1
    assert user.mails == []


def test_default_places(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    world = Run(
        argv=(),
        stdin=None,
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        variables={},
        home=user.home,
        cwd=user.home,
        login="me",
    )
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_place(world) == Path("/var/spool/pymail")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_place(world) == user.home / ".local/state/pymail/outbox"
    state = replace(world, variables={"XDG_STATE_HOME": "/state"})
    assert default_place(state) == Path("/state/pymail/outbox")
    relative = replace(world, variables={"XDG_STATE_HOME": "state"})
    assert default_place(relative) == default_place(world)


def test_cron_finds_the_outbox_of_a_session_and_the_other_way_round(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    usual = user.home / ".local/state/pymail/outbox"

    def world(**variables: str) -> Run:
        return Run(
            argv=(),
            stdin=None,
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            variables=variables,
            home=user.home,
            cwd=user.home,
            login="me",
        )

    session, cron = world(XDG_STATE_HOME=f"{user.home}/state"), world()
    place = default_place(session)
    place.mkdir(parents=True)
    for _ in range(2):
        link_for_cron(place, session)
        assert default_place(cron) == place == default_place(session)
    assert usual.parent.stat().st_mode & 0o777 == 0o700
    link_for_cron(place, cron)
    usual.unlink()
    link_for_cron(user.home / "another", session)
    assert not usual.is_symlink()
    usual.mkdir()
    place.rmdir()
    assert default_place(session) == usual


def test_outbox_without_a_name_is_the_usual_one(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = user.home / ".local/state/pymail/outbox"
    usual.parent.mkdir(parents=True)
    usual.write_text("a file")
    user.rc = "set outbox\n"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert f"{usual}: not a directory" in user("--queue").err


def test_outbox_by_its_name_is_below_the_home_directory(user: User) -> None:
    user.port = 1
    user.rc = "set outbox=other/box\n"
    assert user.send().status == 75
    assert len(list((user.home / "other/box").iterdir())) == 1


@pytest.mark.parametrize(
    "setting",
    ["outbox-lifetime=long", "smtp-max-per-connection=2.5", "outbox-lifetime=-1"],
)
def test_numbers_that_make_no_sense_are_named(user: User, setting: str) -> None:
    user.port = 1
    user.rc = f"set {setting}\n"
    said = user.send()
    assert said.status == 78
    assert setting in said.err


def test_sender_that_a_program_was_told_is_told_again(user: User) -> None:
    program = user.home / "mta"
    script = f'#!/bin/sh\necho "$@" >> {user.home}/calls\nexit '
    program.write_text(f"{script}75\n")
    program.chmod(0o700)
    user.rc = f"set mta={program}\n"
    message = b"To: ops@example.com\n\ntext\n"
    words = ("-t", "-f", "bounces@example.com")
    assert user(*words, program="sendmail", stdin=message).status == 75
    program.write_text(f"{script}0\n")
    assert user("--flush", "--now").status == 0
    first, again = (user.home / "calls").read_text().splitlines()
    assert first == again == "-i -f bounces@example.com -- ops@example.com"


def test_damaged_mail_that_is_asked_for_is_set_aside(waiting: User) -> None:
    name = waiting.mails[0].name
    waiting.mails[0].write_bytes(b"rubbish")
    said = waiting("--flush", name)
    assert (said.status, "set aside" in said.err) == (65, True)


def test_mail_that_is_gone_meanwhile_is_nobodys_loss(
    waiting: User, serve: Serve
) -> None:
    """Another process may send what this one has seen, at any moment."""
    names = [path.name for path in waiting.mails]

    def answer(line: str) -> None:
        if line.startswith("MAIL FROM"):
            (waiting.box / names[2]).unlink(missing_ok=True)

    server = connect_to(waiting, serve(answer))
    assert waiting("--flush", "--now").status == 0
    assert server.recipients == ["u0@example.com", "u1@example.com"]


def test_mail_that_is_damaged_meanwhile_stops_nothing(
    waiting: User, serve: Serve
) -> None:
    paths = waiting.mails

    def answer(line: str) -> None:
        if line == "RCPT TO:<u0@example.com>":
            paths[1].write_bytes(b"rubbish")
            paths[2].unlink()
            paths[2].mkdir()

    connect_to(waiting, serve(answer))
    said = waiting("--flush", "--now")
    assert said.status == 65
    assert "set aside" in said.err
    assert "is a directory" in said.err


def test_mails_for_one_server_go_together_whatever_else_was_said(
    user: User, serve: Serve
) -> None:
    user.port = 1
    for n in range(3):
        user("-S", f"sign={n}", "-s", "x", f"u{n}@example.com")
    user("-S", "smtp=127.0.0.1:1", "-s", "x", "elsewhere@example.com")
    user.rc = "account work {\n set from=you@example.com\n}\n"
    user("-A", "work", "-s", "x", "nobody@example.com")
    user.rc = ""
    server = connect_to(user, serve())
    assert user("--flush", "--now").status == 78
    assert server.recipients == [f"u{n}@example.com" for n in range(3)]
    assert server.connections == 1


class Silent:
    """Who hears nothing that is worth telling."""

    def ended(
        self, mail: QueuedMessage, report: Report, settings: Settings | None
    ) -> None:
        raise AssertionError((mail, report, settings))

    def given_up(self, name: str, addresses: tuple[str, ...], kept: str) -> None:
        raise AssertionError((name, addresses, kept))

    def wrong(self, failure: PymailError) -> None:
        raise AssertionError(failure)

    def damaged(self, words: str) -> None:
        raise AssertionError(words)


def test_mail_that_went_before_it_was_looked_at_is_in_no_group(user: User) -> None:
    def never(_: object) -> Any:
        raise AssertionError

    context = FlushContext(
        Outbox(user.box),
        Environment.real(),
        settings_of=never,
        reach=never,
        listener=Silent(),
    )
    name = f"20261126T091500-{'0' * 16}"
    assert group_by_server([name], context, lambda: True) == []


def test_report_about_a_message_whose_header_never_ends(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.send()
    path = user.mails[0]
    octets = b"X: y\r\n" * 800_000
    text = path.read_bytes()
    at, end = text.index(b"\nmessage "), text.index(b"\n\n")
    head = text[:at] + b"\nmessage %d" % len(octets)
    path.write_bytes(head + b"\n\n" + octets + text[text.index(b"\ntext\r\n") + 7 :])
    assert end > at
    connect_to(
        user, serve(lambda x: "550 no" if x.startswith("RCPT TO:<ops") else None)
    )
    assert user("--flush", "--now").status == 69
    assert "Not delivered: a mail" in user.mails[0].read_text()


def test_server_that_the_environment_named_is_found_again(
    user: User, serve: Serve
) -> None:
    server = serve()
    user.more = {"smtp": "127.0.0.1:1", "HOME": "elsewhere"}
    assert user.send().status == 75
    path = user.mails[0]
    text = path.read_bytes()
    assert b"with environment smtp=127.0.0.1:1\n" in text
    assert b"elsewhere" not in text
    there = b"smtp=127.0.0.1:%d" % server.port
    path.write_bytes(text.replace(b"smtp=127.0.0.1:1", there))
    user.more = {}
    assert user("--flush", "--now").status == 0
    assert len(server.taken) == 1


def test_mail_that_goes_later_is_recorded_once(user: User, serve: Serve) -> None:
    user.port = 1
    user.rc = "set record=~/sent\n"
    user.send("ops@example.com", "boss@example.com")
    assert not (user.home / "sent").exists()
    server = connect_to(
        user, serve(lambda x: "450 no" if x.startswith("RCPT TO:<ops") else None)
    )
    assert user("--flush", "--now").status == 75
    server.answer = lambda _: None
    assert user("--flush", "--now").status == 0
    sent = (user.home / "sent").read_text()
    assert sent.count("Subject: subject") == 1
    assert sent.startswith("From me@example.com ")


def test_copy_by_the_name_of_the_recipient_is_made_later_too(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user("-F", "-s", "x", "ops@example.com")
    connect_to(user, serve())
    assert user("--flush", "--now").status == 0
    assert "Subject: x" in (user.home / "ops").read_text()


def test_record_that_cannot_be_written_sends_nothing_again(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.send()
    user.rc = "set record=/dev/null/sent\n"
    server = connect_to(user, serve())
    said = user("--flush", "--now")
    assert said.status == 73
    assert "sent, but not recorded" in said.err
    assert len(server.taken) == 1
    assert user.mails == []


def test_advice_about_the_outbox_is_in_the_language_that_is_asked_for(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.send()
    user.rc = "set explain=zh\n"
    connect_to(
        user, serve(lambda x: "550 no" if x.startswith("RCPT TO:<ops") else None)
    )
    assert "怎么办" in user("--flush", "--now").err


@pytest.mark.parametrize(
    ("whom", "there", "entries"),
    [
        pytest.param("ops@example.com", True, 1, id="it-is-there"),
        pytest.param("", True, 1, id="for-everybody"),
        pytest.param("boss@example.com", True, 2, id="for-somebody-else"),
        pytest.param("ops@example.com", False, 1, id="it-was-never-written"),
    ],
)
def test_a_dead_letter_is_not_written_twice_after_a_crash(
    user: User, whom: str, there: bool, entries: int
) -> None:
    user.port = 1
    user.send()
    (mail,) = user.mails
    with claimed(user, mail.name) as kept:
        name = next(
            line.partition(b": ")[2].decode().strip()
            for line in b"".join(kept.message.chunks()).split(b"\r\n")
            if line.startswith(b"Message-ID: ")
        )
        now = datetime(2026, 11, 26, 9, 16, tzinfo=UTC)
        kept.append(
            Event.about(now, EventKind.REFUSED, "ops@example.com", "550 no"),
            Event.about(now, EventKind.GIVING_UP, "ops@example.com"),
        )
    if there:
        head = f"X-Envelope-To: {whom}\n" if whom else ""
        text = f"From me Thu Nov 26 09:15:00 2026\n{head}Message-ID: {name}\n\nx\n\n"
        (user.home / "dead.letter").write_text(text)
    user("--flush")
    assert user.dead.count(f"Message-ID: {name}") == entries
    assert not mail.exists()


def _program(user: User) -> Path:
    program = user.home / "mta"
    program.write_text(f"#!/bin/sh\ncat > /dev/null; echo ran >> {user.home}/ran\n")
    program.chmod(0o700)
    return program


def test_a_mail_for_a_server_is_held_when_the_settings_name_a_program(
    user: User, serve: Serve
) -> None:
    user.port = 1
    user.send()
    user.port, user.rc = 0, f"set mta={_program(user)}\n"
    user.clock += HOUR
    said = user("--flush")
    assert said.status == 78
    assert "written for a server, and the settings name a local program now" in said.err
    assert "held: it was written for a server" in user("--queue").out
    assert user("--flush").err == ""
    assert not (user.home / "ran").exists()
    user.rc = ""
    server = connect_to(user, serve())
    assert user("--flush", "--now").status == 0
    assert server.recipients == ["ops@example.com"]


def test_a_mail_of_an_earlier_version_goes_the_way_that_is_named(user: User) -> None:
    user.port = 1
    user.send()
    (mail,) = user.mails
    mail.write_bytes(mail.read_bytes().replace(b"with way a server\n", b""))
    user.port, user.rc = 0, f"set mta={_program(user)}\n"
    assert user("--flush", "--now").status == 0
    assert (user.home / "ran").exists()
    assert user.mails == []
