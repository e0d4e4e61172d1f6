"""--explain: what a reply, a code or the id of an advice means."""

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]

CODE = (
    "163-code\n"
    "  this is not the authorization code, which 163 wants in place of the login"
    " password\n"
    "  what to do: log in to mail.163.com, Settings > POP3/SMTP/IMAP, switch SMTP on"
    " and create an authorization code; then: pymail --login ADDRESS\n"
    "  The webmail shows an authorization code once, when it is created; a new login"
    " password can end the old codes\n"
)


# fmt: off
ASKED = {
    "id-of-a-secret": ("163-code", "163-code"),
    "id-of-a-kind": ("spam", "spam"),
    "id-of-a-failure": ("port-25-blocked", "port-25-blocked"),
    "id-of-a-code": ("code-550", "code-550"),
    "code": ("421", "code-421"),
    "code-of-a-kind": ("522", "mailbox-full"),
    "code-that-nobody-has": ("599", "refused"),
    "enhanced": ("5.7.1", "x.7.1"),
    "enhanced-of-a-kind": ("4.7.28", "rate"),
    "reply": ("550 5.7.25 no PTR record", "ptr"),
    "reply-that-says-nothing": ("550 no", "code-550"),
    "reply-of-several-lines": ("550-5.7.1 this looks\\n550 5.7.1 like spam", "spam"),
    "line-of-a-login": ("pymail: logging in to smtp.163.com:465: the server does not accept the login: 535 Error: authentication failed", "163-code"),
    "line-of-a-sender": ("pymail: sender <a@x.org> refused by mx.x.org:25: 550 no (for b@x.org)", "sender-refused"),
    "line-of-a-message": ("pymail: message refused by mx.x.org:25: 550 no (for b@x.org)", "message-refused"),
    "line-of-a-recipient": ("pymail: b@x.org refused by mx.x.org:25: 550 5.1.1 no", "no-such-user"),
    "line-of-a-greeting": ("pymail: waiting for the greeting of mx.x.org:25: the server wants no session: 554 no", "greeting-refused"),
}
# fmt: on


@pytest.mark.parametrize(("words", "name"), ASKED.values(), ids=ASKED)
def test_reply_code_or_id_is_explained(pymail: Run, words: str, name: str) -> None:
    ended = pymail("--explain", words)
    assert (ended.status, ended.err) == (0, "")
    first, meaning, *_ = ended.out.splitlines()
    assert first == name
    assert meaning.startswith("  ")
    assert "{" not in ended.out


def test_lines_are_the_id_the_meaning_the_step_and_more(pymail: Run) -> None:
    assert pymail("--explain", "163-code").out == CODE


def test_words_need_no_quotes(pymail: Run) -> None:
    ended = pymail("--explain", "552", "mailbox", "is", "full")
    assert ended.out.startswith("mailbox-full\n")


@pytest.mark.parametrize("rc", ["", "set explain=zh"], ids=["locale", "variable"])
def test_language_is_that_of_advice(pymail: Run, rc: str) -> None:
    variables = {} if rc else {"LANG": "zh_CN.UTF-8"}
    ended = pymail("--explain", "535", rc=rc, variables=variables)
    assert "用户名或密码错误" in ended.out


@pytest.mark.parametrize("words", ["", "no-such-id", "42", "99.9"])
def test_other_words_are_no_reply(pymail: Run, words: str) -> None:
    ended = pymail("--explain", words)
    assert ended.status == 64
    assert "no reply, code or id" in ended.err
    assert "pymail --explain '550 ...'" in ended.err
