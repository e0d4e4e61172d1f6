"""socks-proxy at the door: a letter goes through it, and its password nowhere else."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.scripted import Server, serving
from tests.transport.socks_server import SocksServer, proxying

Run = Callable[..., Any]
PASSWORD = "geheim"
LETTER = ("-s", "S", "a@example.org")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture
def proxy(server: Server) -> Iterator[SocksServer]:
    how = SocksServer(port=server.port, login=("lin", PASSWORD))
    with proxying(how) as started:
        yield started


def settings(server: Server, proxy: SocksServer, more: str = "") -> str:
    address = f"socks5://lin:{PASSWORD}@127.0.0.1:{proxy.own_port}"
    mx = f"mx.example:{server.port}"
    return f"set from=me@example.org smtp={mx} socks-proxy={address}\n{more}"


def test_letter_goes_through_the_proxy(
    pymail: Run, server: Server, proxy: SocksServer
) -> None:
    ended = pymail("--debug", *LETTER, stdin=b"text\n", rc=settings(server, proxy))
    assert ended.status == 0, ended.err
    assert server.contents[0].endswith(b"\r\n\r\ntext\r\n")
    assert proxy.asked == [("mx.example", server.port)]
    assert f"the proxy is connected to mx.example:{server.port}" in ended.err
    assert PASSWORD not in ended.err


@pytest.mark.parametrize("option", ["--show-settings", "--check", "-d"])
def test_password_of_a_proxy_is_not_shown(
    pymail: Run, server: Server, proxy: SocksServer, option: str
) -> None:
    ended = pymail(option, "a@example.org", stdin=b"", rc=settings(server, proxy))
    assert ended.status == 0, ended.err
    assert f"127.0.0.1:{proxy.own_port}" in ended.out
    assert PASSWORD not in ended.out + ended.err


def test_password_of_the_environment_is_not_shown(
    pymail: Run, server: Server, proxy: SocksServer
) -> None:
    address = f"lin:{PASSWORD}@127.0.0.1:{proxy.own_port}"
    rc = f"set from=me@example.org smtp=mx.example:{server.port}\n"
    said = {"SOCKS5_PROXY": address}
    ended = pymail("--show-settings", rc=rc, variables=said)
    shown = f"SOCKS5_PROXY lin:«secret»@127.0.0.1:{proxy.own_port}"
    assert shown in " ".join(ended.out.split())
    assert PASSWORD not in ended.out
    assert pymail(*LETTER, stdin=b"text\n", rc=rc, variables=said).status == 0
    assert proxy.asked == [("mx.example", server.port)]


def test_mail_that_waits_knows_its_proxy_and_no_password(
    pymail: Run, world: Any, server: Server, proxy: SocksServer
) -> None:
    proxy.refuses = 5
    rc = f"set from=me@example.org smtp=mx.example:{server.port} outbox=~/outbox\n"
    address = f"lin:{PASSWORD}@127.0.0.1:{proxy.own_port}"
    ended = pymail("-S", f"socks-proxy={address}", *LETTER, stdin=b"text\n", rc=rc)
    assert ended.status == 75
    assert "the proxy cannot reach mx.example: connection refused" in ended.err
    files = [p for p in (world.directory / "outbox").rglob("*") if p.is_file()]
    text = b"".join(path.read_bytes() for path in files)
    assert f"socks-proxy=lin@127.0.0.1:{proxy.own_port}".encode() in text
    assert PASSWORD.encode() not in text
