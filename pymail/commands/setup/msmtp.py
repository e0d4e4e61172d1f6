"""Accounts of msmtp, as far as mail.rc can say them (msmtp(1)).

Server, login and sender each hang on several commands, so they are put together
here. `-P` of msmtp shows what it makes of a file; the tests hold it against this.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.commands.setup.account import Account
from pymail.commands.setup.mailrc_edit import is_account_name
from pymail.commands.setup.msmtp_file import COMMANDS, DEFAULT, OFF, ON, Block, gather
from pymail.errors import AddressError, SettingsError
from pymail.model import model, replace
from pymail.secret import Secret
from pymail.settings import server_url

_MECHANISMS = frozenset(
    (
        *("plain", "login", "cram-md5", "external", "xoauth2", "oauthbearer"),
        *("scram-sha-1", "scram-sha-256"),
    )
)
_TLS_PORT = "465"
_WILD = r"[?*\[]"
_FORCES = "the sender of every mail becomes the login, if that is an address"
_MAILNAME = "/etc/mailname"


@model(kw_only=True)
class Here:
    """The user and machine that patterns of a file mean.

    `read` gives the text of a file beside it or one that it names, None when
    there is none.
    """

    login: str
    hostname: str
    read: Callable[[str], str | None] = lambda _name: None


@model(kw_only=True)
class ForeignAccounts:
    """The accounts of a file: the one to use first, and others.

    `remarks` are the lines that could not be taken over, with what that means.
    """

    program: str
    account: Account
    others: tuple[Account, ...] = ()
    remarks: tuple[str, ...] = ()


def read_accounts(text: str, file: str, here: Here) -> ForeignAccounts:
    """Read a file; `file` is the name to show for it.

    Raises:
        SettingsError: it has no account that can be used.
    """
    gathered = gather(text, file)
    remarks = dict.fromkeys(gathered.remarks)
    accounts: dict[str, Account] = {}
    for name, block in gathered.accounts.items():
        meant = _MsmtpAccount(name, gathered.places[name], block, here)
        if meant.usable():
            accounts[name] = meant.account()
        remarks |= dict.fromkeys(meant.remarks)  # each once, however often it is said
    if not accounts:
        raise SettingsError(f"{file}: no account with a host")
    remarks |= dict.fromkeys(_explain_choice(accounts, file))
    return ForeignAccounts(
        program="msmtp",
        account=accounts.get(DEFAULT) or next(iter(accounts.values())),
        others=tuple(
            a for n, a in accounts.items() if n != DEFAULT and is_account_name(n)
        ),
        remarks=tuple(remarks),
    )


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


class _MsmtpAccount:
    """One account, and what cannot be said of it."""

    def __init__(self, name: str, place: str, block: Block, here: Here) -> None:
        self._name = name
        self._place = place
        self._said = block
        self._here = here
        self.remarks: list[str] = []

    def usable(self) -> bool:
        """Whether it names a server that can be tried."""
        try:
            self._check()
        except SettingsError as error:
            what = f"{self._place}: account {self._name}: left out: {error}"
            self.remarks.append(what)
            return False
        return True

    def _check(self) -> None:
        socket = self._text("socket")
        if socket and self._lmtp:
            raise SettingsError(f"it is `set smtp=lmtp://{socket}` here")
        if socket:
            raise SettingsError("a socket is spoken to by LMTP alone")
        if not self._text("host"):
            raise SettingsError("it has no host")
        if self._text("proxy_host"):
            raise SettingsError("pymail goes through no SOCKS proxy")
        _check_server(self._server(), self._text("host"))

    def account(self) -> Account:
        """Put everything together."""
        user, mechanism = self._login()
        command, secret = self._text("passwordeval"), self._text("password")
        mailbox = self._mailbox()
        return Account(
            name=self._name,
            place=self._place,
            server=self._server(),
            starttls=self._tls and self._starttls,
            mailbox=mailbox or Mailbox(""),
            user=user,
            mechanism=mechanism,
            secret=Secret(secret) if user and secret else None,
            secret_place=self._said["password"].place if secret else "",
            command="" if secret or not user else command,
            variables=self._variables(mailbox, user),
        )

    # ── what a line says ────────────────────────────────────────────────────

    def _text(self, command: str) -> str:
        said = self._said.get(command)
        return said.argument if said else ""

    def _is(self, command: str, usual: str = OFF) -> bool:
        """Whether something is on; an empty argument is `on`."""
        said = self._said.get(command)
        argument = said.argument.lower() if said else usual
        return argument != OFF

    def _remark(self, command: str, reason: str) -> None:
        said = self._said.get(command)
        if said is not None:
            self.remarks.append(f"{said.place}: {command}: left out: {reason}")

    # ── the server ──────────────────────────────────────────────────────────

    @property
    def _lmtp(self) -> bool:
        return self._text("protocol") == "lmtp"

    @property
    def _tls(self) -> bool:
        return self._is("tls")

    @property
    def _starttls(self) -> bool:
        return self._is("tls_starttls", "on") and "tls_nostarttls" not in self._said

    def _server(self) -> str:
        port = self._text("port")
        scheme = "lmtp" if self._lmtp else "smtp"
        if self._tls and not self._starttls:
            scheme, port = "smtps", "" if port == _TLS_PORT else port
            if self._lmtp:
                self._remark("protocol", "LMTP has TLS by STARTTLS alone")
        elif port == _TLS_PORT:
            self._remark("port", "TLS begins at once at port 465")
        return f"{scheme}://{_address(self._text('host'), port)}"

    # ── the login ───────────────────────────────────────────────────────────

    def _login(self) -> tuple[str, str]:
        """Return user and mechanism; without `auth` nobody logs in."""
        method, user = self._text("auth").lower(), self._text("user")
        if not self._is("auth"):
            for command in ("user", "password", "passwordeval"):
                self._remark(command, "auth is off, so nobody logs in")
            return "", ""
        mechanism = method if method in _MECHANISMS else ""
        if method not in (*_MECHANISMS, *ON):
            reason = f"there is no {method}; what the server offers is used"
            self._remark("auth", reason)
        if not user and mechanism != "external":
            self._remark("auth", "no user is named, so nobody logs in")
            return "", ""
        return user, mechanism

    # ── who sends ───────────────────────────────────────────────────────────

    def _mailbox(self) -> Mailbox | None:
        name = self._text("from_full_name")
        if self._is("auto_from"):
            domain = self._text("maildomain")
            if not domain:
                self._remark("auto_from", "there is no maildomain")
                return None
            whole = f"{self._here.login}@{domain}"
            self._note_value("auto_from", whole)
            return Mailbox(whole, name)
        if re.search(_WILD, self._text("from")):
            self._remark("from", "a pattern says whose account it is, not who sends")
            return None
        address = self._fill_patterns("from")
        if not address:
            return None
        try:
            return replace(parse_mailbox(address), name=name)
        except AddressError as error:
            self._remark("from", str(error))
            return None

    def _fill_patterns(self, command: str) -> str:
        """Fill the patterns in; empty where that cannot be done."""
        text = self._text(command)
        if "%" not in text:
            return text
        filled = re.sub("%([UHCM])", lambda found: self._pattern(found[1]), text)
        if "%\0" in filled:
            self._remark(command, f"what {text} means is not known here")
            return ""
        self._note_value(command, filled)
        return filled

    def _pattern(self, letter: str) -> str:
        known: Mapping[str, Callable[[], str | None]] = {
            "U": lambda: self._here.login,
            "H": lambda: self._here.hostname,
            "M": lambda: self._here.read(_MAILNAME),
        }
        value = known[letter]() if letter in known else None
        return value.strip() if value and value.strip() else "%\0"

    def _note_value(self, command: str, value: str) -> None:
        place = self._said[command].place
        what = f"is {value} for this user on this machine"
        self.remarks.append(f"{place}: {command}: {what}")

    # ── everything else ─────────────────────────────────────────────────────

    def _variables(self, mailbox: Mailbox | None, user: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for command, said in self._said.items():
            meaning = COMMANDS.get(command)
            if meaning is not None:
                meant = meaning(said.argument)
                if isinstance(meant, str):
                    self._remark(command, meant)
                else:
                    found |= meant
            elif command not in _TOGETHER:
                self._remark(command, "msmtp 1.8 has no such command")
        self._look_at_aliases()
        return found | self._domain() | self._sender(mailbox, user)

    def _look_at_aliases(self) -> None:
        """Tell that a name for everybody else is none of the local mail system."""
        text = self._here.read(self._text("aliases")) if self._text("aliases") else ""
        if re.search(r"(?m)^[ \t]*default[ \t]*:", text or ""):
            place = self._said["aliases"].place
            self.remarks.append(
                f"{place}: aliases: `default:` in it means nobody here; names that"
                " have no line of their own stay as they are"
            )

    def _domain(self) -> dict[str, str]:
        if self._text("domain") == "localhost":
            self._remark("domain", "the machine's own name is said")
            return {}
        domain = self._fill_patterns("domain")
        return {"hostname": domain} if domain else {}

    def _sender(self, mailbox: Mailbox | None, user: str) -> dict[str, str]:
        """Force the sender on every mail, where that is the login's own address."""
        header = self._text("set_from_header")
        forced = "set_from_header" in self._said and header in ON
        asked = ["set_from_header"] if forced else []
        if header == OFF:
            self._remark("set_from_header", "what a mail does not have is written")
        if not self._is("allow_from_override", "on"):
            asked.append("allow_from_override")
        if asked and mailbox and mailbox.address.lower() == user.lower():
            return {"smtp-fit-sender": "on"}
        for command in asked:
            self._remark(command, f"no sender is forced; smtp-fit-sender=on: {_FORCES}")
        return {}


# The commands that hang together, and are read above.
_TOGETHER = frozenset(
    (
        *("host", "port", "protocol", "socket", "tls", "tls_starttls"),
        *("tls_nostarttls", "auth", "user", "password", "passwordeval", "from"),
        *("from_full_name", "auto_from", "maildomain", "proxy_host"),
        *("domain", "set_from_header", "allow_from_override"),
    )
)


def _check_server(server: str, host: str) -> None:
    """See that a URL that was put together leads to the host, and nowhere else.

    Raises:
        SettingsError: host or port makes no sense.
    """
    address = server_url.parse(server)
    if address.host != host:
        raise SettingsError(f"{host!r} is no server name")


def _address(host: str, port: str = "") -> str:
    """Write a host, and its port if any, as a URL has them."""
    inside = f"[{host}]" if ":" in host else host
    return f"{inside}:{port}" if port else inside
