"""Addresses (addr-spec): validation, and their ASCII form (IDNA).

The rules are those of SMTP, not of old headers: a local part and a domain, no
comments, no folding. An address that breaks them is refused with the reason; nothing
is cut off, moved or guessed (a parser that guesses sends to another person). Four
deliberate deviations: dots may stand anywhere in a local part (Japanese carriers
assigned such addresses), a domain may contain underscores, the length is limited for
the whole path but not for the local part (return paths of lists have more than 64
octets), and a local name without a domain is an address if the caller allows it.

RFC 5321 §4.1.2 and §4.5.3.1, RFC 5322 §3.4.1, RFC 5890, RFC 6531 §3.3.
"""

import re
from collections.abc import Callable

from pymail.errors import AddressError

# RFC 5321 §4.5.3.1.3 grants a path 256 octets, the two angle brackets included.
_LONGEST_OCTETS = 254

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+"
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_QUOTED = r'"(?>(?:[^"\\]|\\.)+)"'
_LITERAL = r"\[[A-Za-z0-9.:-]++\]"

_PLAIN = rf"{_ATOM}@{_DOMAIN}"
_QUOTED_LOCAL_PART = rf"{_QUOTED}(?=@|\Z)"
_LITERAL_DOMAIN = rf"@{_LITERAL}\Z"
_SAFE_PATH = (
    r'(?>(?:[^\x00-\x20\x7f-\xa0<>"\ud800-\udfff\u2028\u2029]'
    r'|"(?>(?:[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]|\\[ -~])*)")+)'
)

# Not allowed in a label of symbols: joiners, and ASCII that no label may contain.
_NO_SYMBOLS = r"[\u200c\u200d\x00-,./:-@\[-^`{-\x7f]"

# Full-width forms that an input method types in place of ASCII.
_FULL_WIDTH = "＠，；：＜＞（）．。｡、"

# Searched in this order; the first match is the complaint.
_COMPLAINTS = (
    (r"\A\Z", "no address"),
    (f"[{_FULL_WIDTH}]", "a full-width {}"),
    (r";", "';' outside quotes (a comma separates addresses)"),
    (r" ", "a blank outside quotes"),
    (r'[(),:<>"\[\]\\]', "'{}' outside quotes"),
    (r"@[^@]*@", "two @ signs"),
    (r"\A@", "nothing before the @"),
    (r"@\Z", "nothing after the @"),
    (r"@\.", "a dot at the start of the domain"),
    (r"@.*\.\.", "two dots in a row in the domain"),
    (r"@.*\.\Z", "a dot at the end of the domain"),
)


def check_address(text: str) -> str:
    """Return `text` if it is an addr-spec or a local name.

    Raises:
        AddressError: it is neither; the message quotes it and gives the reason.
    """
    if re.fullmatch(_PLAIN, text) and len(text) <= _LONGEST_OCTETS:
        return text
    complaint = _find_complaint(text)
    if complaint:
        raise AddressError(f"{shown(text)}: {complaint}")
    return text


def is_address(text: str) -> bool:
    """Tell whether a text is an addr-spec or a local name."""
    return is_plain(text) or not _find_complaint(text)


def is_plain(text: str) -> bool:
    """Tell whether a text is a plain ASCII `local@domain`, valid without more checks."""
    return len(text) <= _LONGEST_OCTETS and re.fullmatch(_PLAIN, text) is not None


def check_path(path: str) -> str:
    """Return `path` if it can't end an SMTP command early; nothing else is checked.

    Raises:
        AddressError: it contains a control character or, outside quotes, a blank or
            an angle bracket.
    """
    if not (is_plain(path) or re.fullmatch(_SAFE_PATH, path)):
        raise AddressError(f"{shown(path)}: not safe to send as an address")
    return path


Encode = Callable[[str], str]


