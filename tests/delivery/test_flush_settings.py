"""Settings of queued messages, and places of the outbox."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pymail.outbox.directory import default_place, link_for_cron
from tests.delivery.conftest import Run, User, states
from tests.scripted import Server

Serve = Callable[..., Server]
HOUR = 3600


def _program(user: User) -> Path:
    program = user.home / "mta"
    program.write_text(f"#!/bin/sh\ncat > /dev/null; echo ran >> {user.home}/ran\n")
    program.chmod(0o700)
    return program


def test_corrected_settings_apply_to_queued_messages(user: User, serve: Serve) -> None:
    user.rc = "account work {\n set smtp=127.0.0.1:1\n}\n"
    user("-A", "work", "-S", "smtp-hostname=x", "-s", "x", "ops@example.com")
    server = serve()
    user.port = 0
    user.rc = f"account work {{\n set smtp=127.0.0.1:{server.port}\n}}\n"
    assert user("--flush", "--now").status == 0
    assert len(server.taken) == 1


def test_message_waits_if_its_account_is_gone(user: User) -> None:
    user.rc = "account work {\n set smtp=127.0.0.1:1\n}\n"
    user("-A", "work", "-s", "x", "ops@example.com")
    user.rc = "set smtp=127.0.0.1:1\n"
    said = user("--flush", "--now")
    assert said.status == 78
    assert "account work is no longer defined" in said.err
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


def test_password_file_is_saved_by_name(user: User) -> None:
    (user.home / "secret").write_text("hush\n")
    user.port = 1
    user.rc = "set smtp-auth-user=me smtp-auth=plain\n"
    user("--password-file", "secret", "-s", "x", "ops@example.com")
    text = user.mails[0].read_text()
    assert f"with set smtp-password-file={user.home}/secret\n" in text


def made(user: User, **variables: str) -> Run:
    """Make the environment of a user with these variables."""
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


def test_default_places(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_place(made(user)) == Path("/var/spool/pymail")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_place(made(user)) == user.home / ".local/state/pymail/outbox"
    state = made(user, XDG_STATE_HOME="/state")
    assert default_place(state) == Path("/state/pymail/outbox")
    relative = made(user, XDG_STATE_HOME="state")
    assert default_place(relative) == default_place(made(user))


def test_cron_and_session_share_an_outbox(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    usual = user.home / ".local/state/pymail/outbox"
    session = made(user, XDG_STATE_HOME=f"{user.home}/state")
    cron = made(user)
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


def test_outbox_without_a_value_is_the_default_directory(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = user.home / ".local/state/pymail/outbox"
    usual.parent.mkdir(parents=True)
    usual.write_text("a file")
    user.rc = "set outbox\n"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert f"{usual}: not a directory" in user("--queue").err


def test_relative_outbox_is_below_the_home_directory(user: User) -> None:
    user.port = 1
    user.rc = "set outbox=other/box\n"
    assert user.send().status == 75
    assert len(list((user.home / "other/box").iterdir())) == 1


@pytest.mark.parametrize(
    "setting",
    ["outbox-lifetime=long", "smtp-max-per-connection=2.5", "outbox-lifetime=-1"],
)
def test_invalid_numbers_are_reported(user: User, setting: str) -> None:
    user.port = 1
    user.rc = f"set {setting}\n"
    said = user.send()
    assert said.status == 78
    assert setting in said.err


def test_local_program_gets_the_same_sender_again(user: User) -> None:
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


def test_messages_for_one_server_share_a_session(user: User, serve: Serve) -> None:
    user.port = 1
    for n in range(3):
        user("-S", f"sign={n}", "-s", "x", f"u{n}@example.com")
    user("-S", "smtp=127.0.0.1:1", "-s", "x", "elsewhere@example.com")
    user.rc = "account work {\n set from=you@example.com\n}\n"
    user("-A", "work", "-s", "x", "nobody@example.com")
    user.rc = ""
    server = serve()
    assert user("--flush", "--now").status == 78
    assert server.recipients == [f"u{n}@example.com" for n in range(3)]
    assert server.connections == 1


def test_server_from_the_environment_is_restored(user: User, serve: Serve) -> None:
    server = serve()
    user.port = 0
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


def test_advice_of_a_flush_follows_the_language_setting(
    user: User, serve: Serve
) -> None:
    user.send_in_vain()
    user.rc = "set explain=zh\n"
    serve({"RCPT TO:<ops": "550 no"})
    assert "怎么办" in user("--flush", "--now").err


def test_message_for_a_server_is_held_if_the_settings_name_a_program(
    user: User, serve: Serve
) -> None:
    user.send_in_vain()
    user.port, user.rc = 0, f"set mta={_program(user)}\n"
    user.clock += HOUR
    said = user("--flush")
    assert said.status == 78
    assert "queued for a server, but the settings now name a local program" in said.err
    assert "held: queued for a server" in user("--queue").out
    assert user("--flush").err == ""
    assert not (user.home / "ran").exists()
    user.rc = ""
    server = serve()
    assert user("--flush", "--now").status == 0
    assert server.recipients == ["ops@example.com"]


def test_message_of_an_earlier_version_is_sent_as_the_settings_say(user: User) -> None:
    user.send_in_vain()
    (mail,) = user.mails
    mail.write_bytes(mail.read_bytes().replace(b"with way a server\n", b""))
    user.port, user.rc = 0, f"set mta={_program(user)}\n"
    assert user("--flush", "--now").status == 0
    assert (user.home / "ran").exists()
    assert user.mails == []
