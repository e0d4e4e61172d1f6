"""Server, TLS, login and identity, from the text of a settings file."""

import hashlib
from pathlib import Path

import pytest

from pymail.address.mailbox import Mailbox
from pymail.errors import SettingsError
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    SmtpServer,
    TlsMode,
    Verify,
)
from tests.settings.resolving import settings

SHA256 = hashlib.sha256(b"certificate").digest()
COLONS = SHA256.hex(":")
PINNED = f"tls-fingerprint={'AB' * 32}"


def smtp(text: str, netrc_user: str = "") -> SmtpServer:
    server = settings(text, netrc_user).server
    assert isinstance(server, SmtpServer)
    return server


@pytest.mark.parametrize(
    ("text", "host", "port", "mode"),
    [
        pytest.param("smtp=h", "h", 25, TlsMode.OFFERED, id="bare"),
        pytest.param("smtp=h:465", "h", 465, TlsMode.IMPLICIT, id="port-465"),
        pytest.param("smtp=smtps://h", "h", 465, TlsMode.IMPLICIT, id="smtps"),
        pytest.param("mta=submissions://h", "h", 465, TlsMode.IMPLICIT, id="rfc8314"),
        pytest.param("mta=submission://h", "h", 587, TlsMode.OFFERED, id="rfc6409"),
        pytest.param(
            "smtp=h:587 smtp-use-starttls", "h", 587, TlsMode.REQUIRED, id="starttls"
        ),
        pytest.param(
            "smtp=h smtp-use-starttls=no", "h", 25, TlsMode.REQUIRED, id="no-means-yes"
        ),
        pytest.param(
            "smtp=smtps://h smtp-use-starttls", "h", 465, TlsMode.IMPLICIT, id="both"
        ),
        pytest.param(f"smtp=h {PINNED}", "h", 25, TlsMode.REQUIRED, id="pinned"),
        pytest.param(
            f"smtp=smtps://h {PINNED}", "h", 465, TlsMode.IMPLICIT, id="pinned-smtps"
        ),
        pytest.param("sendmail=smtp://h:26", "h", 26, TlsMode.OFFERED, id="mailutils"),
        pytest.param("smtp=h mta=smtp://i", "h", 25, TlsMode.OFFERED, id="smtp-first"),
        pytest.param("mta=smtp://i sendmail=/x", "i", 25, TlsMode.OFFERED, id="mta"),
    ],
)
def test_server_and_tls_follow_the_address(
    text: str, host: str, port: int, mode: TlsMode
) -> None:
    server = smtp(f"set {text}")
    assert (server.host, server.port, server.tls.mode) == (host, port, mode)


def test_lmtp_may_name_a_host_or_a_socket() -> None:
    assert smtp("set mta=lmtp://h:2003").lmtp
    server = settings("set mta=lmtp:///run/lmtp.sock").server
    assert isinstance(server, LmtpSocket)
    assert server.path == Path("/run/lmtp.sock")


@pytest.mark.parametrize(
    ("text", "program", "arguments"),
    [
        pytest.param("", "/usr/sbin/sendmail", (), id="nothing-set"),
        pytest.param("set sendmail=/x/msmtp", "/x/msmtp", (), id="sendmail"),
        pytest.param("set mta=file:///x/s", "/x/s", (), id="file-url"),
        pytest.param("set sendmail=sendmail:/x/s", "/x/s", (), id="mailutils"),
        pytest.param(
            "set sendmail=sendmail:", "/usr/sbin/sendmail", (), id="mailutils-empty"
        ),
        pytest.param('set mta="/x/msmtp -t"', "/x/msmtp", ("-t",), id="arguments"),
        pytest.param("set mta=msmtp", "msmtp", (), id="looked-up-in-path"),
        pytest.param(
            'set mta=/x/s mta-arguments="-X -Y"', "/x/s", ("-X", "-Y"), id="variable"
        ),
        pytest.param(
            "set mta=/x/s mta-arguments=\"-X 'a b'\"",
            "/x/s",
            ("-X", "a b"),
            id="quotes",
        ),
    ],
)
def test_local_program_is_used_if_no_server_is_set(
    text: str, program: str, arguments: tuple[str, ...]
) -> None:
    server = settings(text).server
    assert isinstance(server, LocalMta)
    assert (str(server.program), server.arguments) == (program, arguments)


