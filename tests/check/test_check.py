"""--check: every step to the server is tried, told, and nothing is sent."""

import json
import os
import pty
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pymail.commands.check.check import check
from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.errors import Interrupted
from pymail.model import replace
from pymail.settings.loader import load
from tests.live_server import running

Run = Callable[..., Any]
PASSWORD = "pass-word-16"


class Handler:
    """Takes nothing, and knows nobody."""

    def __init__(self) -> None:
        self.contents = 0
        self.senders: list[str] = []
        self.port = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        self.senders.append(address)
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("no"):
            return "550 5.1.1 nobody"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, _envelope: Any
    ) -> str:
        self.contents += 1
        return "250 ok"


def verdict(
    _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any
) -> AuthResult:
    return AuthResult(success=login.password == PASSWORD.encode(), handled=False)


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    handler = Handler()
    options = {"auth_require_tls": False, "enable_SMTPUTF8": False}
    with running(handler, authenticator=verdict, **options) as handler.port:
        yield handler
    assert handler.contents == 0


def rc(server: Any, *more: str) -> str:
    return "\n".join(
        [
            f"set smtp=127.0.0.1:{server.port}",
            "set smtp-auth-user=me@example.com",
            *more,
        ]
    )


@pytest.fixture
def mailrc(world: Any, server: Any) -> Callable[..., Path]:
    def write(*more: str) -> Path:
        path: Path = world.write(".mailrc", rc(server, *more))
        path.chmod(0o600)
        return path

    return write


def checked(around: Any, **more: Any) -> int:
    invocation = Invocation(check=True, **more)
    loaded = load(invocation.load_request, around)
    return check(invocation, loaded, RunContext(around, "pymail"))


def stages(ended: Any) -> dict[str, Any]:
    return {stage["name"]: stage for stage in json.loads(ended.out)["stages"]}


# ── the whole ───────────────────────────────────────────────────────────────


@pytest.mark.live
def test_all_is_well(pymail: Run, mailrc: Any, server: Any) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD} from=root@web1")
    ended = pymail("--check")
    assert (ended.status, ended.err) == (0, "")
    words = [line.split()[:2] for line in ended.out.splitlines() if line[0] != " "]
    assert words[:-2] == [
        ["ok", "settings"],
        ["ok", "secret"],
        ["ok", "name"],
        ["ok", "connect"],
        ["ok", "greeting"],
        ["skipped", "tls"],
        ["ok", "extensions"],
        ["ok", "mechanism"],
        ["ok", "login"],
        ["ok", "sender"],
        ["ok", "recipients"],
    ]
    assert ended.out.endswith("nothing was sent\n")
    assert "sent from me@example.com, not root@web1" in ended.out
    assert server.senders[-1] == "me@example.com"
    assert "me@example.com: 250 ok" in ended.out


@pytest.mark.live
def test_all_recipients_are_asked_for_and_aliases_expand(
    pymail: Run, mailrc: Any
) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD}", "alias ops a@x.org no@x.org")
    ended = pymail("--check", "--json", "ops", "--", "b@x.org")
    assert ended.status == 69
    assert stages(ended)["recipients"]["facts"] == [
        "a@x.org: 250 ok",
        "no@x.org: 550 5.1.1 nobody",
        "b@x.org: 250 ok",
    ]


@pytest.mark.live
def test_refused_login_is_77_with_the_reply(pymail: Run, mailrc: Any) -> None:
    mailrc("set smtp-auth-password=wrong")
    ended = pymail("--check")
    assert ended.status == 77
    assert re.search(r"^FAILED  login .*535 5.7.8", ended.out, re.MULTILINE)
    assert "what to do" in ended.out


@pytest.mark.live
@pytest.mark.parametrize("option", ["--debug", "-v"])
def test_session_is_shown_on_standard_error_without_secrets(
    pymail: Run, mailrc: Any, option: str
) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD}")
    ended = pymail("--check", option)
    assert "AUTH PLAIN «secret»" in ended.err
    assert "RSET" in ended.err
    assert "221" in ended.err
    assert "DATA" not in ended.err
    assert PASSWORD not in ended.out + ended.err


@pytest.mark.live
def test_recipient_that_is_no_address_is_65_when_all_else_works(
    pymail: Run, mailrc: Any
) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD}")
    ended = pymail("--check", "--json", "a@b@c")
    found = stages(ended)
    assert (ended.status, found["recipients"]["exit_status"]) == (65, 65)
    assert "a@b@c" in found["recipients"]["problem"]
    assert found["login"]["verdict"] == "ok"


