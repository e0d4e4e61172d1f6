"""What the name of a folder means: `+name`, `maildir://path`, a relative path."""

from collections.abc import Callable
from pathlib import Path

from pymail.model import model
from pymail.settings.models import Folder, Format

_SCHEMES = {
    "file://": Format.AS_FOUND,
    "mbox://": Format.MBOX,
    "maildir://": Format.MAILDIR,
}
_ANYWHERE = ("/", "~", "$")


@model(kw_only=True)
class Shelf:
    """Where folders are: `folder` is what `+` means, None when it means nothing.

    Relative names are below `outfolder`, where that is set. `path` makes any
    other name absolute.
    """

    path: Callable[[str], Path]
    folder: Path | None = None
    outfolder: Path | None = None

    def find(self, name: str) -> Folder:
        """Return the folder of this name; whether it exists is not looked at."""
        scheme = next((s for s in _SCHEMES if name.startswith(s)), "")
        return Folder(
            path=self._place(name.removeprefix(scheme)),
            format=_SCHEMES.get(scheme, Format.AS_FOUND),
        )

    def _place(self, name: str) -> Path:
        if name.startswith("+") and self.folder is not None:
            return self.folder / name[1:]
        if self.outfolder is not None and not name.startswith(_ANYWHERE):
            return self.outfolder / name
        return self.path(name)
