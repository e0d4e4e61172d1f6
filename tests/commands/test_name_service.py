"""Queries of DNS come back as text, and end with their deadline."""

from typing import Any

import pytest

from pymail.commands.name_service import NameServiceError, asker
from tests.name_server import name_server

__all__ = ["name_server"]  # fixture


@pytest.mark.parametrize(
    ("records", "kind", "answer"),
    [
        (['"v=spf1 " "-all"', "other"], "TXT", ["v=spf1 -all", "other"]),
        (["10 mx.x.example."], "MX", ["10 mx.x.example."]),
        (["192.0.2.1"], "A", ["192.0.2.1"]),
        ([], "A", []),
    ],
)
def test_records_are_texts(
    name_server: Any, records: list[str], kind: str, answer: list[str]
) -> None:
    ask = asker(5, name_server({f"x.example. {kind}": records}))
    assert sorted(ask("x.example", kind)) == sorted(answer)
    assert ask("other.example", kind) == []


def test_configuration_of_the_machine_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[object] = []
    monkeypatch.setattr(
        "dns.resolver.Resolver.read_resolv_conf", lambda *words: read.append(words)
    )
    ask = asker(5)
    for _ in range(2):
        with pytest.raises(NameServiceError):
            ask("x.example", "A")
    assert len(read) == 1


def test_deadline_is_for_all_queries_together(name_server: Any) -> None:
    ask = asker(0, name_server({"x.example. A": ["192.0.2.1"]}))
    with pytest.raises(
        NameServiceError, match=r"no answer about x\.example in 0 seconds"
    ):
        ask("x.example", "A")
