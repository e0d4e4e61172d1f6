"""--setup --from: the accounts of msmtp, taken over without a question."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pymail.errors import Interrupted
from tests.live_server import free_port

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
CODE = "ABCDEFGHIJKLMNOP"


def account(server: Any, *lines: str, name: str = "default") -> str:
    """An account at a server that is there."""
    first = [f"account {name}", "host localhost", f"port {server.port}"]
    tls = ["tls on", "tls_starttls off", f"tls_trust_file {server.ca}"]
    login = ["auth on", "user me@163.com", "from me@163.com"]
    return "".join(f"{line}\n" for line in (*first, *tls, *login, *lines))


def bring(home: Any, text: str, *words: str, answers: str = "") -> Any:
    path = home.directory / ".msmtprc"
    path.write_text(text)
    path.chmod(0o600)
    return home.run("--setup", "--from", "~/.msmtprc", *words, answers=answers)


def test_file_with_everything_needs_no_answer(home: Any, server: Any) -> None:
    ended = bring(home, account(server, f"password {CODE}"))
    assert (ended.status, ended.out) == (
        0,
        (
            "~/.mailrc is written; the password is in ~/.config/pymail/credentials\n"
            "send: echo hello | pymail -s Test me@163.com\n"
        ),
    )
    assert ended.err == (
        "pymail: ~/.msmtprc:10: the password stays there for msmtp, too\n"
    )
    assert home.rc.read_text() == (
        "# written by pymail --setup\n"
        f"set smtp=smtps://localhost:{server.port}\n"
        "set smtp-auth-user=me@163.com\n"
        "set from=me@163.com\n"
        f"set tls-ca-file={server.ca}\n"
        "set tls-ca-no-defaults\n"
    )
    assert server.logins == [("me@163.com", CODE)]
    assert not server.mails


def test_accounts_become_accounts_and_each_is_tried_once(
    home: Any, server: Any
) -> None:
    text = (
        account(server, f"password {CODE}", "logfile ~/m.log", name="first")
        + "account work : first\nuser work@163.com\nfrom %U@163.com\n"
        + "account bare\nhost localhost\n"
        + f"port {server.port}\ntls on\ntls_starttls off\n"
        + f"tls_trust_file {server.ca}\n"
        + "account default : first\n"
    )
    home.rc.write_text("# mine\nset hold\n")
    ended = bring(home, text)
    assert ended.status == 0
    assert ended.err.splitlines() == [
        "pymail: ~/.msmtprc:14: from: is me@163.com for this user on this machine",
        (
            "pymail: ~/.msmtprc: an account is not found by its sender, as in msmtp: "
            "-A NAME"
        ),
        "pymail: ~/.msmtprc:10: the password stays there for msmtp, too",
    ]
    assert "\naccounts: -A first -A work -A bare\n" in ended.out
    assert home.rc.read_text() == (
        "# mine\n"
        "set hold\n"
        "\n"
        "# written by pymail --setup\n"
        f"set smtp=smtps://localhost:{server.port}\n"
        "set smtp-auth-user=me@163.com\n"
        "set from=me@163.com\n"
        f"set tls-ca-file={server.ca}\n"
        "set tls-ca-no-defaults\n"
        "set 'logfile=~/m.log'\n"
        "\n"
        "# from ~/.msmtprc\n"
        "account first {\n"
        f"    set smtp=smtps://localhost:{server.port}\n"
        "    set smtp-auth-user=me@163.com\n"
        "    set from=me@163.com\n"
        f"    set tls-ca-file={server.ca}\n"
        "    set tls-ca-no-defaults\n"
        "    set 'logfile=~/m.log'\n"
        "}\n"
        "account work {\n"
        f"    set smtp=smtps://localhost:{server.port}\n"
        "    set smtp-auth-user=work@163.com\n"
        "    set from=me@163.com\n"
        f"    set tls-ca-file={server.ca}\n"
        "    set tls-ca-no-defaults\n"
        "    set 'logfile=~/m.log'\n"
        "}\n"
        "account bare {\n"
        f"    set smtp=smtps://localhost:{server.port}\n"
        f"    set tls-ca-file={server.ca}\n"
        "    set tls-ca-no-defaults\n"
        "    unset from logfile user smtp-auth-user\n"
        "}\n"
    )
    assert server.logins == [("me@163.com", CODE), ("work@163.com", CODE)]


def test_refused_login_of_the_default_account_writes_nothing(
    home: Any, server: Any
) -> None:
    ended = bring(home, account(server, "password WRONG"))
    assert ended.status == 77
    assert set(home.contents()) == {".msmtprc"}
    assert "WRONG" not in ended.err
    assert server.logins == [("me@163.com", "WRONG")]


def test_refused_login_of_another_account_is_told_and_not_stored(
    home: Any, server: Any
) -> None:
    other = account(server, "password WRONG", "user b@163.com", name="b")
    ended = bring(home, account(server, f"password {CODE}") + other)
    assert ended.status == 0
    assert "account b: logging in to localhost" in ended.err
    assert "; no password is stored; pymail -A b --login\n" in ended.err
    assert "account b {" in home.rc.read_text()
    stored = (home.directory / ".config/pymail/credentials").read_text()
    assert CODE in stored
    assert "WRONG" not in stored
    assert "WRONG" not in ended.err


def test_other_account_whose_server_is_away_keeps_its_password(
    home: Any, server: Any
) -> None:
    away = f"account b\nhost 127.0.0.1\nport {free_port()}\nauth on\nuser b\n"
    ended = bring(home, account(server, f"password {CODE}") + away + "password FAR\n")
    assert ended.status == 0
    assert "; see pymail -A b --check\n" in ended.err
    assert "FAR" in (home.directory / ".config/pymail/credentials").read_text()


def test_interrupt_while_another_account_is_tried_writes_nothing(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pymail.transport import handshake

    real = handshake.verify_login

    def once(server: Any, *more: Any) -> None:
        if server.login.user == "b@163.com":
            raise Interrupted(2)
        real(server, *more)

    monkeypatch.setattr("pymail.transport.handshake.verify_login", once)
    other = account(server, "password x", "user b@163.com", name="b")
    assert bring(home, account(server, f"password {CODE}") + other).status == 130
    assert set(home.contents()) == {".msmtprc"}


def test_command_stays_a_command(home: Any, server: Any) -> None:
    ended = bring(home, account(server, f"passwordeval echo {CODE}"))
    assert (ended.status, ended.err) == (0, "")
    assert f"; the password comes from: echo {CODE}\n" in ended.out
    assert f"set 'smtp-password-command=echo {CODE}'\n" in home.rc.read_text()
    assert server.logins == [("me@163.com", CODE)]
    assert not (home.directory / ".config").exists()


def test_password_that_netrc_has_stays_there(home: Any, server: Any) -> None:
    netrc = home.directory / ".netrc"
    netrc.write_text(f"machine localhost login me@163.com password {CODE}\n")
    netrc.chmod(0o600)
    ended = bring(home, account(server))
    assert (ended.status, ended.err) == (0, "")
    assert "; the password is where it was, in ~/.netrc\n" in ended.out
    assert server.logins == [("me@163.com", CODE)]
    assert not (home.directory / ".config").exists()


def test_password_that_nobody_has_is_asked_for(home: Any, server: Any) -> None:
    ended = bring(home, account(server))
    assert ended.status == 77
    assert "no answer to 'Password of me@163.com', nothing is changed" in ended.err
    ended = bring(home, account(server), answers=f"{CODE}\n")
    assert (ended.status, ended.err) == (0, "")
    assert server.logins == [("me@163.com", CODE)]


def test_login_that_was_typed_is_not_tried_again_for_the_same_account(
    home: Any, server: Any
) -> None:
    text = account(server, name="one") + "account default : one\n"
    ended = bring(home, text, answers=f"{CODE}\n")
    assert ended.status == 0
    assert len(ended.err.splitlines()) == 1
    assert server.logins == [("me@163.com", CODE)]


def test_certificate_needs_no_password(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []
    monkeypatch.setattr(
        "pymail.transport.handshake.verify_login",
        lambda server, *_: tried.append(server.login),
    )
    ended = bring(home, account(server, "auth external"))
    assert (ended.status, ended.err) == (0, "")
    assert "; no password is needed\n" in ended.out
    assert [(login.user, login.mechanism) for login in tried] == [
        ("me@163.com", "external")
    ]


def test_password_of_this_run_comes_before_that_of_the_file(
    home: Any, server: Any
) -> None:
    (home.directory / "code").write_text(CODE)
    (home.directory / "code").chmod(0o600)
    words = ("--password-file", "code")
    assert bring(home, account(server, "password OLD"), *words).status == 0
    assert server.logins == [("me@163.com", CODE)]


def test_server_without_login_is_only_reached(home: Any, server: Any) -> None:
    home.rc.write_text("set smtp-auth-user=old smtp-auth=login\n")
    ended = bring(home, account(server, "auth off"))
    assert ended.status == 0
    assert (
        ended.err
        == "pymail: ~/.msmtprc:8: user: left out: auth is off, so nobody logs in\n"
    )
    assert ended.out.startswith(
        "~/.mailrc is written (as it was: ~/.mailrc.~1~); nobody logs in\n"
    )
    assert "smtp-auth" not in home.rc.read_text().replace("# no smtp-auth", "")
    assert not server.logins
    sent = home.run("-n", "-s", "x", "a@x.org", answers="hi\n")
    assert (sent.status, sent.err) == (0, "")
    assert len(server.mails) == 1


def test_line_without_a_counterpart_is_told_with_its_number(
    home: Any, server: Any
) -> None:
    lines = ("password " + CODE, "tls_host_override x", "eval touch marker")
    ended = bring(home, account(server, *lines))
    assert ended.status == 0
    assert ended.err.splitlines()[:2] == [
        (
            "pymail: ~/.msmtprc:12: eval: left out: a command is not run to find out "
            "what a file says"
        ),
        (
            "pymail: ~/.msmtprc:11: tls_host_override: left out: the certificate has to "
            "be for the host itself"
        ),
    ]
    assert not (home.directory / "marker").exists()


def test_password_that_others_can_read_is_told(home: Any, server: Any) -> None:
    path = home.directory / ".msmtprc"
    path.write_text(account(server, f"password {CODE}"))
    path.chmod(0o644)
    ended = home.run("--setup", "--from", str(path))
    assert ended.status == 0
    assert "pymail: ~/.msmtprc: others can read the password (chmod 600)\n" in ended.err
    assert home.rc.stat().st_mode & 0o077 == 0
    assert CODE not in home.rc.read_text() + ended.out + ended.err


def test_second_time_changes_nothing_and_names_what_is_there(
    home: Any, server: Any
) -> None:
    text = account(server, f"password {CODE}", name="one")
    assert bring(home, text).status == 0
    before = home.contents()
    ended = bring(home, text)
    assert ended.status == 0
    assert home.contents() == before
    line = before[".mailrc"].decode().splitlines().index("account one {") + 1
    assert f"pymail: ~/.mailrc:{line}: account one: kept as it is\n" in ended.err


def test_other_account_whose_password_is_not_stored_is_told(
    home: Any, server: Any
) -> None:
    text = (
        account(server, f"password {CODE}", name="first")
        + "account work : first\nuser work@163.com\nfrom work@163.com\n"
        + "account default : first\n"
    )
    home.stores.refusal, home.stores.refused = "no room", "work@163.com"
    ended = bring(home, text)
    assert ended.status == 0
    assert (
        "account work: no room; no password is stored; pymail -A work --login"
        in ended.err
    )
    kept = (home.directory / ".config/pymail/credentials").read_text()
    assert "me@163.com" in kept
    assert "work@163.com" not in kept


def test_address_and_server_of_the_command_line_win(
    home: Any, server: Any, start: Any
) -> None:
    other = start()
    words = ("Me <you@163.com>", *other.words, "-S", "user=you@163.com")
    ended = bring(home, account(server, f"password {CODE}"), *words)
    assert ended.status == 0
    assert other.logins == [("you@163.com", CODE)]
    assert "set 'from=Me <you@163.com>'\n" in home.rc.read_text()


def test_account_without_a_sender_leaves_that_to_the_settings(
    home: Any, server: Any
) -> None:
    text = account(server, f"password {CODE}", "from *@163.com")
    ended = bring(home, text, answers="y\n")
    assert ended.status == 0
    assert "from=" not in home.rc.read_text()
    assert "send: echo hello | pymail -s Test ADDRESS\n" in ended.out


@pytest.mark.parametrize(
    ("file", "status", "said"),
    [
        pytest.param(
            "me@163.com",
            64,
            "--setup --from takes a file, and me@163.com is none\n"
            "  what to do: an address is a word of its own: pymail --setup ADDRESS\n",
            id="address",
        ),
        pytest.param(
            "",
            64,
            "--setup --from takes a file, and nothing is none\n  what to do: an address is a word of its own: pymail --setup ADDRESS\n",
            id="nothing",
        ),
        pytest.param(
            "missing",
            66,
            "~/missing: no such file or directory\n  what to do: "
            "check the name; one without / is looked for in this directory\n",
            id="missing",
        ),
        pytest.param(".", 66, "~/.: is a directory\n", id="directory"),
        pytest.param("x\0y", 66, "~/x\\x00y: no file can have this name\n", id="nul"),
    ],
)
def test_what_is_no_file_is_told(home: Any, file: str, status: int, said: str) -> None:
    ended = home.run("--setup", "--from", file)
    assert (ended.status, ended.err) == (status, f"pymail: {said}")
    assert home.contents() == {}


def test_file_of_no_program_that_is_known_is_told(home: Any) -> None:
    ended = bring(home, "set smtp=x\n")
    assert ended.status == 78
    assert ended.err.startswith("pymail: ~/.msmtprc: no settings of msmtp\n")


@pytest.mark.parametrize("file", ["aliases", "absent"])
def test_aliases_for_everybody_are_told_where_they_are(
    home: Any, server: Any, file: str
) -> None:
    (home.directory / "aliases").write_text("default: me@163.com\n")
    ended = bring(home, account(server, f"password {CODE}", f"aliases ~/{file}"))
    assert ended.status == 0
    told = "~/.msmtprc:11: aliases: `default:` in it means nobody here"
    assert (told in ended.err) is (file == "aliases")


def test_file_of_ssmtp_is_named_and_not_taken_over(home: Any) -> None:
    ended = bring(home, "root=me\nmailhub=mail.example.com:587\nUseTLS=YES\n")
    assert ended.status == 78
    assert ended.err.startswith(
        "pymail: ~/.msmtprc: settings of ssmtp, which are not taken over\n"
    )
    assert home.contents() == {".msmtprc": home.contents()[".msmtprc"]}


def test_account_option_makes_no_sense_with_it(home: Any) -> None:
    assert bring(home, "host x\n", "-A", "x").status == 64


def test_settings_that_new_lines_would_not_reach_are_told(
    home: Any, server: Any
) -> None:
    home.rc.write_text(
        f"set smtp={server.url} smtp-auth-user=me@163.com from=me@163.com\nset tls-ca-file={server.ca} tls-ca-no-defaults\naccount open {{\n"
    )
    ended = bring(home, account(server, f"password {CODE}", name="one"))
    assert ended.status == 78
    assert "lines that are added to the file would not count" in ended.err
    assert "account one {" in ended.err


def test_account_that_other_settings_win_over_is_told(home: Any, server: Any) -> None:
    home.rc.write_text("set smtp-auth-user-127.0.0.1=somebody\n")
    other = f"account b\nhost 127.0.0.1\nport {server.port}\nauth\nuser b\npassword x\n"
    ended = bring(home, account(server, f"password {CODE}") + other)
    assert ended.status == 78
    assert "somebody would log in, not b" in ended.err
    assert home.rc.read_text() == "set smtp-auth-user-127.0.0.1=somebody\n"


def test_command_without_any_input_leads_to_a_mail(tmp_path: Path, server: Any) -> None:
    file = tmp_path / "msmtprc"
    file.write_text(account(server, f"password {CODE}"))
    file.chmod(0o600)
    around = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "MAILX_NO_SYSTEM_RC": "1"}
    driver = [sys.executable, "-m", "tests.setup.driver", ""]
    ended = subprocess.run(
        [*driver, "-n", "--setup", "--from", str(file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=around,
    )
    assert ended.returncode == 0
    assert ended.stderr == (
        "pymail: ~/msmtprc:10: the password stays there for msmtp, too\n"
    )
    assert CODE not in ended.stdout
    sent = subprocess.run(
        [sys.executable, "-m", "pymail", "-n", "-s", "x", "me@163.com"],
        input=b"hi\n",
        capture_output=True,
        check=False,
        cwd="/",
        env=around,
    )
    assert (sent.returncode, sent.stderr) == (0, b"")
    assert [mail.rcpt_tos for mail in server.mails] == [["me@163.com"]]
