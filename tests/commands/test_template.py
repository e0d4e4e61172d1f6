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
        pytest.param("From: F <f@x.org>\n", "-r r@x.org", "-f r@x.org", id="both"),
        pytest.param("", "-r r@x.org", "-f r@x.org", id="option"),
        pytest.param("From: f@x.org\n", "-Ssmtp-from=e@x.org", "-f e@x.org", id="path"),
    ],
)
def test_local_program_is_told_the_author_of_the_header(
    pymail: Run, world: Any, header: str, words: str, sender: str
) -> None:
    world.write("mta", '#!/bin/sh\necho "$@" > "$0.got"\n').chmod(0o700)
    rc = "set sendmail=~/mta\n"
    message = f"{header}To: a@x.org\n\nb\n".encode()
    assert pymail("-t", *words.split(), stdin=message, rc=rc).status == 0
    got = (world.directory / "mta.got").read_text()
    assert got == f"-i {sender} -- a@x.org\n"


def test_subject_option_counts_when_the_header_has_none(pymail: Run) -> None:
    out = pymail("-t", "-d", "-s", "opt", stdin=b"To: a@x.org\n\nb\n", rc=RC).out
    assert "Subject: opt\n" in out


def test_header_without_recipients_is_an_error(pymail: Run, world: Any) -> None:
    ended = pymail("-t", stdin=b"Subject: S\n\nbody\n", rc=RC)
    assert ended.status == 65
    assert "body" in world.dead_letter


def test_copy_to_a_file_needs_expandaddr(pymail: Run, world: Any) -> None:
    message = b"To: a@x.org\nFcc: box\n\nbody\n"
    refused = pymail("-t", stdin=message, rc=RC)
    assert refused.status == 65
    assert "To: a@x.org\n" in refused.out
    box = world.directory / "fcc"
    message = b"To: a@x.org\nFcc: " + str(box).encode() + b"\n\nbody\n"
    assert pymail("-t", stdin=message, rc=RC).status == 65
    assert not box.exists()
    assert pymail("-t", stdin=message, rc=RC + "set expandaddr\n").status == 0
    assert "body" in box.read_text()


def test_dead_letter_is_sent_again_as_it_is(pymail: Run, world: Any) -> None:
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


def test_dead_letter_can_be_read_by_eye(pymail: Run, world: Any) -> None:
    text = "磁盘已满\nFrom here on\n"
    pymail("-s", "S", "a@@x.org", stdin=text.encode(), rc=RC)
    assert "\n\n磁盘已满\n>From here on\n" in world.dead_letter
    kept = world.dead_letter.replace("a@@x.org", "a@x.org").encode()
    ended = pymail("-t", stdin=kept, rc=RC)
    sent = email.message_from_string(ended.out.partition("\n")[2])
    assert sent.get_payload(decode=True) == text.replace("\n", "\r\n").encode()


def test_entry_names_those_who_are_still_to_get_it(pymail: Run) -> None:
    entry = (
        b"From me@example.com Mon Nov 23 12:00:00 2026\n"
        b"X-Envelope-To: c@x.org\n" + MESSAGE + b">From here\n\n"
    )
    out = pymail("-t", "-d", stdin=entry, rc=RC).out
    assert paths(out) == ["c@x.org"]
    assert "X-Envelope-To" not in out
    assert "To: a@x.org, Bob <b@x.org>\n" in out
    assert out.endswith("\n=46rom here\n")


def test_entry_goes_also_to_those_whom_the_caller_names(pymail: Run) -> None:
    entry = (
        b"From me@example.com Mon Nov 23 12:00:00 2026\n"
        b"X-Envelope-To: c@x.org, =?utf-8?q?c=40=40x=2Eorg?=\n" + MESSAGE
    )
    words = ("-t", "-d", "d@x.org", "-b", "team")
    ended = pymail(*words, stdin=entry, rc=RC + "alias team e@x.org d@x.org\n")
    assert paths(ended.out) == ["d@x.org", "e@x.org", "c@x.org"]
    assert "'c@@x.org': two @ signs" in ended.err + ended.out


def test_name_that_is_no_address_in_an_entry_is_refused(pymail: Run) -> None:
    entry = (
        b"From me@example.com Mon Nov 23 12:00:00 2026\n"
        b"X-Envelope-To: c@@x.org\n" + MESSAGE
    )
    assert pymail("-t", stdin=entry, rc=RC).status == 65


