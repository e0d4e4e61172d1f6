"""Messages on standard input: -t, dead letters, and sendmail."""

import email
import io
import signal
from collections.abc import Callable
from typing import Any

import pytest

from pymail.errors import Interrupted
from pymail.main import main
from pymail.model import replace

RC = "set mta=test from=me@example.com\n"
Run = Callable[..., Any]
MESSAGE = b"""\
To: a@x.org, Bob <b@x.org>
Cc: c@x.org
Bcc: d@x.org
Subject: Folded
 subject
Reply-To: r@x.org
X-Loop: yes

The body
"""


def paths(out: str) -> list[str]:
    """The recipients that a dry run shows."""
    return [
        line.removeprefix("RCPT TO:<").removesuffix(">")
        for line in out.splitlines()
        if line.startswith("RCPT TO:")
    ]


def test_recipients_and_fields_come_from_the_header(pymail: Run) -> None:
    out = pymail("-t", "-d", stdin=MESSAGE, rc=RC).out
    assert paths(out) == ["a@x.org", "b@x.org", "c@x.org", "d@x.org"]
    assert "To: a@x.org, Bob <b@x.org>\n" in out
    assert "Subject: Folded subject\n" in out
    assert "Reply-To: r@x.org\n" in out
    assert "X-Loop: yes\n" in out
    assert "Bcc:" not in out
    assert out.endswith("\n\nThe body\n")


def test_header_wins_over_options_and_recipients_add_up(pymail: Run) -> None:
    message = b"To: a@x.org\nSubject: text\nFrom: T <t@x.org>\n\nbody\n"
    out = pymail("-t", "-d", "-s", "opt", "b@x.org", stdin=message, rc=RC).out
    assert paths(out) == ["b@x.org", "a@x.org"]
    assert "Subject: text\n" in out
    assert "From: T <t@x.org>\n" in out
    assert "MAIL FROM:<t@x.org>" in out


@pytest.mark.parametrize(
    ("header", "line"),
    [
        pytest.param("Subject: one\nSubject: two\n", "Subject: one two", id="twice"),
        pytest.param("Subj: one\n", "Subject: one", id="short"),
        pytest.param("Subject: RE: x\n", "Subject: Re: x", id="reply"),
        pytest.param("Subject: re:x\n", "Subject: re:x", id="no-reply"),
    ],
)
def test_subject_is_written_as_mailx_does(pymail: Run, header: str, line: str) -> None:
    message = f"To: a@x.org\n{header}\nbody\n".encode()
    assert f"{line}\n" in pymail("-t", "-d", stdin=message, rc=RC).out


def test_sender_of_the_header_sends_for_several_authors(pymail: Run) -> None:
    message = b"From: a@x.org, b@x.org\nSender: S <s@x.org>\nTo: c@x.org\n\nb\n"
    out = pymail("-t", "-d", stdin=message, rc=RC).out
    assert "MAIL FROM:<s@x.org>" in out
    assert "Sender: S <s@x.org>\n" in out


@pytest.mark.parametrize(
    ("header", "words", "sender"),
    [
        pytest.param("From: F <f@x.org>\n", "-r r@x.org", "r@x.org", id="both"),
        pytest.param("", "-r r@x.org", "r@x.org", id="option"),
        pytest.param("From: f@x.org\n", "-Ssmtp-from=e@x.org", "e@x.org", id="path"),
    ],
)
def test_local_program_gets_the_author_of_the_header(
    pymail: Run, mta: Any, header: str, words: str, sender: str
) -> None:
    message = f"{header}To: a@x.org\n\nb\n".encode()
    run = pymail("-t", *words.split(), stdin=message, rc="set sendmail=~/mta\n")
    assert run.status == 0
    assert mta.words == ["-i", "-f", sender, "--", "a@x.org"]


def test_subject_option_applies_if_the_header_has_none(pymail: Run) -> None:
    out = pymail("-t", "-d", "-s", "opt", stdin=b"To: a@x.org\n\nb\n", rc=RC).out
    assert "Subject: opt\n" in out


def test_header_without_recipients_is_an_error(pymail: Run, world: Any) -> None:
    ended = pymail("-t", stdin=b"Subject: S\n\nbody\n", rc=RC)
    assert ended.status == 65
    assert "body" in world.dead_letter


def test_dead_letter_is_sent_again_unchanged(pymail: Run, world: Any) -> None:
    world.write("p.bin", bytes(range(256)))
    words = ["-s", "Täst", "-b", "d@x.org", "-a", "p.bin", "team"]
    rc = RC.replace("mta=test", "smtp=127.0.0.1:1") + "alias team a@x.org\n"
    first = pymail(*words, stdin="From me, 中文\n".encode(), rc=rc)
    assert first.status == 75
    assert f"message kept in {world.directory}/dead.letter" in first.err
    kept = (world.directory / "dead.letter").read_bytes()
    out = pymail("-t", "-d", stdin=kept, rc=RC + "alias team a@x.org\n").out
    assert paths(out) == ["a@x.org", "d@x.org"]
    sent = out.partition("\n\n")[2]
    before = kept.decode().partition("multipart/mixed")[2].rstrip("\n")
    assert sent.partition("multipart/mixed")[2].rstrip("\n") == before


def test_dead_letter_is_readable_text(pymail: Run, world: Any) -> None:
    text = "磁盘已满\nFrom here on\n"
    pymail("-s", "S", "a@@x.org", stdin=text.encode(), rc=RC)
    assert "\n\n磁盘已满\n>From here on\n" in world.dead_letter
    kept = world.dead_letter.replace("a@@x.org", "a@x.org").encode()
    ended = pymail("-t", stdin=kept, rc=RC)
    sent = email.message_from_string(ended.out.partition("\n")[2])
    assert sent.get_payload(decode=True) == text.replace("\n", "\r\n").encode()


