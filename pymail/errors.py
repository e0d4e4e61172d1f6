"""Exceptions for the failures that end an attempt.

A refused recipient is no exception but a fate, a row in the `Report`. The tree, with
the exit statuses of `report.exit_status`:

    PymailError
    ├── UsageError                 64  bad option or argument
    ├── MessageError               65  the message can't be built or accepted
    │   ├── AddressError               an address doesn't parse
    │   ├── NoRecipientsError          no recipient
    │   └── MessageTooLargeError       larger than the server's SIZE
    ├── UnreadableInputError       66  attachment or body can't be read
    ├── HostUnknownError           68  the server's name doesn't exist
    ├── RefusedError               69  the server refuses the session permanently
    │   └── UnknownUserError       67  the local program knows no recipient
    ├── CannotKeepError            73  dead letter or record can't be written
    ├── TransientError             75  a later attempt may succeed
    │   ├── ConnectError               no connection
    │   ├── ConnectionLostError        closed before the final dot
    │   ├── TimedOutError              no reply in time
    │   └── FateUnknownError           closed after the final dot: it may be sent
    ├── ProtocolError              76  the replies are not SMTP
    │   └── TlsError                   refused, absent, or not trusted
    ├── AuthenticationError        77  no secret, or AUTH refused
    ├── SettingsError              78  mail.rc or variables are wrong
    │   └── OtherWayError              a queued message needs another kind of server
    ├── UndeliveredError           69  some recipients did not get it (75: not yet)
    └── Interrupted             128+n  a signal
        └── GivenUp                    the author discards the message (~q, ~x)

sysexits(3) has the numbers.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymail.reply import Reply

_SIGINT = 2  # POSIX


def install(libraries: str) -> str:
    """Return the pip command that installs libraries for this Python."""
    from shlex import quote

    return f"{quote(sys.executable)} -m pip install {libraries}"


class PymailError(Exception):
    """A failure: the step, the cause, the server's reply and the next step.

    `happened` is the cause in one lower-case line; `doing` is the step ("connecting
    to smtp.163.com:465"); `reply` is the server's reply; `str()` joins the three.
    `advice` is the next step, empty if `report.explain` has a better one. In Python,
    `advice` is always set, `meaning` explains the reply, and `report` has the fate of
    every recipient once the recipients are known.
    """

    transient = False
    unreached = False  # no server replied
    also = ""  # failures of other accounts before this one
    meaning = ""
    report: Any = None  # a `pymail.Report`; its module imports this one

    def __init__(
        self,
        happened: str,
        *,
        doing: str = "",
        reply: "Reply | None" = None,
        advice: str = "",
    ) -> None:
        super().__init__(happened)
        self.happened = happened
        self.doing = doing
        self.reply = reply
        self.advice = advice

    def __str__(self) -> str:
        text = f"{self.doing}: {self.happened}" if self.doing else self.happened
        if self.reply is None or str(self.reply) in text:
            return text
        return f"{text}: {self.reply}"


class UsageError(PymailError):
    """The command line is wrong."""


class MessageError(PymailError):
    """The message can't be built, or the server can't accept it as it is."""


class AddressError(MessageError):
    """An address doesn't parse (RFC 5322 §3.4)."""


class NoRecipientsError(MessageError):
    """There is no recipient."""


class MessageTooLargeError(MessageError):
    """The message is larger than the server's SIZE (RFC 1870)."""


class UnreadableInputError(PymailError):
    """An attachment or the body can't be read."""


class HostUnknownError(PymailError):
    """The server's name doesn't exist."""

    unreached = True


class RefusedError(PymailError):
    """The server refuses the session permanently, before any recipient."""


class UnknownUserError(RefusedError):
    """The local program knows none of the recipients (EX_NOUSER)."""


class CannotKeepError(PymailError):
    """A dead letter, a record or an entry of the outbox can't be written."""


class TransientError(PymailError):
    """The attempt failed; a later one may succeed."""

    transient = True


class ConnectError(TransientError):
    """No address of the server accepts a connection."""

    unreached = True


class ConnectionLostError(TransientError):
    """The connection closed before the message was complete."""


class TimedOutError(TransientError):
    """The server did not reply in time."""


class FateUnknownError(TransientError):
    """The connection closed after the final dot, before its reply.

    The server may have accepted the message (RFC 1047). A second attempt might
    deliver it twice, so pymail never retries it automatically.
    """


class ProtocolError(PymailError):
    """The server's replies are not SMTP."""


class TlsError(ProtocolError):
    """TLS is refused, is absent although required, or is not trusted."""


class AuthenticationError(PymailError):
    """There is no secret, or the server doesn't accept it.

    It is `transient` after a 4yz reply (RFC 4954 §6). `user` is the login name,
    `place` the place of the refused secret ("~/.mailrc:3") if it is no store of
    pymail.
    """

    user = ""
    place = ""

    def __init__(
        self,
        happened: str,
        *,
        doing: str = "",
        reply: "Reply | None" = None,
        advice: str = "",
    ) -> None:
        super().__init__(happened, doing=doing, reply=reply, advice=advice)
        self.transient = reply is not None and reply.transient


class SettingsError(PymailError):
    """A settings file is wrong, or variables contradict each other."""


class OtherWayError(SettingsError):
    """The settings name another kind of server than the one a message was queued for."""


class UndeliveredError(PymailError):
    """Some recipients did not get the message; `report` has the reason for each.

    It is `transient` if a later attempt may succeed for all of them. Send the message
    again only to them.
    """

    def __init__(
        self,
        happened: str,
        *,
        report: Any = None,
        transient: bool = False,
    ) -> None:
        super().__init__(happened)
        self.transient = transient
        if report is not None:  # pickle sets it later
            self.report = report


class Interrupted(PymailError):  # noqa: N818 - it is no error
    """The signal `signal_number` ended the program."""

    def __init__(self, signal_number: int) -> None:
        super().__init__("interrupted")
        self.signal_number = signal_number


class GivenUp(Interrupted):
    """The author discards the message, which mailx treats like two interrupts.

    `keep` tells whether the text becomes a dead letter.
    """

    def __init__(self, happened: str, *, keep: bool) -> None:
        super().__init__(_SIGINT)
        self.args = (happened,)
        self.happened = happened
        self.keep = keep
