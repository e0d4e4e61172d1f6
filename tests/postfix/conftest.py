"""A private Postfix, and the `pymail` command as a user has it.

All of it lies below one directory in /tmp, because pytest's own directories are
closed to the users that Postfix runs as.
"""

import email
import email.policy
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import pytest
import trustme

from tests.installed import Ended, Home

HERE = Path(__file__).parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER, PASSWORD = "lin", "three words 密码"
NOBODY = 65534  # owns the mailboxes, see main.cf
PATIENCE_SECONDS = 20
PAUSE_SECONDS = 0.02
START_ATTEMPTS = 3  # another program may take a port that was free

MAILBOXES = """\
/^crowd-[0-9]+@example[.]com$/ crowd/
/^(lin|mei|wu|林)([+].*)?@example[.]com$/ known/
"""
PUT_OFF = """\
/^later[+]/ 450 4.7.1 Greylisted, please come back later
/^full[+]/ 452 4.2.2 Mailbox full
"""
SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {database}
mech_list: LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-512
"""

T = TypeVar("T")


def until(question: Callable[[], T]) -> T:
    """Ask until the answer is true, or patience ends; returns the last answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
    return answer


@dataclass(frozen=True)
class Postfix:
    """A mail system that runs; `ports` by the names in master.cf."""

    directory: Path
    ports: dict[str, int]

    @property
    def sendmail(self) -> str:
        """Its own sendmail program; /usr/sbin/sendmail may be another's."""
        words = ("postconf", "-c", str(self.directory), "-h", "sendmail_path")
        return subprocess.check_output(words, text=True, env={"PATH": PATH}).strip()

    @property
    def authority(self) -> Path:
        """The file with the certificate that vouches for its own."""
        return self.directory / "ca.pem"

    @property
    def log(self) -> str:
        """The log so far."""
        return (self.directory / "log").read_text("utf-8", "replace")

    @property
    def plain(self) -> str:
        """Settings for the port without TLS and with a small limit of size."""
        return f"set from=me@example.org smtp=localhost:{self.ports['PLAIN']}\n"

    @property
    def starttls(self) -> str:
        """Settings for the port with STARTTLS, which is required."""
        return f"{self.offering}set smtp-use-starttls\n"

    @property
    def offering(self) -> str:
        """Settings for the same port that do not ask for TLS."""
        return (
            f"set from=me@example.org smtp=localhost:{self.ports['SUBMISSION']}\n"
            f"set ssl-ca-file={self.authority}\n"
        )

    @property
    def implicit(self) -> str:
        """Settings for the port with TLS from the start, without the login it asks."""
        return (
            f"set from=me@example.org smtp=smtps://localhost:{self.ports['SUBMISSIONS']}\n"
            f"set ssl-ca-file={self.authority}\n"
        )

    @property
    def program(self) -> str:
        """Settings for its own sendmail program."""
        return f'set mta={self.sendmail} mta-arguments="-C {self.directory}"\n'

    def logged(self, pattern: str, *, since: int = 0) -> list[str]:
        """Wait until the log has it, from a length on; returns all there is of it."""
        found = until(lambda: re.findall(pattern, self.log[since:]))
        assert found, f"not logged: {pattern}\n{self.log[-5000:]}"
        return found

    def mail(self, address: str) -> EmailMessage:
        """Wait for the mail that an address gets, the only one."""
        found = until(lambda: self.mails(address))
        assert len(found) == 1, f"{len(found)} mails to {address}\n{self.log[-5000:]}"
        return found[0]

    def octets(self, address: str) -> bytes:
        """Wait for the only mail of an address; returns it as it lies there."""
        self.mail(address)
        return self._octets(address)[0]

    def mails(self, address: str) -> list[EmailMessage]:
        """Take the mails that an address has got so far."""
        return [_parsed(mail) for mail in self._octets(address)]

    def _octets(self, address: str) -> list[bytes]:
        mark = f"\nDelivered-To: {address}\n".encode()
        octets = [path.read_bytes() for path in self._mailbox("known")]
        return [mail for mail in octets if mark in mail[:1000]]

    def queue_id(self, address: str) -> str:
        """Tell under which name the mail to an address was in the queue."""
        found = re.search(r"\bid (\w+)", self.mail(address)["Received"])
        assert found
        return found[1]

    def crowd(self, number: int) -> list[str]:
        """Wait for the mails to the crowd; returns who got one, in order."""
        until(lambda: len(self._mailbox("crowd")) >= number)
        mails = [_parsed(path.read_bytes()) for path in self._mailbox("crowd")]
        return sorted(mail["Delivered-To"] for mail in mails)

    def _mailbox(self, name: str) -> list[Path]:
        return list((self.directory / "mail" / name / "new").glob("*"))


