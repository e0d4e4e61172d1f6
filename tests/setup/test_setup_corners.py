"""--setup where tokens, relays and other settings come in."""

from typing import Any

import pytest

from pymail.commands.setup import discover
from pymail.errors import Interrupted
from pymail.secret import Secret
from tests.live_server import free_port
from tests.setup import fakes

pytestmark = pytest.mark.live

CODE = "ABCDEFGHIJKLMNOP"


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymail.report.providers.PROVIDERS", fakes.PROVIDERS)


def nobody(*_: object, **__: object) -> list[discover.Place]:
    return []


def test_token_command_is_written_and_nothing_stored(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take(smtp: Any, _words: list[str]) -> Any:
        await smtp.push("235 2.7.0 ok")

    server.auth_XOAUTH2 = take
    monkeypatch.setattr(
        "pymail.commands.setup.trial_logins.asking",
        lambda *_: lambda _login, _host: Secret("token"),
    )
    words = ("--setup", "me@outlook.com", *server.words)
    ended = home.run(*words, answers="get 'a token'\n")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == (
        "~/.mailrc is written; the password comes from: get 'a token'\n"
        "send: echo hello | pymail -s Test me@outlook.com\n"
    )
    text = home.rc.read_text()
    assert "set smtp-auth=xoauth2\n" in text
    assert "set 'smtp-password-command=get '\"'\"'a token'\"'\"\n" in text
    assert not (home.directory / ".config/pymail/credentials").exists()


def test_password_can_come_from_a_command(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pymail.commands.setup.trial_logins.asking",
        lambda *_: lambda _login, _host: Secret(CODE),
    )
    home.rc.write_text("set password=OLD\n")
    command = ("-S", "smtp-password-command=pass qq")
    ended = home.run("--setup", "me@qq.com", *server.words, *command)
    assert ended.status == 0
    assert server.logins == [("me@qq.com", CODE)]
    text = home.rc.read_text()
    assert "set 'smtp-password-command=pass qq'\n" in text
    assert "OLD" not in text
    assert not (home.directory / ".config/pymail/credentials").exists()


def test_what_the_file_says_by_now_is_what_is_changed(home: Any, server: Any) -> None:
    authenticate = server.authenticate

    def meanwhile(*words: Any) -> Any:
        home.rc.write_text("# edited meanwhile\n")
        return authenticate(*words)

    server.authenticate = meanwhile
    words = ("--setup", "me@qq.com", *server.words)
    assert home.run(*words, answers=CODE).status == 0
    assert home.rc.read_text().startswith("# edited meanwhile\n")
    assert "set from=me@qq.com\n" in home.rc.read_text()


def test_other_place_that_answers_first_is_told(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "pymail.commands.setup.new_secret.SecretStores.shadow", lambda *_: "the moon"
    )
    words = ("--setup", "me@qq.com", *server.words)
    ended = home.run(*words, answers=CODE)
    assert ended.status == 0
    assert ended.err == (
        "pymail: the moon has another password, which comes first: remove it there\n"
    )


@pytest.mark.parametrize("option", ["--setup", "--login", "--logout"])
def test_nothing_of_this_can_be_a_dry_run(home: Any, option: str) -> None:
    ended = home.run("-d", option, "me@qq.com", answers=CODE)
    assert (ended.status, ended.err) == (
        64,
        f"pymail: {option} cannot be a dry run (-d)\n",
    )


def test_login_name_can_be_said_besides_the_server(home: Any, server: Any) -> None:
    words = ("--setup", "me@own.example", *server.words, "-S", "user=relay")
    assert home.run(*words, answers=CODE).status == 0
    assert server.logins == [("relay", CODE)]
    assert "set smtp-auth-user=relay\nset from=me@own.example\n" in home.rc.read_text()


def test_login_name_can_be_in_the_address_of_the_server(home: Any, server: Any) -> None:
    url = server.url.replace("://", "://relay@")
    words = ("--setup", "me@own.example", "-S", f"smtp={url}")
    ca = ("-S", f"ssl-ca-file={server.ca}")
    assert home.run(*words, *ca, answers=CODE).status == 0
    assert server.logins == [("relay", CODE)]


def test_variable_can_be_unset_along(home: Any, server: Any) -> None:
    home.rc.write_text("set hold from=me@qq.com\n")
    words = ("--setup", "me@qq.com", *server.words, "-S", "nohold")
    assert home.run(*words, answers=CODE).status == 0
    assert home.rc.read_text().startswith("set from=me@qq.com\n")


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ("smtp={}", "smtp://{}"),
        ("mta=smtp://{}", "smtp://{}"),
        ("smtp=smtp://{}", "smtp://{}"),
    ],
)
def test_server_without_a_scheme_gets_one(home: Any, said: str, url: str) -> None:
    place = f"localhost:{free_port()}"
    words = ("--setup", "me@qq.com", "-S", said.format(place))
    ended = home.run(*words, answers=f"{CODE}\n\n\ny\n", terminal=True, secret=CODE)
    assert f"connecting to {place}" in ended.err
    home.run(*words, answers="y\nn\n", terminal=True, secret=CODE)
    assert f"set smtp={url.format(place)}\n" in home.rc.read_text()


