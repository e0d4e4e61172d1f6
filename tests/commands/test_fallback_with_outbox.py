"""smtp-fallback with an outbox: the letter is kept once, whoever takes it."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Stopped
from tests.scripted import Server, nobody, serving

Run = Callable[..., Any]
FIRST = "set outbox=box from=ops@example.com smtp-timeout=2 smtp-fallback=backup\n"
LETTER = ("-s", "S", "a@example.org")


def backup(address: str) -> str:
    return f"account backup {{\nset smtp={address}\n}}\n"


def kept(world: Any) -> list[Path]:
    return list((world.directory / "box").iterdir())


@pytest.fixture(autouse=True)
def _each_mail_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = count(1)
    monkeypatch.setattr(Stopped, "token", lambda _self: f"{next(tokens):016x}")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


def test_what_the_fallback_takes_is_nowhere_else(
    pymail: Run, world: Any, server: Server
) -> None:
    rc = f"{FIRST}set smtp={nobody()}\n{backup(server.address)}"
    ended = pymail(*LETTER, stdin=b"text\n", rc=rc)
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    assert len(server.contents) == 1
    assert kept(world) == []
    assert world.dead_letter == ""


def test_what_nobody_can_be_reached_for_waits_once(pymail: Run, world: Any) -> None:
    rc = f"{FIRST}set smtp={nobody()}\n{backup(nobody())}"
    ended = pymail(*LETTER, stdin=b"text\n", rc=rc)
    assert ended.status == 75
    assert ended.err.count("connection refused") == 2
    (mail,) = kept(world)
    text = mail.read_bytes()
    assert b"\r\n\r\ntext\r\n" in text
    assert b" deferred <a@example.org>" in text
    assert world.dead_letter == ""


def test_two_letters_to_nobody_wait_both(pymail: Run, world: Any) -> None:
    rc = f"{FIRST}set smtp={nobody()}\n{backup(nobody())}"
    letters = b"~s one\ntext one\n~.\nmail b@example.org\n~s two\ntext two\n~.\n"
    ended = pymail("-#", stdin=b"mail a@example.org\n" + letters, rc=rc)
    assert ended.status == 75
    assert len(kept(world)) == 2
    assert world.dead_letter == ""


def test_a_letter_of_the_fallback_that_is_refused_there_is_a_dead_letter(
    pymail: Run, world: Any
) -> None:
    with serving({"RCPT": "550 5.1.1 no such user"}) as server:
        rc = f"{FIRST}set smtp={nobody()}\n{backup(server.address)}"
        ended = pymail(*LETTER, stdin=b"text\n", rc=rc)
    assert ended.status == 67
    assert kept(world) == []
    assert "\n\ntext\n" in world.dead_letter


def test_a_refused_login_is_no_reason_and_is_held(
    pymail: Run, world: Any, server: Server
) -> None:
    login = "set smtp-auth-user=me smtp-auth-password=hunter22 smtp-auth=plain\n"
    with serving({"AUTH": "535 no"}) as first:
        rc = f"{FIRST}{login}set smtp={first.address}\n{backup(server.address)}"
        ended = pymail(*LETTER, stdin=b"text\n", rc=rc)
    assert ended.status == 77
    assert server.heard == []
    (mail,) = kept(world)
    assert b" held " in mail.read_bytes()
    assert world.dead_letter == ""


def test_a_refused_login_of_the_fallback_leaves_the_letter_waiting(
    pymail: Run, world: Any
) -> None:
    with serving({"AUTH": "535 no"}) as second:
        account = (
            f"account backup {{\nset smtp={second.address} smtp-auth-user=me"
            " smtp-auth-password=hunter22 smtp-auth=plain\n}\n"
        )
        rc = f"{FIRST}set smtp={nobody()}\n{account}"
        ended = pymail(*LETTER, stdin=b"text\n", rc=rc)
    assert ended.status == 75
    (mail,) = kept(world)
    assert b" deferred <a@example.org>" in mail.read_bytes()
