"""--login stores a secret that the server accepts; --logout removes it."""

import os
from typing import Any

import pytest

from pymail.commands.setup.new_secret import open_store
from pymail.credentials.keyring import Keyring
from pymail.errors import AuthenticationError
from pymail.reply import Reply
from pymail.secret import Secret
from tests.live_server import free_port
from tests.setup.conftest import CODE

pytestmark = pytest.mark.live

BUS = {"BUS": "there"}
LOCALHOST = "me@163.com at localhost"
IN_FILE = f"{LOCALHOST}: the password is in ~/.config/pymail/credentials\n"
IN_KEYRING = {("me@163.com", "localhost"): CODE}


@pytest.fixture
def settled(home: Any, server: Any) -> Any:
    """A home whose settings name the server and the login."""
    home.rc.write_text(
        f"set smtp={server.url} ssl-ca-file={server.ca} from=me@163.com\n"
        "set smtp-auth-user=me@163.com\n"
    )
    return home


@pytest.fixture
def away(home: Any) -> Any:
    """A home whose settings name a server that is unreachable."""
    home.rc.write_text(f"set smtp=smtp://localhost:{free_port()} user=me@163.com\n")
    return home


# ── --login ─────────────────────────────────────────────────────────────────


def test_login_stores_the_secret_of_the_settings_account(
    settled: Any, server: Any
) -> None:
    ended = settled.run("--login", answers=CODE)
    assert (ended.status, ended.out, ended.err) == (0, IN_FILE, "")
    line = f"machine localhost login me@163.com password {CODE}\n"
    assert settled.credentials == line
    assert server.logins == [("me@163.com", CODE)]
    assert settled.run("-s", "x", "a@x.org", answers="hi\n").status == 0


def test_account_can_be_named(settled: Any) -> None:
    ended = settled.run("--login", "Me <me@163.com>", answers=f" {CODE} \r\nmore\n")
    assert (ended.status, ended.out, ended.err) == (0, IN_FILE, "")


def test_code_can_come_from_a_file_or_a_descriptor(settled: Any, server: Any) -> None:
    settled.world.write("home/code", f"{CODE}\nmore\n")
    assert settled.run("--login", "--password-file", "code", answers=None).status == 0
    read, write = os.pipe()
    os.write(write, f"{CODE}\nmore".encode())
    ended = settled.run("--login", "--password-fd", str(read), answers=None)
    assert os.read(read, 99) == b"more"
    os.close(read)
    os.close(write)
    assert (ended.status, ended.err) == (0, "")
    assert server.logins == [("me@163.com", CODE)] * 2


NO_ANSWER = "no password: no answer to 'Password for me@163.com'"


@pytest.mark.parametrize(
    ("answers", "words", "status", "expected"),
    [
        ("WRONG", (), 77, "535"),
        ("WRONG", (), 77, "what to do:"),
        *((answers, (), 77, NO_ANSWER) for answers in ("", "\n", " \n", None)),
        (CODE, ("--store", "keyring"), 73, "keyring: no D-Bus session"),
    ],
)
def test_login_that_fails_stores_nothing(
    settled: Any,
    answers: str | None,
    words: tuple[str, ...],
    status: int,
    expected: str,
) -> None:
    before = settled.contents()
    ended = settled.run("--login", *words, answers=answers)
    assert (ended.status, ended.out) == (status, "")
    assert expected in ended.err
    assert "WRONG" not in ended.err
    assert settled.contents() == before


def test_secret_is_stored_with_a_warning_if_the_server_is_unreachable(
    away: Any,
) -> None:
    ended = away.run("--login", answers=CODE)
    assert ended.status == 0
    assert ended.err.startswith(
        "pymail: stored, but the login was not tried: connecting to localhost"
    )
    assert CODE in away.credentials


def test_failure_to_store_an_untried_secret_is_reported(away: Any) -> None:
    away.stores.refusal = "no room"
    ended = away.run("--login", answers=CODE)
    assert ended.status == 73
    assert "stored" not in ended.err + ended.out


