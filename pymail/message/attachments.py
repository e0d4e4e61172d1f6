"""Attachments: media types by name and content, and the parts that carry files.

A file up to `HELD_OCTETS` is read when the message is built, so that its label stays
true. A larger file is read and encoded in base64 as the message is sent: if it grows,
it is cut at its first size, and if it shrinks, its part gets short, but the message
stays valid.

An image that a text refers to is attached only if its content is an image: the text
may contain words of strangers, and a file with secrets is no image.

RFC 2046 §4.5.1 and §5.2.1, RFC 2183 §2.
"""

import re
from collections.abc import Mapping

from pymail.errors import MessageError
from pymail.message import fields, text_encoding, transfer_encoding
from pymail.message.byte_source import Body, InMemory, Octets, Slice
from pymail.message.decoding import LATIN, WIDE
from pymail.message.draft import Attachment, TextRules
from pymail.message.mime_entity import Entity
from pymail.message.mime_parameters import (
    ContentType,
    content_type_field,
    join_parameters,
    make_parameter,
    parse_content_type,
)
from pymail.message.transfer_encoding import EncodedSource, TextFacts, scan
from pymail.model import replace

HELD_OCTETS = 1024 * 1024
UNKNOWN_TYPE = "application/octet-stream"
_TEXT_SAMPLE_OCTETS = 64 * 1024
_NOT_IN_ID = r"[^!#-;=?-~]"
# For machines without a mime.types.
_EXTENSIONS_BY_TYPE = {
    "application/epub+zip": "epub",
    "application/gzip": "gz tgz",
    "application/java-archive": "jar",
    "application/json": "json",
    "application/msword": "doc dot",
    "application/ogg": "ogx",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "pgp gpg",
    "application/pgp-signature": "sig",
    "application/pkcs7-mime": "p7m p7c",
    "application/pkcs7-signature": "p7s",
    "application/postscript": "ps eps ai",
    "application/rtf": "rtf",
    "application/vnd.android.package-archive": "apk",
    "application/vnd.debian.binary-package": "deb",
    "application/vnd.ms-excel": "xls xlt",
    "application/vnd.ms-outlook": "msg",
    "application/vnd.ms-powerpoint": "ppt pps",
    "application/vnd.oasis.opendocument.graphics": "odg",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.rar": "rar",
    "application/vnd.sqlite3": "sqlite sqlite3 db",
    "application/x-7z-compressed": "7z",
    "application/x-bzip2": "bz2 tbz",
    "application/x-iso9660-image": "iso",
    "application/x-rpm": "rpm",
    "application/x-tar": "tar",
    "application/x-xz": "xz txz",
    "application/zip": "zip",
    "application/zstd": "zst",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3 mpga",
    "audio/ogg": "ogg oga opus",
    "audio/x-wav": "wav",
    "font/otf": "otf",
    "font/ttf": "ttf",
    "font/woff2": "woff2",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg jpeg jpe",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/vnd.microsoft.icon": "ico",
    "image/webp": "webp",
    "message/rfc822": "eml",
    "text/calendar": "ics ifb",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "html htm shtml",
    "text/javascript": "js mjs",
    "text/markdown": "md markdown",
    "text/plain": "txt text log conf cfg ini asc out err lst yml yaml toml sql",
    "text/tab-separated-values": "tsv",
    "text/vcard": "vcf",
    "text/x-diff": "diff patch",
    "text/x-python": "py",
    "text/x-shellscript": "sh bash",
    "text/xml": "xml xsd xsl",
    "video/mp4": "mp4 m4v",
    "video/mpeg": "mpg mpeg",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
}
TYPE_BY_EXTENSION = {
    extension: kind
    for kind, extensions in _EXTENSIONS_BY_TYPE.items()
    for extension in extensions.split()
}
_IMAGE_START_OCTETS = 4096
_IMAGE_TYPES: tuple[tuple[str, bytes], ...] = (
    ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", rb"\xff\xd8\xff"),
    ("image/gif", rb"GIF8[79]a"),
    ("image/webp", rb"RIFF....WEBP"),
    ("image/avif", rb"....ftypavi[fs]"),
    ("image/heic", rb"....ftyphei[cx]"),
    ("image/bmp", rb"BM....\x00{4}"),
    ("image/tiff", rb"II\*\x00|MM\x00\*"),
    ("image/vnd.microsoft.icon", rb"\x00\x00\x01\x00"),
    (
        "image/svg+xml",
        rb"(?:\xef\xbb\xbf)?(?>(?:\s|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>\[]*>)*)<svg[\s>]",
    ),
)


def parse_mime_types(table: str) -> dict[str, str]:
    """Parse a mime.types file to a table from extension to type; the last line wins.

    A line is a type and its extensions; s-nail's markers before the type (`@`, `?t`)
    are skipped.
    """
    found = {}
    for line in table.splitlines():
        words = line.partition("#")[0].split()
        while words and words[0][0] in "@?" and "/" not in words[0]:
            del words[0]
        if words and "/" in words[0]:
            found.update(dict.fromkeys(words[1:], words[0].lstrip("@?").lower()))
    return found


