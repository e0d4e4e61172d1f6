"""Kinds of refusals: whatever server says it, by its words, and at which step.

The table is data/reply_kinds.toml. Its rows are tried in order, words before codes; a row
decides only if its kind is about something that the server has heard of at that step.
So no advice at the greeting is about a recipient, none after a login is to log in.
A login that a known provider refuses in other words is explained by the kind of
secret that it wants.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pymail.reply import (
    CONTENT,
    GREETING,
    HELLO,
    LOGIN,
    MAIL,
    RCPT,
    SHOWN_CHARACTERS,
    STARTTLS,
    Reply,
)
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

# The subjects that the server has heard of at each step; all, if it is unknown.
_SESSION = frozenset({"machine", "server", "volume"})
_ENVELOPE = _SESSION | {"sender", "account", "size", "hello"}
HEARD: Mapping[str, frozenset[str]] = {
    GREETING: _SESSION,
    HELLO: _SESSION | {"hello", "tls"},
    STARTTLS: frozenset({"server", "starttls"}),
    LOGIN: frozenset({"login", "account", "server", "tls"}),
    MAIL: _ENVELOPE | {"tls", "no login"},
    RCPT: _ENVELOPE | {"recipient", "tls", "no login"},
    CONTENT: _ENVELOPE | {"recipient", "message", "tls", "no login"},
}
_UNGUESSED = frozenset({HELLO, STARTTLS, LOGIN})  # steps that words do not show
_LOGIN_CODES = (526, 534, 535)
_VAGUE_CODES = (550, 551, 553, 554)  # which say so at AUTH alone
_SECRETS = {
    SecretKind.AUTHORIZATION_CODE: "code",
    SecretKind.APP_PASSWORD: "app-password",
    SecretKind.PASSWORD: "password",
    SecretKind.API_KEY: "key",
    SecretKind.TOKEN: "token",
}


class Kind(NamedTuple):
    """One kind of refusal; `logged_in` is the next step where a login did not help.

    `about` is one of the words in `HEARD`. `enhanced` and `codes` mean it where no words
    say more. `passes`: it is for now, although a 5yz; `stays`: it is for good, although
    a 4yz. `more` are lines that --explain adds.
    """

    id: str
    about: str
    meaning: str
    next_step: str
    logged_in: str = ""
    more: tuple[str, ...] = ()
    enhanced: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    passes: bool = False
    stays: bool = False


class Row(NamedTuple):
    """Words that show a kind (a regular expression, any case).

    It fits when the code is one of `codes` (none: any), the step one of `steps`, and,
    if set, the session is `logged_in` or `in_clear`. `family` names the provider whose
    words they are; with `at_their_host` they count nowhere else, with `at_unknown_host`
    at no known provider. `source` is a key of the table's [sources].
    """

    kind: Kind
    words: str
    codes: tuple[int, ...] = ()
    steps: tuple[str, ...] = ()
    logged_in: bool = False
    in_clear: bool = False
    family: str = ""
    at_their_host: bool = False
    at_unknown_host: bool = False
    source: str = ""
    stays: bool = False


_TABLE = read_data("reply_kinds.toml")
SOURCES: Mapping[str, str] = _TABLE["sources"]
KINDS = {name: Kind(name, **fields_of(row)) for name, row in _TABLE["kind"].items()}
BY_ENHANCED = {code: kind for kind in KINDS.values() for code in kind.enhanced}
BY_CODE = {code: kind for kind in KINDS.values() for code in kind.codes}


def _rows(table: Mapping[str, Any]) -> Iterator[Row]:
    for row in (row for group in table["words"].values() for row in group):
        fields = fields_of(row)
        words, kind = fields.pop("words"), KINDS[fields.pop("kind")]
        for name, pattern in table["patterns"].items():
            words = words.replace(f"{{{name}}}", pattern)
        yield Row(kind, words, **fields)


ROWS: tuple[Row, ...] = tuple(_rows(_TABLE))


class Explained(NamedTuple):
    """Advice, whose name and place are meant in it, and lines for --explain."""

    advice: Advice
    provider: Provider | None = None
    more: tuple[str, ...] = ()


def find(
    reply: Reply, host: str = "", *, at_login: bool = False, user: str = ""
) -> Explained | None:
    """Return what the first fitting row says, else the codes; None when none fits.

    A login of a `user` with the account elsewhere, or without the domain of the address,
    fails whatever the secret is.
    """
    provider = find_by_host(host)
    if at_login and (other := _home(user, provider)):
        return _explained(KINDS["elsewhere"], other)
    if at_login and provider and _is_half(user, provider):
        return _explained(KINDS["half-address"], provider)
    step = _step(reply, at_login=at_login)
    family = _family(provider, reply)
    for row in ROWS:
        if _fits(row, reply, step) and _is_theirs(row, provider, family):
            return _explained(row.kind, provider or _first_of(row.family), reply)
    if step == LOGIN and provider and reply.code in (*_LOGIN_CODES, *_VAGUE_CODES):
        return explain_secret(provider)
    kind = _by_codes(reply)
    return _explained(kind, provider, reply) if kind and _applies(kind, reply) else None


def _is_half(user: str, provider: Provider) -> bool:
    """Tell whether a login name lacks the domain that its provider wants."""
    whole = "me@example.com"
    return bool(user) and "@" not in user and provider.user(whole) == whole


def explain_secret(provider: Provider) -> Explained:
    """Say that a login was refused, by the kind of secret that the provider wants."""
    return _explained(KINDS[_SECRETS[provider.secret]], provider)


def find_by_id(name: str) -> Explained | None:
    """Find the advice of an id, that of a provider's secret included."""
    of_providers = (explain_secret(provider) for provider in PROVIDERS)
    found = next((each for each in of_providers if each.advice.id == name), None)
    if found or name not in KINDS:
        return found
    kind = KINDS[name]
    family = next((row.family for row in ROWS if row.kind == kind and row.family), "")
    return _explained(kind, _first_of(family))


