"""--setup writes the settings file and the secret, both or neither."""

from pathlib import Path
from typing import Any

import pytest

from pymail.credentials.secret_text import Found
from pymail.main import main
from pymail.secret import Secret
from pymail.signals import Signals
from tests.setup.conftest import CODE

pytestmark = pytest.mark.live

OLD = "# mine\nset from=me@163.com record=+sent\nalias ops a@x.org\n"


def test_starttls_is_required_where_tls_does_not_begin_at_once(
    home: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymail.commands.setup.account._LOOPBACK", frozenset())
    assert home.set_up(start(implicit=False)).status == 0
    assert "set smtp-use-starttls\n" in home.rc.read_text()


def test_what_the_file_says_already_stays(home: Any, server: Any) -> None:
    home.rc.write_text(OLD)
    home.rc.chmod(0o640)
    ended = home.set_up(server)
    assert ended.status == 0
    assert "(as it was: ~/.mailrc.~1~)" in ended.out
    assert home.rc.read_text().startswith(OLD)
    assert "from=" not in home.rc.read_text().removeprefix(OLD)
    assert home.rc.stat().st_mode & 0o777 == 0o640
    backup = home.directory / ".mailrc.~1~"
    assert backup.read_text() == OLD
    assert backup.stat().st_mode & 0o777 == 0o600


def test_second_time_changes_in_place_and_keeps_every_backup(
    home: Any, start: Any
) -> None:
    first, second = start(), start()
    home.rc.write_text(OLD)
    for server in (first, second):
        assert home.set_up(server).status == 0
    text = home.rc.read_text()
    assert text.count("# written by") == 1
    assert f"set smtp={second.url}\n" in text
    assert str(first.port) not in text
    assert (home.directory / ".mailrc.~1~").read_text() == OLD
    assert str(first.port) in (home.directory / ".mailrc.~2~").read_text()
    ended = home.set_up(second)
    assert ended.out.startswith("~/.mailrc says so already; the password is in ")
    assert "as it was" not in ended.out
    assert not (home.directory / ".mailrc.~3~").exists()


@pytest.mark.parametrize(
    ("old", "options", "new"),
    [
        ("set hold from=me@163.com\n", ("-S", "nohold"), "set from=me@163.com\n"),
        ("set from=nonsense,,\n", (), "set from=me@163.com\n"),
        ("set from='a@x, b@x'\n", (), "set from=me@163.com\n"),
    ],
)
def test_value_is_changed_where_it_stands(
    home: Any, server: Any, old: str, options: tuple[str, ...], new: str
) -> None:
    home.rc.write_text(old)
    assert home.set_up(server, *options).status == 0
    assert home.rc.read_text().startswith(new)


def test_author_of_the_environment_is_written_for_those_who_have_none(
    home: Any, server: Any
) -> None:
    assert home.set_up(server, variables={"from": "me@163.com"}).status == 0
    assert "set from=me@163.com\n" in home.rc.read_text()


def test_what_the_file_says_by_now_is_what_is_changed(home: Any, server: Any) -> None:
    authenticate = server.authenticate

    def meanwhile(*words: Any) -> Any:
        home.rc.write_text("# edited meanwhile\n")
        return authenticate(*words)

    server.authenticate = meanwhile
    assert home.set_up(server).status == 0
    assert home.rc.read_text().startswith("# edited meanwhile\n")
    assert "set from=me@163.com\n" in home.rc.read_text()


# ── what would win ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "gone"),
    [
        ("set smtp-auth-password=OLD hold\n", "1: smtp-auth-password"),
        ("set hold\nset password-me@163.com=OLD\n", "2: password-me@163.com"),
        ("set hold password-localhost='O L D'\n", "1: password-localhost"),
        ("set hold smtp-password-file=OLD\n", "1: smtp-password-file"),
        ("set hold smtp-auth=xoauth2\n", "1: smtp-auth"),
        ("set hold user-me@163.com=OLD\n", "1: user-me@163.com"),
    ],
)
def test_old_password_that_would_win_is_taken_out_and_reported(
    home: Any, server: Any, old: str, gone: str
) -> None:
    home.rc.write_text(old)
    ended = home.set_up(server)
    said = f"pymail: ~/.mailrc:{gone} was taken out\n"
    assert (ended.status, ended.err) == (0, said)
    assert "OLD" not in home.rc.read_text()
    assert "hold" in home.rc.read_text()
    assert home.run("-s", "x", "a@x.org", answers="hi\n").status == 0


