"""Modules that each program loads to send a plain message, in a fresh interpreter.

The budget is a list, not a time: heavy modules are loaded only when they are needed.
The interpreter runs without `site`, so that only pymail loads modules.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scripted import Server, serving

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 20

PROGRAMS: Mapping[str, tuple[list[str], bytes]] = {
    "pymail": (["-s", "hello", "ops@example.com"], b"text\n"),
    "pymail-sendmail": (
        ["-i", "-f", "me@example.com", "ops@example.com"],
        b"From: me@example.com\nTo: ops@example.com\nSubject: hello\n\ntext\n",
    ),
}

# Modules that no plain message needs, with any transport.
HEAVY = (
    "aiosmtpd",
    "asn1crypto",
    "asyncio",
    "click",
    "concurrent",
    "cryptography",
    "email.headerregistry",
    "email.mime",
    "email.parser",
    "email.policy",
    "encodings.idna",
    "getpass",
    "http",
    "idna",
    "importlib.metadata",
    "importlib.resources",
    "json",
    "keyring",
    "logging",
    "markdown_it",
    "mimetypes",
    "multiprocessing",
    "netrc",
    "pygments",
    "rich",
    "scramp",
    "sqlite3",
    "stringprep",
    "trustme",
    "unicodedata",
    "unittest",
    "urllib.request",
    "xml",
)
HMAC = () if sys.version_info >= (3, 14) else ("hmac",)  # smtplib tries it there
# Modules that no plain session needs, although libraries import them at their top.
RARE = (
    *("bz2", "copy", "difflib", "email.generator", "email.message"),
    *("email.utils", "hashlib", "inspect", "ipaddress", "locale"),
    *HMAC,
    *("lzma", "random", "selectors", "shutil", "ssl", "subprocess"),
    "tempfile",
)


def family(name: str, members: str) -> set[str]:
    return {f"pymail.{name}", *(f"pymail.{name}.{each}" for each in members.split())}


# Modules that build a message; those of the transports are added.
OURS = {
    *("pymail", "pymail.environment", "pymail.errors", "pymail.late", "pymail.model"),
    *("pymail.octets", "pymail.secret"),
    *family(
        "address",
        "addr_spec aliases dsn envelope address_list mailbox recipient_kinds",
    ),
    *family(
        "message",
        "build charsets decoding draft fields header message_id mime_parameters",
    ),
    *family(
        "message",
        "byte_source text_encoding transfer_encoding mime_entity encoded_words",
    ),
    *("pymail.reply", "pymail.text"),
    *family("report", "delivery_report"),
    *family("mailrc", "commands interpreter lexer state"),
    *family("settings", "layers loader message_options models resolve"),
    *family("settings", "server server_models server_url variables"),
    *family("delivery", "complete_draft hand_over outgoing prepare"),
    *family("delivery", "recipients"),
    *family("terminal", "output trace"),
    *family("delivery", "sender context settings"),
    *family("commands", "deliver invocation"),
    *("pymail.main", "pymail.signals"),
}
OURS_OF_PROGRAM = {
    "pymail": OURS
    | {
        *family("cli", "arguments options"),
        *family("commands", "draft_options send"),
    },
    "pymail-sendmail": OURS
    | {*family("commands", "sendmail"), *family("cli", "sendmail_arguments")}
    | {*family("message", "foreign encoding_repair raw_message mbox_format")}
    | {*family("delivery", "raw_message")},
}
TRANSPORTS = ("pymail.transport", "pymail.sasl")
OF_THE_MACHINE = {"pymail.address.mta_aliases"}  # where it has /etc/aliases
# Modules of SMTP alone.
SMTP = ("email", "smtplib", "ssl")
TLS = ("ssl", "pymail.transport.tls")
SMTP_OF_OURS = {
    "pymail.transport.happy_eyeballs",
    "pymail.transport.connect",
    "pymail.transport.handshake",
    "pymail.transport.starttls",
    "pymail.transport.extensions",
    "pymail.transport.reply_reader",
    "pymail.transport.smtp_session",
    "pymail.transport.smtp",
    "pymail.transport.transaction",
}
# Further modules of a login, wherever its secret is.
OF_A_LOGIN = {
    *("pymail.disk", "pymail.locks"),
    *family("delivery", "logins rewrite_from"),
    *family("credentials", "chain secret_text netrc secret_file"),
    *family("sasl", "choose mechanisms"),
    *family("settings", "secret_options"),
    *family("files", "refused_logins state_file"),
    "pymail.transport.auth",
}
ANY_TRANSPORT = {"pymail.transport", "pymail.transport.base", "pymail.transport.choose"}

START = """
import os, sys
sys.path[:0] = {path!r}
sys.argv = {argv!r}
def loaded(module):
    return type(module).__module__ != "pymail.late"
