"""--check tries and reports every step on the way to the server, and sends nothing."""

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
    """Records senders, and refuses recipients that begin with `no`."""

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


def checked(environment: Any, **more: Any) -> int:
    invocation = Invocation(check=True, **more)
    loaded = load(invocation.load_request, environment)
    return check(invocation, loaded, RunContext(environment, "pymail"))


def stages(ended: Any) -> dict[str, Any]:
    return {stage["name"]: stage for stage in json.loads(ended.out)["stages"]}


# ── whole checks ────────────────────────────────────────────────────────────


@pytest.mark.live
def test_every_stage_is_ok(pymail: Run, mailrc: Any, server: Any) -> None:
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
    assert ended.out.endswith("Nothing was sent\n")
    assert "sent from me@example.com instead of root@web1" in ended.out
    assert server.senders[-1] == "me@example.com"
    assert "me@example.com: 250 ok" in ended.out


@pytest.mark.live
def test_aliases_are_expanded_and_all_recipients_checked(
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
def test_invalid_recipient_is_65_if_all_other_stages_work(
    pymail: Run, mailrc: Any
) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD}")
    ended = pymail("--check", "--json", "a@b@c")
    found = stages(ended)
    assert (ended.status, found["recipients"]["exit_status"]) == (65, 65)
    assert "a@b@c" in found["recipients"]["problem"]
    assert found["login"]["verdict"] == "ok"


@pytest.mark.live
def test_one_invalid_recipient_is_65_as_for_a_mail(pymail: Run, mailrc: Any) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD}")
    ended = pymail("--check", "--json", "a@b@c", "me@example.com")
    assert ended.status == 65
    facts = stages(ended)["recipients"]["facts"]
    assert facts == ["me@example.com: 250 ok"]


# ── Chinese ─────────────────────────────────────────────────────────────────

CHINESE_LOCALE = {"LANG": "zh_CN.UTF-8"}
SAME_IN_CHINESE = r"IPv4 |MAIL FROM|From: |220 |\S+@\S+: \d{3} |[\w-]+(=| \()|SHA-256"


