"""Advice: every reply and every failure says what it means and what to do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail import errors
from pymail.outcome import codes, failures, provider_replies
from pymail.outcome.advice import Advice
from pymail.outcome.explain import explain, explain_failure, split_host
from pymail.outcome.provider_reply import LOGIN_REFUSED
from pymail.outcome.reply import Reply
from pymail.settings.variables import BY_NAME


def _reply(line: str) -> Reply:
    return Reply.from_octets(int(line[:3]), [line[4:].encode()])


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


@given(
    st.integers(100, 999), st.text(max_size=60), st.sampled_from(["", "smtp.qq.com"])
)
def test_every_refusal_has_a_meaning_and_a_step(
    code: int, text: str, host: str
) -> None:
    advice = explain(Reply(code, (text,)), host=host)
    assert advice.meaning
    assert advice.next_step or code < 400


@given(
    st.integers(400, 599), st.text(max_size=60), st.sampled_from(["", "smtp.gmail.com"])
)
def test_every_refusal_is_explained_in_chinese_too(
    code: int, text: str, host: str
) -> None:
    for login in (errors.AuthenticationError("refused"), None):
        advice = explain(Reply(code, (text,)), host=host, language="zh", login=login)
        assert all(re.search(r"[\u4e00-\u9fff]", part) for part in advice)


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
            errors.ConnectError(
                "192.0.2.1 timed out; 2001:db8::1 network is unreachable"
            ),
            "smtp.163.com:25",
            "port 25 is blocked on most clouds",
            "smtps://smtp.163.com:465",
            id="port-25-and-no-ipv6",
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
            errors.ConnectError("192.0.2.1 network is unreachable"),
            "smtp.example.com:587",
            "no way",
            "ping smtp.example.com",
            id="unreachable",
        ),
        pytest.param(
            errors.ConnectError(
                "2001:db8::1 network is unreachable; 2001:db8::2 network is unreachable",
                doing="connecting to smtp.example.com:25",
            ),
            "smtp.example.com:25",
            "only IPv6",
            "IPv4",
            id="ipv6-alone",
        ),
        pytest.param(
            errors.ConnectError("::1 cannot assign requested address"),
            "[::1]:587",
            "only IPv6",
            "IPv4",
            id="ipv6-switched-off",
        ),
        pytest.param(
            errors.ConnectError("2001:db8::1 connection refused"),
            "smtp.example.com:587",
            "nothing listens",
            "check host and port",
            id="ipv6-refused",
        ),
        pytest.param(
            errors.ConnectError("192.0.2.1 operation not permitted"),
            "smtp.example.com:587",
            "this machine itself",
            "firewall",
            id="forbidden-here",
        ),
        pytest.param(
            errors.TimedOutError("timed out", doing="sending to smtp.example.com:25"),
            "smtp.example.com:25",
            "in time",
            "later",
            id="timeout-behind-the-connection",
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
            "possible duplicate",
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
            "pymail --login",
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
    rows += LOGIN_REFUSED.values()
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
