"""The sendmail door: what cron, git, mutt and PHP call to hand a message over.

The message goes out as it is written (see `message.handed`); without `-t` the
recipients are the arguments alone, with it those of the header, too, as
sendmail(1) of Postfix has it. Whatever is wrong with the call, the message is
kept: the caller is a program that throws it away.
"""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from pymail.address.lists import split_argument
from pymail.address.mailbox import parse_mailbox
from pymail.cli.carrier import Carrier, asking
from pymail.cli.desk import Desk
from pymail.cli.invocation import Invocation
from pymail.cli.load import load, resolve_settings, with_account
from pymail.cli.sendmail_words import Call, read
from pymail.errors import UsageError
from pymail.message import handed
from pymail.message.decoding import behind_mark, decode
from pymail.message.draft import Draft
from pymail.record import replace
from pymail.settings.records import Settings
from pymail.settings.server_records import LocalMta
from pymail.submit.author import full
from pymail.submit.handed import draft_of, mailboxes
from pymail.submit.letter import Letter

if TYPE_CHECKING:  # loaded while the connection is made
    from pymail.submit.parcel import Parcel

_NO_MESSAGE = {"mailq": "p", "newaliases": "i"}
_SENDING = ("", "m")  # what -b may say and still hand a message over


def run(words: Sequence[str], desk: Desk) -> int:
    """Send the message on standard input; returns the exit status.

    Raises:
        PymailError: whatever ended the run; the desk has the letter, if any.
    """
    if words == ["--help"]:
        from pymail.cli import sendmail_help

        desk.print(sendmail_help.text(desk.program))
        return 0
    try:
        call = read(words)
    except UsageError:
        _collect(Call(), desk)
        raise
    mode = _NO_MESSAGE.get(desk.program, call.mode)
    if mode == "i":
        return 0
    if mode in ("p", "q"):
        from pymail.cli import outbox

        return outbox.of_sendmail(call, desk, sends=mode == "q")
    if mode not in _SENDING:
        raise UsageError(f"-b{mode}: pymail hands messages over, it serves nobody")
    return _send(call, desk)


def _send(call: Call, desk: Desk) -> int:
    collected = _collect(call, desk)
    invocation = Invocation(verbose=int(call.verbose))
    loaded = load(invocation, desk.environment)
    desk.warn(loaded.warnings())
    desk.settings = resolve_settings(loaded, invocation, desk.environment)
    desk.verbose = call.verbose
    with closing(Carrier(desk)) as carrier:

        def by_account(name: str) -> "tuple[Parcel, Settings]":
            world = desk.environment
            other = with_account(name, loaded, invocation, world)
            settings = resolve_settings(other, invocation, world)
            return _ready(call, collected, settings, carrier)

        parcel, settings = _ready(call, collected, desk.settings, carrier)
        desk.warn(parcel.warnings)
        desk.remark(call.remarks if call.verbose else ())
        status = carrier.deliver(parcel, settings, by_account=by_account)
    if settings_of_outbox := carrier.followed_by():
        from pymail.cli import outbox

        outbox.along(settings_of_outbox, desk)
    return status


def _ready(
    call: Call, collected: Letter, settings: Settings, carrier: Carrier
) -> "tuple[Parcel, Settings]":
    """Make the parcel, and the settings that take in what call and header say."""
    desk = carrier.desk
    desk.settings = settings = _with_aliases(settings, desk)
    letter = desk.letter = _read_header(call, collected, settings)
    desk.settings = settings = _with_sender(settings, _sender(call, letter))
    carrier.begin(settings)  # and make the letter meanwhile
    from pymail.submit.prepare import prepare

    ask = asking(settings, desk.environment)
    parcel = prepare(letter, settings, desk.environment, ask_password=ask)
    if call.verbose:
        desk.remark((*settings.remarks, *parcel.remarks))
    return parcel, settings


def _collect(call: Call, desk: Desk) -> Letter:
    """Read the message; from here on the desk keeps it, however this ends."""
    world = desk.environment
    arguments = tuple(w for text in call.recipients for w in split_argument(text))
    letter = desk.letter = Letter(
        draft=Draft(text=desk.spool),
        now=world.now(),
        token=world.token(),
        bcc=arguments,
        full_name=call.full_name,
        notice=call.notice,
    )
    if world.stdin is not None:
        desk.spool.fill(world.stdin)
    return letter


def _with_aliases(settings: Settings, desk: Desk) -> Settings:
    """Look local names up where every sendmail does, unless settings say where."""
    path = desk.environment.system_rc_directory / "aliases"
    if isinstance(settings.server, LocalMta) or settings.composing.mta_aliases:
        return settings
    if not path.is_file():
        return settings
    return replace(settings, composing=replace(settings.composing, mta_aliases=path))


def _read_header(call: Call, letter: Letter, settings: Settings) -> Letter:
    charsets = settings.composing.named
    if settings.sealing.wanted:  # then it cannot stay as it is
        from pymail.cli.templates import from_template

        return from_template(letter, charsets, keep_lists=not call.from_header)
    message = handed.parse(behind_mark(letter.draft.text))
    fields = (
        replace(each, octets=decode(each.octets, charsets).encode())
        for each in message.fields
    )
    message = replace(message, fields=tuple(fields))
    named = message.recipients() if call.from_header else ()
    return replace(
        letter,
        draft=draft_of(message, letter.draft),
        handed=message,
        bcc=(*letter.bcc, *named),
    )


def _sender(call: Call, letter: Letter) -> str | None:
    """The envelope sender: -f, or who sent the message on; None for the author."""
    if call.sender is not None or letter.handed is None:
        return call.sender
    resent = mailboxes(letter.handed.first("resent-from"))
    return resent[0].address if resent else None


def _with_sender(settings: Settings, sender: str | None) -> Settings:
    """Put it on the envelope; a name that has no domain gets what is known for it."""
    if sender is None:
        return settings
    identity, server = settings.identity, settings.server
    path = sender.strip()
    path = parse_mailbox(path).address if path not in ("", "<>") else ""
    if isinstance(server, LocalMta):
        server = replace(server, sender_option=path)
    elif path and "@" not in path:
        path = identity.reverse_path or full(path, settings)
    return replace(
        settings, server=server, identity=replace(identity, reverse_path=path)
    )