@pytest.mark.live
@pytest.mark.parametrize("option", [(), ("-v",)], ids=["short", "verbose"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"], ids=["right", "wrong"])
def test_check_is_in_the_language_of_the_locale(
    pymail: Run, mailrc: Any, option: tuple[str, ...], password: str
) -> None:
    mailrc(f"set smtp-auth-password={password}", "set foo=bar")
    ended = pymail("--check", *option, variables=CHINESE_LOCALE)
    stages = re.findall(r"(?m)^(?:[a-zA-Z]+ +[a-z]+|) +(\S.*)$", ended.out)
    assert len(stages) > 10
    rest = [line for line in stages if not re.search("[\u4e00-\u9fff]", line)]
    assert [line for line in rest if not re.match(SAME_IN_CHINESE, line)] == []
    assert "settings: ~/.mailrc:4: foo 是未知变量，已忽略\n" in ended.out
    assert re.match(
        "(可以|无法)通过 127.0.0.1:.*\n没有发送任何邮件\n", ended.out.split("忽略\n")[1]
    )


@pytest.mark.live
def test_json_stays_english_except_for_explanations(pymail: Run, mailrc: Any) -> None:
    mailrc("set smtp-auth-password=wrong", "set smtp-auth-pasword=x")
    ended = pymail("--check", "--json", variables=CHINESE_LOCALE)
    assert ended.status == 77
    found = stages(ended)
    assert found["settings"]["advice"] == "请写成 smtp-auth-password"
    assert found["login"]["meaning"] == "用户名或密码错误"
    for stage in found.values():
        words = " ".join((stage["problem"], *stage["facts"]))
        assert not re.search("[\u4e00-\u9fff]", words)


# ── settings ────────────────────────────────────────────────────────────────


def test_invalid_settings_are_78_and_valid_json(pymail: Run, world: Any) -> None:
    world.write(".mailrc", "set smtp=nosuch://x\n")
    ended = pymail("--check", "--json")
    assert ended.status == 78
    assert json.loads(ended.out)["exit_status"] == 78
    found = stages(ended)
    assert "~/.mailrc:1: smtp: nosuch://" in found["settings"]["problem"]
    assert "~/.mailrc: read" in found["settings"]["facts"]
    assert {s["verdict"] for n, s in found.items() if n != "settings"} == {"skipped"}


def test_settings_files_are_listed_with_their_state(pymail: Run, world: Any) -> None:
    ended = pymail("--check", "--json", "-S", "mta=test")
    facts = stages(ended)["settings"]["facts"]
    assert facts[0].endswith("/etc/mail.rc, nail.rc, s-nail.rc: none of these is read")
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
    assert (
        "also: ~/.mailrc:2: foo is an unknown variable and is ignored" in stage["facts"]
    )
    assert (ended.status, ended.err) == (0, "")


def test_mailrc_that_names_no_file_is_a_warning(pymail: Run) -> None:
    words = ("--check", "--json", "-S", "mta=test")
    stage = stages(pymail(*words, variables={"MAILRC": "~/no.rc"}))["settings"]
    assert (stage["problem"], stage["advice"]) == (
        "~/no.rc: no such file",
        "correct MAILRC",
    )


def test_directory_in_place_of_a_file_is_named(pymail: Run, world: Any) -> None:
    (world.directory / ".mailrc").mkdir()
    stage = stages(pymail("--check", "--json", "-S", "mta=test"))["settings"]
    assert stage["verdict"] == "warning"
    assert stage["problem"] == "~/.mailrc: is a directory"


def test_misspelt_variable_is_reported_with_the_nearest_name(
    pymail: Run, world: Any
) -> None:
    world.write(".mailrc", "set smtp-auth-pasword=x9y9\nset mta=test\n")
    ended = pymail("--check")
    assert "~/.mailrc:1: smtp-auth-pasword is an unknown variable" in ended.out
    assert "what to do: write smtp-auth-password" in ended.out
    assert "x9y9" not in ended.out


def test_show_settings_hides_misspelt_and_split_passwords(
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


def test_part_of_a_password_is_not_shown_as_a_variable(pymail: Run, world: Any) -> None:
    path = world.write(".mailrc", "set mta=test smtp-auth-password=first x9y9\n")
    path.chmod(0o600)
    ended = pymail("--check")
    assert "an extra word follows the password" in ended.out
    assert "quote a value that has blanks" in ended.out
    assert "x9y9" not in ended.out


def test_part_of_a_url_is_not_shown_as_a_variable(pymail: Run, world: Any) -> None:
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
def test_password_that_other_users_can_read_is_a_warning(
    pymail: Run, world: Any, text: str, mode: int
) -> None:
    world.write(".mailrc", text).chmod(mode)
    stage = stages(pymail("--check", "--json"))["settings"]
    warned = stage["problem"] == "other users can read the password in ~/.mailrc"
    assert warned is (mode != 0o600)
    assert stage["advice"] == ("chmod 600 ~/.mailrc" if warned else "")


def test_deleted_file_is_no_warning(world: Any) -> None:
    path = world.write(".mailrc", "set mta=test password=x")
    environment = world.environment("pymail", "--check")
    invocation = Invocation(check=True)
    loaded = load(invocation.load_request, environment)
    path.unlink()
    assert check(invocation, loaded, RunContext(environment, "pymail")) == 0
    assert "can read the password" not in environment.stdout.getvalue()


def test_values_are_listed_with_their_places(pymail: Run, world: Any) -> None:
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
        "result: mail is sent to 127.0.0.1:1, with STARTTLS (required), login as me",
        "From: me@example.com",
    ]
    assert "tls-verify=what: unknown word" in stage["problem"]


# ── the secret ──────────────────────────────────────────────────────────────


@pytest.mark.live
def test_sources_of_the_secret_are_listed_in_order(
    pymail: Run, mailrc: Any, world: Any
) -> None:
    path = mailrc(f"set smtp-auth-password={PASSWORD}")
    world.write(
        ".netrc", "machine 127.0.0.1 login me@example.com password other\n"
    ).chmod(0o600)
    facts = stages(pymail("--check", "--json"))["secret"]["facts"]
    text = "\n".join(facts)
    used = text.index(f"mail.rc: found in ~/{path.name}:3, used")
    shadowed = text.index("not used: mail.rc takes precedence")
    assert used < shadowed
    assert text.index("netrc: found in") < shadowed


@pytest.mark.live
def test_missing_secret_is_77_and_the_network_is_checked(
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
def test_check_does_not_prompt_at_a_terminal(mailrc: Any, world: Any) -> None:
    mailrc()
    question = "answer to Password for me@example.com at 127.0.0.1: "
    environment = replace(
        world.environment("pymail", "--check", variables={question: PASSWORD}),
        stderr_is_terminal=True,
    )
    assert checked(environment) == 77
    shown = environment.stdout.getvalue()
    assert "pymail would prompt for it" in shown
    assert "a mail from here would prompt; cron has no terminal" in shown


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["-S", "smtp-auth=external"], "external needs no password"),
        (["-S", "smtp-auth=none"], "no login is set"),
    ],
)
def test_unneeded_secret_is_not_searched(
    pymail: Run, world: Any, words: list[str], fact: str
) -> None:
    world.write(".mailrc", "set smtp=127.0.0.1:1 smtp-auth-user=me\n")
    stage = stages(pymail("--check", "--json", *words))["secret"]
    assert (stage["verdict"], stage["facts"]) == ("skipped", [fact])


