"""Exceptions and reports of messages that some or all recipients do not get."""

import logging
import pickle
import traceback
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import pytest

import pymail
from pymail import Draft, Fate, errors
from pymail.environment import Environment
from pymail.main import main
from pymail.model import replace
from pymail.outbox.directory import Outbox
from pymail.report.exit_status import exit_status_for
from pymail.transport.smtp import SmtpTransport
from tests.api.live import receiving
from tests.scripted import CLOSE, nobody, serving
from tests.smime.conftest import People, people

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("home")]

__all__ = ["people"]  # a fixture
CODE = "Zx9-authorization-code"
USER = "me@example.com"
BOTH = Draft(to=["a@x.org", "b@x.org"], text="text", from_=USER)
RAISED: Mapping[
    str, tuple[Mapping[str, str | None], type[errors.PymailError], Fate]
] = {
    "greeting": ({"greeting": "554 go away"}, errors.RefusedError, Fate.REFUSED),
    "busy": ({"greeting": "421 later"}, errors.TransientError, Fate.DEFERRED),
    "hung-up": (
        {"EHLO": CLOSE, "HELO": CLOSE},
        errors.ConnectionLostError,
        Fate.DEFERRED,
    ),
    "login": ({"AUTH": "535 5.7.8 no"}, errors.AuthenticationError, Fate.REFUSED),
    "nonsense": ({"greeting": "hello"}, errors.ProtocolError, Fate.REFUSED),
    "lost": ({"DATA": CLOSE}, errors.ConnectionLostError, Fate.DEFERRED),
    "after-the-dot": ({".": CLOSE}, errors.FateUnknownError, Fate.UNKNOWN),
}


@pytest.mark.parametrize(("answers", "kind", "fate"), RAISED.values(), ids=RAISED)
def test_a_failed_attempt_raises_with_the_fates(
    home: Any, answers: Any, kind: type[errors.PymailError], fate: Fate
) -> None:
    with serving(answers) as server:
        url = f"smtp://{server.address}"
        session = pymail.connect(url, user=USER, password=CODE)
        with pytest.raises(kind) as raised:
            session.send(BOTH)
    error = raised.value
    assert error.report is not None
    assert [row.address for row in error.report.fates] == ["a@x.org", "b@x.org"]
    assert {row.fate for row in error.report.fates} == {fate}
    assert error.report.peer == server.address
    assert error.report.message_id
    assert error.meaning
    assert error.reply is None or str(error).endswith(f": {error.reply}")
    assert error.advice
    assert f"what to do: {error.advice}" in error.__notes__
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (str(again), again.report.fates) == (str(error), error.report.fates)
    assert home.text("dead.letter") == ""


def test_without_check_the_failure_is_in_the_report(home: Any) -> None:
    home.rc(f"set smtp={nobody()} from=me@example.com")
    report = pymail.send(BOTH, check=False)
    assert not report.complete
    assert isinstance(report.failure, errors.ConnectError)
    assert report.with_fate(Fate.DEFERRED) == report.fates
    with pytest.raises(errors.AddressError):
        pymail.send("text", to="a@@b", check=False)


def test_refused_recipients_do_not_stop_the_others() -> None:
    refuse = {"b@x.org": "550 5.1.1 no such user", "c@x.org": "450 4.2.1 later"}
    draft = Draft(to=[*BOTH.to, "c@x.org"], text="t", from_=USER)
    with receiving(refuse) as inbox:
        session = pymail.connect(f"smtp://{inbox.address}")
        with pytest.raises(errors.UndeliveredError) as raised:
            session.send(draft)
        report = session.send(draft, check=False)
        session.close()
    error = raised.value
    assert str(error) == (
        f"b@x.org refused by {inbox.address}: 550 5.1.1 no such user;"
        f" c@x.org not accepted now by {inbox.address}: 450 4.2.1 later"
    )
    assert not error.transient
    assert error.advice == "check the recipient's address"
    assert error.meaning == "there is no such mailbox at that domain"
    assert "what to do: check the recipient's address" in error.__notes__
    fates = [Fate.ACCEPTED, Fate.REFUSED, Fate.DEFERRED]
    assert [row.fate for row in error.report.fates] == fates
    assert [row.fate for row in report.fates] == fates
    assert str(report.fates[1].reply) == "550 5.1.1 no such user"
    assert inbox.recipients == ["a@x.org"] * 2
    assert exit_status_for(error) == 69