def to_send_again(recipients: str) -> bytes:
    """An entry of a dead letter file for these recipients."""
    begin = f"From me@x.org Mon Nov 23 12:00:00 2026\nX-Envelope-To: {recipients}\n"
    return begin.encode() + MESSAGE


def test_entry_names_the_remaining_recipients(pymail: Run) -> None:
    entry = to_send_again("c@x.org") + b">From here\n\n"
    out = pymail("-t", "-d", stdin=entry, rc=RC).out
    assert paths(out) == ["c@x.org"]
    assert "X-Envelope-To" not in out
    assert "To: a@x.org, Bob <b@x.org>\n" in out
    assert out.endswith("\n=46rom here\n")


def test_entry_is_also_sent_to_the_recipients_of_the_call(pymail: Run) -> None:
    entry = to_send_again("c@x.org, =?utf-8?q?c=40=40x=2Eorg?=")
    words = ("-t", "-d", "d@x.org", "-b", "team")
    ended = pymail(*words, stdin=entry, rc=RC + "alias team e@x.org d@x.org\n")
    assert paths(ended.out) == ["d@x.org", "e@x.org", "c@x.org"]
    assert "'c@@x.org': two @ signs" in ended.err + ended.out


def test_name_that_is_no_address_in_an_entry_is_refused(pymail: Run) -> None:
    assert pymail("-t", stdin=to_send_again("c@@x.org"), rc=RC).status == 65


def test_envelope_field_outside_an_entry_is_ignored(pymail: Run) -> None:
    message = b"X-Envelope-To: evil@x.org\n" + MESSAGE
    assert "evil@x.org" not in paths(pymail("-t", "-d", stdin=message, rc=RC).out)


CRON = b"From: root (Cron Daemon)\nTo: admin\nSubject: Cron\n\noutput\n"


def test_cronie_takes_recipients_from_the_header(sendmail: Run) -> None:
    words = ["-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"]
    message = CRON.replace(b"admin", b"admin@x.org").replace(
        b"Cron\n\n", b"C\nBcc: b@x.org\n\n"
    )
    ended = sendmail(*words, "-v", stdin=message, rc=RC)
    assert "accepted for admin@x.org" in ended.err
    assert "accepted for b@x.org" in ended.err
    assert "b@x.org" not in ended.out


def test_without_t_the_header_names_no_recipients(sendmail: Run) -> None:
    ended = sendmail("-v", "a@x.org", stdin=MESSAGE, rc=RC)
    assert "accepted for a@x.org" in ended.err
    assert "b@x.org" not in ended.err
    assert "d@x.org" not in ended.out


@pytest.mark.parametrize(
    ("program", "words", "out", "status"),
    [
        pytest.param("mailq", [], "Mail queue is empty\n", 0, id="mailq"),
        pytest.param("sendmail", ["-bp"], "Mail queue is empty\n", 0, id="bp"),
        pytest.param("newaliases", [], "", 0, id="newaliases"),
        pytest.param("sendmail", ["-bi"], "", 0, id="bi"),
        pytest.param("sendmail", ["-q"], "", 0, id="flush"),
        pytest.param("sendmail", ["-bs"], "", 64, id="server"),
        pytest.param("sendmail", ["-Z"], "", 64, id="unknown"),
    ],
)
def test_other_modes(
    sendmail: Run, program: str, words: list[str], out: str, status: int
) -> None:
    ended = sendmail(*words, program=program, rc=RC)
    assert (ended.out, ended.status) == (out, status)


def test_closed_standard_input_means_no_recipients(sendmail: Run) -> None:
    assert sendmail("-t", stdin=None, rc=RC).status == 65


class Interrupting(io.StringIO):
    """An output that a signal interrupts."""

    def write(self, text: str) -> int:
        if text:
            raise Interrupted(signal.SIGTERM)
        return 0


def entry(body: bytes, recipient: bytes = b"a@x.org") -> bytes:
    head = b"From me@x.org Mon Nov 23 12:00:00 2026\n"
    return head + b"To: " + recipient + b"\n\n" + body + b"\n\n"


def test_every_entry_of_an_mbox_is_sent(pymail: Run) -> None:
    stdin = entry(b"one") + entry(b"two", b"b@x.org")
    ended = pymail("-t", "-s", "S", stdin=stdin, rc=RC)
    assert ended.status == 0
    assert ended.out.count("\nFrom me@example.com ") == 1
    assert "To: a@x.org" in ended.out
    assert "To: b@x.org" in ended.out
    assert ended.out.count("Message-ID: ") == 2


def test_entry_that_fails_does_not_stop_the_next(pymail: Run, world: Any) -> None:
    stdin = entry(b"one", b"a@@x.org") + entry(b"two", b"b@x.org")
    ended = pymail("-t", "-s", "S", stdin=stdin, rc=RC)
    assert ended.status == 65
    assert "To: b@x.org" in ended.out
    assert "one" in world.dead_letter
    assert "two" not in world.dead_letter


def test_signal_between_entries_ends_the_run(world: Any) -> None:
    stdin = entry(b"one") + entry(b"two")
    made = world.environment("pymail", "-t", stdin=stdin, rc=RC)
    assert main(replace(made, stdout=Interrupting())) == 143
    assert "one" in world.dead_letter