def test_arguments_with_an_open_quote_are_refused() -> None:
    with pytest.raises(SettingsError, match="mta-arguments: no closing quotation"):
        settings('set mta=/x/s mta-arguments="a \'b"')


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("set mta=test", None, id="standard-output"),
        pytest.param("set mta=test://out.mbox", Path("/home/me/out.mbox"), id="file"),
    ],
)
def test_mta_test_writes_to_standard_output_or_a_file(
    text: str, path: Path | None
) -> None:
    assert settings(text).server == FileTarget(path=path)


@pytest.mark.parametrize(
    ("text", "user", "mechanism", "password"),
    [
        pytest.param("smtp=h", None, "", None, id="no-user"),
        pytest.param(
            "smtp=h smtp-auth-user=u smtp-auth-password=p", "u", "", "p", id="heirloom"
        ),
        pytest.param(
            "smtp=h smtp-auth=LOGIN user=u password=p", "u", "login", "p", id="s-nail"
        ),
        pytest.param("mta=smtp://u:q@h password=p", "u", "", "q", id="url-first"),
        pytest.param("mta=smtp://u:@h password=p", "u", "", "", id="empty-in-url"),
        pytest.param(
            "mta=smtp://u@h:25 password=p password-u@h:25=s", "u", "", "s", id="chain"
        ),
        pytest.param("mta=smtp://u@h:25 password-h=s", "u", "", "s", id="host-chain"),
        pytest.param(
            "smtp=h from=me@x.org user=g password=p smtp-auth-user-me@x.org=u"
            " smtp-auth-password-me@x.org=s",
            "u",
            "",
            "s",
            id="per-sender",
        ),
        pytest.param("smtp=h user=u", "u", "", None, id="secret-elsewhere"),
        pytest.param("smtp=h user=u password=", "u", "", "", id="empty-password"),
        pytest.param(
            "smtp=h v15-compat smtp-auth=plain", "me", "plain", None, id="caller"
        ),
        pytest.param("smtp=h v15-compat", None, "", None, id="no-caller"),
        pytest.param("smtp=h smtp-auth=external", "", "external", None, id="external"),
        pytest.param("smtp=h user=u smtp-auth=none", None, "", None, id="none"),
        pytest.param("smtp=h password=p", None, "", None, id="password-alone"),
    ],
)
def test_login_follows_the_variables(
    text: str, user: str | None, mechanism: str, password: str | None
) -> None:
    login = smtp(f"set {text}").login
    if user is None:
        assert login is None
        return
    assert login is not None
    assert (login.user, login.mechanism) == (user, mechanism)
    found = next(
        (g.secret.reveal() for g in login.sources if g.secret is not None), None
    )
    assert found == password


@pytest.mark.parametrize(
    ("text", "hostname", "announced"),
    [
        pytest.param("smtp=h", "web.example.com", "web.example.com", id="full"),
        pytest.param("smtp=h", "web", "", id="bare"),
        pytest.param("smtp=h hostname=relay", "web", "relay", id="set"),
        pytest.param("smtp=h hostname=a.b.", "web", "a.b", id="dot-behind"),
    ],
)
def test_bare_host_name_is_not_sent_to_servers(
    text: str, hostname: str, announced: str
) -> None:
    server = settings(f"set {text}", hostname=hostname).server
    assert isinstance(server, SmtpServer)
    assert server.hello_name == announced


def test_netrc_names_the_user_only_with_netrc_lookup() -> None:
    assert smtp("set smtp=h", netrc_user="n").login is None
    login = smtp("set smtp=h netrc-lookup", netrc_user="n").login
    assert login is not None
    assert login.user == "n"


def test_empty_user_in_the_url_overrides_the_variables() -> None:
    assert smtp("set smtp=smtp://@h user=u").login is None
    login = smtp("set smtp=smtp://@h user=u netrc-lookup", netrc_user="n").login
    assert login is not None
    assert login.user == "n"


def test_password_keeps_the_line_that_set_it() -> None:
    login = smtp("set smtp=h user=u\nset password=p").login
    assert login is not None
    assert login.sources[0].place == "rc:2"


