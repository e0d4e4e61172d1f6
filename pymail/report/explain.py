"""Explanations of replies and failures: what each means, and the next step.

A reply is looked up in the provider's rows, by enhanced code, by code and by
its first digit, in this order; a failure by its class and its words. The tables
are English; "{host}", "{name}", "{where}" and "{keep}" are filled in behind the
translation.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pymail.errors import AuthenticationError, PymailError
from pymail.reply import Reply
from pymail.report import status_codes
from pymail.report.status_codes import Advice
from pymail.report.translate import ENGLISH, translate
from pymail.text import visible

if TYPE_CHECKING:
    from pymail.report.providers import Provider

# How a secret is kept: in a store of pymail's own, or where the old one stands.
STORE_IT = "pymail --login {}"
PUT_IT = "put it where the old one is: {}"
_AGAIN = r"(send it|try) again"


def explain(
    reply: Reply,
    *,
    host: str = "",
    language: str = ENGLISH,
    login: AuthenticationError | None = None,
    waits: bool = False,
) -> Advice:
    """Say what a reply means; `host` is the server that sent it, maybe with a port.

    `login` is the failure that it means, if the reply is to AUTH. What `waits` in the
    outbox nobody need send again.
    """
    from pymail.report import provider_replies  # tables that only failures read

    name, _port = split_host(host)
    user = login.user if login else ""
    found = provider_replies.find(reply, name, at_login=login is not None, user=user)
    advice = found.advice if found else _by_code(reply)
    if not advice.next_step:
        advice = _with_step_of_class(advice, reply.code)
    holes = _holes(name, found and found.provider, language)
    holes = {**holes, "{keep}": _keep(login, language)}
    return _worded(advice, language, holes, waits=waits)


def explain_failure(
    error: PymailError,
    host: str = "",
    *,
    language: str = ENGLISH,
    waits: bool = False,
) -> Advice:
    """Say what the end of an attempt means; the error's own advice comes first."""
    login = error if isinstance(error, AuthenticationError) else None
    if error.reply is not None and error.reply.code >= 400:
        advice = explain(
            error.reply, host=host, language=language, login=login, waits=waits
        )
    else:
        name, port = split_host(host)
        holes = {**_holes(name, None, language), "{keep}": _keep(login, language)}
        advice = _worded(_by_failure(error, port), language, holes, waits=waits)
    if not error.advice:
        return advice
    return advice._replace(next_step=translate(error.advice, language))


def summarize_failure(error: PymailError) -> str:
    """Say what happened, and what the server said if that is not in it."""
    if error.reply is None or str(error.reply) in visible(str(error)):
        return str(error)
    return f"{error}: {error.reply}"


def split_host(peer: str) -> tuple[str, int | None]:
    """Split "host:port" or "[::1]:port"; the port is None when there is none."""
    found = re.fullmatch(r"\[?(.*?)\]?:([0-9]{1,5})", peer)
    if found and (":" not in found[1] or peer.startswith("[")):
        return found[1], int(found[2])
    return peer.strip("[]"), None


def _by_code(reply: Reply) -> Advice:
    known, classes = status_codes.AT.get(reply.step, status_codes.ANYWHERE)
    kind = classes.get(reply.code // 100, status_codes.NO_CLASS)
    if reply.enhanced:
        _class, subject, detail = reply.enhanced
        advice = status_codes.ENHANCED.get((subject, detail))
        if advice and detail and (subject, detail) in known:
            return advice  # x.y.0 says less than most basic codes
        if subject and (subject, 0) in known:
            kind = status_codes.ENHANCED.get((subject, 0), kind)
    return status_codes.CODES.get(reply.code, kind) if reply.code in known else kind


def _with_step_of_class(advice: Advice, code: int) -> Advice:
    kind = status_codes.CLASSES.get(code // 100, status_codes.NO_CLASS)
    return advice._replace(next_step=kind.next_step)


def _by_failure(error: PymailError, port: int | None) -> Advice:
    from pymail.report import failure_advice

    words = _words(error, port)
    for row in failure_advice.ROWS:
        if isinstance(error, row.of) and re.search(row.words, words, re.IGNORECASE):
            return Advice(row.meaning, row.next_step)
    return Advice("")


def _words(error: PymailError, port: int | None) -> str:
    """All that is known of a failure in one line, the port last."""
    cause = error.__cause__
    words = f"{error} {cause}" if cause else str(error)
    return f"{words} :{port} " if port else f"{words} "


def _holes(host: str, provider: "Provider | None", language: str) -> Mapping[str, str]:
    holes = {"{host}": host or "HOST"}
    if provider:
        where = translate(provider.where, language)
        url = provider.url
        holes |= {"{name}": provider.name, "{where}": where, "{url}": url}
    return holes


def _keep(login: AuthenticationError | None, language: str) -> str:
    """Say how the right secret is kept, so that it counts."""
    if login and login.place:
        return translate(PUT_IT.format(login.place), language)
    return translate(STORE_IT.format((login and login.user) or "ADDRESS"), language)


def _worded(
    advice: Advice, language: str, holes: Mapping[str, str], *, waits: bool
) -> Advice:
    """Translate the sentences and fill their holes."""
    if waits and re.match(_AGAIN, advice.next_step):
        advice = advice._replace(next_step="")
    parts = [translate(part, language) for part in advice]
    for hole, words in holes.items():
        parts = [part.replace(hole, words) for part in parts]
    return Advice(*parts)
