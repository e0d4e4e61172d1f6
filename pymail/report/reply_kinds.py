"""Kinds of refusals, by the words of any server and the step of the session.

The table is data/reply_kinds.toml. Its rows are tried in order, words before codes; a row
decides only if the server knows the subject of its kind at that step.
So no advice at the greeting is about a recipient, none after a login is to log in.
If no row fits the login refused by a known provider, the advice is about the kind of
secret that the provider wants.
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

# The subjects that the server knows at each step; at an unknown step, all of them.
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
_VAGUE_CODES = (550, 551, 553, 554)  # refused logins if they answer AUTH
_SECRETS = {
    SecretKind.AUTHORIZATION_CODE: "code",
    SecretKind.APP_PASSWORD: "app-password",
    SecretKind.PASSWORD: "password",
    SecretKind.API_KEY: "key",
    SecretKind.TOKEN: "token",
}


class Kind(NamedTuple):
    """One kind of refusal; `logged_in` is the next step in a session that is logged in.

    `about` is its subject, one of the words in `HEARD`. `enhanced` and `codes` mean this
    kind if no words fit. `passes`: temporary, also with a 5yz code; `stays`: permanent,
    also with a 4yz code. `more` has lines for --explain.
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

    It fits if the code is one of `codes` (none: any), the step one of `steps`, and,
    if set, the session is `logged_in` or `in_clear`. `family` names the provider that
    uses the words; `at_their_host` limits them to its servers, `at_unknown_host` to
    servers of no known provider. `source` is a key of the table's [sources].
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
    """Advice, the provider that it names, and more lines for --explain."""

    advice: Advice
    provider: Provider | None = None
    more: tuple[str, ...] = ()


def find(
    reply: Reply, host: str = "", *, at_login: bool = False, user: str = ""
) -> Explained | None:
    """Return the advice of the first row that fits, or else of the codes, or None.

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
    """Return the advice on a refused login, by the kind of secret that the provider wants."""
    return _explained(KINDS[_SECRETS[provider.secret]], provider)


def find_by_id(name: str) -> Explained | None:
    """Find the advice of an id, also that on the secret of a provider: 163-code."""
    of_providers = (explain_secret(provider) for provider in PROVIDERS)
    found = next((each for each in of_providers if each.advice.id == name), None)
    if found or name not in KINDS:
        return found
    kind = KINDS[name]
    family = next((row.family for row in ROWS if row.kind == kind and row.family), "")
    return _explained(kind, _first_of(family))


def recovers(reply: Reply) -> bool | None:
    """Tell by the words whether another try helps; None if the code decides."""
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
    """Return the mailbox provider of a user, if it is not the provider of the server."""
    home = find_by_address(user)
    if home is None or here is None or home == here or not here.domains:
        return None
    return None if home.family and home.family == here.family else home


def _family(provider: Provider | None, reply: Reply) -> str:
    """Return the family of the server: by its host name, or else by its greeting."""
    greeter = provider or find_by_host(reply.server)
    return greeter.family if greeter else ""


def _step(reply: Reply, *, at_login: bool = False) -> str:
    """Return the step that a reply answers; some codes show a login."""
    at_login = at_login or reply.code in _LOGIN_CODES
    return reply.step or (LOGIN if at_login else "")


def _fits(row: Row, reply: Reply, step: str) -> bool:
    """Tell whether a row fits; only the part of a reply that is shown counts."""
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
    """Tell whether the server knows the subject, and TLS or the login is still missing."""
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
