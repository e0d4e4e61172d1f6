"""What a command of msmtp is in variables of mail.rc, where one stands for itself.

Each row takes the argument and gives variables, or the reason why there are
none. What hangs on several commands (server, login, sender) is in `msmtp`.
"""

import re
from collections.abc import Callable, Mapping

Variables = Mapping[str, str]
Meaning = Callable[[str], Variables | str]

ON, OFF = ("", "on"), "off"
_NOTHING: Variables = {}
_SHA256 = r"(?a)(?:[0-9A-Fa-f]{2}:?){32}"


def _as(variable: str) -> Meaning:
    """The argument is the value; an empty one unsets it."""
    return lambda argument: {variable: argument} if argument else _NOTHING


def _without(reason: str) -> Meaning:
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
    "source_ip": _without("the system chooses the address to send from"),
    "ntlmdomain": _without("there is no NTLM"),
    "proxy_port": _without("there is no proxy_host"),
    "tls_trust_file": _trust,
    "tls_crl_file": _as("tls-crl-file"),
    "tls_fingerprint": _fingerprint,
    "tls_cert_file": _as("ssl-cert"),
    "tls_key_file": _as("ssl-key"),
    "tls_certcheck": _unless({"tls-verify": "ignore"}, *ON),
    "tls_nocertcheck": lambda _: {"tls-verify": "ignore"},
    "tls_priorities": _without("these are words of GnuTLS; see ssl-cipher-list"),
    "tls_min_dh_prime_bits": _without("OpenSSL decides about this"),
    "tls_host_override": _without("the certificate has to be for the host itself"),
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
    "logfile_time_format": _without("the times in the log have one form"),
    "syslog": _syslog,
    "aliases": _as("mta-aliases"),
}
