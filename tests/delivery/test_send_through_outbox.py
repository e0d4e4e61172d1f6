"""With an outbox a message is on the disk until all recipients have it."""

import os
import signal
from collections.abc import Callable

import pytest

from tests import json_schema
from tests.delivery.conftest import User, interrupt_at, interruptible
from tests.scripted import CLOSE, Server, nobody

Serve = Callable[..., Server]
BOSS = "boss@example.com"


TO_BOSS = f"RCPT TO:<{BOSS}>"


def watching(user: User) -> tuple[list[list[str]], Callable[[str], None]]:
    """Collect the messages in the outbox at MAIL and at the final dot."""
    seen: list[list[str]] = []

    def look(line: str) -> None:
        if line.startswith("MAIL FROM") or line == ".":
            seen.append([path.read_text() for path in user.mails])

    return seen, look


def test_message_sent_to_all_is_removed_silently(user: User, serve: Serve) -> None:
    seen, look = watching(user)
    server = serve(look)
    said = user.send("ops@example.com", BOSS)
    assert (said.status, said.out, said.err) == (0, "", "")
    assert user.mails == []
    assert server.recipients == ["ops@example.com", BOSS]
    (before,), (marked,) = seen
    assert "recipient boss@example.com" in before
    assert " sending" not in before
    assert " sending" in marked


def test_unreachable_server_queues_the_message_and_names_the_next_attempt(
    user: User,
) -> None:
    user.port = 1
    said = user.send()
    assert said.status == 75
    assert "kept in the outbox as 20261126T091500-" in said.err
    assert "next attempt at" in said.err
    assert user.dead == ""
    (mail,) = user.mails
    text = mail.read_text()
    assert "deferred <ops@example.com> connecting to" in text
    assert "\ntext\n" in text


def test_only_deferred_recipients_wait(user: User, serve: Serve) -> None:
    server = serve({TO_BOSS: "451 4.3.0 later"})
    said = user.send("ops@example.com", BOSS)
    assert said.status == 75
    assert "boss@example.com not accepted now" in said.err
    assert user.dead == ""
    server.answers = {}
    user.clock += 3600
    assert user("--flush").status == 0
    assert server.recipients == ["ops@example.com", BOSS]
    assert user.mails == []


def test_refused_recipient_has_a_dead_letter(user: User, serve: Serve) -> None:
    serve({TO_BOSS: "550 5.1.1 no such user"})
    said = user.send("ops@example.com", BOSS)
    assert said.status == 69
    assert "message kept in" in said.err
    assert "X-Envelope-To: boss@example.com" in user.dead
    assert user.mails == []


def test_refused_and_deferred_recipients_are_kept_apart(
    user: User, serve: Serve
) -> None:
    serve({TO_BOSS: "550 5.1.1 no", "RCPT TO:<b@x.org>": "450 later"})
    said = user.send("ops@example.com", BOSS, "b@x.org")
    assert said.status == 69
    assert "message kept in" in said.err
    assert "kept in the outbox as" in said.err
    assert "X-Envelope-To: boss@example.com\n" in user.dead
    (mail,) = user.mails
    assert "buried <boss@example.com>" in mail.read_text()


def test_message_refused_for_all_leaves_the_outbox(user: User, serve: Serve) -> None:
    serve({"RCPT TO:<ops@example.com>": "550 5.1.1 no"})
    said = user.send()
    assert said.status == 67
    assert "Subject: subject" in user.dead
    assert user.mails == []


def test_missing_reply_to_the_final_dot_holds_the_message(
    user: User, serve: Serve
) -> None:
    server = serve({".": f"250 taken {CLOSE}"})
    said = user.send()
    assert said.status == 75
    assert "possible duplicate" in said.err
    assert "held in the outbox" in said.err
    server.answers = {}
    user.clock += 24 * 3600
    for words in (["--flush"], ["--flush", "--now"]):
        assert user(*words).status == 0
    assert len(server.taken) == 1
    (mail,) = user.mails
    assert "possible duplicate" in user("--queue").out
    assert user("--flush", mail.name).status == 0
    assert len(server.taken) == 2
    assert user.mails == []


def test_refused_login_holds_the_message(user: User, serve: Serve) -> None:
    offer = {"EHLO": "250-here\n250 AUTH PLAIN"}
    server = serve({**offer, "AUTH": "535 5.7.8 no"})
    user.rc = "set smtp-auth-user=me@example.com smtp-auth-password=wrong1\n"
    said = user.send()
    assert said.status == 77
    assert "held in the outbox" in said.err
    assert user.dead == ""
    (mail,) = user.mails
    assert "wrong1" not in mail.read_text()
    user.clock += 24 * 3600
    assert user("--flush").status == 0
    assert "held: logging in" in user("--queue").out
    user.rc = user.rc.replace("wrong1", "right2")
    server.answers = {**offer, "AUTH": "235 ok"}
    assert user("--flush", "--now").status == 0
    assert user.mails == []


