"""Fallback accounts: another server if one can't be reached (`smtp-fallback`).

A reply of a server is final, also a refusal: only an unreachable server leads to the
next account. That account's settings apply, and may name a fallback of their own; no
account is tried twice for one message.
"""

from collections.abc import Callable

from pymail.delivery.context import RunContext
from pymail.delivery.log import log_failure
from pymail.delivery.outgoing import OutgoingMessage, Result
from pymail.errors import Interrupted, PymailError
from pymail.model import replace
from pymail.settings.models import Settings

Make = Callable[[str], OutgoingMessage]  # makes the message again for an account
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
    """Try to send a message with one fallback account after the other.

    If the session is `watched`, each step is reported at once. If no account succeeds,
    the first result gets a failure that names them all.
    """
    result, failures = first, {"": (failure, first.outgoing.settings)}
    try:
        while failure.unreached and _next_account(result) not in ("", *failures):
            name = _next_account(result)
            last = _describe(next(reversed(failures)), failure)
            note = f"{last}; trying account {name}"
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
    """Report the account that sent it; the outbox keeps only its copy, if any."""
    context.settings = result.outgoing.settings
    context.warn([note] if note and not result.fully_delivered else [])
    _withdraw(first)
    return result


def _note_failure(
    result: Result, error: PymailError, context: RunContext
) -> PymailError:
    """Log a failure, and remove this account's copy from the outbox.

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
    """Choose the failure to report: the last transient one, else the last.

    A mistake in the fallback's settings must not make a message undeliverable
    that the first server may accept in an hour.
    """
    latest_first = list(reversed(failures.values()))
    final, context.settings = next(
        (row for row in latest_first if row[0].transient), latest_first[0]
    )
    context.logged = final  # each has been logged
    final.also = "; ".join(
        _describe(name, error)
        for name, (error, _) in failures.items()
        if error is not final
    )
    return final


def _describe(account: str, error: PymailError) -> str:
    return f"account {account}: {error}" if account else str(error)


def _withdraw(result: Result) -> None:
    """Remove a message from the outbox, because another account has it."""
    if result.queued:
        result.queued.withdraw()
