"""A settings file of sSMTP, and the senders in `revaliases` beside it.

Keys have no case, and a value ends at a blank, at `=` or at `#`: so it does in
sSMTP 2.64, run to see. UseSTARTTLS brings TLS along, and UseTLS does not change
the port.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from pymail.address.mailbox import Mailbox
from pymail.errors import SettingsError
from pymail.secret import Secret
from pymail.settings.foreign.account import (
    Account,
    Foreign,
    Here,
    address_of,
    check_server,
)
from pymail.settings.foreign.msmtp_file import Said

REVALIASES = "revaliases"
_LINE = r"([^\s=#]+)[ \t]*=[ \t]*([^\s=#]*)(.*)"
_SERVER = r"(.+?)(?::(\d+))?"
_MECHANISMS = frozenset(("login", "cram-md5", "plain"))
_YES = "yes"

Variables = Mapping[str, str]
_VARIABLES: Mapping[str, Callable[[str], Variables]] = {
    "tls_ca_file": lambda text: {"tls-ca-file": text, "tls-ca-no-defaults": ""},
    "tls_ca_dir": lambda text: {"tls-ca-dir": text, "tls-ca-no-defaults": ""},
    "tlscert": lambda text: {"ssl-cert": text},
    "usetlscert": lambda _: {},  # TLSCert alone is enough
    "tlskey": lambda text: {"ssl-key": text},
    "hostname": lambda text: {"hostname": text},
}
_REASONS = {
    "debug": "pymail --debug shows the session, and syslog=… what became of mails",
    "useoldauth": "the login is written as RFC 4954 has it",
}
_TOGETHER = frozenset(
    (
        *("mailhub", "rewritedomain", "fromlineoverride", "root", "authuser"),
        *("authpass", "authmethod", "usetls", "usestarttls"),
    )
)


def read(text: str, file: str, here: Here, reverse: str, reverse_file: str) -> Foreign:
    """Read a file, and the text of `revaliases`, empty when there is none.

    Raises:
        SettingsError: it names no server.
    """
    reading = _Reading(file, here)
    reading.read(text)
    sender, server = reading.sender(reverse, reverse_file)
    return reading.foreign(sender, server)


class _Reading:
    """One file, and what cannot be taken over."""

    def __init__(self, file: str, here: Here) -> None:
        self._file = file
        self._here = here
        self._said: dict[str, Said] = {}
        self._remarks: list[str] = []

    def read(self, text: str) -> None:
        """Gather the lines that say something."""
        for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
            line, place = raw.strip(), f"{self._file}:{number}"
            if not line or line.startswith("#"):
                continue
            found = re.fullmatch(_LINE, line)
            if not found:
                self._remarks.append(f"{place}: left out: not of the form key=value")
                continue
            self._said[found[1].lower()] = Said(found[2], place)
            rest = found[3].strip()
            if rest and not rest.startswith("#"):
                self._remarks.append(
                    f"{place}: {found[1]}: a value ends at a blank or =, as in ssmtp"
                )

    def _text(self, key: str) -> str:
        said = self._said.get(key)
        return said.argument if said else ""

    def _yes(self, key: str) -> bool:
        return self._text(key).lower() == _YES

    def _remark(self, key: str, what: str) -> None:
        if key in self._said:
            self._remarks.append(f"{self._said[key].place}: {key}: {what}")

    # ── who sends ───────────────────────────────────────────────────────────

    def sender(self, reverse: str, file: str) -> tuple[str, str]:
        """Return this user's address, and the server if it has one of its own."""
        mine = ("", "")
        for place, login, address, server in _reverse_lines(reverse, file):
            if login == self._here.login:
                mine = (address, server)
            else:
                self._remarks.append(
                    f"{place}: left out: it is for {login}, who can say"
                    f" set from={address} in ~/.mailrc"
                )
        domain = self._text("rewritedomain")
        if domain and not mine[0]:
            mine = (f"{self._here.login}@{domain}", mine[1])
            self._remark("rewritedomain", f"is {mine[0]}, for this user")
        return mine

    # ── everything ──────────────────────────────────────────────────────────

    def foreign(self, sender: str, server: str) -> Foreign:
        """Put everything together.

        Raises:
            SettingsError: it names no server.
        """
        where = server or self._text("mailhub")
        found = re.fullmatch(_SERVER, where)
        if not found:
            raise SettingsError(f"{self._file}: no mailhub= names a server")
        tls, starttls = self._tls()
        scheme = "smtps" if tls and not starttls else "smtp"
        address = f"{scheme}://{address_of(found[1], found[2] or '25')}"
        try:
            check_server(address, found[1])
        except SettingsError as error:
            raise SettingsError(f"{self._file}: mailhub: {error}") from error
        user, secret = self._text("authuser"), self._text("authpass")
        place = self._said["authpass"].place if "authpass" in self._said else ""
        if not user:
            self._remark("authpass", "left out: no AuthUser logs in")
        account = Account(
            place=self._said["mailhub"].place if not server else self._file,
            server=address,
            starttls=starttls,
            mailbox=Mailbox(sender) if sender else None,
            user=user,
            mechanism=self._mechanism() if user else "",
            secret=Secret(secret) if user and secret else None,
            secret_place=place,
            variables=self._variables(sender),
        )
        return Foreign(
            program="ssmtp",
            account=account,
            aliases=self._aliases(),
            remarks=tuple(self._remarks),
        )

    def _tls(self) -> tuple[bool, bool]:
        asked = [key for key in ("usetls", "usestarttls") if self._yes(key)]
        if asked and not self._said.keys() & {"tls_ca_file", "tls_ca_dir"}:
            what = "the certificate is verified, which ssmtp did not do"
            self._remark(asked[0], what)
        return bool(asked), "usestarttls" in asked

    def _mechanism(self) -> str:
        method = self._text("authmethod").lower()
        if method and method not in _MECHANISMS:
            self._remark("authmethod", f"left out: there is no {method}")
        return method if method == "cram-md5" else ""

    def _variables(self, sender: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for key, said in self._said.items():
            if key in _VARIABLES and said.argument:
                found |= _VARIABLES[key](said.argument)
            elif key in _REASONS:
                self._remark(key, f"left out: {_REASONS[key]}")
            elif key not in _TOGETHER and key not in _VARIABLES:
                self._remark(key, "left out: ssmtp 2.64 has no such key")
        if sender and not self._yes("fromlineoverride"):
            found["smtp-from"] = sender  # whatever From says
        return found

    def _aliases(self) -> dict[str, str]:
        address = self._text("root")
        if not address:
            return {}
        self._remark("root", "an alias of root alone; ssmtp has it for all below 1000")
        return {"root": address}


def _reverse_lines(text: str, file: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield place, login, address and server of the lines of `revaliases`."""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        login, _, rest = line.partition(":")
        address, _, server = rest.partition(":")
        if line and not line.startswith("#") and address:
            yield f"{file}:{number}", login.strip(), address.strip(), server.strip()
