"""Nothing that is given for an address, a field or an option becomes anything else.

Neither a command of the session, nor a line of the header, nor what a shell or
a terminal obeys.
"""

import email
import email.policy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.installed import PROGRAMS
from tests.scripted import Server, serving

Run = Callable[..., Any]
KNOWN = {"EHLO", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "QUIT"}
ENDS = {
    "crlf": "\r\n",
    "lf": "\n",
    "cr": "\r",
    "nul": "\0",
    "escape": "\x1b[2J",
    "csi": "\x9b2J",
    "encoded-lf": "=?UTF-8?Q?=0A?=",
    "encoded-crlf": "=?UTF-8?B?DQo=?=",
    "line-separator": "\u2028",
    "nel": "\x85",
    "override": "\u202e",
}
# Where somebody else's text may come in; %s is it.
PLACES: dict[str, list[str]] = {
    "recipient": ["-s", "S", "a@example.org%s"],
    "recipient-in-front": ["-s", "S", "%sa@example.org"],
    "copy": ["-s", "S", "-c", "b@example.org%s", "a@example.org"],
    "blind": ["-s", "S", "-b", "b@example.org%s", "a@example.org"],
    "sender": ["-s", "S", "-r", "me@example.com%s", "a@example.org"],
    "name": ["-s", "S", "-r", "Me%s <me@example.com>", "a@example.org"],
    "subject": ["-s", "S%s", "a@example.org"],
    "field": ["-s", "S", "-a", "X-Note: a%s", "a@example.org"],
    "field-name": ["-s", "S", "-a", "X-Note%s: a", "a@example.org"],
    "type": ["-s", "S", "-M", "text/plain%s", "a@example.org"],
    "envelope": ["-s", "S", "-S", "smtp-from=me@example.com%s", "a@example.org"],
    "hello": ["-s", "S", "-S", "hostname=h.example.com%s", "a@example.org"],
    "login": ["-s", "S", "-S", "user=me%s", "-S", "smtp-auth=plain", "a@example.org"],
    "reply-to": ["-s", "S", "-S", "reply-to=me@example.com%s", "a@example.org"],
    "custom": ["-s", "S", "-S", "customhdr=X-Note: a%s", "a@example.org"],
    "organization": ["-s", "S", "-S", "ORGANIZATION=a%s", "a@example.org"],
    "password": ["-s", "S", "-S", "user=me", "-S", "password=a%s", "a@example.org"],
}
EVIL = "RCPT TO:<evil@example.net>"


@pytest.fixture(scope="module")
def server() -> Any:
    with serving() as started:
        yield started


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("place", PLACES)
def test_text_of_others_adds_no_command_and_no_field(
    pymail: Run, server: Server, place: str, end: str
) -> None:
    del server.heard[:], server.contents[:]
    evil = f"{end}{EVIL}{end}Bcc: evil@example.net{end}"
    words = [word.replace("%s", evil) for word in PLACES[place]]
    rc = f"set smtp={server.address} from=me@example.com logfile=~/log\n"
    ended = pymail(*words, rc=rc)
    assert set(server.verbs) <= KNOWN
    assert not any(line.startswith(EVIL) for line in server.heard)
    said = (ended.out + ended.err).replace("\n", "")
    assert said.isprintable()
    assert ended.status == 0 or ended.err
    for content in server.contents:
        check_header(content)


def check_header(content: bytes) -> None:
    header = content.partition(b"\r\n\r\n")[0]
    for line in header.split(b"\r\n"):
        assert not line.startswith((b"RCPT", b"Bcc:"))
        assert not any(octet in b"\r\n\0\x1b" for octet in line)
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    assert "bcc" not in parsed
    assert parsed["subject"] is not None


SHELL = {
    "backquotes": "`touch pwned`@example.org",
    "dollar": "$(touch pwned)@example.org",
    "pipe": "|touch pwned",
    "pipe-quoted": '"|touch pwned"',
    "path": "./pwned",
    "absolute": "/tmp/../pwned",
    "semicolon": "a@example.org;touch pwned",
    "ampersand": "a@example.org&touch pwned",
    "option": "-X./pwned@example.org",
    "quoted-option": '"-X./pwned"@example.org',
    "long-option": "--exec=touch@example.org",
}


