"""TLS with real certificates: trusted, accepted with a warning, and refused."""

import re
import select
import signal
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pymail.errors import (
    AuthenticationError,
    ConnectionLostError,
    Interrupted,
    ProtocolError,
    PymailError,
    TimedOutError,
    TlsError,
)
from pymail.report.exit_status import ExitStatus, exit_status_for
from pymail.report.explain import explain_failure
from pymail.settings.server_models import Login, Timeouts, Tls, TlsMode, Verify
from pymail.transport import tls
from tests.transport.transcripts import REST

CLEAR = "S: 220 mx\nC: EHLO client.example\nS: 250-mx\nS: 250 STARTTLS\n"
START = CLEAR + "C: STARTTLS\nS: 220 go\n"
INSIDE = "C: EHLO client.example\nS: 250-mx\nS: 250 AUTH PLAIN\n"
LOGGED_IN = "C: AUTH PLAIN AGpvZQBzM2NyZXQ=\nS: 235 ok\n"
UNTRUSTED = {
    "self_signed": "issuer is unknown|self-signed",
    "wrong_host": "another host",
}
JOE = Login(user="joe")


def settings(authority: Any, mode: TlsMode, **more: Any) -> dict[str, Any]:
    rules = {"ca_file": authority.file, "system_authorities": False, **more}
    return {"host": "localhost", "tls": Tls(mode=mode, **rules)}


IN_TLS = f"<tls>\nS: 220 mx\n{INSIDE}{REST}"
WITH_LOGIN = f"<tls>\nS: 220 mx\n{INSIDE}{LOGGED_IN}{REST}"

BY_STARTTLS = f"{START}<tls>\n{INSIDE}{LOGGED_IN}{REST}"
REFUSED, UNKNOWN = (f"{CLEAR}C: STARTTLS\nS: {n} no\n{REST}" for n in (454, 502))
IGNORE = {"verify": Verify.IGNORE}

# the script, the server's certificate, when TLS begins, a login, other settings
# fmt: off
WORKS: dict[str, tuple[str, str, TlsMode, Login | None, dict[str, Any]]] = {
    "starttls-required": (BY_STARTTLS, "context", TlsMode.REQUIRED, JOE, {}),
    "starttls-offered": (BY_STARTTLS, "context", TlsMode.OFFERED, JOE, {}),
    "implicit": (WITH_LOGIN, "context", TlsMode.IMPLICIT, JOE, {}),
    "switched-off": (CLEAR + REST, "context", TlsMode.NEVER, None, {}),
    "certificate-ignored": (WITH_LOGIN, "wrong_host", TlsMode.IMPLICIT, JOE, IGNORE),
    "offered-and-refused": (REFUSED, "context", TlsMode.OFFERED, None, {}),
    "offered-and-unknown": (UNKNOWN, "context", TlsMode.OFFERED, None, {}),
}
# fmt: on


@pytest.mark.parametrize("case", WORKS)
def test_message_is_sent_with_the_tls_of_the_settings(
    serve: Any, send: Any, authority: Any, case: str
) -> None:
    lines, certificate, mode, login, more = WORKS[case]
    server = serve(lines, context=getattr(authority, certificate))
    assert send(server, login=login, **settings(authority, mode, **more)).complete
    assert server.went_as_written
    assert send.trace.warnings == []
    if certificate == "context" and "<tls>" in lines:
        version, shown = send.trace.notes[-2:]
        assert version.startswith("TLSv1.")
        assert "valid until" in shown


@pytest.mark.parametrize("which", UNTRUSTED)
@pytest.mark.parametrize("mode", [TlsMode.REQUIRED, TlsMode.IMPLICIT])
def test_untrusted_certificate_ends_the_attempt(
    serve: Any, send: Any, authority: Any, which: str, mode: TlsMode
) -> None:
    why = UNTRUSTED[which]
    before = START if mode is TlsMode.REQUIRED else ""
    server = serve(f"{before}<tls>", context=getattr(authority, which))
    with pytest.raises(TlsError, match=f"certificate is not trusted: .*({why})") as it:
        send(server, login=JOE, **settings(authority, mode))
    assert "certificate" in explain_failure(it.value).meaning
    assert send.asked == []
    assert len(server.conversations) == 1


