"""The outbox for people: --queue, --flush, --drop, and the same of the other door."""

from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress

from pymail.cli.sendmail_arguments import Call
from pymail.commands import queue_table
from pymail.commands.invocation import Invocation
from pymail.delivery import log, restore_settings
from pymail.delivery.context import Desk
from pymail.delivery.flush import flush
from pymail.delivery.flush_ports import Ports
from pymail.delivery.flush_selection import Wanted
from pymail.delivery.language import language
from pymail.delivery.load import Loaded, load, resolve_settings
from pymail.delivery.sender import Carrier
from pymail.errors import (
    CannotKeepError,
    PymailError,
    SettingsError,
    TransientError,
    UnreadableInputError,
    UsageError,
)
from pymail.model import replace
from pymail.outbox.directory import Outbox
from pymail.outbox.entry import Damaged, Rows
from pymail.outbox.queued_message import Mail
from pymail.report import exit_status
from pymail.report.delivery_report import Fate, Report
from pymail.report.exit_status import ExitStatus
from pymail.settings.models import Settings
from pymail.settings.server_models import LmtpSocket, SmtpServer, Timeouts
from pymail.terminal import lines

ALONG_SECONDS = 10.0  # what a mail that was sent takes along is begun in
ALONG_MAILS = 100  # and nobody waits for more to be looked at
_WAITING = "--queue shows what waits"


def run(invocation: Invocation, loaded: Loaded, desk: Desk) -> int:
    """Do what is asked for; returns the exit status.

    Raises:
        UsageError: there is no outbox, or a mail is not named rightly.
        PymailError: it failed.
    """
    desk.verbose = bool(invocation.verbose) or loaded.layers.switch("verbose")
    desk.settings = resolve_settings(loaded, invocation, desk.environment)
    outbox = _outbox(desk.settings)
    if invocation.queue:
        return show(outbox, desk)
    if outbox is None:
        raise SettingsError(
            "there is no outbox", advice="write `set outbox` into ~/.mailrc"
        )
    names = _named(invocation.recipients, outbox)
    if invocation.drop:
        return _drop(names, outbox, desk)
    wanted = Wanted(names=names or None, now=invocation.at_once)
    return flushed(outbox, wanted, desk, debug=invocation.debug)


def _outbox(settings: Settings) -> Outbox | None:
    place = settings.retrying.outbox
    return Outbox(place) if place else None


def of_sendmail(call: Call, desk: Desk, *, sends: bool) -> int:
    """Do what `mailq` and `sendmail -q` ask for; returns the exit status.

    Raises:
        PymailError: the settings are wrong, or the outbox cannot be read.
    """
    invocation = Invocation(verbose=int(call.verbose))
    desk.verbose = call.verbose
    loaded = load(invocation, desk.environment)
    desk.settings = resolve_settings(loaded, invocation, desk.environment)
    outbox = _outbox(desk.settings)
    if not sends:
        return show(outbox, desk)
    return flushed(outbox, Wanted(), desk) if outbox else ExitStatus.OK


def show(outbox: Outbox | None, desk: Desk) -> int:
    """List what waits, and the files that cannot be read."""
    rows, problems = [], []
    for name in outbox.names() if outbox else ():
        try:
            row = queue_table.row(outbox, name) if outbox else None
        except (Damaged, CannotKeepError) as error:
            problems.append(str(error))
        else:
            rows += [row] if row else []
    world = desk.environment
    screen = world.columns() if world.stdout_is_terminal else None
    if desk.told:
        desk.told.own["queue"] = list(map(queue_table.as_values, rows))
    else:
        desk.print(queue_table.table(rows, world.now(), screen))
    aside = outbox.damaged() if outbox else []
    desk.warn(f"cannot be read: {words}" for words in (*problems, *aside))
    return ExitStatus.DATA if problems else ExitStatus.OK


def _named(words: Sequence[str], outbox: Outbox) -> tuple[str, ...]:
    """Find mails by their names, or by how these, or their last parts, begin."""
    names = outbox.names() if words else []
    found = []
    for word in words:
        those = [n for n in names if n.startswith(word) or _last(n).startswith(word)]
        if not word or len(those) > 1:
            raise UsageError(f"{word}: names {len(those)} mails", advice=_WAITING)
        if not those:
            raise UnreadableInputError(
                f"{word}: no such mail in the outbox", advice=_WAITING
            )
        found += those
    return tuple(dict.fromkeys(found))


def _last(name: str) -> str:
    return name.rpartition("-")[2]