def test_value_that_stays_in_the_file_is_not_said_to_be_taken_out(
    home: Any, server: Any
) -> None:
    home.rc.write_text("if s\nset password=OLD\nendif\n")
    ended = home.set_up(server)
    assert ended.status == 0
    gone = "OLD" not in home.rc.read_text()
    said = "was taken out" if gone else "no longer counts"
    assert f"~/.mailrc:2: password {said}\n" in ended.err


def test_what_the_system_file_says_is_overruled(home: Any, server: Any) -> None:
    home.world.write(
        "etc/mail.rc",
        "set smtp=smtp://other.example smtp-use-starttls\n"
        "set smtp-auth-user=other password=OLD smtp-auth=none from=other@example.com\n",
    )
    ended = home.set_up(server)
    assert ended.status == 0
    assert "mail.rc:2: password no longer counts\n" in ended.err
    assert "unset password smtp-auth-password smtp-auth\n" in home.rc.read_text()
    assert home.run("-s", "x", "a@x.org", answers="hi\n").status == 0
    assert server.mails[0].mail_from == "me@163.com"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("set smtp=smtp://h.example", "mail would go to h.example:25"),
        ("set smtp=/usr/sbin/x mta=test\nunset smtp", "mail would not go to localhost"),
        ("set user=other", "other would log in, not me@163.com"),
        ("set smtp-auth=none", "nobody would log in, not me@163.com"),
        ("set password=OLD", "that password would be taken, not the new one"),
    ],
)
def test_what_wins_over_the_file_is_named_before_anything_is_tried(
    home: Any, server: Any, extra: str, said: str
) -> None:
    home.world.write("home/extra", extra + "\n")
    before = home.contents()
    ended = home.set_up(server, variables={"NAIL_EXTRA_RC": "~/extra"})
    assert ended.status == 78
    assert said in ended.err
    assert home.contents() == before
    assert not server.logins


def test_file_that_is_never_closed_is_left_alone(home: Any, server: Any) -> None:
    home.rc.write_text("account w {\n set hold\n")
    before = home.contents()
    ended = home.set_up(server)
    assert ended.status == 78
    assert "~/.mailrc:1: account 'w' is never closed: lines that are" in ended.err
    assert home.contents() == before


# ── which file ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("old", [None, OLD])
def test_symbolic_link_is_followed(home: Any, server: Any, old: str | None) -> None:
    file = home.directory / "dotfiles/mailrc"
    file.parent.mkdir()
    if old:
        file.write_text(old)
    home.rc.symlink_to("dotfiles/mailrc")
    assert home.set_up(server).status == 0
    assert home.rc.is_symlink()
    assert "set smtp=" in file.read_text()
    backup = file.with_name("mailrc.~1~")
    assert (backup.read_text() if backup.exists() else None) == old


def test_line_ends_and_octets_stay(home: Any, server: Any) -> None:
    home.rc.write_bytes(b"set signature=\xb5\xc7\r\nset hold")
    assert home.set_up(server).status == 0
    octets = home.rc.read_bytes()
    assert octets.startswith(b"set signature=\xb5\xc7\r\nset hold\r\n\r\n# written")
    assert octets.count(b"\n") == octets.count(b"\r\n")
    assert not octets.endswith(b"\n")


def test_file_named_by_mailrc_is_the_one_that_is_written(
    home: Any, server: Any
) -> None:
    ended = home.set_up(server, variables={"MAILRC": "~/other.rc"})
    assert ended.status == 0
    assert ended.out.startswith("~/other.rc is written")
    assert not home.rc.exists()