@pytest.mark.live
def test_one_bad_recipient_is_65_as_it_is_for_a_mail(pymail: Run, mailrc: Any) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD}")
    ended = pymail("--check", "--json", "a@b@c", "me@example.com")
    assert ended.status == 65
    facts = stages(ended)["recipients"]["facts"]
    assert facts == ["me@example.com: 250 ok"]


# ── settings ────────────────────────────────────────────────────────────────


def test_settings_that_make_no_sense_are_78_and_valid_json(
    pymail: Run, world: Any
) -> None:
    world.write(".mailrc", "set smtp=nosuch://x\n")
    ended = pymail("--check", "--json")
    assert ended.status == 78
    assert json.loads(ended.out)["exit_status"] == 78
    found = stages(ended)
    assert "~/.mailrc:1: smtp: nosuch://" in found["settings"]["problem"]
    assert "~/.mailrc: read" in found["settings"]["facts"]
    assert {s["verdict"] for n, s in found.items() if n != "settings"} == {"skipped"}


def test_files_are_told_with_what_became_of_them(pymail: Run, world: Any) -> None:
    ended = pymail("--check", "--json", "-S", "mta=test")
    facts = stages(ended)["settings"]["facts"]
    assert facts[0].endswith("/etc/mail.rc, nail.rc, s-nail.rc: none of them is read")
    assert facts[1] == f"~/.mailrc: no such file (for user me, uid {os.getuid()})"
    world.write("etc/mail.rc", "account work {\nset from=a@b.c\n}\n")
    world.write(".mailrc", "nonsense\nset foo crt")
    ended = pymail("--check", "--json", "-S", "mta=test", "-A", "work")
    stage = stages(ended)["settings"]
    assert stage["facts"][:3] == [
        f"{world.directory}/etc/mail.rc: read".replace(f"{world.directory}", "~"),
        "~/.mailrc: read",
        "account work",
    ]
    assert stage["problem"] == "~/.mailrc:1: unknown command 'nonsense'"
    assert "also: ~/.mailrc:2: no mailx knows foo, and it is ignored" in stage["facts"]
    assert (ended.status, ended.err) == (0, "")


def test_directory_in_place_of_a_file_is_named(pymail: Run, world: Any) -> None:
    (world.directory / ".mailrc").mkdir()
    stage = stages(pymail("--check", "--json", "-S", "mta=test"))["settings"]
    assert stage["verdict"] == "warning"
    assert stage["problem"] == "~/.mailrc: is a directory"


def test_misspelt_variable_is_named_with_what_was_meant(
    pymail: Run, world: Any
) -> None:
    world.write(".mailrc", "set smtp-auth-pasword=x9y9\nset mta=test\n")
    ended = pymail("--check")
    assert "~/.mailrc:1: no mailx knows smtp-auth-pasword" in ended.out
    assert "what to do: write smtp-auth-password" in ended.out
    assert "x9y9" not in ended.out


def test_settings_that_are_shown_hide_a_slip_of_the_pen_and_half_of_a_password(
    pymail: Run, world: Any
) -> None:
    text = "set mta=test\nset smtp-auth-pasword=x9y9\nset password=first x9y9 from=me\n"
    text += "set user-me@example.com=joe password-me@example.com=x9y9\n"
    world.write(".mailrc", text)
    plain, listed = pymail("--show-settings"), pymail("--show-settings", "--json")
    assert "x9y9" not in plain.out + plain.err + listed.out
    assert re.search(
        r"^smtp-auth-pasword +«secret» +~/.mailrc:2", plain.out, re.MULTILINE
    )
    assert re.search(r"^from +me +~/.mailrc:3", plain.out, re.MULTILINE)
    assert re.search(r"^user-me@example.com +joe +~/.mailrc:4", plain.out, re.MULTILINE)


def test_half_of_a_password_is_not_taken_for_a_name(pymail: Run, world: Any) -> None:
    path = world.write(".mailrc", "set mta=test smtp-auth-password=first x9y9\n")
    path.chmod(0o600)
    ended = pymail("--check")
    assert "there is a word beside the password" in ended.out
    assert "put a value with a blank in quotes" in ended.out
    assert "x9y9" not in ended.out


