"""The stages of --check for an envelope: extensions, sender, recipients.

The test mail is made as every mail is, and never sent: MAIL and RCPT go without DATA
and are taken back.
"""

from collections.abc import Collection, Iterator

from pymail.address.envelope import Envelope
from pymail.commands.draft_options import draft_of
from pymail.commands.invocation import Invocation
from pymail.delivery.author import account_of
from pymail.delivery.outgoing import OutgoingMessage
from pymail.delivery.prepare import prepare as prepare_draft
from pymail.environment import Environment
from pymail.errors import Interrupted, MessageError, ProtocolError, PymailError
from pymail.message.byte_source import FinishedMessage
from pymail.model import model, replace
from pymail.report.checkup import Findings, Verdict
from pymail.report.delivery_report import Fate, RecipientFate, Report, fate_of
from pymail.report.reply import Reply
from pymail.settings.loader import Loaded
from pymail.settings.models import Sealing, Settings
from pymail.transport.extensions import NO_DSN, Prepared, prepare
from pymail.transport.smtp_session import SmtpSession

# What makes a difference to a mail.
USEFUL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN")
SHOWN_EXTENSIONS = 30

_UNITS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


# ── the test mail ───────────────────────────────────────────────────────────


@model(kw_only=True)
class CheckMail:
    """The mail that would go, as far as it can be made.

    `envelope` is None for nobody; `remarks` say what goes otherwise than asked for.
    """

    envelope: Envelope | None = None
    message: FinishedMessage | None = None
    remarks: tuple[str, ...] = ()
    failure: PymailError | None = None

    def tell(self, findings: Findings) -> None:
        """Add to what the server said what is known without it."""
        if self.remarks and findings["sender"].verdict is Verdict.OK:
            findings.tell("sender", *self.remarks)
        if self.failure is not None:
            findings.fail("recipients", self.failure)


def make_mail(
    invocation: Invocation, loaded: Loaded, settings: Settings, environment: Environment
) -> CheckMail:
    """Make an empty mail for the addresses named, or for the account itself."""
    try:
        outgoing = _outgoing(invocation, loaded, settings, environment)
    except PymailError as error:
        return CheckMail(failure=error)
    problems = "; ".join(outgoing.problems)
    return CheckMail(
        envelope=outgoing.envelope,
        message=outgoing.versions[0][1] if outgoing.versions else None,
        remarks=outgoing.remarks,
        failure=MessageError(problems) if problems else None,
    )


def _outgoing(
    invocation: Invocation, loaded: Loaded, settings: Settings, environment: Environment
) -> OutgoingMessage:
    draft = draft_of(invocation, loaded.files_to_attach, environment)
    if not (draft.to or draft.cc or draft.bcc):
        draft = replace(draft, to=(_own_address(settings),))
    # nobody is asked for the pass phrase of a key
    plain = replace(settings, sealing=Sealing())
    return prepare_draft(draft, plain, environment)[0]


def _own_address(settings: Settings) -> str:
    identity = settings.identity
    author = identity.from_[0].address if identity.from_ else ""
    return account_of(settings) or author or f"{identity.login}@{identity.hostname}"


# ── extensions ──────────────────────────────────────────────────────────────


def describe_offer(session: SmtpSession, ignored: Collection[str]) -> Iterator[str]:
    """Say which extensions a server has, and which are missed."""
    names = [name.upper() for name in session.esmtp_features]
    if not names:
        yield "none"
    size = session.esmtp_features.get("size")
    if size is not None:
        yield f"SIZE: {_describe_size(size)}"
    others = [name for name in names if name not in ("SIZE", "AUTH")]
    if others:
        yield f"offered: {' '.join(others[:SHOWN_EXTENSIONS])}"
    missing = [name for name in USEFUL if name not in names and name not in ignored]
    if missing:
        yield f"not offered: {' '.join(missing)}"
    if ignored:
        yield f"not used, as smtp-config has it: {' '.join(sorted(ignored))}"


