"""Envelope (RFC 5321 §2.3.1) and requests for delivery status (RFC 3461)."""

from pymail.address.addr_spec import check_path
from pymail.errors import NoRecipientsError
from pymail.model import field, model

_LONGEST_ID = 100  # RFC 3461 §5.4


@model(kw_only=True)
class Notice:
    """Which delivery status notifications are asked for (RFC 3461).

    `notify` is NEVER, or names of SUCCESS, FAILURE and DELAY with commas between;
    `ret` is FULL or HDRS; `envelope_id` is any text. Empty: not asked for.
    """

    notify: str = ""
    ret: str = ""
    envelope_id: str = ""

    @property
    def asked(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.notify or self.ret)

    @property
    def of_mail(self) -> tuple[str, ...]:
        """The parameters of MAIL (RFC 3461 §4.3 and §4.4)."""
        envelope_id = _xtext(self.envelope_id)
        return (
            *([f"RET={self.ret}"] if self.ret else ()),
            *([f"ENVID={envelope_id}"] if 0 < len(envelope_id) <= _LONGEST_ID else ()),
        )

    @property
    def of_rcpt(self) -> tuple[str, ...]:
        """The parameters of RCPT (RFC 3461 §4.1)."""
        return (f"NOTIFY={self.notify}",) if self.notify else ()

    @property
    def as_options(self) -> tuple[tuple[str, str], ...]:
        """The same for a sendmail program; msmtp wants it in small letters."""
        notify, ret = self.notify.lower(), self.ret.lower()
        pairs = (("-N", notify), ("-R", ret), ("-V", self.envelope_id))
        return tuple(pair for pair in pairs if pair[1])


def _xtext(text: str) -> str:
    """Spell what is no printable ASCII, `+` and `=` as RFC 3461 §4 has it."""
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode("utf-8", "surrogateescape")
    )


@model(kw_only=True)
class Envelope:
    """The paths of one transaction, as bare addr-specs.

    `reverse_path` is empty for the null sender `<>`. No path here holds a control
    character, nor outside quotes a blank or an angle bracket, that could end a
    command early.

    Raises:
        AddressError: a path does.
        NoRecipientsError: `forward_paths` is empty.
    """

    reverse_path: str
    forward_paths: tuple[str, ...]
    notice: Notice = field(default_factory=Notice)

    def __post_init__(self) -> None:
        if not self.forward_paths:
            raise NoRecipientsError("no recipients")
        if self.reverse_path:
            check_path(self.reverse_path)
        for path in self.forward_paths:
            check_path(path)

    @property
    def needs_smtputf8(self) -> bool:
        """Whether a path holds other than ASCII (RFC 6531 §3.4)."""
        return not (
            self.reverse_path.isascii() and all(p.isascii() for p in self.forward_paths)
        )
