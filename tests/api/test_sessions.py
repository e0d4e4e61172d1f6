"""`pymail.connect`: several messages in one session, logins, servers, threads."""

import asyncio
import io
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

import pymail
from pymail import Draft, Secret, errors
from pymail.api.result import LoggedEvents
from tests.api.live import receiving
from tests.api.typed_use import many
from tests.scripted import nobody, serving

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("home")]

CODE = "Zx9-authorization-code"
USER = "me@example.com"


def draft(to: str = "ops@example.com", **more: Any) -> Draft:
    return Draft(to=to, subject="S", text="text", **more)


def test_several_messages_need_one_login() -> None:
    with receiving(auth=True) as inbox:
        url = f"smtp://{inbox.address}"
        with pymail.connect(url, user=USER, password=CODE) as session:
            for number in range(5):
                session.send(draft(f"{number}@example.com"))
    assert inbox.recipients == [f"{n}@example.com" for n in range(5)]
    assert len(inbox.sessions) == 1
    assert inbox.logins == [(USER, CODE)]
    assert inbox.senders == [USER] * 5
    assert inbox.mails[0]["From"] == USER


def test_the_last_message_saves_a_round_trip() -> None:
    with serving() as server:
        session = pymail.connect(f"smtp://{server.address}", user="me", password="p")
        session.send(draft(from_=USER), more=True)
        session.send(draft(from_=USER), more=False)
        session.close()
    assert server.verbs.count("EHLO") == 1
    assert server.verbs[-1] == "QUIT"


def test_a_closed_connection_is_opened_again() -> None:
    with receiving() as inbox:
        session = pymail.connect(f"smtp://{inbox.address}", timeout=5)
        session.send(draft(from_=USER))
        inbox.hang_up()
        report = session.send(draft(from_=USER))
        session.close()
    assert report.complete
    assert len(inbox.mails) == len(inbox.sessions) == 2


def test_a_message_after_close_connects_again() -> None:
    with receiving() as inbox:
        session = pymail.connect(f"smtp://{inbox.address}")
        for _ in range(2):
            session.send(draft(from_=USER))
            session.close()
    assert len(inbox.mails) == 2


