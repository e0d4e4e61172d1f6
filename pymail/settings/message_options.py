"""Settings of the message, of delivery notifications, and of writing at a terminal."""

from pathlib import Path

from pymail.address.dsn import NEVER, OCCASIONS, RETURNS, DsnRequest, parse_notify
from pymail.address.recipient_kinds import RecipientPolicy
from pymail.mailrc.state import State, Value
from pymail.message.draft import TextRules
from pymail.settings.layers import Layers
from pymail.settings.models import DialogueSettings, MessageSettings
from pymail.settings.variables import is_off

LINE_OCTETS = 950
_ENCODINGS = ("8bit", "quoted-printable", "base64")


def resolve_message(
    layers: Layers, state: State, *, interactive: bool, locale_charset: str
) -> MessageSettings:
    """Resolve the additions to a message, and the treatment of its text."""
    expandaddr = layers.value("expandaddr")
    stealth = layers.value("stealthmua")
    return MessageSettings(
        autocc=layers.text("autocc"),
        autobcc=layers.text("autobcc"),
        custom_fields=layers.text("customhdr"),
        signature=layers.path("signature"),
        head=_expand_escapes(layers.text("message-inject-head")),
        tail=_expand_escapes(layers.text("message-inject-tail")),
        skip_empty=layers.switch("skipemptybody"),
        expandaddr=RecipientPolicy()
        if expandaddr is None
        else RecipientPolicy.parse(
            expandaddr.text,
            interactive=interactive,
            domains=_words(layers.text("expandaddr-domaincheck")),
        ),
        list_files=layers.switch("add-file-recipients"),
        mta_aliases=layers.path("mta-aliases"),
        metoo=layers.switch("metoo"),
        alternates=tuple(state.alternates),
        same_name=layers.switch("allnet"),
        text_rules=_text_rules(layers, locale_charset),
        types_from=_types_from(layers),
        types=tuple(state.types),
        ask_receipt=layers.switch("disposition-notification-send"),
        message_id=not layers.switch("message-id-disable")
        and (stealth is None or stealth.text == "noagent"),
        user_agent=stealth is None,
    )


def _text_rules(layers: Layers, locale_charset: str) -> TextRules:
    ttycharset, encoding = layers.text("ttycharset"), layers.text("encoding").lower()
    sendcharsets = _words(layers.text("sendcharsets"))
    if not sendcharsets and layers.switch("sendcharsets-else-ttycharset"):
        sendcharsets = _words(ttycharset)
    line = layers.text("maximum-unencoded-line-length").strip()
    length = int(line) if line.isascii() and line.isdecimal() else LINE_OCTETS
    return TextRules(
        ttycharset=ttycharset,
        locale_charset=locale_charset,
        sendcharsets=sendcharsets,
        charset_7bit=layers.text("charset-7bit", "us-ascii"),
        charset_8bit=layers.text("charset-8bit", "utf-8"),
        # an unknown encoding counts as unset: the text decides, as in mailx
        encoding=encoding if encoding in _ENCODINGS else "",
        longest_unencoded_line=length,
    )


def _types_from(layers: Layers) -> tuple[Path, ...]:
    """Read `su` or `s,u,f=FILE`; a later file overrides earlier ones (s-nail(1))."""
    text = layers.text("mimetypes-load-control", "su")
    words = [word.strip() for word in text.split(",")] if "=" in text else [*text]
    letters = {word.lower() for word in words}
    names = ["/etc/mime.types"] if "s" in letters else []
    names += ["~/.mime.types"] if "u" in letters else []
    names += [word[2:] for word in words if word.lower().startswith("f=")]
    return tuple(map(layers.expand, names))


def _expand_escapes(text: str) -> str:
    r"""Expand \n and \t in message-inject-*, and add a newline."""
    text = text.replace("\\n", "\n").replace("\\t", "\t")
    return text + "\n" if text else ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


# ── delivery status notifications ───────────────────────────────────────────


def resolve_dsn(layers: Layers, warnings: list[str]) -> DsnRequest:
    """Read `dsn` and `dsn-return`.

    An unknown word requests nothing and only warns, so that the mail is still sent.
    """
    dsn, returned = layers.value("dsn"), layers.value("dsn-return")
    return DsnRequest(
        notify=_notify(dsn, warnings) if dsn else "",
        ret=_return(returned, warnings) if returned else "",
    )


def _notify(value: Value, warnings: list[str]) -> str:
    if is_off(value.text):
        return ""
    words = value.text.lower().replace(",", " ").split()
    if notify := parse_notify(words):
        return ",".join(dict.fromkeys(notify.split(",")))
    why = f"{NEVER} excludes the others" if NEVER in words else "unknown word"
    known = f"{', '.join(OCCASIONS)}; or {NEVER}"
    warnings.append(_unknown_word(value, "dsn", why, known))
    return ""


def _return(value: Value, warnings: list[str]) -> str:
    if is_off(value.text):
        return ""
    word = value.text.strip().lower()
    if word not in RETURNS:
        known = "full, headers"
        warnings.append(_unknown_word(value, "dsn-return", "unknown word", known))
    return RETURNS.get(word, "")


def _unknown_word(value: Value, name: str, why: str, known: str) -> str:
    return f"{value.origin}: {name}={value.text}: {why}, ignored (known: {known})"


# ── dialogue ─────────────────────────────────────────────────────────────────


def resolve_dialogue(layers: Layers) -> DialogueSettings:
    """Resolve how a text is written at a terminal; any value is valid."""
    along = layers.value("editalong")
    editor = "v" if along and along.text == "v" else "e"  # VISUAL, EDITOR (s-nail(1))
    return DialogueSettings(
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
        history_file=layers.path("history-file"),
    )
