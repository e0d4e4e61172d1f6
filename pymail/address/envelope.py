"""Envelope of a message (RFC 5321 §2.3.1)."""

from pymail.address.addr_spec import check_path
from pymail.address.dsn import DsnRequest
from pymail.errors import NoRecipientsError
from pymail.model import model


@model(kw_only=True)
class Envelope:
    """The paths of one transaction, as bare addr-specs.

    `reverse_path` is empty for the null sender `<>`. A path contains no control
    character and, outside quotes, no blank or angle bracket: these could end an SMTP
    command early.

    Raises:
        AddressError: a path contains such a character.
        NoRecipientsError: `forward_paths` is empty.
    """

    reverse_path: str
    forward_paths: tuple[str, ...]
    dsn: DsnRequest = DsnRequest()

    def __post_init__(self) -> None:
        if not self.forward_paths:
            raise NoRecipientsError("no recipients")
        if self.reverse_path:
            check_path(self.reverse_path)
        for path in self.forward_paths:
            check_path(path)

    @property
    def needs_smtputf8(self) -> bool:
        """Whether a path contains non-ASCII characters (RFC 6531 §3.4)."""
        return not (
            self.reverse_path.isascii() and all(p.isascii() for p in self.forward_paths)
        )