@pytest.mark.parametrize("address", SHELL.values(), ids=SHELL)
def test_no_address_runs_or_writes_anything(home: Any, address: str) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        before = {each.name for each in home.path.iterdir()}
        home.run(["pymail", "-s", "S", "--", address], rc=rc)
        home.run(["pymail-sendmail", "-i", "--", address], rc=rc)
    made = {each.name for each in home.path.iterdir()} - before
    assert made <= {".mailrc", "stdin", "dead.letter"}


MTA = """#!/bin/sh
printf '%s\\n' "$@" >arguments
env >variables
cat >message
"""


@pytest.mark.parametrize("program", ["pymail", "pymail-sendmail"])
@pytest.mark.parametrize(
    "address", ['"-X./pwned"@example.org', "-oQ/tmp@example.org", "-f@example.org"]
)
def test_local_program_takes_no_address_for_an_option(
    home: Any, program: str, address: str
) -> None:
    script = home.path / "mta"
    script.write_text(MTA)
    script.chmod(0o700)
    message = f"To: {address}, b@example.org\nSubject: S\n\ntext\n".encode()
    rc = f"set mta={script} from=me@example.com password=hunter22\n"
    variables = {"smtp-auth-password": "hunter33"}
    home.run([program, "-t"], rc=rc, stdin=message, variables=variables)
    arguments = (home.path / "arguments").read_text().splitlines()
    assert arguments[arguments.index("--") + 1 :][-1] == "b@example.org"
    assert not any(word.startswith(("-X", "-oQ")) for word in before(arguments))
    assert "hunter" not in "".join(arguments)
    assert "hunter" not in (home.path / "variables").read_text()
    assert "hunter" not in (home.path / "message").read_text()


def before(arguments: list[str]) -> list[str]:
    return arguments[: arguments.index("--")]


HOSTILE = "\x1b]0;owned\a\x1b[2J\x9b5n\r\x08\u202e[red]x[/red]"


@pytest.mark.parametrize(
    ("step", "how"),
    [
        *((step, "-S") for step in ("greeting", "RCPT", ".")),
        *((step, "-v") for step in ("EHLO", "DATA", "QUIT")),
        *((step, "--debug") for step in ("greeting", "MAIL", ".")),
    ],
)
def test_words_of_the_server_are_shown_and_not_obeyed(
    home: Any, step: str, how: str
) -> None:
    option = [how, "verbose=no"] if how == "-S" else [how]
    if how == "-S":
        option = []
    with serving({step: f"554 5.7.1 {HOSTILE}", "HELO": f"554 {HOSTILE}"}) as server:
        rc = f"set smtp={server.address} from=me@example.com logfile=~/log\n"
        ended = home.run(["pymail", *option, "-s", "S", "a@example.org"], rc=rc)
    assert ended.status == (0 if step == "QUIT" else 69)
    log: Path = home.path / "log"
    for text in (ended.out, ended.err, log.read_text()):
        assert text.replace("\n", "").isprintable()
    if step != "QUIT" or how != "-S":
        assert ("owned" in ended.err) is (step != "QUIT" or bool(option))


def test_files_are_private_whatever_the_umask(home: Any) -> None:
    words = ["sh", "-c", 'umask 0; exec "$0" "$@"', PROGRAMS["pymail"], "a@example.org"]
    with serving({"RCPT": "550 no"}) as server:
        rc = f"set smtp={server.address} from=me@example.com logfile=~/log\n"
        assert home.run(words, rc=rc).status != 0
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com record=~/sent\n"
        assert home.run(words, rc=rc).status == 0
        rc = f"{rc}set umask=022 record=~/shared\n"
        assert home.run(words, rc=rc).status == 0
    modes = {
        name: (home.path / name).stat().st_mode & 0o777
        for name in ("dead.letter", "log", "sent", "shared")
    }
    assert modes == {"dead.letter": 0o600, "log": 0o600, "sent": 0o600, "shared": 0o644}
