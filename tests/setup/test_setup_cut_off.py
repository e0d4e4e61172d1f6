"""--setup that is not gone through leaves everything as it was."""

from collections.abc import Callable
from typing import Any

import pytest

from pymail.errors import Interrupted
from pymail.model import replace
from tests.live_server import free_port

pytestmark = pytest.mark.live

CODE = "ABCDEFGHIJKLMNOP"
OLD = "set from=me@163.com\n"


@pytest.fixture(autouse=True)
def _nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests off the network: no domain has a server."""
    monkeypatch.setattr(
        "pymail.commands.setup.discover.announced_places", lambda *_, **__: []
    )
    monkeypatch.setattr(
        "pymail.commands.setup.discover.usual_places", lambda _domain: []
    )


def conversation(server: Any) -> list[str]:
    """Every answer to every question there is."""
    return ["me@own.example", server.url, "me", CODE]


def test_every_answer_leads_to_a_mail(home: Any, server: Any) -> None:
    answers = "".join(f"{line}\n" for line in [*conversation(server), "y"])
    ended = home.run("--setup", "-S", f"ssl-ca-file={server.ca}", answers=answers)
    assert (ended.status, ended.err) == (0, "")
    assert server.logins == [("me", CODE)] * 2
    assert len(server.mails) == 1


@pytest.mark.parametrize("count", range(4))
@pytest.mark.parametrize("end", ["", "\n"])
def test_input_that_ends_after_any_answer_changes_nothing(
    home: Any, server: Any, count: int, end: str
) -> None:
    home.rc.write_text(OLD)
    before = home.contents()
    answers = "\n".join(conversation(server)[:count]) + end
    ended = home.run("--setup", "-S", f"ssl-ca-file={server.ca}", answers=answers)
    assert ended.status == (77 if count == 3 else 64)
    first, *rest = ended.err.splitlines()
    assert "no answer to" in first
    assert first.endswith("nothing is changed")
    assert all(line.startswith("  ") for line in rest)
    assert home.contents() == before
    assert not home.stores.keyring
    assert not server.logins


def test_no_input_at_all_changes_nothing(home: Any) -> None:
    ended = home.run("--setup", answers=None)
    assert (ended.status, ended.out) == (64, "")
    assert ended.err == "pymail: no answer to 'Address', nothing is changed\n"
    assert home.contents() == {}


@pytest.mark.parametrize("count", range(4))
def test_interrupt_at_any_question_changes_nothing(
    world: Any, home: Any, server: Any, count: int
) -> None:
    from pymail.main import main

    home.rc.write_text(OLD)
    before = home.contents()

    lines = [f"{line}\n".encode() for line in conversation(server)[:count]]

    class Stdin:
        def readline(self, _size: int) -> bytes:
            if not lines:
                raise Interrupted(2)
            return lines.pop(0)

    made = world.environment("pymail", "--setup", "-S", f"ssl-ca-file={server.ca}")
    made = replace(made, home=home.directory, cwd=home.directory, stdin=Stdin())
    assert main(made) == 130
    assert home.contents() == before
    assert not server.logins


def test_interrupt_during_the_login_changes_nothing(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr("pymail.transport.handshake.verify_login", interrupted)
    words = ("--setup", "me@163.com", *server.words)
    assert home.run(*words, answers=CODE).status == 130
    assert home.contents() == {}


def test_nothing_may_interrupt_what_is_written(
    world: Any, home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pymail.main import main

    heard: list[str] = []
    store: Callable[..., Any] = home.stores.store

    def noted(*words: Any, **more: Any) -> Any:
        heard.append("store")
        return store(*words, **more)

    monkeypatch.setattr("pymail.commands.setup.new_secret.open_store", noted)
    made = world.environment(
        *("pymail", "--setup", "me@163.com", *server.words), stdin=CODE.encode()
    )
    status = main(
        replace(made, home=home.directory, cwd=home.directory),
        hold_signals=lambda: heard.append("hold"),
        catch_signals=lambda: heard.append("catch"),
    )
    assert (status, heard) == (0, ["hold", "store", "store", "catch"])


# ── answers that make no sense ──────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "answers", "ending"),
    [
        (("me",), "", (65, "me: an address has an @ and a domain")),
        (("a@x.org", "b@x.org"), "", (64, "--setup takes one address")),
        (("a@@x.org",), "", (65, "a@@x.org")),
        (("a@[192.0.2.1]",), "", (64, "no answer to 'Server'")),
        ((), "nonsense\n", (65, "an address has an @ and a domain")),
        (
            ("a@own.example",),
            "gopher://h\n",
            (78, "gopher:// is no scheme for sending"),
        ),
        (("a@own.example",), "h:port\n", (78, "no port stands behind the :")),
        (
            ("a@own.example",),
            "u:p@h\n",
            (78, "a password in the address of the server"),
        ),
        (("a@own.example", "-S", "password=p"), "", (64, "-S password: a password is")),
        (
            ("a@own.example", "-A", "w"),
            "",
            (64, "--setup writes what counts without -A"),
        ),
        (("a@163.com", "--store", "file", "--check"), "", (64, "one at a time")),
        (("a@163.com", "--password-fd", "99"), "", (66, "--password-fd 99: bad file")),
        (
            ("a@163.com", "--password-file", "no"),
            "",
            (66, "--password-file no: no such"),
        ),
        (
            ("a@163.com", "--password-file", "/dev/null"),
            "",
            (66, "--password-file /dev/null: it is empty"),
        ),
        (("a@163.com",), "co\x01de\n", (77, "a password has no control characters")),
        (("a@163.com",), " \n", (77, "no answer to 'Authorization code of a@163.com'")),
    ],
)
def test_nonsense_is_named_and_changes_nothing(
    home: Any, words: tuple[str, ...], answers: str, ending: tuple[int, str]
) -> None:
    ended = home.run("--setup", *words, answers=answers)
    status, said = ending
    assert ended.status == status
    assert said in ended.err
    assert home.contents() == {}


# ── what the server says ────────────────────────────────────────────────────


def test_refused_login_is_explained_and_nothing_is_written(
    home: Any, server: Any
) -> None:
    ended = home.run("--setup", "me@163.com", *server.words, answers="WRONG\n")
    assert ended.status == 77
    assert "the server does not accept the login: 535" in ended.err
    assert "what to do:" in ended.err
    assert "WRONG" not in ended.err + ended.out
    assert len(server.logins) == 1
    assert home.contents() == {}


@pytest.mark.parametrize(
    ("url", "status"),
    [("smtp://localhost:{port}", 75), ("smtps://no-such-host.invalid", None)],
)
def test_server_out_of_reach_is_told_and_nothing_is_written(
    home: Any, url: str, status: int | None
) -> None:
    server = url.format(port=free_port())
    words = ("--setup", "me@163.com", "-S", f"smtp={server}")
    ended = home.run(*words, answers=f"{CODE}\n")
    assert ended.status in ((status,) if status else (68, 75))
    assert "connecting to" in ended.err
    assert home.contents() == {}


def test_certificate_that_is_not_trusted_is_told_and_nothing_is_written(
    home: Any, server: Any
) -> None:
    words = ("--setup", "me@163.com", "-S", f"smtp={server.url}")
    ended = home.run(*words, answers=f"{CODE}\n")
    assert ended.status == 76
    assert not server.logins
    assert home.contents() == {}