@pytest.mark.parametrize("mode", [TlsMode.REQUIRED, TlsMode.IMPLICIT])
def test_untrusted_certificate_is_a_warning_with_tls_verify_warn(
    serve: Any, send: Any, authority: Any, mode: TlsMode
) -> None:
    before, after = (START, "") if mode is TlsMode.REQUIRED else ("", "S: 220 mx\n")
    server = serve(
        f"{before}<tls>",
        f"{before}<tls>\n{after}{INSIDE}{LOGGED_IN}{REST}",
        context=authority.self_signed,
    )
    how = settings(authority, mode, verify=Verify.WARN)
    assert send(server, login=JOE, **how).complete
    assert len(send.trace.warnings) == 1
    assert "certificate" in send.trace.warnings[0]
    assert "SHA-256 " in send.trace.notes[-1]


def test_failed_handshake_after_the_warning_is_only_noted(
    serve: Any, send: Any, authority: Any
) -> None:
    scripts = f"{START}<tls>", f"{START}<hello>\n<close>", CLEAR + REST
    server = serve(*scripts, context=authority.self_signed)
    how = settings(authority, TlsMode.OFFERED, verify=Verify.WARN)
    assert send(server, **how).complete
    assert [("tls-verify=warn" in w) for w in send.trace.warnings] == [True]
    assert "continuing without TLS" in "\n".join(send.trace.notes)


def test_offered_tls_accepts_an_untrusted_certificate(
    serve: Any, send: Any, authority: Any
) -> None:
    server = serve(
        f"{START}<tls>",
        f"{START}<tls>\n{INSIDE}{REST}",
        context=authority.self_signed,
    )
    assert send(server, **settings(authority, TlsMode.OFFERED)).complete
    assert send.trace.warnings == []


DOES_NOT_WORK = {
    "garbage": ("<hello>\nS> this is no TLS at all\\r\\n", "context"),
    "closes": ("<hello>\n<close>", "context"),
    "falls-silent": ("<hello>\n<stall>", "context"),
    "requires-a-client-certificate": ("<tls>", "asking_for_certificates"),
}


@pytest.mark.parametrize("case", DOES_NOT_WORK)
def test_message_is_sent_without_offered_tls_that_fails(
    serve: Any, send: Any, authority: Any, case: str
) -> None:
    answer, certificate = DOES_NOT_WORK[case]
    context = getattr(authority, certificate)
    server = serve(f"{START}{answer}", CLEAR + REST, context=context)
    how = settings(authority, TlsMode.OFFERED)
    assert send(server, timeouts=Timeouts(command=0.3), **how).complete
    assert "continuing without TLS" in "\n".join(send.trace.notes)


def test_message_is_sent_without_offered_tls_after_invalid_settings(
    serve: Any, send: Any, authority: Any, tmp_path: Path
) -> None:
    server = serve(START, CLEAR + REST)
    how = settings(authority, TlsMode.OFFERED, ca_file=tmp_path / "absent")
    assert send(server, **how).complete
    assert "absent: no such file" in "\n".join(send.trace.notes)


NO_TLS = f"{CLEAR}C: STARTTLS\nS: %s\nC: QUIT\nS: 221 bye"

