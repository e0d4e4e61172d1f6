"""Attachments from files and descriptors, with the options for them.

`--content-type` and `--encoding` apply to all files that follow, `--content-name` and
`--content-filename` to the next file only (mail(1) of GNU mailutils).
"""

from collections.abc import Iterable, Iterator, Mapping

from pymail.environment import Environment
from pymail.errors import UnreadableInputError, UsageError
from pymail.message.attachments import guess_type
from pymail.message.byte_source import Octets
from pymail.message.draft import Attachment
from pymail.message.text_encoding import transcode
from pymail.model import model, replace
from pymail.octets import BufferedInput, FileOctets

_DEFAULT = {"": "utf-8", "-": "utf-8"}


@model(kw_only=True)
class AttachmentOptions:
    """Type, encoding and names of one file; empty values come from the file itself."""

    content_type: str = ""
    encoding: str = ""
    name: str = ""
    filename: str = ""

    def apply(self, file: Attachment) -> Attachment:
        """Return the attachment with these options applied.

        A text type applies only to files that may be text: mail clients couldn't open
        the others.
        """
        known = guess_type(file.name)
        fits = not self.content_type.startswith("text/") or known.startswith("text/")
        return replace(
            file,
            name=self.filename or file.name,
            type_name=self.name,
            content_type=self.content_type if fits or not known else file.content_type,
            encoding=self.encoding.lower(),
        )


def attach_file(word: str, environment: Environment) -> Attachment:
    """Open a file to attach; without such a file, read the word as s-nail's FILE=CHARSET.

    Raises:
        UnreadableInputError: neither reading names a readable file.
    """
    if not word:
        raise UnreadableInputError("-a '': no file name")
    path = environment.expand(word)
    try:
        return Attachment(name=path.name, content=FileOctets.at(path))
    except UnreadableInputError as error:
        name, equals, charset = word.rpartition("=")
        if not (equals and name and isinstance(error.__cause__, FileNotFoundError)):
            raise
        path = environment.expand(name)
        return _in_charset(path.name, FileOctets.at(path), charset)


def _in_charset(name: str, content: Octets, charset: str) -> Attachment:
    """Convert from CHARSET to ANOTHER (s-nail's CHARSET#ANOTHER), or only label it."""
    origin, _, target = charset.partition("#")
    converted = transcode(content, _DEFAULT.get(origin, origin), target)
    if converted is None:
        return Attachment(name=name, content=content, charset=origin)
    return Attachment(name=name, content=converted, charset=target)


def attach_descriptors(
    numbers: Iterable[str],
    options: Mapping[str, AttachmentOptions],
    environment: Environment,
) -> Iterator[Attachment]:
    """Yield the contents of descriptors as attachments.

    Raises:
        UnreadableInputError: a descriptor cannot be read.
        UsageError: a word is not a number.
    """
    for word in numbers:
        if not (word.isascii() and word.isdecimal()):
            raise UsageError(f"--attach-fd {word[:20]!r}: not a number")
        spool = BufferedInput()
        try:
            with environment.expand(f"/dev/fd/{word}").open("rb") as stream:
                spool.fill(stream)
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
            raise UnreadableInputError(f"--attach-fd {word}: {reason}") from error
        file = Attachment(name="attachment", content=spool)
        yield options[word].apply(file) if word in options else file
