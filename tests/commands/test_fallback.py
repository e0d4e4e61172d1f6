"""smtp-fallback: another account if the first server is unreachable, and only then."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pymail.main import main
from pymail.model import replace
from tests.scripted import CLOSE, Server, nobody, serving

Run = Callable[..., Any]
FIRST = "set from=ops@example.com smtp-timeout=2 smtp-fallback=backup logfile=~/log\n"
WORDS = ("-s", "S", "a@example.org")


def backup(address: str, more: str = "") -> str:
    return f"account backup {{\nset smtp={address} {more}\n}}\n"


def unreachable(server: Server, more: str = "", account: str = "") -> str:
    """Settings with an unreachable first server, and this server as fallback."""
    first = f"{FIRST}set smtp={nobody()} {more}\n"
    return first + backup(server.address, account)


def logged(world: Any) -> list[str]:
    lines: list[str] = (world.directory / "log").read_text().splitlines()
    return lines


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


def test_refused_connection_uses_the_fallback(
    pymail: Run, world: Any, server: Server
) -> None:
    ended = pymail(*WORDS, stdin=b"text\n", rc=unreachable(server))
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    assert server.contents[0].endswith(b"\r\n\r\ntext\r\n")
    first, second = logged(world)
    assert "connection refused' exitcode=EX_TEMPFAIL" in first
    assert "fallback" not in first
    assert " fallback=backup smtpstatus=250 " in second
    assert world.dead_letter == ""


def test_unknown_host_uses_the_fallback(pymail: Run, server: Server) -> None:
    rc = f"{FIRST}set smtp=no..such..host\n{backup(server.address)}"
    assert pymail(*WORDS, rc=rc).status == 0
    assert len(server.contents) == 1


@pytest.mark.parametrize("greeting", [None, CLOSE], ids=["silence", "hangs-up"])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_silent_server_uses_the_fallback(
    pymail: Run, server: Server, greeting: str | None, scheme: str
) -> None:
    with serving({"greeting": greeting}) as mute:
        rc = f"{FIRST}set smtp-timeout=0.2 smtp={scheme}://{mute.address}\n"
        rc += backup(server.address, "smtp-timeout=20")
        assert pymail(*WORDS, rc=rc).status == 0
    assert len(server.contents) == 1


ANSWERS: dict[str, dict[str, str | None]] = {
    "refuses": {"greeting": "554 go away"},
    "busy": {"greeting": "421 come back"},
    "nonsense": {"greeting": "hello"},
    "no-ehlo": {"EHLO": CLOSE, "HELO": CLOSE},
    "login": {"AUTH": "535 no"},
    "sender": {"MAIL": "550 no"},
    "recipient": {"RCPT": "450 later"},
    "drops-the-mail": {"DATA": CLOSE},
    "drops-the-dot": {".": CLOSE},
}


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=ANSWERS)
def test_reply_of_the_first_server_prevents_the_fallback(
    pymail: Run, world: Any, server: Server, answers: dict[str, str | None]
) -> None:
    login = "set smtp-auth-user=me smtp-auth-password=hunter22 smtp-auth=plain\n"
    with serving(answers) as first:
        rc = f"{FIRST}{login}set smtp={first.address}\n{backup(server.address)}"
        assert pymail(*WORDS, rc=rc).status != 0
    assert server.heard == []
    assert "Subject: S" in world.dead_letter


def test_untrusted_certificate_prevents_the_fallback(
    pymail: Run, server: Server
) -> None:
    with serving({"EHLO": "250-here\n250 STARTTLS", "STARTTLS": "454 no"}) as first:
        rc = f"{FIRST}set smtp={first.address} smtp-use-starttls\n"
        ended = pymail(*WORDS, rc=rc + backup(server.address))
    assert ended.status == 76
    assert server.heard == []


def test_the_settings_are_those_of_the_account(pymail: Run, server: Server) -> None:
    account = backup(
        server.address,
        "from='Spare <spare@example.net>' smtp-auth-user=spare@example.net"
        " smtp-auth-password=hunter33 smtp-auth=login smtp-fit-sender=on"
        " hostname=spare.example.net",
    )
    rc = f"{FIRST}set smtp={nobody()} smtp-fit-sender=off\n{account}"
    assert pymail(*WORDS, rc=rc).status == 0
    assert server.heard[0] == "EHLO spare.example.net"
    assert server.heard[1].startswith("AUTH LOGIN")
    assert any("MAIL FROM:<spare@example.net>" in line for line in server.heard)
    assert b"From: Spare <spare@example.net>\r\n" in server.contents[0]


def test_the_command_line_still_wins(pymail: Run, server: Server) -> None:
    rc = f"{FIRST}set smtp={nobody()}\n{backup(server.address, 'from=spare@x.org')}"
    assert pymail("-S", "from=me@example.net", *WORDS, rc=rc).status == 0
    assert b"From: me@example.net\r\n" in server.contents[0]


def test_settings_of_the_first_account_are_undone(pymail: Run, server: Server) -> None:
    rc = (
        f"{FIRST}account work {{\nset smtp={nobody()} from=work@example.com\n}}\n"
        f"{backup(server.address)}"
    )
    assert pymail("-A", "work", *WORDS, rc=rc).status == 0
    assert b"From: ops@example.com\r\n" in server.contents[0]


def test_commands_of_the_run_apply_to_the_fallback(pymail: Run, server: Server) -> None:
    rc = f"{FIRST}set smtp={nobody()}\n{backup(server.address)}"
    stdin = b"~: set from=typed@example.com\ntext\n"
    assert pymail("-~", *WORDS, stdin=stdin, rc=rc).status == 0
    assert b"From: typed@example.com\r\n" in server.contents[0]


def test_the_default_settings_can_be_the_fallback(pymail: Run, server: Server) -> None:
    rc = f"set from=me@x.org smtp={server.address}\naccount work {{\n"
    rc += f"set smtp={nobody()} smtp-fallback=null\n}}\n"
    assert pymail("-A", "work", *WORDS, rc=rc).status == 0
    assert len(server.contents) == 1


def test_verbose_names_the_fallback(pymail: Run, server: Server) -> None:
    ended = pymail("-v", *WORDS, rc=unreachable(server))
    assert "connection refused; trying account backup\n" in ended.err
    assert f"accepted for a@example.org by {server.address}" in ended.err


def test_circular_chain_of_fallbacks_ends(pymail: Run, world: Any) -> None:
    one, two, three = nobody(), nobody(), nobody()
    rc = (
        f"{FIRST}set smtp={one} port25\n{backup(two, 'smtp-fallback=third')}"
        f"account third {{\nset smtp={three}\n}}\n"
    )
    ended = pymail(*WORDS, stdin=b"text\n", rc=rc)
    assert ended.status == 75
    said = ended.err.splitlines()[0]
    assert said.startswith(f"pymail: connecting to {three}: ")
    for address in (one, two):
        assert f"connecting to {address}: " in said
    assert "account backup: " in said
    assert len(logged(world)) == 3
    assert world.dead_letter.count("\n\ntext\n") == 1


def test_fallback_with_the_same_server_is_skipped(pymail: Run, world: Any) -> None:
    address = nobody()
    ended = pymail(*WORDS, rc=f"{FIRST}set smtp={address}\n{backup(address)}")
    assert ended.status == 75
    assert ended.err.count("\n") <= 4
    assert world.dead_letter


def test_a_fallback_that_refuses_is_named_with_the_first(
    pymail: Run, world: Any
) -> None:
    first = nobody()
    with serving({"RCPT": "550 5.1.1 no such user"}) as second:
        rc = f"{FIRST}set smtp={first}\n{backup(second.address)}"
        ended = pymail(*WORDS, rc=rc)
    assert ended.status == 67
    assert f"connecting to {first}: " in ended.err
    assert f"a@example.org refused by {second.address}: 550" in ended.err
    assert "unserved=a@example.org" in logged(world)[1]


def test_invalid_fallback_keeps_the_message_for_a_retry(
    pymail: Run, world: Any
) -> None:
    first = nobody()
    rc = f"{FIRST}set smtp={first}\n{backup('gopher://x')}"
    ended = pymail(*WORDS, rc=rc)
    assert ended.status == 75
    said = ended.err.splitlines()[0]
    assert said.startswith(f"pymail: connecting to {first}: ")
    assert "; account backup: ~/.mailrc:" in said
    assert len(logged(world)) == 2


@pytest.mark.parametrize("program", ["pymail", "pymail-sendmail"])
def test_undefined_account_is_reported_with_its_line(
    pymail: Run, world: Any, program: str
) -> None:
    rc = "set smtp=127.0.0.1:9\nset smtp-fallback=nope\n"
    ended = pymail("a@example.org", program=program, stdin=b"text\n", rc=rc)
    assert ended.status == 78
    where = "~/.mailrc:2: smtp-fallback: account 'nope' is not defined"
    assert where in ended.err
    assert "\ntext\n" in world.dead_letter


def test_an_account_of_the_run_alone_is_no_fallback(pymail: Run, world: Any) -> None:
    commands = (
        f"account late {{\nset smtp={nobody()}\n}}\nset smtp-fallback=late\n"
        "mail a@example.org\ntext\n~.\n"
    )
    rc = f"set smtp={nobody()} from=me@example.com\n"
    ended = pymail("-#", stdin=commands.encode(), rc=rc)
    assert ended.status == 75
    assert "smtp-fallback: no file defines account 'late'" in ended.err
    assert "text" in world.dead_letter


def test_the_next_message_does_not_wait_for_the_first_server_again(
    pymail: Run, world: Any, server: Server
) -> None:
    entries = "".join(
        f"From x Mon Nov 23 12:00:00 2026\nTo: {name}@example.org\n\ntext\n\n"
        for name in "abc"
    )
    with serving({"greeting": CLOSE}) as mute:
        rc = f"{FIRST}set smtp={mute.address}\n{backup(server.address)}"
        assert pymail("-t", stdin=entries.encode(), rc=rc).status == 0
        mute.stop()
    assert len(server.contents) == 3
    assert server.verbs.count("EHLO") == 1  # all of them in one session
    assert [" fallback=backup " in line for line in logged(world)] == [False, True] * 3


def test_file_recipients_get_the_message_once(
    pymail: Run, world: Any, server: Server
) -> None:
    rc = f"{FIRST}set expandaddr smtp={nobody()}\n{backup(server.address)}"
    ended = pymail(*WORDS, "./copy", "/none/copy", stdin=b"text\n", rc=rc)
    assert ended.status == 73
    copy = (world.directory / "copy").read_text()
    assert copy.count("\n\ntext\n") == 1
    assert len(server.contents) == 1
    assert "/none/copy" in ended.err


def test_sendmail_falls_back_as_well(pymail: Run, world: Any, server: Server) -> None:
    spare = "smtp-auth-user=spare@example.net smtp-auth-password=x smtp-auth=plain"
    rc = f"set smtp={nobody()} smtp-fallback=backup\n"
    rc += backup(server.address, f"{spare} smtp-fit-sender=on")
    message = b"From: root\nTo: a@example.org\n\ntext\n"
    ended = pymail("-t", program="pymail-sendmail", stdin=message, rc=rc)
    assert (ended.status, ended.err) == (0, "")
    assert any(
        line.startswith("MAIL FROM:<spare@example.net>") for line in server.heard
    )
    assert (
        b'From: "root@host.example.com" <spare@example.net>\r\n' in server.contents[0]
    )
    assert world.dead_letter == ""


def test_a_signal_while_the_fallback_is_tried_keeps_the_message(
    world: Any, server: Server
) -> None:
    rc = f"{FIRST}set smtp={nobody()}\n{backup(server.address, 'signature=~/s')}"
    made = world.environment("pymail", *WORDS, stdin=b"text\n", rc=rc)

    class Interrupting(type(made)):  # type: ignore[misc]
        def read_file(self, path: Any) -> bytes:
            from pymail.errors import Interrupted

            if path.name == "s":
                raise Interrupted(15)
            octets: bytes = path.read_bytes()
            return octets

    fields = {name: getattr(made, name) for name in made.__match_args__}
    assert main(replace(Interrupting(**fields))) == 143
    assert "\n\ntext\n" in world.dead_letter
    assert server.heard == []


def test_free_port_refuses_connections() -> None:
    """These tests rely on it: a port that was free is closed."""
    host, _, port = nobody().rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
