"""Parsing of a settings file of msmtp, gathered by account (msmtp(1)).

`defaults` are for the accounts behind them; an account has what its parents were
given by name. Nothing is run: an `eval` line is left out, and told.

`COMMANDS` says what a command is in variables of mail.rc, where one stands for
itself: each row takes the argument and gives variables, or the reason why there are
none. What hangs on several commands (server, login, sender) is in `msmtp`.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from pymail.model import field, model

DEFAULT = "default"


@model()
class Said:
    """The argument of one command, and its line."""

    argument: str
    place: str


Block = dict[str, Said]


@model(frozen=False)
class Gathered:
    """The accounts in their order, each with its own line, and what is odd."""

    accounts: dict[str, Block] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    alias_of: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def gather(text: str, file: str) -> Gathered:
    """Read a file; `file` is the name to show for it."""
    return _Gathering(file).of(text)


class _Gathering:
    """One walk over the lines."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._all = Gathered()
        self._defaults: Block = {}
        self._own: dict[str, Block] = {}  # what is inherited: not the defaults
        self._now: tuple[Block, ...] = ()

    def of(self, text: str) -> Gathered:
        for number, command, argument in _lines(text):
            place = f"{self._file}:{number}"
            if command == "defaults":
                self._now = (self._defaults,)
            elif command == "account":
                self._begin(argument, place)
            elif command == "eval":
                self._remark(
                    place, "eval", "a command is not run to find out what a file says"
                )
            else:
                self._say(command, Said(argument, place))
        return self._all

    def _remark(self, place: str, what: str, meaning: str) -> None:
        self._all.remarks.append(f"{place}: {what}: left out: {meaning}")

    def _say(self, command: str, said: Said) -> None:
        if not self._now:  # commands before any account are of the default one
            self._start(DEFAULT, said.place, "")
        for block in self._now:
            block[command] = said

    def _begin(self, argument: str, place: str) -> None:
        name, colon, after = (part.strip() for part in argument.partition(":"))
        if name in self._own or not name:
            what = f"account {name}".rstrip()
            why = "there is one of this name" if name else "it has no name"
            self._remark(place, what, f"{why}; so are the lines behind it")
            self._now = ({},)
            return
        self._start(name, place, after if colon else "")

    def _start(self, name: str, place: str, parents: str) -> None:
        own: Block = {}
        known = list(self._parents(parents, name, place))
        for parent in known:
            own |= self._own[parent]
        if len(known) == 1:
            self._all.alias_of[name] = known[0]
        whole = self._defaults | own
        self._own[name], self._all.accounts[name] = own, whole
        self._all.places[name] = place
        self._now = (own, whole)

    def _parents(self, words: str, name: str, place: str) -> Iterator[str]:
        for word in filter(None, map(str.strip, words.split(","))):
            if word in self._own:
                yield word
            else:
                what = f"account {name} : {word}"
                self._remark(place, what, f"no account {word} is above it")


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


Variables = Mapping[str, str]
Meaning = Callable[[str], Variables | str]

ON, OFF = ("", "on"), "off"
_NOTHING: Variables = {}
_SHA256 = r"(?a)(?:[0-9A-Fa-f]{2}:?){32}"


def _as(variable: str) -> Meaning:
    """The argument is the value; an empty one unsets it."""
    return lambda argument: {variable: argument} if argument else _NOTHING


def _no_counterpart(reason: str) -> Meaning:
    """There is no such variable; an empty argument sets none."""
    return lambda argument: reason if argument else _NOTHING


def _unless(variables: Variables | str, *usual: str) -> Meaning:
    """Only words other than the usual ones say something."""
    return lambda argument: _NOTHING if argument in usual else variables


def _seconds(variable: str) -> Meaning:
    return lambda argument: _NOTHING if argument in ("", OFF) else {variable: argument}


def _trust(argument: str) -> Variables | str:
    if argument == "system":
        return _NOTHING
    if not argument:
        return "without tls-fingerprint the authorities of the system are trusted"
    return {"tls-ca-file": argument, "tls-ca-no-defaults": ""}


def _fingerprint(argument: str) -> Variables | str:
    if not argument:
        return _NOTHING
    if re.fullmatch(_SHA256, argument):
        return {"tls-fingerprint": argument}
    return "only a SHA-256 fingerprint is safe; certificates are verified instead"


def _syslog(argument: str) -> Variables:
    if argument == OFF:
        return _NOTHING
    word = argument.lower().removeprefix("log_")
    return {"syslog": "user" if word in ON else word}


def _dsn(argument: str) -> Variables:
    return _NOTHING if argument in ("", OFF) else {"dsn": argument.lower()}


def _dsn_return(argument: str) -> Variables:
    if argument in ("", OFF):
        return _NOTHING
    return {"dsn-return": "full" if argument.lower() == "full" else "hdrs"}


_WRITES = "what a mail does not have is written"

COMMANDS: Mapping[str, Meaning] = {
    "timeout": _seconds("smtp-timeout"),
    "connect_timeout": _seconds("socket-connect-timeout"),
    "source_ip": _no_counterpart("the system chooses the address to send from"),
    "ntlmdomain": _no_counterpart("there is no NTLM"),
    "proxy_port": _no_counterpart("there is no proxy_host"),
    "tls_trust_file": _trust,
    "tls_crl_file": _as("tls-crl-file"),
    "tls_fingerprint": _fingerprint,
    "tls_cert_file": _as("ssl-cert"),
    "tls_key_file": _as("ssl-key"),
    "tls_certcheck": _unless({"tls-verify": "ignore"}, *ON),
    "tls_nocertcheck": lambda _: {"tls-verify": "ignore"},
    "tls_priorities": _no_counterpart("these are words of GnuTLS; see ssl-cipher-list"),
    "tls_min_dh_prime_bits": _no_counterpart("OpenSSL decides about this"),
    "tls_host_override": _no_counterpart(
        "the certificate has to be for the host itself"
    ),
    "dsn_notify": _dsn,
    "dsn_return": _dsn_return,
    "set_date_header": _unless(_WRITES, "", "auto"),
    "add_missing_date_header": _unless(_WRITES, *ON),
    "set_msgid_header": _unless({"message-id-disable": ""}, "", "auto"),
    "add_missing_from_header": _unless(_WRITES, *ON),
    "remove_bcc_headers": _unless("Bcc fields never go to a server", *ON),
    "undisclosed_recipients": _unless(
        "only those of -b are hidden; nobody is taken out of To and Cc", OFF
    ),
    "logfile": _as("logfile"),
    "logfile_time_format": _no_counterpart("the times in the log have one form"),
    "syslog": _syslog,
    "aliases": _as("mta-aliases"),
}
