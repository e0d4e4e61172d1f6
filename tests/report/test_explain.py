"""Advice: every reply and every failure says what it means and what to do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail import errors
from pymail.model import replace
from pymail.reply import Reply
from pymail.report import explain as explanations
from pymail.report import reply_kinds, status_codes
from pymail.report.explain import explain, explain_failure, split_host
from pymail.report.status_codes import Advice
from pymail.settings.variables import BY_NAME


def _reply(line: str) -> Reply:
    return Reply.from_octets(int(line[:3]), [line[4:].encode()])


@pytest.mark.parametrize(
    ("line", "meaning", "step"),
    [
        pytest.param("550 5.1.1 x", "no such mailbox", "address", id="enhanced"),
        pytest.param("450 4.2.1 x", "disabled", "another way", id="enhanced-transient"),
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
def test_codes_explain_replies_of_unknown_servers(
    line: str, meaning: str, step: str
) -> None:
    advice = explain(_reply(line))
    assert meaning in advice.meaning
    assert step in advice.next_step


RCPT, DATA = "RCPT TO:<ops@example.com>", "DATA"
MAIL, AUTH = "MAIL FROM:<me@example.com> SIZE=22", "AUTH"


@pytest.mark.parametrize(
    ("step", "line", "meaning", "next_step"),
    [
        ("greeting", "550 5.1.1 no", "no mail from this machine", "`smtp`"),
        ("greeting", "450 4.2.1 not now", "no session from here", "later"),
        ("LHLO x", "554 no", "says EHLO with", "hostname"),
        ("EHLO x", "421 no", "not available now", "later"),
        (AUTH, "550 no", "does not take the login", "smtp-auth-user"),
        (AUTH, "451 4.7.0 no", "gave up for now", "later"),
        (AUTH, "454 4.7.0 no", "TLS, or the login", "later"),
        (MAIL, "550 5.1.1 no", "does not take the sender", "`from`"),
        (MAIL, "450 4.2.0 no", "the sender now", "later"),
        (MAIL, "553 5.1.8 no such domain", "domain of the sender's", "`from`"),
        (MAIL, "552 5.3.4 too big", "larger", "link"),
        (RCPT, "550 no", "no such mailbox", "recipient"),
        (RCPT, "556 no", "null MX", "recipient"),
        (RCPT, "454 no", "cannot take it now", "later"),
        (RCPT, "535 no", "for good", "complains"),
        (DATA, "550 no", "does not take the message", "subject, text"),
        (DATA, "454 no", "the message now", "later"),
        (DATA, "552 5.3.4 too big", "larger", "link"),
    ],
)
def test_code_is_explained_by_the_command_that_it_answers(
    step: str, line: str, meaning: str, next_step: str
) -> None:
    advice = explain(replace(_reply(line), answers=step))
    assert meaning in advice.meaning
    assert next_step in advice.next_step


@given(
    st.sampled_from(["greeting", "EHLO x", AUTH, MAIL, RCPT, DATA]),
    st.integers(400, 599),
    st.tuples(st.integers(0, 8), st.integers(0, 31)),
)
def test_advice_names_no_address_that_the_server_has_not_heard(
    step: str, code: int, detail: tuple[int, int]
) -> None:
    reply = Reply(code, ("no",), (code // 100, *detail), answers=step)
    advice = explain(reply)
    assert advice.meaning
    assert advice.next_step
    if step in {"greeting", "EHLO x", AUTH, MAIL}:
        assert "recipient's address" not in advice.next_step
        assert "no such mailbox" not in advice.meaning
    if step in {"greeting", "EHLO x"}:
        assert "`from`" not in advice.next_step
        assert "subject" not in advice.next_step


def test_positive_reply_explains_no_failure() -> None:
    """What a server says too early is no reason."""
    error = errors.ProtocolError("it spoke too early", reply=Reply(220, ("two",)))
    assert "no mail server, or a broken one" in explain_failure(error).meaning


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
        assert all(re.search(r"[\u4e00-\u9fff]", part) for part in advice[:2])


def test_long_reply_is_searched_only_as_far_as_it_is_shown() -> None:
    hostile = Reply(553, ("from same " * 100_000,))
    assert explain(hostile, host="smtp.example.com").meaning


_NAME = "name or service not known"
_OFFERED = "the server does not offer STARTTLS"


# fmt: off
FAILURES = {
    "name": (errors.HostUnknownError(_NAME), "smtp.exmaple.com:25", "no server has that name", "getent hosts smtp.exmaple.com"),
    "name-service": (errors.ConnectError("temporary failure in name resolution"), "smtp.example.com", "name service", "resolv.conf"),
    "port-25-and-no-ipv6": (errors.ConnectError("192.0.2.1 timed out; 2001:db8::1 network is unreachable"), "smtp.163.com:25", "port 25 is blocked on most clouds", "smtps://smtp.163.com:465"),
    "port-25-by-peer": (errors.ConnectError("connection timed out"), "smtp.163.com:25", "port 25 is blocked", "smtps://smtp.163.com:465"),
    "port-25-refused": (errors.ConnectError("connection refused"), "smtp.163.com:25", "port 25", "smtps://smtp.163.com:465"),
    "refused": (errors.ConnectError("connection refused"), "localhost:2525", "nothing listens", "check host and port"),
    "unreachable": (errors.ConnectError("192.0.2.1 network is unreachable"), "smtp.example.com:587", "no way", "ping smtp.example.com"),
    "ipv6-alone": (errors.ConnectError("2001:db8::1 network is unreachable; 2001:db8::2 network is unreachable", doing="connecting to smtp.example.com:25"), "smtp.example.com:25", "only IPv6", "IPv4"),
    "ipv6-switched-off": (errors.ConnectError("::1 cannot assign requested address"), "[::1]:587", "only IPv6", "IPv4"),
    "ipv6-refused": (errors.ConnectError("2001:db8::1 connection refused"), "smtp.example.com:587", "nothing listens", "check host and port"),
    "forbidden-here": (errors.ConnectError("192.0.2.1 operation not permitted"), "smtp.example.com:587", "this machine itself", "firewall"),
    "timeout-behind-the-connection": (errors.TimedOutError("timed out", doing="sending to smtp.example.com:25"), "smtp.example.com:25", "in time", "later"),
    "connect-timeout": (errors.ConnectError("timed out"), "smtp.example.com:587", "firewall", "465 and 587"),
    "connect": (errors.ConnectError("odd"), "", "no connection", "`smtp`"),
    "tls-on-a-plain-port": (errors.TlsError("[SSL: WRONG_VERSION_NUMBER] wrong version number"), "smtp.example.com:587", "does not begin with TLS", "smtp-use-starttls"),
    "plain-on-a-tls-port": (errors.TimedOutError("no answer", doing="waiting for the greeting"), "smtp.example.com:2465", "does not greet", "smtps://smtp.example.com:2465"),
    "tls-alert-as-a-reply": (errors.ProtocolError("not a reply: \\x15\\x03\\x03"), "smtp.example.com:994", "speaks TLS from the first octet", "smtps://smtp.example.com:994"),
    "expired": (errors.TlsError("certificate verify failed: certificate has expired"), "smtp.example.com:465", "expired", "clock"),
    "revoked": (errors.TlsError("the server's certificate is not trusted: it is revoked"), "smtp.example.com", "taken back", "ssl-crl-file"),
    "not-yet-valid": (errors.TlsError("certificate is not yet valid"), "smtp.example.com", "not valid yet", "clock"),
    "self-signed": (errors.TlsError("certificate verify failed: self-signed certificate"), "smtp.example.com", "trusts none of those", "ssl-ca-file"),
    "other-name": (errors.TlsError("Hostname mismatch, certificate is not valid for 'x'"), "smtp.example.com", "another name", "server name"),
    "unknown-authority": (errors.TlsError("unable to get local issuer certificate"), "smtp.example.com", "authority", "ca-certificates"),
    "socket-absent": (errors.ConnectError("no such file", doing="connecting to /run/x.sock"), "", "no such socket", "mta"),
    "imap": (errors.ProtocolError('not an SMTP reply: "* OK ready"'), "imap.example.com:993", "reading mail", "smtps://imap.example.com:465"),
    "own-certificate-refused": (errors.TlsError("the TLS handshake failed: tlsv1 alert unknown ca"), "smtp.example.com", "our certificate", "ssl-cert"),
    "own-certificate-wanted": (errors.TlsError("TLS failed: tlsv13 alert certificate required"), "smtp.example.com", "a certificate of ours", "ssl-cert"),
    "own-certificate-wanted-before-tls-1.3": (errors.TlsError("the TLS handshake failed: sslv3 alert handshake failure"), "smtp.example.com", "a certificate of ours, or", "ssl-cert"),
    "weak-certificate": (errors.TlsError("the server's certificate is not trusted: EE certificate key too weak"), "smtp.example.com", "too weak for this machine's OpenSSL", "ssl-cipher-list=DEFAULT@SECLEVEL=0"),
    "no-common-mechanism": (errors.AuthenticationError("no way to log in: the server offers NTLM"), "smtp.example.com", "in common", "PLAIN or LOGIN"),
    "token-in-clear": (errors.AuthenticationError("the access token would travel without TLS"), "smtp.example.com", "proven who the server is", "smtps://smtp.example.com:465"),
    "old-tls": (errors.TlsError("tlsv1 alert protocol version"), "smtp.example.com", "in common", "tls-config-pairs"),
    "tls-absent": (errors.TlsError(_OFFERED), "smtp.example.com:25", "offers none", "smtps://smtp.example.com:465"),
    "tls-otherwise": (errors.TlsError("odd"), "", "encrypted", "--debug"),
    "unknown-fate": (errors.FateUnknownError("closed"), "smtp.example.com", "did not say whether", "possible duplicate"),
    "timeout": (errors.TimedOutError("no answer"), "smtp.example.com:587", "in time", "later"),
    "lost": (errors.ConnectionLostError("closed"), "smtp.example.com:587", "before the message was complete", "later"),
    "no-password": (errors.AuthenticationError("no password for me@163.com"), "smtp.163.com", "no password", "pymail --login"),
    "no-clear-password": (errors.AuthenticationError("will not log in without TLS"), "smtp.example.com", "others can read", "smtps://smtp.example.com"),
    "login": (errors.AuthenticationError("odd"), "", "login failed", "smtp-auth-user"),
    "too-large": (errors.MessageTooLargeError("x"), "", "size", "link"),
    "nobody": (errors.NoRecipientsError("no recipients"), "", "", "-t"),
    "nonsense": (errors.ProtocolError("x"), "", "no mail server", "port"),
    "disk-full": (errors.CannotKeepError("no space left on device"), "", "full", "DEAD"),
    "transient": (errors.TransientError("x"), "", "", "later"),
    "nothing-to-add": (errors.SettingsError("x"), "", "", ""),
    "by-reply": (errors.RefusedError("x", reply=Reply(521)), "smtp.example.com", "takes no mail", "`smtp`"),
    "own-advice": (errors.AuthenticationError("x", advice="set it so"), "", "login failed", "set it so"),
}
# fmt: on


@pytest.mark.parametrize(
    ("failure", "host", "meaning", "step"), FAILURES.values(), ids=FAILURES
)
def test_failure_is_explained_by_its_class_and_words(
    failure: errors.PymailError, host: str, meaning: str, step: str
) -> None:
    advice = explain_failure(failure, host)
    assert meaning in advice.meaning
    assert step in advice.next_step


def test_failure_is_explained_by_its_cause_too() -> None:
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
def test_host_and_port_are_split(peer: str, parts: tuple[str, int | None]) -> None:
    assert split_host(peer) == parts


def _advices() -> list[Advice]:
    tables = (status_codes.ENHANCED, status_codes.CODES, status_codes.CLASSES)
    rows = [advice for table in tables for advice in table.values()]
    for kind in reply_kinds.KINDS.values():
        rows += [Advice(kind.meaning, kind.next_step), Advice("", kind.logged_in)]
        rows += [Advice(line) for line in kind.more]
    return rows + [Advice(*row[2:]) for row in explanations.FAILURES]


def test_every_variable_that_advice_names_exists() -> None:
    text = " ".join(part for advice in _advices() for part in advice[:2])
    named = set(re.findall(r"\b(?:smtp|ssl|tls)-[a-z]+(?:-[a-z]+)*", text))
    assert named <= set(BY_NAME)


def test_advice_reads_as_one_line_each() -> None:
    for part in (part for advice in _advices() for part in advice[:2]):
        assert part.isprintable()
        assert not part.endswith(".")
        assert len(part) < 200


def test_every_enhanced_code_of_rfc_3463_is_explained() -> None:
    last_detail = {1: 8, 2: 4, 3: 5, 4: 7, 5: 5, 6: 5, 7: 7}
    wanted = {(s, d) for s, last in last_detail.items() for d in range(last + 1)}
    of_kinds = {(*map(int, code.split(".")),) for code in reply_kinds.BY_ENHANCED}
    assert wanted <= set(status_codes.ENHANCED) | of_kinds


def test_every_common_code_is_explained() -> None:
    common = "421 450 451 452 454 500 501 502 503 504 521 530 535 550 551 552 553 554"
    assert set(map(int, common.split())) <= set(status_codes.CODES)
