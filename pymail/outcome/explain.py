"""What a reply or a failure means, and the next step, in two sentences.

A reply is looked up in the provider's rows, by enhanced code, by code and by
its first digit, in this order; a failure by its class and its words.
"""

import re

from pymail.errors import PymailError
from pymail.outcome import codes, failures, provider_replies
from pymail.outcome.advice import Advice
from pymail.outcome.reply import Reply


def explain(reply: Reply, *, host: str = "") -> Advice:
    """Say what a reply means; `host` is the server that sent it, maybe with a port."""
    name, _port = split_host(host)
    advice = provider_replies.find(reply, name) or _by_code(reply)
    return advice if advice.next_step else _with_step_of_class(advice, reply.code)


def explain_failure(error: PymailError, host: str = "") -> Advice:
    """Say what the end of an attempt means; the error's own advice comes first."""
    if error.reply is not None:
        advice = explain(error.reply, host=host)
    else:
        advice = _by_failure(error, host)
    return advice._replace(next_step=error.advice) if error.advice else advice


def split_host(peer: str) -> tuple[str, int | None]:
    """Split "host:port" or "[::1]:port"; the port is None when there is none."""
    found = re.fullmatch(r"\[?(.*?)\]?:([0-9]{1,5})", peer)
    if found and (":" not in found[1] or peer.startswith("[")):
        return found[1], int(found[2])
    return peer.strip("[]"), None


def _by_code(reply: Reply) -> Advice:
    kind = codes.CLASSES.get(reply.code // 100, codes.NO_CLASS)
    if reply.enhanced:
        _class, subject, detail = reply.enhanced
        advice = codes.ENHANCED.get((subject, detail))
        if advice and detail:  # x.y.0 says less than most basic codes
            return advice
        kind = codes.ENHANCED.get((subject, 0), kind) if subject else kind
    return codes.CODES.get(reply.code, kind)


def _with_step_of_class(advice: Advice, code: int) -> Advice:
    kind = codes.CLASSES.get(code // 100, codes.NO_CLASS)
    return advice._replace(next_step=kind.next_step)


def _by_failure(error: PymailError, host: str) -> Advice:
    name, port = split_host(host)
    words = _words(error, port)
    for row in failures.ROWS:
        if isinstance(error, row.of) and re.search(row.words, words, re.IGNORECASE):
            return Advice(
                *(part.replace("{host}", name or "HOST") for part in row.advice)
            )
    return Advice("")


def _words(error: PymailError, port: int | None) -> str:
    """All that is known of a failure in one line, the port first and last."""
    cause = error.__cause__
    words = f"{error} {cause}" if cause else str(error)
    return f"{words} :{port} " if port else f"{words} "
