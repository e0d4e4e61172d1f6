"""Typed settings, resolved from layers of text.

Everything wrong with a value is found here, and named with the place that set
it. What can be decided without the network is decided: which server, which TLS,
who logs in, who sends.
"""

from collections.abc import Callable
from pathlib import Path

from pymail.address.mailbox import Mailbox, parse_list, parse_mailbox
from pymail.errors import AddressError, SettingsError
from pymail.mailrc.state import State, Value
from pymail.model import replace
from pymail.settings import message_options, storage_options
from pymail.settings.layers import Defaults, Layers
from pymail.settings.models import (
    PLAIN,
    FitSender,
    Identity,
    Language,
    Lookup,
    Sealing,
    Settings,
)
from pymail.settings.server import choose_server

KEYRING_SECONDS = 5.0
_OFF = frozenset({"no", "off", "false", "0"})


def resolve(layers: Layers, state: State, defaults: Defaults) -> Settings:
    """Make typed settings of variables, and of what else files have set.

    Raises:
        SettingsError: a value makes no sense; the message names its origin.
    """
    identity = _identity(layers, defaults)
    named = replace(defaults, hostname=_hello_name(identity))
    server = choose_server(layers, _bare_sender(identity), named)
    keeping = storage_options.resolve_keeping(layers, defaults)
    sealing, sealing_warnings = _sealing(layers, defaults, keeping.folder)
    logging, log_warnings = storage_options.resolve_logging(layers, defaults.path)
    dsn, dsn_warnings = message_options.resolve_dsn(layers)
    return Settings(
        server=server.record,
        identity=_with_smtp_hostname(identity, layers, server.user, server.suffixes),
        composing=message_options.resolve_composing(layers, state, defaults),
        text_rules=message_options.resolve_text_rules(layers, defaults),
        keeping=keeping,
        retrying=storage_options.resolve_retrying(layers, defaults),
        sealing=sealing,
        writing=message_options.resolve_writing(layers, defaults),
        explain=_language(layers.value("explain")),
        lookup=Lookup(
            netrc=netrc_path(layers, defaults.path),
            account=state.account,
            keyring_seconds=layers.number("keyring-timeout", "seconds")
            or KEYRING_SECONDS,
        ),
        logging=logging,
        fallback=layers.text("smtp-fallback").strip(),
        dsn=dsn,
        aliases=state.aliases,
        alias_places=state.alias_places,
        warnings=(
            *(*server.warnings, *sealing_warnings),
            *(*log_warnings, *dsn_warnings),
        ),
        remarks=server.remarks,
    )


def _sealing(
    layers: Layers, defaults: Defaults, folder: Path | None
) -> tuple[Sealing, tuple[str, ...]]:
    if not layers.has_prefix("smime-"):
        return PLAIN, ()
    from pymail.settings.smime_options import resolve_sealing  # most mail is plain

    return resolve_sealing(layers, defaults, folder)


def netrc_path(layers: Layers, path: Callable[[str], Path]) -> Path:
    """Return the path of netrc; `path` makes paths of settings absolute."""
    return path(layers.text("NETRC") or "~/.netrc")


def _language(value: Value | None) -> Language:
    """Read the choice; an unknown word is that of the locale, as none is."""
    word = value.text.strip().lower() if value else ""
    return Language(word) if word in ("en", "zh") else Language.AUTO


def _hello_name(identity: Identity) -> str:
    """Return the name for EHLO; empty for the address instead.

    Servers refuse the bare names that machines give themselves (RFC 5321 §2.3.5).
    """
    full = identity.hostname_is_set or "." in identity.hostname
    return identity.hostname if full else ""


def _bare_sender(identity: Identity) -> str:
    """Return the address that is a suffix of variables: of From, or of Sender."""
    if len(identity.from_) == 1:
        return identity.from_[0].address
    return identity.sender.address if identity.sender else ""


def _identity(layers: Layers, defaults: Defaults) -> Identity:
    hostname = layers.value("hostname")
    authors = _mailboxes(layers.value("from"), "from")
    senders = _mailboxes(layers.value("sender"), "sender")
    if len(authors) > 1 and not senders:
        origin = layers.value("from")
        raise SettingsError(
            f"{origin and origin.origin}: from names {len(authors)} authors, no sender",
            advice="set sender=ADDRESS, the one of them who sends",
        )
    return Identity(
        login=defaults.login,
        hostname=(hostname.text if hostname else "").removesuffix(".")
        or defaults.hostname,
        hostname_is_set=bool(hostname and hostname.text),
        from_=authors,
        sender=senders[0] if senders else None,
        reply_to=_mailboxes(layers.value("reply-to"), "reply-to"),
        organization=layers.text("ORGANIZATION"),
        reverse_path=_reverse_path(layers.value("smtp-from")),
        fit_sender=_fit_sender(layers.value("smtp-fit-sender")),
    )


def _fit_sender(value: Value | None) -> FitSender:
    """Read the choice; set alone, or to a word like yes, it is on."""
    if value is None:
        return FitSender.AUTO
    word = value.text.strip().lower()
    if word in _OFF:
        return FitSender.OFF
    return FitSender.AUTO if word == "auto" else FitSender.ON


def _mailboxes(value: Value | None, name: str) -> tuple[Mailbox, ...]:
    if value is None:
        return ()
    try:
        return parse_list(value.text)
    except AddressError as error:
        raise SettingsError(f"{value.origin}: {name}: {error.happened}") from error


def _reverse_path(value: Value | None) -> str | None:
    if value is None:
        return None
    if value.text in ("", "<>"):
        return ""
    try:
        return parse_mailbox(value.text).address
    except AddressError as error:
        raise SettingsError(f"{value.origin}: smtp-from: {error.happened}") from error


def _with_smtp_hostname(
    identity: Identity, layers: Layers, user: str, suffixes: tuple[str, ...]
) -> Identity:
    """Let smtp-hostname make the envelope sender of the login (s-nail(1))."""
    value = layers.chained("smtp-hostname", suffixes)
    if value is None or not user or identity.reverse_path is not None:
        return identity
    local_part = user.rpartition("@")[0] or user
    host = value.text or identity.hostname
    return replace(identity, reverse_path=f"{local_part}@{host}")
