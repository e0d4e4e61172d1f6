"""JSON values: they fit the schema for any text of a server or a user."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands import json_values
from pymail.commands.json_values import document
from pymail.errors import AddressError, ConnectError, Interrupted, RefusedError
from pymail.reply import Reply
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.report.status_codes import Advice
from tests.json_schema import read_json

ANY_TEXT = st.text(st.characters(exclude_categories=[]))  # halves of pairs, too
REPLIES = st.builds(
    Reply.from_octets,
    st.sampled_from([250, 354, 421, 450, 535, 550, 554]),
    st.lists(st.binary() | st.text().map(lambda text: text.encode("gb18030"))),
)


def whole(**more: Any) -> Any:
    """Parse an object of a send with these values."""
    own: dict[str, Any] = {"letters": [], "mails": [], "command": None, **more}
    problems = own.pop("problems", [])
    return read_json(document("send", 1, problems, [], own))


@given(REPLIES, ANY_TEXT, st.sampled_from(Fate))
def test_any_reply_fits_the_schema(reply: Reply, text: str, fate: Fate) -> None:
    row = RecipientFate(text, fate, reply)
    other = RecipientFate("b@x", Fate.DEFERRED)
    failure = RefusedError(text, doing=text, reply=reply)
    for report in (
        Report(fates=(row, other), peer=text, tls=text, reply=reply, queue_id=text),
        Report(fates=(row, other), failure=failure, reply=reply),
    ):
        problems = list(json_values.problems(report, text, "en"))
        mail = {
            **json_values.waiting(text, (), None, text),
            "recipients": list(json_values.recipients(report)),
            "server": json_values.server(report, account=text, failure=text),
            "given_up": [],
            "kept": "",
        }
        read = whole(problems=problems, mails=[mail])
        assert read["mails"][0]["recipients"][0]["fate"]


@given(ANY_TEXT)
def test_any_failure_fits_the_schema(text: str) -> None:
    error = ConnectError(text, doing=text)
    error.also = text
    (problem,) = whole(
        problems=[json_values.failure(error, Advice(text, text), [text])]
    )["problems"]
    assert problem["doing"] == problem["also"] == problem["advice"]


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (ConnectError("no"), "deferred"),
        (RefusedError("no"), "refused"),
        (AddressError("no"), "unsent"),
        (Interrupted(2), "unsent"),
    ],
    ids=["passes", "refused", "never-asked", "signal"],
)
def test_fate_of_recipients_without_rcpt(error: Any, fate: str) -> None:
    (row,) = json_values.recipients(Report.from_failure(("a@x",), error))
    assert row == {"address": "a@x", "fate": fate, "reply": None}


@pytest.mark.parametrize(
    ("fates", "state"),
    [
        ((), "unsent"),
        (("accepted",), "sent"),
        (("accepted", "unknown"), "partly sent"),
        (("deferred", "refused"), "unsent"),
    ],
    ids=["nobody", "all", "some", "none"],
)
def test_fates_are_summed_up(fates: tuple[str, ...], state: str) -> None:
    assert json_values.state([{"fate": each} for each in fates]) == state
