"""The address of a SOCKS5 proxy: HOST, HOST:PORT or a URL, with a login if need be.

A user without a password is no login: the outbox keeps addresses so.
"""

from pymail.errors import SettingsError
from pymail.settings import url
from pymail.settings.server_records import Proxy

# RFC 1929 has one octet for each length; PySocks writes the larger half as two.
LONGEST_OCTETS = 127


def proxy(text: str) -> Proxy:
    """Read the address.

    Raises:
        SettingsError: it names no proxy; the text shown holds no password.
    """
    address = url.parse(text, url.OF_PROXIES)
    password = address.password.reveal() if address.password else ""
    if not (_fits(address.user or "") and _fits(password)):
        raise SettingsError(
            f"user and password of a proxy are UTF-8, {LONGEST_OCTETS} octets at most"
        )
    if not (address.user and password):
        return Proxy(host=address.host, port=address.port)
    return Proxy(
        host=address.host,
        port=address.port,
        user=address.user,
        password=address.password,
    )


def _fits(word: str) -> bool:
    try:
        return len(word.encode()) <= LONGEST_OCTETS
    except UnicodeEncodeError:
        return False
