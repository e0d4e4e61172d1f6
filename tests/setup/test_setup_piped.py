"""--setup with its answers in a pipe: all of it happens, or nothing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live

CODE = "ABCDEFGHIJKLMNOP"
OLD = "# mine\nset from=me@163.com record=+sent\nalias ops a@x.org\n"


def test_known_provider_needs_the_code_alone(home: Any, server: Any) -> None:
    ended = home.run("--setup", "me@163.com", *server.words, answers=f"{CODE}\n")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == (
        "~/.mailrc is written; the password is in ~/.config/pymail/credentials\n"
        "send: echo hello | pymail -s Test me@163.com\n"
    )
    assert home.rc.read_text() == (
        "# written by pymail --setup\n"
        f"set smtp={server.url}\n"
        "set smtp-auth-user=me@163.com\n"
        "set from=me@163.com\n"
        f"set ssl-ca-file={server.ca}\n"
    )
    assert home.rc.stat().st_mode & 0o777 == 0o600
    assert server.logins == [("me@163.com", CODE)]
    assert not server.mails


def test_afterwards_mail_leaves_with_nothing_in_the_environment(
    home: Any, server: Any
) -> None:
    assert home.run("--setup", "me@qq.com", *server.words, answers=CODE).status == 0
    ended = subprocess.run(
        [sys.executable, "-m", "pymail", "-n", "-s", "x", "me@qq.com"],
        input=b"hi\n",
        env={
            "HOME": str(home.directory),
            "PATH": "/usr/bin:/bin",
            "MAILX_NO_SYSTEM_RC": "1",
        },
        cwd="/",
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert [mail.mail_from for mail in server.mails] == ["me@qq.com"]


def test_address_is_asked_for_and_may_have_a_name(home: Any, server: Any) -> None:
    answers = f"Web server <me@163.com>\n{CODE}\n"
    assert home.run("--setup", *server.words, answers=answers).status == 0
    assert "set from='Web server <me@163.com>'\n" not in home.rc.read_text()
    assert "set 'from=Web server <me@163.com>'\n" in home.rc.read_text()
    ended = home.run("-s", "x", "a@x.org", answers="hi\n")
    assert (ended.status, ended.err) == (0, "")
    assert b"From: Web server <me@163.com>" in server.mails[0].original_content


@pytest.mark.parametrize(
    "pasted",
    ["ABCD EFGH IJKL MNOP", f"  {CODE}\t", f"{CODE}\r", f"\u00a0{CODE}\u200b", f"\ufeff{CODE}"],
)  # fmt: skip
def test_what_was_pasted_along_with_the_code_is_taken_off(
    home: Any, server: Any, pasted: str
) -> None:
    words = ("--setup", "me@163.com", *server.words)
    assert home.run(*words, answers=f"{pasted}\n").status == 0
    assert server.logins == [("me@163.com", CODE)]


def test_test_mail_is_sent_when_the_next_line_says_so(home: Any, server: Any) -> None:
    words = ("--setup", "me@163.com", *server.words)
    ended = home.run(*words, answers=f"{CODE}\ny\n")
    assert (ended.status, ended.err) == (0, "")
    assert [mail.rcpt_tos for mail in server.mails] == [["me@163.com"]]
    assert b"Subject: Test of pymail" in server.mails[0].original_content


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n"])
def test_test_mail_is_not_sent_otherwise(home: Any, server: Any, answer: str) -> None:
    words = ("--setup", "me@163.com", *server.words)
    assert home.run(*words, answers=f"{CODE}\n{answer}").status == 0
    assert not server.mails


def test_test_mail_that_is_refused_is_told_and_nothing_is_taken_back(
    home: Any, server: Any
) -> None:
    async def refuse(*_: Any) -> str:
        return "550 User has no permission"

    server.handle_RCPT = refuse
    words = ("--setup", "me@163.com", *server.words)
    ended = home.run(*words, answers=f"{CODE}\ny\n")
    assert ended.status == 69
    assert "me@163.com refused by localhost" in ended.err
    assert home.rc.exists()
    assert ended.out.endswith("send: echo hello | pymail -s Test me@163.com\n")
    assert not (home.directory / "dead.letter").exists()


def test_starttls_is_required_where_tls_does_not_begin_at_once(
    home: Any, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pymail.commands.setup.account._LOOPBACK", frozenset())
    server = start(implicit=False)
    assert home.run("--setup", "me@163.com", *server.words, answers=CODE).status == 0
    assert "set smtp-use-starttls\n" in home.rc.read_text()


# ── the settings file ───────────────────────────────────────────────────────


def test_what_the_file_says_already_stays(home: Any, server: Any) -> None:
    home.rc.write_text(OLD)
    home.rc.chmod(0o640)
    ended = home.run("--setup", "me@163.com", *server.words, answers=CODE)
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
        words = ("--setup", "me@163.com", *server.words)
        assert home.run(*words, answers=CODE).status == 0
    text = home.rc.read_text()
    assert text.count("# written by") == 1
    assert f"set smtp={second.url}\n" in text
    assert str(first.port) not in text
    assert (home.directory / ".mailrc.~1~").read_text() == OLD
    assert str(first.port) in (home.directory / ".mailrc.~2~").read_text()
    ended = home.run("--setup", "me@163.com", *second.words, answers=CODE)
    assert ended.out.startswith("~/.mailrc says so already; the password is in ")
    assert "as it was" not in ended.out
    assert not (home.directory / ".mailrc.~3~").exists()


@pytest.mark.parametrize(
    ("old", "gone"),
    [
        ("set smtp-auth-password=OLD hold\n", "~/.mailrc:1: smtp-auth-password"),
        ("set hold\nset password-me@163.com=OLD\n", "~/.mailrc:2: password-me@163.com"),
        ("set hold password-localhost='O L D'\n", "~/.mailrc:1: password-localhost"),
        ("set hold smtp-password-file=OLD\n", "~/.mailrc:1: smtp-password-file"),
        ("set hold smtp-auth=xoauth2\n", "~/.mailrc:1: smtp-auth"),
        ("set hold user-me@163.com=OLD\n", "~/.mailrc:1: user-me@163.com"),
    ],
)
def test_old_password_that_would_win_is_taken_out_and_told(
    home: Any, server: Any, old: str, gone: str
) -> None:
    home.rc.write_text(old)
    ended = home.run("--setup", "me@163.com", *server.words, answers=CODE)
    assert (ended.status, ended.err) == (0, f"pymail: {gone} was taken out\n")
    assert "OLD" not in home.rc.read_text()
    assert "hold" in home.rc.read_text()
    assert home.run("-s", "x", "a@x.org", answers="hi\n").status == 0


def test_what_the_system_file_says_is_overruled(home: Any, server: Any) -> None:
    home.world.write(
        "etc/mail.rc",
        "set smtp=smtp://other.example smtp-use-starttls\n"
        "set smtp-auth-user=other password=OLD smtp-auth=none from=other@example.com\n",
    )
    ended = home.run("--setup", "me@163.com", *server.words, answers=CODE)
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
    ended = home.run(
        *("--setup", "me@163.com", *server.words),
        answers=CODE,
        variables={"NAIL_EXTRA_RC": "~/extra"},
    )
    assert ended.status == 78
    assert f"~/extra:1: {said}" in ended.err or said in ended.err
    assert home.contents() == before
    assert not server.logins


def test_file_that_is_never_closed_is_left_alone(home: Any, server: Any) -> None:
    home.rc.write_text("account w {\n set hold\n")
    before = home.contents()
    ended = home.run("--setup", "me@163.com", *server.words, answers=CODE)
    assert ended.status == 78
    assert "~/.mailrc:1: account 'w' is never closed: lines that are" in ended.err
    assert home.contents() == before


def test_symbolic_link_is_followed(home: Any, server: Any) -> None:
    dotfiles = home.directory / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "mailrc").write_text(OLD)
    home.rc.symlink_to("dotfiles/mailrc")
    assert home.run("--setup", "me@163.com", *server.words, answers=CODE).status == 0
    assert home.rc.is_symlink()
    assert "set smtp=" in (dotfiles / "mailrc").read_text()
    assert (dotfiles / "mailrc.~1~").read_text() == OLD


def test_link_to_nothing_becomes_a_file_there(home: Any, server: Any) -> None:
    home.rc.symlink_to("mailrc")
    assert home.run("--setup", "me@163.com", *server.words, answers=CODE).status == 0
    assert home.rc.is_symlink()
    assert "set smtp=" in (home.directory / "mailrc").read_text()


def test_line_ends_and_octets_stay(home: Any, server: Any) -> None:
    home.rc.write_bytes(b"set signature=\xb5\xc7\r\nset hold")
    assert home.run("--setup", "me@163.com", *server.words, answers=CODE).status == 0
    octets = home.rc.read_bytes()
    assert octets.startswith(b"set signature=\xb5\xc7\r\nset hold\r\n\r\n# written")
    assert octets.count(b"\n") == octets.count(b"\r\n")
    assert not octets.endswith(b"\n")


def test_file_named_by_mailrc_is_the_one_that_is_written(
    home: Any, server: Any
) -> None:
    ended = home.run(
        *("--setup", "me@163.com", *server.words),
        answers=CODE,
        variables={"MAILRC": "~/other.rc"},
    )
    assert ended.status == 0
    assert ended.out.startswith("~/other.rc is written")
    assert not home.rc.exists()


# ── what cannot be written ──────────────────────────────────────────────────


def _not_writable(home: Any, how: str) -> dict[str, str]:
    match how:
        case "directory":
            (home.directory / "x").mkdir()
            return {"MAILRC": "~/x"}
        case "device":
            return {"MAILRC": "/dev/null"}
        case "nowhere":
            return {"MAILRC": "~/no/such/rc"}
        case _:
            (home.directory / "x").symlink_to("x")
            return {"MAILRC": "~/x"}


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("directory", "~/x: is a directory"),
        ("device", "/dev/null: not a regular file"),
        ("nowhere", "~/no/such/rc: no such file or directory"),
        ("circle", "~/x: too many levels of symbolic links"),
    ],
)
def test_file_that_cannot_be_written_leaves_the_store_as_it_was(
    home: Any, server: Any, how: str, reason: str
) -> None:
    variables = _not_writable(home, how)
    before = home.contents()
    ended = home.run(
        *("--setup", "me@163.com", *server.words), answers=CODE, variables=variables
    )
    assert ended.status == 73
    assert reason in ended.err
    assert home.contents() == before


def test_lines_are_shown_when_the_file_cannot_be_written(
    home: Any, server: Any
) -> None:
    ended = home.run(
        *("--setup", "me@163.com", *server.words),
        answers=CODE,
        variables={"MAILRC": "/dev/null"},
    )
    assert ended.out == (
        f"set smtp={server.url}\n"
        "set smtp-auth-user=me@163.com\n"
        "set from=me@163.com\n"
        f"set ssl-ca-file={server.ca}\n"
    )
    assert CODE not in ended.out + ended.err


@pytest.mark.parametrize("old", [None, OLD])
def test_store_that_fails_leaves_the_file_as_it_was(
    home: Any, server: Any, old: str | None
) -> None:
    home.stores.refusal = "~/.config/pymail/credentials: no space left on device"
    if old is not None:
        home.rc.write_text(old)
    before = home.contents()
    ended = home.run("--setup", "me@163.com", *server.words, answers=CODE)
    assert ended.status == 73
    assert "no space left on device" in ended.err
    assert home.contents() == before


def test_disk_that_fills_up_leaves_everything_as_it_was(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.rc.write_text(OLD)
    before = home.contents()

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    ended = home.run("--setup", "me@163.com", *server.words, answers=CODE)
    assert ended.status == 73
    assert "~/.mailrc: no space left on device" in ended.err
    assert home.contents() == before
