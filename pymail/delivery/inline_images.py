"""The images that a text names: files of this machine go along, addresses stay.

Only what is an image by its content goes along, and only from regular files: a
text may hold words of strangers, and `![](/etc/shadow)` is quickly said. For the
same reason one that cannot go along costs a line, and never the mail.
"""

import re
from pathlib import Path
from stat import S_ISREG
from urllib.parse import unquote

from pymail.environment import Environment
from pymail.errors import UnreadableInputError
from pymail.message.attachments import SNIFFED_OCTETS, image_type
from pymail.message.draft import Attachment
from pymail.model import field, model
from pymail.octets import FileOctets

_ELSEWHERE = r"(?i)(?!file:)[a-z][a-z0-9+.-]*:|//|#|\Z"
_FILE_URL = r"(?i)file:(?://(?:localhost(?=/))?)?"
_SHOWN_CHARACTERS = 200
_NAMED = 5  # of those that cannot go along; the others are counted


@model(frozen=False)
class LocalImages:
    """Answers for each image what to write; `attachments` are those that go along.

    Each file goes once, however often it is named; `left_out` says why the others
    do not. `token` makes their Content-IDs.
    """

    environment: Environment
    token: str
    attachments: dict[Path, Attachment] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def __call__(self, source: str, line: int) -> str:
        """Return `cid:…` for a file, and as it is what is elsewhere or left out."""
        if re.match(_ELSEWHERE, source) or source in self.left_out:
            return source
        try:
            path = self._path(re.sub(_FILE_URL, "", source, count=1))
            found = self.attachments.get(path) or self._attachment(path)
        except UnreadableInputError as error:
            shown = f"image {source[:_SHOWN_CHARACTERS]} in line {line}"
            self.left_out[source] = f"{shown} is left out: {error.happened}"
            return source
        self.attachments[path] = found
        return f"cid:{found.content_id}"

    def warnings(self) -> list[str]:
        """Say what is left out."""
        named = [*self.left_out.values()][:_NAMED]
        others = len(self.left_out) - len(named)
        return [*named, f"{others} more images are left out"] if others else named

    def _path(self, written: str) -> Path:
        """Find the file; blanks and other characters may be spelt `%20`."""
        names = dict.fromkeys((unquote(written), written))
        paths = [self.environment.expand(name) for name in names]
        for path in paths:
            try:
                return path.resolve(strict=True)
            except (OSError, RuntimeError, ValueError):
                continue
        return paths[0]

    def _attachment(self, path: Path) -> Attachment:
        _check_regular(path)
        content = FileOctets.at(path)
        start = next(content.chunks(), b"")[:SNIFFED_OCTETS]
        kind = image_type(start)
        if not kind:
            raise UnreadableInputError(f"{path} is no image; attach it with -a")
        number = len(self.attachments) + 1
        return Attachment(
            name=path.name,
            content=content,
            content_type=kind,
            content_id=f"image{number}.{self.token}@pymail",
        )


def _check_regular(path: Path) -> None:
    """Refuse what would never end or never begin: devices, pipes.

    Raises:
        UnreadableInputError: it is none, or is not there.
    """
    try:
        regular = S_ISREG(path.stat().st_mode)
    except (OSError, ValueError) as error:  # ValueError: there is NUL in it
        reason = getattr(error, "strerror", None) or "no file can have this name"
        raise UnreadableInputError(f"{path}: {reason}") from error
    if not regular:
        raise UnreadableInputError(f"{path}: not a regular file")
