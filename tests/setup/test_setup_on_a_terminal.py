"""--setup and --login on a pseudo-terminal."""

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.compose.test_on_a_terminal import Session
from tests.live_server import free_port

pytestmark = [pytest.mark.terminal, pytest.mark.live]

ROOT = Path(__file__).parents[2]
CODE = "ABCDEFGHIJKLMNOP"


class Person(Session):
    """A user at a terminal, with a home directory."""

    def __init__(self, home: Path, *words: str, places: str = "") -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            variables = {**os.environ, "HOME": str(home), "TERM": "dumb"}
            driver = ["-m", "tests.setup.driver", places]
            command = [sys.executable, *driver, *words, "-n"]
            os.execve(sys.executable, command, variables)  # noqa: S606 - no shell is meant
        self.shown = ""
        self._seen = 0


def sends(home: Path, address: str) -> tuple[int, bytes]:
    """Send a mail with cron's environment; returns status and standard error."""
    ended = subprocess.run(
        [sys.executable, "-m", "pymail", "-n", "-s", "x", address],
        input=b"hi\n",
        env={"HOME": str(home), "PATH": os.defpath, "MAILX_NO_SYSTEM_RC": "1"},
        cwd="/",
        capture_output=True,
        check=False,
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(
    ("address", "question"),
    [
        ("me@163.com", "Authorization code for me@163.com: "),
        ("me@qq.com", "Authorization code for me@qq.com: "),
        ("me@gmail.com", "App password for me@gmail.com: "),
    ],
)
def test_known_provider_needs_only_its_secret(
    tmp_path: Path, server: Any, address: str, question: str
) -> None:
    person = Person(tmp_path, "--setup", address, *server.words)
    domain = address.partition("@")[2]
    person.see(f": go to the settings of {domain}\n{question}")
    person.type(f"{CODE[:4]} {CODE[4:]}\n")
    person.see(f"Send a test mail to {address}? [Y/n] ")
    person.type("\n")
    person.see(f"to send mail: echo hello | pymail -s Test {address}\n")
    assert person.end() == 0
    assert CODE not in person.shown.replace(" ", "")
    assert "The server accepted the test mail\n" in person.shown
    assert server.logins == [(address, CODE)] * 2
    assert [mail.rcpt_tos for mail in server.mails] == [[address]]
    assert stat.S_IMODE((tmp_path / ".mailrc").stat().st_mode) == 0o600
    assert sends(tmp_path, address) == (0, b"")
    assert len(server.mails) == 2


def test_server_of_an_unknown_domain_is_found_and_confirmed(
    tmp_path: Path, server: Any
) -> None:
    words = ("--setup", "-S", f"ssl-ca-file={server.ca}")
    places = f"localhost:1,localhost:{server.port}"
    person = Person(tmp_path, *words, places=places)
    person.see("Your mail address: ")
    person.type("nonsense\n")
    person.see("an address needs an @ and a domain\nYour mail address: ")
    person.type("me@own.example\n")
    person.see("trying localhost:1\n")
    person.see("refused")
    person.see(f"trying localhost:{server.port}\n")
    person.see(f"Server [smtps://localhost:{server.port}]: ")
    person.type("\n")
    person.see("Login name [me@own.example]: ")
    person.type("me\n")
    person.see("Password for me: ")
    person.type(f"{CODE}\n")
    person.see("[Y/n] ")
    person.type("n\n")
    assert person.end() == 0
    assert server.logins == [("me", CODE)]
    assert sends(tmp_path, "a@x.org") == (0, b"")
    assert server.mails[0].mail_from == "me@own.example"


def test_tokens_come_from_a_command(tmp_path: Path, server: Any) -> None:
    person = Person(tmp_path, "--setup", "me@outlook.com", *server.words)
    person.see("Outlook.com accepts no passwords, only OAuth 2 access tokens\n")
    person.see("Command that prints a token: ")
    person.type("echo token\n")
    assert person.end() == 77  # this server has no XOAUTH2
    assert "XOAUTH2" in person.shown.upper()
    assert not (tmp_path / ".mailrc").exists()


def test_prompt_is_repeated_after_a_wrong_code(tmp_path: Path, server: Any) -> None:
    person = Person(tmp_path, "--setup", "me@163.com", *server.words)
    person.see("Authorization code for me@163.com: ")
    person.type(" \n")
    person.see("Authorization code for me@163.com: ")
    person.type("wrong\n")
    person.see("535")
    person.see("what to do:")
    person.see("providers lock accounts after repeated failures)\n")
    person.see("Authorization code for me@163.com: ")
    person.type(f"{CODE}\n")
    person.see("[Y/n] ")
    person.type("n\n")
    assert person.end() == 0
    assert [code for _, code in server.logins] == ["wrong", CODE]


def test_third_wrong_code_ends_the_setup(tmp_path: Path, server: Any) -> None:
    person = Person(tmp_path, "--setup", "me@163.com", *server.words)
    for _ in range(3):
        person.see("Authorization code for me@163.com: ")
        person.type("wrong\n")
    assert person.end() == 77
    assert len(server.logins) == 3
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("answered", [0, 1, 2, 3])
def test_interrupt_at_any_question_changes_nothing(
    tmp_path: Path, server: Any, answered: int
) -> None:
    questions = ("Your mail address: ", "Server", "Login name", "Password for me: ")
    answers = ("me@own.example", server.url, "me")
    person = Person(tmp_path, "--setup", "-S", f"ssl-ca-file={server.ca}")
    for question, answer in zip(questions, answers[:answered], strict=False):
        person.see(question)
        person.type(f"{answer}\n")
    person.see(questions[answered])
    person.interrupt()
    assert person.end() == 130
    assert "Traceback" not in person.shown
    assert not [*tmp_path.iterdir()]


def test_end_of_input_changes_nothing(tmp_path: Path) -> None:
    person = Person(tmp_path, "--setup")
    person.see("Your mail address: ")
    person.type("\x04")
    assert person.end() == 64
    assert "no answer to 'Your mail address'; nothing was changed\n" in person.shown
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 75), ("", 75)])
def test_unreachable_server_is_written_if_the_user_agrees(
    tmp_path: Path, answer: str, status: int
) -> None:
    url = f"smtp://localhost:{free_port()}"
    person = Person(tmp_path, "--setup", "me@163.com", "-S", f"smtp={url}")
    person.see("Authorization code for me@163.com: ")
    person.type(f"{CODE}\n")
    person.see("the login could not be tried: connecting to localhost")
    person.see("Write the settings anyway? [y/N] ")
    person.type(f"maybe\n{answer}\n")
    if status == 0:
        person.see("[Y/n] ")
        person.type("n\n")
    assert person.end() == status
    assert (tmp_path / ".mailrc").exists() is (status == 0)


def test_login_does_not_echo_the_password(tmp_path: Path, server: Any) -> None:
    rc = f"set smtp={server.url} ssl-ca-file={server.ca} user=me@163.com\n"
    (tmp_path / ".mailrc").write_text(rc)
    person = Person(tmp_path, "--login")
    person.see("Password for me@163.com: ")
    person.type(f"{CODE}\n")
    assert person.end() == 0
    assert CODE not in person.shown
    assert sends(tmp_path, "a@x.org") == (0, b"")
