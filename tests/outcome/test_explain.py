"""Advice: every reply and every failure says what it means and what to do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail import errors
from pymail.outcome import codes, failures, provider_replies
from pymail.outcome.advice import Advice
from pymail.outcome.explain import explain, explain_failure, split_host
from pymail.outcome.reply import Reply
from pymail.settings.variables import BY_NAME


def _reply(line: str) -> Reply:
    return Reply.from_octets(int(line[:3]), [line[4:].encode()])


@pytest.mark.parametrize(
    ("host", "line", "meaning", "step"),
    [
        pytest.param(
            "smtp.163.com",
            "535 Error: authentication failed",
            "authorization code",
            "webmail",
            id="netease-login",
        ),
        pytest.param(
            "smtp.126.com:465",
            "550 User has no permission",
            "not switched on",
            "authorization code",
            id="netease-permission",
        ),
        pytest.param(
            "smtp.yeah.net",
            "553 Mail from must equal authorized user",
            "not the account",
            "set from=",
            id="netease-from",
        ),
        pytest.param(
            "smtp.163.com",
            "554 DT:SPM 163 smtp8",
            "spam",
            "subject",
            id="netease-spam",
        ),
        pytest.param(
            "smtp.163.com", "554 DT:SUM 163", "differ", "set from=", id="netease-sum"
        ),
        pytest.param(
            "smtp.163.com",
            "554 IP is rejected, smtp auth error limit exceed",
            "failed logins",
            "30 minutes",
            id="netease-logins",
        ),
        pytest.param(
            "smtp.163.com", "554 HL:IHU 163", "address", "hours", id="netease-ip"
        ),
        pytest.param(
            "smtp.163.com", "554 MI:STC 163", "limit", "tomorrow", id="netease-limit"
        ),
        pytest.param(
            "smtp.163.com",
            "553 authentication is required",
            "login",
            "smtp-auth-user",
            id="netease-no-login",
        ),
        pytest.param(
            "smtp.163.com",
            "552 Requested mail action aborted: exceeded mailsize limit",
            "larger",
            "link",
            id="netease-size",
        ),
        pytest.param(
            "smtp.exmail.qq.com",
            "535 Login Fail. Please enter your authorization code to login.",
            "authorization code",
            "QQ password",
            id="qq-login",
        ),
        pytest.param(
            "smtp.qq.com:465",
            "535 Error: 登录失败 http://service.mail.qq.com/x?no=1001256",
            "authorization code",
            "QQ password",
            id="qq-chinese",
        ),
        pytest.param(
            "smtp.qq.com", "535 no", "authorization code", "webmail", id="qq-other"
        ),
        pytest.param(
            "smtp.qq.com",
            "501 mail from address must be same as authorization user",
            "not the account",
            "set from=",
            id="qq-from",
        ),
        pytest.param(
            "smtp.qq.com",
            "503 Error: need EHLO and AUTH first !",
            "login",
            "smtp-auth-user",
            id="qq-no-login",
        ),
        pytest.param(
            "smtp.qiye.aliyun.com",
            "526 Authentication failure[0]",
            "login failed",
            "full address",
            id="aliyun-login",
        ),
        pytest.param(
            "smtp.qiye.aliyun.com",
            "440 mail from account doesn't conform with authentication (Auth Account:a)",
            "not the account",
            "set from=",
            id="aliyun-from",
        ),
        pytest.param(
            "smtpdm.aliyun.com",
            "554 Reject by behaviour spam at Rcpt State",
            "too much",
            "less often",
            id="aliyun-spam",
        ),
        pytest.param(
            "smtp.gmail.com",
            "534 5.7.9 Application-specific password required.",
            "app password",
            "apppasswords",
            id="google-app-password",
        ),
        pytest.param(
            "smtp.gmail.com",
            "535 5.7.8 Username and Password not accepted.",
            "app password",
            "apppasswords",
            id="google-login",
        ),
        pytest.param(
            "smtp.gmail.com",
            "530 5.7.0 Must issue a STARTTLS command first",
            "TLS",
            "smtp-use-starttls",
            id="google-tls",
        ),
        pytest.param(
            "smtp.gmail.com",
            "501 5.5.4 HELO/EHLO argument invalid",
            "hello",
            "set hostname",
            id="google-hello",
        ),
        pytest.param(
            "smtp.gmail.com",
            "550 5.4.5 Daily user sending limit exceeded.",
            "in a day",
            "tomorrow",
            id="google-limit",
        ),
        pytest.param(
            "smtp.office365.com",
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
            "disabled for the Tenant.",
            "switched",
            "xoauth2",
            id="microsoft-tenant",
        ),
        pytest.param(
            "smtp.office365.com",
            "550 5.7.30 Basic authentication is not supported for Client Submission",
            "no passwords",
            "xoauth2",
            id="microsoft-basic",
        ),
        pytest.param(
            "mail.example.com",
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            "not the account",
            "set from=",
            id="exchange-send-as",
        ),
        pytest.param(
            "mail.example.com",
            "535 5.7.3 Authentication unsuccessful",
            "Exchange",
            "xoauth2",
            id="exchange-login",
        ),
        pytest.param(
            "smtp-mail.outlook.com", "535 no", "Microsoft", "xoauth2", id="outlook"
        ),
        pytest.param(
            "smtp.zoho.eu",
            "553 Relaying disallowed as a@example.com",
            "not the account",
            "set from=",
            id="zoho-from",
        ),
        pytest.param(
            "smtp.zeptomail.com",
            "552 5.2.1 Subject is Mandatory",
            "subject",
            "-s",
            id="zoho-subject",
        ),
        pytest.param(
            "smtp.fastmail.com",
            "504 5.5.2 <root>: Sender address rejected: need fully-qualified address",
            "no domain",
            "from=",
            id="bare-sender",
        ),
        pytest.param(
            "smtp.mail.yahoo.com", "535 no", "app password", "security", id="yahoo"
        ),
        pytest.param("mail.gmx.net", "535 no", "POP3", "webmail", id="gmx"),
        pytest.param(
            "smtp.mail.ru",
            "550 5.7.0 Sender address rejected: not owned by authorized user",
            "not the account",
            "set from=",
            id="mail-ru",
        ),
        pytest.param(
            "smtp.example.com",
            "530 5.7.1 You are not authorized to send mail as <a@example.com>",
            "not the account",
            "set from=",
            id="send-as",
        ),
        pytest.param(
            "smtp.sendgrid.net",
            "550 The from address does not match a verified Sender Identity",
            "SendGrid",
            "verify",
            id="sendgrid-from",
        ),
        pytest.param(
            "smtp.sendgrid.net", "535 no", "key", "apikey", id="sendgrid-login"
        ),
        pytest.param(
            "email-smtp.eu-west-1.amazonaws.com",
            "554 Message rejected: Email address is not verified.",
            "verified",
            "console",
            id="amazon-from",
        ),
        pytest.param(
            "email-smtp.eu-west-1.amazonaws.com",
            "535 Authentication Credentials Invalid",
            "SMTP user",
            "console",
            id="amazon-login",
        ),
        pytest.param(
            "mx.example.com",
            "450 4.7.1 Greylisted, try again",
            "second try",
            "ten minutes",
            id="greylisting",
        ),
        pytest.param(
            "mx.example.com",
            "554 5.7.1 Relay access denied",
            "stranger",
            "smtp-auth-user",
            id="relay",
        ),
        pytest.param(
            "mx.example.com",
            "553 Sender must match the login",
            "not the account",
            "set from=",
            id="sender-in-other-words",
        ),
    ],
)
def test_providers_words_are_understood(
    host: str, line: str, meaning: str, step: str
) -> None:
    advice = explain(_reply(line), host=host)
    assert meaning in advice.meaning
    assert step in advice.next_step


@pytest.mark.parametrize(
    ("line", "meaning", "step"),
    [
        pytest.param("550 5.1.1 x", "no such mailbox", "address", id="enhanced"),
        pytest.param("450 4.2.1 x", "disabled", "postmaster", id="enhanced-transient"),
        pytest.param("450 x", "not available now", "some minutes", id="code"),
        pytest.param("421 x", "closes", "try again later", id="step-of-the-class"),
        pytest.param("552 5.3.0 x", "too large", "link", id="vague-enhanced-code"),
        pytest.param("599 5.2.0 x", "mailbox", "postmaster", id="subject"),
        pytest.param("599 5.2.77 x", "mailbox", "postmaster", id="unlisted-detail"),
        pytest.param("599 5.0.0 x", "for good", "change", id="no-subject"),
        pytest.param("599 5.9.9 x", "for good", "change", id="unlisted-subject"),
        pytest.param("499 x", "cannot take it now", "later", id="class"),
        pytest.param("250 x", "agreed", "", id="positive"),
        pytest.param("999 x", "no reply of a mail server", "host", id="nonsense"),
    ],
)
def test_codes_speak_where_no_provider_does(line: str, meaning: str, step: str) -> None:
    advice = explain(_reply(line))
    assert meaning in advice.meaning
    assert step in advice.next_step


def test_words_of_one_provider_mean_nothing_at_another() -> None:
    reply = _reply("535 Error: authentication failed")
    assert "authorization code" not in explain(reply, host="smtp.example.com").meaning
    assert "authorization code" not in explain(reply, host="not163.com").meaning


@given(
    st.integers(100, 999), st.text(max_size=60), st.sampled_from(["", "smtp.qq.com"])
)
def test_every_refusal_has_a_meaning_and_a_step(
    code: int, text: str, host: str
) -> None:
    advice = explain(Reply(code, (text,)), host=host)
    assert advice.meaning
    assert advice.next_step or code < 400


def test_endless_words_are_searched_only_where_people_see_them() -> None:
    hostile = Reply(553, ("from same " * 100_000,))
    assert explain(hostile, host="smtp.example.com").meaning


_NAME = "name or service not known"
_OFFERED = "the server does not offer STARTTLS"


@pytest.mark.parametrize(
    ("failure", "host", "meaning", "step"),
    [
        pytest.param(
            errors.HostUnknownError(_NAME),
            "smtp.exmaple.com:25",
            "no server has that name",
            "host smtp.exmaple.com",
            id="name",
        ),
        pytest.param(
            errors.ConnectError("temporary failure in name resolution"),
            "smtp.example.com",
            "name service",
            "resolv.conf",
            id="name-service",
        ),
        pytest.param(
            errors.TimedOutError("timed out", doing="connecting to smtp.163.com:25"),
            "smtp.163.com",
            "port 25 is blocked on most clouds",
            "smtps://smtp.163.com:465",
            id="port-25-blocked",
        ),
        pytest.param(
            errors.ConnectError("connection timed out"),
            "smtp.163.com:25",
            "port 25 is blocked",
            "smtps://smtp.163.com:465",
            id="port-25-by-peer",
        ),
        pytest.param(
            errors.ConnectError("connection refused"),
            "smtp.163.com:25",
            "port 25",
            "smtps://smtp.163.com:465",
            id="port-25-refused",
        ),
        pytest.param(
            errors.ConnectError("connection refused"),
            "localhost:2525",
            "nothing listens",
            "check host and port",
            id="refused",
        ),
        pytest.param(
            errors.ConnectError("network is unreachable"),
            "[::1]:587",
            "no way",
            "IPv6",
            id="unreachable",
        ),
        pytest.param(
            errors.ConnectError("timed out"),
            "smtp.example.com:587",
            "firewall",
            "465 and 587",
            id="connect-timeout",
        ),
        pytest.param(
            errors.ConnectError("odd"), "", "no connection", "`smtp`", id="connect"
        ),
        pytest.param(
            errors.TlsError("[SSL: WRONG_VERSION_NUMBER] wrong version number"),
            "smtp.example.com:587",
            "does not begin with TLS",
            "smtp-use-starttls",
            id="tls-on-a-plain-port",
        ),
        pytest.param(
            errors.TimedOutError("no answer", doing="waiting for the greeting"),
            "smtp.example.com:2465",
            "does not greet",
            "smtps://smtp.example.com:465",
            id="plain-on-a-tls-port",
        ),
        pytest.param(
            errors.ProtocolError("not a reply: \\x15\\x03\\x03"),
            "smtp.example.com:994",
            "speaks TLS from the first octet",
            "smtps://smtp.example.com:465",
            id="tls-alert-as-a-reply",
        ),
        pytest.param(
            errors.TlsError("certificate verify failed: certificate has expired"),
            "smtp.example.com:465",
            "expired",
            "clock",
            id="expired",
        ),
        pytest.param(
            errors.TlsError("the server's certificate is not trusted: it is revoked"),
            "smtp.example.com",
            "taken back",
            "ssl-crl-file",
            id="revoked",
        ),
        pytest.param(
            errors.TlsError("certificate is not yet valid"),
            "smtp.example.com",
            "not valid yet",
            "clock",
            id="not-yet-valid",
        ),
        pytest.param(
            errors.TlsError("certificate verify failed: self-signed certificate"),
            "smtp.example.com",
            "signed by nobody",
            "ssl-ca-file",
            id="self-signed",
        ),
        pytest.param(
            errors.TlsError("Hostname mismatch, certificate is not valid for 'x'"),
            "smtp.example.com",
            "another name",
            "server name",
            id="other-name",
        ),
        pytest.param(
            errors.TlsError("unable to get local issuer certificate"),
            "smtp.example.com",
            "authority",
            "ca-certificates",
            id="unknown-authority",
        ),
        pytest.param(
            errors.TlsError("sslv3 alert handshake failure"),
            "smtp.example.com",
            "in common",
            "tls-config-pairs",
            id="old-tls",
        ),
        pytest.param(
            errors.TlsError(_OFFERED),
            "smtp.example.com:25",
            "offers none",
            "smtps://smtp.example.com:465",
            id="tls-absent",
        ),
        pytest.param(
            errors.TlsError("odd"), "", "encrypted", "--debug", id="tls-otherwise"
        ),
        pytest.param(
            errors.FateUnknownError("closed"),
            "smtp.example.com",
            "did not say whether",
            "twice",
            id="unknown-fate",
        ),
        pytest.param(
            errors.TimedOutError("no answer"),
            "smtp.example.com:587",
            "in time",
            "later",
            id="timeout",
        ),
        pytest.param(
            errors.ConnectionLostError("closed"),
            "smtp.example.com:587",
            "before the message was complete",
            "later",
            id="lost",
        ),
        pytest.param(
            errors.AuthenticationError("no password for me@163.com"),
            "smtp.163.com",
            "no password",
            "smtp-auth-password",
            id="no-password",
        ),
        pytest.param(
            errors.AuthenticationError("will not log in without TLS"),
            "smtp.example.com",
            "others can read",
            "smtps://smtp.example.com",
            id="no-clear-password",
        ),
        pytest.param(
            errors.AuthenticationError("odd"),
            "",
            "login failed",
            "smtp-auth-user",
            id="login",
        ),
        pytest.param(
            errors.MessageTooLargeError("x"), "", "size", "link", id="too-large"
        ),
        pytest.param(
            errors.NoRecipientsError("no recipients"), "", "", "-t", id="nobody"
        ),
        pytest.param(
            errors.ProtocolError("x"), "", "no mail server", "port", id="nonsense"
        ),
        pytest.param(
            errors.CannotKeepError("no space left on device"),
            "",
            "full",
            "DEAD",
            id="disk-full",
        ),
        pytest.param(errors.TransientError("x"), "", "", "later", id="transient"),
        pytest.param(errors.SettingsError("x"), "", "", "", id="nothing-to-add"),
        pytest.param(
            errors.RefusedError("x", reply=Reply(521)),
            "smtp.example.com",
            "takes no mail",
            "`smtp`",
            id="by-reply",
        ),
        pytest.param(
            errors.AuthenticationError("x", advice="set it so"),
            "",
            "login failed",
            "set it so",
            id="own-advice",
        ),
    ],
)
def test_failures_are_understood(
    failure: errors.PymailError, host: str, meaning: str, step: str
) -> None:
    advice = explain_failure(failure, host)
    assert meaning in advice.meaning
    assert step in advice.next_step


def test_the_foreign_cause_is_read_too() -> None:
    failure = errors.TlsError("no TLS with smtp.example.com")
    failure.__cause__ = OSError("certificate has expired")
    assert "expired" in explain_failure(failure).meaning


@pytest.mark.parametrize(
    ("peer", "parts"),
    [
        pytest.param("smtp.example.com", ("smtp.example.com", None), id="name"),
        pytest.param("smtp.example.com:25", ("smtp.example.com", 25), id="port"),
        pytest.param("[::1]:25", ("::1", 25), id="literal-with-port"),
        pytest.param("[::1]", ("::1", None), id="literal"),
        pytest.param("::1", ("::1", None), id="bare-literal"),
        pytest.param("/usr/sbin/sendmail", ("/usr/sbin/sendmail", None), id="program"),
        pytest.param("", ("", None), id="nothing"),
    ],
)
def test_peer_is_split(peer: str, parts: tuple[str, int | None]) -> None:
    assert split_host(peer) == parts


def _advices() -> list[Advice]:
    tables = (codes.ENHANCED, codes.CODES, codes.CLASSES)
    rows = [advice for table in tables for advice in table.values()]
    rows += [row.advice for row in provider_replies.ROWS]
    return rows + [row.advice for row in failures.ROWS]


def test_every_variable_that_advice_names_exists() -> None:
    text = " ".join(part for advice in _advices() for part in advice)
    named = set(re.findall(r"\b(?:smtp|ssl|tls)-[a-z]+(?:-[a-z]+)*", text))
    assert named <= set(BY_NAME)


def test_advice_reads_as_one_line_each() -> None:
    for part in (part for advice in _advices() for part in advice):
        assert part.isprintable()
        assert not part.endswith(".")
        assert len(part) < 200


def test_every_enhanced_code_of_rfc_3463_is_explained() -> None:
    last_detail = {1: 8, 2: 4, 3: 5, 4: 7, 5: 5, 6: 5, 7: 7}
    wanted = {(s, d) for s, last in last_detail.items() for d in range(last + 1)}
    assert wanted <= set(codes.ENHANCED)


def test_every_common_code_is_explained() -> None:
    common = "421 450 451 452 454 500 501 502 503 504 521 530 535 550 551 552 553 554"
    assert set(map(int, common.split())) <= set(codes.CODES)
