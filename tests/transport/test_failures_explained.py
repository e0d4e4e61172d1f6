"""Real failures of the transport, and the explanation of each."""

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pymail.errors import PymailError
from pymail.report.delivery_report import can_recover
from pymail.report.explain import explain_failure
from pymail.settings.server_models import Timeouts, Tls, TlsMode
from pymail.transport.connect import TcpPeer

HOST = "smtp.example.com"
GREETED = "S: 220 mx\nC: EHLO client.example\nS: 250 mx"
EXPIRED, NOT_YET = (
    {
        "not_before": datetime(y, 1, 1, tzinfo=UTC),
        "not_after": datetime(y + 1, 1, 1, tzinfo=UTC),
    }
    for y in (2001, 2199)
)
Answer = Callable[..., list[Any]]


def advised(failure: PymailError, peer: str, *expected: str) -> None:
    """Check meaning and next step in English, then in Chinese."""
    english = explain_failure(failure, peer)
    chinese = explain_failure(failure, peer, language="zh")
    for words, shown in zip(expected, (*english[:2], *chinese[:2]), strict=True):
        assert words in shown


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("expired", ("has expired", "clock", "已过期", "时间")),
        ("not yet valid", ("not valid yet", "clock", "尚未生效", "时间")),
        ("other name", ("another name", "in the certificate", "另一个", "证书中")),
        ("unknown issuer", ("not known", "ssl-ca-file", "不认识", "ssl-ca-file")),
        ("self-signed", ("none of those", "ssl-ca-file", "自签名", "ssl-ca-file")),
        ("old version", ("in common", "MinProtocol", "TLS 版本", "MinProtocol")),
    ],
)
def test_untrusted_certificate_or_old_version_is_explained(
    serve: Any, send: Any, authority: Any, which: str, expected: tuple[str, ...]
) -> None:
    old = authority.issue("localhost")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    contexts = {
        "expired": authority.issue("localhost", **EXPIRED),
        "not yet valid": authority.issue("localhost", **NOT_YET),
        "other name": authority.wrong_host,
        "unknown issuer": authority.self_signed,
        "old version": old,
        "self-signed": authority.root,
    }
    server = serve("<tls>", context=contexts[which])
    tls = Tls(
        mode=TlsMode.IMPLICIT,
        ca_file=authority.file,
        system_authorities=False,
        minimum_version="TLSv1.3" if which == "old version" else "TLSv1.2",
    )
    with pytest.raises(PymailError) as caught:
        send(server, host="localhost", tls=tls)
    advised(caught.value, f"localhost:{server.port}", *expected)


@pytest.mark.parametrize(
    ("script", "mode", "expected"),
    [
        pytest.param(
            "S: 220 mx",
            TlsMode.IMPLICIT,
            ("does not begin with TLS", ":587 with", "不是一开始", ":587 加"),
            id="tls-to-a-plain-port",
        ),
        pytest.param(
            "<silence>",
            TlsMode.NEVER,
            ("does not greet", "smtps://localhost:{port}", "不发问候", ":{port}"),
            id="plain-to-a-tls-port-that-waits",
        ),
        pytest.param(
            "C: EHLO client.example\n<close>",
            TlsMode.NEVER,
            ("does not greet", "smtps://localhost:{port}", "不发问候", ":{port}"),
            id="plain-to-a-port-that-hangs-up",
        ),
        pytest.param(
            r"S> \x15\x03\x01\x00\x02\x02\x46",
            TlsMode.NEVER,
            ("TLS from the first octet", ":{port}", "一开始就用 TLS", ":{port}"),
            id="tls-alert-for-a-greeting",
        ),
        pytest.param(
            "<hello>\n<close>",
            TlsMode.IMPLICIT,
            ("does not go on with TLS", "check the port", "握手", "检查端口"),
            id="hangs-up-in-the-handshake",
        ),
        pytest.param(
            GREETED,
            TlsMode.REQUIRED,
            ("offers none", "unset smtp-use-starttls", "不提供", "unset"),
            id="no-starttls",
        ),
    ],
)
def test_port_that_does_not_match_the_tls_mode_is_explained(
    serve: Any, send: Any, script: str, mode: TlsMode, expected: tuple[str, ...]
) -> None:
    server = serve(script)
    with pytest.raises(PymailError) as caught:
        send(
            server,
            host="localhost",
            tls=Tls(mode=mode),
            timeouts=Timeouts.bounded(0.3),
        )
    words = [each.format(port=server.port) for each in expected]
    advised(caught.value, f"localhost:{server.port}", *words)


def test_missing_greeting_inside_tls_is_explained(
    serve: Any, send: Any, authority: Any
) -> None:
    server = serve("<tls>\n<close>", context=authority.context)
    tls = Tls(mode=TlsMode.IMPLICIT, ca_file=authority.file, system_authorities=False)
    with pytest.raises(PymailError) as caught:
        send(server, host="localhost", tls=tls)
    expected = ("agreed on TLS", "later", "TLS 已建立", "稍后")
    advised(caught.value, f"localhost:{server.port}", *expected)


def test_closed_port_is_explained(serve: Any, send: Any) -> None:
    server = serve()
    server.stop()
    with pytest.raises(PymailError) as caught:
        send(server, host="localhost")
    expected = ("nothing listens", "server runs", "没有服务", "在运行")
    advised(caught.value, f"localhost:{server.port}", *expected)
    assert can_recover(caught.value)


def _fails(number: int) -> Answer:
    def look_up(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(number, "as the resolver says")

    return look_up


@pytest.mark.parametrize(
    ("number", "recovers", "expected"),
    [
        pytest.param(
            socket.EAI_NONAME,
            False,
            (
                "no server has that name",
                f"getent hosts {HOST}",
                "没有这个名字",
                f"getent hosts {HOST}",
            ),
            id="unknown",
        ),
        pytest.param(
            socket.EAI_AGAIN,
            True,
            ("name service", "resolv.conf", "域名解析", "resolv.conf"),
            id="try-again",
        ),
        pytest.param(
            socket.EAI_FAIL,
            True,
            ("name service", "resolv.conf", "域名解析", "resolv.conf"),
            id="failed",
        ),
    ],
)
def test_failed_lookup_is_explained(
    number: int, recovers: bool, expected: tuple[str, ...]
) -> None:
    peer = TcpPeer(HOST, 587, _fails(number))
    with pytest.raises(PymailError) as caught:
        peer.connect(5, lambda _: None)
    advised(caught.value, peer.name, *expected)
    assert can_recover(caught.value) is recovers


def test_port_without_an_answer_is_explained(blackhole: Any) -> None:
    """The server has another port here, but port 25 gets the same failure."""
    with blackhole() as listener:
        peer = TcpPeer(*listener.getsockname()[:2])
        with pytest.raises(PymailError) as caught:
            peer.connect(0.2, lambda _: None)
    expected = ("blocked", f"smtps://{HOST}:465", "封锁", f"smtps://{HOST}:465")
    advised(caught.value, f"{HOST}:25", *expected)
    expected = ("firewall drops it", "465 and 587", "没有应答", "465 和 587")
    advised(caught.value, f"{HOST}:587", *expected)