def _drop(names: tuple[str, ...], outbox: Outbox, desk: Desk) -> int:
    if not names:
        raise UsageError("--drop: which one?", advice=_WAITING)
    for name in names:
        mail = outbox.claim(name)
        if mail is None:
            raise TransientError(f"{name}: somebody is sending it")
        with mail:
            mail.remove()
        desk.say(lines.of_remark(f"{name} dropped"))
        if desk.told:
            desk.told.own["dropped"].append(name)
    return ExitStatus.OK


def flushed(outbox: Outbox, wanted: Wanted, desk: Desk, *, debug: bool = False) -> int:
    """Send what is wanted, say what is to be known, and tell the exit status."""
    with closing(Carrier(desk, debug=debug)) as carrier, ExitStack() as stack:
        with suppress(CannotKeepError):  # nothing is there yet
            stack.enter_context(outbox.flushing())
        telling = Telling(desk, carrier)
        reports = flush(_ports(outbox, desk, carrier, telling), wanted)
    return exit_status.of_all(reports) or telling.status


def along(settings: Settings, desk: Desk) -> None:
    """Send what is due, behind a mail that was sent; never in its way."""
    outbox = _outbox(settings)
    assert outbox is not None  # noqa: S101 - mails wait in it
    desk.letter = None  # it was sent
    wanted = Wanted(seconds=ALONG_SECONDS, most=ALONG_MAILS)
    with suppress(PymailError), outbox.flushing() as alone:
        if alone:
            with closing(Carrier(desk)) as carrier:
                telling = Telling(desk, carrier)
                flush(_ports(outbox, desk, carrier, telling, hurry=True), wanted)


def _ports(
    outbox: Outbox,
    desk: Desk,
    carrier: Carrier,
    telling: "Telling",
    *,
    hurry: bool = False,
) -> Ports:
    world = desk.environment

    def settings_of(rows: Rows) -> Settings:
        settings, _ = restore_settings.settings_of(rows, world)
        return _hurried(settings) if hurry else settings

    return Ports(
        outbox, world, settings_of=settings_of, reach=carrier.reach, tell=telling
    )


def _hurried(settings: Settings) -> Settings:
    """Wait less for a server, up to where that could leave a fate unknown."""
    server = settings.server
    if not isinstance(server, SmtpServer | LmtpSocket):
        return settings
    slow, fast = server.timeouts, Timeouts.bounded(ALONG_SECONDS)
    timeouts = replace(
        slow,
        connect=min(slow.connect, fast.connect),
        greeting=min(slow.greeting, fast.greeting),
        command=min(slow.command, fast.command),
        data=min(slow.data, fast.data),
    )
    return replace(settings, server=replace(server, timeouts=timeouts))


class Telling:
    """Says what became of mails: what is wrong for good, and with -v the rest."""

    def __init__(self, desk: Desk, carrier: Carrier) -> None:
        self._desk = desk
        self._carrier = carrier
        self._told: PymailError | None = None
        self.status = 0

    def ended(self, mail: Mail, report: Report, settings: Settings | None) -> None:
        """Say how an attempt ended, unless it may yet go well."""
        desk = self._desk
        if settings is not None and settings.logging is not None:
            log.of_mail(desk, mail.head, report, settings)
        self._carrier.refused(report.failure)
        spoken = language(desk.settings, desk.environment)
        if desk.told:
            desk.told.tried(mail, report, spoken)
        desk.remark(report.remarks if self._carrier.is_watched else ())
        if desk.verbose:
            desk.say(lines.of_accepted(report))
        waits = exit_status.of(report) in (ExitStatus.OK, ExitStatus.TEMPORARY)
        unknown = bool(report.with_fate(Fate.UNKNOWN))
        if waits and not unknown and not desk.verbose:
            return
        if report.failure is not None and report.failure is self._told:
            return
        self._told = report.failure
        said = lines.of_report(report, report.peer, language=spoken, waits=True)
        if said:
            desk.say(lines.of_remark(f"{mail.name}, from the outbox:"))
            desk.say(said)

    def buried(self, name: str, addresses: tuple[str, ...], kept: str) -> None:
        """Say that a mail is a dead letter now."""
        who = lines.names(addresses)
        given_up = f"{name}: given up for {who}, and {kept}"
        self._desk.say(lines.of_problem(given_up))
        if self._desk.told:
            self._desk.told.buried(name, addresses, kept)
        self.status = self.status or ExitStatus.UNAVAILABLE

    def wrong(self, failure: PymailError) -> None:
        """Say what cannot be done with a mail."""
        self._desk.say(lines.of_failure(failure))
        if self._desk.told:
            self._desk.told.wrong(failure)
        self.status = self.status or exit_status.of(failure)

    def damaged(self, words: str) -> None:
        """Say which file was set aside."""
        self._desk.warn([f"set aside, it cannot be read: {words}"])
        self.status = self.status or ExitStatus.DATA
