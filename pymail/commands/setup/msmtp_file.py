"""Parsing of a settings file of msmtp, gathered by account (msmtp(1)).

`defaults` are for the accounts behind them; an account has the lines of its parents,
but not their defaults. Nothing is run: an `eval` line is left out with a remark.

`COMMANDS` says what a command is in variables of mail.rc, where one stands for
itself: each row takes the argument and gives variables, or the reason why there are
none. What hangs on several commands (server, login, sender) is in `msmtp`.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from pymail.model import model

DEFAULT = "default"


@model()
class Line:
    """The argument of one command, and where it stands."""

    argument: str
    place: str


Block = dict[str, Line]


class MsmtpFile:
    """The accounts of a file in their order, each with its own line, and what is odd.

    `file` is the name to show for it.
    """

    def __init__(self, text: str, file: str) -> None:
        self.accounts: dict[str, Block] = {}
        self.places: dict[str, str] = {}
        self.remarks: list[str] = []
        self._defaults: Block = {}
        self._own: dict[str, Block] = {}  # what is inherited: not the defaults
        self._open: tuple[Block, ...] = ()
        for number, command, argument in _lines(text):
            self._read(command, Line(argument, f"{file}:{number}"))

    def _read(self, command: str, line: Line) -> None:
        if command == "defaults":
            self._open = (self._defaults,)
        elif command == "account":
            self._begin(line)
        elif command == "eval":
            why = "a command is not run to find out what a file says"
            self._remark(line, "eval", why)
        else:
            if not self._open:  # commands before any account are of the default one
                self._start(DEFAULT, line, {})
            for block in self._open:
                block[command] = line

    def _remark(self, line: Line, what: str, reason: str) -> None:
        self.remarks.append(f"{line.place}: {what}: left out: {reason}")

    def _begin(self, line: Line) -> None:
        name, _, parents = (part.strip() for part in line.argument.partition(":"))
        if name in self._own or not name:
            why = "there is one of this name" if name else "it has no name"
            what = f"account {name}".rstrip()
            self._remark(line, what, f"{why}; so are the lines behind it")
            self._open = ({},)
            return
        own: Block = {}
        for parent in filter(None, map(str.strip, parents.split(","))):
            if parent not in self._own:
                what = f"account {name} : {parent}"
                self._remark(line, what, f"no account {parent} is above it")
            own |= self._own.get(parent, {})
        self._start(name, line, own)

    def _start(self, name: str, line: Line, own: Block) -> None:
        self._own[name], self.accounts[name] = own, self._defaults | own
        self.places[name] = line.place
        self._open = (own, self.accounts[name])


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield number, command and argument of the lines that say something."""
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        command, _, argument = line.replace("\t", " ", 1).partition(" ")
        yield number, command, _unquoted(argument.strip())


def _unquoted(argument: str) -> str:
    """Take the quotes away; nothing inside them is special."""
    quoted = len(argument) > 1 and argument[0] == argument[-1] == '"'
    return argument[1:-1] if quoted else argument


# ── commands in variables ───────────────────────────────────────────────────

Variables = Mapping[str, str]
Meaning = Callable[[str], Variables | str]

ON, OFF = ("", "on"), "off"
_SHA256 = r"(?a)(?:[0-9A-Fa-f]{2}:?){32}"
_WRITES = "what a mail does not have is written"
_HIDES = "pymail hides the recipients of -b alone; To and Cc keep their addresses"
_UNVERIFIED = {"tls-verify": "ignore"}


def _as(variable: str, *unset: str, write: Callable[[str], str] = str) -> Meaning:
    """Make the argument the value of a variable, which some words leave unset."""
    return lambda word: {} if word in unset else {variable: write(word)}


def _unless(meaning: Variables | str, *usual: str) -> Meaning:
    """Let only words other than the usual ones say something."""
    return lambda word: {} if word in usual else meaning


def _trust(argument: str) -> Variables | str:
    if argument == "system":
        return {}
    if not argument:
        return "without tls-fingerprint the authorities of the system are trusted"
    return {"tls-ca-file": argument, "tls-ca-no-defaults": ""}


def _fingerprint(argument: str) -> Variables | str:
    if not argument or re.fullmatch(_SHA256, argument):
        return {"tls-fingerprint": argument} if argument else {}
    return "only a SHA-256 fingerprint is safe; certificates are verified instead"


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
    "ntlmdomain": _unless("there is no NTLM", ""),
    "proxy_port": _unless("there is no proxy_host", ""),
    "tls_trust_file": _trust,
    "tls_crl_file": _as("tls-crl-file", ""),
    "tls_fingerprint": _fingerprint,
    "tls_cert_file": _as("ssl-cert", ""),
    "tls_key_file": _as("ssl-key", ""),
    "tls_certcheck": _unless(_UNVERIFIED, *ON),
    "tls_nocertcheck": _unless(_UNVERIFIED),
    "tls_priorities": _unless("these are words of GnuTLS; see ssl-cipher-list", ""),
    "tls_min_dh_prime_bits": _unless("OpenSSL decides about this", ""),
    "tls_host_override": _unless("the certificate has to be for the host itself", ""),
    "dsn_notify": _as("dsn", "", OFF, write=str.lower),
    "dsn_return": _as("dsn-return", "", OFF, write=_returned),
    "set_date_header": _unless(_WRITES, "", "auto"),
    "add_missing_date_header": _unless(_WRITES, *ON),
    "set_msgid_header": _unless({"message-id-disable": ""}, "", "auto"),
    "add_missing_from_header": _unless(_WRITES, *ON),
    "remove_bcc_headers": _unless("Bcc fields never go to a server", *ON),
    "undisclosed_recipients": _unless(_HIDES, OFF),
    "logfile": _as("logfile", ""),
    "logfile_time_format": _unless("the times in the log have one form", ""),
    "syslog": _as("syslog", OFF, write=_facility),
    "aliases": _as("mta-aliases", ""),
}
# fmt: on
