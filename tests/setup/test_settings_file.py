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


def test_starttls_is_required_without_implicit_tls(
    home: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymail.commands.setup.account._LOOPBACK", frozenset())
    assert home.set_up(start(implicit=False)).status == 0
    assert "set smtp-use-starttls\n" in home.rc.read_text()


def test_settings_that_are_in_the_file_already_stay(home: Any, server: Any) -> None:
    home.rc.write_text(OLD)
    home.rc.chmod(0o640)
    ended = home.set_up(server)
    assert ended.status == 0
    assert "(backup: ~/.mailrc.~1~)" in ended.out
    assert home.rc.read_text().startswith(OLD)
    assert "from=" not in home.rc.read_text().removeprefix(OLD)
    assert home.rc.stat().st_mode & 0o777 == 0o640
    backup = home.directory / ".mailrc.~1~"
    assert backup.read_text() == OLD
    assert backup.stat().st_mode & 0o777 == 0o600


def test_second_setup_changes_in_place_and_keeps_every_backup(
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
    assert ended.out.startswith("~/.mailrc needs no change; the password is in ")
    assert "backup" not in ended.out
    assert not (home.directory / ".mailrc.~3~").exists()


@pytest.mark.parametrize(
    ("old", "options", "new"),
    [
        ("set hold from=me@163.com\n", ("-S", "nohold"), "set from=me@163.com\n"),
        ("set from=nonsense,,\n", (), "set from=me@163.com\n"),
        ("set from='a@x, b@x'\n", (), "set from=me@163.com\n"),
    ],
)
def test_value_is_changed_in_place(
    home: Any, server: Any, old: str, options: tuple[str, ...], new: str
) -> None:
    home.rc.write_text(old)
    assert home.set_up(server, *options).status == 0
    assert home.rc.read_text().startswith(new)


def test_from_of_the_environment_is_written_into_the_file(
    home: Any, server: Any
) -> None:
    assert home.set_up(server, variables={"from": "me@163.com"}).status == 0
    assert "set from=me@163.com\n" in home.rc.read_text()


def test_edits_made_during_setup_are_kept(home: Any, server: Any) -> None:
    authenticate = server.authenticate

    def meanwhile(*words: Any) -> Any:
        home.rc.write_text("# edited meanwhile\n")
        return authenticate(*words)

    server.authenticate = meanwhile
    assert home.set_up(server).status == 0
    assert home.rc.read_text().startswith("# edited meanwhile\n")
    assert "set from=me@163.com\n" in home.rc.read_text()


# ── overrides ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("old", "removed"),
    [
        ("set smtp-auth-password=OLD hold\n", "1: smtp-auth-password"),
        ("set hold\nset password-me@163.com=OLD\n", "2: password-me@163.com"),
        ("set hold password-localhost='O L D'\n", "1: password-localhost"),
        ("set hold smtp-password-file=OLD\n", "1: smtp-password-file"),
        ("set hold smtp-auth=xoauth2\n", "1: smtp-auth"),
        ("set hold user-me@163.com=OLD\n", "1: user-me@163.com"),
    ],
)
def test_old_value_that_would_override_is_removed_and_reported(
    home: Any, server: Any, old: str, removed: str
) -> None:
    home.rc.write_text(old)
    ended = home.set_up(server)
    expected = f"pymail: ~/.mailrc:{removed} was removed\n"
    assert (ended.status, ended.err) == (0, expected)
    assert "OLD" not in home.rc.read_text()
    assert "hold" in home.rc.read_text()
    assert home.run("-s", "x", "a@x.org", answers="hi\n").status == 0


def test_overridden_value_that_stays_in_the_file_is_reported_so(
    home: Any, server: Any
) -> None:
    home.rc.write_text("if s\nset password=OLD\nendif\n")
    ended = home.set_up(server)
    assert ended.status == 0
    removed = "OLD" not in home.rc.read_text()
    expected = "was removed" if removed else "no longer applies"
    assert f"~/.mailrc:2: password {expected}\n" in ended.err


def test_settings_of_the_system_file_are_overridden(home: Any, server: Any) -> None:
    home.world.write(
        "etc/mail.rc",
        "set smtp=smtp://other.example smtp-use-starttls\n"
        "set smtp-auth-user=other password=OLD smtp-auth=none from=other@example.com\n",
    )
    ended = home.set_up(server)
    assert ended.status == 0
    assert "mail.rc:2: password no longer applies\n" in ended.err
    assert "unset password smtp-auth-password smtp-auth\n" in home.rc.read_text()
    assert home.run("-s", "x", "a@x.org", answers="hi\n").status == 0
    assert server.mails[0].mail_from == "me@163.com"


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("set smtp=smtp://h.example", "mail would be sent to h.example:25"),
        ("set smtp=/usr/sbin/x mta=test\nunset smtp", "mail would not be sent to localhost"),
        ("set user=other", "the login would be other, not me@163.com"),
        ("set smtp-auth=none", "the login would be none, not me@163.com"),
        ("set password=OLD", "this password would override the new one"),
    ],
)  # fmt: skip
def test_setting_that_overrides_the_file_is_reported_before_any_login(
    home: Any, server: Any, extra: str, expected: str
) -> None:
    home.world.write("home/extra", extra + "\n")
    before = home.contents()
    ended = home.set_up(server, variables={"NAIL_EXTRA_RC": "~/extra"})
    assert ended.status == 78
    assert expected in ended.err
    assert home.contents() == before
    assert not server.logins


