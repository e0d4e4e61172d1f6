"""Fallback accounts: another server when one cannot be reached (`smtp-fallback`).

A server that answers decides, and a refusal is final: only where none answers
is there another try. The settings are those of the other account, which may
name a fallback of its own; none is used twice for one message.
"""

from collections.abc import Callable

from pymail.delivery.context import RunContext
from pymail.delivery.log import log_failure
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.errors import Interrupted, PymailError
from pymail.model import replace
from pymail.settings.models import Settings

Make = Callable[[str], OutgoingMessage]  # the message anew, for an account
Attempt = Callable[[Result], None]


def try_other_accounts(
    first: Result,
    failure: PymailError,
    make: Make,
    attempt: Attempt,
    context: RunContext,
    *,
    watched: bool,
) -> Result:
    """Hand a message over after a failure, by one account after the other.

    While it is `watched`, every step is said as it is taken. Where none is left, the
    first result has the failure, which names all that failed.
    """
    result, failures = first, {"": (failure, first.outgoing.settings)}
    try:
        while failure.unreached and _next_account(result) not in ("", *failures):
            name = _next_account(result)
            last = _describe(next(reversed(failures)), failure)
            note = f"{last}; going on with account {name}"
            context.warn([note] if watched else [])
            context.fallback = name
            result = replace(
                first, outgoing=result.outgoing, queued=None, instead=first.queued
            )
            try:
                result.outgoing = make(name)
                attempt(result)
                return _succeed(result, first, context, "" if watched else note)
            except PymailError as error:
                failure = _note_failure(result, error, context)
                failures[name] = failure, result.outgoing.settings
    finally:
        context.fallback = ""
    return first.fail(_choose_failure(failures, context))


def _next_account(result: Result) -> str:
    return result.outgoing.settings.fallback


def _succeed(result: Result, first: Result, context: RunContext, note: str) -> Result:
    """Say by which account it went; the outbox has it by that, if at all."""
    context.settings = result.outgoing.settings
    context.warn([note] if note and not result.fully_delivered else [])
    _withdraw(first)
    return result


def _note_failure(
    result: Result, error: PymailError, context: RunContext
) -> PymailError:
    """Log a failure, and take out of the outbox what is there by this account.

    Raises:
        Interrupted: the failure is a signal.
    """
    if isinstance(error, Interrupted):
        raise error
    _withdraw(result)
    if error is not context.logged:
        log_failure(context, error, result.outgoing.settings)
    return error


def _choose_failure(
    failures: dict[str, tuple[PymailError, Settings]], context: RunContext
) -> PymailError:
    """Choose what to say: the last failure after which another try can help.

    A mistake in the fallback's settings must not make a message undeliverable
    that could go in an hour.
    """
    latest_first = list(reversed(failures.values()))
    final, context.settings = next(
        (row for row in latest_first if row[0].transient), latest_first[0]
    )
    context.logged = final  # all of them are
    final.also = "; ".join(
        _describe(name, error)
        for name, (error, _) in failures.items()
        if error is not final
    )
    return final


def _describe(account: str, error: PymailError) -> str:
    return f"account {account}: {error}" if account else str(error)


def _withdraw(result: Result) -> None:
    """Take a message out of the outbox; another account has it."""
    if result.queued:
        result.queued.withdraw()
