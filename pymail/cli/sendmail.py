"""The sendmail door: what cron, git, mutt and PHP call to hand a message over.

The options are sendmail's as Postfix documents them (sendmail(1)); those that
mean nothing to a program without a queue of its own are accepted. Without `-t`
the recipients are the arguments alone, and the header stays as it is.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pymail.address.lists import split_argument
from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.cli import letter as letters
from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation
from pymail.cli.load import load, resolve_settings
from pymail.cli.mailx import asking, hand_over
from pymail.errors import UsageError
from pymail.message.draft import Draft
from pymail.settings.records import LocalMta, Settings, SmtpServer
from pymail.submit.letter import Letter
from pymail.submit.prepare import prepare

_WITH_VALUE = frozenset("BCFLNORVXfhor")  # glued, or the next word
_VALUE_IS_GLUED = frozenset("oAqdb")  # never the next word
_FLAGS = frozenset("EGMUimnptv")


@dataclass(slots=True)
class Call:
    """What a caller asks for."""

    recipients: list[str] = field(default_factory=list)
    sender: str | None = None
    full_name: str = ""
    from_header: bool = False
    mode: str = ""
    verbose: bool = False


def run(words: Sequence[str], desk: Desk) -> int:
    """Send the message on standard input; returns the exit status.

    Raises:
        PymailError: whatever ended the run; the desk has the letter, if any.
    """
    call = _read(words)
    if desk.program == "newaliases" or call.mode in ("i", "q"):
        return 0
    if desk.program == "mailq" or call.mode == "p":
        desk.print("Mail queue is empty\n")
        return 0
    if call.mode in ("s", "d", "D", "t", "v", "h", "H"):
        raise UsageError(f"-b{call.mode}: pymail hands messages over, it serves nobody")
    invocation = Invocation(verbose=int(call.verbose), sender=call.sender)
    loaded = load(replace(invocation, sender=None), desk.environment)
    desk.warn(loaded.warnings())
    letter = _letter(call, desk)
    settings = resolve_settings(
        loaded, replace(invocation, sender=None), desk.environment
    )
    desk.settings = settings = _with_sender(settings, call)
    letter = _completed(letter, call, settings)
    parcel = prepare(
        letter,
        settings,
        desk.environment,
        ask_password=asking(loaded, desk.environment),
    )
    desk.verbose = call.verbose
    return hand_over(parcel, settings, loaded, desk, debug=False)


def _read(words: Sequence[str]) -> Call:
    call = Call()
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if word == "--":
            call.recipients.extend(rest)
            break
        if word.startswith("-") and len(word) > 1:
            _options(word[1:], rest, call)
        else:
            call.recipients.append(word)
    return call


def _options(letters_: str, rest: deque[str], call: Call) -> None:
    while letters_:
        letter, letters_ = letters_[0], letters_[1:]
        if letter in _VALUE_IS_GLUED:
            if letter in "bq":
                call.mode = letters_[:1] if letter == "b" else "q"
            return
        if letter in _WITH_VALUE:
            _take(letter, letters_ or (rest.popleft() if rest else ""), call)
            return
        if letter not in _FLAGS:
            raise UsageError(f"-{letter}: unknown option")
        call.from_header = call.from_header or letter == "t"
        call.verbose = call.verbose or letter == "v"


def _take(letter: str, value: str, call: Call) -> None:
    if letter in "fr":
        call.sender = value
    elif letter == "F":
        call.full_name = value


def _letter(call: Call, desk: Desk) -> Letter:
    """Read the message; its recipients are those of the header only with -t."""
    world = desk.environment
    spool = desk.spool
    arguments = tuple(w for text in call.recipients for w in split_argument(text))
    letter = Letter(
        draft=Draft(text=spool), now=world.now(), token=world.token(), bcc=arguments
    )
    desk.letter = letter
    if world.stdin is not None:
        spool.fill(world.stdin)
    desk.letter = letters.from_template(letter, keep_lists=not call.from_header)
    return desk.letter


def _with_sender(settings: Settings, call: Call) -> Settings:
    if call.sender is None:
        return settings
    address = call.sender.strip("<> ")
    path = parse_mailbox(address).address if address else ""
    if path and isinstance(settings.server, SmtpServer):
        path = _full(path, settings)
    server = settings.server
    if isinstance(server, LocalMta):
        server = replace(server, sender_option=path)
    identity = replace(settings.identity, reverse_path=path)
    return replace(settings, server=server, identity=identity)


def _completed(letter: Letter, call: Call, settings: Settings) -> Letter:
    """Make bare names of the author full: `root (Cron Daemon)` has no domain."""
    identity, draft = settings.identity, letter.draft
    authors = draft.from_
    if not authors and call.full_name and not identity.from_:
        authors = (Mailbox(identity.login, call.full_name),)
    full = tuple(Mailbox(_full(m.address, settings), m.name) for m in authors)
    return replace(letter, draft=replace(draft, from_=full))


def _full(address: str, settings: Settings) -> str:
    return address if "@" in address else f"{address}@{settings.identity.hostname}"