def guess_type(name: str, types: Mapping[str, str] | None = None) -> str:
    """Return the type of a file by its extension; empty if unknown.

    The extension is searched in `types` as written, then ignoring case, then in the
    built-in list.
    """
    _, dot, extension = name.rpartition(".")
    if not dot:
        return ""
    lower = extension.lower()
    types = types or {}
    if extension in types:
        return types[extension]
    folded = {key.lower(): kind for key, kind in types.items()}
    return folded.get(lower) or TYPE_BY_EXTENSION.get(lower, "")


def build_part(
    attachment: Attachment,
    *,
    rules: TextRules,
    types: Mapping[str, str],
    disposition: str = "attachment",
) -> Entity:
    """Build the part of a file; `disposition` as in RFC 2183 §2."""
    name = _clean_name(attachment.name)
    content: Octets = attachment.content
    size = content.size_octets
    held = size <= HELD_OCTETS
    content = Slice(content, 0, HELD_OCTETS if held else size)
    if held:
        content = InMemory(b"".join(content.chunks()))
    kind = _choose_type(attachment, name, content, types)
    body: Body
    if attachment.encoding in transfer_encoding.ENCODINGS:
        rules = _ask_for_encoding(rules, attachment.encoding)
    if kind.name == "message/rfc822":
        kind, body = _embed_message(content, kind, held=held)
    elif kind.is_text:
        charset, body = text_encoding.encode_unchanged(
            content, rules, declared=attachment.charset or kind.charset
        )
        is_binary = held and _is_binary(body.text)
        if is_binary or not held or attachment.encoding == "base64":
            body = _as_base64(content)
        kind = (
            ContentType(UNKNOWN_TYPE) if is_binary else replace(kind, charset=charset)
        )
    else:
        body = _as_base64(content)
    type_name = _clean_name(attachment.type_name) if attachment.type_name else name
    parameters = [disposition, *make_parameter("filename", name)]
    header = (
        content_type_field(kind, type_name),
        _content_id_field(attachment.content_id),
        join_parameters("Content-Disposition", parameters),
    )
    return Entity(b"".join(header), body)


def _ask_for_encoding(rules: TextRules, encoding: str) -> TextRules:
    """Return rules that use this encoding even for text that needs none."""
    longest = rules.longest_unencoded_line if encoding == "8bit" else 0
    return replace(rules, encoding=encoding, longest_unencoded_line=longest)


def _content_id_field(text: str) -> bytes:
    """Write the Content-ID, to which HTML refers (RFC 2392 §2); nothing if empty."""
    name = re.sub(_NOT_IN_ID, "", text)
    return f"Content-ID: <{name}>\r\n".encode() if name else b""


def _clean_name(name: str) -> str:
    """Return the last path component, with `_` for characters that aren't printable."""
    last = fields.clean(name).rpartition("/")[2]
    shown = "".join([char if char.isprintable() else "_" for char in last])
    return shown.strip() or "attachment"


def _choose_type(
    attachment: Attachment, name: str, content: Octets, types: Mapping[str, str]
) -> ContentType:
    known = attachment.content_type or guess_type(name, types)
    if known:
        return parse_content_type(known, UNKNOWN_TYPE)
    start = scan(Slice(content, 0, _TEXT_SAMPLE_OCTETS))
    return ContentType("text/plain" if _is_text(start) else UNKNOWN_TYPE)


def _is_text(facts: TextFacts) -> bool:
    mostly_ascii = 3 * facts.spelt_out <= facts.size
    reads = mostly_ascii or facts.charset not in LATIN
    return reads and not (facts.controls or _is_binary(facts))


def _is_binary(facts: TextFacts) -> bool:
    """Tell whether a file can't be text, whatever its name (RFC 2046 §4.1.1, §4.1.2)."""
    return facts.nul or facts.charset in WIDE


def _as_base64(content: Octets) -> EncodedSource:
    facts = TextFacts(size=content.size_octets)  # base64 needs no other fact
    return EncodedSource(content, facts, "base64", exact=True)


def _embed_message(
    content: Octets, kind: ContentType, *, held: bool
) -> tuple[ContentType, Body]:
    """Return type and body of an attached message.

    It must not be encoded (RFC 2046 §5.2.1): if it can't be sent as lines, or may
    change until it is sent, it becomes a file of unknown type.
    """
    if held:
        from pymail.message import foreign, raw_message  # few mails attach messages

        try:
            body = foreign.finish_body(kind, "", content)[1]
            if not body.fit.edits or raw_message.parse_message(content).fields:
                return kind, body
        except MessageError:  # for example, a field fits no line
            pass
    return ContentType(UNKNOWN_TYPE), _as_base64(content)


def image_type(start: bytes) -> str:
    """Return the type of an image from the start of its file; empty for no image."""
    sniffed = start[:_IMAGE_START_OCTETS]
    found = (kind for kind, how in _IMAGE_TYPES if re.match(how, sniffed, re.DOTALL))
    return next(found, "")
