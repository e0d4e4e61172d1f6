"""Parsing of a settings file of msmtp into accounts (msmtp(1)).

`defaults` apply to the accounts below them; an account inherits the lines of its
parents, but not their defaults. No command is run: an `eval` line is left out with a
remark.

`COMMANDS` translates single commands into variables of mail.rc: each row takes the
argument, and returns variables or the reason why there are none. Values that depend on
several commands (server, login, sender) are in `msmtp`.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from pymail.model import model

DEFAULT = "default"


@model()
class Line:
    """The argument of a command, with its place (FILE:LINE)."""

    argument: str
    place: str


Block = dict[str, Line]


class MsmtpFile:
    """The accounts of a file in order, the place of each, and remarks.

    Messages show the file as `file`.
    """

    def __init__(self, text: str, file: str) -> None:
        self.accounts: dict[str, Block] = {}
        self.places: dict[str, str] = {}
        self.remarks: list[str] = []
        self._defaults: Block = {}
        self._own: dict[str, Block] = {}  # the lines that children inherit
        self._open: tuple[Block, ...] = ()
        for number, command, argument in _lines(text):
            self._read(command, Line(argument, f"{file}:{number}"))

    def _read(self, command: str, line: Line) -> None:
        if command == "defaults":
            self._open = (self._defaults,)
        elif command == "account":
            self._begin(line)
        elif command == "eval":
            why = "pymail runs no command to read settings"
            self._remark(line, "eval", why)
        else:
            if not self._open:  # commands before any account belong to the default
                self._start(DEFAULT, line, {})
            for block in self._open:
                block[command] = line

    def _remark(self, line: Line, what: str, reason: str) -> None:
        self.remarks.append(f"{line.place}: {what}: left out: {reason}")

    def _begin(self, line: Line) -> None:
        name, _, parents = (part.strip() for part in line.argument.partition(":"))
        if name in self._own or not name:
            why = "an account above has this name" if name else "it has no name"
            what = f"account {name}".rstrip()
            self._remark(line, what, f"{why}; its lines are left out too")
            self._open = ({},)
            return
        own: Block = {}
        for parent in filter(None, map(str.strip, parents.split(","))):
            if parent not in self._own:
                what = f"account {name} : {parent}"
                self._remark(line, what, f"there is no account {parent} above it")
            own |= self._own.get(parent, {})
        self._start(name, line, own)

    def _start(self, name: str, line: Line, own: Block) -> None:
        self._own[name], self.accounts[name] = own, self._defaults | own
        self.places[name] = line.place
        self._open = (own, self.accounts[name])


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield number, command and argument of each line that has a command."""
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        command, _, argument = line.replace("\t", " ", 1).partition(" ")
        yield number, command, _unquoted(argument.strip())


def _unquoted(argument: str) -> str:
    """Remove the quotes around an argument; characters inside have no special meaning."""
    quoted = len(argument) > 1 and argument[0] == argument[-1] == '"'
    return argument[1:-1] if quoted else argument


# ── commands as variables ───────────────────────────────────────────────────

Variables = Mapping[str, str]
Meaning = Callable[[str], Variables | str]

ON, OFF = ("", "on"), "off"
_SHA256 = r"(?a)(?:[0-9A-Fa-f]{2}:?){32}"
WRITES_FIELDS = "pymail adds missing fields to each mail"
_HIDES = "pymail hides only the recipients of -b; To and Cc keep their addresses"
_UNVERIFIED = {"tls-verify": "ignore"}


def _as(variable: str, *unset: str, write: Callable[[str], str] = str) -> Meaning:
    """Make the argument the value of a variable; `unset` are words that set none."""
    return lambda word: {} if word in unset else {variable: write(word)}


def _unless(meaning: Variables | str, *usual: str) -> Meaning:
    """Return the meaning for all arguments but the usual ones."""
    return lambda word: {} if word in usual else meaning


def _trust(argument: str) -> Variables | str:
    if argument == "system":
        return {}
    if not argument:
        return "without tls-fingerprint pymail trusts the authorities of the system"
    return {"tls-ca-file": argument, "tls-ca-no-defaults": ""}


def _fingerprint(argument: str) -> Variables | str:
    if not argument or re.fullmatch(_SHA256, argument):
        return {"tls-fingerprint": argument} if argument else {}
    return "only a SHA-256 fingerprint is safe; pymail verifies the certificate instead"


def _facility(argument: str) -> str:
    word = argument.lower().removeprefix("log_")
    return "user" if word in ON else word


def _returned(argument: str) -> str:
    return "full" if argument.lower() == "full" else "hdrs"


# fmt: off
COMMANDS: Mapping[str, Meaning] = {
    "timeout": _as("smtp-timeout", "", OFF),
    "connect_timeout": _as("socket-connect-timeout", "", OFF),
    "source_ip": _unless("the system chooses the address to send from", ""),
    "ntlmdomain": _unless("pymail has no NTLM", ""),
    "proxy_port": _unless("there is no proxy_host", ""),
    "tls_trust_file": _trust,
    "tls_crl_file": _as("tls-crl-file", ""),
    "tls_fingerprint": _fingerprint,
    "tls_cert_file": _as("ssl-cert", ""),
    "tls_key_file": _as("ssl-key", ""),
    "tls_certcheck": _unless(_UNVERIFIED, *ON),
    "tls_nocertcheck": _unless(_UNVERIFIED),
    "tls_priorities": _unless("pymail uses OpenSSL, not GnuTLS; see ssl-cipher-list", ""),
    "tls_min_dh_prime_bits": _unless("OpenSSL decides this", ""),
    "tls_host_override": _unless("the certificate must be for the host itself", ""),
    "dsn_notify": _as("dsn", "", OFF, write=str.lower),
    "dsn_return": _as("dsn-return", "", OFF, write=_returned),
    "set_date_header": _unless(WRITES_FIELDS, "", "auto"),
    "add_missing_date_header": _unless(WRITES_FIELDS, *ON),
    "set_msgid_header": _unless({"message-id-disable": ""}, "", "auto"),
    "add_missing_from_header": _unless(WRITES_FIELDS, *ON),
    "remove_bcc_headers": _unless("pymail never sends Bcc fields", *ON),
    "undisclosed_recipients": _unless(_HIDES, OFF),
    "logfile": _as("logfile", ""),
    "logfile_time_format": _unless("the log of pymail has a fixed time format", ""),
    "syslog": _as("syslog", OFF, write=_facility),
    "aliases": _as("mta-aliases", ""),
}
# fmt: on
