"""The real thing, once per feature: aiosmtpd and certificates of our own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from pymail.errors import AuthenticationError
from pymail.settings.server_models import Login, Tls, TlsMode

pytestmark = pytest.mark.live


class Mailbox:
    """aiosmtpd's handler: keeps what it takes."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("nobody"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        self.envelopes.append(envelope)
        return "250 2.0.0 Ok: queued as LIVE1"


def authenticate(_1: Any, _2: Any, _3: Any, _mechanism: str, data: Any) -> Any:
    return AuthResult(success=data == LoginPassword(b"joe", b"s3cret"), handled=False)


class LiveServer:
    """aiosmtpd in a thread."""

    def __init__(self, implicit: Any = None, **options: Any) -> None:
        self.mailbox = Mailbox()
        self.port = 0
        self._implicit = implicit
        self._options = options
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._started.wait(10)

    def _run(self) -> None:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            self._over = asyncio.Event()
            server = await loop.create_server(
                lambda: SMTP(self.mailbox, hostname="mx.example.org", **self._options),
                "127.0.0.1",
                0,
                ssl=self._implicit,
            )
            self.port = server.sockets[0].getsockname()[1]
            self._started.set()
            async with server:
                await self._over.wait()

        self._loop.run_until_complete(main())
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)


@pytest.fixture
def live() -> Iterator[Callable[..., LiveServer]]:
    servers: list[LiveServer] = []

    def start(**options: Any) -> LiveServer:
        servers.append(LiveServer(**options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(
    ("mode", "mechanism"),
    [
        pytest.param(TlsMode.REQUIRED, "", id="starttls"),
        pytest.param(TlsMode.REQUIRED, "login", id="starttls-login"),
        pytest.param(TlsMode.IMPLICIT, "plain", id="implicit-plain"),
        pytest.param(TlsMode.IMPLICIT, "login", id="implicit-login"),
    ],
)
def test_a_letter_goes_through_tls_and_login(
    live: Any, send: Any, authority: Any, mode: TlsMode, mechanism: str
) -> None:
    options = {"auth_required": True, "authenticator": authenticate}
    if mode is TlsMode.IMPLICIT:
        server = live(implicit=authority.context, auth_require_tls=False, **options)
    else:
        server = live(tls_context=authority.context, require_starttls=True, **options)
    report = send(
        SimpleNamespace(port=server.port),
        "a@example.org",
        "nobody@example.org",
        host="localhost",
        tls=Tls(mode=mode, ca_file=authority.file, system_authorities=False),
        login=Login(user="joe", mechanism=mechanism),
    )
    assert [row.fate.value for row in report.fates] == ["accepted", "refused"]
    assert report.queue_id == "LIVE1"
    (envelope,) = server.mailbox.envelopes
    assert envelope.rcpt_tos == ["a@example.org"]
    assert envelope.content == b"Subject: hi\r\n\r\nhello\r\n"


def test_a_wrong_password_is_refused_once(live: Any, send: Any, authority: Any) -> None:
    server = live(tls_context=authority.context, authenticator=authenticate)
    send.password = "wrong"
    with pytest.raises(AuthenticationError) as caught:
        send(
            SimpleNamespace(port=server.port),
            host="localhost",
            tls=Tls(mode=TlsMode.REQUIRED, ca_file=authority.file),
            login=Login(user="joe"),
        )
    assert caught.value.reply is not None
    assert caught.value.reply.code == 535
    assert "wrong" not in repr(send.trace.lines)
