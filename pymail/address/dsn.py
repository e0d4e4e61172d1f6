"""Delivery status notifications (DSN): the request for them (RFC 3461).

NOTIFY selects when a server notifies the sender, RET how much of the message the
notification returns, and ENVID identifies the message in it.
"""

from collections.abc import Collection, Mapping

from pymail.model import model

OCCASIONS = ("success", "failure", "delay")  # §4.1
NEVER = "never"
RETURNS: Mapping[str, str] = {  # §4.3; sendmail says hdrs, msmtp headers
    "full": "FULL",
    "hdrs": "HDRS",
    "headers": "HDRS",
}
_LONGEST_ID = 100  # §5.4


@model(kw_only=True)
class DsnRequest:
    """The notifications that a sender requests; servers decide where a field is empty.

    `notify` is NEVER, or some of SUCCESS, FAILURE and DELAY separated by commas;
    `ret` is FULL or HDRS; `envelope_id` is the sender's identifier of the message.
    """

    notify: str = ""
    ret: str = ""
    envelope_id: str = ""

    @property
    def wanted(self) -> bool:
        """Whether notifications are requested; an identifier alone requests none."""
        return bool(self.notify or self.ret)

    @property
    def mail_parameters(self) -> tuple[str, ...]:
        """The parameters of MAIL (§4.3 and §4.4)."""
        envelope_id = _xtext(self.envelope_id)
        return (
            *([f"RET={self.ret}"] if self.ret else ()),
            *([f"ENVID={envelope_id}"] if 0 < len(envelope_id) <= _LONGEST_ID else ()),
        )

    @property
    def rcpt_parameters(self) -> tuple[str, ...]:
        """The parameters of RCPT (§4.1)."""
        return (f"NOTIFY={self.notify}",) if self.notify else ()

    @property
    def sendmail_options(self) -> tuple[tuple[str, str], ...]:
        """The same as options of a sendmail program; msmtp needs lower case."""
        notify, ret = self.notify.lower(), self.ret.lower()
        pairs = (("-N", notify), ("-R", ret), ("-V", self.envelope_id))
        return tuple(pair for pair in pairs if pair[1])


def parse_notify(words: Collection[str]) -> str:
    """Return the value of NOTIFY for words in lower case; "" if one is unknown."""
    if [*words] == [NEVER] or (words and {*words} <= {*OCCASIONS}):
        return ",".join(words).upper()
    return ""


def _xtext(text: str) -> str:
    """Encode as xtext (§4): `+`, `=` and all but printable ASCII become `+XX`."""
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode("utf-8", "surrogateescape")
    )
