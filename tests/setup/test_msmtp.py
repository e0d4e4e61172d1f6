"""Lines of msmtp become variables of mail.rc; the other lines are reported."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.setup.account import Account
from pymail.commands.setup.msmtp import Here, read_accounts
from pymail.commands.setup.msmtp_file import COMMANDS
from pymail.errors import SettingsError

HEAD = "account default\nhost mail.example.com\n"
PRINT = ":".join(f"{number:02X}" for number in range(32))


def nothing(_name: str) -> str | None:
    return None


class Foreign(NamedTuple):
    account: Account
    others: list[Account]
    remarks: list[str]


def read(text: str, files: Callable[[str], str | None] = nothing) -> Foreign:
    here = Here(login="me", hostname="web1", read=files)
    return Foreign(*read_accounts(text, "rc", here))


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        ("timeout 20", {"smtp-timeout": "20"}),
        ("timeout off", {}),
        ("connect_timeout 7", {"socket-connect-timeout": "7"}),
        ("source_ip", {}),
        ("tls_trust_file system", {}),
        ("tls_trust_file ~/ca.pem", {"tls-ca-file": "~/ca.pem", "tls-ca-no-defaults": ""}),
        ("tls_crl_file /crl", {"tls-crl-file": "/crl"}),
        ("tls_crl_file", {}),
        ("tls_cert_file /cert", {"ssl-cert": "/cert"}),
        ("tls_key_file /key", {"ssl-key": "/key"}),
        ("tls_certcheck on", {}),
        ("tls_certcheck", {}),
        ("tls_certcheck off", {"tls-verify": "ignore"}),
        ("tls_nocertcheck", {"tls-verify": "ignore"}),
        (f"tls_fingerprint {PRINT}", {"tls-fingerprint": PRINT}),
        ("tls_fingerprint", {}),
        ("tls_priorities", {}),
        ("dsn_notify off", {}),
        ("dsn_notify failure,delay", {"dsn": "failure,delay"}),
        ("dsn_notify never", {"dsn": "never"}),
        ("dsn_return off", {}),
        ("dsn_return full", {"dsn-return": "full"}),
        ("dsn_return headers", {"dsn-return": "hdrs"}),
        ("set_date_header auto", {}),
        ("add_missing_date_header on", {}),
        ("set_msgid_header auto", {}),
        ("set_msgid_header off", {"message-id-disable": ""}),
        ("set_from_header auto", {}),
        ("add_missing_from_header", {}),
        ("remove_bcc_headers on", {}),
        ("undisclosed_recipients off", {}),
        ("logfile ~/m.log", {"logfile": "~/m.log"}),
        ("logfile", {}),
        ("syslog", {"syslog": "user"}),
        ("syslog on", {"syslog": "user"}),
        ("syslog LOG_LOCAL3", {"syslog": "local3"}),
        ("syslog off", {}),
        ("aliases /etc/aliases", {"mta-aliases": "/etc/aliases"}),
        ("aliases", {}),
        ("domain example.com", {"hostname": "example.com"}),
        ("allow_from_override on", {}),
        ("allow_from_override off\nfrom ME@x.org\nauth on\nuser me@x.org", {"smtp-fit-sender": "on"}),
        ("set_from_header on\nfrom me@x.org\nauth on\nuser me@x.org", {"smtp-fit-sender": "on"}),
    ],
)  # fmt: skip
def test_line_becomes_a_variable(line: str, variables: dict[str, str]) -> None:
    foreign = read(f"{HEAD}{line}\n")
    assert (foreign.account.variables, foreign.remarks) == (variables, [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("source_ip 192.0.2.1", "source_ip: left out: the system chooses the address to send from"),
        ("ntlmdomain x", "ntlmdomain: left out: pymail has no NTLM"),
        ("tls_trust_file", "tls_trust_file: left out: without tls-fingerprint pymail trusts the authorities of the system"),
        ("tls_fingerprint 00:11", "tls_fingerprint: left out: only a SHA-256 fingerprint is safe; pymail verifies the certificate instead"),
        ("tls_priorities NORMAL", "tls_priorities: left out: pymail uses OpenSSL, not GnuTLS; see ssl-cipher-list"),
        ("tls_min_dh_prime_bits 512", "tls_min_dh_prime_bits: left out: OpenSSL decides this"),
        ("tls_host_override x", "tls_host_override: left out: the certificate must be for the host itself"),
        ("set_date_header off", "set_date_header: left out: pymail adds missing fields to each mail"),
        ("add_missing_date_header off", "add_missing_date_header: left out: pymail adds missing fields to each mail"),
        ("set_from_header off", "set_from_header: left out: pymail adds missing fields to each mail"),
        ("add_missing_from_header off", "add_missing_from_header: left out: pymail adds missing fields to each mail"),
        ("set_from_header", "set_from_header: left out: pymail forces no sender; with smtp-fit-sender=on it becomes the login, if that is an address"),
        ("allow_from_override off", "allow_from_override: left out: pymail forces no sender; with smtp-fit-sender=on it becomes the login, if that is an address"),
        ("remove_bcc_headers off", "remove_bcc_headers: left out: pymail never sends Bcc fields"),
        ("undisclosed_recipients", "undisclosed_recipients: left out: pymail hides only the recipients of -b; To and Cc keep their addresses"),
        ("undisclosed_recipients on", "undisclosed_recipients: left out: pymail hides only the recipients of -b; To and Cc keep their addresses"),
        ("logfile_time_format %c", "logfile_time_format: left out: the log of pymail has a fixed time format"),
        ("proxy_port 9050", "proxy_port: left out: there is no proxy_host"),
        ("domain localhost", "domain: left out: pymail sends the machine's own name"),
        ("domain %M", "domain: left out: %M has no value on this machine"),
        ("domain %C", "domain: left out: %C has no value on this machine"),
        ("from *@x.org", "from: left out: a pattern selects the account, but is no sender"),
        ("from a@x b@y", "from: left out: 'a@x b@y': a blank outside quotes"),
        ("auto_from", "auto_from: left out: there is no maildomain"),
        ("port 465", "port: left out: port 465 is for TLS from the first octet"),
        ("auth", "auth: left out: no user is named, so pymail does not log in"),
        ("password x", "password: left out: auth is off, so pymail does not log in"),
        ("bogus x", "bogus: left out: msmtp 1.8 has no such command"),
        ("eval echo port 26", "eval: left out: pymail runs no command to read settings"),
    ],
)  # fmt: skip
def test_line_without_a_counterpart_is_reported(line: str, expected: str) -> None:
    foreign = read(f"{HEAD}{line}\n")
    assert foreign.remarks == [f"rc:3: {expected}"]
    assert foreign.account.variables == {}


def test_unknown_mechanism_is_reported_and_not_used() -> None:
    foreign = read(f"{HEAD}auth ntlm\nuser me\npassword x\n")
    assert (foreign.account.user, foreign.account.mechanism) == ("me", "")
    assert foreign.remarks == [
        "rc:3: auth: left out: pymail has no ntlm; it uses a mechanism that the server offers",
    ]


@pytest.mark.parametrize("name", ["PLAIN", "scram-sha-256", "xoauth2", "cram-md5"])
def test_known_mechanism_is_used(name: str) -> None:
    account = read(f"{HEAD}auth {name}\nuser me\npassword x\n").account
    assert account.mechanism == name.lower()


def test_password_takes_precedence_over_a_command_and_is_not_shown() -> None:
    account = read(f"{HEAD}auth\nuser me\npassword hidden\npasswordeval x\n").account
    assert account.secret is not None
    assert account.secret.reveal() == "hidden"
    assert (account.command, account.secret_place) == ("", "rc:5")
    assert "hidden" not in repr(account)


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        ("from %U@%H.example.com", "me@web1.example.com"),
        ("from %U@%M", "me@mail.example.net"),
        ("auto_from on\nmaildomain example.org", "me@example.org"),
    ],
)
def test_patterns_have_the_values_of_this_user_and_machine(
    line: str, sender: str
) -> None:
    known = {"/etc/mailname": "mail.example.net\n"}
    foreign = read(f"{HEAD}{line}\n", known.get)
    assert foreign.account.mailbox.address
    assert foreign.account.mailbox.address == sender
    command = line.partition(" ")[0]
    expected = f"rc:3: {command}: is {sender} for this user on this machine"
    assert foreign.remarks == [expected]


def test_full_name_is_part_of_the_sender() -> None:
    mailbox = read(f"{HEAD}from me@x.org\nfrom_full_name Web server\n").account.mailbox
    assert mailbox.address
    assert (mailbox.address, mailbox.name) == ("me@x.org", "Web server")


def test_default_alias_is_reported() -> None:
    known = {"~/a": "root: me@x.org\ndefault: ops@x.org\n", "~/b": "root: x\n"}
    assert read(f"{HEAD}aliases ~/b\n", known.get).remarks == []
    (remark,) = read(f"{HEAD}aliases ~/a\n", known.get).remarks
    assert remark.startswith("rc:3: aliases: pymail ignores `default:` in this file")


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("protocol lmtp\nport 24", "lmtp://mail.example.com:24"),
        ("tls\ntls_starttls off\nport 465", "smtps://mail.example.com"),
        ("tls\ntls_starttls off\nport 4650", "smtps://mail.example.com:4650"),
        ("tls\nport 587", "smtp://mail.example.com:587"),
    ],
)
def test_server_is_a_url(text: str, server: str) -> None:
    assert read(f"{HEAD}{text}\n").account.server == server


def test_lmtp_with_implicit_tls_is_reported() -> None:
    foreign = read(f"{HEAD}protocol lmtp\ntls\ntls_starttls off\n")
    assert foreign.remarks == [
        "rc:3: protocol: left out: TLS with LMTP needs STARTTLS",
    ]


def test_account_without_a_server_is_left_out() -> None:
    foreign = read(
        "account a\nsocket /run/x\naccount b\nport 1\n"
        f"account c\nhost h\nproxy_host localhost\n{HEAD}"
    )
    assert (foreign.account.name, foreign.others) == ("default", [])
    assert foreign.remarks == [
        "rc:1: account a: left out: a socket needs LMTP",
        "rc:3: account b: left out: it has no host",
        "rc:5: account c: left out: pymail does not support SOCKS proxies",
    ]
    with pytest.raises(SettingsError, match="rc: no account with a host"):
        read("account a\nport 1\n")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("port x", "no port after the colon"),
        ("host a b", "there is a space (U+0020) in the address of the server"),
        ("host x@y", "'x@y' is not a server name"),
        ("socket /x\nprotocol lmtp", "write `set smtp=lmtp:///x` yourself"),
        ("host x/", "'x/' is not a server name"),
    ],
)
def test_account_with_an_invalid_server_is_left_out(line: str, reason: str) -> None:
    foreign = read(f"account a\nhost x\n{line}\n{HEAD}")
    assert (foreign.account.name, foreign.others) == ("default", [])
    assert foreign.remarks == [f"rc:1: account a: left out: {reason}"]


COMMAND = st.sampled_from(
    ["account", "defaults", "host", "port", "from", "auth", "tls", "eval", *COMMANDS]
)


@given(st.lists(st.tuples(COMMAND, st.text())))
def test_every_text_is_imported_or_refused(lines: list[tuple[str, str]]) -> None:
    text = "".join(f"{command} {argument}\n" for command, argument in lines)
    try:
        foreign = read(f"host x\n{text}")
    except SettingsError:
        return
    assert foreign.account.server


def test_invalid_accounts_are_left_out_with_their_lines() -> None:
    text = "account\nhost x\naccount a : b\nhost a\naccount a\nhost y\naccount c d\nhost c\n"
    foreign = read(text)
    assert [a.name for a in (foreign.account, *foreign.others)] == ["a", "a"]
    assert foreign.remarks == [
        "rc:1: account: left out: it has no name; its lines are left out too",
        "rc:3: account a : b: left out: there is no account b above it",
        (
            "rc:5: account a: left out: an account above has this name; "
            "its lines are left out too"
        ),
        (
            "rc:7: account c d: left out: a name can only have letters, "
            "digits and . @ + - _"
        ),
        "rc:3: no default account; the first one, a, is used",
        (
            "rc: unlike msmtp, pymail does not choose the account by the sender; "
            "use -A NAME"
        ),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set smtp=x\n", "rc: not a settings file of msmtp"),
        ("root=me\nmailhub=h:587\nUseTLS=YES\n", "rc: pymail can't import settings of ssmtp"),
    ],
)  # fmt: skip
def test_text_of_another_program_is_refused(text: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        read(text)
