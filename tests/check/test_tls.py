"""TLS and its certificate: every problem is reported and examined."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.check.findings import Verdict
from pymail.errors import Interrupted
from pymail.settings.server_models import SmtpServer, Tls, TlsMode, Verify
from pymail.transport.connect import TcpPeer
from tests.check.servers import (
    AGAIN,
    ASKED,
    BYE,
    GREETED,
    HELLO,
    LOGGED_IN,
    NOW,
    PLAIN,
    SECURED,
    STARTED,
    Checking,
    verdicts,
)


def tls(authority: Any, mode: TlsMode, **more: Any) -> Tls:
    return Tls(mode=mode, ca_file=authority.file, system_authorities=False, **more)


def test_tls_is_shown_with_its_certificate(checking: Checking, authority: Any) -> None:
    end = NOW + timedelta(days=100.5)
    context = authority.ending(end)
    found = checking(SECURED, context=context, tls=tls(authority, TlsMode.IMPLICIT))
    assert checking.server.went_as_written
    assert list(found)[:4] == ["name", "connect", "tls", "greeting"]
    facts = found["tls"].facts
    assert facts[0] == "TLS from the first octet"
    assert facts[1].startswith("TLSv1.3, TLS_")
    assert facts[2].startswith("certificate of mx, issued by organizationName=trustme")
    assert facts[3] == "for localhost, 127.0.0.1"
    assert facts[4] == f"valid until {end:%Y-%m-%d}, 100 days left"
    assert facts[5].startswith("SHA-256 ")
    assert set(verdicts(found).values()) == {"ok"}
    assert found["mechanism"].facts[1].endswith("under TLS")


def test_certificate_that_expires_soon_is_a_warning(
    checking: Checking, authority: Any
) -> None:
    checking.envelope = None
    stage = checking(
        f"{STARTED}{AGAIN}{LOGGED_IN}",
        context=authority.ending(NOW + timedelta(days=5.5)),
        tls=tls(authority, TlsMode.REQUIRED),
    )["tls"]
    assert stage.facts[0] == "STARTTLS, required by the settings"
    assert stage.verdict is Verdict.WARNING
    assert stage.problem == "the certificate expires in 5 days"
    assert "renew" in stage.next_step


@pytest.mark.parametrize(
    ("context", "words", "fact"),
    [
        ("wrong_host", "it is for another", "for other.example"),
        ("self_signed", "its issuer is unknown", "for localhost, 127.0.0.1"),
    ],
)
@pytest.mark.parametrize("mode", [TlsMode.IMPLICIT, TlsMode.REQUIRED])
def test_untrusted_certificate_is_read_without_a_login(
    checking: Checking,
    authority: Any,
    *,
    mode: TlsMode,
    context: str,
    words: str,
    fact: str,
) -> None:
    start = "<tls>\n" if mode is TlsMode.IMPLICIT else STARTED
    look = (
        f"<tls>\n{GREETED}{HELLO}" if mode is TlsMode.IMPLICIT else f"{STARTED}{AGAIN}"
    )
    found = checking(
        start,
        f"{look}C: QUIT\nS: 221 bye\n",
        context=getattr(authority, context),
        tls=tls(authority, mode),
    )
    assert found["tls"].exit_status == 76
    assert words in found["tls"].problem
    assert found["tls"].next_step
    assert fact in found["tls"].facts
    assert found["login"].verdict is Verdict.SKIPPED
    checking.server.stop()
    assert "C: QUIT" in checking.server.conversations[1]
    assert not any(
        line.startswith("C: AUTH") for line in checking.server.conversations[1]
    )


def test_certificate_with_another_fingerprint_is_shown(
    serve: Any, checking: Checking, authority: Any
) -> None:
    server = serve(
        "<tls>",
        f"<tls>\n{GREETED}{HELLO}C: QUIT\nS: 221 bye\n",
        context=authority.context,
    )
    pin = bytes(32)
    found = checking(port=server.port, tls=Tls(mode=TlsMode.IMPLICIT, pin=pin))
    assert found["tls"].exit_status == 76
    shown = found["tls"].facts[-1].removeprefix("SHA-256 ")
    assert found["tls"].next_step.endswith(f"set tls-fingerprint={shown}")
    assert found["login"].verdict is Verdict.SKIPPED
    pin = bytes.fromhex(shown.replace(":", ""))
    server = serve(SECURED, context=authority.context)
    stage = checking(port=server.port, tls=Tls(mode=TlsMode.IMPLICIT, pin=pin))["tls"]
    assert stage.verdict is Verdict.OK
    assert stage.facts[-1] == "its fingerprint is that of tls-fingerprint"


def test_expired_certificate_is_shown_with_its_date(
    checking: Checking, authority: Any
) -> None:
    end = NOW - timedelta(days=326.5)
    context = authority.ending(end)
    stage = checking(
        "<tls>",
        f"<tls>\n{GREETED}{HELLO}",
        context=context,
        tls=tls(authority, TlsMode.IMPLICIT),
    )["tls"]
    assert "it has expired" in stage.problem
    assert f"valid until {end:%Y-%m-%d}, 326 days ago" in stage.facts


def test_certificate_that_a_second_connection_cannot_read(
    checking: Checking, authority: Any
) -> None:
    stage = checking(
        "<tls>",
        "<close>",
        context=authority.self_signed,
        tls=tls(authority, TlsMode.IMPLICIT),
    )["tls"]
    assert "its issuer is unknown" in stage.problem
    assert stage.facts == ()


def test_untrusted_certificate_that_settings_accept_is_a_warning(
    checking: Checking, authority: Any
) -> None:
    how = tls(authority, TlsMode.IMPLICIT, verify=Verify.WARN)
    found = checking("<tls>", SECURED, context=authority.self_signed, tls=how)
    assert found["tls"].verdict is Verdict.WARNING
    assert "its issuer is unknown; mail is sent anyway" in found["tls"].problem
    assert found["recipients"].verdict is Verdict.OK


def test_valid_certificate_without_verification_gets_advice(
    checking: Checking, authority: Any
) -> None:
    again = f"<tls>\n{GREETED}{HELLO}C: QUIT\nS: 221 bye\n"
    how = tls(authority, TlsMode.IMPLICIT, verify=Verify.IGNORE)
    stage = checking(SECURED, again, context=authority.context, tls=how)["tls"]
    assert stage.verdict is Verdict.WARNING
    assert "not verified" in stage.problem
    assert "unset tls-verify" in stage.next_step


def test_invalid_certificate_without_verification_shows_the_reason(
    checking: Checking, authority: Any
) -> None:
    how = tls(authority, TlsMode.IMPLICIT, verify=Verify.IGNORE)
    stage = checking(SECURED, "<tls>", context=authority.self_signed, tls=how)["tls"]
    assert stage.next_step == ""
    assert "its issuer is unknown" in stage.facts[-1]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "offers no STARTTLS"),
        ("S: 250-STARTTLS\n", "refuses STARTTLS"),
    ],
)
def test_server_without_the_required_tls(
    checking: Checking, more: str, words: str
) -> None:
    answer = "C: STARTTLS\nS: 454 not now\n" if more else ""
    found = checking(
        f"{GREETED}S: 250-mx\n{more}S: 250 SIZE\n{answer}",
        tls=Tls(mode=TlsMode.REQUIRED),
    )
    assert found["tls"].exit_status == 76
    assert words in found["tls"].problem
    assert found["tls"].next_step
    assert found["login"].verdict is Verdict.SKIPPED


def test_tls_on_a_port_for_clear_text(checking: Checking) -> None:
    stage = checking("S: 220 mx\n<hello>", tls=Tls(mode=TlsMode.IMPLICIT))["tls"]
    assert stage.exit_status == 76
    assert "does not speak TLS on this port" in stage.problem
    assert "smtp-use-starttls" in stage.next_step


def test_offered_tls_that_does_not_work_is_a_warning(checking: Checking) -> None:
    start = STARTED.replace("<tls>\n", "")
    found = checking(f"{start}<close>", f"{PLAIN}{ASKED}{BYE}")
    assert found["tls"].verdict is Verdict.WARNING
    assert found["tls"].exit_status == 0
    assert found["recipients"].verdict is Verdict.OK


def test_refused_starttls_on_this_machine_is_no_warning(checking: Checking) -> None:
    start = STARTED.partition("S: 220 go")[0]
    checking.envelope = None
    stage = checking(f"{start}S: 454 no\n", login=None)["tls"]
    assert stage.verdict is Verdict.SKIPPED
    assert stage.facts == ("the server refuses STARTTLS, on this machine",)


def test_clear_text_to_another_machine_is_a_warning(
    checking: Checking, monkeypatch: Any
) -> None:
    monkeypatch.setattr("pymail.transport.handshake.is_local", lambda _sock: False)
    found = checking(f"{GREETED}{HELLO}")
    assert found["tls"].verdict is Verdict.WARNING
    assert "use smtps://127.0.0.1:465" in found["tls"].next_step
    assert found["mechanism"].exit_status == 77
    assert "sent in clear" in found["mechanism"].problem
    assert "smtp-use-starttls" in found["mechanism"].next_step
    assert found["mechanism"].facts == ("offered: PLAIN LOGIN",)


def test_known_provider_without_starttls_is_a_warning(
    serve: Any, checking: Checking, monkeypatch: Any
) -> None:
    monkeypatch.setattr("pymail.transport.handshake.is_local", lambda _sock: False)
    server = serve(f"{GREETED}S: 250 mx\n")
    known = SmtpServer(host="smtp.qq.com", port=587, hello_name="client.example")
    stage = checking.check(known, TcpPeer("127.0.0.1", server.port))["tls"]
    assert stage.verdict is Verdict.WARNING
    assert "is known to offer STARTTLS" in stage.problem
    assert stage.next_step == "set smtp-use-starttls"


def test_invalid_tls_settings_fail_the_tls_stage(
    checking: Checking, tmp_path: Path
) -> None:
    how = Tls(mode=TlsMode.IMPLICIT, ca_file=tmp_path / "none.pem")
    stage = checking("S: 220 mx", tls=how)["tls"]
    assert stage.exit_status == 78
    assert "none.pem" in stage.problem


def test_interrupt_of_the_second_connection_ends_the_check(
    checking: Checking, authority: Any
) -> None:
    heard = checking.trace.received

    def interrupted(line: bytes) -> None:
        heard(line)
        raise Interrupted(15)

    checking.trace.received = interrupted
    with pytest.raises(Interrupted):
        checking(
            "<tls>",
            "<tls>\nS: 220 mx\n",
            context=authority.self_signed,
            tls=tls(authority, TlsMode.IMPLICIT),
        )
