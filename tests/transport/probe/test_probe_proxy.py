"""A proxy on the way to the server."""

from typing import Any

from pymail.outcome.checkup import Verdict
from pymail.settings.server_records import Proxy
from tests.transport.probe.scripts import Checking, verdicts
from tests.transport.socks_server import SocksServer, proxying

HELLO = "S: 220 mx\nC: EHLO client.example\nS: 250 mx\nC: QUIT\nS: 221 bye"


def test_check_says_what_the_proxy_does(serve: Any, checking: Checking) -> None:
    server = serve(HELLO)
    checking.envelope = None
    with proxying(SocksServer(port=server.port)) as through:
        proxy = Proxy(host="127.0.0.1", port=through.own_port)
        found = checking(server.port, host="mx.example", login=None, proxy=proxy)
    assert found["name"].verdict is Verdict.SKIPPED
    assert found["name"].facts == ("the proxy looks it up",)
    assert found["connect"].facts == (
        f"connected to 127.0.0.1 port {through.own_port}",
        f"the proxy is connected to mx.example:{server.port}",
    )


def test_proxy_that_does_not_reach_the_server_fails_the_connection(
    checking: Checking,
) -> None:
    with proxying(SocksServer(refuses=5)) as through:
        proxy = Proxy(host="127.0.0.1", port=through.own_port)
        found = checking(25, host="mx.example", proxy=proxy)
    assert found["connect"].verdict is Verdict.FAILED
    assert "the proxy cannot reach mx.example" in found["connect"].problem
    assert set(verdicts(found).values()) == {"failed", "skipped"}