def test_tls_follows_the_variables() -> None:
    tls = smtp(
        "set smtp=h ssl-ca-file=~/ca.pem ssl-ca-dir=certs ssl-no-default-ca"
        " ssl-cert=c.pem ssl-key=k.pem ssl-cipher-list=HIGH ssl-verify=warn"
        " ssl-crl-file=crl.pem"
    ).tls
    home = Path("/home/me")
    assert (tls.ca_file, tls.ca_directory) == (home / "ca.pem", home / "certs")
    assert (tls.certificate, tls.key) == (home / "c.pem", home / "k.pem")
    assert (tls.system_authorities, tls.ciphers) == (False, "HIGH")
    assert (tls.verify, tls.crl_file) == (Verify.WARN, home / "crl.pem")


def test_config_pairs_set_the_same_values_in_one_variable() -> None:
    tls = smtp(
        "set smtp=h tls-config-pairs='Certificate=c.pem, PrivateKey=k.pem,"
        " CipherString=HIGH\\,!aNULL, MinProtocol=TLSv1.3'"
    ).tls
    assert tls.certificate == Path("/home/me/c.pem")
    assert tls.key == Path("/home/me/k.pem")
    assert (tls.ciphers, tls.minimum_version) == ("HIGH,!aNULL", "TLSv1.3")


@pytest.mark.parametrize(
    ("word", "verify", "warnings"),
    [
        pytest.param("strict", Verify.STRICT, 0, id="strict"),
        pytest.param("ask", Verify.STRICT, 0, id="ask"),
        pytest.param("ignore", Verify.IGNORE, 0, id="ignore"),
        pytest.param("ingore", Verify.STRICT, 1, id="misspelt"),
    ],
)
def test_unknown_word_never_switches_verification_off(
    word: str, verify: Verify, warnings: int
) -> None:
    found = settings(f"set smtp=h ssl-verify={word}")
    assert isinstance(found.server, SmtpServer)
    assert found.server.tls.verify is verify
    assert len(found.warnings) == warnings


@pytest.mark.parametrize(
    ("value", "remarks"), [("=no", 1), ("=yes", 0), ("", 0)], ids=["no", "yes", "set"]
)
def test_starttls_set_to_no_causes_a_remark(value: str, remarks: int) -> None:
    found = settings(f"set smtp=h smtp-use-starttls{value}")
    assert len(found.remarks) == remarks


def test_time_outs_are_bounded_by_the_variable() -> None:
    timeouts = smtp("set smtp=h smtp-timeout=4 socket-connect-timeout=9").timeouts
    assert (timeouts.connect, timeouts.final_dot, timeouts.quit) == (4, 4, 0)
    assert smtp("set smtp=h").timeouts.final_dot == 600


@pytest.mark.parametrize(
    ("text", "seconds"), [("0.5", 0.5), ("90", 90), ("1e300", 86400)]
)
def test_connect_time_out_is_limited_to_a_day(text: str, seconds: float) -> None:
    timeouts = smtp(f"set smtp=h socket-connect-timeout={text}").timeouts
    assert timeouts.connect == seconds


def test_extensions_can_be_ignored() -> None:
    server = smtp("set smtp=h smtp-config='-pipelining, -size chunking'")
    assert server.ignored_extensions == {"PIPELINING", "SIZE"}


def test_identity_comes_from_the_variables() -> None:
    found = settings(
        "set from='Me <me@x.org>' sender=s@x.org reply-to='a@x.org, b@x.org'"
        " ORGANIZATION='My Org' smtp-from=bounce@x.org hostname=h.x.org"
    )
    assert found.from_ == (Mailbox("me@x.org", "Me"),)
    assert found.sender == Mailbox("s@x.org")
    assert [m.address for m in found.reply_to] == ["a@x.org", "b@x.org"]
    assert (found.organization, found.hostname) == ("My Org", "h.x.org")
    assert (found.reverse_path, found.hostname_is_set) == ("bounce@x.org", True)


