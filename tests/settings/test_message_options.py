"""What is added to a message, and which delivery status notifications it asks for."""

from pathlib import Path

import pytest

from pymail.address.dsn import DsnRequest
from pymail.address.recipient_kinds import RecipientPolicy
from pymail.mailrc.state import Origin, Value
from pymail.settings.layers import Layers
from pymail.settings.message_options import resolve_dsn
from tests.settings.resolving import settings


@pytest.mark.parametrize(
    ("text", "files"),
    [
        pytest.param("x", "/etc/mime.types /home/me/.mime.types", id="default"),
        pytest.param("mimetypes-load-control=s", "/etc/mime.types", id="system"),
        pytest.param("mimetypes-load-control=U", "/home/me/.mime.types", id="user"),
        pytest.param("mimetypes-load-control=", "", id="none"),
        pytest.param(
            "mimetypes-load-control=f=/f,u", "/home/me/.mime.types /f", id="f"
        ),
    ],
)
def test_types_come_from_the_files_that_are_named(text: str, files: str) -> None:
    found = settings(f"set {text}").composing.types_from
    assert " ".join(map(str, found)) == files


@pytest.mark.parametrize(
    ("text", "charsets"),
    [
        pytest.param("ttycharset=latin1", (), id="unset"),
        pytest.param(
            "ttycharset=latin1 sendcharsets-else-ttycharset", ("latin1",), id="set"
        ),
        pytest.param(
            "ttycharset=latin1 sendcharsets-else-ttycharset sendcharsets=utf-8",
            ("utf-8",),
            id="both",
        ),
    ],
)
def test_ttycharset_can_stand_for_sendcharsets(
    text: str, charsets: tuple[str, ...]
) -> None:
    assert settings(f"set {text}").text_rules.sendcharsets == charsets


RULES = {
    "encoding=8bit": ("encoding", "8bit"),
    "encoding=frob": ("encoding", ""),
    "sendcharsets=iso-8859-1,utf-8": ("sendcharsets", ("iso-8859-1", "utf-8")),
    "maximum-unencoded-line-length=0": ("longest_unencoded_line", 0),
    "maximum-unencoded-line-length=x": ("longest_unencoded_line", 950),
}
ADDITIONS = {
    "MAILX_HEAD='a\\tb\\n'": ("head", "a\tb\n\n"),
    "message-inject-tail=bye": ("tail", "bye\n"),
    "stealthmua": ("user_agent", False),
    "stealthmua=noagent": ("message_id", True),
    "message-id-disable": ("message_id", False),
    "signature=~/sig": ("signature", Path("/home/me/sig")),
    "expandaddr": ("expandaddr", RecipientPolicy.parse("", interactive=False)),
    "skipempty": ("skip_empty", True),
}


@pytest.mark.parametrize("text", RULES)
def test_rules_of_text_follow_the_variables(text: str) -> None:
    name, value = RULES[text]
    assert getattr(settings(f"set {text}").text_rules, name) == value


@pytest.mark.parametrize("text", ADDITIONS)
def test_composing_follows_the_variables(text: str) -> None:
    name, value = ADDITIONS[text]
    assert getattr(settings(f"set {text}").composing, name) == value


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
    assert resolve_dsn(layers(dsn=text)) == (DsnRequest(notify=notify), ())


@pytest.mark.parametrize(
    ("text", "ret"),
    [("full", "FULL"), ("Headers", "HDRS"), ("hdrs", "HDRS"), ("off", "")],
)
def test_words_of_dsn_return(text: str, ret: str) -> None:
    assert resolve_dsn(layers(dsn_return=text)) == (DsnRequest(ret=ret), ())


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
    dsn, warnings = resolve_dsn(layers(dsn=text))
    assert dsn == DsnRequest()
    known = "success, failure, delay; or never"
    assert warnings == (
        f"~/.mailrc:3: dsn={text}: {why}, sent without (known: {known})",
    )


def test_wrong_word_of_dsn_return_names_its_line() -> None:
    dsn, warnings = resolve_dsn(layers(dsn="delay", dsn_return="all"))
    assert dsn == DsnRequest(notify="DELAY")
    assert warnings == (
        (
            "~/.mailrc:3: dsn-return=all: unknown word, sent without"
            " (known: full, headers)"
        ),
    )
