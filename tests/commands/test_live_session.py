"""Sends to a real server in this process (aiosmtpd, trustme)."""

import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

from tests.live_server import running
from tests.scripted import serving

pytestmark = pytest.mark.live

Run = Callable[..., Any]
PASSWORD = "pass-word-16"


class Handler:
    """A handler that accepts every message."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        self.contents.append(envelope.original_content)
        return "250 2.0.0 Ok: queued as 4XYZ"


@contextmanager
def protected(context: ssl.SSLContext) -> Iterator[Any]:
    """A server that requires STARTTLS and a login."""
    handler = Handler()
    options = {"tls_context": context, "auth_required": True, "authenticator": check}
    with running(handler, require_starttls=True, **options) as port:
        yield handler, f"localhost:{port}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    made = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.issue_cert("localhost").configure_cert(context)
    return context, path


def check(
    _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any
) -> AuthResult:
    return AuthResult(success=login.password == PASSWORD.encode(), handled=False)


def test_successful_send_prints_nothing(pymail: Run) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        ended = pymail("-s", "测试", "a@x.org", stdin="中文\n".encode(), rc=rc)
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    assert server.recipients == ["a@x.org"]


def test_refused_recipient_does_not_stop_the_others(pymail: Run, world: Any) -> None:
    refuse = {"RCPT TO:<b@x.org": "550 5.1.1 no such user here"}
    with serving(refuse) as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        ended = pymail(
            *("-v", "-s", "S", "a@x.org", "b@x.org", "c@x.org"), stdin=b"t\n", rc=rc
        )
    assert ended.status == 69
    assert server.recipients == ["a@x.org", "c@x.org"]
    assert f"b@x.org refused by {server.address}" in ended.err
    assert "550 5.1.1 no such user here" in ended.err
    assert "accepted for a@x.org" in ended.err
    assert "(queue id 4XYZ)" in ended.err
    assert "X-Envelope-To: b@x.org\n" in world.dead_letter
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        again = pymail("-t", stdin=world.dead_letter.encode(), rc=rc)
    assert again.status == 0
    assert server.recipients == ["b@x.org"]


MBOX = "".join(
    f"From me Mon Nov 23 12:00:00 2026\nTo: {name}@x.org\nSubject: {name}\n\ntext\n\n"
    for name in "abc"
)
COMMANDS = "".join(f"mail {name}@x.org\ntext\n~.\n" for name in "abc")


@pytest.mark.parametrize(
    ("option", "text"), [("-t", MBOX), ("-#", COMMANDS)], ids=["mbox", "batch"]
)
def test_messages_of_a_run_share_a_session(pymail: Run, option: str, text: str) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        ended = pymail("-v", option, stdin=text.encode(), rc=rc)
    assert ended.status == 0
    assert server.recipients == ["a@x.org", "b@x.org", "c@x.org"]
    assert server.verbs.count("EHLO") == 1
    assert ended.err.count(">>> EHLO") == 1
    assert ended.err.count(">>> QUIT") == 1


def test_settings_between_messages_apply_to_the_next(pymail: Run) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        text = COMMANDS.replace("mail b", "set verbose\nmail b")
        ended = pymail("-#", stdin=text.encode(), rc=rc)
    assert server.recipients == ["a@x.org", "b@x.org", "c@x.org"]
    assert "RCPT TO:<a@x.org>" not in ended.err
    assert "RCPT TO:<b@x.org>" in ended.err
    assert "accepted for c@x.org" in ended.err


def test_an_escape_can_switch_the_trace_on(pymail: Run) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        ended = pymail("-~", "a@x.org", stdin=b"~:set verbose\ntext\n", rc=rc)
    assert ">>> MAIL FROM:<me@example.com>" in ended.err


@pytest.mark.parametrize("program", ["pymail", "sendmail"])
def test_the_connection_is_made_while_the_message_is_built(
    pymail: Run, world: Any, program: str
) -> None:
    """The message needs a file that has no text before the server has a connection."""
    os.mkfifo(world.directory / "slow")
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def answer() -> None:
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                connection.close()
                called.set()
            (world.directory / "slow").write_text("root: ops@example.com\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        rc = (
            f"set smtp=127.0.0.1:{listener.getsockname()[1]} smtp-timeout=9\n"
            "set from=me@example.com mta-aliases=~/slow\n"
        )
        ended = pymail("root", stdin=b"To: root\n\nt\n", rc=rc, program=program)
        thread.join(10)
    assert called.is_set()
    assert ended.status == 75  # nobody greets


def test_failed_message_does_not_end_the_session(pymail: Run, world: Any) -> None:
    broken = MBOX.replace("To: b@x.org", "To: b@@x.org")
    with serving({"RCPT TO:<a@x.org": "550 5.1.1 who?"}) as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        ended = pymail("-v", "-t", stdin=broken.encode(), rc=rc)
    assert ended.status == 67
    assert server.recipients == ["c@x.org"]
    assert ended.err.count(">>> EHLO") == 1
    assert world.dead_letter.count("\n\ntext\n") == 2


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        pytest.param(["-d"], "", id="dry-run"),
        pytest.param([], "set debug", id="debug"),
        pytest.param([], "set smime-sign smime-sign-cert=no-such-file", id="sealed"),
        pytest.param(["-E"], "", id="empty"),
    ],
)
def test_no_connection_before_the_message_is_certain(
    pymail: Run, words: list[str], settings: str
) -> None:
    """A user may need longer to type a pass phrase than servers wait."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        rc = (
            f"set smtp=127.0.0.1:{listener.getsockname()[1]} from=m@x.org\n{settings}\n"
        )
        pymail(*words, "-s", "S", "a@x.org", rc=rc)
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_all_refused_sets_the_status(pymail: Run, world: Any) -> None:
    with serving({"RCPT TO:<a@x.org": "550 5.1.1 who?"}) as server:
        ended = pymail(
            "-s", "S", "a@x.org", rc=f"set smtp={server.address} from=m@x.org\n"
        )
    assert ended.status == 67
    assert server.contents == []
    assert "X-Envelope-To" not in world.dead_letter


