"""Settings of the message and of writing it at a terminal."""

from pathlib import Path

from pymail.address.dsn import NEVER, OCCASIONS, RETURNS, DsnRequest, parse_notify
from pymail.address.recipient_kinds import RecipientPolicy
from pymail.mailrc.state import State, Value
from pymail.message.draft import TextRules
from pymail.settings.layers import Defaults, Layers
from pymail.settings.models import Composing, Writing

LINE_OCTETS = 950
_ENCODINGS = ("8bit", "quoted-printable", "base64")
_DSN_OFF = frozenset({"off", "no", "false", "0"})


def resolve_composing(layers: Layers, state: State, defaults: Defaults) -> Composing:
    """Resolve what is added to a message, and for whom it is."""
    signature = layers.text("signature")
    expandaddr = layers.value("expandaddr")
    stealth = layers.value("stealthmua")
    mta_aliases = layers.text("mta-aliases")
    return Composing(
        autocc=layers.text("autocc"),
        autobcc=layers.text("autobcc"),
        custom_fields=layers.text("customhdr"),
        signature=defaults.path(signature) if signature else None,
        head=_injected(layers.text("message-inject-head")),
        tail=_injected(layers.text("message-inject-tail")),
        skip_empty=layers.switch("skipemptybody"),
        expandaddr=RecipientPolicy()
        if expandaddr is None
        else RecipientPolicy.parse(
            expandaddr.text,
            interactive=defaults.interactive,
            domains=_words(layers.text("expandaddr-domaincheck")),
        ),
        list_files=layers.switch("add-file-recipients"),
        mta_aliases=defaults.path(mta_aliases) if mta_aliases else None,
        alternates=tuple(state.alternates),
        types=tuple(state.types),
        metoo=layers.switch("metoo"),
        same_name=layers.switch("allnet"),
        types_from=_types_from(layers.text("mimetypes-load-control", "su"), defaults),
        ask_receipt=layers.switch("disposition-notification-send"),
        message_id=not layers.switch("message-id-disable")
        and (stealth is None or stealth.text == "noagent"),
        user_agent=stealth is None,
    )


def resolve_text_rules(layers: Layers, defaults: Defaults) -> TextRules:
    """Resolve charsets and encoding of a text."""
    return TextRules(
        ttycharset=layers.text("ttycharset"),
        locale_charset=defaults.locale_charset,
        sendcharsets=_sendcharsets(layers),
        charset_7bit=layers.text("charset-7bit", "us-ascii"),
        charset_8bit=layers.text("charset-8bit", "utf-8"),
        encoding=_encoding(layers.value("encoding")),
        longest_unencoded_line=_line_length(layers),
    )


def _sendcharsets(layers: Layers) -> tuple[str, ...]:
    words = _words(layers.text("sendcharsets"))
    if not words and layers.switch("sendcharsets-else-ttycharset"):
        return _words(layers.text("ttycharset"))
    return words


def _types_from(text: str, defaults: Defaults) -> tuple[Path, ...]:
    """Read `su` or `s,u,f=FILE`; a type in a later file wins (s-nail(1))."""
    words = [word.strip() for word in text.split(",")] if "=" in text else [*text]
    letters = {word.lower() for word in words}
    names = ["/etc/mime.types"] if "s" in letters else []
    names += ["~/.mime.types"] if "u" in letters else []
    names += [word[2:] for word in words if word.lower().startswith("f=")]
    return tuple(map(defaults.path, names))


def _injected(text: str) -> str:
    r"""Expand the two escapes that message-inject-* and sign know; a newline follows."""
    text = text.replace("\\n", "\n").replace("\\t", "\t")
    return text + "\n" if text else ""


def _encoding(value: Value | None) -> str:
    """A name that is unknown is as good as none: the text decides, as mailx does."""
    return value.text.lower() if value and value.text.lower() in _ENCODINGS else ""


def _line_length(layers: Layers) -> int:
    text = layers.text("maximum-unencoded-line-length").strip()
    return int(text) if text.isascii() and text.isdecimal() else LINE_OCTETS


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


# ── delivery status notifications ───────────────────────────────────────────


def resolve_dsn(layers: Layers) -> tuple[DsnRequest, tuple[str, ...]]:
    """Read `dsn` and `dsn-return`; returns warnings, too.

    A word that is unknown asks for nothing: no mail waits for it.
    """
    dsn, returned = layers.value("dsn"), layers.value("dsn-return")
    if dsn is None and returned is None:
        return DsnRequest(), ()
    notify, notify_warnings = _notify(dsn)
    ret, return_warnings = _return(returned)
    return DsnRequest(notify=notify, ret=ret), (*notify_warnings, *return_warnings)


def _notify(value: Value | None) -> tuple[str, tuple[str, ...]]:
    if value is None or value.text.strip().lower() in _DSN_OFF:
        return "", ()
    words = value.text.lower().replace(",", " ").split()
    if notify := parse_notify(words):
        return notify, ()
    why = f"{NEVER} goes alone" if NEVER in words else "unknown word"
    known = f"{', '.join(OCCASIONS)}; or {NEVER}"
    return "", (_unknown_word(value, "dsn", why, known),)


def _return(value: Value | None) -> tuple[str, tuple[str, ...]]:
    word = value.text.strip().lower() if value else "off"
    if value is None or word in _DSN_OFF:
        return "", ()
    if word in RETURNS:
        return RETURNS[word], ()
    return "", (_unknown_word(value, "dsn-return", "unknown word", "full, headers"),)


def _unknown_word(value: Value, name: str, why: str, known: str) -> str:
    return f"{value.origin}: {name}={value.text}: {why}, sent without (known: {known})"


# ── writing ─────────────────────────────────────────────────────────────────


def resolve_writing(layers: Layers, defaults: Defaults) -> Writing:
    """Resolve how a text is written at a terminal; no value is wrong."""
    history = layers.text("history-file")
    along = layers.value("editalong")
    editor = "v" if along and along.text == "v" else "e"  # VISUAL, EDITOR (s-nail(1))
    return Writing(
        ask_subject=layers.switch("asksub"),
        ask_cc=layers.switch("askcc"),
        ask_bcc=layers.switch("askbcc"),
        ask_at_end=layers.switch("askatend") or layers.switch("bsdcompat"),
        ask_attach=layers.switch("askattach"),
        ask_send=layers.switch("asksend"),
        dot=layers.switch("dot"),
        dot_in_pipe=layers.value("dot") is not None,
        ignore_eof=layers.switch("ignoreeof"),
        ignore_interrupts=layers.switch("ignore"),
        escape=layers.text("escape", "~")[:1],
        edit_headers=layers.switch("editheaders"),
        edit_along=editor if along else "",
        editor=layers.text("EDITOR") or "ed",
        visual=layers.text("VISUAL") or "vi",
        shell=layers.text("SHELL") or "/bin/sh",
        line_editing=not layers.switch("line-editor-disable"),
        history_file=defaults.path(history) if history else None,
    )
