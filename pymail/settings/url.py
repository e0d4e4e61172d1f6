"""Addresses of servers as mail.rc writes them: HOST, HOST:PORT or a URL (RFC 3986).

Login and password in a URL are %-encoded. A bare `@` or a broken `%` in them is
refused, not guessed: what stands behind the wrong `@` would go to a stranger.
"""

import re
from collections.abc import Mapping, Sequence

from pymail.errors import SettingsError
from pymail.record import record
from pymail.secret import Secret

# services(5), without asking it: the names that settings use for SMTP
PORTS: Mapping[str, int] = {
    "smtp": 25,
    "mail": 25,
    "submission": 587,
    "smtps": 465,
    "submissions": 465,
    "ssmtp": 465,
    "urd": 465,
    "lmtp": 24,
    "socks5": 1080,
    "socks5h": 1080,
}
SCHEMES = ("smtp", "smtps", "submission", "submissions", "lmtp")
OF_PROXIES = ("socks5", "socks5h")  # one and the same here

_URL = r"(?s)([A-Za-z][A-Za-z0-9+.-]*)://(.*)"
_HOST = r"\[([0-9A-Fa-f:.]+)\]|([^\s\[\]:/@]+)"
_AUTH_PARAMETER = r"(?i);auth=[A-Za-z0-9_*-]*\Z"  # mailutils
_BROKEN_PERCENT = r"%(?![0-9A-Fa-f]{2})"


@record(kw_only=True)
class ServerUrl:
    """One server's address. `scheme` is lower case, "smtp" when none is written.

    `user` and `password` are None when the URL has none; an empty password is
    a value. `path` is set for `lmtp:///run/lmtp.sock` alone, `host` is empty then.
    """

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: Secret | None = None
    path: str = ""
    port_written: bool = False

    @property
    def authority(self) -> str:
        """HOST or HOST:PORT as written: what s-nail's variable chains hang on."""
        return f"{self.host}:{self.port}" if self.port_written else self.host


def parse(text: str, schemes: Sequence[str] = SCHEMES) -> ServerUrl:
    """Read a server's address; the first scheme is that of an address without one.

    Raises:
        SettingsError: it names no server; the text shown holds no password.
    """
    found = re.fullmatch(_URL, text.strip())
    scheme, rest = (found[1].lower(), found[2]) if found else (schemes[0], text.strip())
    if scheme not in schemes:
        raise SettingsError(
            f"{scheme}:// is no scheme for sending",
            advice=f"write one of {', '.join(f'{s}://' for s in schemes)}",
        )
    if scheme == "lmtp" and rest.startswith("/"):
        return ServerUrl(scheme=scheme, host="", port=0, path=rest)
    login, at, address = rest.rpartition("@")
    user, password = _login(login) if at else (None, None)
    host, port = _host_and_port(address.removesuffix("/"))
    return ServerUrl(
        scheme=scheme,
        host=host,
        port=port or PORTS[scheme],
        user=user,
        password=password,
        port_written=port is not None,
    )


def _login(text: str) -> tuple[str, Secret | None]:
    if "@" in text or "/" in text or re.search(_BROKEN_PERCENT, text):
        raise SettingsError(
            "user and password in a URL must be percent-encoded",
            advice="write %40 for @, %2F for /, %3A for : and %25 for %",
        )
    from urllib.parse import unquote  # not for the many that log in to nothing

    text = re.sub(_AUTH_PARAMETER, "", text)
    user, colon, password = text.partition(":")
    return unquote(user), Secret(unquote(password)) if colon else None


def _host_and_port(text: str) -> tuple[str, int | None]:
    found = re.match(_HOST, text)
    if not found:
        raise SettingsError("no server name" if not text else f"{text!r} is no server")
    rest = text[found.end() :]
    if rest and not rest.startswith(":"):
        raise SettingsError(f"{text!r} is no server name")
    return found[1] or found[2], _port(rest[1:]) if rest else None


def _port(text: str) -> int:
    if text.lower() in PORTS:
        return PORTS[text.lower()]
    if text.isascii() and text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise SettingsError(f"{text!r} is no port")
