"""Files to attach: by name, in the manner that was asked for, from descriptors."""

from collections.abc import Iterable, Iterator

from pymail.commands.invocation import Invocation
from pymail.delivery.attachment_options import Manner
from pymail.environment import Environment
from pymail.errors import UnreadableInputError, UsageError
from pymail.message.attachments import guess_type
from pymail.message.byte_source import Octets
from pymail.message.draft import Attachment
from pymail.message.text_encoding import transcode
from pymail.model import replace
from pymail.octets import BufferedInput, FileOctets

_DEFAULT = {"": "utf-8", "-": "utf-8"}


def attachment(word: str, environment: Environment) -> Attachment:
    """Read a file to attach, or s-nail's FILE=CHARSET when there is no file of the whole name.

    Raises:
        UnreadableInputError: no reading of the word is a readable file.
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
    """Convert what s-nail's CHARSET#ANOTHER says, or believe the first."""
    origin, _, target = charset.partition("#")
    converted = transcode(content, _DEFAULT.get(origin, origin), target)
    if converted is None:
        return Attachment(name=name, content=content, charset=origin)
    return Attachment(name=name, content=converted, charset=target)


def attached(
    files: Iterable[Attachment], invocation: Invocation, environment: Environment
) -> tuple[Attachment, ...]:
    """Add what descriptors hold, and leave out what is not wanted when empty.

    Raises:
        UnreadableInputError: a descriptor cannot be read.
        UsageError: it is not a number.
    """
    everything = (*files, *_of_descriptors(invocation, environment))
    if not invocation.skip_empty_attachments:
        return everything
    return tuple(each for each in everything if each.content.size_octets)


def _of_descriptors(
    invocation: Invocation, environment: Environment
) -> Iterator[Attachment]:
    for word in invocation.descriptors:
        if not (word.isascii() and word.isdecimal()):
            raise UsageError(f"--attach-fd {word[:20]!r}: not a number")
        spool = BufferedInput()
        try:
            with environment.expand(f"/dev/fd/{word}").open("rb") as stream:
                spool.fill(stream)
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
            raise UnreadableInputError(f"--attach-fd {word}: {reason}") from error
        manner = invocation.manners.get(word)
        yield in_manner(Attachment(name="attachment", content=spool), manner)


def in_manner(file: Attachment, manner: Manner | None) -> Attachment:
    """Attach a file as the options before it say.

    A text type is for the text, and for files that may be text: no reader could
    open the rest.
    """
    if manner is None:
        return file
    name = manner.filename or file.name
    known = guess_type(file.name)
    fits = not manner.content_type.startswith("text/") or known.startswith("text/")
    return replace(
        file,
        name=name,
        type_name=manner.name,
        content_type=manner.content_type if fits or not known else file.content_type,
        encoding=manner.encoding.lower(),
    )
