"""Lines of msmtp in variables of mail.rc, and what is told of the others."""

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
    ("line", "said"),
    [
        ("source_ip 192.0.2.1", "source_ip: left out: the system chooses the address to send from"),
        ("ntlmdomain x", "ntlmdomain: left out: there is no NTLM"),
        ("tls_trust_file", "tls_trust_file: left out: without tls-fingerprint the authorities of the system are trusted"),
        ("tls_fingerprint 00:11", "tls_fingerprint: left out: only a SHA-256 fingerprint is safe; certificates are verified instead"),
        ("tls_priorities NORMAL", "tls_priorities: left out: these are words of GnuTLS; see ssl-cipher-list"),
        ("tls_min_dh_prime_bits 512", "tls_min_dh_prime_bits: left out: OpenSSL decides about this"),
        ("tls_host_override x", "tls_host_override: left out: the certificate has to be for the host itself"),
        ("set_date_header off", "set_date_header: left out: what a mail does not have is written"),
        ("add_missing_date_header off", "add_missing_date_header: left out: what a mail does not have is written"),
        ("set_from_header off", "set_from_header: left out: what a mail does not have is written"),
        ("add_missing_from_header off", "add_missing_from_header: left out: what a mail does not have is written"),
        ("set_from_header", "set_from_header: left out: no sender is forced; smtp-fit-sender=on: the sender of every mail becomes the login, if that is an address"),
        ("allow_from_override off", "allow_from_override: left out: no sender is forced; smtp-fit-sender=on: the sender of every mail becomes the login, if that is an address"),
        ("remove_bcc_headers off", "remove_bcc_headers: left out: Bcc fields never go to a server"),
        ("undisclosed_recipients", "undisclosed_recipients: left out: pymail hides the recipients of -b alone; To and Cc keep their addresses"),
        ("undisclosed_recipients on", "undisclosed_recipients: left out: pymail hides the recipients of -b alone; To and Cc keep their addresses"),
        ("logfile_time_format %c", "logfile_time_format: left out: the times in the log have one form"),
        ("proxy_port 9050", "proxy_port: left out: there is no proxy_host"),
        ("domain localhost", "domain: left out: the machine's own name is said"),
        ("domain %M", "domain: left out: what %M means is not known here"),
        ("domain %C", "domain: left out: what %C means is not known here"),
        ("from *@x.org", "from: left out: a pattern says whose account it is, not who sends"),
        ("from a@x b@y", "from: left out: 'a@x b@y': a blank outside quotes"),
        ("auto_from", "auto_from: left out: there is no maildomain"),
        ("port 465", "port: left out: TLS begins at once at port 465"),
        ("auth", "auth: left out: no user is named, so pymail does not log in"),
        ("password x", "password: left out: auth is off, so pymail does not log in"),
        ("bogus x", "bogus: left out: msmtp 1.8 has no such command"),
        ("eval echo port 26", "eval: left out: a command is not run to find out what a file says"),
    ],
)  # fmt: skip
def test_line_without_a_counterpart_is_reported(line: str, said: str) -> None:
    foreign = read(f"{HEAD}{line}\n")
    assert foreign.remarks == [f"rc:3: {said}"]
    assert foreign.account.variables == {}


def test_mechanism_that_there_is_not_is_reported_and_another_used() -> None:
    foreign = read(f"{HEAD}auth ntlm\nuser me\npassword x\n")
    assert (foreign.account.user, foreign.account.mechanism) == ("me", "")
    assert foreign.remarks == [
        "rc:3: auth: left out: there is no ntlm; what the server offers is used",
    ]


@pytest.mark.parametrize("name", ["PLAIN", "scram-sha-256", "xoauth2", "cram-md5"])
def test_mechanism_that_is_named_is_taken(name: str) -> None:
    account = read(f"{HEAD}auth {name}\nuser me\npassword x\n").account
    assert account.mechanism == name.lower()


