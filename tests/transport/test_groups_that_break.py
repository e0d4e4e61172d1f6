"""A server that stops anywhere in a session of groups, in every way it can.

What holds wherever it happens: nobody counts as served before the reply to the
final dot, nothing is in doubt before the dot was sent, the content waits for the
354, and whoever was refused stays refused.
"""

import itertools
from typing import Any

import pytest

from pymail.report.delivery_report import Fate
from pymail.settings.server_models import Timeouts

ACCEPTED, REFUSED = "a@example.org", "b@example.org"
HELLO = "S: 220 mx\nC: EHLO client.example\nS: 250-mx\nS: 250 PIPELINING"
GROUP = f"""
    C: MAIL FROM:<me@example.com>
    C: RCPT TO:<{ACCEPTED}>
    C: RCPT TO:<{REFUSED}>
    C: DATA
"""
REPLIES = ("250 ok", "250 ok", "550 5.1.1 no such user", "354 go on")
END = ("250 2.0.0 queued as 7", "221 bye")
ENDINGS = {
    "closes": "<close>",
    "resets": "<reset>",
    "says-421": "S: 421 4.3.2 shutting down\n<close>",
    "breaks-off-in-a-line": "S> 25\n<close>",
    "talks-nonsense": "S: what?\n<close>",
    "falls-silent": "<silence>",
}
STOPS = len(REPLIES) + len(END)


def script(stop: int, ending: str) -> str:
    """A session up to so many replies behind the group."""
    replies = [f"S: {line}" for line in REPLIES[:stop]]
    if stop >= len(REPLIES):
        replies += ["<content>"]
        replies += [f"S: {line}" for line in END[: stop - len(REPLIES)]]
    return "\n".join([HELLO, GROUP, *replies, ENDINGS[ending]])


@pytest.mark.parametrize(
    ("stop", "ending"), [*itertools.product(range(STOPS), ENDINGS)]
)
def test_a_session_that_breaks_anywhere_tells_the_truth(
    serve: Any, send: Any, stop: int, ending: str
) -> None:
    server = serve(script(stop, ending))
    report = send(server, ACCEPTED, REFUSED, timeouts=Timeouts.bounded(0.2))
    dot_was_sent = "*: content" in send.trace.lines
    assert dot_was_sent is (stop >= len(REPLIES))
    fates = {row.address: row.fate for row in report.fates}
    assert (fates[ACCEPTED] is Fate.ACCEPTED) is (stop > len(REPLIES))
    assert dot_was_sent or fates[ACCEPTED] is not Fate.UNKNOWN
    assert fates[REFUSED] is not Fate.ACCEPTED
    assert stop < 3 or fates[REFUSED] is Fate.REFUSED


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_replies_may_come_in_pieces_of_any_size(
    serve: Any, send: Any, size: int
) -> None:
    octets = "".join(f"{line}\\r\\n" for line in REPLIES).replace("\\r\\n", "\r\n")
    pieces = [octets[n : n + size] for n in range(0, len(octets), size)]
    lines = [f"S> {each.encode('unicode_escape').decode()}" for each in pieces]
    # a blank at the end of a script's line would be lost
    lines = [line.replace(" ", "\\x20").replace("S>\\x20", "S> ", 1) for line in lines]
    end = [f"S: {line}" for line in END]
    server = serve("\n".join([HELLO, GROUP, *lines, "<content>", *end]))
    report = send(server, ACCEPTED, REFUSED)
    assert {row.address: row.fate for row in report.fates} == {
        ACCEPTED: Fate.ACCEPTED,
        REFUSED: Fate.REFUSED,
    }
