"""What mailbox providers mean by replies that the codes do not explain.

One row per reply as it is seen in the wild; the first that fits counts. A login
that a known provider refuses in other words is explained by the kind of secret
that it wants.
"""

import re
from typing import NamedTuple

from pymail.report import providers
from pymail.report.advice import Advice
from pymail.report.provider import Provider
from pymail.report.provider_reply import (
    ELSEWHERE,
    LOGIN_CODES,
    LOGIN_REFUSED,
    VAGUE_CODES,
    Row,
)
from pymail.report.replies_china import CHINA
from pymail.report.replies_world import ANYBODY, WORLD
from pymail.report.reply import LOGIN, SHOWN_CHARACTERS, Reply

ROWS: tuple[Row, ...] = (*CHINA, *WORLD, *ANYBODY)


class Explained(NamedTuple):
    """Advice, and whose name and place are meant in it."""

    advice: Advice
    provider: Provider | None


def find(
    reply: Reply, host: str = "", *, at_login: bool = False, user: str = ""
) -> Explained | None:
    """Return what the first fitting row says, None when nobody's words fit.

    A login of a `user` who has the account elsewhere fails whatever the secret is.
    """
    provider = providers.of_host(host)
    if at_login and (other := _home(user, provider)):
        return Explained(ELSEWHERE, other)
    for row in ROWS:
        if _fits(row, reply) and _is_theirs(row, provider, at_login=at_login):
            return Explained(row.advice, provider or _first_of(row.family))
    vague = VAGUE_CODES if reply.step == LOGIN else ()
    if provider and reply.code in (*LOGIN_CODES, *vague):
        return Explained(LOGIN_REFUSED[provider.secret], provider)
    return None


def _home(user: str, here: Provider | None) -> Provider | None:
    """Find whose account it is, when that is another one of those with mailboxes."""
    home = providers.of_address(user)
    if home is None or here is None or home == here or not here.domains:
        return None
    return None if home.family and home.family == here.family else home


def means_never(reply: Reply) -> bool:
    """Tell whether a 4yz is known to be for good, whatever its code says."""
    return any(row.never_again and _fits(row, reply) for row in ROWS)


def _fits(row: Row, reply: Reply) -> bool:
    """The words count where people see them, which also bounds the search."""
    return (
        (not row.codes or reply.code in row.codes)
        and (not row.steps or reply.step in (*row.steps, ""))
        and (reply.logged_in or not row.logged_in)
        and not (reply.in_tls and row.in_clear)
        and bool(re.search(row.words, reply.text[:SHOWN_CHARACTERS], re.IGNORECASE))
    )


def _is_theirs(row: Row, provider: Provider | None, *, at_login: bool) -> bool:
    if row.at_login is not None and row.at_login is not at_login:
        return False
    if not row.family or row.anywhere:
        return True
    return provider is not None and provider.family == row.family


def _first_of(family: str) -> Provider | None:
    return next((p for p in providers.PROVIDERS if family and p.family == family), None)