def test_end_of_an_address_is_not_taken_for_a_name(pymail: Run, world: Any) -> None:
    text = "set mta=test smtp=smtp://me\u00a0:x9y9@mail.example.com\n"
    world.write(".mailrc", text).chmod(0o600)
    shown, checked = pymail("--show-settings"), pymail("--check")
    assert "x9y9" not in shown.out + shown.err + checked.out + checked.err


@pytest.mark.parametrize(
    "text",
    [
        "set mta=test password=x",
        "set smtp=me:x@127.0.0.1:1",
        "account a {\nset password-me@example.com=x\n}\nset mta=test",
    ],
    ids=["variable", "url", "account"],
)
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_password_that_others_can_read_is_a_warning(
    pymail: Run, world: Any, text: str, mode: int
) -> None:
    world.write(".mailrc", text).chmod(mode)
    stage = stages(pymail("--check", "--json"))["settings"]
    warned = stage["problem"] == "others can read the password in ~/.mailrc"
    assert warned is (mode != 0o600)
    assert stage["advice"] == ("chmod 600 ~/.mailrc" if warned else "")


def test_file_that_is_gone_meanwhile_is_no_warning(world: Any) -> None:
    path = world.write(".mailrc", "set mta=test password=x")
    around = world.environment("pymail", "--check")
    invocation = Invocation(check=True)
    loaded = load(invocation.load_request, around)
    path.unlink()
    assert check(invocation, loaded, RunContext(around, "pymail")) == 0
    assert "others can read" not in around.stdout.getvalue()


def test_values_are_told_with_their_lines(pymail: Run, world: Any) -> None:
    world.write(
        ".mailrc",
        "set smtp=127.0.0.1:1 from='Me <me@example.com>'\n"
        "set smtp-use-starttls=no tls-verify=what user-127.0.0.1=me\n"
        "set smtp-password-command='echo x9y9' reply-to-honour=no\n",
    )
    stage = stages(pymail("--check", "--json"))["settings"]
    assert "smtp-use-starttls=no still requires STARTTLS" in stage["facts"][-1]
    assert stage["facts"][2:-1] == [
        "smtp=127.0.0.1:1 (~/.mailrc:1)",
        "smtp-password-command=«secret» (~/.mailrc:3)",
        "smtp-use-starttls=no (~/.mailrc:2)",
        "tls-verify=what (~/.mailrc:2)",
        "from=Me <me@example.com> (~/.mailrc:1)",
        "user-127.0.0.1=… (~/.mailrc:2)",
        "so mail goes to 127.0.0.1:1, with STARTTLS or not at all, login as me",
        "and is from me@example.com",
    ]
    assert "tls-verify=what: unknown word" in stage["problem"]


# ── the secret ──────────────────────────────────────────────────────────────


@pytest.mark.live
def test_places_of_the_secret_are_told_in_order_with_the_winner(
    pymail: Run, mailrc: Any, world: Any
) -> None:
    path = mailrc(f"set smtp-auth-password={PASSWORD}")
    world.write(
        ".netrc", "machine 127.0.0.1 login me@example.com password other\n"
    ).chmod(0o600)
    facts = stages(pymail("--check", "--json"))["secret"]["facts"]
    text = "\n".join(facts)
    used = text.index(f"mail.rc: found in ~/{path.name}:3, and used")
    shadowed = text.index("not used: mail.rc comes first")
    assert used < shadowed
    assert text.index("netrc: found in") < shadowed


@pytest.mark.live
def test_secret_that_nobody_has_is_77_and_the_network_is_checked(
    pymail: Run, mailrc: Any
) -> None:
    mailrc()
    ended = pymail("--check", "--json")
    found = stages(ended)
    assert ended.status == 77
    assert found["secret"]["problem"].startswith("no password for me@example.com")
    assert "pymail --login me@example.com" in found["secret"]["advice"]
    assert any(fact.startswith("netrc: ") for fact in found["secret"]["facts"])
    assert found["mechanism"]["verdict"] == "ok"
    assert found["login"]["verdict"] == "skipped"


@pytest.mark.live
def test_nobody_is_asked_at_the_terminal(mailrc: Any, world: Any) -> None:
    mailrc()
    question = "answer to Password of me@example.com at 127.0.0.1: "
    around = replace(
        world.environment("pymail", "--check", variables={question: PASSWORD}),
        stderr_is_terminal=True,
    )
    assert checked(around) == 77
    shown = around.stdout.getvalue()
    assert "only the terminal could be asked" in shown
    assert "a mail from here would ask, cron has none" in shown


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["-S", "smtp-auth=external"], "external needs none"),
        (["-S", "smtp-auth=none"], "no login is set"),
    ],
)
def test_secret_that_is_not_needed_is_not_looked_for(
    pymail: Run, world: Any, words: list[str], fact: str
) -> None:
    world.write(".mailrc", "set smtp=127.0.0.1:1 smtp-auth-user=me\n")
    stage = stages(pymail("--check", "--json", *words))["secret"]
    assert (stage["verdict"], stage["facts"]) == ("skipped", [fact])