def test_host_alone_is_tried_at_both_ports(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ports(host: str) -> list[discover.Place]:
        return [
            discover.Place(host, 1, implicit=True),
            discover.Place(host, server.port, implicit=True),
        ]

    monkeypatch.setattr(discover, "announced_places", nobody)
    monkeypatch.setattr(discover, "usual_places", nobody)
    monkeypatch.setattr(discover, "host_places", ports)
    words = ("--setup", "me@own.example", "-S", f"ssl-ca-file={server.ca}")
    answers = f"localhost\n\n{CODE}\n"
    ended = home.run(*words, answers=answers)
    assert (ended.status, ended.err) == (0, "")
    assert f"set smtp={server.url}\n" in home.rc.read_text()
    assert server.logins == [("me@own.example", CODE)]


def test_host_that_answers_nowhere_is_taken_as_it_is_and_tried(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discover, "announced_places", nobody)
    monkeypatch.setattr(discover, "usual_places", nobody)
    answers = f"no-such-host.invalid\n\n{CODE}\n"
    ended = home.run("--setup", "me@own.example", answers=answers)
    assert ended.status in (68, 75)
    assert "connecting to no-such-host.invalid:465" in ended.err


def test_interrupt_while_a_server_is_looked_for_ends_it(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise Interrupted(2)

    here = discover.Place("localhost", 1, implicit=True)
    monkeypatch.setattr(discover, "announced_places", lambda *_, **__: [here])
    monkeypatch.setattr("pymail.transport.handshake.verify_server", interrupted)
    assert home.run("--setup", "me@own.example").status == 130


def test_mistake_of_the_file_stops_the_search(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = discover.Place("localhost", 1, implicit=True)
    monkeypatch.setattr(discover, "announced_places", lambda *_, **__: [here])
    home.rc.write_text("account w {\n")
    ended = home.run("--setup", "me@own.example", answers="\n\n\n")
    assert ended.status == 78
    assert "is never closed" in ended.err


@pytest.mark.parametrize("old", ["set from=nonsense,,\n", "set from='a@b, c@d'\n"])
def test_author_that_makes_no_sense_is_replaced(
    home: Any, server: Any, old: str
) -> None:
    home.rc.write_text(old)
    assert home.run("--setup", "me@qq.com", *server.words, answers=CODE).status == 0
    assert home.rc.read_text().startswith("set from=me@qq.com\n")


def test_author_of_the_environment_is_written_for_those_who_have_none(
    home: Any, server: Any
) -> None:
    words = ("--setup", "me@qq.com", *server.words)
    variables = {"from": "me@qq.com"}
    assert home.run(*words, answers=CODE, variables=variables).status == 0
    assert "set from=me@qq.com\n" in home.rc.read_text()


def test_unchanged_file_stays_when_the_store_fails(home: Any, server: Any) -> None:
    words = ("--setup", "me@qq.com", *server.words)
    assert home.run(*words, answers=CODE).status == 0
    before = home.contents()
    home.stores.refusal = "no"
    assert home.run(*words, answers=CODE).status == 73
    assert home.contents() == before


def test_secret_that_cannot_be_stored_leaves_the_lines_to_write(
    home: Any, server: Any
) -> None:
    home.rc.write_text("set hold\n")
    home.stores.refusal = "no room"
    ended = home.run("--setup", "me@qq.com", *server.words, answers=CODE)
    assert ended.status == 73
    assert f"set smtp={server.url}\n" in ended.out
    assert "is written" not in ended.out
    assert home.rc.read_text() == "set hold\n"


def test_file_that_cannot_be_put_back_is_told(home: Any, server: Any) -> None:
    home.stores.refusal = "no room"
    home.stores.on_refusal = home.rc.unlink
    ended = home.run("--setup", "me@qq.com", *server.words, answers=CODE)
    assert ended.status == 73
    assert "~/.mailrc: no such file or directory: it stays as it is now" in ended.err
    assert "no room" in ended.err


def test_value_that_stays_in_the_file_is_not_said_to_be_taken_out(
    home: Any, server: Any
) -> None:
    home.rc.write_text("if s\nset password=OLD\nendif\n")
    ended = home.run("--setup", "me@163.com", *server.words, answers=CODE)
    assert ended.status == 0
    gone = "OLD" not in home.rc.read_text()
    said = "was taken out" if gone else "no longer counts"
    assert f"~/.mailrc:2: password {said}\n" in ended.err


def test_file_that_cron_looks_for_elsewhere_is_told(home: Any, server: Any) -> None:
    variables = {"XDG_CONFIG_HOME": str(home.directory / "elsewhere")}
    words = ("--setup", "me@qq.com", *server.words)
    ended = home.run(*words, answers=CODE, variables=variables)
    assert ended.status == 0
    assert ended.out.endswith("for cron: set XDG_CONFIG_HOME in the crontab, too\n")


def test_keyring_alone_is_told_for_cron(home: Any, server: Any) -> None:
    words = ("--setup", "me@qq.com", *server.words, "--store", "keyring")
    ended = home.run(*words, answers=CODE, variables={"BUS": "there"})
    assert ended.status == 0
    assert ended.out.endswith(
        "cron cannot get the password there; for cron: "
        "pymail --login me@qq.com --store file\n"
    )


def test_test_mail_that_cannot_leave_is_told(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymail.commands.setup.setup.prepare", fails_for(server))
    words = ("--setup", "me@qq.com", *server.words)
    ended = home.run(*words, answers=f"{CODE}\ny\n")
    assert ended.status == 65
    assert "no room" in ended.err
    assert ended.out.endswith("send: echo hello | pymail -s Test me@qq.com\n")


def fails_for(_server: Any) -> Any:
    from pymail.errors import MessageError

    def prepare(*_: object, **__: object) -> None:
        raise MessageError("no room")

    return prepare


def test_interrupt_during_the_test_mail_keeps_what_is_written(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr("pymail.commands.setup.setup.send_test", interrupted)
    words = ("--setup", "me@qq.com", *server.words)
    ended = home.run(*words, answers=f"{CODE}\ny\n")
    assert ended.status == 130
    assert ended.out.startswith("~/.mailrc is written")
    assert home.rc.exists()


def test_conversation_is_shown_without_the_code(home: Any, server: Any) -> None:
    words = ("--setup", "me@qq.com", *server.words)
    for option in ("-v", "--debug"):
        ended = home.run(*words, option, answers=CODE)
        assert "«secret»" in ended.err
        assert CODE not in ended.err


def test_interrupt_of_a_login_stores_nothing(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr("pymail.transport.handshake.verify_login", interrupted)
    home.rc.write_text(f"set smtp={server.url} user=me@qq.com\n")
    assert home.run("--login", answers=CODE).status == 130
    assert not (home.directory / ".config/pymail/credentials").exists()


def test_store_goes_with_what_stores(home: Any) -> None:
    ended = home.run("--store", "file", "a@x.org")
    said = "pymail: --store goes with --login or --logout or --setup\n"
    assert ended.status == 64
    assert ended.err.startswith(said)