def _describe_size(size: str) -> str:
    """Say a number of octets for people; 0 is no limit (RFC 1870 §4)."""
    digits = size.isascii() and size.isdigit() and len(size) <= 20
    octets = int(size) if digits else 0
    if not octets:
        return "no limit is told"
    for unit, name in _UNITS:
        if octets >= unit:
            return f"a message of {octets / unit:.4g} {name} at most"
    return f"a message of {octets} octets at most"


def note_dsn(session: SmtpSession, envelope: Envelope, findings: Findings) -> None:
    """Say whether notifications can be asked for, where somebody wants them."""
    notice = envelope.notice
    if not notice.asked:
        return
    if not session.has_extn("DSN"):
        findings.warn("extensions", NO_DSN)
        return
    words = " ".join((*notice.of_rcpt, *notice.of_mail))
    findings.tell("extensions", f"dsn: asked for with {words}")


# ── sender and recipients ───────────────────────────────────────────────────


def check(
    session: SmtpSession,
    envelope: Envelope,
    message: FinishedMessage,
    findings: Findings,
) -> None:
    """Name sender and recipients, note the replies, and take it all back."""
    try:
        _Transaction(session, envelope, message, findings).run()
        session.rset()
    except Interrupted:
        session.close()
        raise
    except PymailError:
        pass  # it is noted
    session.quit()


class _Transaction:
    """One transaction without content."""

    def __init__(
        self,
        session: SmtpSession,
        envelope: Envelope,
        message: FinishedMessage,
        findings: Findings,
    ) -> None:
        self._session = session
        self._envelope = envelope
        self._message = message
        self._findings = findings
        self._pipelining = session.has_extn("PIPELINING")

    def run(self) -> None:
        with self._findings.step("sender"):
            prepared = prepare(self._session, self._envelope, self._message)
            commands = [prepared.mail, *_rcpts(prepared)]
            self._session.put_group(commands if self._pipelining else commands[:1])
            reply = self._reply(prepared.mail)
        self._findings.tell("sender", f"{prepared.mail}: {reply}")
        if not reply.positive:
            self._refuse_sender(prepared, reply)
        if reply.positive or self._pipelining:
            self._ask_recipients(prepared, noting=reply.positive)

    def _reply(self, command: str) -> Reply:
        session = self._session
        session.doing = f"{command} at {session.peer}"
        reply = session.read_reply(session.timeouts.command)
        if reply.code < 400 and not reply.positive:
            happened = f"unexpected reply {reply}"
            raise ProtocolError(happened, doing=session.doing, reply=reply)
        return reply

    def _refuse_sender(self, prepared: Prepared, reply: Reply) -> None:
        fates = tuple(RecipientFate(a, fate_of(reply), reply) for a in prepared.asked)
        problem = f"the sender is refused: {reply}"
        self._findings.refuse("sender", problem, reply, Report(fates=fates))

    def _ask_recipients(self, prepared: Prepared, *, noting: bool) -> None:
        """Hear what becomes of each; after a refused MAIL that says nothing."""
        replies: dict[str, Reply] = {}
        with self._findings.step("recipients"):
            for address, command in zip(prepared.paths, _rcpts(prepared), strict=True):
                if not self._pipelining:
                    self._session.put_group([command])
                replies[address] = self._reply(command)
        if not noting:
            self._findings.skip("recipients")
            return
        for address, reply in replies.items():
            self._findings.tell("recipients", f"{address}: {reply}")
        self._judge(prepared, replies)

    def _judge(self, prepared: Prepared, replies: dict[str, Reply]) -> None:
        fates = dict(prepared.refused)
        for address, reply in replies.items():
            fates[address] = RecipientFate(address, fate_of(reply), reply)
        report = Report(fates=tuple(fates.values()), failure=prepared.failure)
        unfit = [row for row in report.fates if row.fate is not Fate.ACCEPTED]
        if prepared.failure is not None:
            self._findings.fail("recipients", prepared.failure)
        elif unfit and unfit[0].reply is not None:
            names = ", ".join(row.address for row in unfit)
            problem = f"not accepted: {names}: {unfit[0].reply}"
            self._findings.refuse("recipients", problem, unfit[0].reply, report)


def _rcpts(prepared: Prepared) -> list[str]:
    return [f"RCPT TO:<{path}>{prepared.rcpt}" for path in prepared.paths.values()]
