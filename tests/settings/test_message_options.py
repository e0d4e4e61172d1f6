"""Additions to a message, and the delivery status notifications it requests."""

from pathlib import Path
from typing import Any

import pytest

from pymail.address.dsn import DsnRequest
from pymail.address.recipient_kinds import RecipientPolicy
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
def test_types_are_read_from_the_named_files(text: str, files: str) -> None:
    found = settings(f"set {text}").message.types_from
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
def test_ttycharset_can_replace_sendcharsets(
    text: str, charsets: tuple[str, ...]
) -> None:
    assert settings(f"set {text}").message.text_rules.sendcharsets == charsets


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        pytest.param("encoding=8bit", "encoding", "8bit", id="encoding"),
        pytest.param("encoding=frob", "encoding", "", id="unknown-encoding"),
        pytest.param(
            "sendcharsets=iso-8859-1,utf-8",
            "sendcharsets",
            ("iso-8859-1", "utf-8"),
            id="charsets",
        ),
        pytest.param("MAILX_HEAD='a\\tb\\n'", "head", "a\tb\n\n", id="head"),
        pytest.param("message-inject-tail=bye", "tail", "bye\n", id="tail"),
        pytest.param("stealthmua", "user_agent", False, id="stealth"),
        pytest.param("stealthmua=noagent", "message_id", True, id="noagent"),
        pytest.param("message-id-disable", "message_id", False, id="no-id"),
        pytest.param("signature=~/sig", "signature", Path("/home/me/sig"), id="sig"),
        pytest.param(
            "expandaddr",
            "expandaddr",
            RecipientPolicy.parse("", interactive=False),
            id="expandaddr",
        ),
        pytest.param("skipempty", "skip_empty", True, id="skipempty"),
        pytest.param(
            "maximum-unencoded-line-length=0",
            "longest_unencoded_line",
            0,
            id="line-length",
        ),
        pytest.param(
            "maximum-unencoded-line-length=x",
            "longest_unencoded_line",
            950,
            id="line-length-word",
        ),
    ],
)
def test_message_follows_the_variables(text: str, name: str, value: Any) -> None:
    message = settings(f"set {text}").message
    record = message if hasattr(message, name) else message.text_rules
    assert getattr(record, name) == value


def dsn(text: str) -> tuple[DsnRequest, tuple[str, ...]]:
    found = settings(f"set {text}")
    return found.dsn, found.warnings


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
def test_dsn_lists_occasions(text: str, notify: str) -> None:
    assert dsn(f"dsn='{text}'") == (DsnRequest(notify=notify), ())


@pytest.mark.parametrize(
    ("text", "ret"),
    [("full", "FULL"), ("Headers", "HDRS"), ("hdrs", "HDRS"), ("off", "")],
)
def test_dsn_return_is_full_or_headers(text: str, ret: str) -> None:
    assert dsn(f"dsn-return={text}") == (DsnRequest(ret=ret), ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sucess", "unknown word"),
        ("", "unknown word"),
        ("never,delay", "never excludes the others"),
    ],
    ids=["typo", "nothing", "never-and-more"],
)
def test_unknown_dsn_word_requests_nothing_and_warns_with_its_line(
    text: str, why: str
) -> None:
    notice, warnings = dsn(f"dsn='{text}'")
    assert notice == DsnRequest()
    known = "success, failure, delay; or never"
    assert warnings == (f"rc:1: dsn={text}: {why}, ignored (known: {known})",)


def test_unknown_dsn_return_warns_with_its_line() -> None:
    notice, warnings = dsn("dsn=delay dsn-return=all")
    assert notice == DsnRequest(notify="DELAY")
    assert warnings == (
        ("rc:1: dsn-return=all: unknown word, ignored (known: full, headers)"),
    )
