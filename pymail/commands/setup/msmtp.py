"""Accounts of msmtp, as far as mail.rc can say them (msmtp(1)).

Server, login and sender each hang on several commands, so they are put together
here. `-P` of msmtp shows what it makes of a file; the tests hold it against this.
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
_FORCES = "the sender of every mail becomes the login, if that is an address"
_ALIASES = (
    "`default:` in it has no meaning in pymail; names that have no line of their own stay"
    " as they are"
)
# The commands that hang together, and are read by `_Reader`.
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
    """The user and machine that patterns of a file mean.

    `read` gives the text of a file beside it or one that it names, None when
    there is none.
    """

    login: str
    hostname: str
    read: Callable[[str], str | None] = lambda _name: None


def read_accounts(
    text: str, file: str, here: Here
) -> tuple[Account, list[Account], list[str]]:
    """Read a file, `file` is the name to show for it.

    Returns the account to use first, others, and the lines that could not be taken
    over with what that means.

    Raises:
        SettingsError: it is not of msmtp, or has no account that can be used.
    """
    if not re.search(_IS_MSMTP, text):
        if re.search(_IS_SSMTP, text):
            raise SettingsError(
                f"{file}: settings of ssmtp, which are not taken over",
                advice="pymail --setup asks for what is needed",
            )
        raise SettingsError(
            f"{file}: no settings of msmtp", advice="its lines are like `host NAME`"
        )
    gathered = MsmtpFile(text, file)
    remarks = dict.fromkeys(gathered.remarks)
    accounts: dict[str, Account] = {}
    for name, block in gathered.accounts.items():
        reader = _Reader(name, gathered.places[name], block, here)
        if account := reader.read():
            accounts[name] = account
        remarks |= dict.fromkeys(reader.remarks)  # each once, however often it occurs
    if not accounts:
        raise SettingsError(f"{file}: no account with a host")
    remarks |= dict.fromkeys(_explain_choice(accounts, file))
    first = accounts.get(DEFAULT) or next(iter(accounts.values()))
    named = (a for n, a in accounts.items() if n != DEFAULT and is_account_name(n))
    return first, list(named), list(remarks)


def _explain_choice(accounts: Mapping[str, Account], file: str) -> Iterator[str]:
    """Tell how an account is chosen, where that is not as in msmtp."""
    named = [a for a in accounts.values() if a.name != DEFAULT]
    for account in named:
        if not is_account_name(account.name):
            what = f"{account.place}: account {account.name}: left out"
            yield f"{what}: a name has letters, digits and . @ + - _ alone here"
    if len(named) > 1 and DEFAULT not in accounts:
        yield f"{named[0].place}: no account is the default; {named[0].name} is, the first"
    if named:
        yield f"{file}: an account is not found by its sender, as in msmtp: -A NAME"


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
        """Put everything together; None when no server that can be tried is named."""
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

    # ── what a line says ────────────────────────────────────────────────────

    def _text(self, command: str) -> str:
        line = self._lines.get(command)
        return line.argument if line else ""

    def _is(self, command: str, usual: str = OFF) -> bool:
        """Whether something is on; an empty argument is `on`."""
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
            SettingsError: there is none that pymail could speak to.
        """
        lmtp = self._text("protocol") == "lmtp"
        host, port, socket = map(self._text, ("host", "port", "socket"))
        if socket:
            here = f"it is `set smtp=lmtp://{socket}` here"
            raise SettingsError(here if lmtp else "a socket is spoken to by LMTP alone")
        if not host:
            raise SettingsError("it has no host")
        if self._text("proxy_host"):
            raise SettingsError("pymail does not support SOCKS proxies")
        scheme = "lmtp" if lmtp else "smtp"
        if self._tls and not self._starttls:
            scheme, port = "smtps", "" if port == _TLS_PORT else port
            if lmtp:
                self._leave_out("protocol", "LMTP has TLS by STARTTLS alone")
        elif port == _TLS_PORT:
            self._leave_out("port", "TLS begins at once at port 465")
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
            reason = f"there is no {method}; what the server offers is used"
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
            reason = "a pattern says whose account it is, not who sends"
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
        """Fill the patterns in; empty where that cannot be done."""
        text, here = self._text(command), self._here
        if "%" not in text:
            return text
        mailname = here.read("/etc/mailname") if "%M" in text else ""
        known = {"U": here.login, "H": here.hostname, "M": (mailname or "").strip()}
        filled = re.sub("%([UHCM])", lambda found: known.get(found[1]) or "\0", text)
        if "\0" in filled:
            self._leave_out(command, f"what {text} means is not known here")
            return ""
        self._remark_value(command, filled)
        return filled

    def _remark_value(self, command: str, value: str) -> None:
        self._remark(command, f"is {value} for this user on this machine")

    def _sender(self, mailbox: Mailbox | None, user: str) -> dict[str, str]:
        """Force the sender on every mail, where that is the login's own address."""
        header = self._text("set_from_header")
        forced = "set_from_header" in self._lines and header in ON
        asked = ["set_from_header"] if forced else []
        if header == OFF:
            reason = "what a mail does not have is written"
            self._leave_out("set_from_header", reason)
        if not self._is("allow_from_override", "on"):
            asked.append("allow_from_override")
        if asked and mailbox and mailbox.address.lower() == user.lower():
            return {"smtp-fit-sender": "on"}
        for command in asked:
            reason = f"no sender is forced; smtp-fit-sender=on: {_FORCES}"
            self._leave_out(command, reason)
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
            self._leave_out("domain", "the machine's own name is said")
        elif domain := self._fill_patterns("domain"):
            found["hostname"] = domain
        return found


def _url(scheme: str, host: str, port: str) -> str:
    """Write a server as a URL, which leads to the host, and nowhere else.

    Raises:
        SettingsError: host or port makes no sense.
    """
    inside = f"[{host}]" if ":" in host else host
    url = f"{scheme}://{inside}:{port}" if port else f"{scheme}://{inside}"
    if server_url.parse(url).host != host:
        raise SettingsError(f"{host!r} is not a server name")
    return url