@pytest.mark.live
def test_mechanism_that_nobody_knows_is_told_where_it_counts(
    pymail: Run, mailrc: Any
) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD} smtp-auth=magic")
    found = stages(pymail("--check", "--json"))
    assert found["secret"]["verdict"] == "ok"
    assert found["mechanism"]["exit_status"] == 78
    assert "magic" in found["mechanism"]["problem"]


def test_login_of_nobody_is_77_with_what_to_set(pymail: Run, world: Any) -> None:
    world.write(".mailrc", "set smtp=127.0.0.1:1 smtp-auth=plain\n")
    ended = pymail("--check", "--json")
    assert ended.status == 77
    assert "set smtp-auth-user" in stages(ended)["secret"]["advice"]


# ── what takes mail besides ─────────────────────────────────────────────────


def test_local_program_is_told_with_its_arguments(pymail: Run, world: Any) -> None:
    program = world.write("mta", "#!/bin/sh\n")
    program.chmod(0o700)
    words = ("-S", f"mta={program}", "a@x.org", "--", "b@x.org", "-v")
    ended = pymail("--check", "-S", "expandargv", *words)
    assert ended.status == 0
    assert f"called as: {program} -i -v -- a@x.org b@x.org" in ended.out
    assert re.search(r"skipped recipients +the program decides", ended.out)


def test_message_that_cannot_be_made_fails_beside_a_program(
    pymail: Run, world: Any
) -> None:
    program = world.write("mta", "#!/bin/sh\n")
    program.chmod(0o700)
    ended = pymail("--check", "-S", f"mta={program}", "-a", "/nowhere/file", "a@x.org")
    assert ended.status == 66
    assert re.search(r"^FAILED  recipients +/nowhere/file", ended.out, re.MULTILINE)


def test_local_program_that_is_missing_is_78(pymail: Run) -> None:
    ended = pymail("--check", "-S", "mta=/nowhere/sendmail", "no address")
    assert ended.status == 78
    assert "/nowhere/sendmail: no such file" in ended.out


def test_lmtp_socket_that_is_missing_is_75(pymail: Run, world: Any) -> None:
    ended = pymail("--check", "-S", f"smtp=lmtp://{world.directory}/none")
    assert ended.status == 75
    assert re.search(r"^FAILED  connect ", ended.out, re.MULTILINE)


def test_file_target_is_looked_at(pymail: Run) -> None:
    ended = pymail("--check", "-S", "mta=test:///nowhere/x")
    assert ended.status == 73
    assert pymail("--check", "-S", "mta=test").status == 0


def test_a_warning_of_the_session_is_said_with_v(pymail: Run) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with running(Handler(), ssl_context=context) as port:
        words = ("-S", f"smtp=smtps://127.0.0.1:{port}", "-S", "ssl-verify=warn")
        plain = pymail("--check", *words, "a@example.com")
        verbose = pymail("--check", "-v", *words, "a@example.com")
    warning = "pymail: the server's certificate is not trusted"
    assert warning not in plain.err
    assert warning in verbose.err


# ── interrupts, terminals, other surroundings ───────────────────────────────


