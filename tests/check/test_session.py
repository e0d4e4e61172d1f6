"""Greeting, login, sender and recipients."""

import pytest

from pymail.address.envelope import Envelope
from pymail.commands.check.findings import Verdict
from pymail.settings.server_models import Login
from tests.check.servers import (
    ASKED,
    BYE,
    GREETED,
    HELLO,
    LOGGED_IN,
    PLAIN,
    Checking,
    verdicts,
)


def test_wait_for_a_silent_server_is_limited(
    checking: Checking,
) -> None:
    checking.seconds = 0.1
    stage = checking("<silence>")["greeting"]
    assert stage.exit_status == 75
    assert "timed out" in stage.problem
    assert "TLS" in stage.next_step


@pytest.mark.parametrize(
    ("script", "stage", "status", "words"),
    [
        ("S: 554 go away", "greeting", 69, "554 go away"),
        ("S: 421 busy", "greeting", 75, "421 busy"),
        ("S> \\x16\\x03\\x01\\x00\\n", "greeting", 76, "not an SMTP reply"),
        (f"{GREETED}S: 550 no", "extensions", 69, "550 no"),
        ("<close>", "greeting", 75, "closed the connection"),
    ],
    ids=["refused", "busy", "tls-on-plain", "ehlo", "closed"],
)
def test_session_that_cannot_be_opened(
    checking: Checking, *, script: str, stage: str, status: int, words: str
) -> None:
    found = checking(script)
    assert found[stage].verdict is Verdict.FAILED
    assert found[stage].exit_status == status
    assert words in found[stage].problem
    assert found["login"].verdict is Verdict.SKIPPED


def test_reply_in_gb18030_is_decoded(checking: Checking) -> None:
    expected = "登录失败".encode("gb18030")
    octets = "".join(f"\\x{octet:02x}" for octet in expected)
    auth = LOGGED_IN.splitlines()[0]
    found = checking(f"{GREETED}{HELLO}{auth}\nS> 535 {octets}\\r\\n\n")
    assert "登录失败" in found["login"].problem
    assert found["login"].exit_status == 77
    assert found["sender"].verdict is Verdict.SKIPPED


def test_session_is_checked_without_a_secret(
    checking: Checking,
) -> None:
    checking.secret = None
    found = checking(f"{GREETED}{HELLO}C: QUIT\nS: 221 bye\n")
    assert checking.server.went_as_written
    assert found["mechanism"].verdict is Verdict.OK
    assert found["login"].facts == ("no password to log in with",)
    skipped = {"tls", "login", "sender", "recipients"}
    assert {n for n, v in verdicts(found).items() if v == "skipped"} == skipped


def test_refused_login_is_tried_once_and_explained(checking: Checking) -> None:
    auth = LOGGED_IN.splitlines()[0]
    found = checking(f"{GREETED}{HELLO}{auth}\nS: 535 5.7.8 no\nC: QUIT\nS: 221 bye\n")
    assert checking.server.went_as_written
    assert found["login"].exit_status == 77
    assert "535 5.7.8 no" in found["login"].problem
    assert found["login"].meaning == "the login name or password is wrong"
    assert found["login"].next_step


def test_set_mechanism_that_the_server_lacks(checking: Checking) -> None:
    login = Login(user="joe@example.com", mechanism="cram-md5")
    stage = checking(f"{GREETED}{HELLO}", login=login)["mechanism"]
    assert stage.exit_status == 77
    assert "does not offer CRAM-MD5" in stage.problem


def test_mechanism_without_a_secret_logs_in(checking: Checking) -> None:
    checking.secret = checking.envelope = None
    hello = "S: 250-mx\nS: 250 AUTH EXTERNAL\n"
    auth = "C: AUTH EXTERNAL am9lQGV4YW1wbGUuY29t\nS: 235 ok\n"
    login = Login(user="joe@example.com", mechanism="external")
    found = checking(f"{GREETED}{hello}{auth}", login=login)
    assert found["login"].verdict is Verdict.OK
    assert "smtp-auth names it" in found["mechanism"].facts[1]


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize(
    ("reply", "status"),
    [("553 5.7.1 not you", 69), ("451 4.3.0 later", 75)],
)
def test_refused_sender(
    checking: Checking, reply: str, status: int, pipelining: bool
) -> None:
    hello = "S: 250-mx\nS: 250 SIZE\n"
    mail, *rest = ASKED.splitlines()[::2]
    script = f"{mail}\nS: {reply}\n"
    if pipelining:
        hello = hello.replace("250 SIZE", "250-SIZE\nS: 250 PIPELINING")
        behind = "\n".join(rest)
        script = f"{mail}\n{behind}\nS: {reply}\nS: 503 no\nS: 503 no\n"
    found = checking(f"{GREETED}{hello}{script}{BYE}", login=None)
    assert checking.server.went_as_written
    assert found["sender"].exit_status == status
    assert reply in found["sender"].problem
    assert found["recipients"].verdict is Verdict.SKIPPED


def test_one_refused_recipient_of_two(checking: Checking) -> None:
    lines = ASKED.splitlines()
    lines[-1] = "S: 550 5.1.1 nobody"
    script = "\n".join(lines)
    stage = checking(f"{PLAIN}{script}\n{BYE}")["recipients"]
    assert checking.server.went_as_written
    assert stage.exit_status == 69
    assert stage.problem == "the server refused b@example.org: 550 5.1.1 nobody"
    assert stage.facts[0] == "a@example.org: 250 2.1.5 ok"
    assert stage.meaning == "there is no such mailbox at that domain"


def test_recipient_that_needs_smtputf8(checking: Checking) -> None:
    paths = ("a@example.org", "ü@example.org")
    checking.envelope = Envelope(reverse_path="joe@example.com", forward_paths=paths)
    asked = "\n".join(ASKED.splitlines()[:4])
    stage = checking(f"{PLAIN}{asked}\n{BYE}")["recipients"]
    assert stage.exit_status == 65
    assert "SMTPUTF8" in stage.problem


@pytest.mark.parametrize(
    ("lines", "stage"),
    [
        (["S: 354 what"], "sender"),
        (["S: 250 ok", "C: RCPT TO:<a@example.org>", "S: 354 what"], "recipients"),
    ],
)
def test_unexpected_reply(checking: Checking, lines: list[str], stage: str) -> None:
    script = "\n".join(["C: MAIL FROM:<joe@example.com> SIZE=22", *lines])
    found = checking(f"{PLAIN}{script}\nC: QUIT\nS: 221 bye\n")
    assert checking.server.went_as_written
    assert found[stage].exit_status == 76
    assert "unexpected reply 354 what" in found[stage].problem
