"""socks-proxy: which addresses are read, and which are none."""

import pytest

from pymail.errors import SettingsError
from pymail.secret import Secret
from pymail.settings.proxies import proxy
from pymail.settings.server_records import Proxy

ADDRESSES: dict[str, tuple[str, Proxy]] = {
    "host": ("proxy.example", Proxy(host="proxy.example", port=1080)),
    "port": ("127.0.0.1:10000", Proxy(host="127.0.0.1", port=10000)),
    "url": ("socks5://proxy.example", Proxy(host="proxy.example", port=1080)),
    "url-of-curl": ("socks5h://h:9050", Proxy(host="h", port=9050)),
    "ipv6": ("[::1]:1081", Proxy(host="::1", port=1081)),
    "login": (
        "socks5://lin:a%40b@h",
        Proxy(host="h", port=1080, user="lin", password=Secret("a@b")),
    ),
    "login-without-scheme": (
        "lin:p@h:1",
        Proxy(host="h", port=1, user="lin", password=Secret("p")),
    ),
    "user-alone": ("socks5://lin@h", Proxy(host="h", port=1080)),
    "password-alone": ("socks5://:p@h", Proxy(host="h", port=1080)),
    "empty-password": ("socks5://lin:@h", Proxy(host="h", port=1080)),
    "nobody": ("socks5://:@h", Proxy(host="h", port=1080)),
}


@pytest.mark.parametrize("which", ADDRESSES)
def test_address_of_a_proxy_is_read(which: str) -> None:
    text, expected = ADDRESSES[which]
    assert proxy(text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("socks4://h", "socks4:// is no scheme"),
        ("http://h:3128", "http:// is no scheme"),
        ("h:port", "no port stands behind the :"),
        ("socks5://", "no server name"),
        ("geheim@x:geheim@h", "must be percent-encoded"),
        (f"lin:{'geheim' * 30}@h", "127 octets at most"),
        (f"{'geheim' * 30}:p@h", "127 octets at most"),
        ("lin:geheim\udcff@h", "127 octets at most"),
    ],
)
def test_what_is_no_proxy_is_refused_without_its_password(
    text: str, complaint: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        proxy(text)
    assert complaint in refusal.value.happened
    assert "geheim" not in f"{refusal.value} {refusal.value.advice}"
