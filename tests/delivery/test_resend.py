"""--resend: dead letters are sent to their remaining recipients, and then removed."""

import os
import re
import signal
from collections.abc import Callable
from errno import EIO
from pathlib import Path

import pytest

from pymail.locks import try_lock
from pymail.message.raw_message import BEGUN
from tests.delivery.conftest import User, interrupt_at, interruptible
from tests.json_schema import read_json
from tests.scripted import CLOSE, Server

Serve = Callable[..., Server]
BOSS = "boss@example.com"
TO_BOSS = f"RCPT TO:<{BOSS}>"


@pytest.fixture(autouse=True)
def _no_outbox(user: User) -> None:
    user.rc = "set nooutbox\n"


def dead_letters(
    user: User, *subjects: str, to: tuple[str, ...] = ("ops@x.org",)
) -> str:
    user.port = 1
    for subject in subjects:
        assert user("-s", subject, *to, stdin=f"{subject}\nFrom me\n".encode()).status
    return user.dead


def subjects(server: Server) -> list[str]:
    found = (re.search(rb"Subject: (.*)\r\n", taken.content) for taken in server.taken)
    return [each[1].decode() for each in found if each]


def test_sent_messages_are_removed(user: User, serve: Serve) -> None:
    dead_letters(user, "one", "two", "three")
    server = serve()
    assert user("--resend").err == ""
    assert subjects(server) == ["one", "two", "three"]
    assert b"\r\n=46rom me\r\n" in server.taken[0].content
    assert server.connections == 1
    assert not (user.home / "dead.letter").exists()
    assert user("--resend").status == 0
    assert len(server.taken) == 3


def test_a_form_that_contradicts_the_type_sends_nothing(
    user: User, serve: Serve
) -> None:
    before = dead_letters(user, "one", "two")
    server = serve()
    ended = user("--html", "-M", "text/csv", "--resend")
    assert ended.status == 64
    assert "--html can't be used with the content type text/csv" in ended.err
    assert (user.dead, server.taken) == (before, [])


def test_message_that_fails_again_is_unchanged(user: User, serve: Serve) -> None:
    dead_letters(user, "one", "two", to=("ops@x.org", BOSS))
    before = user.dead.replace("\n\nFrom ", "\n\n\nFrom ").split("\n\nFrom ")[0]
    server = serve({TO_BOSS: "550 5.1.1 no"})
    said = user("--resend")
    assert said.status == 69
    assert said.err.count(f"message kept in {user.home}/dead.letter") == 2
    assert server.recipients == ["ops@x.org", "ops@x.org"]
    assert user.dead.count(f"X-Envelope-To: {BOSS}\n") == 2
    assert user.dead.count("Subject: ") == 2
    assert BEGUN not in user.dead
    assert before.partition("\n")[2] in user.dead
    again = user.dead
    assert user("--resend").status == 67
    assert user.dead == again
    server.answers = {}
    assert user("--resend").status == 0
    assert server.recipients[2:] == [BOSS, BOSS]
    assert user.dead == ""


def test_message_refused_for_all_recipients_is_unchanged(
    user: User, serve: Serve
) -> None:
    before = dead_letters(user, "one")
    serve({".": "554 spam"})
    assert user("--resend").status == 69
    assert user.dead == before


def test_file_of_empty_lines_has_no_message(user: User, serve: Serve) -> None:
    before = dead_letters(user, "one")
    (user.home / "dead.letter").write_text(f"\n\n\n{before}")
    server = serve()
    assert user("--resend").status == 0
    assert subjects(server) == ["one"]
    assert user.dead.strip() == ""


def test_unreachable_server_is_tried_once(user: User) -> None:
    before = dead_letters(user, "one", "two")
    said = user("--resend")
    assert said.status == 75
    assert said.err.count("connection refused") == 1
    assert "the remaining mails stay in the file, unsent" in said.err
    assert user.dead == before


def test_refused_login_is_tried_once(user: User, serve: Serve) -> None:
    before = dead_letters(user, "one", "two")
    serve()
    said = user("--resend", "-S", "smtp-auth-user=me@example.com")
    assert said.status == 77
    assert said.err.count("logging in to") == 1
    assert "the remaining mails stay in the file, unsent" in said.err
    assert user.dead == before


def test_unsent_message_moves_to_the_outbox(user: User) -> None:
    dead_letters(user, "one", "two")
    user.rc = ""
    assert user("--resend").status == 75
    assert user.dead == ""
    assert len(user.mails) == 2


