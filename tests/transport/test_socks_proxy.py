"""Through a SOCKS5 proxy: what it is asked for, and who of the two said no."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pymail.errors import (
    AuthenticationError,
    ConnectError,
    HostUnknownError,
    PymailError,
    SettingsError,
)
from pymail.secret import Secret
from pymail.settings.server_records import (
    Login,
    Proxy,
    SmtpServer,
    Timeouts,
    Tls,
    TlsMode,
)
from pymail.transport import choose, trial
from pymail.transport.socks_proxy import ProxiedPeer
from tests.scripted import nobody
from tests.transport.socks_server import SocksServer, proxying

Start = Callable[..., SocksServer]
SCRIPT = """
    S: 220 mx
    C: EHLO client.example
    S: 250 mx
    C: MAIL FROM:<me@example.com>
    S: 250 ok
    C: RCPT TO:<a@example.org>
    S: 250 ok
    C: DATA
    S: 354 go on
    <content>
    S: 250 ok
    C: QUIT
    S: 221 bye
"""
PASSWORD = "geheim"
WITH_LOGIN = {"user": "lin", "password": Secret(PASSWORD)}


@pytest.fixture
def proxy() -> Iterator[Start]:
    with ExitStack() as stack:

        def start(**how: Any) -> SocksServer:
            return stack.enter_context(proxying(SocksServer(**how)))

        yield start


def at(server: SocksServer, **login: Any) -> Proxy:
    return Proxy(host="127.0.0.1", port=server.own_port, **login)


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("mx.example", "mx.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::7]", "2001:db8::7"),
    ],
    ids=["name", "umlaut", "v4", "v6"],
)
def test_proxy_looks_the_name_up(
    serve: Any, send: Any, proxy: Start, host: str, asked: str
) -> None:
    server = serve(SCRIPT)
    through = proxy(port=server.port)
    assert send(server, host=host, proxy=at(through)).complete
    assert server.went_as_written
    assert through.asked == [(asked, server.port)]
    name = host if "[" in host else f"{host}"
    assert send.trace.notes == [
        f"connected to 127.0.0.1 port {through.own_port}",
        f"the proxy is connected to {name}:{server.port}",
    ]


def test_proxy_hears_user_and_password(serve: Any, send: Any, proxy: Start) -> None:
    server = serve(SCRIPT)
    through = proxy(port=server.port, login=("lin", PASSWORD))
    assert send(server, proxy=at(through, **WITH_LOGIN)).complete
    assert through.logins == [("lin", PASSWORD)]
    assert PASSWORD not in repr(vars(send.trace))
    assert PASSWORD not in repr(at(through, **WITH_LOGIN))


def test_tls_is_with_the_server_behind(
    serve: Any, send: Any, proxy: Start, authority: Any
) -> None:
    server = serve(f"<tls>\n{SCRIPT}", context=authority.context)
    through = proxy(port=server.port)
    tls = Tls(mode=TlsMode.IMPLICIT, ca_file=authority.file, system_authorities=False)
    assert send(server, host="localhost", tls=tls, proxy=at(through)).complete
    assert through.asked == [("localhost", server.port)]


def test_certificate_is_for_the_name_that_the_proxy_hears(
    serve: Any, send: Any, proxy: Start, authority: Any
) -> None:
    server = serve(f"<tls>\n{SCRIPT}", context=authority.wrong_host)
    through = proxy(port=server.port)
    tls = Tls(mode=TlsMode.IMPLICIT, ca_file=authority.file, system_authorities=False)
    full_width = "ＯＴＨＥＲ.example"
    assert send(server, host=full_width, tls=tls, proxy=at(through)).complete
    assert through.asked == [("other.example", server.port)]


def test_password_never_goes_in_clear_because_the_proxy_is_near(
    serve: Any, send: Any, proxy: Start
) -> None:
    """Another machine may be behind a proxy on this one."""
    hello = "S: 220 mx\nC: EHLO client.example\nS: 250-mx\nS: 250 AUTH PLAIN\n"
    server = serve(f"{hello}C: QUIT\nS: 221 bye\n")
    through = proxy(port=server.port)
    with pytest.raises(AuthenticationError, match="would travel in clear"):
        send(server, login=Login(user="joe"), proxy=at(through))
    assert send.asked == []


def failing(through: Proxy, seconds: float = 10, host: str = "mx.example") -> Any:
    with pytest.raises(PymailError) as failure:
        ProxiedPeer(host, 25, through).connect(seconds, lambda _: None)
    assert failure.value.doing == (
        f"connecting to {host}:25 through the proxy {through.host}:{through.port}"
    )
    assert PASSWORD not in str(failure.value)
    return failure.value


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "general socks server failure"),
        (2, "connection not allowed by ruleset"),
        (4, "host unreachable"),
        (5, "connection refused"),
        (99, "unknown error"),
    ],
)
def test_server_that_the_proxy_cannot_reach(
    proxy: Start, code: int, words: str
) -> None:
    failure = failing(at(proxy(refuses=code)))
    assert isinstance(failure, ConnectError)
    assert failure.happened == f"the proxy cannot reach mx.example: {words}"


def test_proxy_that_does_not_run() -> None:
    failure = failing(Proxy(host="127.0.0.1", port=int(nobody().split(":")[1])))
    assert isinstance(failure, ConnectError)
    assert failure.happened == (
        "the proxy cannot be reached: 127.0.0.1 connection refused"
    )
    assert failure.advice == "check socks-proxy, and that the proxy runs"


def test_proxy_that_nobody_knows() -> None:
    def resolver(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    unknown = Proxy(host="proxy.example", port=1080)
    peer = ProxiedPeer("mx.example", 25, unknown, resolver)
    with pytest.raises(HostUnknownError) as failure:
        peer.connect(10, lambda _: None)
    assert str(failure.value) == (
        "connecting to mx.example:25 through the proxy proxy.example:1080:"
        " the proxy cannot be reached: proxy.example: no such host"
    )


@pytest.mark.parametrize(
    ("how", "login", "happened"),
    [
        ({"login": ("lin", "other")}, WITH_LOGIN, "refuses user and password"),
        ({"login": ("lin", "other")}, {}, "wants a login"),
        ({"says": b"\5\2"}, {}, "wants a login"),
    ],
    ids=["wrong", "none", "asks-all-the-same"],
)
def test_proxy_that_lets_nobody_in(
    proxy: Start, how: dict[str, Any], login: dict[str, Any], happened: str
) -> None:
    failure = failing(at(proxy(**how), **login))
    assert isinstance(failure, AuthenticationError)
    assert failure.happened == f"the proxy {happened}"
    assert failure.advice == "set socks-proxy=socks5://USER:PASSWORD@HOST"


@pytest.mark.parametrize(
    ("says", "happened"),
    [
        (b"", "the proxy closes the connection"),
        (b"\5", "the proxy closes the connection"),
        (b"220 mx ESMTP\r\n", "the proxy does not speak SOCKS5"),
        (b"\5\0\4\0\0", "the proxy does not speak SOCKS5"),
        (b"\5\0\5\0\0\7", "the proxy does not speak SOCKS5"),
        (b"\5\7", "the proxy does not speak SOCKS5"),
    ],
    ids=["nothing", "cut", "smtp", "version-4", "odd-address", "odd-method"],
)
def test_proxy_that_is_none(proxy: Start, says: bytes, happened: str) -> None:
    failure = failing(at(proxy(says=says)))
    assert isinstance(failure, ConnectError)
    assert failure.happened == happened


def test_proxy_that_says_nothing_is_not_waited_for(
    blackhole: Any, proxy: Start
) -> None:
    failure = failing(at(proxy(says=b"\5\0", waits=True)), seconds=0.2)
    assert failure.happened == "the proxy does not answer in time"
    hole = blackhole().getsockname()[1]
    failure = failing(Proxy(host="127.0.0.1", port=hole), seconds=0.2)
    assert failure.happened == "the proxy cannot be reached: 127.0.0.1 timed out"


def test_octet_now_and_then_gains_a_proxy_no_time(proxy: Start) -> None:
    failure = failing(at(proxy(drips=True)), seconds=0.5)
    assert failure.happened == "the proxy does not answer in time"


def test_proxy_that_breaks_the_connection(proxy: Start) -> None:
    failure = failing(at(proxy(resets=True)))
    assert failure.happened == "the proxy breaks off: connection reset by peer"


@pytest.mark.parametrize(
    "host",
    [f"{'a' * 60}.{'b' * 60}.{'c' * 60}", "a" * 70, "a..b", "a\u200db.example"],
    ids=["long", "long-label", "empty-label", "joiner"],
)
def test_name_that_no_proxy_can_be_asked_for(proxy: Start, host: str) -> None:
    through = proxy()
    with pytest.raises(HostUnknownError, match="no such host"):
        ProxiedPeer(host, 25, at(through)).connect(10, lambda _: None)
    assert through.asked == []


def test_library_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    failure = failing(Proxy(host="127.0.0.1", port=1))
    assert isinstance(failure, SettingsError)
    assert failure.happened == "socks-proxy needs the library PySocks"
    assert failure.advice == f"{sys.executable} -m pip install PySocks"


def server_at(port: int, through: Proxy) -> SmtpServer:
    return SmtpServer(
        host="mx.example",
        port=port,
        hello_name="client.example",
        proxy=through,
        timeouts=Timeouts.bounded(10),
    )


def test_connection_that_begins_early_goes_through_the_proxy(
    serve: Any, proxy: Start
) -> None:
    server = serve("S: 220 mx")
    through = proxy(port=server.port)
    connecting = choose.begin(server_at(server.port, at(through)))
    assert connecting is not None
    connecting.result(lambda _: None).close()
    assert through.asked == [("mx.example", server.port)]


def test_trial_goes_through_the_proxy(serve: Any, proxy: Start, heard: Any) -> None:
    server = serve("S: 220 mx\nC: EHLO client.example\nS: 250 mx\nC: QUIT\nS: 221 bye")
    through = proxy(port=server.port)
    trial.reach(server_at(server.port, at(through)), heard, 10)
    assert server.went_as_written
