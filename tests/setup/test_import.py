"""--setup --from imports the accounts of msmtp without a question."""

from typing import Any

import pytest

from pymail.transport import handshake
from tests.setup.conftest import CODE, interrupt

pytestmark = pytest.mark.live


def account(server: Any, *lines: str, name: str = "default") -> str:
    """Lines of an account at the running server."""
    first = [f"account {name}", "host localhost", f"port {server.port}"]
    tls = ["tls on", "tls_starttls off", f"tls_trust_file {server.ca}"]
    login = ["auth on", "user me@163.com", "from me@163.com"]
    return "".join(f"{line}\n" for line in (*first, *tls, *login, *lines))


def bring(home: Any, text: str, *words: str, answers: str = "") -> Any:
    path = home.directory / ".msmtprc"
    path.write_text(text)
    path.chmod(0o600)
    return home.run("--setup", "--from", "~/.msmtprc", *words, answers=answers)


def test_complete_file_is_imported_without_a_question(home: Any, server: Any) -> None:
    ended = bring(home, account(server, f"password {CODE}"))
    assert (ended.status, ended.out) == (
        0,
        (
            "~/.mailrc is written; the password is in ~/.config/pymail/credentials\n"
            "to send mail: echo hello | pymail -s Test me@163.com\n"
        ),
    )
    assert ended.err == (
        "pymail: ~/.msmtprc:10: the password also stays in this file, for msmtp\n"
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


def test_accounts_are_imported_and_tried_once_each(home: Any, server: Any) -> None:
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
            "pymail: ~/.msmtprc: unlike msmtp, pymail does not choose the account "
            "by the sender; use -A NAME"
        ),
        "pymail: ~/.msmtprc:10: the password also stays in this file, for msmtp",
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


@pytest.mark.parametrize(
    ("lines", "refused", "expected", "stored"),
    [
        pytest.param(("password WRONG",), "", "login", False, id="refused"),
        pytest.param(("password FAR", "port 1"), "", "check", True, id="away"),
        pytest.param((f"password {CODE}",), "b@163.com", "login", False, id="no-room"),
    ],
)
def test_failure_of_another_account_is_a_warning(
    home: Any, server: Any, *, lines: tuple[str, ...], refused: str, expected: str, stored: bool
) -> None:  # fmt: skip
    home.stores.refusal, home.stores.refused = "no room" * bool(refused), refused
    other = account(server, *lines, "user b@163.com", name="b")
    ended = bring(home, account(server, f"password {CODE}") + other)
    steps = {
        "login": "; its password is not stored; for a new one: pymail -A b --login\n",
        "check": "; try pymail -A b --check\n",
    }
    assert ended.status == 0
    assert "pymail: account b: " in ended.err
    assert steps[expected] in ended.err
    assert "WRONG" not in ended.err
    assert "account b {" in home.rc.read_text()
    assert CODE in home.credentials
    assert ("login b@163.com" in home.credentials) is stored


