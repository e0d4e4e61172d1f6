"""Accounts and aliases are added behind a settings text, and nothing else changes."""

import pytest

from pymail.rc.state import World
from pymail.settings.amend import Amended, amend, can_be_named


def nothing(name: str) -> tuple[str, str]:
    raise FileNotFoundError(2, "no such file", name)


WORLD = World(read=nothing, environment={})
WORK = {"work": ["set from=a@x", "set smtp=y"]}
ROOT = {"root": "ops@x.org"}


def test_new_ones_come_behind_the_text() -> None:
    amended = amend("set hold\n", WORK, ROOT, title="# t", world=WORLD)
    assert amended is not None
    assert amended.text == (
        "set hold\n"
        "\n"
        "# t\n"
        "alias root ops@x.org\n"
        "account work {\n"
        "    set from=a@x\n"
        "    set smtp=y\n"
        "}\n"
    )
    assert (amended.lines[0], amended.kept) == ("alias root ops@x.org", ())


def test_those_of_the_text_stay_as_they_are() -> None:
    text = "alias root me\naccount work {\n}\n"
    amended = amend(text, WORK, ROOT, title="# t", world=WORLD)
    assert amended == Amended(text=text, kept=("2: account work", "1: alias root"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("account open {\n", id="open-account"),
        pytest.param("if nonsense\n", id="open-condition"),
        pytest.param("commandalias alias echo\n", id="another-alias"),
    ],
)
def test_text_behind_which_nothing_counts_is_not_changed(text: str) -> None:
    assert amend(text, WORK, ROOT, title="# t", world=WORLD) is None


@pytest.mark.parametrize(
    ("name", "can"),
    [("work", True), ("me@x.org", True), ("a-b+c_d", True), ("a b", False), ("{", False), ("", False), ("a'b", False)],
)  # fmt: skip
def test_name_of_an_account_is_plain(name: str, *, can: bool) -> None:
    assert can_be_named(name) is can
