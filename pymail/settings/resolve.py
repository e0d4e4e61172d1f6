"""Typed settings, resolved from layers of text.

Everything wrong with a value is found here, and named with the place that set
it. What can be decided without the network is decided: which server, which TLS,
who logs in, who sends.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pymail.address.mailbox import Mailbox, parse_list, parse_mailbox
from pymail.errors import AddressError, SettingsError
from pymail.mailrc.state import State, Value
from pymail.model import replace
from pymail.settings import message_options, storage_options
from pymail.settings.layers import Layers
from pymail.settings.models import (
    PLAIN,
    FitSender,
    Language,
    Lookup,
    Settings,
    SmimeSettings,
)
from pymail.settings.server import NetrcUser, choose_server
from pymail.settings.variables import is_off

KEYRING_SECONDS = 5.0
_LANGUAGES = frozenset({"en", "zh"})


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
    """Make typed settings of variables, and of what else files have set.

    `interactive`: a terminal, or tilde escapes are on. `locale_charset` is empty where
    the locale names none.

    Raises:
        SettingsError: a value makes no sense; the message names its origin.
    """
    warnings: list[str] = []
    remarks: list[str] = []
    explain, syslog = layers.text("explain").strip().lower(), layers.value("syslog")
    netrc = layers.expand(layers.text("NETRC") or "~/.netrc")
    user_at = partial(netrc_user, netrc)
    host = layers.text("hostname").removesuffix(".") or machine_name
    settings = _sender_and_server(
        layers, warnings, remarks, login_name=login_name, hostname=host, user_at=user_at
    )
    settings = storage_options.with_storage(settings, layers, default_outbox)
    return replace(
        settings,
        message=message_options.resolve_message(
            layers, state, interactive=interactive, locale_charset=locale_charset
        ),
        dialogue=message_options.resolve_dialogue(layers),
        smime=_smime(layers, settings.folder, warnings),
        log_facility=storage_options.log_facility(syslog, warnings) if syslog else "",
        dsn=message_options.resolve_dsn(layers, warnings),
        aliases=state.aliases,
        alias_places=state.alias_places,
        lookup=Lookup(
            netrc=netrc,
            account=state.account,
            keyring_seconds=layers.number("keyring-timeout", "seconds")
            or KEYRING_SECONDS,
        ),
        fallback=layers.text("smtp-fallback").strip(),
        explain=Language(explain) if explain in _LANGUAGES else Language.AUTO,
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
    # Servers refuse the bare names that machines give themselves (RFC 5321 §2.3.5);
    # an empty one is the address instead
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
            f"{origin and origin.origin}: from names {len(authors)} authors, no sender",
            advice="set sender=ADDRESS, the one of them who sends",
        )
    return authors, senders[0] if senders else None


def _fit_sender(text: str) -> FitSender:
    """Read the choice; set alone, or to a word like yes, it is on."""
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
