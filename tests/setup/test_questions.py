"""--setup asks for missing values; until the last answer it changes nothing."""

import subprocess
import sys
from typing import Any

import pytest

from pymail.commands.setup import discover
from pymail.errors import Interrupted, MessageError
from pymail.secret import Secret
from tests.live_server import free_port
from tests.setup.conftest import CODE, interrupt

pytestmark = pytest.mark.live

OLD = "set from=me@163.com\n"


def test_known_provider_needs_only_the_code(home: Any, server: Any) -> None:
    ended = home.set_up(server, answers=f"{CODE}\n")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == (
        "~/.mailrc is written; the password is in ~/.config/pymail/credentials\n"
        "to send mail: echo hello | pymail -s Test me@163.com\n"
    )
    assert home.rc.read_text() == (
        "# written by pymail --setup\n"
        f"set smtp={server.url}\n"
        "set smtp-auth-user=me@163.com\n"
        "set from=me@163.com\n"
        f"set ssl-ca-file={server.ca}\n"
    )
    assert home.rc.stat().st_mode & 0o777 == 0o600
    assert server.logins == [("me@163.com", CODE)]
    assert not server.mails


def test_mail_is_sent_afterwards_with_an_empty_environment(
    home: Any, server: Any
) -> None:
    assert home.set_up(server).status == 0
    variables = {"PATH": "/usr/bin:/bin", "MAILX_NO_SYSTEM_RC": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "pymail", "-n", "-s", "x", "me@qq.com"],
        input=b"hi\n",
        env={"HOME": str(home.directory), **variables},
        cwd="/",
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert [mail.mail_from for mail in server.mails] == ["me@163.com"]


def test_address_in_an_answer_may_have_a_name(home: Any, server: Any) -> None:
    answers = f"Web server <me@163.com>\n{CODE}\n"
    assert home.run("--setup", *server.words, answers=answers).status == 0
    assert "set 'from=Web server <me@163.com>'\n" in home.rc.read_text()
    ended = home.run("-s", "x", "a@x.org", answers="hi\n")
    assert (ended.status, ended.err) == (0, "")
    assert b"From: Web server <me@163.com>" in server.mails[0].original_content


@pytest.mark.parametrize(
    "pasted",
    ["ABCD EFGH IJKL MNOP", f"  {CODE}\t", f"{CODE}\r", f"\u00a0{CODE}\u200b", f"\ufeff{CODE}"],
)  # fmt: skip
def test_blanks_around_a_pasted_code_are_stripped(
    home: Any, server: Any, pasted: str
) -> None:
    assert home.set_up(server, answers=f"{pasted}\n").status == 0
    assert server.logins == [("me@163.com", CODE)]


def test_conversation_is_shown_without_the_code(home: Any, server: Any) -> None:
    for option in ("-v", "--debug"):
        ended = home.set_up(server, option)
        assert "«secret»" in ended.err
        assert CODE not in ended.err


# ── server and login ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("address", "assigned", "user"),
    [
        ("me@own.example", ("smtp={url}", "user=relay"), "relay"),
        ("me@own.example", ("smtp=smtps://relay@localhost:{port}",), "relay"),
        ("me@own.example", ("smtp={url}",), "me@own.example"),
        ("me@qq.com", ("smtp={url}",), "me@qq.com"),
    ],
)
def test_login_name_can_be_a_setting_or_part_of_the_url(
    home: Any, server: Any, address: str, assigned: tuple[str, ...], user: str
) -> None:
    settings = (*assigned, f"ssl-ca-file={server.ca}")
    words = [each.format(url=server.url, port=server.port) for each in settings]
    options = (word for each in words for word in ("-S", each))
    assert home.run("--setup", address, *options, answers=CODE).status == 0
    assert server.logins == [(user, CODE)]
    assert f"set smtp-auth-user={user}\nset from={address}\n" in home.rc.read_text()


