"""dsn and dsn-return: which words ask for what, and which for nothing."""

import pytest

from pymail.address.envelope import Notice
from pymail.mailrc.state import Origin, Value
from pymail.settings.layers import Layers
from pymail.settings.notices import resolve


def layers(**values: str) -> Layers:
    at = Origin("~/.mailrc", 3)
    named = {name.replace("_", "-"): text for name, text in values.items()}
    return Layers([{name: Value(text, at) for name, text in named.items()}])


@pytest.mark.parametrize(
    ("text", "notify"),
    [
        pytest.param("success", "SUCCESS", id="one"),
        pytest.param("failure,delay", "FAILURE,DELAY", id="several"),
        pytest.param(" Delay success,delay ", "DELAY,SUCCESS", id="blanks-and-twice"),
        pytest.param("never", "NEVER", id="never"),
        pytest.param("off", "", id="off-of-msmtp"),
    ],
)
def test_words_of_dsn(text: str, notify: str) -> None:
    assert resolve(layers(dsn=text)) == (Notice(notify=notify), ())


@pytest.mark.parametrize(
    ("text", "ret"),
    [("full", "FULL"), ("Headers", "HDRS"), ("hdrs", "HDRS"), ("off", "")],
)
def test_words_of_dsn_return(text: str, ret: str) -> None:
    assert resolve(layers(dsn_return=text)) == (Notice(ret=ret), ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sucess", "unknown word"),
        ("", "unknown word"),
        ("never,delay", "never goes alone"),
    ],
    ids=["typo", "nothing", "never-and-more"],
)
def test_wrong_word_asks_for_nothing_and_names_its_line(text: str, why: str) -> None:
    notice, warnings = resolve(layers(dsn=text))
    assert notice == Notice()
    known = "success, failure, delay; or never"
    assert warnings == (
        f"~/.mailrc:3: dsn={text}: {why}, sent without (known: {known})",
    )


def test_wrong_word_of_dsn_return_names_its_line() -> None:
    notice, warnings = resolve(layers(dsn="delay", dsn_return="all"))
    assert notice == Notice(notify="DELAY")
    assert warnings == (
        (
            "~/.mailrc:3: dsn-return=all: unknown word, sent without"
            " (known: full, headers)"
        ),
    )