def test_message_that_may_have_arrived_stays_marked_and_is_not_resent(
    user: User, serve: Serve
) -> None:
    dead_letters(user, "one", "two", to=("ops@x.org", BOSS))
    lost: list[str] = []

    def answer(line: str) -> str | None:
        if line == "." and not lost:
            lost.append(line)
            return f"250 taken {CLOSE}"
        return "550 no" if line.startswith(TO_BOSS) else None

    server = serve(answer)
    assert "possible duplicate" in user("--resend").err
    assert user.dead.count(f"{BEGUN}: 2026-11-26T09:15:00+00:00\n") == 1
    assert user.dead.count("X-Envelope-To") == 1  # only the second has it for sure
    server.answers = {}
    said = user("--resend")
    assert said.status == 75
    assert "one: an interrupted --resend may have delivered it" in said.err
    assert f"to send it again, delete its line {BEGUN}" in said.err
    assert server.recipients == ["ops@x.org", "ops@x.org", BOSS]
    path = user.home / "dead.letter"
    path.write_text(re.sub(f"{BEGUN}: .*\n", "", user.dead))
    assert user("--resend").status == 0
    assert user.dead == ""


def test_mark_names_the_recipients_who_may_have_got_it(
    user: User, serve: Serve
) -> None:
    """The server accepts one recipient at a time, and closes after the second."""
    dead_letters(user, "one", to=("ops@x.org", BOSS))
    dots: list[str] = []

    def answer(line: str) -> str | None:
        if line == ".":
            dots.append(line)
            return f"250 taken {CLOSE}" if len(dots) == 2 else None
        busy = line.startswith("RCPT TO:<boss") and not dots
        return "452 4.5.3 too many recipients" if busy else None

    serve(answer)
    assert user("--resend").status == 75
    assert f"X-Envelope-To: {BOSS}\n{BEGUN}: " in user.dead


def test_message_is_marked_while_it_is_sent(user: User, serve: Serve) -> None:
    dead_letters(user, "one")
    seen: list[str] = []
    serve(lambda line: seen.append(user.dead) if line[:4] in ("MAIL", ".") else None)
    assert user("--resend").status == 0
    before, marked = seen
    assert BEGUN not in before
    assert marked.count(BEGUN) == 1


_OLD = """just a text
that old mailx kept

From root Thu Nov 26 09:15:00 2026
To: ops@x.org
Subject: heirloom
 and more

text
>From here

"""


def test_dead_letters_of_other_programs_are_sent_to_their_recipients(
    user: User, serve: Serve
) -> None:
    other = user.home / "other"
    other.write_text(f"\n\n{_OLD}")
    server = serve()
    said = user("--resend", "other")
    assert said.status == 65
    assert "no recipient in the header: 'just a text'" in said.err
    assert server.recipients == ["ops@x.org"]
    assert other.read_text() == f"\n\n{_OLD.partition('From root')[0]}"
    assert user.dead == ""


def test_a_text_without_a_from_line_becomes_an_entry(user: User, serve: Serve) -> None:
    other = user.home / "other"
    other.write_text(f"To: ops@x.org, {BOSS}\nSubject: bare\n\ntext\n")
    server = serve({TO_BOSS: "550 no"})
    assert user("--resend", "~/other").status == 69
    assert user("--resend", "~/other").status == 69
    assert server.recipients == ["ops@x.org"]
    assert other.read_text().startswith("From MAILER-DAEMON Thu Nov 26 09:15:00 2026\n")


def test_entries_appended_meanwhile_are_kept(user: User, serve: Serve) -> None:
    dead_letters(user, "one", "two")
    path = user.home / "dead.letter"
    late = "From me Thu Nov 26 09:15:00 2026\nTo: ops@x.org\nSubject: late\n\nx\n\n"

    def append(line: str) -> None:
        if line.startswith("MAIL"):
            path.write_text(user.dead + late)

    server = serve(append)
    assert user("--resend").status == 0
    assert subjects(server) == ["one", "two"]
    assert user.dead == late * 2


def test_entry_changed_meanwhile_is_left_and_reported(user: User, serve: Serve) -> None:
    dead_letters(user, "one")
    path = user.home / "dead.letter"

    def change(line: str) -> None:
        if line == ".":
            path.write_text(user.dead.replace("Subject: one", "Subject: eno"))

    serve(change)
    said = user("--resend")
    assert said.status == 73
    assert "another program has changed it meanwhile" in said.err
    assert "Subject: eno" in user.dead


