"""Variables for reading mail only, and variables that no mailx knows.

pymail keeps and ignores both. The former are in a mail.rc that is also used to read
mail; the latter may be misspelt.
Sources: mailx(1) of Heirloom 12.5, s-nail(1), mail(1) of BSD and of GNU mailutils.
"""

from collections.abc import Iterable, Iterator

from pymail.settings.variables import BY_NAME

_NAMES = """
    address append appenddeadletter asksign attachment-ask-charset
    attachment-ask-content-description attachment-ask-content-disposition
    attachment-ask-content-id attachment-ask-content-type attrlist autocollapse
    autoinc autoprint autosort autothread bang batch-exit-on-error
    bind-inter-byte-timeout bind-inter-key-timeout bind-timeout bsdannounce bsdflags
    bsdheadline bsdmsgs bsdorder byname charset-unknown-8bit cmd COLUMNS columns
    compose-auto-close contact-mail contact-web contenttype-cntrl crt cwd datefield
    datefield-markout-older decode-fallback defaultheaders direct-delivery
    disconnected dotmail emptybox emptystart errexit errors-limit features flipr
    folder-resolved followup-to followup-to-add-cc followup-to-honour forward-add-cc
    forward-as-attachment forward-inject-head forward-inject-tail fromfield
    fwdheading gnu-last-command hdrformat header headline headline-bidi
    headline-plain history-gabby history-gabby-persist history-size hold
    idna-disable ifs ifs-ws inbox indentprefix inplace-aliases junkdb keep
    keep-content-length keepsave LINES LISTER log-prefix MAIL mailbox-basename
    mailbox-display mailbox-read-only mailbox-resolved mailcap-disable MAILCAPS
    maildir MAILRC mailx markanswered MBOX mbox-fcc-and-pcc mbox-rfc4155 memdebug
    message-ignore-errors metamail mime mimenoask mode movemail netrc-pipe newmail
    nss-config-dir nullbody nullbodymsg obsoletion onehop osenv outfilename page
    PAGER piperaw posix print-alternatives prompt prompt2 quiet quit quote readonly
    recipients-in-cc recursivealiases regex reply-in-same-charset reply-strings
    reply-to-honour reply-to-swap-in replyall replyprefix replyregex return-address
    rfc822-body-from_ rfc822-no-body-from_ saveopts screen screenw searchheaders
    sendmail-arguments sendmail-no-default-arguments sendmail-progname showenvelope
    showlast showname showto sort ssl-ca-flags ssl-config-file
    ssl-config-module ssl-crl-dir ssl-curves ssl-features ssl-method ssl-protocol
    ssl-rand-egd ssl-rand-file subject system-mailrc termcap termcap-ca-mode
    termcap-disable tls-ca-flags tls-config-file tls-config-module tls-crl-dir
    tls-features tls-rand-file TMPDIR toplines topsqueeze
    typescript-mode USER useragent variable-pretty-print variable-strict varpp
    varstrict version version-date version-hexnum version-major version-minor
    version-update writebackedited xmailer
"""
READING_ONLY = frozenset(_NAMES.split())
_BEGINNINGS = (
    "build-",
    "colour-",
    "content-",
    "folder-hook",
    "imap-",
    "line-editor-",
    "mime-",
    "nntp",
    "on-",
    "pipe-",
    "pop3-",
    "quote-",
    "smime-",
    "spam",
    "ssl-ca-flags-",
    "ssl-config-module-",
    "ssl-curves-",
    "ssl-method-",
    "ssl-protocol-",
    "tls-ca-flags-",
    "tls-config-module-",
)
_ALIKE = 0.75  # difflib ratio: at most one wrong letter in four
_VERY_ALIKE = 0.85


def unknown_variables(names: Iterable[str]) -> dict[str, str]:
    """Pick the names that no mailx knows, each with the most similar known name, or ""."""
    found = {name: _meant(name) for name in names}
    return {name: meant for name, meant in found.items() if meant is not None}


def _meant(name: str) -> str | None:
    """Return the most similar known name, or "" if there is none; None if it is known."""
    if name in BY_NAME or name in READING_ONLY or name.startswith(_BEGINNINGS):
        return None
    base, rest = _parts(name)
    # `smtp-auth-pasword-ME@HOST` could be smtp-auth of an odd host, but is a typo
    if any(name.startswith(f"{known}-") for known in _chained()):
        meant = "" if base in BY_NAME else _nearest(base, _VERY_ALIKE)
        return meant + rest if meant else None
    meant = _nearest(base, _ALIKE)
    return meant + rest if meant else ""


def _parts(name: str) -> tuple[str, str]:
    """Split a name like NAME-USER@HOST before the hyphen."""
    head, at, _ = name.partition("@")
    base = head.rpartition("-")[0] if at else name
    return (base, name.removeprefix(base)) if base else (name, "")


def _chained() -> Iterator[str]:
    return (known for known, row in BY_NAME.items() if row.chained)


def _nearest(base: str, alike: float) -> str:
    import difflib

    plain = base.lower().replace("_", "-")
    if plain in BY_NAME:
        return plain
    return next(iter(difflib.get_close_matches(base, BY_NAME, 1, alike)), "")