def test_misspelt_password_variable_is_not_saved(user: User) -> None:
    user.port = 1
    said = user("-S", "pasword=x9y9", "-S", "x-note=1", "-s", "x", "ops@example.com")
    assert said.status == 75
    (mail,) = user.mails
    assert "x9y9" not in mail.read_text()
    assert "with set x-note=1" in mail.read_text()


def test_protocol_error_holds_the_message(user: User, serve: Serve) -> None:
    serve({"greeting": "HTTP/1.1 400 Bad Request"})
    said = user.send()
    assert said.status == 76
    assert "held in the outbox" in said.err
    assert len(user.mails) == 1


@pytest.mark.parametrize("words", [("-d",), ("-S", "mta=test")])
def test_dry_run_is_not_queued(user: User, words: tuple[str, ...]) -> None:
    user.port = 1
    assert user("-s", "x", *words, "ops@example.com").status == 0
    assert not user.box.exists()


def test_message_to_a_file_alone_is_not_queued(user: User) -> None:
    user.port = 1
    user.rc = "set expandaddr\n"
    assert user.send(str(user.home / "folder")).status == 0
    assert not user.box.exists()


def test_unknown_server_makes_a_dead_letter(user: User) -> None:
    user.rc = "set smtp=no-such-host.invalid\n"
    said = user.send()
    assert said.status in (68, 75)
    assert bool(user.dead) is (said.status == 68)
    assert bool(user.mails) is (said.status == 75)


def test_temporary_failure_of_a_program_queues_the_message(user: User) -> None:
    program = user.home / "mta"
    calls = user.home / "calls"
    script = f'#!/bin/sh\necho "$@" >> {calls}\ncat > /dev/null\nexit '
    program.write_text(f"{script}75\n")
    program.chmod(0o700)
    user.rc = f"set mta={program} expandargv\n"
    said = user("-r", "me@example.org", "-s", "x", "ops@example.com", "--", "-O1")
    assert said.status == 75
    assert "kept in the outbox" in said.err
    program.write_text(f"{script}0\n")
    user.clock += 3600
    assert user("--flush").status == 0
    assert user.mails == []
    first, again = calls.read_text().splitlines()
    assert "-O1" in first
    assert first == again


def test_message_is_sent_without_an_unwritable_outbox(user: User, serve: Serve) -> None:
    user.box.write_text("a file")
    server = serve()
    said = user.send()
    assert said.status == 0
    assert "not kept in the outbox" in said.err
    assert server.recipients == ["ops@example.com"]


def test_message_without_outbox_or_server_is_a_dead_letter(user: User) -> None:
    user.box.write_text("a file")
    user.port = 1
    said = user.send()
    assert said.status == 75
    assert "not kept in the outbox" in said.err
    assert "Subject: subject" in user.dead
    user.rc = f"set DEAD={user.box}/dead\n"
    user.more = {"TMPDIR": str(user.box)}
    said = user.send(stdin=b"last words\n")
    assert said.status == 73
    assert "last words" in said.err


@pytest.mark.parametrize(
    ("number", "stays"), [(signal.SIGTERM, True), (signal.SIGINT, False)]
)
def test_signal_before_the_final_dot_keeps_the_message(
    user: User, serve: Serve, number: int, stays: bool
) -> None:
    """Control-C means that the user doesn't want it sent; a shutdown means later."""
    server = serve(interrupt_at("DATA"))
    with interruptible(number):
        said = user.send()
    assert said.status == 128 + number
    assert server.taken == []
    assert bool(user.mails) is stays
    assert bool(user.dead) is not stays
    assert ("kept in the outbox" in said.err) is stays


def test_deferred_recipient_is_not_held_with_the_others(
    user: User, serve: Serve
) -> None:
    server = serve({TO_BOSS: "451 4.3.0 later", "DATA": "nonsense"})
    assert user.send("ops@example.com", BOSS).status == 76
    assert "waiting: next attempt" in user("--queue").out
    server.answers = {}
    user.clock += 3600
    assert user("--flush").status == 0
    assert server.recipients == [BOSS]
    assert "held: " in user("--queue").out
    assert user("--flush", "--now").status == 0
    assert server.recipients == [BOSS, "ops@example.com"]
    assert user.mails == []


def test_send_opens_only_due_messages(user: User, serve: Serve) -> None:
    user.send_in_vain()
    (first,) = user.mails
    for n in range(200):
        first.with_name(f"20261126T091500-{n:016x}").write_bytes(b"not to be read")
    due = user.clock + 3600
    for path in user.mails:
        os.utime(path, (due, due))
    serve()
    said = user.send()
    assert (said.status, said.err) == (0, "")
    for path in user.mails:
        os.utime(path, (0, 0))
    assert user.send().err == ""
    for path in user.mails:
        os.utime(path, (1, 1))
    assert user.send().err.count("set aside") == 100


