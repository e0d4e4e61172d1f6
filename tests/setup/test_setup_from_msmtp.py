"""--setup --from: the accounts of msmtp, taken over without a question."""

import stat
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.live

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
        "~/.mailrc is written; the password is in ~/.config/pymail/credentials\n"
        "send: echo hello | pymail -s Test me@163.com\n",
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
        "pymail: ~/.msmtprc: an account is not found by its sender, as in msmtp: "
        "-A NAME",
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
