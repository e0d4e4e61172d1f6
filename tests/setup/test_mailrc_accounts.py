"""Accounts are added behind a settings text, and nothing else changes."""

import pytest

from pymail.commands.setup.mailrc_edit import add_accounts, is_account_name
from pymail.mailrc.state import RcHost


def nothing(name: str) -> tuple[str, str]:
    raise FileNotFoundError(2, "no such file", name)


WORLD = RcHost(read=nothing, environment={})
WORK = {"work": ["set from=a@x", "set smtp=y"]}


def test_new_ones_come_behind_the_text() -> None:
    written = "account work {\n    set from=a@x\n    set smtp=y\n}\n"
    assert add_accounts("set hold\n", WORK, title="# t", host=WORLD) == (
        f"set hold\n\n# t\n{written}",
        written.splitlines(),
        [],
    )


def test_those_of_the_text_stay_as_they_are() -> None:
    text = "set hold\naccount work {\n}\n"
    added = add_accounts(text, WORK, title="# t", host=WORLD)
    assert added == (text, [], ["2: account work"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("account open {\n", id="open-account"),
        pytest.param("if nonsense\n", id="open-condition"),
        pytest.param("commandalias account echo\n", id="another-account"),
    ],
)
def test_text_behind_which_nothing_counts_is_not_changed(text: str) -> None:
    assert add_accounts(text, WORK, title="# t", host=WORLD) is None


@pytest.mark.parametrize(
    ("name", "can"),
    [("work", True), ("me@x.org", True), ("a-b+c_d", True), ("a b", False), ("{", False), ("", False), ("a'b", False)],
)  # fmt: skip
def test_name_of_an_account_is_plain(name: str, *, can: bool) -> None:
    assert is_account_name(name) is can
