"""Names and connections: every address family is tried and reported."""

import socket
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from pymail.commands.check import network_stages
from pymail.commands.check.findings import Findings, Verdict
from pymail.commands.check.network_stages import note_failed_family
from tests.check.servers import (
    ASKED,
    BYE,
    PLAIN,
    Checking,
    verdicts,
)


def rows(*addresses: str) -> list[Any]:
    kinds = {True: socket.AF_INET6, False: socket.AF_INET}
    return [(kinds[":" in a], socket.SOCK_STREAM, 6, "", (a, 0)) for a in addresses]


def resolving(*addresses: str) -> Callable[..., list[Any]]:
    def resolve(_host: bytes, port: int, **_: object) -> list[Any]:
        return [(*row[:4], (row[4][0], port)) for row in rows(*addresses)]

    return resolve


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (socket.EAI_NONAME, 68, "no such host"),
        (socket.EAI_AGAIN, 75, "the name cannot be looked up: temporary DNS failure"),
    ],
)
def test_name_that_does_not_resolve(
    checking: Checking, number: int, status: int, words: str
) -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(number, "no")

    checking.resolver = resolve
    found = checking(port=25, host="mail.example.com")
    assert found["name"].verdict is Verdict.FAILED
    assert found["name"].exit_status == status
    assert words in found["name"].problem
    assert found["name"].next_step
    assert set(verdicts(found).values()) == {"failed", "skipped"}


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_closed_port_is_75_with_advice(checking: Checking, closed_port: int) -> None:
    found = checking(port=closed_port)
    assert found["name"].facts == ("IPv4 127.0.0.1",)
    assert found["connect"].exit_status == 75
    assert "connection refused" in found["connect"].problem
    assert "check host and port" in found["connect"].next_step
    assert found["greeting"].verdict is Verdict.SKIPPED


@pytest.mark.parametrize("first", ["127.0.0.1", "::1"])
def test_family_that_fails_while_the_other_works_is_a_warning(
    checking: Checking, first: str
) -> None:
    addresses = ["127.0.0.1", "::1"]
    checking.resolver = resolving(first, *(a for a in addresses if a != first))
    found = checking(f"{PLAIN}{ASKED}{BYE}", host="mail.example.com")
    assert checking.server.went_as_written
    assert set(found["name"].facts) == {"IPv4 127.0.0.1", "IPv6 ::1"}
    assert found["connect"].verdict is Verdict.WARNING
    assert found["connect"].problem.startswith("IPv6 fails: ::1 connection refused")
    assert found["connect"].facts[0].startswith("IPv4: connected to 127.0.0.1")
    assert found["recipients"].verdict is Verdict.OK


def test_both_working_families_are_listed(checking: Checking) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as four,
        socket.create_server(
            ("::1", four.getsockname()[1]), family=socket.AF_INET6
        ) as six,
    ):
        checking.resolver = resolving("::1", "127.0.0.1")
        checking.seconds = 0.2
        found = checking(port=six.getsockname()[1], host="mail.example.com")
    kinds = [fact.partition(":")[0] for fact in found["connect"].facts]
    assert kinds == ["IPv6", "IPv4"]
    assert found["connect"].verdict is Verdict.OK
    assert found["greeting"].verdict is Verdict.FAILED


@pytest.mark.parametrize("first", ["127.0.0.1", "::1"])
def test_family_that_does_not_answer_is_a_warning(
    checking: Checking, blackhole: Any, monkeypatch: Any, first: str
) -> None:
    monkeypatch.setattr(network_stages, "OTHER_FAMILY_SECONDS", 0.05)
    hole = blackhole("::1")
    port = hole.getsockname()[1]
    with socket.create_server(("127.0.0.1", port)):
        checking.resolver = resolving(first, *({"127.0.0.1", "::1"} - {first}))
        checking.seconds = 0.4
        found = checking(port=port, host="mail.example.com")
    assert found["connect"].problem == "IPv6 fails: ::1 timed out"
    assert found["connect"].verdict is Verdict.WARNING


def test_machine_without_a_family_gets_no_warning() -> None:
    """An unreachable address fails at once, and does not delay a mail."""
    findings = Findings(("connect",), monotonic)
    note_failed_family("IPv6", "::1 network is unreachable", findings)
    stage = findings["connect"]
    assert stage.verdict is Verdict.OK
    assert "IPv6: ::1 network is unreachable" in stage.facts