def test_recipients_that_can_be_retried_make_it_transient(home: Any) -> None:
    with serving({"RCPT": "450 4.2.1 later"}) as server:
        home.rc(f"set smtp={server.address} from=me@example.com")
        with pytest.raises(errors.UndeliveredError) as raised:
            pymail.send(BOTH)
    assert raised.value.transient
    assert exit_status_for(raised.value) == 75


def test_an_invalid_address_does_not_stop_the_others(home: Any) -> None:
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com")
        with pytest.raises(errors.UndeliveredError, match="two @ signs") as raised:
            pymail.send("text", to=["a@x.org", "b@@x.org"])
    assert inbox.recipients == ["a@x.org"]
    assert raised.value.report.fates[1].address == "b@@x.org"
    assert raised.value.report.fates[1].fate is Fate.REFUSED
    assert len(raised.value.report.problems) == 1


def test_a_refused_login_is_not_tried_for_the_next_message() -> None:
    with serving({"AUTH": "535 5.7.8 no"}) as server:
        url = f"smtp://{server.address}"
        raised = []
        with pymail.connect(url, user=USER, password=CODE) as session:
            for name in "ab":
                with pytest.raises(errors.AuthenticationError) as caught:
                    session.send(Draft(to=f"{name}@x.org", text="t"))
                raised.append(caught.value)
    assert server.verbs.count("AUTH") == 1
    reports = [error.report for error in raised]
    assert [r and r.fates[0].address for r in reports] == ["a@x.org", "b@x.org"]
    assert raised[0].__notes__ == raised[1].__notes__


def test_no_output_shows_the_password(caplog: pytest.LogCaptureFixture) -> None:
    with serving({"AUTH": f"535 5.7.8 {CODE} is wrong"}) as server:
        url = f"smtp://{server.address}"
        session = pymail.connect(url, user=USER, password=CODE)
        with pytest.raises(errors.AuthenticationError) as raised:
            session.send(BOTH)
        session.close()
    shown = "".join(
        traceback.TracebackException.from_exception(
            raised.value, capture_locals=True
        ).format()
    )
    for text in (repr(session), repr(raised.value), repr(raised.value.report)):
        assert CODE not in text
    assert CODE not in shown
    assert CODE not in caplog.text


def test_advice_is_in_the_language_of_the_settings(home: Any) -> None:
    home.rc(f"set smtp={nobody()} from=me@example.com explain=zh")
    with pytest.raises(errors.ConnectError) as raised:
        pymail.send(BOTH)
    assert any(note.startswith("怎么办：") for note in raised.value.__notes__)


def test_every_account_that_failed_is_named(home: Any) -> None:
    first, second = nobody(), nobody()
    home.rc(
        f"set smtp={first} from=me@example.com smtp-fallback=spare",
        f"account spare {{\n  set smtp={second} from=me@example.com\n}}",
    )
    with pytest.raises(errors.ConnectError, match=second) as raised:
        pymail.send(BOTH)
    assert any(
        n.startswith("before that: ") and first in n for n in raised.value.__notes__
    )


