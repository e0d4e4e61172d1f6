"""--setup --from reads a file as msmtp itself reads it."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("msmtp") is None, reason="msmtp is not installed"
)

PLAIN = "account default\nhost mail.example.com\nfrom me@example.com\n"
LOGIN = "auth on\nuser me\npassword secret\n"
# The text, and the accounts of it beside the default one.
FILES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "relay": (PLAIN, ()),
    "relay-with-port": (PLAIN + "port 2525\n", ()),
    "starttls": (PLAIN + LOGIN + "port 587\ntls on\n", ()),
    "implicit-tls": (PLAIN + LOGIN + "tls on\ntls_starttls off\n", ()),
    "implicit-tls-elsewhere": (
        PLAIN + LOGIN + "port 4650\ntls\ntls_starttls off\n",
        (),
    ),
    "old-spelling": (PLAIN + "tls\ntls_nostarttls\n", ()),
    "no-account-line": ("host mail.example.com\nfrom me@example.com\n", ()),
    "login-without-auth": (PLAIN + "user me\npassword secret\n", ()),
    "auth-off": (PLAIN + LOGIN + "auth off\n", ()),
    "auth-by-name": (PLAIN + LOGIN + "auth plain\ntls on\n", ()),
    "quotes": (PLAIN + 'auth\nuser "a b"\npassword "x\ntls on\n', ()),
    "blanks-tabs-and-remarks": (
        (
            "# one\n\taccount\tdefault\n  host   mail.example.com  \nfrom me@example.com\n"
            "   # two\nport\t26 \n"
        ),
        (),
    ),
    "windows-line-ends": (PLAIN.replace("\n", "\r\n"), ()),
    "the-last-line-counts": (PLAIN + "port 1\nport 2\nhost other.example.com\n", ()),
    "defaults": (
        (
            f"defaults\ntls on\n{LOGIN}account a\nhost a.example.com\nfrom a@example.com\n"
            "account b\nhost b.example.com\nfrom b@example.com\ntls off\nuser bb\n"
            "defaults\nport 99\naccount c\nhost c.example.com\nfrom c@example.com\n"
            "account default : b\n"
        ),
        ("a", "b", "c"),
    ),
    "parents": (
        (
            "account a\nhost a.example.com\nport 26\nfrom a@example.com\n"
            "account b : a\nhost b.example.com\n"
            "account c : a , b\nauth on\nuser c\npassword x\ntls on\n"
            "account default : c\nfrom other@example.com\n"
        ),
        ("a", "b", "c"),
    ),
    "defaults-behind-a-parent": (
        (
            "defaults\nport 99\naccount a\nhost a.example.com\nfrom a@example.com\n"
            "defaults\nport 77\naccount b : a\naccount default : b\n"
        ),
        ("a", "b"),
    ),
    "patterns": (
        "account default\nhost mail.example.com\nfrom %U@%H.example.com\n",
        (),
    ),
    "auto-from": (PLAIN + "auto_from on\nmaildomain home.example.com\n", ()),
    "password-by-command": (
        PLAIN + "auth on\nuser me\npasswordeval echo x\ntls on\n",
        (),
    ),
    "lmtp": (PLAIN + "protocol lmtp\nport 24\n", ()),
    "certificate-without-a-user": (PLAIN + "auth external\ntls on\n", ()),
    "everything-that-changes-nothing-of-it": (
        PLAIN + "timeout 20\nsyslog LOG_MAIL\nlogfile ~/x\ndsn_notify failure\n"
        "tls_min_dh_prime_bits 512\ntls_trust_file system\ndomain x.example.com\n",
        (),
    ),
    "numeric": ("account default\nhost ::1\nport 25\nfrom me@example.com\n", ()),
}


def of_msmtp(file: Path, name: str) -> tuple[str, str]:
    """Return the settings that msmtp shows, in the form of `pymail -d`."""
    ended = subprocess.run(
        ["msmtp", f"--file={file}", "--pretend", f"--account={name}"],
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": str(file.parent), "USER": "me", "HOSTNAME": "host"},
    )
    shown = dict(
        line.split(" = ", 1) for line in ended.stdout.splitlines() if " = " in line
    )
    host, tls = shown["host"], "offered"
    if shown["tls"] == "on":
        tls = "required" if shown["tls_starttls"] == "on" else "implicit"
    user = "" if shown["user"] == "(not set)" else shown["user"]
    login = "no login" if shown["auth"] == "none" else f"login {user}"
    return f"to {host}:{shown['port']} (TLS {tls}, {login})", shown["from"]


@pytest.mark.parametrize("case", FILES)
def test_server_login_and_sender_are_those_of_msmtp(
    home: Any, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.setattr("pymail.transport.handshake.verify_login", lambda *_: None)
    text, names = FILES[case]
    file = home.directory / ".msmtprc"
    file.write_text(text, newline="")
    file.chmod(0o600)
    variables = {"USER": "me", "HOSTNAME": "host"}
    ended = home.run("--setup", "--from", str(file), variables=variables)
    assert ended.status == 0, ended.err
    for name in ("default", *names):
        words = () if name == "default" else ("-A", name)
        shown = home.run(*words, "-d", "-n", "ops@example.org", answers="hi\n")
        assert shown.status == 0, shown.err
        first, second, *_ = shown.out.splitlines()
        server, sender = of_msmtp(file, name)
        assert (name, first, second) == (name, server, f"MAIL FROM:<{sender}>")
