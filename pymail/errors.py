"""Exceptions for the failures that end an attempt.

A recipient whom the server refuses is not here: that is a fate, a row in the
`Report`. The tree, with the exit status that `report.exit_status` gives:

    PymailError
    ├── UsageError                 64  bad option or argument
    ├── MessageError               65  the message can't be made or taken
    │   ├── AddressError               an address does not parse
    │   ├── NoRecipientsError          no recipient
    │   └── MessageTooLargeError       larger than the server's SIZE
    ├── UnreadableInputError       66  attachment or body can't be read
    ├── HostUnknownError           68  no such server name, for good
    ├── RefusedError               69  the server wants nothing from us, for good
    │   └── UnknownUserError       67  the local program knows no such user
    ├── CannotKeepError            73  dead letter or record can't be written
    ├── TransientError             75  trying again can help
    │   ├── ConnectError               no connection
    │   ├── ConnectionLostError        closed before the final dot
    │   ├── TimedOutError              no answer in time
    │   └── FateUnknownError           closed after the final dot: maybe sent
    ├── ProtocolError              76  nonsense on the wire
    │   └── TlsError                   refused, absent, or not trusted
    ├── AuthenticationError        77  no secret, or AUTH refused
    ├── SettingsError              78  mail.rc or variables are wrong
    │   └── OtherWayError              a mail that waits was written for another way
    ├── UndeliveredError           69  a recipient has not got it (75: not yet)
    └── Interrupted             128+n  a signal
        └── GivenUp                    the writer sends nothing (~q, ~x)

sysexits(3) has the numbers.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymail.reply import Reply

_SIGINT = 2  # POSIX


def install(libraries: str) -> str:
    """Advise how the Python that runs us gets what is missing; words of pip."""
    from shlex import quote

    return f"{quote(sys.executable)} -m pip install {libraries}"


class PymailError(Exception):
    """One failure: what was being done, what happened, and what to do now.

    `happened` is one lower-case line that names the thing; `doing` is the step
    ("connecting to smtp.163.com:465"); `reply` is what the server said;
    `advice` is the next step, empty when `report.explain` knows it better. Where
    pymail is used from Python it is filled in, `meaning` says what a reply means, and
    `report` the fate of every recipient, if it came so far.
    """

    transient = False
    unreached = False  # no server was there to say anything
    also = ""  # what failed besides, at another server
    meaning = ""
    report: Any = None  # a `pymail.Report`, whose module needs this one

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
    """The command line makes no sense."""


class MessageError(PymailError):
    """The message cannot be made, or not be taken as it is."""


class AddressError(MessageError):
    """An address does not parse (RFC 5322 §3.4)."""


class NoRecipientsError(MessageError):
    """There is no recipient."""


class MessageTooLargeError(MessageError):
    """The message is larger than the server's SIZE (RFC 1870)."""


class UnreadableInputError(PymailError):
    """An attachment or the body cannot be read."""


class HostUnknownError(PymailError):
    """The server's name does not exist."""

    unreached = True


class RefusedError(PymailError):
    """The server refuses the session for good, before any recipient."""


class UnknownUserError(RefusedError):
    """A local program says that it knows none of the recipients (EX_NOUSER)."""


class CannotKeepError(PymailError):
    """What must be written, a dead letter or a record, cannot be."""


class TransientError(PymailError):
    """The attempt failed, and another one can succeed."""

    transient = True


class ConnectError(TransientError):
    """No address of the server accepts a connection."""

    unreached = True


class ConnectionLostError(TransientError):
    """The connection closed before the message was complete."""


class TimedOutError(TransientError):
    """The server did not answer in time."""


class FateUnknownError(TransientError):
    """The connection closed after the final dot, before its reply.

    The server may have taken the message (RFC 1047): a second try may deliver
    it twice, so nothing sends it again by itself.
    """


class ProtocolError(PymailError):
    """What the server says is not SMTP."""


class TlsError(ProtocolError):
    """TLS was refused, is absent where it is required, or is not trusted."""


class AuthenticationError(PymailError):
    """There is no secret, or the server does not accept it.

    `transient` when the server said so with a 4yz reply (RFC 4954 §6). `user` is
    who logs in, `place` where a better secret has to be put, if that is no store
    of pymail's own ("~/.mailrc:3").
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
    """The settings name another kind of way than a mail in the outbox was written for."""


class UndeliveredError(PymailError):
    """Not every recipient has got the message; `report` says who has, and why others not.

    It is `transient` when another try can help all who have not. Only to these the
    message may be sent again.
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
        if report is not None:  # a pickle brings it later
            self.report = report


class Interrupted(PymailError):  # noqa: N818 - it is no error
    """A signal ended the program; `signal_number` says which."""

    def __init__(self, signal_number: int) -> None:
        super().__init__("interrupted")
        self.signal_number = signal_number


class GivenUp(Interrupted):
    """The writer decided to send nothing, which mailx treats as two interrupts.

    `keep`: the text is to be kept.
    """

    def __init__(self, happened: str, *, keep: bool) -> None:
        super().__init__(_SIGINT)
        self.args = (happened,)
        self.happened = happened
        self.keep = keep
