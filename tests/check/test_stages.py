"""A check takes the steps of a mail, and notes the result of each."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.check.check import SOCKET
from pymail.commands.check.findings import Stage, Verdict
from pymail.errors import Interrupted
from pymail.settings.server_models import LmtpSocket
from pymail.transport.connect import endpoint
from tests.check.servers import (
    ASKED,
    BYE,
    GREETED,
    PLAIN,
    Checking,
    verdicts,
)


def test_every_stage_is_tried_and_nothing_is_sent(checking: Checking) -> None:
    found = checking(f"{PLAIN}{ASKED}{BYE}")
    assert checking.server.went_as_written
    words = {name: v for name, v in verdicts(found).items() if v != "ok"}
    assert words == {"tls": "skipped"}
    assert found["greeting"].facts == ("220 mx.example ESMTP",)
    assert found["extensions"].facts[0] == "SIZE: messages up to 50 MiB"
    assert found["mechanism"].facts[0] == "offered: PLAIN LOGIN"
    assert found["mechanism"].facts[1].startswith("used: PLAIN")
    assert found["login"].facts == ("as joe@example.com: 235 2.7.0 welcome",)
    assert found["recipients"].facts == (
        "a@example.org: 250 2.1.5 ok",
        "b@example.org: 250 2.1.5 ok",
    )


def test_commands_are_pipelined_as_for_a_mail(
    checking: Checking,
) -> None:
    group = ASKED.splitlines()
    commands = "\n".join(line for line in group if line.startswith("C:"))
    replies = "\n".join(line for line in group if line.startswith("S:"))
    hello = "S: 250-mx.example\nS: 250-PIPELINING\nS: 250-SIZE\nS: 250 DSN\n"
    found = checking(f"{GREETED}{hello}{commands}\n{replies}\n{BYE}", login=None)
    assert checking.server.went_as_written
    assert found["recipients"].verdict is Verdict.OK
    assert found["extensions"].facts[0] == "SIZE: no limit stated"
    assert found["login"].facts == ("no login is set",)


@pytest.mark.parametrize(
    ("offer", "expected"),
    [
        ("SIZE 1000", "SIZE: messages up to 1000 octets"),
        ("SIZE 2048", "SIZE: messages up to 2 KiB"),
        ("SIZE x", "SIZE: no limit stated"),
        ("CHUNKING", "offered: CHUNKING"),
    ],
)
def test_offer_is_described(checking: Checking, offer: str, expected: str) -> None:
    checking.secret = None
    assert (
        expected
        in checking(f"{GREETED}S: 250-mx\nS: 250-{offer}\nS: 250 AUTH PLAIN\n")[
            "extensions"
        ].facts
    )


def test_server_with_every_extension_lacks_none(checking: Checking) -> None:
    names = ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING")
    offer = "".join(f"S: 250-{name}\n" for name in names)
    checking.envelope = None
    facts = checking(f"{GREETED}S: 250-mx\n{offer}S: 250 DSN\n", login=None)[
        "extensions"
    ].facts
    assert facts == ("offered: PIPELINING 8BITMIME SMTPUTF8 CHUNKING DSN",)


def test_extensions_that_settings_switch_off_are_listed(
    serve: Any, checking: Checking
) -> None:
    server = serve(f"{GREETED}S: 250-mx\nS: 250-PIPELINING\nS: 250 SIZE\n")
    checking.envelope = None
    found = checking(
        port=server.port, login=None, ignored_extensions=frozenset({"PIPELINING"})
    )
    facts = found["extensions"].facts
    assert "switched off by smtp-config: PIPELINING" in facts
    assert found["sender"].verdict is Verdict.SKIPPED


def test_server_without_any_extension(checking: Checking) -> None:
    hello = "S: 502 what?\nC: HELO client.example\nS: 250 hello\n"
    checking.envelope = None
    found = checking(f"{GREETED}{hello}", login=None)
    assert found["extensions"].facts[0] == "none"
    assert found["mechanism"].facts == ("offered: none",)


def test_interrupt_leaves_the_findings_so_far(checking: Checking) -> None:
    def interrupted(line: bytes) -> None:
        if line.startswith(b"MAIL"):
            raise Interrupted(2)

    checking.trace.sent = interrupted
    with pytest.raises(Interrupted):
        checking(f"{PLAIN}C: MAIL FROM:<joe@example.com> SIZE=22\n<silence>")
    findings = checking.findings
    assert findings["login"].verdict is Verdict.OK
    assert findings["sender"].problem == "interrupted"
    assert findings["sender"].exit_status == 130


@pytest.fixture
def lmtp_socket(tmp_path: Path) -> Iterator[Path]:
    """Run an LMTP server on a local socket for one session."""
    path = tmp_path / "lmtp"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        sock, _ = listener.accept()
        # the client does not wait for the reply to QUIT
        with suppress(OSError), sock, sock.makefile("rb") as lines:
            sock.sendall(b"220 lmtp\r\n")
            for line in lines:
                sock.sendall(b"250 " + line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield path
    thread.join(10)
    listener.close()


def test_lmtp_on_a_local_socket(lmtp_socket: Path, checking: Checking) -> None:
    found = over_socket(lmtp_socket, checking)
    assert found["connect"].facts == (f"connected to {lmtp_socket}",)
    assert found["greeting"].facts == ("220 lmtp",)
    assert set(verdicts(found).values()) == {"ok"}


def test_missing_lmtp_socket(tmp_path: Path, checking: Checking) -> None:
    found = over_socket(tmp_path / "none", checking)
    assert found["connect"].exit_status == 75
    assert "no such file" in found["connect"].problem


def over_socket(path: Path, checking: Checking) -> dict[str, Stage]:
    server, peer = endpoint(LmtpSocket(path=path, hello_name="me"))
    return checking.check(server, peer, SOCKET[1:])