def test_files_that_cannot_be_written_are_reported(home: Any) -> None:
    with receiving() as inbox:
        home.rc(
            f"set smtp={inbox.address} from=me@example.com expandaddr=+file",
            "set record=~/no/such/place",
        )
        report = pymail.send("text", to="a@x.org")
        assert report.complete
        assert report.problems[0].startswith("sent, but not recorded: ")
        with pytest.raises(errors.UndeliveredError) as raised:
            pymail.send("text", to=["a@x.org", "./no/file"])
    assert "./no/file cannot be written" in str(raised.value)
    rows = raised.value.report.fates
    assert [(r.address, r.fate) for r in rows] == [
        ("a@x.org", Fate.ACCEPTED),
        ("./no/file", Fate.REFUSED),
    ]
    assert inbox.recipients == ["a@x.org"] * 2


def test_a_file_is_written_although_the_server_is_unreachable(home: Any) -> None:
    home.rc(f"set smtp={nobody()} from=me@example.com expandaddr=+file")
    report = pymail.send("text", to=["a@x.org", "./kept", "./no/file"], check=False)
    assert [(row.address, row.fate) for row in report.fates] == [
        ("a@x.org", Fate.DEFERRED),
        ("./kept", Fate.ACCEPTED),
        ("./no/file", Fate.REFUSED),
    ]
    assert home.text("kept") != ""


def test_attempts_that_fail_are_in_the_log_once(home: Any) -> None:
    home.rc(f"set smtp={nobody()} from=me@example.com logfile=~/log")
    with pytest.raises(errors.ConnectError):
        pymail.send("text", to="a@x.org")
    with pytest.raises(errors.AddressError):
        pymail.send("text", to="b@@x.org")
    first, second = home.text("log").splitlines()
    assert "recipients=a@x.org" in first
    assert first.endswith("exitcode=EX_TEMPFAIL")
    assert "b@@x.org" in second
    assert second.endswith("exitcode=EX_DATAERR")


# ── the outbox ──────────────────────────────────────────────────────────────


def waiting(home: Any) -> list[str]:
    place = home.directory / "box"
    return [p.name for p in place.glob("2*")] if place.is_dir() else []


def test_a_message_that_waits_in_the_outbox_is_no_error(home: Any) -> None:
    home.rc(f"set smtp={nobody()} from=me@example.com outbox=~/box")
    report = pymail.send(BOTH)
    assert report.waiting == ("a@x.org", "b@x.org")
    assert isinstance(report.failure, errors.ConnectError)
    assert list(report.kept) == waiting(home)
    assert home.text("dead.letter") == ""