# the script, when TLS begins, and the failure
# fmt: off
ENDS: dict[str, tuple[str, TlsMode, type[PymailError], str]] = {
    "refused": (NO_TLS % "454 not available", TlsMode.REQUIRED, TlsError, "refuses STARTTLS"),
    "unknown": (NO_TLS % "502 not offered", TlsMode.REQUIRED, TlsError, "refuses STARTTLS"),
    "absent": (CLEAR.replace("STARTTLS", "SIZE"), TlsMode.REQUIRED, TlsError, "no STARTTLS"),
    "closes": ("<hello>\n<close>", TlsMode.IMPLICIT, ConnectionLostError, "TLS handshake"),
    "is-silent": ("<hello>\n<stall>", TlsMode.IMPLICIT, TimedOutError, "TLS handshake"),
    "clear-text": ("<hello>\nS: 220 mx", TlsMode.IMPLICIT, TlsError, "does not speak TLS"),
}
# fmt: on


@pytest.mark.parametrize("case", ENDS)
def test_failed_required_tls_ends_the_attempt(
    serve: Any, send: Any, authority: Any, case: str
) -> None:
    lines, mode, kind, words = ENDS[case]
    server = serve(lines)
    how = settings(authority, mode)
    with pytest.raises(kind, match=words) as caught:
        send(server, login=JOE, timeouts=Timeouts(command=0.3), **how)
    assert server.went_as_written
    assert (caught.value.reply is not None) is (case in {"refused", "unknown"})


@pytest.mark.parametrize("mode", [TlsMode.REQUIRED, TlsMode.OFFERED])
@pytest.mark.parametrize(
    "extra",
    [
        pytest.param("250 INJECTED\\r\\n", id="whole-line"),
        pytest.param("421 INJECTED-", id="fragment"),
    ],
)
def test_clear_text_after_starttls_is_never_used(
    serve: Any, send: Any, authority: Any, extra: str, mode: TlsMode
) -> None:
    lines = f"{CLEAR}C: STARTTLS\nS> 220 go\\r\\n{extra}"
    server = serve(lines)
    with pytest.raises(ProtocolError, match="clear text after"):
        send(server, **settings(authority, mode))
    assert server.went_as_written
    assert "INJECTED" not in repr(send.trace.lines)


TOKEN_INSIDE = INSIDE.replace("PLAIN", "XOAUTH2")
TOKEN = f"<tls>\nS: 220 mx\n{TOKEN_INSIDE}"

# the scripts, when TLS begins, tls-verify, smtp-auth, the failure and its words
# fmt: off
EXPOSED: dict[str, tuple[tuple[str, ...], TlsMode, Verify, str, type[PymailError], str]] = {
    "password-in-clear": ((CLEAR.replace("STARTTLS", "AUTH PLAIN LOGIN"),), TlsMode.OFFERED, Verify.STRICT, "", AuthenticationError, "in clear.*smtp-auth=login"),
    "password-in-unverified-tls": ((f"{START}<tls>", f"{START}<tls>\n{INSIDE}"), TlsMode.OFFERED, Verify.STRICT, "", TlsError, "not trusted"),
    "token-in-unverified-tls": ((f"{START}<tls>", f"{START}<tls>\n{TOKEN_INSIDE}"), TlsMode.OFFERED, Verify.STRICT, "xoauth2", AuthenticationError, "the access token.*not trusted"),
    # the settings allow a password there; but anyone who has a token can use it
    "token-with-certificate-ignored": ((TOKEN,), TlsMode.IMPLICIT, Verify.IGNORE, "xoauth2", AuthenticationError, "unverified certificate"),
    "token-with-certificate-warning": (("<tls>", TOKEN), TlsMode.IMPLICIT, Verify.WARN, "xoauth2", AuthenticationError, "unverified certificate"),
}
# fmt: on


@pytest.mark.parametrize("case", EXPOSED)
def test_secret_is_not_sent_without_sufficient_tls(
    serve: Any, send: Any, authority: Any, case: str
) -> None:
    scripts, mode, verify, mechanism, kind, words = EXPOSED[case]
    server = serve(*scripts, context=authority.self_signed)
    login = Login(user="joe", mechanism=mechanism)
    how = settings(authority, mode, verify=verify)
    with pytest.raises(kind) as caught:
        send(server, login=login, distant=True, **how)
    failure: Any = caught.value
    shown = f"{failure} {failure.advice} {getattr(failure, 'also', '')}"
    assert re.search(words, shown)
    assert send.asked == []


