"""A pinned certificate: it alone is accepted, whatever the authorities."""

import hashlib
import ssl
from contextlib import suppress
from typing import Any

import pytest

from pymail.errors import TlsError
from pymail.settings.server_models import Login, Tls, TlsMode, Verify
from tests.transport.test_tls import INSIDE, LOGGED_IN, START
from tests.transport.transcripts import REST

JOE = Login(user="joe")
WAYS = {
    TlsMode.IMPLICIT: "<tls>\nS: 220 mx\n",
    TlsMode.REQUIRED: f"{START}<tls>\n",
}


def certificate(context: ssl.SSLContext) -> bytes:
    """Return the certificate that a server with this context shows."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    client = asking.wrap_bio(down, up)
    server = context.wrap_bio(up, down, server_side=True)
    for side in (client, server, client):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return client.getpeercert(binary_form=True) or b""


def pinned(octets: bytes, mode: TlsMode, **more: Any) -> dict[str, Any]:
    tls = Tls(
        mode=mode, pin=hashlib.sha256(octets).digest(), system_authorities=False, **more
    )
    return {"host": "localhost", "tls": tls, "login": JOE}


@pytest.mark.parametrize("which", ["self_signed", "wrong_host"])
@pytest.mark.parametrize("mode", WAYS)
def test_pinned_certificate_needs_no_authority(
    serve: Any,
    send: Any,
    authority: Any,
    *,
    mode: TlsMode,
    which: str,
) -> None:
    context = getattr(authority, which)
    server = serve(f"{WAYS[mode]}{INSIDE}{LOGGED_IN}{REST}", context=context)
    assert send(server, **pinned(certificate(context), mode)).complete
    assert server.went_as_written
    assert send.trace.notes[-1] == "the certificate matches tls-fingerprint"
    assert send.asked == ["joe@localhost"]


@pytest.mark.parametrize("verify", Verify)
@pytest.mark.parametrize("mode", WAYS)
def test_other_certificate_than_the_pinned_ends_the_attempt(
    serve: Any, send: Any, authority: Any, *, mode: TlsMode, verify: Verify
) -> None:
    """Even a trusted certificate is refused, with any value of tls-verify."""
    before = START if mode is TlsMode.REQUIRED else ""
    server = serve(f"{before}<tls>", context=authority.context)
    how = pinned(b"another", mode, verify=verify, ca_file=authority.file)
    with pytest.raises(TlsError) as refusal:
        send(server, **how)
    assert server.went_as_written
    seen = hashlib.sha256(certificate(authority.context)).digest().hex(":").upper()
    assert refusal.value.happened == (
        f"the server's certificate doesn't match tls-fingerprint: SHA-256 {seen}"
    )
    assert refusal.value.advice.endswith(f"set tls-fingerprint={seen}")
    assert send.asked == []
