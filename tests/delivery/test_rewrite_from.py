"""smtp-fit-sender: when the account replaces the author, and when not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymail.address.mailbox import Mailbox
from pymail.delivery.rewrite_from import (
    is_routable,
    requires_login_as_sender,
    rewrite_sender,
)
from pymail.message.draft import Draft
from pymail.model import replace
from pymail.settings.models import FitSender, Settings
from pymail.settings.server_models import LocalMta, Login, SmtpServer
from tests.conftest import NOON

ME = "me@163.com"


def settings(
    host: str = "smtp.163.com",
    user: str | None = ME,
    fit_sender: FitSender = FitSender.AUTO,
    reverse_path: str | None = None,
) -> Settings:
    login = None if user is None else Login(user=user)
    return Settings(
        server=SmtpServer(host=host, port=25, hello_name="", login=login),
        login_name="me",
        hostname="web1",
        fit_sender=fit_sender,
        reverse_path=reverse_path,
    )


Rewritten = tuple[Draft, Settings, tuple[str, ...]]


def draft(*authors: Mailbox, reply_to: str = "") -> Draft:
    answers = (Mailbox(reply_to),) if reply_to else ()
    return Draft(now=NOON, token="0", from_=authors, reply_to=answers)


def rewritten(*authors: str, reply_to: str = "", **around: Any) -> Rewritten:
    written = draft(*(Mailbox(a, "Cron") for a in authors), reply_to=reply_to)
    return rewrite_sender(written, settings(**around))


def senders(found: Draft, made: Settings) -> tuple[str, str, str | None]:
    return (
        ", ".join(box.address for box in found.from_),
        ", ".join(box.address for box in found.reply_to),
        made.reverse_path,
    )


RELAY = "mail.example.com"
CASES: dict[str, tuple[str, dict[str, Any], tuple[str, str, str | None]]] = {
    "insisting": ("a@x.org", {}, (ME, "a@x.org", ME)),
    "insisting-account": (ME, {}, (ME, "", None)),
    "insisting-any-case": ("ME@163.com", {}, ("ME@163.com", "", None)),
    "insisting-path": (ME, {"reverse_path": "b@x.org"}, (ME, "", ME)),
    "insisting-path-of-the-account": (ME, {"reverse_path": ME}, (ME, "", ME)),
    "insisting-null": (ME, {"reverse_path": ""}, (ME, "", ME)),
    "insisting-off": ("a@x.org", {"fit_sender": FitSender.OFF}, ("a@x.org", "", None)),
    "insisting-no-login": ("a@x.org", {"user": None}, ("a@x.org", "", None)),
    "insisting-bare-login": ("a@x.org", {"user": "me"}, ("a@x.org", "", None)),
    "answers-named": ("a@x.org", {"reply_to": "c@x.org"}, (ME, "c@x.org", ME)),
    "relay": ("a@x.org", {"host": RELAY}, ("a@x.org", "", None)),
    "relay-path": ("a@x.org", {"host": RELAY, "reverse_path": "b@x.org"}, ("a@x.org", "", "b@x.org")),
    "relay-null": ("root@web1", {"host": RELAY, "reverse_path": ""}, (ME, "", "")),
    "relay-on": ("a@x.org", {"host": RELAY, "fit_sender": FitSender.ON}, (ME, "a@x.org", ME)),
    "bare": ("root", {"host": RELAY}, (ME, "", ME)),
    "this-host": ("root@web1", {"host": RELAY}, (ME, "", ME)),
    "localdomain": ("root@web1.localdomain", {"host": RELAY}, (ME, "", ME)),
    "bare-path": ("a@x.org", {"host": RELAY, "reverse_path": "root"}, ("a@x.org", "", ME)),
    "bare-author-real-path": ("root", {"host": RELAY, "reverse_path": "b@x.org"}, (ME, "", "b@x.org")),
}  # fmt: skip


@pytest.mark.parametrize(("author", "around", "expected"), CASES.values(), ids=CASES)
def test_author_and_sender_for_each_server(
    author: str, around: dict[str, Any], expected: Any
) -> None:
    found, made, remarks = rewritten(author, **around)
    assert senders(found, made) == expected
    assert all(box.name == "Cron" for box in found.from_)
    before = (author, around.get("reply_to", ""), around.get("reverse_path"))
    assert bool(remarks) is (expected != before)


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        pytest.param(Mailbox("a@x.org", "Ann"), "Ann", id="name"),
        pytest.param(Mailbox("a@x.org"), "a@x.org", id="address"),
        pytest.param(Mailbox("root"), "root", id="local-name"),
        pytest.param(Mailbox("root", "Cron Daemon"), "Cron Daemon", id="cron"),
        pytest.param(Mailbox(ME), "", id="account"),
    ],
)
def test_display_name_shows_the_author(author: Mailbox, expected: str) -> None:
    found, _, _ = rewrite_sender(draft(author), settings())
    assert [box.name for box in found.from_] == [expected]
    assert [box.address for box in found.from_] == [ME]


def test_several_authors_become_the_account_and_get_the_replies() -> None:
    found, made, _ = rewritten("a@x.org", "root")
    assert senders(found, made) == (ME, "a@x.org", ME)


def test_account_is_the_author_of_a_draft_without_one() -> None:
    found, made, remarks = rewritten()
    assert senders(found, made) == (ME, "", ME)
    assert remarks == (
        f"smtp-fit-sender: sent from {ME} instead of no address, through smtp.163.com",
    )


def test_a_local_program_has_no_account() -> None:
    local = LocalMta(program=Path("/usr/sbin/sendmail"))
    mine = replace(settings(), server=local)
    root = draft(Mailbox("root"))
    assert rewrite_sender(root, mine) == (root, mine, ())


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("smtp.163.com", True),
        ("SMTP.QQ.COM.", True),
        ("smtp.exmail.qq.com", True),
        ("notqq.com", False),
        ("smtp.gmail.com", False),
        ("smtp.office365.com", False),
    ],
)
def test_providers_that_require_the_login_as_sender(host: str, expected: bool) -> None:
    assert requires_login_as_sender(host) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("a@x.org", True),
        ("a@[192.0.2.1]", True),
        ("root", False),
        ("root@web1", False),
        ("root@localhost", False),
        ("root@localhost.localdomain", False),
    ],
)
def test_routable_addresses(address: str, expected: bool) -> None:
    assert is_routable(address) is expected


Run = Callable[..., Any]
LOGIN = "set smtp=127.0.0.1:1 smtp-auth-user=me@163.com smtp-auth-password=x\n"


@pytest.mark.parametrize(
    ("rc", "path"),
    [
        pytest.param("", "a@x.org", id="auto"),
        pytest.param("set smtp-fit-sender\n", ME, id="set"),
        pytest.param("set smtp-fit-sender=on\n", ME, id="on"),
        pytest.param("set smtp-fit-sender=auto\n", "a@x.org", id="auto-said"),
        pytest.param("set smtp-fit-sender=off\n", "a@x.org", id="off"),
    ],
)
def test_the_variable_decides(pymail: Run, rc: str, path: str) -> None:
    ended = pymail("-d", "-r", "A <a@x.org>", "b@x.org", rc=LOGIN + rc)
    assert f"MAIL FROM:<{path}>\n" in ended.out
    assert f"From: A <{path}>\n" in ended.out


def test_account_is_the_author_on_a_machine_without_a_domain(
    pymail: Run,
) -> None:
    rc = LOGIN + "set hostname=web1\n"
    out = pymail("-d", "b@x.org", rc=rc).out
    assert f'From: "me@web1" <{ME}>\n' in out
    rc += "set smtp-fit-sender=off\n"
    assert "From: me@web1\n" in pymail("-d", "b@x.org", rc=rc).out


def test_verbose_run_reports_the_rewritten_sender(pymail: Run) -> None:
    rc = LOGIN + "set smtp-fit-sender=on\n"
    ended = pymail("-v", "-r", "a@x.org", "b@x.org", stdin=b"t\n", rc=rc)
    assert (
        "smtp-fit-sender: sent from me@163.com instead of a@x.org, through 127.0.0.1"
        in (ended.err)
    )
    quiet = pymail("-r", "a@x.org", "b@x.org", stdin=b"t\n", rc=rc)
    assert "fit-sender" not in quiet.err