def test_a_url_reads_no_file(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    home.rc("frobnicate", "set smtp=other.example.com record=~/sent autocc=x@x.org")
    monkeypatch.setenv("from", "environment@example.com")
    with receiving() as inbox:
        with pymail.connect(f"smtp://{inbox.address}") as session:
            session.send(draft(from_=USER))
        with pymail.connect(
            f"smtp://{inbox.address}", settings={"from": "you@example.com"}
        ) as session:
            session.send(draft())
    assert inbox.senders == [USER, "you@example.com"]
    assert inbox.recipients == ["ops@example.com"] * 2
    assert home.text("sent") == ""


PASSWORDS: dict[str, Callable[[], Any]] = {
    "string": lambda: CODE,
    "secret": lambda: Secret(CODE),
    "function": lambda: lambda: CODE,
}


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
def test_a_password_may_be_a_string_a_secret_or_a_function(
    password: Callable[[], Any],
) -> None:
    with receiving(auth=True) as inbox:
        url = f"smtp://{inbox.address}"
        with pymail.connect(url, user=USER, password=password()) as session:
            session.send(draft())
    assert inbox.logins == [(USER, CODE)]


def test_a_function_is_called_for_every_login() -> None:
    """An access token may have expired since the last login."""
    codes = iter(["one", "two"])
    with receiving(auth=True) as inbox:
        url = f"smtp://{inbox.address}"
        session = pymail.connect(url, user=USER, password=lambda: next(codes))
        session.send(draft())
        inbox.hang_up()
        session.send(draft())
        session.close()
    assert [code for _, code in inbox.logins] == ["one", "two"]


def test_exceptions_of_the_function_reach_the_caller() -> None:
    def fails() -> str:
        raise LookupError("no vault")

    with receiving(auth=True) as inbox:
        url = f"smtp://{inbox.address}"
        session = pymail.connect(url, user=USER, password=fails)
        with pytest.raises(LookupError, match="no vault"):
            session.send(draft())
    assert inbox.logins == []


def test_without_a_password_the_usual_places_are_searched(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = home.directory / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password from-netrc\n")
    netrc.chmod(0o600)
    with receiving(auth=True) as inbox:
        with pymail.connect(f"smtp://{inbox.address}", user=USER) as session:
            session.send(draft())
        monkeypatch.setenv("PYMAIL_PASSWORD", "from-variable")
        with pymail.connect(f"smtp://{inbox.address}", user=USER) as session:
            session.send(draft())
        with pymail.connect(
            f"smtp://{inbox.address}",
            user=USER,
            settings={"smtp-auth-password": "from-argument"},
        ) as session:
            session.send(draft())
        with pymail.connect(
            f"smtp://me%40example.com:from-url@{inbox.address}"
        ) as session:
            session.send(draft())
    codes = [code for _, code in inbox.logins]
    assert codes == [*("from-netrc", "from-variable", "from-argument", "from-url")]


def test_no_terminal_prompt_asks_for_a_password() -> None:
    settings = {"keyring-timeout": 1}
    with receiving(auth=True) as inbox:
        url = f"smtp://{inbox.address}"
        session = pymail.connect(url, user=USER, settings=settings)
        with pytest.raises(errors.AuthenticationError) as raised:
            session.send(draft())
    assert "terminal (no terminal to ask at)" in str(raised.value)


@pytest.mark.parametrize(
    ("url", "rc"),
    [("smtp://127.0.0.1:9", ""), (None, "set mta=/bin/true"), (None, "set smtp=h")],
    ids=["no-user", "no-server", "of-files"],
)
def test_a_password_without_a_user_is_refused(
    home: Any, url: str | None, rc: str
) -> None:
    home.rc(rc)
    with pytest.raises(errors.SettingsError) as raised:
        pymail.connect(url, password=CODE)
    assert "a password needs a user" in str(raised.value)
    assert "name the user" in raised.value.advice


def test_user_and_password_apply_to_the_server_of_the_files(home: Any) -> None:
    with receiving(auth=True) as inbox:
        home.rc(f"set smtp={inbox.address} from=you@example.com")
        with pymail.connect(user=USER, password=CODE) as session:
            session.send(draft())
    assert inbox.logins == [(USER, CODE)]
    assert inbox.senders == ["you@example.com"]


MISTAKES = {
    "url": ({"url": "smtp://a b"}, "url: smtp: there is a space (U+0020)"),
    "scheme": (
        {"url": "http://x"},
        "url: smtp: http:// is not a scheme for sending mail",
    ),
    "setting": ({"settings": {"smtp-timeout": "x"}}, "settings: smtp-timeout=x"),
    "timeout": ({"timeout": -1}, "settings: smtp-timeout=-1"),
    "account": ({"account": "work"}, "account 'work' is not defined"),
}


@pytest.mark.parametrize(("wrong", "words"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_in_arguments_name_the_argument(wrong: Any, words: str) -> None:
    with pytest.raises(errors.SettingsError) as raised:
        pymail.connect(**{"url": "smtp://h", "user": "me", **wrong})
    assert str(raised.value).startswith(words)


def test_tls_is_verified_and_protects_the_login(home: Any) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(home.directory / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    starttls: Any = {"tls_context": context, "require_starttls": True}
    with receiving(auth=True, **starttls) as inbox:
        url = f"smtp://{inbox.address}"
        settings: Any = {"smtp-use-starttls": True, "ssl-ca-file": Path("ca.pem")}
        with pymail.connect(
            url, user=USER, password=CODE, settings=settings
        ) as session:
            assert session.send(draft()).tls.startswith("TLSv1.3")
        settings.pop("ssl-ca-file")
        with (
            pymail.connect(url, user=USER, password=CODE, settings=settings) as session,
            pytest.raises(errors.TlsError, match="certificate"),
        ):
            session.send(draft())
    assert len(inbox.logins) == 1


def test_the_repr_of_a_session_shows_server_and_user_but_no_password(home: Any) -> None:
    url = f"smtp://me:{CODE}@h.example.com:2525"
    assert repr(pymail.connect(url)) == "<Session with h.example.com:2525 as me>"
    assert repr(pymail.connect("smtp://h")) == "<Session with h:25>"
    home.rc("set mta=/bin/true")
    assert repr(pymail.connect()) == "<Session by LocalMta>"


def test_check_logs_in_without_a_message(home: Any) -> None:
    with (
        receiving(auth=True) as inbox,
        pymail.connect(f"smtp://{inbox.address}", user=USER, password=CODE) as session,
    ):
        session.check()
        session.send(draft())
    assert inbox.logins == [(USER, CODE)] * 2
    assert len(inbox.mails) == 1
    home.rc("set mta=/bin/true")
    pymail.connect().check()


def test_a_login_that_fails_in_a_check_is_not_tried_again() -> None:
    with serving({"AUTH": "535 5.7.8 no"}) as server:
        session = pymail.connect(f"smtp://{server.address}", user=USER, password=CODE)
        with pytest.raises(errors.AuthenticationError, match="does not accept"):
            session.check()
        with pytest.raises(errors.AuthenticationError, match="not tried"):
            session.send(draft())
        session.close()
    assert server.verbs.count("AUTH") == 1


def test_the_trace_has_no_password() -> None:
    trace = io.StringIO()
    with (
        receiving(auth=True) as inbox,
        pymail.connect(
            f"smtp://{inbox.address}", user=USER, password=CODE, debug=trace
        ) as session,
    ):
        session.send(draft())
    assert "C: AUTH LOGIN" in trace.getvalue() or "AUTH PLAIN" in trace.getvalue()
    assert "with the password from the caller" in trace.getvalue()
    assert CODE not in trace.getvalue()


def test_a_warning_in_the_trace_is_not_logged_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trace = io.StringIO()
    events = LoggedEvents(trace)
    events.on_warning("one", shown=True)
    events.on_warning("two")
    assert caplog.messages == ["two"]
    assert trace.getvalue() == "pymail: two\n"


def test_another_account_takes_over_if_the_server_is_unreachable(
    home: Any,
) -> None:
    with receiving() as inbox:
        home.rc(
            f"set smtp={nobody()} from=me@example.com smtp-fallback=spare",
            "set logfile=~/log",
            "account spare {",
            f"  set smtp={inbox.address} from=spare@example.com",
            "}",
        )
        session = pymail.connect()
        session.send(draft())
        report = session.send(draft())
        session.close()
    assert inbox.senders == ["spare@example.com"] * 2
    assert report.message_id == inbox.mails[1]["Message-ID"]
    assert report.message_id.endswith("@example.com>")
    assert home.text("log").count("fallback=spare") == 2


def test_sessions_in_several_threads_are_independent() -> None:
    failures: list[BaseException] = []

    def work(address: str) -> None:
        try:
            url = f"smtp://{address}"
            with pymail.connect(url, user=USER, password=CODE) as session:
                for number in range(10):
                    session.send(draft(f"{number}@example.com"))
        except BaseException as error:  # noqa: BLE001 - shown by the main thread
            failures.append(error)

    with receiving(auth=True) as one, receiving(auth=True) as other:
        inboxes = (one, other, one, other)
        threads = [threading.Thread(target=work, args=(i.address,)) for i in inboxes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert failures == []
    for inbox in (one, other):
        assert len(inbox.mails) == 20
        assert len(inbox.sessions) == 2


def test_an_asyncio_program_sends_in_a_thread(home: Any) -> None:
    async def program() -> list[pymail.Report]:
        both = (asyncio.to_thread(pymail.send, draft(f"{n}@x.org")) for n in "ab")
        return await asyncio.gather(*both)

    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com")
        reports = asyncio.run(program())
    assert all(report.complete for report in reports)
    assert sorted(inbox.recipients) == ["a@x.org", "b@x.org"]


def test_a_program_with_types_sends_many() -> None:
    refuse = {"b@x.org": "550 5.1.1 who?"}
    with receiving(refuse, auth=True) as inbox:
        drafts = [draft(f"{name}@x.org") for name in "abc"]
        assert many(f"smtp://{inbox.address}", lambda: CODE, drafts) == ["b@x.org"]
    assert inbox.recipients == ["a@x.org", "c@x.org"]
    assert len(inbox.sessions) == 1