def test_interrupt_while_another_account_is_tried_writes_nothing(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = handshake.verify_login

    def once(server: Any, *more: Any) -> None:
        if server.login.user == "b@163.com":
            interrupt()
        real(server, *more)

    monkeypatch.setattr(handshake, "verify_login", once)
    other = account(server, "password x", "user b@163.com", name="b")
    assert bring(home, account(server, f"password {CODE}") + other).status == 130
    assert set(home.contents()) == {".msmtprc"}


# ── the password ────────────────────────────────────────────────────────────

SECRETS = {
    "refused": (("password WRONG",), "", (), 77, "", "WRONG"),
    "nowhere": ((), "", (), 77, "", ""),
    "asked for": ((), CODE, (), 0, "the password is in ~/.config", CODE),
    "of this run": (("password OLD",), "", ("--password-file", "code"), 0, "", CODE),
    "command": ((f"passwordeval echo {CODE}",), "", (), 0, "comes from: echo", CODE),
    "netrc": ((), "", ("-v",), 0, "the password stays in ~/.netrc", CODE),
    "no login": (("auth off",), "", (), 0, "; pymail does not log in", ""),
    "no sender": ((f"password {CODE}", "from *@163.com"), "", (), 0, "ADDRESS\n", CODE),
}


@pytest.mark.parametrize("name", SECRETS)
def test_source_of_the_password(home: Any, server: Any, name: str) -> None:
    lines, answers, words, status, expected, tried = SECRETS[name]
    for file, text in (
        ("code", CODE),
        (".netrc", f"machine localhost login me@163.com password {CODE}\n"),
    ):
        if file != ".netrc" or name == "netrc":
            (home.directory / file).write_text(text)
            (home.directory / file).chmod(0o600)
    ended = bring(home, account(server, *lines), *words, answers=answers)
    assert ended.status == status
    assert expected in ended.out
    assert server.logins == ([("me@163.com", tried)] if tried else [])
    assert home.rc.exists() is (status == 0)
    assert bool(home.credentials) is (name in {"asked for", "of this run", "no sender"})
    assert "WRONG" not in ended.err


def test_login_that_was_typed_is_not_tried_again_for_the_same_account(
    home: Any, server: Any
) -> None:
    text = account(server, name="one") + "account default : one\n"
    ended = bring(home, text, answers=f"{CODE}\n")
    assert (ended.status, len(ended.err.splitlines())) == (0, 1)
    assert server.logins == [("me@163.com", CODE)]


def test_certificate_needs_no_password(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []
    monkeypatch.setattr(handshake, "verify_login", lambda s, *_: tried.append(s.login))
    ended = bring(home, account(server, "auth external"))
    assert (ended.status, ended.err) == (0, "")
    assert "; no password is needed\n" in ended.out
    (login,) = tried
    assert (login.user, login.mechanism) == ("me@163.com", "external")


def test_account_without_login_is_imported(home: Any, server: Any) -> None:
    home.rc.write_text("set smtp-auth-user=old smtp-auth=login\n")
    ended = bring(home, account(server, "auth off"))
    expected = "~/.msmtprc:8: user: left out: auth is off, so pymail does not log in"
    assert (ended.status, ended.err) == (0, f"pymail: {expected}\n")
    assert "smtp-auth" not in home.rc.read_text().replace(
        "# smtp-auth was removed", ""
    ).replace("# smtp-auth-user was removed", "")
    sent = home.run("-n", "-s", "x", "a@x.org", answers="hi\n")
    assert (sent.status, sent.err, len(server.mails)) == (0, "", 1)


def test_password_that_other_users_can_read_is_reported(home: Any, server: Any) -> None:
    path = home.directory / ".msmtprc"
    path.write_text(account(server, f"password {CODE}"))
    path.chmod(0o644)
    ended = home.run("--setup", "--from", str(path))
    assert ended.status == 0
    assert (
        "pymail: ~/.msmtprc: other users can read the password (chmod 600)\n"
        in ended.err
    )
    assert home.rc.stat().st_mode & 0o077 == 0
    assert CODE not in home.rc.read_text() + ended.out + ended.err


# ── other settings ──────────────────────────────────────────────────────────


def test_second_import_changes_nothing_and_names_existing_accounts(
    home: Any, server: Any
) -> None:
    text = account(server, f"password {CODE}", name="one")
    assert bring(home, text).status == 0
    before = home.contents()
    ended = bring(home, text)
    assert ended.status == 0
    assert home.contents() == before
    line = before[".mailrc"].decode().splitlines().index("account one {") + 1
    assert f"pymail: ~/.mailrc:{line}: account one: exists, not changed\n" in ended.err


def test_address_and_server_of_the_command_line_win(
    home: Any, server: Any, start: Any
) -> None:
    other = start()
    words = ("Me <you@163.com>", *other.words, "-S", "user=you@163.com")
    ended = bring(home, account(server, f"password {CODE}"), *words)
    assert ended.status == 0
    assert other.logins == [("you@163.com", CODE)]
    assert "set 'from=Me <you@163.com>'\n" in home.rc.read_text()


NO_FILE = ": for an address: pymail --setup ADDRESS\n"


@pytest.mark.parametrize(
    ("file", "status", "expected"),
    [
        ("me@163.com", 64, f"--setup --from takes a file, not me@163.com\n  what to do{NO_FILE}"),
        ("", 64, f"--setup --from takes a file, not an empty word\n  what to do{NO_FILE}"),
        ("missing", 66, "~/missing: no such file or directory\n  what to do: check the name; one without / is looked for in this directory\n"),
        (".", 66, "~/.: is a directory\n"),
        ("x\0y", 66, "~/x\\x00y: no file can have this name\n"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_reported(
    home: Any, file: str, status: int, expected: str
) -> None:
    ended = home.run("--setup", "--from", file)
    assert (ended.status, ended.err) == (status, f"pymail: {expected}")
    assert home.contents() == {}


@pytest.mark.parametrize("file", ["aliases", "absent"])
def test_default_alias_is_reported(home: Any, server: Any, file: str) -> None:
    (home.directory / "aliases").write_text("default: me@163.com\n")
    ended = bring(home, account(server, f"password {CODE}", f"aliases ~/{file}"))
    assert ended.status == 0
    remark = "~/.msmtprc:11: aliases: pymail ignores `default:` in this file"
    assert (remark in ended.err) is (file == "aliases")


def test_file_in_which_new_lines_have_no_effect_is_reported(
    home: Any, server: Any
) -> None:
    home.rc.write_text(
        f"set smtp={server.url} smtp-auth-user=me@163.com from=me@163.com\nset tls-ca-file={server.ca} tls-ca-no-defaults\naccount open {{\n"
    )
    ended = bring(home, account(server, f"password {CODE}", name="one"))
    assert ended.status == 78
    assert "lines added to the file would have no effect" in ended.err
    assert "account one {" in ended.err


def test_setting_that_overrides_an_account_is_reported(home: Any, server: Any) -> None:
    home.rc.write_text("set smtp-auth-user-127.0.0.1=somebody\n")
    other = f"account b\nhost 127.0.0.1\nport {server.port}\nauth\nuser b\npassword x\n"
    ended = bring(home, account(server, f"password {CODE}") + other)
    assert ended.status == 78
    assert "the login would be somebody, not b" in ended.err
    assert home.rc.read_text() == "set smtp-auth-user-127.0.0.1=somebody\n"