@pytest.mark.parametrize(
    ("text", "reverse_path"),
    [
        pytest.param("set smtp=h smtp-from=", "", id="null-sender"),
        pytest.param("set smtp=h", None, id="follows-from"),
        pytest.param(
            "set mta=smtp://joe:p@h smtp-hostname=mx.org", "joe@mx.org", id="login"
        ),
        pytest.param(
            "set mta=smtp://joe%40a.org:p@h smtp-hostname=",
            "joe@box.example.com",
            id="login-with-domain",
        ),
        pytest.param("set smtp=h smtp-hostname=mx.org", None, id="no-login"),
        pytest.param(
            "set mta=smtp://joe:p@h smtp-hostname=mx.org smtp-from=a@b.org",
            "a@b.org",
            id="smtp-from-first",
        ),
    ],
)
def test_reverse_path_can_be_set(text: str, reverse_path: str | None) -> None:
    assert settings(text).reverse_path == reverse_path


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("\nset from=a@@b.org", "rc:2: from: ", id="from"),
        pytest.param("set smtp-from=a@@b.org", "rc:1: smtp-from: ", id="smtp-from"),
        pytest.param("set from='a@x.org, b@x.org'", "2 authors", id="two-authors"),
        pytest.param("set smtp=smtp://a@b@h", "rc:1: smtp: user", id="url"),
        pytest.param("set smtp=", "rc:1: smtp: no server name", id="empty"),
        pytest.param("set mta=", "the program is empty", id="empty-mta"),
        pytest.param("set mta=file://", "the program is empty", id="no-program"),
        pytest.param("set smtp=h smtp-timeout=x", "smtp-timeout=x", id="seconds"),
    ],
)
def test_invalid_value_is_reported_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        settings(text)


@pytest.mark.parametrize(
    "text",
    ["smtp=h socks-proxy=z", "smtp=me@h socks-proxy-me@h=y:1", "smtp=h SOCKS5_PROXY=z"],
)
def test_server_that_is_behind_a_proxy_is_refused(text: str) -> None:
    with pytest.raises(
        SettingsError, match="rc:1: socks-proxy: pymail does not support SOCKS"
    ):
        smtp(f"set {text}")


@pytest.mark.parametrize("text", ["", "socks-proxy=", "socks-proxy-i=x"])
def test_proxy_of_another_server_stops_nothing(text: str) -> None:
    assert smtp(f"set smtp=h {text}").host == "h"


def test_fingerprint_applies_only_to_its_server() -> None:
    text = "set smtp=h tls-fingerprint-i=AA tls-fingerprint-h=AABB"
    with pytest.raises(SettingsError, match="rc:1: tls-fingerprint='AABB': 2 octets"):
        smtp(text)
    assert smtp(f"set smtp=j\n{text.replace('=h ', '=j ')}").tls.pin is None
    pin = smtp(f"set smtp=me@h tls-fingerprint-me@h={'ab' * 32}").tls.pin
    assert pin == b"\xab" * 32


@pytest.mark.parametrize(
    "text",
    [COLONS, COLONS.upper(), SHA256.hex(), f" {COLONS} "],
    ids=["colons", "upper-case", "bare", "blanks-around"],
)
def test_fingerprint_may_have_colons_and_either_case(text: str) -> None:
    assert smtp(f"set smtp=h 'tls-fingerprint={text}'").tls.pin == SHA256


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "tls-fingerprint='': not a fingerprint"),
        ("AA", "tls-fingerprint='AA': not a fingerprint"),
        ("AA:BB:C", "tls-fingerprint='AA:BB:C': not a fingerprint"),
        ("AA:BBCC", "tls-fingerprint='AA:BBCC': not a fingerprint"),
        ("１１:２２", "tls-fingerprint='１１:２２': not a fingerprint"),
        ("AA:BB", "tls-fingerprint='AA:BB': 2 octets instead of 32"),
        (
            "AA" * 20,
            f"tls-fingerprint='{'AA' * 20}': 20 octets instead of 32",
        ),
    ],
    ids=["empty", "one", "cut", "mixed", "other-digits", "short", "of-sha1"],
)
def test_invalid_fingerprint_is_refused_with_its_line(
    text: str, complaint: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        smtp(f"set smtp=h\n\nset 'tls-fingerprint={text}'")
    assert refusal.value.happened == f"rc:3: {complaint}"
    assert refusal.value.advice
