"""Which transport reaches a server."""

from pathlib import Path
from typing import Any

import pytest

from pymail.secret import Secret
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Server,
    SmtpServer,
)
from pymail.terminal.trace import NullTrace
from pymail.transport.choose import choose

SMTP = SmtpServer(host="h", port=25, hello_name="c")


@pytest.mark.parametrize(
    ("server", "name"),
    [
        pytest.param(SMTP, "SmtpTransport", id="smtp"),
        pytest.param(
            SmtpServer(host="h", port=24, hello_name="c", lmtp=True),
            "SmtpTransport",
            id="lmtp",
        ),
        pytest.param(
            LmtpSocket(path=Path("/l"), hello_name="c"),
            "SmtpTransport",
            id="lmtp-socket",
        ),
        pytest.param(LocalMta(program=Path("/p")), "SendmailTransport", id="program"),
        pytest.param(FileTarget(), "FileTransport", id="file"),
    ],
)
def test_server_has_its_transport(world: Any, server: Server, name: str) -> None:
    made = world.environment("pymail")
    trace = NullTrace(lambda _: None)
    chosen = choose(
        server, trace=trace, ask_secret=lambda _l, _h: Secret(""), environment=made
    )
    assert type(chosen).__name__ == name
