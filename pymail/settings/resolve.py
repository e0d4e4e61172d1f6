"""Typed settings, resolved from layers of text.

Every wrong value is reported here, with the line that sets it. Server, TLS, login and
sender are decided here, because that doesn't need the network.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pymail.address.mailbox import Mailbox, parse_list, parse_mailbox
from pymail.errors import AddressError, SettingsError
from pymail.mailrc.state import State, Value
from pymail.model import replace
from pymail.settings import message_options
from pymail.settings.layers import Layers
from pymail.settings.models import (
    PLAIN,
    ROOTED,
    DialogueSettings,
    FitSender,
    Language,
    Settings,
    SmimeSettings,
    find_folder,
)
from pymail.settings.server import NetrcUser, choose_server
from pymail.settings.variables import is_off

FACILITIES = ("mail", "user", *(f"local{number}" for number in range(8)))
DEFAULT_FACILITY = "mail"
STANDARD_OUTPUT = "-"
_ON = frozenset({"", "on", "yes", "true", "1"})
_PRIVATE = 0o177  # s-nail's 0077
_NOT_INTERACTIVE = DialogueSettings()


def resolve(
    layers: Layers,
    state: State,
    *,
    login_name: str,
    machine_name: str,
    netrc_user: Callable[[Path, str], str],
    default_outbox: Callable[[], Path] = Path,
    interactive: bool = False,
    locale_charset: str = "",
) -> Settings:
    """Make typed settings of variables, aliases and types.

    `interactive`: stdin is a terminal, or tilde escapes are on. `locale_charset` is
    empty if the locale names no charset.

    Raises:
        SettingsError: a value is invalid; the message names its origin.
    """
    warnings: list[str] = []
    remarks: list[str] = []
    syslog = layers.value("syslog")
    netrc = layers.expand(layers.text("NETRC") or "~/.netrc")
    user_at = partial(netrc_user, netrc)
    host = layers.text("hostname").removesuffix(".") or machine_name
    settings = _sender_and_server(
        layers, warnings, remarks, login_name=login_name, hostname=host, user_at=user_at
    )
    settings = _with_storage(settings, layers, default_outbox)
    return replace(
        settings,
        message=message_options.resolve_message(
            layers, state, interactive=interactive, locale_charset=locale_charset
        ),
        dialogue=message_options.resolve_dialogue(layers)
        if interactive
        else _NOT_INTERACTIVE,
        smime=_smime(layers, settings.folder, warnings),
        log_facility=_log_facility(syslog, warnings) if syslog else "",
        dsn=message_options.resolve_dsn(layers, warnings),
        aliases=state.aliases,
        alias_places=state.alias_places,
        account=state.account,
        netrc=netrc,
        keyring_seconds=layers.number("keyring-timeout", "seconds")
        or settings.keyring_seconds,
        fallback=layers.text("smtp-fallback").strip(),
        explain=Language.parse(layers.text("explain")),
        warnings=tuple(warnings),
        remarks=tuple(remarks),
    )


def _sender_and_server(
    layers: Layers,
    warnings: list[str],
    remarks: list[str],
    *,
    login_name: str,
    hostname: str,
    user_at: NetrcUser,
) -> Settings:
    authors, sender = _authors(layers)
    bare_sender = authors[0].address if len(authors) == 1 else sender and sender.address
    reply_to = _mailboxes(layers.value("reply-to"), "reply-to")
    smtp_from = layers.value("smtp-from")
    reverse_path = _reverse_path(smtp_from) if smtp_from else None
    hostname_is_set = bool(layers.text("hostname"))
    # Servers refuse a bare host name (RFC 5321 §2.3.5); if empty, the client announces
    # its IP address instead
    full = hostname_is_set or "." in hostname
    server, user, suffixes = choose_server(
        layers,
        sender=bare_sender or "",
        hello_name=hostname if full else "",
        login_name=login_name,
        netrc_user=user_at,
        warnings=warnings,
        remarks=remarks,
    )
    fit = layers.value("smtp-fit-sender")
    smtp_hostname = layers.value("smtp-hostname", suffixes)
    if smtp_hostname and user and not smtp_from:  # the address of the login (s-nail(1))
        local_part = user.rpartition("@")[0] or user
        reverse_path = f"{local_part}@{smtp_hostname.text or hostname}"
    return Settings(
        server=server,
        login_name=login_name,
        hostname=hostname,
        hostname_is_set=hostname_is_set,
        from_=authors,
        sender=sender,
        reply_to=reply_to,
        organization=layers.text("ORGANIZATION"),
        reverse_path=reverse_path,
        fit_sender=_fit_sender(fit.text) if fit else FitSender.AUTO,
    )


def _smime(layers: Layers, folder: Path | None, warnings: list[str]) -> SmimeSettings:
    names = (name for layer in layers.lowest_first for name in layer)
    if not any(name.startswith("smime-") for name in names):
        return PLAIN
    from pymail.settings.smime_options import resolve_smime  # most mail is plain

    return resolve_smime(layers, folder, warnings)


def _authors(layers: Layers) -> tuple[tuple[Mailbox, ...], Mailbox | None]:
    origin = layers.value("from")
    authors = _mailboxes(origin, "from")
    senders = _mailboxes(layers.value("sender"), "sender")
    if len(authors) > 1 and not senders:
        raise SettingsError(
            f"{origin and origin.origin}: from names {len(authors)} authors, but sender is not set",
            advice="set sender=ADDRESS to the address of the author who sends",
        )
    return authors, senders[0] if senders else None


def _fit_sender(text: str) -> FitSender:
    """Read the choice; set without a value, or to a word like yes, it is on."""
    if is_off(text):
        return FitSender.OFF
    return FitSender.AUTO if text.strip().lower() == "auto" else FitSender.ON


def _mailboxes(value: Value | None, name: str) -> tuple[Mailbox, ...]:
    if value is None:
        return ()
    try:
        return parse_list(value.text)
    except AddressError as error:
        raise SettingsError(f"{value.origin}: {name}: {error.happened}") from error


def _reverse_path(value: Value) -> str:
    if value.text in ("", "<>"):
        return ""
    try:
        return parse_mailbox(value.text).address
    except AddressError as error:
        raise SettingsError(f"{value.origin}: smtp-from: {error.happened}") from error


# ── copies, dead letters, queued messages and logs ──────────────────────────


def _with_storage(
    settings: Settings, layers: Layers, default_outbox: Callable[[], Path]
) -> Settings:
    name, record = layers.text("folder"), layers.text("record")
    folder = _below_home(name, layers)
    outfolder = folder if layers.switch("outfolder") else None
    # for record, `+` has a meaning only if folder is set, as in mailx
    plus = folder if name else None
    outbox, umask = layers.value("outbox"), layers.value("umask")
    most = layers.number("smtp-max-per-connection", "mails", whole=True)
    logfile = layers.text("logfile")
    hours = layers.number("outbox-lifetime", "hours")
    return replace(
        settings,
        dead_letter=layers.path("DEAD", "~/dead.letter")
        if layers.switch("save")
        else None,
        folder=folder,
        record=find_folder(record, layers.expand, folder=plus, outfolder=outfolder)
        if record
        else None,
        copies=outfolder or layers.expand("."),
        file_mode=_file_mode(umask.text) if umask else 0o666 & ~_PRIVATE,
        dotlock=not layers.switch("dotlock-disable"),
        new_maildirs=layers.text("newfolders") == "maildir",
        outbox=_outbox(outbox.text, layers, default_outbox) if outbox else None,
        outbox_lifetime_hours=hours or settings.outbox_lifetime_hours,
        flush_after_send=outbox is not None and _flushes(layers),
        messages_per_connection=int(most or settings.messages_per_connection),
        log_file=_log_file(logfile, layers) if logfile else "",
    )


def _below_home(name: str, layers: Layers) -> Path:
    """Make a path absolute; a relative path is below the home directory."""
    return layers.expand(name if name.startswith(ROOTED) else f"~/{name}")


def _file_mode(umask: str) -> int:
    """Return the mode of new files; a umask that isn't octal makes them private."""
    try:
        return 0o666 & ~(int(umask, 8) & _PRIVATE)
    except ValueError:
        return 0o666 & ~_PRIVATE


def _outbox(text: str, layers: Layers, default: Callable[[], Path]) -> Path:
    return _below_home(text, layers) if text else default()


def _flushes(layers: Layers) -> bool:
    return layers.switch("outbox-flush") and not is_off(layers.text("outbox-flush"))


def _log_file(name: str, layers: Layers) -> str:
    return name if name == STANDARD_OUTPUT else str(layers.expand(name))


def _log_facility(value: Value, warnings: list[str]) -> str:
    """Read `LOG_MAIL`, as in msmtp, or `mail`; a typo loses no log line."""
    word = value.text.strip().lower().removeprefix("log_")
    if is_off(word):
        return ""
    if word in _ON or word in FACILITIES:
        return DEFAULT_FACILITY if word in _ON else word
    what = f"syslog={value.text}: unknown facility, using {DEFAULT_FACILITY}"
    known = ", ".join((*FACILITIES[:3], "…", FACILITIES[-1]))
    warnings.append(f"{value.origin}: {what} (known: {known})")
    return DEFAULT_FACILITY