def recovers(reply: Reply) -> bool | None:
    """Tell whether another try helps whatever the code says; None: the code decides."""
    step = _step(reply)
    for row in ROWS:
        if _fits(row, reply, step) and not row.at_their_host:
            if reply.transient:
                return False if row.stays or row.kind.stays else None
            return True if row.kind.passes and step != LOGIN else None
    return None


def _explained(
    kind: Kind, provider: Provider | None, reply: Reply | None = None
) -> Explained:
    again = reply is not None and reply.logged_in and kind.logged_in
    name = kind.id
    if provider and name in _SECRETS.values():
        name = re.sub(r"\W+", "-", provider.name.lower()).strip("-") + f"-{name}"
    advice = Advice(kind.meaning, again or kind.next_step, name)
    return Explained(advice, provider, kind.more)


def _home(user: str, here: Provider | None) -> Provider | None:
    """Find whose account it is, when that is another one of those with mailboxes."""
    home = find_by_address(user)
    if home is None or here is None or home == here or not here.domains:
        return None
    return None if home.family and home.family == here.family else home


def _family(provider: Provider | None, reply: Reply) -> str:
    """Tell whose software answers: by the host, else by how the server greeted."""
    greeter = provider or find_by_host(reply.server)
    return greeter.family if greeter else ""


def _step(reply: Reply, *, at_login: bool = False) -> str:
    """Tell what a reply answers; where that is unknown, some codes show a login."""
    at_login = at_login or reply.code in _LOGIN_CODES
    return reply.step or (LOGIN if at_login else "")


def _fits(row: Row, reply: Reply, step: str) -> bool:
    """The words count where people see them, which also bounds the search."""
    return (
        (not row.codes or reply.code in row.codes)
        and (
            not row.steps
            or step in row.steps
            or not (step or {*row.steps} <= _UNGUESSED)
        )
        and (reply.logged_in or not step or not row.logged_in)
        and not (reply.in_tls and row.in_clear)
        and _applies(row.kind, reply, step)
        and bool(re.search(row.words, reply.text[:SHOWN_CHARACTERS], re.IGNORECASE))
    )


def _applies(kind: Kind, reply: Reply, step: str = "") -> bool:
    """Whether the server has heard of what the kind is about, and still wants it."""
    heard = HEARD.get(step or reply.step)
    if heard is not None and kind.about not in heard:
        return False
    wanted = (
        (reply.in_tls, kind.about == "tls"),
        (reply.logged_in, kind.about == "no login"),
    )
    return (True, True) not in wanted


def _is_theirs(row: Row, provider: Provider | None, family: str) -> bool:
    if row.at_unknown_host:
        return provider is None
    return not row.at_their_host or row.family == family


def _by_codes(reply: Reply) -> Kind | None:
    enhanced = ".".join(map(str, reply.enhanced[1:])) if reply.enhanced else ""
    return BY_ENHANCED.get(enhanced) or BY_CODE.get(reply.code)


def _first_of(family: str) -> Provider | None:
    return next((p for p in PROVIDERS if family and p.family == family), None)
