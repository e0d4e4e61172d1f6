"""Addresses of servers."""

import pytest

from pymail.errors import SettingsError
from pymail.settings import server_url


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        pytest.param("smtp.163.com", "smtp", "smtp.163.com", 25, id="bare"),
        pytest.param("smtp.qq.com:587", "smtp", "smtp.qq.com", 587, id="port"),
        pytest.param("h.example.com:smtp", "smtp", "h.example.com", 25, id="name"),
        pytest.param("smtp://h.example.com", "smtp", "h.example.com", 25, id="smtp"),
        pytest.param("smtps://h.example.com", "smtps", "h.example.com", 465, id="tls"),
        pytest.param("SMTPS://h.example.com", "smtps", "h.example.com", 465, id="case"),
        pytest.param("submission://h", "submission", "h", 587, id="submission"),
        pytest.param("submissions://h", "submissions", "h", 465, id="submissions"),
        pytest.param("lmtp://h:2003", "lmtp", "h", 2003, id="lmtp"),
        pytest.param("smtp://[::1]:2525", "smtp", "::1", 2525, id="literal"),
        pytest.param("[::1]", "smtp", "::1", 25, id="bare-literal"),
        pytest.param("smtp://h.example.com/", "smtp", "h.example.com", 25, id="slash"),
        pytest.param(" h.example.com ", "smtp", "h.example.com", 25, id="blanks"),
    ],
)
def test_address_is_read_as_mailx_writes_it(
    text: str, scheme: str, host: str, port: int
) -> None:
    found = server_url.parse(text)
    assert (found.scheme, found.host, found.port) == (scheme, host, port)
    assert found.user is None


@pytest.mark.parametrize(
    ("login", "user", "password"),
    [
        pytest.param("me%40x.org:p%40s%3Aw%2F", "me@x.org", "p@s:w/", id="decoded"),
        pytest.param("me:", "me", "", id="empty-password"),
        pytest.param("me:pass;auth=plain", "me", "pass", id="mechanism-of-mailutils"),
        pytest.param("me:gr\udcfc\udcdf", "me", "gr\udcfc\udcdf", id="undecoded"),
        pytest.param("me", "me", None, id="user-alone"),
    ],
)
def test_url_may_have_a_login(login: str, user: str, password: str | None) -> None:
    found = server_url.parse(f"smtps://{login}@h.example.com")
    revealed = None if found.password is None else found.password.reveal()
    assert (found.user, revealed) == (user, password)


def test_lmtp_with_a_path_is_a_socket() -> None:
    assert server_url.parse("lmtp:///run/lmtp.sock").path == "/run/lmtp.sock"


def test_authority_has_the_port_only_if_written() -> None:
    assert (
        server_url.parse("smtp://h.example.com:2525").authority == "h.example.com:2525"
    )
    assert server_url.parse("smtp://h.example.com").authority == "h.example.com"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("", "no server name", id="empty"),
        pytest.param("imap://h.example.com", "imap://", id="scheme"),
        pytest.param("smtp://me@163.com:x@h", "percent-encoded", id="bare-at"),
        pytest.param("smtp://me:50%@h", "percent-encoded", id="broken-percent"),
        pytest.param("h.example.com:port", "no port", id="port-word"),
        pytest.param("h.example.com:0", "not a port", id="port-zero"),
        pytest.param("h.example.com:99999", "not a port", id="port-large"),
        pytest.param("h example.com", "there is a space", id="blank-inside"),
        pytest.param(":25", "not a server", id="no-host"),
        pytest.param("smtp://h/path", "not a server name", id="path"),
    ],
)
def test_invalid_address_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        server_url.parse(text)


def test_refusal_shows_no_password() -> None:
    with pytest.raises(SettingsError) as caught:
        server_url.parse("smtp://me@163.com:hunter2@h.example.com")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("::1", "::1", 25),
        ("fe80::1%eth0", "fe80::1%eth0", 25),
        ("[::1]:587", "::1", 587),
        ("smtp://[fe80::1%25eth0]:2525", "fe80::1%eth0", 2525),
        ("smtp://[fe80::1%eth0]", "fe80::1%eth0", 25),
        ("smtp://u:p@[::1]", "::1", 25),
        ("smtps://::1", "::1", 465),
    ],
)
def test_ipv6_addresses_may_have_a_zone_and_no_brackets(
    text: str, host: str, port: int
) -> None:
    """RFC 6874 writes %25; an address without brackets has no port."""
    address = server_url.parse(text)
    assert (address.host, address.port) == (host, port)


@pytest.mark.parametrize("text", ["ｓｍｔｐ．example．com", "smtp。example。com"])
def test_full_width_letters_and_dots_are_normalized(text: str) -> None:
    assert server_url.parse(text).host == "smtp.example.com"
    assert server_url.parse("邮件.example.com").host == "邮件.example.com"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("smtp.163.com\u00a0password=hunter2\u00a0user=me@example.com", "U\\+00A0"),
        ("smtp.163.com\u3000user=me@example.com", "U\\+3000"),
        ("smtp://me:hunter2\uff20h.example.com", "U\\+FF20"),
        ("smtp\uff1a//h.example.com", "U\\+FF1A"),
        ("smtp://h.example.com\u200b:25", "U\\+200B"),
        ("\ufeffsmtp://h.example.com", "U\\+FEFF"),
        ("smtp://me:hunter2 x@h.example.com", "U\\+0020"),
        ("smtp://h.ex\u2100.example.com", "not a server name"),
    ],
)
def test_look_alike_characters_are_named_and_refused(text: str, named: str) -> None:
    """Otherwise the text after such a character could be sent to another host."""
    with pytest.raises(SettingsError, match=named) as caught:
        server_url.parse(text)
    assert "hunter2" not in str(caught.value)


def test_half_of_a_password_after_a_colon_is_not_shown() -> None:
    with pytest.raises(SettingsError, match="no port") as caught:
        server_url.parse("smtp://me:hunter2")
    assert "hunter2" not in str(caught.value)