def idna_2008() -> Encode | None:
    """Return an IDNA 2008 encoder for domains; None if the idna package is missing.

    It maps letters as browsers do first (UTS 46). A label that browsers accept and
    IDNA 2008 forbids, such as emoji, becomes plain Punycode; with a joiner it is
    refused.
    """
    try:
        import idna
    except ImportError:
        return None

    def encoded(domain: str) -> str:
        folded = idna.uts46_remap(domain, std3_rules=False, transitional=False)
        return ".".join(label_in_ascii(label) for label in folded.split("."))

    def label_in_ascii(label: str) -> str:
        if label.isascii():
            return label
        try:
            return idna.alabel(label).decode("ascii")
        except idna.InvalidCodepoint:
            if re.search(_NO_SYMBOLS, label):
                raise
            return f"xn--{label.encode('punycode').decode('ascii')}"

    return encoded


def ascii_address(
    address: str, *, library: Callable[[], Encode | None] = idna_2008
) -> str:
    """Return `address` with its domain in ASCII; the local part stays unchanged.

    For servers without SMTPUTF8. Without the idna package, Python's codec encodes the
    domain (IDNA 2003), except ß and ς: IDNA 2003 replaces them by other letters, and
    that domain may belong to another owner, so they are encoded as IDNA 2008 has it.

    Raises:
        AddressError: the domain has no ASCII form.
    """
    local_part, domain = split_address(address)
    if domain.isascii():
        return address
    encode = library() or _encode_idna_2003
    try:
        return f"{local_part}@{encode(domain)}"
    except UnicodeError:
        raise AddressError(f"{shown(address)}: no such domain can exist") from None


def ascii_host(
    host: str, *, library: Callable[[], Encode | None] = idna_2008
) -> str | bytes:
    """Return a host name in octets; as text if Python must encode it (no idna package).

    Raises:
        UnicodeError: no host can have that name.
    """
    if host.isascii():
        return host.encode("ascii")  # Python does not load its IDNA codec then (3 ms)
    encode = library()
    return encode(host).encode("ascii") if encode else host


def wire_address(address: str) -> str:
    """Return `address` with its domain in ASCII if its local part is ASCII.

    Any server accepts it then. A local part that isn't ASCII needs SMTPUTF8
    (RFC 6531) anyway, and its domain stays unchanged.

    Raises:
        AddressError: the domain has no ASCII form.
    """
    if address.isascii() or not split_address(address)[0].isascii():
        return address
    return ascii_address(address)


def split_address(address: str) -> tuple[str, str]:
    """Split an address into local part and domain; a local name has an empty domain."""
    local_part, at, domain = address.rpartition("@")
    if not at or domain.endswith('"'):
        return address, ""
    return local_part, domain


def shown(text: str) -> str:
    """Quote a text for an error message: one line, printable, 80 characters at most."""
    return repr(text if len(text) <= 80 else text[:79] + "…")


def _find_complaint(text: str) -> str:
    unprintable = next((c for c in text if not c.isprintable()), None)
    if unprintable is not None:
        return f"the unprintable character U+{ord(unprintable):04X}"
    masked = _mask(text)
    for pattern, complaint in _COMPLAINTS:
        found = re.search(pattern, masked)
        if found:
            return complaint.format(found[0])
    if len(text.encode()) > _LONGEST_OCTETS:
        return f"longer than {_LONGEST_OCTETS} octets"
    return _find_domain_complaint(masked)


def _mask(text: str) -> str:
    """Replace a quoted local part and an address literal by plain words."""
    quoted = re.match(_QUOTED_LOCAL_PART, text)
    if quoted:
        text = "quoted" + text[quoted.end() :]
    literal = re.search(_LITERAL_DOMAIN, text)
    return text[: literal.start()] + "@literal" if literal else text


def _find_domain_complaint(masked: str) -> str:
    _, at, domain = masked.partition("@")
    if not at:
        return ""
    try:
        # Some characters become "@" or "/" in the ASCII form, so check that form.
        domain = ascii_address(f"@{domain}")[1:]
    except AddressError:
        return "no such domain can exist"
    return "" if re.fullmatch(_DOMAIN, domain) else "no such domain can exist"


def _encode_idna_2003(domain: str) -> str:
    return ".".join(_encode_label(label) for label in domain.split("."))


def _encode_label(label: str) -> str:
    if "ß" not in label and "ς" not in label:
        return label.encode("idna").decode("ascii")
    from unicodedata import normalize

    return "xn--" + normalize("NFC", label.lower()).encode("punycode").decode("ascii")
