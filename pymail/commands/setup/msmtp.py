"""Accounts of msmtp as accounts of mail.rc (msmtp(1)).

Server, login and sender each depend on several commands, and are combined here. The
tests compare the result with `msmtp -P`, which shows how msmtp itself reads a file.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.commands.setup.account import CERTIFICATE, Account
from pymail.commands.setup.mailrc_edit import is_account_name
from pymail.commands.setup.msmtp_file import (
    COMMANDS,
    DEFAULT,
    OFF,
    ON,
    WRITES_FIELDS,
    Block,
    MsmtpFile,
)
from pymail.errors import AddressError, SettingsError
from pymail.model import model, replace
from pymail.secret import Secret
from pymail.settings import server_url

_IS_MSMTP = r"(?m)^[ \t]*(?:defaults|account|host)(?:[ \t]|\r?$)"
_IS_SSMTP = r"(?mi)^[ \t]*(?:mailhub|root|rewritedomain|usetls|authuser)[ \t]*="
_MECHANISMS = frozenset(
    (
        *("plain", "login", "cram-md5", CERTIFICATE, "xoauth2", "oauthbearer"),
        *("scram-sha-1", "scram-sha-256"),
    )
)
_TLS_PORT = "465"
_WILD = r"[?*\[]"
_FORCE = "with smtp-fit-sender=on it becomes the login, if that is an address"
_ALIASES = (
    "pymail ignores `default:` in this file; names without a line of their own stay as"
    " they are"
)
# Commands that depend on each other, read by `_Reader`.
_TOGETHER = frozenset(
    (
        *("host", "port", "protocol", "socket", "tls", "tls_starttls"),
        *("tls_nostarttls", "auth", "user", "password", "passwordeval", "from"),
        *("from_full_name", "auto_from", "maildomain", "proxy_host"),
        *("domain", "set_from_header", "allow_from_override"),
    )
)


@model(kw_only=True)
class Here:
    """The values of patterns in a file: this user on this machine.

    `read` returns the text of a file that the settings name, relative to their own
    directory; None if it can't be read.
    """

    login: str
    hostname: str
    read: Callable[[str], str | None] = lambda _name: None


def read_accounts(
    text: str, file: str, here: Here
) -> tuple[Account, list[Account], list[str]]:
    """Read the text of a settings file; messages show it as `file`.

    Returns the default account, the accounts with names, and a remark for each line
    without a counterpart.

    Raises:
        SettingsError: the text is not of msmtp, or has no usable account.
    """
    if not re.search(_IS_MSMTP, text):
        if re.search(_IS_SSMTP, text):
            raise SettingsError(
                f"{file}: pymail can't import settings of ssmtp",
                advice="pymail --setup asks for the settings",
            )
        raise SettingsError(
            f"{file}: not a settings file of msmtp",
            advice="a file of msmtp has lines like `host NAME`",
        )
    gathered = MsmtpFile(text, file)
    remarks = dict.fromkeys(gathered.remarks)
    accounts: dict[str, Account] = {}
    for name, block in gathered.accounts.items():
        reader = _Reader(name, gathered.places[name], block, here)
        if account := reader.read():
            accounts[name] = account
        remarks |= dict.fromkeys(reader.remarks)  # accounts share lines of defaults
    if not accounts:
        raise SettingsError(f"{file}: no account with a host")
    remarks |= dict.fromkeys(_explain_choice(accounts, file))
    first = accounts.get(DEFAULT) or next(iter(accounts.values()))
    named = (a for n, a in accounts.items() if n != DEFAULT and is_account_name(n))
    return first, list(named), list(remarks)


def _explain_choice(accounts: Mapping[str, Account], file: str) -> Iterator[str]:
    """Yield the differences to msmtp in the choice of an account."""
    named = [a for a in accounts.values() if a.name != DEFAULT]
    for account in named:
        if not is_account_name(account.name):
            what = f"{account.place}: account {account.name}: left out"
            yield f"{what}: a name can only have letters, digits and . @ + - _"
    if len(named) > 1 and DEFAULT not in accounts:
        first = named[0]
        yield f"{first.place}: no default account; the first one, {first.name}, is used"
    if named:
        choice = "unlike msmtp, pymail does not choose the account by the sender"
        yield f"{file}: {choice}; use -A NAME"


class _Reader:
    """Reads one account; `remarks` are the lines without a counterpart."""

    def __init__(self, name: str, place: str, block: Block, here: Here) -> None:
        self._name = name
        self._place = place
        self._lines = block
        self._here = here
        self.remarks: list[str] = []
        self._tls = self._is("tls")
        self._starttls = self._is("tls_starttls", "on")
        self._starttls = self._starttls and "tls_nostarttls" not in block

    def read(self) -> Account | None:
        """Return the account, or None with a remark if it has no usable server."""
        try:
            server = self._server()
        except SettingsError as error:
            what = f"{self._place}: account {self._name}: left out: {error}"
            self.remarks.append(what)
            return None
        user, mechanism = self._login()
        command, secret = self._text("passwordeval"), self._text("password")
        mailbox = self._mailbox()
        return Account(
            name=self._name,
            place=self._place,
            server=server,
            starttls=self._tls and self._starttls,
            mailbox=mailbox or Mailbox(""),
            user=user,
            mechanism=mechanism,
            secret=Secret(secret) if user and secret else None,
            secret_place=self._lines["password"].place if secret else "",
            command="" if secret or not user else command,
            variables=self._variables() | self._sender(mailbox, user),
        )

    # ── single lines ────────────────────────────────────────────────────────

    def _text(self, command: str) -> str:
        line = self._lines.get(command)
        return line.argument if line else ""

    def _is(self, command: str, usual: str = OFF) -> bool:
        """Whether a switch is on; an empty argument means `on`."""
        line = self._lines.get(command)
        return (line.argument.lower() if line else usual) != OFF

    def _remark(self, command: str, what: str) -> None:
        if line := self._lines.get(command):
            self.remarks.append(f"{line.place}: {command}: {what}")

    def _leave_out(self, command: str, reason: str) -> None:
        self._remark(command, f"left out: {reason}")

    # ── the server ──────────────────────────────────────────────────────────

    def _server(self) -> str:
        """Return the server as a URL.

        Raises:
            SettingsError: there is no host, or pymail can't connect to it.
        """
        lmtp = self._text("protocol") == "lmtp"
        host, port, socket = map(self._text, ("host", "port", "socket"))
        if socket:
            by_hand = f"write `set smtp=lmtp://{socket}` yourself"
            raise SettingsError(by_hand if lmtp else "a socket needs LMTP")
        if not host:
            raise SettingsError("it has no host")
        if self._text("proxy_host"):
            raise SettingsError("pymail does not support SOCKS proxies")
        scheme = "lmtp" if lmtp else "smtp"
        if self._tls and not self._starttls:
            scheme, port = "smtps", "" if port == _TLS_PORT else port
            if lmtp:
                self._leave_out("protocol", "TLS with LMTP needs STARTTLS")
        elif port == _TLS_PORT:
            self._leave_out("port", "port 465 is for TLS from the first octet")
        return _url(scheme, host, port)

    # ── the login ───────────────────────────────────────────────────────────

    def _login(self) -> tuple[str, str]:
        """Return user and mechanism; without `auth` there is no login."""
        method, user = self._text("auth").lower(), self._text("user")
        if not self._is("auth"):
            for command in ("user", "password", "passwordeval"):
                self._leave_out(command, "auth is off, so pymail does not log in")
            return "", ""
        mechanism = method if method in _MECHANISMS else ""
        if method not in (*_MECHANISMS, *ON):
            reason = (
                f"pymail has no {method}; it uses a mechanism that the server offers"
            )
            self._leave_out("auth", reason)
        if not user and mechanism != CERTIFICATE:
            self._leave_out("auth", "no user is named, so pymail does not log in")
            return "", ""
        return user, mechanism

    # ── the sender ──────────────────────────────────────────────────────────

    def _mailbox(self) -> Mailbox | None:
        name = self._text("from_full_name")
        if self._is("auto_from"):
            domain = self._text("maildomain")
            if not domain:
                self._leave_out("auto_from", "there is no maildomain")
                return None
            whole = f"{self._here.login}@{domain}"
            self._remark_value("auto_from", whole)
            return Mailbox(whole, name)
        if re.search(_WILD, self._text("from")):
            reason = "a pattern selects the account, but is no sender"
            self._leave_out("from", reason)
            return None
        address = self._fill_patterns("from")
        if not address:
            return None
        try:
            return replace(parse_mailbox(address), name=name)
        except AddressError as error:
            self._leave_out("from", str(error))
            return None

    def _fill_patterns(self, command: str) -> str:
        """Replace the patterns; empty, with a remark, if one has no value."""
        text, here = self._text(command), self._here
        if "%" not in text:
            return text
        mailname = here.read("/etc/mailname") if "%M" in text else ""
        known = {"U": here.login, "H": here.hostname, "M": (mailname or "").strip()}
        filled = re.sub("%([UHCM])", lambda found: known.get(found[1]) or "\0", text)
        if "\0" in filled:
            self._leave_out(command, f"{text} has no value on this machine")
            return ""
        self._remark_value(command, filled)
        return filled

    def _remark_value(self, command: str, value: str) -> None:
        self._remark(command, f"is {value} for this user on this machine")

    def _sender(self, mailbox: Mailbox | None, user: str) -> dict[str, str]:
        """Force the sender on every mail if it is the address of the login."""
        header = self._text("set_from_header")
        forced = "set_from_header" in self._lines and header in ON
        forcing = ["set_from_header"] if forced else []
        if header == OFF:
            self._leave_out("set_from_header", WRITES_FIELDS)
        if not self._is("allow_from_override", "on"):
            forcing.append("allow_from_override")
        if forcing and mailbox and mailbox.address.lower() == user.lower():
            return {"smtp-fit-sender": "on"}
        for command in forcing:
            self._leave_out(command, f"pymail forces no sender; {_FORCE}")
        return {}

    # ── everything else ─────────────────────────────────────────────────────

    def _variables(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for command, line in self._lines.items():
            meaning = COMMANDS.get(command)
            variables = meaning(line.argument) if meaning else {}
            if isinstance(variables, str):
                self._leave_out(command, variables)
            else:
                found |= variables
            if not meaning and command not in _TOGETHER:
                self._leave_out(command, "msmtp 1.8 has no such command")
        aliases = self._text("aliases")
        text = (aliases and self._here.read(aliases)) or ""
        if re.search(r"(?m)^[ \t]*default[ \t]*:", text):
            self._remark("aliases", _ALIASES)
        if self._text("domain") == "localhost":
            self._leave_out("domain", "pymail sends the machine's own name")
        elif domain := self._fill_patterns("domain"):
            found["hostname"] = domain
        return found


def _url(scheme: str, host: str, port: str) -> str:
    """Return the URL of a server, after a check that it names exactly this host.

    Raises:
        SettingsError: host or port is invalid.
    """
    inside = f"[{host}]" if ":" in host else host
    url = f"{scheme}://{inside}:{port}" if port else f"{scheme}://{inside}"
    if server_url.parse(url).host != host:
        raise SettingsError(f"{host!r} is not a server name")
    return url
