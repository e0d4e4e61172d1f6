"""Submission servers that a domain announces in the DNS."""

import builtins
import socket
from typing import Any

import pytest

from pymail.commands.setup.discover import announced_servers, usual_servers
from tests.name_server import Zone, name_server

__all__ = ["name_server"]  # fixture


IMPLICIT, STARTTLS = (
    "_submissions._tcp.x.example. SRV",
    "_submission._tcp.x.example. SRV",
)


@pytest.mark.parametrize(
    ("zone", "servers"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({IMPLICIT: [], STARTTLS: []}, [], id="no-answer"),
        pytest.param({STARTTLS: ["0 1 587 mail.x.example."]}, ["smtp://mail.x.example:587"], id="starttls"),
        pytest.param(
            {
                STARTTLS: ["0 1 587 c.x.example."],
                IMPLICIT: ["20 9 465 b.x.example.", "10 1 4650 A.X.example."],
            },
            ["smtps://a.x.example:4650", "smtps://b.x.example", "smtp://c.x.example:587"],
            id="tls-first-then-by-priority",
        ),
        pytest.param(
            {IMPLICIT: ["5 1 465 a.x.example.", "5 9 465 b.x.example."]},
            ["smtps://b.x.example", "smtps://a.x.example"],
            id="heavier-first",
        ),
        pytest.param({IMPLICIT: ["0 0 0 ."]}, [], id="decidedly-none"),
    ],
)  # fmt: skip
def test_announced_servers_come_in_the_order_of_preference(
    name_server: Any, zone: Zone, servers: list[str]
) -> None:
    asked = name_server(zone)
    assert announced_servers("x.example", seconds=5, name_server=asked) == servers


@pytest.mark.parametrize("domain", ["x..example", "x" * 70 + ".example"])
def test_invalid_domain_announces_no_server(domain: str) -> None:
    assert announced_servers(domain, seconds=1, name_server=("127.0.0.1", 1)) == []


def test_wait_for_a_silent_name_server_is_limited() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        servers = silent.getsockname()
        assert announced_servers("x.example", seconds=0.1, name_server=servers) == []


def test_no_server_is_announced_without_the_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = builtins.__import__

    def without_dns(name: str, *more: Any) -> Any:
        if name.partition(".")[0] == "dns":
            raise ImportError(name)
        return load(name, *more)

    monkeypatch.setattr(builtins, "__import__", without_dns)
    assert announced_servers("x.example", seconds=1) == []


def test_usual_servers_are_two_names_and_two_ports() -> None:
    assert usual_servers("x.example") == [
        "smtps://smtp.x.example",
        "smtp://smtp.x.example:587",
        "smtps://mail.x.example",
        "smtp://mail.x.example:587",
    ]


def test_name_servers_of_the_machine_are_the_default() -> None:
    assert announced_servers("nobody.invalid", seconds=0.2) == []
