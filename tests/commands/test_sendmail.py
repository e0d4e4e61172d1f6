"""sendmail: arguments, completion of the header, kept messages."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_string
from email.utils import collapse_rfc2231_value
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.dsn import DsnRequest
from pymail.cli import sendmail_arguments
from pymail.commands.invocation import SendmailInvocation
from pymail.errors import UsageError
from tests.scripted import Server, serving

Run = Callable[..., Any]
RC = "set mta=test hostname=web1.example.com\n"
MESSAGE = b"From: a@x.org\nTo: b@x.org\nSubject: S\n\ntext\n"

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "glued": ("-fa@x -FName b@x", {"sender": "a@x", "full_name": "Name"}),
    "separate": ("-f a@x -F Name b@x", {"sender": "a@x", "full_name": "Name"}),
    "r-is-f": ("-r a@x b@x", {"sender": "a@x"}),
    "after-recipients": ("b@x -f a@x -t", {"sender": "a@x", "from_header": True}),
    "cluster": ("-tvi b@x", {"from_header": True, "verbose": True}),
    "cluster-with-value": ("-tifa@x b@x", {"from_header": True, "sender": "a@x"}),
    "null": ("-f <> b@x", {"sender": "<>"}),
    "o-glued": ("-oi -odi -oem -o7 -oA/x b@x", {}),
    "o-separate": ("-o i b@x", {}),
    "e-separate": ("-e m b@x", {}),
    "mode": ("-bm b@x", {"mode": "m"}),
    "mode-separate": ("-b m b@x", {"mode": "m"}),
    "mode-none": ("-b b@x", {}),
    "queue": ("-q1h b@x", {"mode": "q"}),
    "aliases": ("-I b@x", {"mode": "i"}),
    "A-glued": ("-Am b@x", {}),
    "A-separate": ("-A m b@x", {}),
    "p-separate": ("-p SMTP:host b@x", {}),
    "p-alone": ("-p b@x", {}),
    "d-glued": ("-d0.1 b@x", {}),
    "ignored": ("-B 8BITMIME -C /x -h 3 -L t -O a=b -X log -G -U -n -m -E -M b@x", {}),
    "dsn": ("-N success,delay -R hdrs -V id b@x", {"dsn": DsnRequest(notify="SUCCESS,DELAY", ret="HDRS", envelope_id="id")}),
    "dsn-never": ("-Nnever b@x", {"dsn": DsnRequest(notify="NEVER")}),
    "dsn-nonsense": ("-N foo -R bar b@x", {"remarks": ["-N foo: unknown, ignored", "-R bar: unknown, ignored"]}),
    "dash-alone": ("- b@x", {"recipients": ["-", "b@x"]}),
    "end": ("-i -- -x@y", {"recipients": ["-x@y"]}),
    "value-missing": ("b@x -f", {}),
}  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), CALLS.values(), ids=CALLS)
def test_command_line_is_parsed(words: str, expected: dict[str, Any]) -> None:
    meant = SendmailInvocation(**{"recipients": ["b@x"], **expected})
    assert sendmail_arguments.parse(words.split()) == meant


@given(st.lists(st.text(max_size=5)))
def test_any_command_line_is_read_or_refused(words: list[str]) -> None:
    with suppress(UsageError):
        assert set(sendmail_arguments.parse(words).recipients) <= set(words)


def peers_letters() -> list[str]:
    """The letters that the installed sendmail accepts."""
    peer = shutil.which("sendmail", path="/usr/sbin:/usr/lib")
    manual = peer and subprocess.run(
        [peer, "-C", "/nonexistent", "-Z"], capture_output=True, check=False
    )
    if not (peer and manual and b"/nonexistent/main.cf" in manual.stderr):
        pytest.skip("Postfix shows its options to root alone")
    letters = [chr(n) for n in range(33, 127) if chr(n).isalnum()]
    taken = []
    for letter in letters:
        ended = subprocess.run(
            [peer, "-C", "/nonexistent", f"-{letter}", "x"],
            input=b"",
            capture_output=True,
            check=False,
        )
        if b"invalid option" not in ended.stderr:
            taken.append(letter)
    return taken


def test_every_letter_of_postfix_is_accepted() -> None:
    for letter in peers_letters():
        sendmail_arguments.parse([f"-{letter}", "x"])


AUTHORS = {
    "comment": (b"From: root (Cron Daemon)\n", "Cron Daemon <root@web1.example.com>"),
    "quoted": (b'From: "(C)" <root>\n', '"(C)" <root@web1.example.com>'),
    "bare": (b"From: root\n", "root@web1.example.com"),
    "alias": (b"From: ann\n", "ann@example.org"),
    "alias-of-several": (b"From: team\n", "team@web1.example.com"),
    "alias-of-a-name": (b"From: lee\n", "lee@web1.example.com"),
    "alias-of-nonsense": (b"From: odd\n", "odd@web1.example.com"),
    "full": (b"From:  A\n <a@x.org> (b)\n", " A\n <a@x.org> (b)"),
    "no-brackets": (b"From: a b@x.org c\n", "a <b@x.org>"),
    "comma": (b"From: Doe, Jr. <a@x.org>\n", '"Doe, Jr." <a@x.org>'),
    "semicolon": (b"From: a@x.org;\n", "a@x.org;"),
    "two-pairs": (b"From: <A <a@x.org>>\n", "A <a@x.org>"),
    "one-bracket": (b"From: A <a@x.org\n", "A <a@x.org>"),
    "url": (b"From: mailto:a@x.org\n", "a@x.org"),
    "comment-inside": (b"From: A <a@x.org (home)>\n", "A <a@x.org (home)>"),
    "route": (b"From: A <@b,@c:a@x.org>\n", "A <@b,@c:a@x.org>"),
    "encoded-whole": (b"From: =?utf-8?q?A_=3Ca=40x=2Eorg=3E?=\n", "A <a@x.org>"),
    "encoded-name": (b"From: =?utf-8?q?Log?=\n", "Log <me@web1.example.com>"),
    "name-alone": (b"From: Log watcher\n", "Log watcher <me@web1.example.com>"),
    "local-comma": (b"From: root, Jr. <root>\n", '"root, Jr." <root@web1.example.com>'),
    "twice": (b"From: root\nFrom: joe\n", "root@web1.example.com"),
    "several": (b"From: a@x.org, b@x.org\n", "a@x.org, b@x.org"),
    "missing": (b"", "me@web1.example.com"),
    "empty": (b"From:\n", "me@web1.example.com"),
}
ALIASES = (
    "alias ann 'Ann <ann@example.org>'\nalias team a@x.org b@x.org\nalias lee ann2\n"
    "alias odd a@@x\n"
)


@pytest.mark.parametrize(("field", "author"), AUTHORS.values(), ids=AUTHORS)
def test_author_gets_name_and_domain(sendmail: Run, field: bytes, author: str) -> None:
    ended = sendmail("c@x.org", stdin=b"A: b\n" + field + b"\nt\n", rc=RC + ALIASES)
    assert ended.status == 0
    assert f"\nFrom: {author}\n" in ended.out
    assert ended.out.count("\nFrom:") == 1


@pytest.mark.parametrize(
    ("words", "rc", "author"),
    [
        pytest.param("-F Cron", "", "Cron <me@web1.example.com>", id="name"),
        pytest.param("-f a@x.org", "", "a@x.org", id="sender"),
        pytest.param("-f <>", "", "me@web1.example.com", id="null-sender"),
        pytest.param("-F Cron -f a@x.org", "", "Cron <a@x.org>", id="both"),
        pytest.param("", "set from='A <a@x.org>'\n", "A <a@x.org>", id="from"),
        pytest.param("-F N", "set from='A <a@x.org>'\n", "N <a@x.org>", id="from-name"),
    ],
)
def test_author_that_is_missing_is_added(
    sendmail: Run, words: str, rc: str, author: str
) -> None:
    ended = sendmail(*words.split(), "c@x.org", stdin=b"\nt\n", rc=RC + rc)
    assert f"\nFrom: {author}\n" in ended.out


def test_local_author_without_a_host_is_the_author_of_the_settings(
    sendmail: Run,
) -> None:
    rc = "set mta=test from=a@x.org\n"
    out = sendmail("c@x.org", stdin=b"From: root (C)\n\nt\n", rc=rc).out
    assert "\nFrom: C <a@x.org>\n" in out
    rc = "set mta=test from=me\n"
    out = sendmail("c@x.org", stdin=b"From: root (C)\n\nt\n", rc=rc).out
    assert "\nFrom: C <root@host.example.com>\n" in out


TO = {
    "one": (["c@x.org"], b"", "To: c@x.org"),
    "several": (["c@x.org", "d@x.org"], b"", "To: undisclosed-recipients:;"),
    "alias": (["c@x.org"], b"To: ann, Z <z@x.org>\n", "To: Ann <ann@example.org>, Z <z@x.org>"),
    "no-alias": (["c@x.org"], b"To: root\n", "To: root"),
    "alias-of-nonsense": (["c@x.org"], b"To: ann, a@@x\n", "To: ann, a@@x"),
    "cc-is-enough": (["c@x.org"], b"Cc: a@x.org\n", "Cc: a@x.org"),
}  # fmt: skip


@pytest.mark.parametrize(("to", "field", "line"), TO.values(), ids=TO)
def test_to_field_gets_the_recipient_and_expanded_aliases(
    sendmail: Run, to: list[str], field: bytes, line: str
) -> None:
    ended = sendmail(*to, stdin=field + b"A: b\n\nt\n", rc=RC + ALIASES)
    assert f"\n{line}\n" in ended.out
    assert len(re.findall(r"^(?:To|Cc):", ended.out, re.MULTILINE)) == 1


def test_date_and_message_id_are_added_only_if_missing(sendmail: Run) -> None:
    out = sendmail("c@x.org", stdin=MESSAGE).out
    assert "\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n" in out
    assert "\nMessage-ID: <20261123120000.0123456789abcdef@web1.example.com>\n" in out
    out = sendmail("c@x.org", stdin=b"Date: then\nMessage-Id: <x@y>\n" + MESSAGE).out
    assert out.count("\nDate:") == out.lower().count("\nmessage-id:") == 1
    rc = RC + "set message-id-disable\n"
    assert "essage-ID" not in sendmail("c@x.org", stdin=MESSAGE, rc=rc).out


def test_settings_for_texts_do_not_apply_to_finished_messages(sendmail: Run) -> None:
    rc = RC + "set signature=~/none organization=X replyto=r@x.org customhdr='X-A: b'\n"
    ended = sendmail("c@x.org", stdin=MESSAGE, rc=rc)
    assert ended.err == ""
    assert "X-A" not in ended.out
    assert "Reply-To" not in ended.out


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({"EHLO": "250-sink\n250-AUTH PLAIN\n250 DSN"}) as started:
        yield started


@pytest.mark.parametrize("notify", ["success,failure", "success,success"])
def test_delivery_notices_reach_a_server_that_offers_them(
    sendmail: Run, server: Server, notify: str
) -> None:
    rc = f"set smtp=127.0.0.1:{server.port}\n"
    words = ["-N", notify, "-R", "hdrs", "-V", "a+b ü", "c@x.org"]
    assert sendmail(*words, stdin=MESSAGE, rc=rc).status == 0
    assert "MAIL FROM:<a@x.org> RET=HDRS ENVID=a+2Bb+20+C3+BC" in server.heard
    assert f"RCPT TO:<c@x.org> NOTIFY={notify.upper()}" in server.heard


@pytest.mark.parametrize(
    ("field", "words", "rc", "path"),
    [
        pytest.param("From: a@x.org, b@x.org", "", "", "a@x.org", id="authors"),
        pytest.param("Resent-From: B <b@x>\nFrom: a@x", "", "", "b@x", id="on"),
        pytest.param("Resent-From: b@x\nFrom: a@x", "-f c@x", "", "c@x", id="f-wins"),
        pytest.param("Resent-From: b@@x\nFrom: a@x", "", "", "a@x", id="nonsense"),
        pytest.param(
            "From: j@x\nSender: root", "-f root", "hostname=h", "root@h", id="local"
        ),
        pytest.param("From: a@x", "-f root", "smtp-from=m@x", "m@x", id="settings"),
        pytest.param("From: a@x", "-f b@x", "smtp-from=m@x", "b@x", id="named"),
        pytest.param("From: a@x", f"-V {'x' * 101}", "", "a@x", id="id-too-long"),
    ],
)
def test_envelope_sender_is_that_of_the_call(
    sendmail: Run, server: Server, *, field: str, words: str, rc: str, path: str
) -> None:
    rc = f"set smtp=127.0.0.1:{server.port} {rc}\n"
    stdin = f"{field}\nTo: a@x.org\n\nt\n".encode()
    assert sendmail(*words.split(), "c@x.org", stdin=stdin, rc=rc).status == 0
    assert f"MAIL FROM:<{path}>" in server.heard
    assert (b"Sender: root" in server.contents[0].split(b"\r\n")) is ("Sender" in field)


def test_verbose_reports_ignored_values(sendmail: Run) -> None:
    assert (
        "-N foo: unknown" in sendmail("-v", "-N", "foo", "c@x.org", stdin=MESSAGE).err
    )
    assert sendmail("-N", "foo", "c@x.org", stdin=MESSAGE).err == ""


def test_invalid_call_keeps_the_message(sendmail: Run, world: Any) -> None:
    ended = sendmail("-Z", "c@x.org", stdin=MESSAGE)
    assert ended.status == 64
    assert "-Z: unknown option" in ended.err
    assert "text" in world.dead_letter


def test_dead_letter_is_resent_to_the_remaining_recipients(
    sendmail: Run, world: Any
) -> None:
    rc = "set smtp=127.0.0.1:1\nalias team c@x.org d@x.org\n"
    text = "Subject: ü\nTo: b@x.org\nBcc: e@x.org\nReply-To: f@x.org\n\n完成\n"
    ended = sendmail("team", "g@x.org", stdin=text.encode(), rc=rc)
    assert ended.status == 75
    assert "X-Envelope-To: team, g@x.org\n" in world.dead_letter
    assert "完成\n" in world.dead_letter
    kept = world.dead_letter.encode()
    rc = "set mta=test\nalias team c@x.org d@x.org\n"
    again = sendmail("-t", "-d", program="pymail", stdin=kept, rc=rc)
    paths = re.findall(r"^RCPT TO:<(.*)>$", again.out, re.MULTILINE)
    assert paths == ["c@x.org", "d@x.org", "g@x.org"]
    assert "e@x.org" not in again.out
    ended = sendmail("-v", "-t", stdin=kept, rc=RC)
    assert "accepted for b@x.org" in ended.err  # a stranger may have written the field
    assert "g@x.org" not in ended.err
    assert "X-Envelope-To" not in ended.out


def test_message_without_to_can_be_sent_again(sendmail: Run, world: Any) -> None:
    rc = "set smtp=127.0.0.1:1\n"
    sendmail("c@x.org", "d@x.org", stdin=b"Subject: S\n\nt\n", rc=rc)
    again = sendmail(
        "-t", "-d", program="pymail", stdin=world.dead_letter.encode(), rc=RC
    )
    assert again.out.count("RCPT TO:") == 2


def test_record_has_the_message_with_its_blind_recipients(
    sendmail: Run, world: Any
) -> None:
    rc = RC + "set record=~/sent\n"
    message = b"Bcc: d@x.org\n" + MESSAGE
    assert "d@x.org" not in sendmail("-t", stdin=message, rc=rc).out
    assert "Bcc: d@x.org\n" in (world.directory / "sent").read_text()


def test_pymail_as_its_own_sendmail_is_refused(pymail: Run, world: Any) -> None:
    program = world.write("pymail-sendmail", "#!/bin/sh\nexit 99\n")
    link = Path(world.directory) / "sendmail"
    link.symlink_to(program)
    rc = f"set mta={link}\n"
    ended = pymail("c@x.org", program=str(program), stdin=MESSAGE, rc=rc)
    assert ended.status == 78
    assert f"{link} is pymail itself" in ended.err
    assert "text" in world.dead_letter


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("-N never -R full -V id", "-N never -R full -V id", id="notices"),
        pytest.param("-f --evil=id", "-f--evil=id", id="sender-is-no-option"),
        pytest.param("-V -X/evil", "-V-X/evil", id="envelope-id-is-no-option"),
        pytest.param("-f <>", "-f ", id="null-sender"),
        pytest.param("-f <b@x.org>", "-f b@x.org", id="sender-in-brackets"),
        pytest.param("-f root", "-f root", id="local-sender"),
    ],
)
def test_values_reach_a_program(
    sendmail: Run, mta: Any, words: str, expected: str
) -> None:
    ended = sendmail(*words.split(), "c@x.org", stdin=MESSAGE, rc="set mta=~/mta\n")
    assert ended.status == 0, ended.err
    assert mta.words == ["-i", *expected.split(" "), "--", "c@x.org"]


@pytest.mark.parametrize(
    ("words", "header", "author"),
    [
        ([], "From: root (Cron)", ["From: root (Cron)"]),
        ([], "A: b", []),
        (["-F", "Cron"], "A: b", ["From: Cron <me>"]),
    ],
)
def test_a_program_completes_local_names_itself(
    sendmail: Run, mta: Any, words: list[str], header: str, author: list[str]
) -> None:
    stdin = f"{header}\n\nt\n".encode()
    sendmail(*words, "c", stdin=stdin, rc="set mta=~/mta\n")
    assert re.findall("^From:.*", mta.message, re.MULTILINE) == author


def test_account_is_the_sender_and_the_author_gets_replies(
    sendmail: Run, server: Server
) -> None:
    rc = (
        f"set smtp=127.0.0.1:{server.port} smtp-auth-user=me@163.com\n"
        "set smtp-auth-password=x smtp-fit-sender=on\n"
    )
    message = b"From: Joe\n <joe@x.org>\nSender: a@x.org\nTo: b@x.org\n\nt\n"
    ended = sendmail("-t", "-v", stdin=message, rc=rc)
    assert ended.status == 0
    assert "sent from me@163.com instead of joe@x.org" in ended.err
    header = server.contents[0].split(b"\r\n")
    assert b"From: Joe <me@163.com>" in header
    assert b"Reply-To: Joe <joe@x.org>" in header
    assert b"Sender: a@x.org" not in header


def test_cron_through_an_account_on_a_machine_without_a_domain(
    sendmail: Run, server: Server
) -> None:
    rc = (
        f"set smtp=127.0.0.1:{server.port} smtp-auth-user=me@163.com\n"
        "set smtp-auth-password=x hostname=web1\n"
    )
    message = b"From: root (Cron Daemon)\nTo: b@x.org\n\nt\n"
    words = ["-FCronDaemon", "-i", "-f", "root", "b@x.org"]
    ended = sendmail(*words, stdin=message, rc=rc)
    assert (ended.status, ended.err) == (0, "")
    assert "MAIL FROM:<me@163.com>" in server.heard
    assert b"From: Cron Daemon <me@163.com>\r\n" in server.contents[0]
    assert b"\r\nReply-To" not in server.contents[0]


def test_message_to_encrypt_is_never_sent_in_clear(sendmail: Run, world: Any) -> None:
    rc = RC + "set smime-force-encryption\n"
    ended = sendmail("b@x.org", stdin=MESSAGE, rc=rc)
    assert ended.status != 0
    assert "text" not in ended.out
    assert "text" in world.dead_letter


ETC_ALIASES = "root: ops@example.com\n"


def test_local_names_are_looked_up_in_the_systems_aliases(
    sendmail: Run, world: Any, server: Server
) -> None:
    world.write("etc/aliases", ETC_ALIASES)
    world.write("aliases", "root: other@example.com\n")
    rc = f"set smtp=127.0.0.1:{server.port}\n"
    assert sendmail("root", stdin=MESSAGE, rc=rc).status == 0
    assert "RCPT TO:<ops@example.com>" in server.heard
    rc += "set mta-aliases=~/aliases\n"
    assert sendmail("root", stdin=MESSAGE, rc=rc).status == 0
    assert "RCPT TO:<other@example.com>" in server.heard


def test_the_local_program_looks_its_aliases_up_itself(
    sendmail: Run, world: Any, mta: Any
) -> None:
    world.write("etc/aliases", ETC_ALIASES)
    sendmail("root", stdin=MESSAGE, rc="set mta=~/mta\n")
    assert mta.words == ["-i", "--", "root"]


def test_overlong_field_is_refused_and_the_message_kept(
    sendmail: Run, world: Any
) -> None:
    message = b"To: b@x.org\nDate: " + b"n" * 1000 + b"\nSubject: S\n\ntext\n"
    ended = sendmail("-t", stdin=message)
    assert ended.status == 65
    assert "header field too long: 'Date:'" in ended.err
    for line in ("To: b@x.org\n", f"Date: {'n' * 1000}\n", "Subject: S\n", "\ntext\n"):
        assert line in world.dead_letter


def test_unparsable_sender_is_unchanged(sendmail: Run) -> None:
    message = b"From: a@x.org\nSender: cron on (web1\nTo: b@x.org\n\ntext\n"
    assert "\nSender: cron on (web1\n" in sendmail("-t", stdin=message).out


def test_blank_line_may_be_above_the_header(sendmail: Run) -> None:
    ended = sendmail("-t", stdin=b"\nTo: b@x.org\nSubject: S\n\ntext\n")
    assert ended.status == 0
    assert "\nTo: b@x.org\nSubject: S\n" in ended.out


PARTS = b"""\
To: b@x.org
Content-Type: multipart/mixed; boundary=B; name="\xdcbersicht"

--B
Content-Type: text/csv; charset=iso-8859-1

%s
--B--
"""


@pytest.mark.parametrize("program", ["sendmail", "pymail"])
def test_part_with_a_long_line_arrives_unchanged(pymail: Run, program: str) -> None:
    line = b";".join(b"%d" % n for n in range(500)) + b";\xfc"
    out = pymail("-t", "-v", stdin=PARTS % line, rc=RC, program=program).out
    message = message_from_string(out[out.index("Content-Type:") :])
    *_, part = message.walk()
    assert part.get_payload(decode=True) == line
    assert collapse_rfc2231_value(message.get_param("name") or "") == "Übersicht"


def test_header_keeps_a_domain_outside_ascii(sendmail: Run) -> None:
    message = (
        "From: b@x.org\nTo: a@bücher.example\nReply-To: Ü <c@bücher.example>\n\nt\n"
    )
    out = sendmail("-t", stdin=message.encode()).out
    assert "\nTo: a@xn--bcher-kva.example\n" in out
    assert "Reply-To: =?utf-8?B?w5w=?= <c@xn--bcher-kva.example>\n" in out
