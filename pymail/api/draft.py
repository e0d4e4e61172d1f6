"""What a program says about a letter: a draft, and what goes along with it."""

from collections.abc import Iterable, Mapping
from os import PathLike
from types import NoneType
from typing import BinaryIO

from pymail.address.address_list import split_list
from pymail.model import model

Addresses = str | Iterable[str]
Path = str | PathLike[str]
Fields = Mapping[str, str] | Iterable[tuple[str, str]]


@model()
class Attachment:
    """Something to send along under a name.

    `content` is bytes, the path of a file, or a file that is open in binary mode. A
    path is read while it is sent, so that memory does not depend on its size; an open
    file is read from where it stands to its end, and put back there if it can be.
    `content_type` is guessed from name and content when it is empty ("text/csv",
    "text/plain; charset=gb18030"; RFC 2045 §5). With a `content_id`, written without
    angle brackets, it is an image in the HTML that names it as `cid:` (RFC 2392).
    """

    name: str
    content: bytes | Path | BinaryIO
    content_type: str = ""
    content_id: str = ""


Attach = Path | Attachment | Iterable[Path | Attachment]
_KINDS: Mapping[str, tuple[type, ...]] = {
    "subject": (str, NoneType),
    "text": (str, bytes),
    "html": (str, NoneType),
    "sender": (str,),
}


@model(kw_only=True)
class Draft:
    """A letter as its author means it: who gets it, and what is in it.

    `to`, `cc`, `bcc`, `from_` and `reply_to` are one string with addresses as a header
    has them ("Ann <ann@example.com>, bob@example.com"; RFC 5322 §3.4), or an iterable
    of strings with an address each. Aliases of the settings count. Without `from_` the
    settings say who writes; several authors need a `sender`.

    `text` is sent as UTF-8, or in what the settings want, and its last line gets an
    end if it has none; bytes are taken for what they seem to be. `html` is the same
    content for programs that show HTML; where there is no text it is made of it. With
    `markdown` the text is Markdown (CommonMark, tables), goes as it is, and HTML is made
    of it; images in it that are files of this machine go along. `attach` has paths and
    `Attachment`s. `fields` are further header fields; a line end in one is refused, and
    in the subject it becomes a blank.

    A draft can be sent as often as you like.
    """

    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    subject: str | None = None
    text: str | bytes = ""
    html: str | None = None
    markdown: bool = False
    attach: Attach = ()
    from_: Addresses = ()
    sender: str = ""
    reply_to: Addresses = ()
    fields: Fields = ()

    def __post_init__(self) -> None:
        """Read what can be read only once, and refuse what makes no sense at all.

        Raises:
            TypeError: something is of another type than it has to be.
        """
        for name, kinds in _KINDS.items():
            _check(name, [getattr(self, name)], kinds)
        if self.markdown and self.html is not None:
            raise TypeError("html and markdown: the HTML is there, or it is made")
        for name in ("to", "cc", "bcc", "from_", "reply_to"):
            object.__setattr__(self, name, _words(name, getattr(self, name)))
        attach = self.attach
        alone = isinstance(attach, str | PathLike | Attachment)
        files = (attach,) if alone else tuple(attach)  # type: ignore[arg-type] # not alone
        _check("attach", files, (str, PathLike, Attachment))
        object.__setattr__(self, "attach", files)
        fields = self.fields
        pairs = tuple(fields.items() if isinstance(fields, Mapping) else fields)
        _check("fields", [part for pair in pairs for part in pair], (str,))
        object.__setattr__(self, "fields", pairs)


def _words(name: str, addresses: Addresses) -> tuple[str, ...]:
    if isinstance(addresses, str):
        return split_list(addresses)
    words = tuple(addresses)
    _check(name, words, (str,))
    return tuple(filter(None, map(str.strip, words)))


def _check(name: str, values: Iterable[object], kinds: tuple[type, ...]) -> None:
    for value in values:
        if not isinstance(value, kinds):
            wanted = ", ".join(kind.__name__ for kind in kinds)
            raise TypeError(f"{name}: {type(value).__name__}, not one of {wanted}")
