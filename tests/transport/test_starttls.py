"""The next strategy after a session could not be opened."""

import ssl
from typing import Any

import pytest

from pymail.errors import (
    ConnectionLostError,
    PymailError,
    SettingsError,
    TimedOutError,
    TlsError,
)
from pymail.model import replace
from pymail.reply import Reply
from pymail.settings.server_models import Login, SmtpServer, Tls, TlsMode, Verify
from pymail.transport.starttls import Strategy, next_strategy

OFFERED = Strategy("EHLO", TlsMode.OFFERED, verify=True)
REQUIRED = replace(OFFERED, mode=TlsMode.REQUIRED)
IMPLICIT = replace(OFFERED, mode=TlsMode.IMPLICIT)
BLIND = replace(OFFERED, verify=False)

HUNG_UP = ConnectionLostError("the server closed the connection")
SAID_421 = ConnectionLostError("the server ends the session", reply=Reply(421))
SLOW = TimedOutError("timed out")
BROKEN = TlsError("the TLS handshake failed")
REFUSED = TlsError("the server refuses STARTTLS", reply=Reply(454))
SPOILT = SettingsError("no TLS cipher matches 'x'")
UNTRUSTED = TlsError("not trusted")
UNTRUSTED.__cause__ = ssl.SSLCertVerificationError(1, "x")

HELO = {"verb": "HELO"}
CLEAR = {"mode": TlsMode.NEVER, "downgraded": True}
UNPROVEN = {"verify": False, "downgraded": True}
FORGIVEN = {"verify": False, "forgiven": True}

# the last strategy, the stage and its failure, a login, tls-verify; the changed fields
# fmt: off
TRIES: dict[str, tuple[Strategy, str, PymailError, bool, Verify, dict[str, Any] | None]] = {
    "hangs-up-on-ehlo": (OFFERED, "hello", HUNG_UP, False, Verify.STRICT, HELO),
    "but-there-is-a-login": (OFFERED, "hello", HUNG_UP, True, Verify.STRICT, None),
    "but-tls-is-required": (REQUIRED, "hello", HUNG_UP, False, Verify.STRICT, None),
    "hangs-up-on-helo": (replace(OFFERED, verb="HELO"), "hello", HUNG_UP, False, Verify.STRICT, None),
    "says-why": (OFFERED, "hello", SAID_421, False, Verify.STRICT, None),
    "does-not-answer": (OFFERED, "hello", SLOW, False, Verify.STRICT, None),
    "does-not-greet": (OFFERED, "greeting", HUNG_UP, False, Verify.STRICT, None),
    "handshake-fails": (OFFERED, "tls", BROKEN, False, Verify.STRICT, CLEAR),
    "handshake-is-slow": (OFFERED, "tls", SLOW, True, Verify.STRICT, CLEAR),
    "required-fails": (REQUIRED, "tls", BROKEN, False, Verify.STRICT, None),
    "reply-inside-tls": (OFFERED, "tls", REFUSED, False, Verify.STRICT, None),
    "settings-are-wrong": (OFFERED, "hello", SPOILT, False, Verify.STRICT, CLEAR),
    "required-settings": (REQUIRED, "connect", SPOILT, False, Verify.STRICT, None),
    "untrusted": (OFFERED, "tls", UNTRUSTED, False, Verify.STRICT, UNPROVEN),
    "untrusted-without-proof": (BLIND, "tls", UNTRUSTED, False, Verify.STRICT, CLEAR),
    "untrusted-with-a-warning": (REQUIRED, "tls", UNTRUSTED, True, Verify.WARN, FORGIVEN),
    "untrusted-and-strict": (IMPLICIT, "tls", UNTRUSTED, False, Verify.STRICT, None),
}
# fmt: on


@pytest.mark.parametrize("case", TRIES)
def test_next_strategy_follows_from_the_failure(case: str) -> None:
    last, stage, failure, logs_in, verify, changes = TRIES[case]
    server = SmtpServer(
        host="mx.example",
        port=25,
        hello_name="client.example",
        tls=Tls(verify=verify, system_authorities=False),
        login=Login(user="joe") if logs_in else None,
    )
    another = next_strategy(last, stage, failure, server)
    if changes is None:
        assert another is None
        return
    assert another is not None
    downgraded = failure if changes.get("downgraded") else None
    expected = replace(last, **{**changes, "downgraded": downgraded})
    assert replace(another, reason="") == expected
    assert another.reason