def test_envelope_field_of_a_stranger_counts_for_nothing(pymail: Run) -> None:
    message = b"X-Envelope-To: evil@x.org\n" + MESSAGE
    assert "evil@x.org" not in paths(pymail("-t", "-d", stdin=message, rc=RC).out)


def sendmail(pymail: Run, *words: str, program: str = "sendmail", **around: Any) -> Any:
    return pymail(*words, program=program, **around)


CRON = b"From: root (Cron Daemon)\nTo: admin\nSubject: Cron\n\noutput\n"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("-FCronDaemon -i -B8BITMIME -oem a@x.org", id="debian-cron"),
        pytest.param("-i a@x.org", id="systemd-cron"),
        pytest.param("a@x.org", id="at"),
        pytest.param("-oi -f root a@x.org", id="fail2ban"),
        pytest.param("-oem -oi -N never -R hdrs -- a@x.org", id="mutt"),
        pytest.param("-Ac -X log -Otimeout=1 -p a@x.org", id="ignored"),
    ],
)
def test_callers_words_are_understood(pymail: Run, words: str) -> None:
    rc = "set mta=test hostname=web.example.com\n"
    ended = sendmail(pymail, "-v", *words.split(), stdin=CRON, rc=rc)
    assert ended.status == 0
    assert "To: admin\n" in ended.out
    assert "From: Cron Daemon <root@web.example.com>\n" in ended.out
    assert "accepted for a@x.org" in ended.err


def test_cronie_takes_recipients_from_the_header(pymail: Run) -> None:
    words = ["-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root"]
    message = CRON.replace(b"admin", b"admin@x.org").replace(
        b"Cron\n\n", b"C\nBcc: b@x.org\n\n"
    )
    ended = sendmail(pymail, *words, "-v", stdin=message, rc=RC)
    assert "accepted for admin@x.org" in ended.err
    assert "accepted for b@x.org" in ended.err
    assert "b@x.org" not in ended.out


def test_without_t_the_header_names_no_recipients(pymail: Run) -> None:
    ended = sendmail(pymail, "-v", "a@x.org", stdin=MESSAGE, rc=RC)
    assert "accepted for a@x.org" in ended.err
    assert "b@x.org" not in ended.err
    assert "d@x.org" not in ended.out


@pytest.mark.parametrize(
    ("sender", "path"),
    [("<>", ""), ("<b@x.org>", "b@x.org"), ("root", "root")],
    ids=["null", "angle", "bare"],
)
def test_sender_goes_on_the_envelope(
    pymail: Run, world: Any, sender: str, path: str
) -> None:
    script = (
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {world.directory}/args\ncat > /dev/null\n'
    )
    world.write("mta", script)
    (world.directory / "mta").chmod(0o755)
    ended = sendmail(
        pymail, "-f", sender, "a@x.org", stdin=MESSAGE, rc="set mta=~/mta\n"
    )
    assert ended.status == 0, ended.err
    words = (world.directory / "args").read_text().splitlines()
    assert words[-4:] == ["-f", path, "--", "a@x.org"]


def test_bare_sender_is_made_full_for_a_server(pymail: Run) -> None:
    rc = "set smtp=127.0.0.1:1 hostname=web.example.com\n"
    assert sendmail(pymail, "-f", "root", "a@x.org", stdin=CRON, rc=rc).status == 75


def test_full_name_is_for_authors_nobody_named(pymail: Run) -> None:
    ended = sendmail(
        pymail, "-F", "Cron", "a@x.org", stdin=b"\nhi\n", rc="set mta=test"
    )
    assert "From: Cron <me@host.example.com>" in ended.out


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
    pymail: Run, program: str, words: list[str], out: str, status: int
) -> None:
    ended = sendmail(pymail, *words, program=program, rc=RC)
    assert (ended.out, ended.status) == (out, status)


def test_closed_standard_input_leaves_nobody(pymail: Run) -> None:
    assert sendmail(pymail, "-t", stdin=None, rc=RC).status == 65


def test_option_without_its_value_is_no_crash(pymail: Run) -> None:
    assert sendmail(pymail, "a@x.org", "-f", stdin=MESSAGE, rc=RC).status == 0


class Interrupting(io.StringIO):
    """An output during which a signal comes."""

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