@pytest.mark.parametrize("mechanism", ["login", "plain", ""])
def test_login_uses_tls_and_is_hidden(
    pymail: Run, authority: Any, mechanism: str
) -> None:
    context, ca_file = authority
    with protected(context) as (handler, server):
        rc = (
            f"set smtp={server} smtp-timeout=20 smtp-use-starttls ssl-ca-file={ca_file}\n"
            f"set smtp-auth-user=me smtp-auth-password={PASSWORD} from=me@x.org\n"
            + (f"set smtp-auth={mechanism}\n" if mechanism else "")
        )
        ended = pymail("--debug", "-s", "S", "a@x.org", stdin=b"t\n", rc=rc)
    assert ended.status == 0
    assert len(handler.contents) == 1
    assert "TLSv1.3" in ended.err
    assert "235 2.7.0" in ended.err
    assert "«secret»" in ended.err
    assert PASSWORD not in ended.err


def test_untrusted_certificate_prevents_the_login(pymail: Run, authority: Any) -> None:
    context, _ = authority
    with protected(context) as (handler, server):
        rc = (
            f"set smtp={server} smtp-timeout=20 smtp-use-starttls from=me@x.org\n"
            f"set smtp-auth-user=me smtp-auth-password={PASSWORD}\n"
        )
        ended = pymail("-v", "-s", "S", "a@x.org", stdin=b"t\n", rc=rc)
    assert ended.status == 76
    assert "certificate" in ended.err
    assert "AUTH" not in ended.err
    assert handler.contents == []


def test_demo_shows_session_and_mail(pymail: Run) -> None:
    ended = pymail("--demo")
    assert ended.status == 0
    assert "STARTTLS" in ended.err
    assert "AUTH LOGIN" in ended.err
    assert "-s 'pymail demo: 演示' admin@example.com" in ended.out
    assert "Content-Transfer-Encoding: base64" in ended.err
    assert "The mail that the server received, decoded:" in ended.out
    assert "Subject: pymail demo: 演示" in ended.out
    assert "你好，世界。" in ended.out
    assert "Exit status 0" in ended.out
    assert "deprecated" not in ended.err


def test_demo_names_the_package_that_is_missing(
    pymail: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    ended = pymail("--demo")
    assert ended.status == 64
    assert "--demo needs trustme" in ended.err
    assert "-m pip install aiosmtpd trustme" in ended.err