def test_the_command_sends_it_from_the_outbox(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox keeps the caller's server and user, but not its password."""
    with receiving({"a@x.org": "450 4.2.1 later"}, auth=True) as inbox:
        url = f"smtp://{inbox.address}"
        settings = {"outbox": home.directory / "box"}
        session = pymail.connect(url, user=USER, password=CODE, settings=settings)
        assert session.send(BOTH).waiting == ("a@x.org",)
        session.close()
        inbox.refuse = {}
        home.rc("set outbox=~/box smtp=other.example.com")
        monkeypatch.setenv("PYMAIL_PASSWORD", "another")
        words = ("pymail", "--flush", "--now")
        assert main(replace(Environment.of_caller(), argv=words)) == 0
    assert inbox.recipients == ["b@x.org", "a@x.org"]
    assert inbox.logins == [(USER, CODE), (USER, "another")]
    assert waiting(home) == []


def test_a_refused_recipient_raises_although_others_wait(home: Any) -> None:
    refuse = {"a@x.org": "450 4.2.1 later", "b@x.org": "550 5.1.1 who?"}
    with receiving(refuse) as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com outbox=~/box")
        with pytest.raises(errors.UndeliveredError) as raised:
            pymail.send(BOTH)
    assert str(raised.value).startswith("b@x.org refused by")
    assert "a@x.org" not in str(raised.value)
    assert raised.value.report.waiting == ("a@x.org",)
    assert any(f"--flush {waiting(home)[0]}" in n for n in raised.value.__notes__)


@pytest.mark.parametrize("what", ["after-the-dot", "login"])
def test_a_held_message_raises(home: Any, what: str) -> None:
    answers, kind, _ = RAISED[what]
    with serving(answers) as server:
        home.rc(
            f"set smtp={server.address} from=me@example.com outbox=~/box",
            f"set smtp-auth-user=me smtp-auth-password={CODE}",
        )
        with pytest.raises(kind) as raised:
            pymail.send(BOTH)
    assert raised.value.report is not None
    assert list(raised.value.report.kept) == waiting(home) != []
    assert raised.value.report.waiting == ()
    assert any("sends it, --drop" in note for note in raised.value.__notes__)


def test_a_permanently_refused_message_leaves_the_outbox(home: Any) -> None:
    with serving({"RCPT": "550 5.1.1 who?"}) as server:
        home.rc(f"set smtp={server.address} from=me@example.com outbox=~/box")
        with pytest.raises(errors.UndeliveredError) as raised:
            pymail.send(BOTH)
    assert waiting(home) == []
    assert raised.value.report.kept == ()


def test_an_unwritable_outbox_stops_no_mail(
    home: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (home.directory / "box").write_text("no directory")
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com outbox=~/box")
        report = pymail.send(BOTH)
    assert report.complete
    assert report.problems[0].startswith("not kept in the outbox: ")
    assert report.problems[0] in caplog.text


def test_an_interrupted_caller_leaves_the_message_in_the_outbox(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    home.rc(f"set smtp={nobody()} from=me@example.com outbox=~/box")
    monkeypatch.setattr(SmtpTransport, "send", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pymail.send(BOTH)
    [name] = waiting(home)
    with Outbox(home.directory / "box").claim(name) as mail:  # type: ignore[union-attr] # it is free
        assert mail.head.envelope.forward_paths == ("a@x.org", "b@x.org")


# ── several versions of one message ──────────────────────────────────────────


def test_a_message_that_is_encrypted_for_some_has_one_report(
    home: Any, people: People
) -> None:
    refuse = {"bob@example.com": "550 5.1.1 who?"}
    with receiving(refuse) as inbox:
        home.rc(
            f"set smtp={inbox.address} from=me@example.com",
            f"set smime-encrypt-ops@example.com={people['ops.crt']}",
            f"set smime-encrypt-bob@example.com={people['bob.crt']}",
        )
        draft = Draft(to=["ops@example.com", "a@x.org", "bob@example.com"], text="t")
        with pytest.raises(errors.UndeliveredError) as raised:
            pymail.send(draft)
        made = pymail.build(draft)
    report = raised.value.report
    assert [(row.address, row.fate) for row in report.fates] == [
        ("ops@example.com", Fate.ACCEPTED),
        ("a@x.org", Fate.ACCEPTED),
        ("bob@example.com", Fate.REFUSED),
    ]
    assert report.queue_id == "4XYZ 4XYZ"
    assert {mail["Message-ID"] for mail in inbox.mails} == {report.message_id}
    assert b"enveloped-data" in made


def test_recipients_without_a_certificate_get_nothing_if_encryption_is_forced(
    home: Any, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "pymail")
    with receiving() as inbox:
        home.rc(
            f"set smtp={inbox.address} from=me@example.com smime-force-encryption",
            f"set smime-encrypt-ops@example.com={people['ops.crt']}",
        )
        with pytest.raises(errors.UndeliveredError, match=r"not sent to b@x.org"):
            pymail.send("t", to=["ops@example.com", "b@x.org"])
    assert inbox.recipients == ["ops@example.com"]


def test_an_email_message_is_encrypted_as_settings_say(
    home: Any, people: People
) -> None:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "ops@example.com", "磁盘"
    mail.set_content("secret text")
    mail.add_attachment(b"1,2\n", maintype="text", subtype="csv", filename="a.csv")
    home.rc(
        "set from=me@example.com",
        f"set smime-encrypt-ops@example.com={people['ops.crt']}",
    )
    made = pymail.build(mail)
    assert b"enveloped-data" in made
    assert b"Subject: =?utf-8?" in made
    assert b"multipart" not in made
    assert b"secret" not in made
