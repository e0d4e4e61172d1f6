"""The mail that --check would send, made as every mail is, and never sent."""

from pymail.address.envelope import Envelope
from pymail.commands.draft_options import draft_of
from pymail.commands.invocation import Invocation
from pymail.delivery.author import account_address
from pymail.delivery.outgoing import OutgoingMessage
from pymail.delivery.prepare import prepare
from pymail.environment import Environment
from pymail.errors import MessageError, PymailError
from pymail.message.byte_source import FinishedMessage
from pymail.model import model, replace
from pymail.report.checkup import Findings, Verdict
from pymail.settings.loader import Loaded
from pymail.settings.models import Sealing, Settings


@model()
class Mail:
    """What would go, or why nothing can be made."""

    outgoing: OutgoingMessage | None = None
    failure: PymailError | None = None

    @property
    def envelope(self) -> Envelope | None:
        """For whom it travels, None for nobody."""
        return self.outgoing.envelope if self.outgoing else None

    @property
    def message(self) -> FinishedMessage | None:
        """The mail itself, None when there is none."""
        versions = self.outgoing.versions if self.outgoing else ()
        return versions[0][1] if versions else None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What goes otherwise than it was asked for."""
        return self.outgoing.remarks if self.outgoing else ()

    def tell(self, findings: Findings) -> None:
        """Add to what the server said what is known without it."""
        failure = self.failure
        if self.outgoing is not None:
            if self.remarks and findings["sender"].verdict is Verdict.OK:
                findings.tell("sender", *self.remarks)
            if problems := self.outgoing.problems:
                failure = MessageError("; ".join(problems))
        if failure is not None:
            findings.fail("recipients", failure)


def make(
    invocation: Invocation, loaded: Loaded, settings: Settings, environment: Environment
) -> Mail:
    """Make an empty mail for the addresses named, or for the account itself."""
    try:
        outgoing = _outgoing(invocation, loaded, settings, environment)
    except PymailError as error:
        return Mail(failure=error)
    return Mail(outgoing)


def _outgoing(
    invocation: Invocation, loaded: Loaded, settings: Settings, environment: Environment
) -> OutgoingMessage:
    letter = draft_of(invocation, loaded.files_to_attach, environment)
    if not (letter.to or letter.cc or letter.bcc):
        letter = replace(letter, to=(_own_address(settings),))
    # nobody is asked for the pass phrase of a key
    plain = replace(settings, sealing=Sealing())
    return prepare(letter, plain, environment)[0]


def _own_address(settings: Settings) -> str:
    identity = settings.identity
    author = identity.from_[0].address if identity.from_ else ""
    return (
        account_address(settings) or author or f"{identity.login}@{identity.hostname}"
    )
