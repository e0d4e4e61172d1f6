"""The session with a real Postfix: TLS, login, refusals, limits."""

import hashlib
import re
import ssl
from typing import Any

import pytest

pytestmark = pytest.mark.postfix

LOGIN = 'set user=lin password="three words 密码"\n'
WRONG = "set user=lin password=wrong-password\n"


def test_a_message_arrives_without_tls(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address()
    ended = command("-s", "你好", whom, rc=postfix.plain)
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    mail = postfix.mail(whom)
    assert mail["Subject"] == "你好"
    assert mail["From"] == "me@example.org"
    assert mail["Return-Path"] == "<me@example.org>"
    assert mail.get_content() == "hello\n"


def test_starttls_is_used_when_required(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address()
    ended = command("-v", whom, rc=postfix.starttls)
    assert ended.status == 0, ended.err
    assert "ESMTPS" in postfix.mail(whom)["Received"]


def test_offered_starttls_is_used_by_itself(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address()
    ended = command(whom, rc=postfix.offering)
    assert (ended.status, ended.err) == (0, "")
    assert "ESMTPS" in postfix.mail(whom)["Received"]


def test_required_tls_that_is_not_offered_sends_nothing(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address()
    ended = command(whom, rc=f"{postfix.plain}set smtp-use-starttls\n")
    assert ended.status == 76, ended.err
    assert whom in command.dead
    assert whom not in postfix.log


def test_nothing_is_sent_to_a_server_with_an_untrusted_certificate(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address()
    rc = f"{postfix.starttls}unset ssl-ca-file\n"
    ended = command(whom, rc=rc)
    assert ended.status == 76, ended.err
    assert "certificate" in ended.err
    assert whom in command.dead
    assert whom not in postfix.log


@pytest.mark.parametrize("tls", ["starttls", "offering", "implicit"])
def test_a_certificate_that_is_named_needs_no_authority(
    postfix: Any, command: Any, address: Any, tls: str
) -> None:
    whom, pem = address(), (postfix.directory / "server.pem").read_text()
    der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERT") :].split("\n\n")[0])
    rc = f"{getattr(postfix, tls)}{LOGIN}unset ssl-ca-file\nset tls-fingerprint="
    begin = len(postfix.log)
    ended = command(whom, rc=f"{rc}{hashlib.sha256(der).hexdigest()}\n")
    assert (ended.status, ended.err) == (0, "")
    assert "ESMTPSA" in postfix.mail(whom)["Received"]
    assert postfix.logged(r"disconnect from .* auth=1", since=begin)
    other, mark = address(), len(postfix.log)
    ended = command(other, rc=f"{rc}{hashlib.sha256(b'other').hexdigest()}\n")
    assert ended.status == 76
    assert hashlib.sha256(der).digest().hex(":").upper() in ended.err
    assert postfix.logged(r"disconnect from .*", since=mark)
    assert "auth=" not in postfix.log[mark:]
    assert other not in postfix.log[mark:]


SCRAM = ["scram-sha-1", "scram-sha-256", "scram-sha-512"]
MECHANISMS = ["login", "plain", "cram-md5", *SCRAM]


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_login_is_taken(
    postfix: Any, command: Any, address: Any, mechanism: str, tls: str
) -> None:
    whom = address()
    rc = f"{getattr(postfix, tls)}{LOGIN}set smtp-auth={mechanism}\n"
    ended = command(whom, rc=rc)
    assert (ended.status, ended.err) == (0, "")
    assert "ESMTPSA" in postfix.mail(whom)["Received"]
    login = f"sasl_method={mechanism.upper()}, sasl_username=lin"
    assert postfix.logged(f"{postfix.queue_id(whom)}: client=.*, {login}")


def test_the_strongest_login_is_taken_by_itself(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address()
    ended = command("--debug", whom, rc=f"{postfix.starttls}{LOGIN}")
    assert ended.status == 0, ended.err
    assert "AUTH SCRAM-SHA-512 «secret»" in ended.err
    assert "three words" not in ended.err
    assert postfix.logged(f"{postfix.queue_id(whom)}: .*, sasl_method=SCRAM-SHA-512")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_tried_once_and_the_message_is_kept(
    postfix: Any, command: Any, address: Any, mechanism: str
) -> None:
    whom, mark = address(), len(postfix.log)
    rc = f"{postfix.starttls}{WRONG}set smtp-auth={mechanism}\n"
    ended = command(whom, rc=rc)
    assert ended.status == 77, ended.err
    assert "535 5.7.8 Error: authentication failed" in ended.err
    assert "wrong-password" not in ended.err
    assert postfix.logged(r" auth=\S+", since=mark) == [" auth=0/1"]
    assert whom in command.dead
    assert "\nhello\n" in command.dead


def test_a_refused_recipient_does_not_stop_the_others(
    postfix: Any, command: Any, address: Any
) -> None:
    lin, unknown, mei = address("lin"), address("unknown"), address("mei")
    ended = command("-s", "three", lin, unknown, mei, rc=postfix.plain)
    assert ended.status == 69, ended.err
    assert unknown in ended.err
    assert "550 5.1.1" in ended.err
    for whom in (lin, mei):
        assert postfix.mail(whom)["Subject"] == "three"
    assert f"\nX-Envelope-To: {unknown}\n" in command.dead


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("later", "450 4.7.1", id="greylisted"),
        pytest.param("full", "452 4.2.2", id="mailbox-full"),
    ],
)
def test_a_recipient_who_is_put_off_can_be_tried_again(
    postfix: Any, command: Any, address: Any, name: str, words: str
) -> None:
    lin, later = address("lin"), address(name)
    ended = command(lin, later, rc=postfix.plain)
    assert ended.status == 75, ended.err
    assert words in ended.err
    assert f"\nX-Envelope-To: {later}\n" in command.dead
    assert postfix.mail(lin)


def test_a_message_over_the_size_limit_is_not_even_begun(
    postfix: Any, command: Any, address: Any
) -> None:
    whom, mark, text = address(), len(postfix.log), b"0123456789\n" * 30_000
    ended = command(whom, rc=postfix.plain, stdin=text)
    assert ended.status == 65, ended.err
    assert "300000" in ended.err
    (summary,) = postfix.logged("disconnect from .*", since=mark)
    assert "mail=" not in summary
    assert text.decode() in command.dead


def test_a_size_limit_that_was_not_seen_refuses_the_content(
    postfix: Any, command: Any, address: Any
) -> None:
    whom, text = address(), b"0123456789\n" * 30_000
    rc = f"{postfix.plain}set smtp-config=-size\n"
    ended = command(whom, rc=rc, stdin=text)
    assert ended.status == 69, ended.err
    assert "552 5.3.4" in ended.err
    assert text.decode() in command.dead


def test_the_queue_id_is_the_one_that_postfix_logs(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address()
    ended = command("-v", whom, rc=postfix.plain)
    assert f"queued as {postfix.queue_id(whom)}" in ended.err
    assert postfix.logged(f"{postfix.queue_id(whom)}: to=<{re.escape(whom)}>.*sent")


def test_blind_copies_arrive_unseen(postfix: Any, command: Any, address: Any) -> None:
    lin, mei, wu = address("lin"), address("mei"), address("wu")
    ended = command("-c", mei, "-b", wu, lin, rc=postfix.plain)
    assert (ended.status, ended.err) == (0, "")
    for whom in (lin, mei, wu):
        mail = postfix.mail(whom)
        assert (mail["To"], mail["Cc"], mail["Bcc"]) == (lin, mei, None)
    assert wu not in postfix.mail(lin).as_string()


def test_a_mailbox_with_a_chinese_name_gets_a_message(
    postfix: Any, command: Any, address: Any
) -> None:
    whom = address("林")
    ended = command(whom, rc=postfix.plain)
    assert (ended.status, ended.err) == (0, "")
    assert "UTF8SMTP" in postfix.mail(whom)["Received"]