def test_secret_is_stored_after_a_temporary_refusal(
    settled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_now(*_: object) -> None:
        raise AuthenticationError("not now", reply=Reply(454, lines=("later",)))

    monkeypatch.setattr("pymail.transport.handshake.verify_login", not_now)
    ended = settled.run("--login", answers=CODE)
    expected = "pymail: stored, but the login was not tried: not now: 454 later\n"
    assert (ended.status, ended.err) == (0, expected)


def test_keyring_is_preferred_if_cron_can_read_it(
    settled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = settled.stores.store

    def open_to_all(name: str, environment: Any, keyring_seconds: float) -> Any:
        made = store(name, environment, keyring_seconds)
        if name == "keyring":
            made.reachable = True
        return made

    secrets = "pymail.commands.setup.new_secret"
    monkeypatch.setattr(f"{secrets}.open_store", open_to_all)
    monkeypatch.setattr(f"{secrets}.SecretStores.cron_finds", lambda _: True)
    ended = settled.run("--login", answers=CODE)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"{LOCALHOST}: the password is in the keyring\n"
    assert settled.stores.keyring == IN_KEYRING


def test_keyring_that_cron_cannot_read_is_reported(settled: Any) -> None:
    ended = settled.run("--login", "--store", "keyring", answers=CODE, variables=BUS)
    assert ended.status == 0
    assert ended.err == (
        "pymail: cron can't read the password from the keyring\n"
        "pymail: for cron: pymail --login me@163.com --store file\n"
    )
    assert settled.stores.keyring == IN_KEYRING
    assert not settled.credentials


@pytest.mark.parametrize(
    ("answer", "locked", "in_file"),
    [("\n", False, True), ("y\n", False, True), ("n\n", False, False), ("y\n", True, True)],
)  # fmt: skip
def test_login_at_a_terminal_offers_the_file_for_cron(
    settled: Any, answer: str, *, locked: bool, in_file: bool
) -> None:
    settled.stores.stays = locked
    words, at_terminal = ("--login", "--store", "keyring"), {"terminal": True}
    ended = settled.run(
        *words, answers=answer, secret=CODE, variables=BUS, **at_terminal
    )
    assert ended.status == 0
    assert "Store it instead in a file that only you can read? [Y/n] " in ended.err
    assert bool(settled.credentials) is in_file
    assert (ended.out == IN_FILE) is in_file
    assert bool(settled.stores.keyring) is (locked or not in_file)
    assert ("--store file" in ended.err) is not in_file
    assert ("it also stays in the keyring: keyring: locked" in ended.err) is locked


def test_password_in_the_settings_that_takes_precedence_is_reported(
    settled: Any,
) -> None:
    settled.rc.write_text(settled.rc.read_text() + "set password=OLD\n")
    ended = settled.run("--login", answers=CODE)
    assert ended.status == 0
    assert ended.err == (
        "pymail: ~/.mailrc:3 has another password, which takes precedence: remove it there\n"
    )


def test_verbose_login_shows_how_other_programs_store_the_password(
    settled: Any,
) -> None:
    ended = settled.run("--login", "-v", answers=CODE)
    assert "secret-tool store --label=pymail service localhost username" in ended.out
    assert "machine localhost login me@163.com password …\n" in ended.out
    assert CODE not in ended.out + ended.err


# ── the account ─────────────────────────────────────────────────────────────


def test_address_at_a_known_provider_needs_no_settings(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []
    monkeypatch.setattr(
        "pymail.transport.handshake.verify_login",
        lambda server, *_: tried.append(server),
    )
    home.rc.write_text("set smtp=smtp://relay.example user=relay\n")
    ended = home.run("--login", "me@163.com", answers="abcd efgh ijkl mnop")
    assert (ended.status, ended.err) == (0, "")
    (server,) = tried
    assert (server.host, server.port) == ("smtp.163.com", 465)
    assert (server.tls.mode.value, server.login.user) == ("implicit", "me@163.com")
    line = "machine smtp.163.com login me@163.com password abcdefghijklmnop\n"
    assert home.credentials == line


def test_login_need_not_be_an_address(home: Any, server: Any) -> None:
    home.rc.write_text(f"set smtp={server.url} ssl-ca-file={server.ca}\n")
    assert home.run("--login", "apikey", answers=CODE).status == 0
    assert server.logins == [("apikey", CODE)]


def test_account_of_the_command_line_is_used(home: Any, server: Any) -> None:
    home.rc.write_text(
        f"account w {{\n set smtp={server.url} ssl-ca-file={server.ca} user=w\n}}\n"
    )
    assert home.run("-A", "w", "--login", answers=CODE).status == 0
    assert server.logins == [("w", CODE)]


@pytest.mark.parametrize("option", ["--login", "--logout"])
@pytest.mark.parametrize(
    ("rc", "words", "expected"),
    [
        ("", (), "the settings name no login\n  what to do: pymail --setup\n"),
        ("set smtp=h\n", (), "the settings name no login"),
        ("", ("me@own.example",), "pymail knows no server for me@own.example"),
        ("set smtp=h user=a\n", ("b@own.example",), "pymail --setup b@own.example"),
    ],
)
def test_advice_for_an_unknown_account_is_setup(
    home: Any, option: str, rc: str, words: tuple[str, ...], expected: str
) -> None:
    home.rc.write_text(rc)
    ended = home.run(option, *words, answers=CODE)
    assert ended.status == 78
    assert expected in ended.err


def test_login_takes_one_address(home: Any) -> None:
    ended = home.run("--login", "a@x.org", "b@x.org")
    assert (ended.status, ended.err) == (64, "pymail: --login takes one address\n")


# ── --logout ────────────────────────────────────────────────────────────────

LOGOUTS = {
    "everywhere": ((), BUS, ["password removed from the keyring", "password removed from the credentials file"], ""),
    "one store": (("--store", "file"), BUS, ["password removed from the credentials file"], ""),
    "out of reach": ((), {}, ["password removed from the credentials file"], "pymail: not searched: keyring: no D-Bus session\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGOUTS)
def test_logout_removes_the_secret_from_every_store_or_from_the_named_one(
    settled: Any, name: str
) -> None:
    words, variables, expected, warned = LOGOUTS[name]
    settled.run("--login", answers=CODE)
    settled.run("--login", "--store", "keyring", answers=CODE, variables=BUS)
    ended = settled.run("--logout", *words, variables=variables)
    assert (ended.status, ended.err) == (0, warned)
    assert ended.out == "".join(f"{LOCALHOST}: {line}\n" for line in expected)
    assert not settled.credentials
    assert bool(settled.stores.keyring) is (name != "everywhere")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [(BUS, "no password was stored"), ({}, "no password was removed")],
)
def test_logout_without_a_stored_secret_succeeds(
    settled: Any, variables: dict[str, str], expected: str
) -> None:
    ended = settled.run("--logout", variables=variables)
    assert (ended.status, ended.out) == (0, f"{LOCALHOST}: {expected}\n")
    assert (ended.err == "") is bool(variables)


def test_unreachable_store_is_an_error_if_it_is_named(settled: Any) -> None:
    assert settled.run("--logout", "--store", "keyring").status == 73


def test_stores_are_the_keyring_and_the_credentials_file(world: Any) -> None:
    made = world.environment("pymail")
    assert isinstance(open_store("keyring", made, 5.0), Keyring)
    place = open_store("file", made, 5.0).put("me", "h", Secret("x"))
    assert place.endswith(".config/pymail/credentials")
