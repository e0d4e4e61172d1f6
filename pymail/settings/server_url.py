"""Addresses of servers in mail.rc: HOST, HOST:PORT or a URL (RFC 3986).

Login and password in a URL are percent-encoded. A bare `@` or a broken `%` in them is
refused, because a wrong guess would send the rest of a password to another host. So are
blanks, invisible characters, and characters that only look like `:`, `/` or `@`.
"""

import re
from collections.abc import Mapping

from pymail.errors import SettingsError
from pymail.model import model
from pymail.secret import Secret

# service names for SMTP, as in services(5)
PORTS: Mapping[str, int] = {
    "smtp": 25,
    "mail": 25,
    "submission": 587,
    "smtps": 465,
    "submissions": 465,
    "ssmtp": 465,
    "urd": 465,
    "lmtp": 24,
}
SCHEMES = ("smtp", "smtps", "submission", "submissions", "lmtp")

_URL = r"(?s)([A-Za-z][A-Za-z0-9+.-]*)://(.*)"
_ADDRESS6 = r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
_ZONE = r"%(?:25)?([A-Za-z0-9_.-]+)"  # RFC 6874; a bare % is common as well
_HOST = rf"\[({_ADDRESS6})(?:{_ZONE})?\]|([^\s\[\]:/@%]+)"
_BARE = rf"({_ADDRESS6})(?:{_ZONE})?"  # no port can follow
_LOOK_ALIKES = "：／＠％［］？＃﹕﹫∕⁄⧸"
_AUTH_PARAMETER = r"(?i);auth=[A-Za-z0-9_*-]*\Z"  # mailutils
_BROKEN_PERCENT = r"%(?![0-9A-Fa-f]{2})"


@model(kw_only=True)
class ServerUrl:
    """The address of a server. `scheme` is lower case, "smtp" by default.

    `user` and `password` are None if the URL has none; an empty password is a value.
    `path` is set only for `lmtp:///run/lmtp.sock`; `host` is empty then.
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
        """HOST or HOST:PORT as written, the suffix of s-nail's chained variables."""
        return f"{self.host}:{self.port}" if self.port_written else self.host


def parse(text: str) -> ServerUrl:
    """Read a server's address; the default scheme is smtp.

    Raises:
        SettingsError: it names no server; the message never shows a password.
    """
    text = text.strip()
    _check_characters(text)
    found = re.fullmatch(_URL, text)
    scheme, rest = (found[1].lower(), found[2]) if found else (SCHEMES[0], text)
    if scheme not in SCHEMES:
        raise SettingsError(
            f"{scheme}:// is not a scheme for sending mail",
            advice=f"write one of {', '.join(f'{s}://' for s in SCHEMES)}",
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
    from urllib.parse import unquote  # most addresses have no login

    text = re.sub(_AUTH_PARAMETER, "", text)
    user, colon, password = text.partition(":")
    return unquote(user), Secret(unquote(password)) if colon else None


def _check_characters(text: str) -> None:
    """Refuse blanks, invisible and look-alike characters, without showing the address."""
    odd = next((c for c in text if c in _LOOK_ALIKES or _is_unseen(c)), "")
    if odd:
        from unicodedata import name

        what = f"{name(odd, 'a control character').lower()} (U+{ord(odd):04X})"
        raise SettingsError(
            f"there is a {what} in the address of the server",
            advice="retype it; separate settings with a blank, and write %20 for a blank in a password",
        )


def _is_unseen(character: str) -> bool:
    """Whether a character is invisible; an undecoded octet may belong to a password."""
    if character.isprintable():
        return character.isspace()
    return not "\udc80" <= character <= "\udcff"


def _host_and_port(text: str) -> tuple[str, int | None]:
    if text.count(":") > 1 and (bare := re.fullmatch(_BARE, text)):
        return "%".join(filter(None, bare.groups())), None
    found = re.match(_HOST, text)
    if not found:
        raise SettingsError(f"{text!r} is not a server" if text else "no server name")
    rest = text[found.end() :]
    if rest and not rest.startswith(":"):
        raise SettingsError(f"{text!r} is not a server name")
    address, zone, name = found.groups()
    host = "%".join(filter(None, (address, zone))) or name
    host = host if host.isascii() else _plain(host)
    return host, _port(rest[1:]) if rest else None


def _plain(host: str) -> str:
    """Normalize full-width letters and dots.

    Raises:
        SettingsError: a character would normalize to URL syntax.
    """
    from unicodedata import normalize

    plain = normalize("NFKC", host).replace("。", ".")
    if any(c.isascii() and not (c.isalnum() or c in ".-_") for c in plain):
        raise SettingsError(f"{host!r} is not a server name")
    return plain


def _port(text: str) -> int:
    if text.lower() in PORTS:
        return PORTS[text.lower()]
    if text.isascii() and text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    # only digits are shown: the text may be half of a password
    what = f"{text!r} is not a port" if text.isdecimal() else "no port after the colon"
    raise SettingsError(what, advice="write HOST:PORT, or scheme://USER:PASSWORD@HOST")