def test_no_message_is_sent_if_the_file_cannot_be_written(
    user: User, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dead_letters(user, "one", "two")
    server = serve()

    def fail(*_: object) -> None:
        raise OSError(EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", fail)
    said = user("--resend")
    assert said.status == 73
    assert "the remaining mails stay in the file, unsent" in said.err
    assert server.taken == []
    assert user.dead == before
    assert [p.name for p in user.home.iterdir() if ".new-" in p.name] == []


def test_unfinished_replacement_of_a_crash_is_removed(user: User, serve: Serve) -> None:
    dead_letters(user, "one")
    left = user.home / ".dead.letter.new-x"
    left.write_text("half")
    serve()
    assert user("--resend").status == 0
    assert not left.exists()


def test_two_processes_send_no_message_twice(user: User) -> None:
    before = dead_letters(user, "one")
    descriptor = os.open(user.home, os.O_RDONLY)
    assert try_lock(descriptor)
    said = user("--resend")
    os.close(descriptor)
    assert said.status == 75
    assert "another --resend is using this directory" in said.err
    assert user.dead == before


def test_fallback_account_sends_dead_letters(user: User, serve: Serve) -> None:
    server = serve()
    dead_letters(user, "one")
    user.rc += (
        "set smtp-fallback=backup\n"
        f"account backup {{\nset smtp=127.0.0.1:{server.port}\n}}\n"
    )
    assert user("--resend").status == 0
    assert subjects(server) == ["one"]
    assert user.dead == ""


def test_signal_leaves_the_other_messages(user: User, serve: Serve) -> None:
    before = dead_letters(user, "one", "two")
    serve(interrupt_at("DATA"))
    with interruptible():
        said = user("--resend")
    assert said.status == 128 + signal.SIGTERM
    assert "the remaining mails stay in the file, unsent" in said.err
    assert user.dead == before


@pytest.mark.parametrize(
    ("words", "rc", "status", "said"),
    [
        pytest.param(("a", "b"), "", 64, "one file at a time", id="two-files"),
        pytest.param(("nowhere",), "", 66, "nowhere: No such", id="no-file"),
        pytest.param(("no/where",), "", 66, "no/where: no such", id="no-directory"),
        pytest.param((), "set nosave\n", 78, "save is unset", id="nothing-is-kept"),
        pytest.param((), "", 0, "", id="no-dead-letters"),
        pytest.param((), "set DEAD=/dev/null\n", 0, "", id="kept-nowhere"),
        pytest.param((".",), "", 66, "not a regular file", id="directory"),
        pytest.param(("n" * 300,), "", 66, "name too long", id="no-name"),
        pytest.param(("-d",), "", 64, "can't be combined with -d", id="dry-run"),
        pytest.param(("--flush",), "", 64, "can't be combined", id="two-tasks"),
    ],
)
def test_file_that_cannot_be_resent_is_reported(
    user: User, words: tuple[str, ...], rc: str, status: int, said: str
) -> None:
    user.rc += rc
    found = user("--resend", *words)
    assert (found.status, said in found.err) == (status, True)


def test_json_has_each_message(user: User, serve: Serve) -> None:
    dead_letters(user, "one", "two")
    serve()
    value = read_json(user("--resend", "--json").out)
    assert (value["kind"], value["exit_status"]) == ("resend", 0)
    assert value["file"] == str(user.home / "dead.letter")
    assert [each["state"] for each in value["letters"]] == ["sent", "sent"]
    dead_letters(user, "three", to=(BOSS,))
    serve({TO_BOSS: "550 no"})
    value = read_json(user("--resend", "--json").out)
    (message,) = value["letters"]
    assert message["kept"]["dead_letter"] == value["file"]
    assert value["exit_status"] == 69


@pytest.mark.parametrize("program", ["pymail", "sendmail"])
def test_fields_of_a_stranger_do_not_count(
    user: User, serve: Serve, program: str
) -> None:
    user.port = 1
    strangers = f"X-Envelope-To: evil@x.org\n{BEGUN}: x\n"
    text = f"{strangers}To: ops@x.org\nBcc: b@x.org\nSubject: one\n\n{strangers}"
    assert user("-t", stdin=text.encode(), program=program).status == 75
    server = serve()
    assert user("--resend").status == 0
    assert server.recipients == ["ops@x.org", "b@x.org"]


def test_recipients_who_got_it_are_left_out_after_each_failure(
    user: User, serve: Serve
) -> None:
    serve({"RCPT TO:<b@x.org>": "550 5.1.1 no"})
    assert user("-s", "one", "a@x.org", "b@x.org", stdin=b"text\n").status == 69
    for _ in range(2):
        entry = user.dead
        (user.home / "dead.letter").unlink()
        user.port = 1
        assert user("-t", stdin=entry.encode()).status == 75
    server = serve()
    assert user("--resend").status == 0
    assert server.recipients == ["b@x.org"]
