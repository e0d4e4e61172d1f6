"""What sSMTP's file and its reverse aliases say in variables of mail.rc."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.mailbox import Mailbox
from pymail.errors import SettingsError
from pymail.settings.foreign import choose
from pymail.settings.foreign.account import Foreign, Here

HEAD = "mailhub=mail.example.com\n"


def read(text: str, reverse: str = "") -> Foreign:
    files: Mapping[str, str] = {"/etc/ssmtp/revaliases": reverse}
    here = Here(login="me", hostname="web1", read=files.get)
    return choose.read(text, "/etc/ssmtp/ssmtp.conf", "conf", here)


@pytest.mark.parametrize(
    ("text", "server", "starttls"),
    [
        ("mailhub=mail.example.com", "smtp://mail.example.com:25", False),
        ("MailHub = mail.example.com:587 # x", "smtp://mail.example.com:587", False),
        ("mailhub=m.example.com\nUseTLS=YES", "smtps://m.example.com:25", False),
        ("mailhub=m.example.com:465\nusetls=yes", "smtps://m.example.com:465", False),
        ("mailhub=m.x.org:587\nUseSTARTTLS=YES", "smtp://m.x.org:587", True),
        ("mailhub=m.x.org:587\nUseTLS=Yes\nUseSTARTTLS=Yes", "smtp://m.x.org:587", True),
        ("mailhub=m.x.org\nUseSTARTTLS=no\nUseTLS=no", "smtp://m.x.org:25", False),
    ],
)  # fmt: skip
def test_server_has_the_port_and_tls_of_ssmtp(
    text: str, server: str, *, starttls: bool
) -> None:
    account = read(text).account
    assert (account.server, account.starttls) == (server, starttls)


def test_login_is_taken_and_does_not_show() -> None:
    account = read(f"{HEAD}AuthUser=me\nAuthPass=hidden\nAuthMethod=LOGIN\n").account
    assert (account.user, account.mechanism, account.secret_place) == (
        "me",
        "",
        "conf:3",
    )
    assert account.secret is not None
    assert account.secret.reveal() == "hidden"
    assert "hidden" not in repr(account)


def test_cram_md5_is_kept_and_another_mechanism_told() -> None:
    named = f"{HEAD}AuthUser=me\nAuthPass=x\nAuthMethod="
    assert read(f"{named}CRAM-MD5\n").account.mechanism == "cram-md5"
    foreign = read(f"{named}GSSAPI\n")
    assert foreign.account.mechanism == ""
    assert foreign.remarks == ("conf:4: authmethod: left out: there is no gssapi",)


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        ("hostname=web1.example.com", {"hostname": "web1.example.com"}),
        ("hostname=", {}),
        ("TLS_CA_File=/ca", {"tls-ca-file": "/ca", "tls-ca-no-defaults": ""}),
        ("TLS_CA_Dir=/ca", {"tls-ca-dir": "/ca", "tls-ca-no-defaults": ""}),
        ("TLSCert=/c\nTLSKey=/k\nUseTLSCert=YES", {"ssl-cert": "/c", "ssl-key": "/k"}),
        ("FromLineOverride=YES", {}),
        ("# remark\n\nUseTLS=NO", {}),
    ],
)
def test_key_becomes_a_variable(line: str, variables: dict[str, str]) -> None:
    foreign = read(f"{HEAD}{line}\n")
    assert (foreign.account.variables, foreign.remarks) == (variables, ())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Debug=YES", "debug: left out: pymail --debug shows the session, and syslog=… what became of mails"),
        ("UseOldAUTH=YES", "useoldauth: left out: the login is written as RFC 4954 has it"),
        ("MinUserId=500", "minuserid: left out: ssmtp 2.64 has no such key"),
        ("AuthPass=x", "authpass: left out: no AuthUser logs in"),
        ("UseTLS=YES", "usetls: the certificate is verified, which ssmtp did not do"),
        ("UseSTARTTLS=YES", "usestarttls: the certificate is verified, which ssmtp did not do"),
        ("root=ops@x.org", "root: an alias of root alone; ssmtp has it for all below 1000"),
        ("AuthUser=me b", "AuthUser: a value ends at a blank or =, as in ssmtp"),
        ("nonsense", "left out: not of the form key=value"),
    ],
)  # fmt: skip
def test_line_that_is_not_taken_as_it_is_is_told(line: str, said: str) -> None:
    assert read(f"{HEAD}{line}\n").remarks == (f"conf:2: {said}",)


def test_root_becomes_an_alias() -> None:
    assert read(f"{HEAD}root=ops@x.org\n").aliases == {"root": "ops@x.org"}
    assert read(f"{HEAD}root=\n").aliases == {}


def test_domain_makes_this_users_address_and_the_envelope() -> None:
    foreign = read(f"{HEAD}rewriteDomain=example.com\n")
    assert foreign.account.mailbox == Mailbox("me@example.com")
    assert foreign.account.variables == {"smtp-from": "me@example.com"}
    assert foreign.remarks == (
        "conf:2: rewritedomain: is me@example.com, for this user",
    )
    overridden = read(f"{HEAD}rewriteDomain=example.com\nFromLineOverride=YES\n")
    assert overridden.account.variables == {}


def test_reverse_alias_of_this_user_wins_and_others_are_told() -> None:
    reverse = "# all\n\nroot:ops@x.org:mail.x.org\nme:me@y.org:mail.y.org:587\nodd\n"
    foreign = read(f"{HEAD}rewriteDomain=example.com\n", reverse)
    account = foreign.account
    assert account.mailbox == Mailbox("me@y.org")
    assert (account.server, account.place) == ("smtp://mail.y.org:587", "conf")
    assert foreign.remarks == (
        (
            "revaliases:3: left out: it is for root, who can say set from=ops@x.org in "
            "~/.mailrc"
        ),
    )


def test_reverse_alias_without_a_server_changes_the_sender_alone() -> None:
    account = read(HEAD, "me:me@y.org\n").account
    assert account.mailbox == Mailbox("me@y.org")
    assert (account.server, account.place) == ("smtp://mail.example.com:25", "conf:1")


def test_server_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="conf: mailhub: '0' is no port"):
        read("mailhub=x:0\n")


@given(st.text(), st.text())
def test_every_text_is_read_or_refused(text: str, reverse: str) -> None:
    try:
        foreign = read(f"{HEAD}{text}", reverse)
    except SettingsError:
        return
    assert foreign.account.server


def test_file_without_a_server_is_refused() -> None:
    with pytest.raises(SettingsError, match="conf: no mailhub= names a server"):
        read("root=ops@x.org\n")