@pytest.mark.parametrize("expected", ["smtp={}", "mta=smtp://{}", "smtp=smtp://{}"])
def test_server_without_a_scheme_gets_one(home: Any, expected: str) -> None:
    place = f"localhost:{free_port()}"
    words = ("--setup", "me@qq.com", "-S", expected.format(place))
    ended = home.run(*words, answers="y\nn\n", terminal=True, secret=CODE)
    assert f"connecting to {place}" in ended.err
    assert f"set smtp=smtp://{place}\n" in home.rc.read_text()


def test_host_alone_is_tried_at_both_ports(
    home: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ports(host: str) -> list[str]:
        return [f"smtps://{host}:{port}" for port in (1, server.port)]

    monkeypatch.setattr(discover, "host_servers", ports)
    words = ("--setup", "me@own.example", "-S", f"ssl-ca-file={server.ca}")
    ended = home.run(*words, answers=f"localhost\n\n{CODE}\n")
    assert (ended.status, ended.err) == (0, "")
    assert f"set smtp={server.url}\n" in home.rc.read_text()
    assert server.logins == [("me@own.example", CODE)]


def test_host_without_an_answer_is_tried_as_typed(home: Any) -> None:
    answers = f"no-such-host.invalid\n\n{CODE}\n"
    ended = home.run("--setup", "me@own.example", answers=answers)
    assert ended.status in (68, 75)
    assert "connecting to no-such-host.invalid:465" in ended.err


def test_mistake_in_the_file_stops_the_search(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = "smtps://localhost:1"
    monkeypatch.setattr(discover, "announced_servers", lambda *_, **__: [here])
    home.rc.write_text("account w {\n")
    ended = home.run("--setup", "me@own.example", answers="\n\n\n")
    assert ended.status == 78
    assert "is never closed" in ended.err


@pytest.mark.parametrize(
    ("address", "options", "answers", "written"),
    [
        pytest.param(
            "me@outlook.com",
            (),
            "get 'a token'\n",
            ("smtp-auth=xoauth2", "'smtp-password-command=get '\"'\"'a token'\"'\""),
            id="token",
        ),
        pytest.param(
            "me@outlook.com",
            ("-S", "smtp-password-command=get 'a token'"),
            "",
            ("smtp-auth=xoauth2", "'smtp-password-command=get '\"'\"'a token'\"'\""),
            id="token of a command that is named",
        ),
        pytest.param(
            "me@qq.com",
            ("-S", "smtp-password-command=get 'a token'"),
            "",
            ("'smtp-password-command=get '\"'\"'a token'\"'\"",),
            id="password",
        ),
    ],
)
def test_command_that_prints_the_secret_is_written_and_no_secret_stored(
    home: Any,
    server: Any,
    monkeypatch: pytest.MonkeyPatch,
    *,
    address: str,
    options: tuple[str, ...],
    answers: str,
    written: tuple[str, ...],
) -> None:
    async def take(smtp: Any, _words: list[str]) -> Any:
        await smtp.push("235 2.7.0 ok")

    server.auth_XOAUTH2 = take
    monkeypatch.setattr(
        "pymail.commands.setup.new_secret.make_chain",
        lambda *_: lambda _login, _host: Secret(CODE),
    )
    home.rc.write_text("set password=OLD\n")
    ended = home.run("--setup", address, *server.words, *options, answers=answers)
    assert (ended.status, ended.out.splitlines()) == (
        0,
        [
            (
                "~/.mailrc is written (backup: ~/.mailrc.~1~); "
                "the password comes from: get 'a token'"
            ),
            f"to send mail: echo hello | pymail -s Test {address}",
        ],
    )
    text = home.rc.read_text()
    assert all(f"set {each}\n" in text for each in written)
    assert "OLD" not in text
    assert not home.credentials


# ── the test mail ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("answer", ["y\n", "", "\n", "n\n", "no\n"])
def test_test_mail_is_sent_if_the_next_line_is_yes(
    home: Any, server: Any, answer: str
) -> None:
    ended = home.set_up(server, answers=f"{CODE}\n{answer}")
    assert (ended.status, ended.err) == (0, "")
    assert len(server.mails) == (answer == "y\n")
    for mail in server.mails:
        assert mail.rcpt_tos == ["me@163.com"]
        assert b"Subject: Test of pymail" in mail.original_content


def test_refused_test_mail_is_reported_and_the_settings_stay(
    home: Any, server: Any
) -> None:
    async def refuse(*_: Any) -> str:
        return "550 User has no permission"

    server.handle_RCPT = refuse
    ended = home.set_up(server, answers=f"{CODE}\ny\n")
    assert ended.status == 69
    assert "me@163.com refused by localhost" in ended.err
    assert home.rc.exists()
    assert ended.out.endswith("to send mail: echo hello | pymail -s Test me@163.com\n")
    assert not (home.directory / "dead.letter").exists()


@pytest.mark.parametrize(
    ("error", "status"), [(MessageError("no room"), 65), (Interrupted(2), 130)]
)
def test_failure_to_send_the_test_mail_leaves_the_settings(
    home: Any,
    server: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pymail.commands.setup.setup.prepare", fail)
    ended = home.set_up(server, answers=f"{CODE}\ny\n")
    assert ended.status == status
    assert ended.out.startswith("~/.mailrc is written")
    assert ("no room" in ended.err) is ended.out.endswith("-s Test me@163.com\n")
    assert home.rc.exists()


# ── an end in the middle ────────────────────────────────────────────────────


def conversation(server: Any) -> list[str]:
    """The answers to all questions."""
    return ["me@own.example", server.url, "me", CODE]


def test_every_answer_leads_to_a_mail(home: Any, server: Any) -> None:
    answers = "".join(f"{line}\n" for line in [*conversation(server), "y"])
    ended = home.run("--setup", "-S", f"ssl-ca-file={server.ca}", answers=answers)
    assert (ended.status, ended.err) == (0, "")
    assert server.logins == [("me", CODE)] * 2
    assert len(server.mails) == 1


@pytest.mark.parametrize("count", range(4))
@pytest.mark.parametrize("end", ["", "\n"])
def test_input_that_ends_after_any_answer_changes_nothing(
    home: Any, server: Any, count: int, end: str
) -> None:
    home.rc.write_text(OLD)
    before = home.contents()
    answers = "\n".join(conversation(server)[:count]) + end
    ended = home.run("--setup", "-S", f"ssl-ca-file={server.ca}", answers=answers)
    assert ended.status == (77 if count == 3 else 64)
    first, *rest = ended.err.splitlines()
    assert "no answer to" in first
    assert first.endswith("nothing was changed")
    assert all(line.startswith("  ") for line in rest)
    assert home.contents() == before
    assert not home.stores.keyring
    assert not server.logins


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("verify_server", ("--setup", "me@own.example")),
        ("verify_login", ("--setup", "me@163.com")),
        ("verify_login", ("--login", "me@163.com")),
    ],
)
def test_interrupt_at_the_server_changes_nothing(
    home: Any, monkeypatch: pytest.MonkeyPatch, function: str, words: tuple[str, ...]
) -> None:
    here = "smtps://localhost:1"
    monkeypatch.setattr(discover, "announced_servers", lambda *_, **__: [here])
    monkeypatch.setattr(f"pymail.transport.handshake.{function}", interrupt)
    assert home.run(*words, answers=CODE).status == 130
    assert home.contents() == {}


# ── invalid input ───────────────────────────────────────────────────────────

UNKNOWN = "a@own.example"
NONSENSE = [
    ((), None, 64, "no answer to 'Your mail address'; nothing was changed\n"),
    ((), "nonsense\n", 65, "an address needs an @ and a domain"),
    (("me",), "", 65, "me: an address needs an @ and a domain"),
    (("a@x.org", "b@x.org"), "", 64, "--setup takes one address"),
    (("a@@x.org",), "", 65, "a@@x.org"),
    (("a@[192.0.2.1]",), "", 64, "no answer to 'Server'"),
    ((UNKNOWN,), "ABCDEFGHIJKLMNOP\n", 64, "'Server' is not a host name with a dot"),
    ((UNKNOWN,), "gopher://h\n", 78, "gopher:// is not a scheme for sending mail"),
    ((UNKNOWN,), "h:port\n", 78, "no port after the colon"),
    ((UNKNOWN,), "u:p@h\n", 78, "pymail writes no password in a server's URL"),
    ((UNKNOWN, "-S", "password=p"), "", 64, "-S password: pymail writes no"),
    ((UNKNOWN, "-A", "w"), "", 64, "--setup takes no -A"),
    (("a@163.com", "--store", "file", "--check"), "", 64, "can't be combined"),
    (("a@163.com", "--password-fd", "99"), "", 66, "--password-fd 99: bad file"),
    (("a@163.com", "--password-file", "no"), "", 66, "--password-file no: no such"),
    (("a@163.com", "--password-file", "/dev/null"), "", 66, "/dev/null: it is empty"),
    (("a@163.com",), "co\x01de\n", 77, "a password can't have control characters"),
    (("a@163.com",), " \n", 77, "no answer to 'Authorization code for a@163.com'"),
]


@pytest.mark.parametrize(("words", "answers", "status", "expected"), NONSENSE)
def test_invalid_input_is_reported_and_changes_nothing(
    home: Any, words: tuple[str, ...], answers: str | None, status: int, expected: str
) -> None:
    ended = home.run("--setup", *words, answers=answers)
    assert (ended.status, ended.out) == (status, "")
    assert expected in ended.err
    assert home.contents() == {}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-d", "--setup", "a@qq.com"), "--setup can't be combined with -d (dry run)"),
        (("-d", "--login", "a@qq.com"), "--login can't be combined with -d (dry run)"),
        (("-d", "--logout", "a@qq.com"), "--logout can't be combined with -d (dry run)"),
        (("--store", "file", "a@x.org"), "--store needs --login or --logout or --setup"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_combined_are_reported(
    home: Any, words: tuple[str, ...], expected: str
) -> None:
    ended = home.run(*words, answers=CODE)
    assert (ended.status, ended.err.partition("\n")[0]) == (64, f"pymail: {expected}")


# ── failures at the server ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "code", "statuses", "expected"),
    [
        pytest.param(
            ("smtp={url}", "ssl-ca-file={ca}"),
            "WRONG",
            (77,),
            ("the server does not accept the login: 535", "what to do:"),
            id="refused",
        ),
        pytest.param(("smtp=smtp://localhost:{free}",), CODE, (75,), ("connecting to",), id="away"),
        pytest.param(("smtp=smtps://no-such-host.invalid",), CODE, (68, 75), ("connecting to",), id="no-host"),
        pytest.param(("smtp={url}",), CODE, (76,), (), id="not-trusted"),
    ],
)  # fmt: skip
def test_failure_at_the_server_changes_nothing(
    home: Any,
    server: Any,
    *,
    settings: tuple[str, ...],
    code: str,
    statuses: tuple[int, ...],
    expected: tuple[str, ...],
) -> None:
    known = {"url": server.url, "ca": server.ca, "free": free_port()}
    options = (word for each in settings for word in ("-S", each.format(**known)))
    ended = home.run("--setup", "me@163.com", *options, answers=f"{code}\n")
    assert ended.status in statuses
    assert all(each in ended.err for each in expected)
    assert code not in ended.err + ended.out
    assert len(server.logins) == (code == "WRONG")
    assert home.contents() == {}
