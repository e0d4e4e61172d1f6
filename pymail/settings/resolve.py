"""From layers of text to typed settings, once.

Everything wrong with a value is found here, and named with the place that set
it. What can be decided without the network is decided: which server, which TLS,
who logs in, who sends.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pymail.address.envelope import Notice
from pymail.address.mailbox import Mailbox, parse_list, parse_mailbox
from pymail.errors import AddressError, SettingsError
from pymail.mailrc.state import Value
from pymail.model import replace
from pymail.settings import other_options
from pymail.settings.folders import Shelf
from pymail.settings.layers import Layers
from pymail.settings.models import (
    Composing,
    Filing,
    FitSender,
    Identity,
    Keeping,
    Language,
    Logging,
    Lookup,
    Retrying,
    Settings,
)
from pymail.settings.server import choose_server
from pymail.settings.smime_options import resolve_sealing
from pymail.settings.surroundings import Surroundings

KEYRING_SECONDS = 5.0
LIFETIME_HOURS = 120.0  # RFC 5321 §4.5.4.1: at least 4-5 days
PER_CONNECTION = 100
_OFF = frozenset({"no", "off", "false", "0"})


def resolve(
    layers: Layers,
    aliases: Mapping[str, tuple[str, ...]],
    around: Surroundings,
    alias_places: Mapping[str, Sequence[object]] | None = None,
) -> Settings:
    """Make typed settings of what the layers say.

    Raises:
        SettingsError: a value makes no sense; the message names its origin.
    """
    identity = _identity(layers, around)
    named = replace(around, hostname=_hello_name(identity))
    server = choose_server(layers, _bare_sender(identity), named)
    keeping = _keeping(layers, around)
    sealing, sealing_warnings = resolve_sealing(layers, around, keeping.folder)
    logging, logging_warnings = _logging(layers, around)
    notice, notice_warnings = _notice(layers)
    return Settings(
        server=server.record,
        identity=_with_smtp_hostname(identity, layers, server.user, server.suffixes),
        composing=_composing(layers, around),
        keeping=keeping,
        retrying=_retrying(layers, around),
        sealing=sealing,
        writing=other_options.resolve(layers, around),
        explain=_language(layers.value("explain")),
        lookup=Lookup(
            netrc=netrc_path(layers, around.path),
            keyring_seconds=layers.seconds("keyring-timeout") or KEYRING_SECONDS,
        ),
        logging=logging,
        fallback=layers.text("smtp-fallback").strip(),
        notice=notice,
        aliases=aliases,
        alias_places=alias_places or {},
        warnings=(
            *(*server.warnings, *sealing_warnings),
            *(*logging_warnings, *notice_warnings),
        ),
        remarks=server.remarks,
    )


def netrc_path(layers: Layers, path: Callable[[str], Path]) -> Path:
    """Where the netrc is; `path` makes paths of settings absolute."""
    return path(layers.text("NETRC") or "~/.netrc")


def _logging(
    layers: Layers, around: Surroundings
) -> tuple[Logging | None, tuple[str, ...]]:
    if layers.value("logfile") is None and layers.value("syslog") is None:
        return None, ()
    from pymail.settings import logs  # most mail leaves without

    return logs.resolve(layers, around.path)


def _notice(layers: Layers) -> tuple[Notice, tuple[str, ...]]:
    if layers.value("dsn") is None and layers.value("dsn-return") is None:
        return Notice(), ()
    from pymail.settings import notices  # few ask for them

    return notices.resolve(layers)


def _language(value: Value | None) -> Language:
    """Read the choice; an unknown word is that of the locale, as none is."""
    word = value.text.strip().lower() if value else ""
    return Language(word) if word in ("en", "zh") else Language.AUTO


def _hello_name(identity: Identity) -> str:
    """The name for EHLO; empty for the address instead.

    Servers refuse the bare names that machines give themselves (RFC 5321 §2.3.5).
    """
    full = identity.hostname_is_set or "." in identity.hostname
    return identity.hostname if full else ""


def _bare_sender(identity: Identity) -> str:
    """The address that per-sender variables hang on: of From, or Sender if many."""
    if len(identity.from_) == 1:
        return identity.from_[0].address
    return identity.sender.address if identity.sender else ""


def _identity(layers: Layers, around: Surroundings) -> Identity:
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
        login=around.login,
        hostname=(hostname.text if hostname else "").removesuffix(".")
        or around.hostname,
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


def _composing(layers: Layers, around: Surroundings) -> Composing:
    signature = layers.text("signature")
    expandaddr = layers.value("expandaddr")
    stealth = layers.value("stealthmua")
    mta_aliases = layers.text("mta-aliases")
    return Composing(
        autocc=layers.text("autocc"),
        autobcc=layers.text("autobcc"),
        custom_fields=layers.text("customhdr"),
        signature=around.path(signature) if signature else None,
        head=_injected(layers.text("message-inject-head")),
        tail=_injected(layers.text("message-inject-tail")),
        skip_empty=layers.switch("skipemptybody"),
        expandaddr=None if expandaddr is None else expandaddr.text,
        domains=_words(layers.text("expandaddr-domaincheck")),
        interactive=around.interactive,
        list_files=layers.switch("add-file-recipients"),
        mta_aliases=around.path(mta_aliases) if mta_aliases else None,
        metoo=layers.switch("metoo"),
        same_name=layers.switch("allnet"),
        encoding=_encoding(layers.value("encoding")),
        sendcharsets=_sendcharsets(layers),
        types_from=_types_from(layers.value("mimetypes-load-control"), around),
        ttycharset=layers.text("ttycharset"),
        locale_charset=around.locale_charset,
        charset_7bit=layers.text("charset-7bit", "us-ascii"),
        charset_8bit=layers.text("charset-8bit", "utf-8"),
        longest_unencoded_line=_line_length(layers),
        ask_receipt=layers.switch("disposition-notification-send"),
        message_id=not layers.switch("message-id-disable")
        and (stealth is None or stealth.text == "noagent"),
        user_agent=stealth is None,
    )


def _sendcharsets(layers: Layers) -> tuple[str, ...]:
    words = _words(layers.text("sendcharsets"))
    if not words and layers.switch("sendcharsets-else-ttycharset"):
        return _words(layers.text("ttycharset"))
    return words


def _types_from(value: Value | None, around: Surroundings) -> tuple[Path, ...]:
    """Read `su` or `s,u,f=FILE`; a type in a later file wins (s-nail(1))."""
    text = "su" if value is None else value.text
    words = [word.strip() for word in text.split(",")] if "=" in text else [*text]
    letters = {word.lower() for word in words}
    names = ["/etc/mime.types"] if "s" in letters else []
    names += ["~/.mime.types"] if "u" in letters else []
    names += [word[2:] for word in words if word.lower().startswith("f=")]
    return tuple(map(around.path, names))


def _injected(text: str) -> str:
    r"""Expand the two escapes that message-inject-* and sign know; a newline follows."""
    text = text.replace("\\n", "\n").replace("\\t", "\t")
    return text + "\n" if text else ""


def _encoding(value: Value | None) -> str:
    """A name that is unknown is as good as none: the text decides, as mailx does."""
    known = ("8bit", "quoted-printable", "base64")
    return value.text.lower() if value and value.text.lower() in known else ""


def _line_length(layers: Layers) -> int:
    text = layers.text("maximum-unencoded-line-length", "950").strip()
    return int(text) if text.isascii() and text.isdecimal() else 950


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _keeping(layers: Layers, around: Surroundings) -> Keeping:
    dead = layers.text("DEAD") or "~/dead.letter"
    name = layers.text("folder")
    folder = around.path(name if name.startswith(("/", "~", "$")) else f"~/{name}")
    outfolder = folder if layers.switch("outfolder") else None
    record = layers.text("record")
    # `+` means something to the record only once folder is set, as in mailx
    plus = folder if name else None
    shelf = Shelf(path=around.path, folder=plus, outfolder=outfolder)
    return Keeping(
        dead_letter=around.path(dead) if layers.switch("save") else None,
        folder=folder,
        record=shelf.find(record) if record else None,
        copies=outfolder or around.path("."),
        filing=_filing(layers),
    )


def _retrying(layers: Layers, around: Surroundings) -> Retrying:
    place, flush = layers.value("outbox"), layers.value("outbox-flush")
    said = flush.text.strip().lower() if flush else ""
    return Retrying(
        outbox=_outbox(place.text, around) if place else None,
        lifetime_hours=layers.number("outbox-lifetime", "hours") or LIFETIME_HOURS,
        flush=layers.switch("outbox-flush") and said not in _OFF,
        per_connection=int(
            layers.number("smtp-max-per-connection", "mails", whole=True)
            or PER_CONNECTION
        ),
    )


def _outbox(name: str, around: Surroundings) -> Path:
    if not name:
        return around.outbox()
    return around.path(name if name.startswith(("/", "~", "$")) else f"~/{name}")


def _filing(layers: Layers) -> Filing:
    return Filing(
        mode=0o666 & ~_umask(layers.value("umask")),
        dotlock=not layers.switch("dotlock-disable"),
        new_maildirs=layers.text("newfolders") == "maildir",
    )


def _umask(value: Value | None) -> int:
    """Read an octal number; private is what anything else means (s-nail's 0077)."""
    try:
        return int(value.text, 8) & 0o177 if value else 0o177
    except ValueError:
        return 0o177