# ── what cannot be written ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rc", "reason"),
    [
        ("~/directory", "~/directory: is a directory"),
        ("/dev/null", "/dev/null: not a regular file"),
        ("~/no/such/rc", "~/no/such/rc: no such file or directory"),
        ("~/circle", "~/circle: too many levels of symbolic links"),
    ],
)
def test_file_that_cannot_be_written_leaves_the_store_as_it_was(
    home: Any, server: Any, rc: str, reason: str
) -> None:
    (home.directory / "directory").mkdir()
    (home.directory / "circle").symlink_to("circle")
    before = home.contents()
    ended = home.set_up(server, variables={"MAILRC": rc})
    assert ended.status == 73
    assert reason in ended.err
    assert home.contents() == before
    if rc == "/dev/null":
        assert ended.out == (
            f"set smtp={server.url}\n"
            "set smtp-auth-user=me@163.com\n"
            "set from=me@163.com\n"
            f"set ssl-ca-file={server.ca}\n"
        )
    assert CODE not in ended.out + ended.err


@pytest.mark.parametrize("old", [None, OLD, "the same"])
def test_store_that_fails_leaves_the_file_as_it_was_and_shows_its_lines(
    home: Any, server: Any, old: str | None
) -> None:
    if old == "the same":
        assert home.set_up(server).status == 0
    elif old:
        home.rc.write_text(old)
    before = home.contents()
    home.stores.refusal = "~/.config/pymail/credentials: no space left on device"
    ended = home.set_up(server)
    assert ended.status == 73
    assert "no space left on device" in ended.err
    assert f"set smtp={server.url}\n" in ended.out
    assert "is written" not in ended.out
    assert home.contents() == before


def test_file_that_cannot_be_put_back_is_reported(home: Any, server: Any) -> None:
    home.stores.refusal = "no room"
    home.stores.on_refusal = home.rc.unlink
    ended = home.set_up(server)
    assert ended.status == 73
    assert "~/.mailrc: no such file or directory: it stays as it is now" in ended.err
    assert "no room" in ended.err


def test_disk_that_fills_up_leaves_everything_as_it_was(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.rc.write_text(OLD)
    before = home.contents()

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    ended = home.set_up(server)
    assert ended.status == 73
    assert "~/.mailrc: no space left on device" in ended.err
    assert home.contents() == before


def test_nothing_may_interrupt_what_is_written(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    store = home.stores.store

    def noted(*words: Any, **more: Any) -> Any:
        heard.append("store")
        return store(*words, **more)

    monkeypatch.setattr("pymail.commands.setup.new_secret.open_store", noted)
    words = ("--setup", "me@163.com", *server.words)
    status = main(
        home.environment(*words, answers=CODE),
        Signals(hold=lambda: heard.append("hold"), catch=lambda: heard.append("catch")),
    )
    assert (status, heard) == (0, ["hold", "store", "store", "catch"])


# ── where the secret is found ───────────────────────────────────────────────


def test_other_place_that_answers_first_is_reported(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moon = Found(Secret("x"), "the moon")
    monkeypatch.setattr("pymail.credentials.chain.Chain.find", lambda *_: moon)
    ended = home.set_up(server)
    said = "the moon has another password, which takes precedence: remove it there"
    assert (ended.status, ended.err) == (0, f"pymail: {said}\n")


@pytest.mark.parametrize(
    ("options", "variables", "said"),
    [
        ((), {"XDG_CONFIG_HOME": "/{}/elsewhere"}, "set XDG_CONFIG_HOME in the crontab, too"),
        (("--store", "keyring"), {"BUS": "there"}, "pymail --login me@163.com --store file"),
    ],
)  # fmt: skip
def test_secret_that_cron_does_not_find_is_reported(
    home: Any,
    server: Any,
    options: tuple[str, ...],
    variables: dict[str, str],
    said: str,
) -> None:
    around = {name: value.format(home.directory) for name, value in variables.items()}
    ended = home.set_up(server, *options, variables=around)
    assert ended.status == 0
    said = f"cron cannot get the password there; for cron: {said}\n"
    assert ended.out.endswith(said)