def test_tls_cut_after_the_final_dot_leaves_the_fate_unknown(
    serve: Any, send: Any, authority: Any
) -> None:
    lines = IN_TLS.partition("    S: 250 ok\n    C: QUIT")
    server = serve(lines[0] + "<reset>", context=authority.context)
    report = send(server, **settings(authority, TlsMode.IMPLICIT))
    assert [row.fate.value for row in report.fates] == ["unknown"]


def test_large_message_is_sent_over_tls(
    serve: Any, send: Any, authority: Any, letter: Any
) -> None:
    octets = b"0123456789abcdef\r\n" * 60_000
    server = serve(IN_TLS, context=authority.context)
    how = settings(authority, TlsMode.IMPLICIT)
    assert send(server, letter=letter(octets), **how).complete
    assert server.received == octets + b".\r\n"


def test_refusal_within_the_content_is_read_over_tls(
    serve: Any, send: Any, authority: Any
) -> None:
    lines = IN_TLS.partition("<content>")[0]
    lines += "<some content>\nS: 552 too big\n<close>"
    server = serve(lines, context=authority.context)
    how = settings(authority, TlsMode.IMPLICIT)
    report = send(server, letter=send.large, **how)
    assert str(report.reply) == "552 too big"
    assert [row.fate.value for row in report.fates] == ["refused"]


def test_client_certificate_is_sent(serve: Any, send: Any, authority: Any) -> None:
    context = authority.asking_for_certificates
    server = serve(IN_TLS, context=context)
    how = settings(authority, TlsMode.IMPLICIT, certificate=authority.client)
    assert send(server, **how).complete
    assert server.went_as_written


@pytest.mark.parametrize("mode", [TlsMode.IMPLICIT, TlsMode.REQUIRED])
def test_missing_client_certificate_is_explained(
    serve: Any, send: Any, authority: Any, mode: TlsMode
) -> None:
    """In TLS 1.3 the alert arrives after the client has finished the handshake."""
    before = START if mode is TlsMode.REQUIRED else ""
    server = serve(f"{before}<tls>", context=authority.asking_for_certificates)
    with pytest.raises(TlsError, match="certificate required") as caught:
        send(server, **settings(authority, mode))
    assert "ssl-cert" in explain_failure(caught.value).next_step
    assert exit_status_for(caught.value) == ExitStatus.PROTOCOL


def test_alert_is_read_after_a_failed_write(
    serve: Any, connect: Any, authority: Any
) -> None:
    """The server has hung up when EHLO is written, but the alert is the cause."""
    server = serve("<tls>", context=authority.asking_for_certificates)
    session = connect(server)
    how = settings(authority, TlsMode.IMPLICIT)["tls"]
    session.begin_tls(tls.make_context(how, verify=True), "localhost")
    assert session.sock is not None
    select.select([session.sock], [], [], 5)  # wait for the alert
    with suppress(OSError):  # the server has hung up
        socket.socket.shutdown(session.sock, socket.SHUT_WR)  # below TLS
    with pytest.raises(TlsError, match="certificate required"):
        session.command("EHLO client.example")


def test_signal_in_the_handshake_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(_sock: ssl.SSLSocket) -> None:
        raise Interrupted(signal.SIGTERM)

    monkeypatch.setattr(ssl.SSLSocket, "do_handshake", interrupt)
    context = tls.make_context(Tls(), verify=False)
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.settimeout(5)
        with pytest.raises(Interrupted) as caught:
            tls.wrap(ours, context, "localhost", doing="starting TLS")
        assert theirs.recv(1) == b""  # while `caught` still holds every frame
    assert caught.value.signal_number == signal.SIGTERM