def test_interrupt_shows_what_was_found(world: Any, monkeypatch: Any) -> None:
    world.write(".mailrc", "set smtp=127.0.0.1:1\n")
    around = world.environment("pymail", "--check")

    def interrupted(*_: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr("pymail.commands.check.network_stages.connect", interrupted)
    with pytest.raises(Interrupted):
        checked(around)
    assert "ok      settings" in around.stdout.getvalue()


@pytest.mark.parametrize(
    ("more", "says"),
    [({}, True), ({"debug": True}, False), ({"verbose": 1}, False)],
    ids=["alone", "debug", "verbose"],
)
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_terminal_says_what_is_waited_for(
    world: Any, more: dict[str, Any], says: bool, term: str
) -> None:
    world.write(".mailrc", "set smtp=127.0.0.1:1\n")
    around = replace(
        world.environment("pymail", "--check", variables={"TERM": term}),
        stderr_is_terminal=True,
    )
    assert checked(around, **more) == 75
    shown = around.stderr.getvalue()
    said = says and term == "xterm"
    assert ("connect …" in shown) is said
    assert shown.endswith("\r\x1b[K") is said


def command(
    world: Any, *words: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pymail", "-n", *words],
        env={"HOME": str(world.directory), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.live
def test_almost_empty_environment_is_enough(world: Any, mailrc: Any) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD}")
    ended = command(world, "--check", "--json", LC_ALL="C")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["exit_status"] == 0


@pytest.mark.live
@pytest.mark.terminal
def test_terminal_gets_a_table_of_its_width(world: Any, mailrc: Any) -> None:
    mailrc("set smtp-auth-password=wrong")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "pymail", "-n", "--check"],
        env={"HOME": str(world.directory), "TERM": "xterm", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = read_all(ours)
        assert process.wait(60) == 77
    shown = re.sub(r"\r\x1b\[K([\w ]+…)?", "", shown)  # what was waited for
    plain = re.sub(r"\x1b\[[\d;]*m|\r", "", shown)
    assert re.search(r"^stage +verdict +details +seconds", plain, re.MULTILINE)
    assert re.search(r"^login +FAILED +.*$", plain, re.MULTILINE)
    assert "login: what to do: " in plain
    table = plain[: plain.index("nothing was sent")]
    rows = [line for line in table.splitlines() if not re.match(r"[a-z]+: ", line)]
    assert max(map(len, rows)) <= 80


def read_all(descriptor: int) -> str:
    shown = b""
    with open(descriptor, "rb", buffering=0) as stream:
        while True:
            try:
                block = stream.read(4096)
            except OSError:  # the other end is gone
                block = b""
            if not block:
                return shown.decode()
            shown += block


# ── secrets ─────────────────────────────────────────────────────────────────

SECRETS = st.text("abcdefghijk0123456789%+-_.", min_size=8, max_size=20)
PLACES = {
    "variable": "set smtp-auth-password={}",
    "chain": "set password-me@example.com=x{}",
    "host": "set password-127.0.0.1={}",
    "blank": "set smtp-auth-password=x {}",
    "blanks": "set smtp-auth-password = {}",
    "misspelt": "set smtp-auth-pasword={}",
    "misspelt-chain": "set smtp-auth-passwrod-me@example.com={}",
    "url": "set smtp=smtp://me:{}@127.0.0.1:1",
    "bad-url": "set smtp=smtp://me:x@{}@127.0.0.1:1",
    "mta": "set mta=me:{}@127.0.0.1",
    "url-slash": "set smtp=smtp://me:x/{}@127.0.0.1:1",
    "url-blank": "set smtp=smtp://me:x {}@127.0.0.1:1",
    "url-no-host": "set smtp=smtp://me:{}",
    "url-no-break-space": "set smtp=127.0.0.1:1\u00a0password={}\u00a0user=me@localhost",
    "url-wide-at": "set smtp=smtp://me:{}\uff20127.0.0.1:1",
    "odd-blank": "set smtp=127.0.0.1\u00a0password={}",
    "proxy": "set socks-proxy=socks5://me:{}@127.0.0.1:1",
    "other-words": "set smtp-passwd={}",
    "capitals": "set SMTP_AUTH_PASSWORD={}",
    "blank-that-looks-like-one": "set smtp-auth-password=x pass{}",
    "misspelt-blank": "set smtp-auth-pasword=x {}",
    "chain-blank": "set password-me@example.com=x {}",
    "of-reading": "set imap-auth-password={}",
    "command": "set smtp-password-command='echo {}'",
    "no-set": "smtp-auth-password={}",
    "quote": 'set smtp-auth-password="{}',
    "account": "account x {{\nset password={}\n}}",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@given(secret=SECRETS)
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_secret_is_in_any_report(
    pymail: Run, world: Any, place: str, secret: str
) -> None:
    secret = f"Zx9{secret}"
    text = f"set smtp=127.0.0.1:1 smtp-auth-user=me@example.com\n{place.format(secret)}"
    world.write(".mailrc", text)
    for words in (
        *(["--check"], ["--check", "--json"], ["--check", "--debug"]),
        *(["--show-settings"], ["--show-settings", "--json"]),
        *(["-v", "me@example.com"], ["-d", "me@example.com"]),
    ):
        ended = pymail(*words)
        assert secret not in ended.out + ended.err