def test_password_comes_before_a_command_and_does_not_show() -> None:
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
def test_patterns_mean_this_user_on_this_machine(line: str, sender: str) -> None:
    known = {"/etc/mailname": "mail.example.net\n"}
    foreign = read(f"{HEAD}{line}\n", known.get)
    assert foreign.account.mailbox.address
    assert foreign.account.mailbox.address == sender
    command = line.partition(" ")[0]
    said = f"rc:3: {command}: is {sender} for this user on this machine"
    assert foreign.remarks == [said]


def test_full_name_goes_with_the_sender() -> None:
    mailbox = read(f"{HEAD}from me@x.org\nfrom_full_name Web server\n").account.mailbox
    assert mailbox.address
    assert (mailbox.address, mailbox.name) == ("me@x.org", "Web server")


def test_alias_for_everybody_else_is_reported() -> None:
    known = {"~/a": "root: me@x.org\ndefault: ops@x.org\n", "~/b": "root: x\n"}
    assert read(f"{HEAD}aliases ~/b\n", known.get).remarks == []
    (remark,) = read(f"{HEAD}aliases ~/a\n", known.get).remarks
    assert remark.startswith("rc:3: aliases: `default:` in it has no meaning in pymail")


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


def test_lmtp_with_tls_at_once_is_reported() -> None:
    foreign = read(f"{HEAD}protocol lmtp\ntls\ntls_starttls off\n")
    assert foreign.remarks == [
        "rc:3: protocol: left out: LMTP has TLS by STARTTLS alone",
    ]


def test_account_without_a_server_is_left_out() -> None:
    foreign = read(
        "account a\nsocket /run/x\naccount b\nport 1\n"
        f"account c\nhost h\nproxy_host localhost\n{HEAD}"
    )
    assert (foreign.account.name, foreign.others) == ("default", [])
    assert foreign.remarks == [
        "rc:1: account a: left out: a socket is spoken to by LMTP alone",
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
        ("socket /x\nprotocol lmtp", "it is `set smtp=lmtp:///x` here"),
        ("host x/", "'x/' is not a server name"),
    ],
)
def test_account_with_a_server_that_is_none_is_left_out(line: str, reason: str) -> None:
    foreign = read(f"account a\nhost x\n{line}\n{HEAD}")
    assert (foreign.account.name, foreign.others) == ("default", [])
    assert foreign.remarks == [f"rc:1: account a: left out: {reason}"]


COMMAND = st.sampled_from(
    ["account", "defaults", "host", "port", "from", "auth", "tls", "eval", *COMMANDS]
)


@given(st.lists(st.tuples(COMMAND, st.text())))
def test_every_text_is_read_or_refused(lines: list[tuple[str, str]]) -> None:
    text = "".join(f"{command} {argument}\n" for command, argument in lines)
    try:
        foreign = read(f"host x\n{text}")
    except SettingsError:
        return
    assert foreign.account.server


def test_accounts_that_make_no_sense_are_left_out_with_their_lines() -> None:
    text = "account\nhost x\naccount a : b\nhost a\naccount a\nhost y\naccount c d\nhost c\n"
    foreign = read(text)
    assert [a.name for a in (foreign.account, *foreign.others)] == ["a", "a"]
    assert foreign.remarks == [
        "rc:1: account: left out: it has no name; so are the lines behind it",
        "rc:3: account a : b: left out: no account b is above it",
        (
            "rc:5: account a: left out: there is one of this name; so are the lines "
            "behind it"
        ),
        (
            "rc:7: account c d: left out: a name has letters, digits and "
            ". @ + - _ alone here"
        ),
        "rc:3: no account is the default; a is, the first",
        "rc: an account is not found by its sender, as in msmtp: -A NAME",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set smtp=x\n", "rc: no settings of msmtp"),
        (
            "root=me\nmailhub=h:587\nUseTLS=YES\n",
            "rc: settings of ssmtp, which are not",
        ),
    ],
)
def test_text_of_something_else_is_refused(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read(text)