@pytest.mark.live
def test_unknown_mechanism_fails_the_mechanism_stage(pymail: Run, mailrc: Any) -> None:
    mailrc(f"set smtp-auth-password={PASSWORD} smtp-auth=magic")
    found = stages(pymail("--check", "--json"))
    assert found["secret"]["verdict"] == "ok"
    assert found["mechanism"]["exit_status"] == 78
    assert "magic" in found["mechanism"]["problem"]


def test_login_without_a_user_is_77_with_advice(pymail: Run, world: Any) -> None:
    world.write(".mailrc", "set smtp=127.0.0.1:1 smtp-auth=plain\n")
    ended = pymail("--check", "--json")
    assert ended.status == 77
    assert "set smtp-auth-user" in stages(ended)["secret"]["advice"]


# ── other targets ──────────────────────────────────────────────────────────


def test_local_program_is_shown_with_its_arguments(pymail: Run, world: Any) -> None:
    program = world.write("mta", "#!/bin/sh\n")
    program.chmod(0o700)
    words = ("-S", f"mta={program}", "a@x.org", "--", "b@x.org", "-v")
    ended = pymail("--check", "-S", "expandargv", *words)
    assert ended.status == 0
    assert f"called as: {program} -i -v -- a@x.org b@x.org" in ended.out
    assert re.search(r"skipped recipients +the program decides", ended.out)


def test_invalid_message_fails_the_check_of_a_program(pymail: Run, world: Any) -> None:
    program = world.write("mta", "#!/bin/sh\n")
    program.chmod(0o700)
    ended = pymail("--check", "-S", f"mta={program}", "-a", "/nowhere/file", "a@x.org")
    assert ended.status == 66
    assert re.search(r"^FAILED  recipients +/nowhere/file", ended.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("setting", "status", "line"),
    [
        ("mta=/nowhere/sendmail", 78, "FAILED  program .*/nowhere/sendmail: no such file"),
        ("smtp=lmtp:///nowhere/socket", 75, "FAILED  connect "),
        ("mta=test:///nowhere/x", 73, "FAILED  file "),
        ("mta=test", 0, "ok      file "),
    ],
)  # fmt: skip
def test_target_that_is_no_smtp_server_has_its_own_stage(
    pymail: Run, setting: str, status: int, line: str
) -> None:
    ended = pymail("--check", "-S", setting)
    assert ended.status == status
    assert re.search(f"^{line}", ended.out, re.MULTILINE)


def test_verbose_shows_warnings_of_the_session(pymail: Run) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with running(Handler(), ssl_context=context) as port:
        words = ("-S", f"smtp=smtps://127.0.0.1:{port}", "-S", "ssl-verify=warn")
        plain = pymail("--check", *words, "a@example.com")
        verbose = pymail("--check", "-v", *words, "a@example.com")
    warning = "pymail: the server's certificate is not trusted"
    assert warning not in plain.err
    assert warning in verbose.err


# ── interrupts, terminals, environments ─────────────────────────────────────


def test_interrupt_shows_the_stages_so_far(world: Any, monkeypatch: Any) -> None:
    world.write(".mailrc", "set smtp=127.0.0.1:1\n")
    environment = world.environment("pymail", "--check")

    def interrupted(*_: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr("pymail.commands.check.network_stages.connect", interrupted)
    with pytest.raises(Interrupted):
        checked(environment)
    assert "ok      settings" in environment.stdout.getvalue()


@pytest.mark.parametrize(
    ("more", "says"),
    [({}, True), ({"debug": True}, False), ({"verbose": 1}, False)],
    ids=["alone", "debug", "verbose"],
)
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_terminal_shows_the_running_stage(
    world: Any, more: dict[str, Any], says: bool, term: str
) -> None:
    world.write(".mailrc", "set smtp=127.0.0.1:1\n")
    environment = replace(
        world.environment("pymail", "--check", variables={"TERM": term}),
        stderr_is_terminal=True,
    )
    assert checked(environment, **more) == 75
    shown = environment.stderr.getvalue()
    expected = says and term == "xterm"
    assert ("connect …" in shown) is expected
    assert shown.endswith("\r\x1b[K") is expected


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
def test_check_works_with_an_almost_empty_environment(world: Any, mailrc: Any) -> None:
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
    table = plain[: plain.index("Nothing was sent")]
    rows = [line for line in table.splitlines() if not re.match(r"[a-z]+: ", line)]
    assert max(map(len, rows)) <= 80


def read_all(descriptor: int) -> str:
    shown = b""
    with open(descriptor, "rb", buffering=0) as stream:
        while True:
            try:
                block = stream.read(4096)
            except OSError:  # the other end is closed
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