def end(status, really=os._exit):
    with open({listing!r}, "w") as file:
        file.write("\\n".join(n for n, m in sys.modules.items() if loaded(m)))
    really(status)
os._exit = end
from pymail.main import run
run()
"""


@dataclass(frozen=True)
class Started:
    """Loaded modules, and the output."""

    modules: frozenset[str]
    out: str
    err: str

    def loaded_of(self, names: tuple[str, ...]) -> set[str]:
        """The modules of these names that are loaded, and theirs."""
        return {
            module
            for module in self.modules
            if any(module == name or module.startswith(f"{name}.") for name in names)
        }


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Started]:
    """Start a program in a fresh interpreter, with these settings as ~/.mailrc."""

    def started(program: str, rc: str, *more: str, status: int = 0) -> Started:
        words, text = PROGRAMS[program]
        (tmp_path / ".mailrc").write_text(rc)
        listing = tmp_path / "modules"
        script = START.format(
            path=[str(ROOT), *filter(None, sys.path)],
            argv=[program, *more, *words],
            listing=str(listing),
        )
        ended = subprocess.run(
            [sys.executable, "-I", "-S", "-c", script],
            input=text,
            capture_output=True,
            check=False,
            timeout=PATIENCE_SECONDS,
            env={"HOME": str(tmp_path), "MAILX_NO_SYSTEM_RC": "1", "LC_ALL": "C"},
        )
        assert ended.returncode == status, ended.stderr.decode()
        modules = frozenset(listing.read_text().split())
        return Started(modules, ended.stdout.decode(), ended.stderr.decode())

    return started


@pytest.fixture
def sink() -> Iterator[Server]:
    with serving({"EHLO": "250-sink\n250 AUTH PLAIN"}) as server:
        yield server


@pytest.mark.parametrize("program", PROGRAMS)
def test_plain_smtp_message_loads_what_it_needs(
    program: str, start: Callable[..., Started], sink: Server
) -> None:
    started = start(program, f"set smtp=127.0.0.1:{sink.port} from=me@example.com")
    assert "RCPT TO:<ops@example.com>" in sink.heard
    assert (started.out, started.err) == ("", "")
    assert started.loaded_of((*HEAVY, *RARE)) == set()
    ours = started.loaded_of(("pymail",)) - OF_THE_MACHINE
    assert ours == OURS_OF_PROGRAM[program] | ANY_TRANSPORT | SMTP_OF_OURS


@pytest.mark.parametrize("program", PROGRAMS)
def test_only_tls_loads_ssl(
    program: str, start: Callable[..., Started], sink: Server
) -> None:
    here = f"127.0.0.1:{sink.port}"
    plain = start(program, f"set smtp={here} from=me@example.com")
    assert plain.loaded_of(TLS) == set()
    tls = start(program, f"set smtp=smtps://{here} from=me@example.com", status=76)
    assert tls.loaded_of(TLS) == set(TLS)


def test_check_of_a_local_program_loads_no_ssl(start: Callable[..., Started]) -> None:
    started = start("pymail", "set mta=/bin/true from=me@example.com", "--check")
    assert started.loaded_of(("ssl", "smtplib")) == set()


@pytest.mark.parametrize(
    ("sender", "asked"),
    [("me@example.com", False), ("root@box", False), ("other@example.com", True)],
)
def test_only_a_foreign_sender_loads_the_providers(
    start: Callable[..., Started], sender: str, asked: bool
) -> None:
    login = "smtp-auth-user=me@example.com smtp-auth-password=secret"
    started = start("pymail", f"set smtp=mail.example.com {login} from={sender}", "-d")
    providers = started.loaded_of(("pymail.report.providers",))
    assert bool(providers) is asked
    assert not started.loaded_of(("pymail.report.reply_kinds",))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_message_without_recipients_loads_no_network(
    program: str, start: Callable[..., Started]
) -> None:
    started = start(program, "set mta=test from=me@example.com")
    assert "Subject: hello" in started.out
    assert started.loaded_of((*HEAVY, *SMTP)) == set()
    transports = started.loaded_of(TRANSPORTS)
    assert transports == {*ANY_TRANSPORT, "pymail.transport.file"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_message_for_the_local_program_loads_no_network(
    program: str, start: Callable[..., Started], tmp_path: Path
) -> None:
    mta = tmp_path / "mta"
    mta.write_text("#!/bin/sh\nexec cat >/dev/null\n")
    mta.chmod(0o700)
    started = start(program, f"set mta={mta} from=me@example.com")
    assert started.loaded_of((*HEAVY, *SMTP)) == set()
    ours = started.loaded_of(("pymail",)) - OF_THE_MACHINE
    sendmail = {"pymail.transport.local_mta"}
    assert ours == OURS_OF_PROGRAM[program] | ANY_TRANSPORT | sendmail


OF_OUTBOX = {
    *family("outbox", "entry journal directory retry queued_message"),
    *family("delivery", "queue"),
    *("pymail.disk", "pymail.locks"),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_outbox_loads_only_the_queue(
    program: str, start: Callable[..., Started], sink: Server, tmp_path: Path
) -> None:
    rc = f"set smtp=127.0.0.1:{sink.port} from=me@example.com outbox={tmp_path}/box"
    started = start(program, rc)
    assert started.loaded_of((*HEAVY, *RARE)) == set()
    ours = started.loaded_of(("pymail",)) - OF_THE_MACHINE
    assert ours == OURS_OF_PROGRAM[program] | ANY_TRANSPORT | SMTP_OF_OURS | OF_OUTBOX
    assert list((tmp_path / "box").iterdir()) == []


@pytest.mark.parametrize(
    ("option", "readers"), [("--markdown", {"markdown_it"}), ("--html", set())]
)
def test_each_type_of_text_loads_its_own_reader(
    start: Callable[..., Started], option: str, readers: set[str]
) -> None:
    started = start("pymail", "set mta=test from=me@example.com", option)
    assert "multipart/alternative" in started.out
    loaded = started.loaded_of(("markdown_it", "rich", "html.parser"))
    assert {name.partition(".")[0] for name in loaded} == readers


def test_dry_run_loads_no_transport(start: Callable[..., Started]) -> None:
    started = start("pymail", "set smtp=mail.example.com from=me@example.com", "-d")
    assert "to mail.example.com:25" in started.out
    assert started.loaded_of((*HEAVY, *SMTP)) == set()
    assert started.loaded_of(TRANSPORTS) <= ANY_TRANSPORT


def test_one_program_does_not_load_the_other(start: Callable[..., Started]) -> None:
    started = start("pymail", "set mta=test from=me@example.com")
    assert "pymail.commands.sendmail" not in started.modules
    started = start("pymail-sendmail", "set mta=test from=me@example.com")
    assert started.loaded_of(("pymail.commands.send",)) == set()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("place", ["rc", "file", "own", "netrc"])
def test_login_loads_what_its_secret_needs(
    program: str,
    place: str,
    start: Callable[..., Started],
    sink: Server,
    tmp_path: Path,
) -> None:
    entry = "machine 127.0.0.1 login me password p\n"
    own = ".config/pymail/credentials"
    files = {"file": ("file", "p\n"), "own": (own, entry), "netrc": ("netrc", entry)}
    if place in files:
        name, text = files[place]
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    said = {"rc": "password=p", "file": "smtp-password-file=~/file"}
    started = start(
        program,
        f"set smtp=127.0.0.1:{sink.port} from=me@example.com user=me {said.get(place, '')}\n"
        "set NETRC=~/netrc",
    )
    assert "AUTH PLAIN AG1lAHA=" in sink.heard
    assert (started.out, started.err) == ("", "")
    plain = start(program, f"set smtp=127.0.0.1:{sink.port} from=me@example.com")
    ours = started.loaded_of(("pymail",)) - plain.modules
    assert ours == OF_A_LOGIN - plain.modules
    assert started.loaded_of((*HEAVY, *HMAC, "hashlib", "subprocess")) == set()
