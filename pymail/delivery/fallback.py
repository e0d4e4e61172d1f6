"""Fallback accounts: another server when one cannot be reached (`smtp-fallback`).

A server that answers decides, and a refusal is final: only where nobody answers
is there another try. The settings are those of the other account, which may
name a fallback of its own; none is used twice for one letter.
"""

from collections.abc import Callable

from pymail.delivery.context import RunContext
from pymail.delivery.log import log_failure
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.errors import Interrupted, PymailError
from pymail.model import model, replace
from pymail.settings.models import Settings

# Makes a letter for an account, which must be defined, and its settings.
ByAccount = Callable[[str], tuple[OutgoingMessage, Settings]]
Attempt = Callable[[Result, Settings], Result]


@model()
class Failed:
    """What ended an attempt, its settings, and the account, if it was a fallback."""

    error: PymailError
    settings: Settings
    account: str = ""

    def __str__(self) -> str:
        where = f"account {self.account}: " if self.account else ""
        return f"{where}{self.error}"


class Fallback:
    """The accounts that take one letter, one after the other.

    While it is `watched`, every step is said as it is taken.
    """

    def __init__(
        self,
        attempt: Attempt,
        context: RunContext,
        by_account: ByAccount,
        *,
        watched: bool,
    ) -> None:
        self._attempt = attempt
        self._context = context
        self._by_account = by_account
        self._watched = watched
        self._failures: list[Failed] = []

    def send(self, begun: Result, failure: PymailError, settings: Settings) -> Result:
        """Hand the letter over after the first failure.

        Raises:
            PymailError: no account is left; the error names what failed.
        """
        self._failures.append(Failed(failure, settings))
        try:
            while name := self._next():
                result = self._try(name, begun)
                if result is not None:
                    # the outbox has it by the other account, if at all
                    _take_out(begun)
                    return result
        finally:
            self._context.fallback = ""
        if begun.queued:
            return begun.queued_after(self._last_word())
        raise self._last_word()

    def _next(self) -> str:
        """Name the account to try now, if any: that of the last, if it is new."""
        last = self._failures[-1]
        known = {failed.account for failed in self._failures}
        name = last.settings.fallback
        return "" if name in known or not last.error.unreached else name

    def _try(self, name: str, begun: Result) -> Result | None:
        note = f"{self._failures[-1]}; going on with account {name}"
        self._context.warn([note] if self._watched else [])
        self._context.fallback = name
        settings = self._failures[-1].settings
        begun = replace(begun, queued=None, instead=begun.queued)
        try:
            begun.outgoing, settings = self._by_account(name)
            result = self._attempt(begun, settings)
        except Interrupted:
            raise
        except PymailError as error:
            _take_out(begun)
            if error is not self._context.logged:
                log_failure(self._context, error, settings)
            self._failures.append(Failed(error, settings, name))
            return None
        self._context.settings = settings
        self._context.warn([] if self._watched or result.fully_delivered else [note])
        return result

    def _last_word(self) -> PymailError:
        """Choose what to say: the last failure after which another try can help.

        A mistake in the fallback's settings must not make a letter undeliverable
        that could go in an hour.
        """
        failures = self._failures
        final = next((f for f in reversed(failures) if f.error.transient), failures[-1])
        self._context.settings = final.settings
        self._context.logged = final.error  # all of them are
        final.error.also = "; ".join(str(f) for f in failures if f is not final)
        return final.error


def _take_out(begun: Result) -> None:
    """Take a message out of the outbox; somebody else has it."""
    if begun.queued:
        begun.queued.withdraw()