def test_unreadable_message_stops_no_other(
    user: User, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    user.send_in_vain("first@example.com")
    user.send("second@example.com")
    server = serve()
    user.clock += 3600
    broken, really = user.mails[0].stat().st_ino, os.pread

    def pread(descriptor: int, octets: int, place: int) -> bytes:
        if os.fstat(descriptor).st_ino == broken:
            raise OSError(5, "Input/output error")
        return really(descriptor, octets, place)

    monkeypatch.setattr(os, "pread", pread)
    said = user.send("third@example.com")
    assert said.status == 0
    assert "bug" not in said.err
    assert server.recipients == ["third@example.com", "second@example.com"]
    assert len(user.mails) == 1


def test_message_of_the_fallback_replaces_that_of_the_first_account(
    user: User, serve: Serve
) -> None:
    seen, look = watching(user)
    server = serve(look)
    user.port = 1
    user.rc = (
        "set smtp-fallback=backup\n"
        f"account backup {{\nset smtp=127.0.0.1:{server.port} from=b@example.org\n}}\n"
    )
    assert user.send().status == 0
    (before,), (marked,) = seen
    assert " sending" not in before
    assert "\r\nFrom: b@example.org\r\n" in marked.replace("\n", "\r\n")
    assert " sending 1\n" in marked
    assert (user.mails, user.dead) == ([], "")


def fall_back(address: str) -> str:
    """Return settings with a fallback account, which logs in."""
    login = "smtp-auth-user=me smtp-auth-password=hunter22 smtp-auth=plain"
    account = f"account backup {{\nset smtp={address} {login}\n}}\n"
    return f"set smtp-fallback=backup\n{account}"


@pytest.mark.parametrize(
    ("answers", "status", "waits"),
    [
        pytest.param({"greeting": CLOSE}, 75, True, id="unreachable"),
        pytest.param({"RCPT": "550 5.1.1 no such user"}, 67, False, id="refused"),
        pytest.param({"AUTH": "535 no"}, 75, True, id="login"),
    ],
)
def test_failing_fallback_leaves_one_message(
    user: User, serve: Serve, answers: dict[str, str], status: int, *, waits: bool
) -> None:
    offer = {"EHLO": "250-here\n250 AUTH PLAIN", "AUTH": "235 ok"}
    server = serve({**offer, **answers})
    user.port, user.rc = 1, fall_back(f"127.0.0.1:{server.port}")
    assert user.send().status == status
    waiting = [mail.read_text() for mail in user.mails]
    assert [" deferred <ops@example.com>" in text for text in waiting] == [True] * waits
    assert ("\n\ntext\n" in user.dead) is not waits


def test_two_unsent_messages_both_wait(user: User) -> None:
    user.port, user.rc = 1, fall_back(nobody())
    entries = b"~s one\ntext one\n~.\nmail b@example.org\n~s two\ntext two\n~.\n"
    ended = user("-#", stdin=b"mail a@example.org\n" + entries)
    assert (ended.status, len(user.mails), user.dead) == (75, 2, "")
    assert ended.err.count("connection refused") > 1


def test_fallback_with_invalid_settings_leaves_the_message_waiting(
    user: User,
) -> None:
    user.port = 1
    user.rc = (
        "set smtp-fallback=backup\n"
        "account backup {\nset smtp=http://127.0.0.1 smtp-auth=nonsense\n}\n"
    )
    assert user.send().status == 75
    (mail,) = user.mails
    assert " deferred <ops@example.com>" in mail.read_text()


@pytest.mark.parametrize("rc", ["", "set nooutbox\n"], ids=["outbox", "dead-letter"])
def test_no_advice_to_resend_a_queued_message(
    user: User, serve: Serve, rc: str
) -> None:
    serve({TO_BOSS: "451 4.3.0 later"})
    user.rc = rc
    said = user.send("ops@example.com", BOSS)
    assert ("again" in said.err) is bool(rc)
    told = user("-s", "x", BOSS, "--json").out
    assert ("again" in told) is bool(rc)


def test_single_held_recipient_is_listed_and_given_up(user: User, serve: Serve) -> None:
    server = serve({TO_BOSS: "451 4.3.0 later", "DATA": "nonsense"})
    user.send("ops@example.com", BOSS)
    server.answers = {}
    user.clock += 3600
    user("--flush")
    (mail,) = json_schema.read_json(user("--queue", "--json").out)["queue"]
    assert "nonsense" in mail["held"]
    assert user.mails[0].stat().st_mtime == 0
    user.clock += 200 * 3600
    user("--flush")
    assert user.mails
    user.clock += 3600
    assert "given up for ops@example.com" in user("--flush").err
