"""Addresses (addr-spec): validation, and their ASCII form (IDNA).

The rules are those of the wire, not of old headers: a local part and a domain,
no comments, no folding. What does not fit is refused with its reason; nothing is
cut off, moved or guessed (a parser that guesses sends to another person). Four
deliberate deviations: dots may stand anywhere in a local part (Japanese carriers
gave out such addresses), a domain may hold underscores, the whole path is limited
but not the local part alone (return paths of lists are longer than 64), and a
local name without a domain is an address as long as the caller allows it.

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

# What no name of symbols can have: joiners, and ASCII that is no label's.
_NO_SYMBOLS = r"[\u200c\u200d\x00-,./:-@\[-^`{-\x7f]"

# What an input method writes where an address has ASCII.
_FULL_WIDTH = "＠，；：＜＞（）．。｡、"

# Looked for in this order; the first that is found says what is wrong.
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
    """Return `text` if it is an addr-spec, or a local name where that will do.

    Raises:
        AddressError: it is not; the message shows it and says why.
    """
    if re.fullmatch(_PLAIN, text) and len(text) <= _LONGEST_OCTETS:
        return text
    complaint = _find_complaint(text)
    if complaint:
        raise AddressError(f"{shown(text)}: {complaint}")
    return text


def is_address(text: str) -> bool:
    """Tell whether a text is an addr-spec, or a local name."""
    return is_plain(text) or not _find_complaint(text)


def is_plain(text: str) -> bool:
    """Tell the usual `local@domain` in ASCII, which needs no further look."""
    return len(text) <= _LONGEST_OCTETS and re.fullmatch(_PLAIN, text) is not None


def check_path(path: str) -> str:
    """Return `path` if it cannot end a command early, whatever else it is.

    Raises:
        AddressError: it holds a control character, or outside quotes a blank or
            an angle bracket.
    """
    if not (is_plain(path) or re.fullmatch(_SAFE_PATH, path)):
        raise AddressError(f"{shown(path)}: not safe to send as an address")
    return path


Encode = Callable[[str], str]


def idna_2008() -> Encode | None:
    """Return what encodes a domain as IDNA 2008 does, None without its library.

    Letters are folded first as browsers do (UTS 46). What browsers take and IDNA
    2008 does not, such as emoji, is encoded as it stands; with a joiner it has
    no form.
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
    """Return `address` with its domain in ASCII; the local part stays as it is.

    For servers without SMTPUTF8. Without the library, Python's codec knows IDNA 2003;
    the two letters that IDNA 2008 takes for themselves, and 2003 as another spelling
    of other letters (ß, ς), are encoded as 2008 says: the other domain belongs to
    another.

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
    """Return the name of a host in octets; text is what Python has to encode itself.

    Raises:
        UnicodeError: no host has that name.
    """
    if host.isascii():
        return host.encode("ascii")  # spares Python its IDNA, 3 ms
    encode = library()
    return encode(host).encode("ascii") if encode else host


def wire_address(address: str) -> str:
    """Return `address` in ASCII as far as it can be, so that any server takes it.

    A local part that is not ASCII needs RFC 6531 anyway, and stays with its domain.

    Raises:
        AddressError: the domain has no ASCII form.
    """
    if address.isascii() or not split_address(address)[0].isascii():
        return address
    return ascii_address(address)


def split_address(address: str) -> tuple[str, str]:
    """Cut an address into its local part and its domain, empty for a local name."""
    local_part, at, domain = address.rpartition("@")
    if not at or domain.endswith('"'):
        return address, ""
    return local_part, domain


def shown(text: str) -> str:
    """Quote a text for an error message: one line, printable, not too long."""
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
    """Put words where a quoted local part and a literal domain may stand."""
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
        # What maps to "@" or "/" only in ASCII must not slip through in Unicode.
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
