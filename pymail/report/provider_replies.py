"""Replies of mailbox providers that the codes do not explain.

The rows are in data/provider_replies.toml, one per reply as it is seen in the wild; the
first that fits counts. A login that a known provider refuses in other words is explained
by the kind of secret that it wants.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pymail.reply import LOGIN, SHOWN_CHARACTERS, Reply
from pymail.report.providers import (
    PROVIDERS,
    Provider,
    SecretKind,
    fields_of,
    find_by_address,
    find_by_host,
    read_data,
)
from pymail.report.status_codes import Advice

_LOGIN_CODES = (526, 534, 535)
_VAGUE_CODES = (550, 551, 553, 554)  # which say so at AUTH alone


class ProviderReply(NamedTuple):
    """A reply of a provider, and what it means there.

    It fits when the code is one of `codes` (none: any), `words` are found in the
    text (a regular expression, any case), the server is of the `family` (none: any;
    with `anywhere` also one whose host nobody knows, for words that no one else
    says), and a login is or is not what was answered (`at_login`; None: either).
    With `steps` it has to answer one of them, where that is known, with `logged_in` to
    come behind a login, with `in_clear` without TLS. The advice may have "{where}" and
    "{name}", of the server's provider or the first of the family, and "{keep}", how the
    secret is kept. `never_again`: it is for good, although a 4yz.
    """

    words: str
    advice: Advice
    codes: tuple[int, ...] = ()
    family: str = ""
    anywhere: bool = False
    at_login: bool | None = None
    steps: tuple[str, ...] = ()
    logged_in: bool = False
    in_clear: bool = False
    never_again: bool = False


def _rows(table: Mapping[str, Any]) -> Iterator[ProviderReply]:
    for row in table["reply"]:
        fields = fields_of(row)
        words, named = fields.pop("words"), fields.pop("advice", "")
        for name, pattern in table["patterns"].items():
            words = words.replace(f"{{{name}}}", pattern)
        own = Advice(fields.pop("meaning", ""), fields.pop("next_step", ""))
        yield ProviderReply(words, ADVICE[named] if named else own, **fields)


_TABLE = read_data("provider_replies.toml")
ADVICE = {name: Advice(**row) for name, row in _TABLE["advice"].items()}
ROWS: tuple[ProviderReply, ...] = tuple(_rows(_TABLE))
LOGIN_REFUSED = {kind: ADVICE[kind.value] for kind in SecretKind}


class Explained(NamedTuple):
    """Advice, and whose name and place are meant in it."""

    advice: Advice
    provider: Provider | None


def find(
    reply: Reply, host: str = "", *, at_login: bool = False, user: str = ""
) -> Explained | None:
    """Return what the first fitting row says, None when none fits.

    A login of a `user` who has the account elsewhere fails whatever the secret is.
    """
    provider = find_by_host(host)
    if at_login and (other := _home(user, provider)):
        return Explained(ADVICE["elsewhere"], other)
    for row in ROWS:
        if _fits(row, reply) and _is_theirs(row, provider, at_login=at_login):
            return Explained(row.advice, provider or _first_of(row.family))
    vague = _VAGUE_CODES if reply.step == LOGIN else ()
    if provider and reply.code in (*_LOGIN_CODES, *vague):
        return Explained(LOGIN_REFUSED[provider.secret], provider)
    return None


def _home(user: str, here: Provider | None) -> Provider | None:
    """Find whose account it is, when that is another one of those with mailboxes."""
    home = find_by_address(user)
    if home is None or here is None or home == here or not here.domains:
        return None
    return None if home.family and home.family == here.family else home


def means_never(reply: Reply) -> bool:
    """Tell whether a 4yz is known to be for good, whatever its code says."""
    return any(row.never_again and _fits(row, reply) for row in ROWS)


def _fits(row: ProviderReply, reply: Reply) -> bool:
    """The words count where people see them, which also bounds the search."""
    return (
        (not row.codes or reply.code in row.codes)
        and (not row.steps or reply.step in (*row.steps, ""))
        and (reply.logged_in or not row.logged_in)
        and not (reply.in_tls and row.in_clear)
        and bool(re.search(row.words, reply.text[:SHOWN_CHARACTERS], re.IGNORECASE))
    )


def _is_theirs(
    row: ProviderReply, provider: Provider | None, *, at_login: bool
) -> bool:
    if row.at_login is not None and row.at_login is not at_login:
        return False
    if not row.family or row.anywhere:
        return True
    return provider is not None and provider.family == row.family


def _first_of(family: str) -> Provider | None:
    return next((p for p in PROVIDERS if family and p.family == family), None)