def test_file_with_an_unclosed_account_is_not_changed(home: Any, server: Any) -> None:
    home.rc.write_text("account w {\n set hold\n")
    before = home.contents()
    ended = home.set_up(server)
    assert ended.status == 78
    assert "~/.mailrc:1: account 'w' is never closed: lines added" in ended.err
    assert home.contents() == before


# ── the file ────────────────────────────────────────────────────────────────


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


def test_line_ends_and_octets_are_preserved(home: Any, server: Any) -> None:
    home.rc.write_bytes(b"set signature=\xb5\xc7\r\nset hold")
    assert home.set_up(server).status == 0
    octets = home.rc.read_bytes()
    assert octets.startswith(b"set signature=\xb5\xc7\r\nset hold\r\n\r\n# written")
    assert octets.count(b"\n") == octets.count(b"\r\n")
    assert not octets.endswith(b"\n")


def test_file_named_by_mailrc_is_written(home: Any, server: Any) -> None:
    ended = home.set_up(server, variables={"MAILRC": "~/other.rc"})
    assert ended.status == 0
    assert ended.out.startswith("~/other.rc is written")
    assert not home.rc.exists()


# ── failures to write ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rc", "reason"),
    [
        ("~/directory", "~/directory: is a directory"),
        ("/dev/null", "/dev/null: not a regular file"),
        ("~/no/such/rc", "~/no/such/rc: no such file or directory"),
        ("~/circle", "~/circle: too many levels of symbolic links"),
    ],
)
def test_failure_to_write_the_file_stores_no_secret(
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
def test_failure_to_store_restores_the_file_and_shows_its_lines(
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


def test_failure_to_restore_the_file_is_reported(home: Any, server: Any) -> None:
    home.stores.refusal = "no room"
    home.stores.on_refusal = home.rc.unlink
    ended = home.set_up(server)
    assert ended.status == 73
    assert "~/.mailrc: no such file or directory: the new settings stay" in ended.err
    assert "no room" in ended.err


def test_full_disk_changes_nothing(
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


def test_signals_are_held_while_file_and_secret_are_written(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    store = home.stores.store

    def noted(*words: Any, **more: Any) -> Any:
        calls.append("store")
        return store(*words, **more)

    monkeypatch.setattr("pymail.commands.setup.new_secret.open_store", noted)
    words = ("--setup", "me@163.com", *server.words)
    status = main(
        home.environment(*words, answers=CODE),
        Signals(hold=lambda: calls.append("hold"), catch=lambda: calls.append("catch")),
    )
    assert (status, calls) == (0, ["hold", "store", "store", "catch"])


# ── the search for the secret ───────────────────────────────────────────────


def test_password_that_takes_precedence_is_reported(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moon = Found(Secret("x"), "the moon")
    monkeypatch.setattr("pymail.credentials.chain.Chain.find", lambda *_: moon)
    ended = home.set_up(server)
    expected = "the moon has another password, which takes precedence: remove it there"
    assert (ended.status, ended.err) == (0, f"pymail: {expected}\n")


@pytest.mark.parametrize(
    ("options", "variables", "expected"),
    [
        ((), {"XDG_CONFIG_HOME": "/{}/elsewhere"}, "set XDG_CONFIG_HOME in the crontab too"),
        (("--store", "keyring"), {"BUS": "there"}, "pymail --login me@163.com --store file"),
    ],
)  # fmt: skip
def test_secret_that_cron_cannot_find_is_reported(
    home: Any,
    server: Any,
    options: tuple[str, ...],
    variables: dict[str, str],
    expected: str,
) -> None:
    around = {name: value.format(home.directory) for name, value in variables.items()}
    ended = home.set_up(server, *options, variables=around)
    assert ended.status == 0
    expected = f"cron can't read the password there; for cron: {expected}\n"
    assert ended.out.endswith(expected)
