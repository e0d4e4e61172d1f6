"""How files are attached: what mailutils lets options say before an attachment.

`--content-type` and `--encoding` hold for all that follow, `--content-name` and
`--content-filename` for the next one (mail(1) of GNU mailutils).
"""

from collections.abc import Mapping

from pymail.model import model, replace

_FIELDS = {
    "--content-type": "content_type",
    "--encoding": "encoding",
    "--content-name": "name",
    "--content-filename": "filename",
}
_ATTACHING = frozenset({"-a", "--attach", "-A", "--account", "--attach-fd"})


@model(kw_only=True)
class Manner:
    """How one file is attached; what is empty, the file itself decides."""

    content_type: str = ""
    encoding: str = ""
    name: str = ""
    filename: str = ""


class Manners:
    """Reads options in their order; `of_words` is what was asked for each file."""

    def __init__(self) -> None:
        self._next = Manner()
        self._of_words: dict[str, Manner] = {}

    def see(self, option: str, value: str) -> None:
        """Take notice of one option."""
        if field := _FIELDS.get(option):
            self._next = replace(self._next, **{field: value})
        elif option in _ATTACHING and self._next != Manner():
            self._of_words[value] = self._next
            self._next = replace(self._next, name="", filename="")

    @property
    def of_words(self) -> Mapping[str, Manner]:
        """The files, as written, that are not attached in the usual manner."""
        return self._of_words
