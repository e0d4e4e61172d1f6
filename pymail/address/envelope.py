"""For whom a message travels, and from whom (RFC 5321 §2.3.1)."""

from dataclasses import dataclass

from pymail.errors import NoRecipientsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The paths of one transaction, as bare addr-specs.

    `reverse_path` is empty for the null sender `<>`. Every address here has
    passed `address.mailbox`: no control character, blank or angle bracket is
    left that could end a command early.

    Raises:
        NoRecipientsError: `forward_paths` is empty.
    """

    reverse_path: str
    forward_paths: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.forward_paths:
            raise NoRecipientsError("no recipients")

    @property
    def needs_smtputf8(self) -> bool:
        """Whether a path holds other than ASCII (RFC 6531 §3.4)."""
        return not (
            self.reverse_path.isascii() and all(p.isascii() for p in self.forward_paths)
        )