def _parsed(octets: bytes) -> EmailMessage:
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.fixture(scope="session")
def postfix() -> Iterator[Postfix]:
    """Run a Postfix for all tests of a session."""
    if reason := obstacle():
        if os.environ.get("PYMAIL_REQUIRE_POSTFIX"):
            pytest.fail(reason)
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(
        prefix="pymail-postfix-", dir="/tmp", ignore_cleanup_errors=True
    ) as name:
        directory = Path(name)
        directory.chmod(0o755)
        furnish(directory)
        server = Postfix(directory, start(directory))
        yield server
        stop(directory)


def obstacle() -> str:
    """Tell why no Postfix can run here, empty if one can."""
    for program in ("postfix", "saslpasswd2"):
        if not shutil.which(program, path=PATH):
            return f"{program} is not installed"
    return "" if os.geteuid() == 0 else "Postfix is started by root alone"


def furnish(directory: Path) -> None:
    """Make what the configuration names."""
    for name in ("spool", "data", "mail", "sasl"):
        (directory / name).mkdir(mode=0o755)
    shutil.chown(directory / "data", "postfix")
    os.chown(directory / "mail", NOBODY, NOBODY)
    (directory / "mailboxes").write_text(MAILBOXES)
    (directory / "put-off").write_text(PUT_OFF)
    shutil.copy(HERE / "main.cf", directory)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(directory / "ca.pem")
    server = authority.issue_cert("localhost", "127.0.0.1")
    server.private_key_and_cert_chain_pem.write_to_path(directory / "server.pem")
    database = directory / "sasl/passwords"
    (directory / "sasl/smtpd.conf").write_text(SASL.format(database=database))
    run("saslpasswd2", "-p", "-c", "-f", database, "-u", "example.com", USER)
    shutil.chown(database, "postfix")


def run(*words: str | Path) -> None:
    """Run an administrator's program, with the password on standard input."""
    subprocess.run(words, check=True, input=PASSWORD.encode(), env={"PATH": PATH})


def start(directory: Path) -> dict[str, int]:
    """Start on free ports; `postfix start` comes back when they are open."""
    command = ["postfix", "-c", str(directory), "start"]
    for _ in range(START_ATTEMPTS):
        ports = free_ports("PLAIN", "SUBMISSION", "SUBMISSIONS")
        services = (HERE / "master.cf").read_text()
        for name, port in ports.items():
            services = services.replace(f"@{name}@", f"127.0.0.1:{port}")
        (directory / "master.cf").write_text(services)
        with (directory / "said").open("ab") as said:
            ended = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={"PATH": PATH},
            )
        if ended.returncode == 0:
            return ports
    said_and_logged = [directory / "said", directory / "log"]
    pytest.fail("".join(p.read_text() for p in said_and_logged if p.exists()))


def free_ports(*names: str) -> dict[str, int]:
    """Choose ports that are free now."""
    with ExitStack() as stack:
        probes = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names
        ]
        return {
            name: probe.getsockname()[1]
            for name, probe in zip(names, probes, strict=True)
        }


def stop(directory: Path) -> None:
    """Stop the master process, which takes the others with it."""
    master = int((directory / "spool/pid/master.pid").read_text())
    os.kill(master, signal.SIGTERM)

    def gone() -> bool:
        with suppress(ChildProcessError):  # orphans are ours
            while os.waitpid(-master, os.WNOHANG)[0]:
                pass
        with suppress(ProcessLookupError):
            os.killpg(master, 0)
            return False
        return True

    until(gone)


@dataclass(frozen=True)
class Command(Home):
    """The installed commands, in a home of their own."""

    def __call__(
        self, *words: str, rc: str, stdin: bytes = b"hello\n", program: str = "pymail"
    ) -> Ended:
        return self.run([program, *words], rc=rc, stdin=stdin)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
def address() -> Callable[[str], str]:
    """Make an address that no other mail is sent to."""

    def fresh(name: str = "lin") -> str:
        return f"{name}+{secrets.token_hex(6)}@example.com"

    return fresh
