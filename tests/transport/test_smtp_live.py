"""Login and TLS with a real server: aiosmtpd, with certificates made by trustme."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from pymail.errors import AuthenticationError
from pymail.settings.server_models import Login, Tls, TlsMode
from tests.live_server import running

pytestmark = pytest.mark.live


class Mailbox:
    """A handler for aiosmtpd that keeps the messages."""

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
def test_message_is_sent_with_tls_and_login(
    send: Any, authority: Any, mode: TlsMode, mechanism: str
) -> None:
    options: dict[str, Any] = {"tls_context": authority.context}
    if mode is TlsMode.IMPLICIT:
        options = {"ssl_context": authority.context, "auth_require_tls": False}
    mailbox = Mailbox()
    with running(
        mailbox, auth_required=True, authenticator=authenticate, **options
    ) as port:
        report = send(
            SimpleNamespace(port=port),
            "a@example.org",
            "nobody@example.org",
            host="localhost",
            tls=Tls(mode=mode, ca_file=authority.file, system_authorities=False),
            login=Login(user="joe", mechanism=mechanism),
        )
    assert [row.fate.value for row in report.fates] == ["accepted", "refused"]
    assert report.queue_id == "LIVE1"
    (envelope,) = mailbox.envelopes
    assert envelope.rcpt_tos == ["a@example.org"]
    assert envelope.content == b"Subject: hi\r\n\r\nhello\r\n"


def test_wrong_password_is_sent_once(send: Any, authority: Any) -> None:
    options = {"tls_context": authority.context, "authenticator": authenticate}
    send.password = "wrong"
    with (
        running(Mailbox(), **options) as port,
        pytest.raises(AuthenticationError) as caught,
    ):
        send(
            SimpleNamespace(port=port),
            host="localhost",
            tls=Tls(mode=TlsMode.REQUIRED, ca_file=authority.file),
            login=Login(user="joe"),
        )
    assert caught.value.reply is not None
    assert caught.value.reply.code == 535
    assert "wrong" not in repr(send.trace.lines)
