"""Other ways to a real Postfix: again from dead.letter, sendmail, a large crowd."""

from typing import Any

import pytest

pytestmark = pytest.mark.postfix

CHINESE = "磁盘已满\n"


def test_a_message_from_dead_letter_goes_to_those_who_did_not_get_it(
    postfix: Any, command: Any, address: Any
) -> None:
    lin, mei = address("lin"), address("mei")
    (command.path / "报告.bin").write_bytes(bytes(range(256)))
    words = ("-s", "再来", "-a", "报告.bin", "-c", mei, lin)
    ended = command(*words, rc="set smtp=localhost:1\n", stdin=CHINESE.encode())
    assert ended.status == 75, ended.err
    ended = command("-t", rc=postfix.plain, stdin=command.dead.encode())
    assert (ended.status, ended.err) == (0, "")
    for whom in (lin, mei):
        mail = postfix.mail(whom)
        assert (mail["Subject"], mail["To"], mail["Cc"]) == ("再来", lin, mei)
        text, attachment = mail.iter_parts()
        assert text.get_content().replace("\r\n", "\n") == CHINESE
        assert attachment.get_filename() == "报告.bin"
        assert attachment.get_payload(decode=True) == bytes(range(256))


def test_a_message_goes_through_the_local_program(
    postfix: Any, command: Any, address: Any
) -> None:
    lin, mei = address("lin"), address("mei")
    rc = f"{postfix.program}set from=me@example.org\n"
    text = b".\nFrom me\n" + CHINESE.encode()
    ended = command("-s", "local", "-b", mei, lin, rc=rc, stdin=text)
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    for whom in (lin, mei):
        mail = postfix.mail(whom)
        assert (mail["Subject"], mail["Bcc"]) == ("local", None)
        octets = mail.get_payload(decode=True)
        assert octets.replace(b"\r\n", b"\n") == text


def test_sendmail_takes_a_whole_message(
    postfix: Any, command: Any, address: Any
) -> None:
    lin, mei = address("lin"), address("mei")
    message = (
        f"From: Cron <cron@example.org>\nTo: {lin}\nBcc: {mei}\n"
        f"Subject: Cron\nX-Cron-Env: <SHELL=/bin/sh>\n\n.\n{CHINESE}"
    )
    ended = command(
        "-t",
        "-i",
        rc=postfix.starttls,
        stdin=message.encode(),
        program="pymail-sendmail",
    )
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    for whom in (lin, mei):
        mail = postfix.mail(whom)
        assert mail["From"] == "Cron <cron@example.org>"
        assert (mail["X-Cron-Env"], mail["Bcc"]) == ("<SHELL=/bin/sh>", None)
        octets = mail.get_payload(decode=True)
        assert octets.replace(b"\r\n", b"\n") == f".\n{CHINESE}".encode()


def test_a_crowd_over_the_recipient_limit_gets_one_message_each(
    postfix: Any, command: Any
) -> None:
    """Postfix takes 100 at once and says 452 to the others."""
    crowd = [f"crowd-{number:03}@example.com" for number in range(300)]
    mark = len(postfix.log)
    ended = command(*crowd, rc=postfix.plain)
    assert (ended.status, ended.err) == (0, "")
    assert postfix.crowd(len(crowd)) == crowd
    (summary,) = postfix.logged("disconnect from .*", since=mark)
    assert " mail=3 rcpt=500 data=3 quit=1 " in summary
