"""`pymail.send`: settings, arguments, and the mail that arrives."""

import io
import locale
import logging
import os
import signal
import ssl
import sys
import threading
import tracemalloc
from email.message import EmailMessage
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
import trustme

import pymail
from pymail import Attachment, Draft, errors
from tests.api.live import attachments, html_of, receiving, text_of
from tests.api.typed_use import careful, look, one
from tests.scripted import serving

pytestmark = pytest.mark.live


def test_one_call_sends_a_message(home: Any) -> None:
    (home.directory / "report.pdf").write_bytes(b"%PDF-1.7\n")
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from='Disk <me@example.com>'")
        report = pymail.send(
            "全部正常",
            subject="磁盘",
            to=["ops@example.com"],
            cc="Ann <ann@example.com>, bob@example.com",
            bcc=["hidden@example.com"],
            attach=["report.pdf"],
        )
    [mail] = inbox.mails
    assert mail["Subject"] == "磁盘"
    assert mail["From"] == "Disk <me@example.com>"
    assert mail["Cc"] == "Ann <ann@example.com>, bob@example.com"
    assert mail["Bcc"] is None
    assert text_of(mail) == "全部正常\n"
    assert attachments(mail) == {"report.pdf": ("application/pdf", b"%PDF-1.7\n")}
    assert report.complete
    assert [row.address for row in report.fates] == inbox.recipients
    assert inbox.recipients == [
        *("ops@example.com", "ann@example.com", "bob@example.com"),
        "hidden@example.com",
    ]
    assert report.message_id == mail["Message-ID"]
    assert report.queue_id == "4XYZ"
    assert report.peer == inbox.address
    assert (report.kept, report.waiting, report.problems) == ((), (), ())


def test_settings_of_the_command_apply(home: Any) -> None:
    with receiving() as inbox:
        home.rc(
            f"set smtp={inbox.address} from=me@example.com record=~/sent",
            "set logfile=~/log autobcc=archive@example.com",
            "alias ops ann@example.com 'Bob <bob@example.com>'",
            "account work {",
            "  set from=work@example.com",
            "}",
        )
        pymail.send("text", to="ops", account="work", subject="S")
    assert inbox.senders == ["work@example.com"]
    assert inbox.mails[0]["To"] == "ann@example.com, Bob <bob@example.com>"
    assert "archive@example.com" in inbox.recipients
    assert "\nSubject: S\n" in home.text("sent")
    assert "exitcode=EX_OK" in home.text("log")
    assert home.text("dead.letter") == ""


@pytest.mark.parametrize(
    ("settings", "recorded", "author"),
    [
        ({}, True, "me@example.com"),
        ({"record": None}, False, "me@example.com"),
        ({"record": False, "from": "you@example.com"}, False, "you@example.com"),
        ({"record": Path("other"), "smtp-timeout": 20.5}, False, "me@example.com"),
    ],
    ids=["none", "unset", "false", "path"],
)
def test_variables_override_files(
    home: Any, settings: Any, recorded: bool, author: str
) -> None:
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com record=~/sent")
        pymail.send("text", to="ops@example.com", settings=settings)
    assert (home.text("sent") != "") is recorded
    assert (home.text("other") != "") is ("smtp-timeout" in settings)
    assert inbox.senders == [author]


def test_a_variable_set_to_true_is_on(home: Any) -> None:
    home.rc("set from=me@example.com")
    draft = Draft(to="ops@example.com", text="t")
    assert b"User-Agent: pymail" in pymail.build(draft)
    assert b"User-Agent" not in pymail.build(draft, settings={"stealthmua": True})


def test_fields_are_added_and_known_ones_change_the_message(home: Any) -> None:
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com")
        report = pymail.send(
            b"<p>\xc3\xa4</p>\n",
            to="ops@example.com",
            from_="Ann <ann@example.com>",
            sender="office@example.com",
            reply_to="list@example.com",
            fields=[
                ("X-Host", "web1"),
                ("Cc", "bob@example.com"),
                ("Content-Type", "text/html"),
                ("Message-ID", "<own@example.com>"),
            ],
        )
    [mail] = inbox.mails
    assert mail["X-Host"] == "web1"
    assert mail["From"] == "Ann <ann@example.com>"
    assert mail["Sender"] == "office@example.com"
    assert mail["Reply-To"] == "list@example.com"
    assert mail.get_content_type() == "text/html"
    assert report.message_id == "<own@example.com>" == mail["Message-ID"]
    assert inbox.recipients == ["ops@example.com", "bob@example.com"]


def test_blanks_and_line_ends_around_an_address_are_ignored(home: Any) -> None:
    home.rc("set from=me@example.com\nalias team t@example.com")
    draft = Draft(to=[" a@example.com\r\n", "team ", ""], cc="b@example.com\n", bcc=" ")
    made = pymail.build(draft)
    assert b"\r\nTo: a@example.com, t@example.com\r\nCc: b@example.com\r\n" in made


BLANKS = ("a b@x.org", ["a b@x.org"], "a@x.org b@x.org", "ok@x.org, a@x .org c")


@pytest.mark.parametrize("to", BLANKS, ids=str)
def test_blanks_inside_an_address_are_refused(home: Any, to: Any) -> None:
    with serving() as server:
        home.rc(f"set smtp={server.address} from=me@example.com")
        with pytest.raises(errors.PymailError, match="a blank outside quotes"):
            pymail.send("text", to=to)
    assert server.verbs.count("RCPT") == ("ok@x.org" in to)


def test_email_messages_are_sent_with_their_recipients_and_fields(home: Any) -> None:
    whole = EmailMessage()
    whole["To"], whole["Bcc"] = "Bö <a@example.com>, team", "hidden@example.com"
    whole["From"], whole["Subject"] = "Ann <ann@example.com>", "磁盘"
    whole.set_content("全部正常")
    whole.add_attachment(b"1,2\n", maintype="text", subtype="csv", filename="表.csv")
    older = MIMEText("text")
    older["To"] = "b@example.com"
    with receiving() as inbox:
        home.rc(
            f"set smtp={inbox.address} from=me@example.com record=~/sent",
            "alias team t@example.com",
        )
        report = pymail.send(whole)
        with pymail.connect() as session:
            session.send(older)
            assert b"\r\nSubject: =?utf-8?" in session.build(whole)
        with pytest.raises(TypeError, match="an EmailMessage has its own recipients"):
            pymail.send(whole, to="c@example.com")
    first, second = inbox.mails
    assert [row.address for row in report.fates] == inbox.recipients[:3]
    assert inbox.recipients == [
        *("a@example.com", "t@example.com", "hidden@example.com", "b@example.com")
    ]
    assert first["To"] == "Bö <a@example.com>, t@example.com"
    assert (first["Subject"], first["Bcc"]) == ("磁盘", None)
    assert report.message_id == first["Message-ID"]
    assert text_of(first) == "全部正常\n"
    assert attachments(first) == {"表.csv": ("text/csv", b"1,2\n")}
    assert (first["From"], second["From"]) == (
        "Ann <ann@example.com>",
        "me@example.com",
    )
    assert "\nSubject: " in home.text("sent")


def test_email_messages_that_the_library_cannot_write_are_refused(home: Any) -> None:
    home.rc("set from=me@example.com")
    broken = MIMEText("text")
    broken.set_payload("\ud800")
    with pytest.raises(errors.MessageError, match="the MIMEText: "):
        pymail.build(broken)


UNKNOWN = {
    "smtp-use-startls": "unknown setting 'smtp-use-startls'; did you mean 'smtp-use-starttls'?",
    "smtp_timeout": "unknown setting 'smtp_timeout'; did you mean 'smtp-timeout'?",
    "frobnicate": "unknown setting 'frobnicate'",
}


@pytest.mark.parametrize(("name", "words"), UNKNOWN.items(), ids=UNKNOWN)
def test_unknown_settings_are_refused_with_the_nearest_name(
    home: Any, name: str, words: str
) -> None:
    with pytest.raises(errors.SettingsError) as raised:
        pymail.connect(settings={name: True})
    assert str(raised.value) == words
    assert home.text("dead.letter") == ""
    pymail.connect(settings={"smtp-auth-user-Me@Example.com": "me", "header": None})


INJECTED = {
    "field": ({"fields": {"X-A": "b\nBcc: evil@example.com"}}, "in the field 'X-A'"),
    "name": ({"fields": {"X A": "b"}}, "not a header field name"),
    "address": ({"to": ["a@x.org\nBcc: evil@example.com"]}, "Bcc"),
    "author": ({"from_": "a@x.org\r\nBcc: evil@example.com"}, "Bcc"),
    "surrogate": ({"text": "\ud800"}, "no character for '\\ud800'"),
}


@pytest.mark.parametrize(("wrong", "words"), INJECTED.values(), ids=INJECTED)
def test_a_message_that_cannot_be_sent_is_refused_before_a_transaction(
    home: Any, wrong: Any, words: str
) -> None:
    with serving() as server:
        home.rc(f"set smtp={server.address} from=me@example.com")
        with pytest.raises(errors.MessageError) as raised:
            pymail.send(**{"text": "text", "to": "ops@example.com", **wrong})
    assert words in str(raised.value)
    assert "MAIL" not in server.verbs


def test_a_line_end_in_the_subject_becomes_a_space(home: Any) -> None:
    home.rc("set from=me@example.com")
    made = pymail.build(Draft(to="a@x.org", subject="a\r\nBcc: evil@x.org", text="t"))
    assert b"Subject: a Bcc: evil@x.org\r\n" in made


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"to": [None]}, "to: NoneType, not one of str"),
        ({"cc": b"a@x.org"}, "cc: int, not one of str"),
        ({"text": 1}, "text: int, not one of str, bytes"),
        ({"attach": io.BytesIO(b"x")}, "attach: bytes, not one of str, PathLike, "),
        ({"fields": {"X-Count": 3}}, "fields: int, not one of str"),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(wrong: Any, words: str) -> None:
    with pytest.raises(TypeError) as raised:
        Draft(**wrong)
    assert str(raised.value).startswith(words)


@pytest.mark.parametrize("text", [None, 5])
def test_a_text_of_a_wrong_type_is_named(home: Any, text: Any) -> None:
    home.rc("set from=me@example.com")
    with pytest.raises(TypeError, match="not one of str, bytes, Draft, EmailMessage"):
        pymail.send(text)


def test_a_message_without_recipients_is_refused(home: Any) -> None:
    home.rc("set from=me@example.com")
    with pytest.raises(errors.NoRecipientsError) as raised:
        pymail.send("text")
    assert raised.value.advice == "name an address to send to"


def test_a_draft_takes_no_other_arguments(home: Any) -> None:
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com")
        pymail.send(Draft(to="ops@example.com", text=""))
        with pytest.raises(TypeError, match="a Draft has its own recipients"):
            pymail.send(Draft(text="t"), to="ops@example.com")
    assert text_of(inbox.mails[0]) == ""


class Unseekable(io.RawIOBase):
    """A stream that behaves like a pipe."""

    def __init__(self, octets: bytes) -> None:
        self._octets = io.BytesIO(octets)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._octets.readinto(buffer)


def test_attachments_come_from_paths_bytes_and_open_files(home: Any) -> None:
    path = home.directory / "a.txt"
    path.write_text("from a path\n")
    open_file = io.BytesIO(b"skipped, the rest")
    open_file.seek(9)
    draft = Draft(
        to="ops@example.com",
        text="t",
        attach=[
            path,
            Attachment("b.csv", b"1,2\n", "text/x-own"),
            Attachment("c.bin", str(path), "application/x-c"),
            Attachment("d.bin", open_file, "application/x-d"),
        ],
    )
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com")
        pymail.send(draft)
        pymail.send(draft)
        once = Attachment("e.bin", cast("BinaryIO", Unseekable(b"once")))
        pymail.send(Draft(to="ops@example.com", text="t", attach=once))
    first, again, last = inbox.mails
    assert attachments(first) == {
        "a.txt": ("text/plain", b"from a path\n"),
        "b.csv": ("text/x-own", b"1,2\n"),
        "c.bin": ("application/x-c", b"from a path\n"),
        "d.bin": ("application/x-d", b"the rest"),
    }
    assert attachments(again) == attachments(first)
    assert attachments(last)["e.bin"][1] == b"once"
    assert draft.attach != ()


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def test_html_is_an_alternative_with_its_images(home: Any) -> None:
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com")
        pymail.send(
            "总计 3",
            html='<p>总计 <b>3</b> <img src="cid:dot"></p>',
            to="ops@example.com",
            attach=[
                Attachment("dot.png", PIXEL, content_id="dot"),
                Attachment("a", b"b"),
            ],
        )
        pymail.send(html="<p>only <b>this</b></p>", to="ops@example.com")
    both, alone = inbox.mails
    assert text_of(both) == "总计 3\n"
    assert html_of(both) == '<p>总计 <b>3</b> <img src="cid:dot"></p>\n'
    types = [part.get_content_type() for part in both.walk()]
    assert types == [
        *("multipart/mixed", "multipart/alternative", "text/plain"),
        *("multipart/related", "text/html", "image/png", "text/plain"),
    ]
    [image] = [part for part in both.walk() if part["Content-ID"]]
    assert image["Content-ID"] == "<dot>"
    assert image.get_payload(decode=True) == PIXEL
    assert text_of(alone).strip() == "only this"
    assert html_of(alone) == "<p>only <b>this</b></p>\n"


def test_markdown_is_shown_as_html(home: Any) -> None:
    (home.directory / "dot.png").write_bytes(PIXEL)
    text = "# Report\n\n![dot](dot.png) *fine*\n"
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com")
        pymail.send(text, markdown=True, to="ops@example.com")
    [mail] = inbox.mails
    assert text_of(mail) == text
    assert "<h1>Report</h1>" in html_of(mail)
    assert "<em>fine</em>" in html_of(mail)
    assert [p.get_filename() for p in mail.walk() if p["Content-ID"]] == ["dot.png"]
    made = pymail.build(Draft(to="a@x.org", text=text, markdown=True))
    assert b"multipart/alternative" in made


def test_markdown_and_html_exclude_each_other() -> None:
    with pytest.raises(TypeError, match="html and markdown"):
        Draft(text="t", html="<p>t</p>", markdown=True)


def test_a_file_that_cannot_be_read_is_named(home: Any) -> None:
    home.rc("set from=me@example.com")
    closed = io.BytesIO()
    closed.close()
    for attach, words in (
        ("missing.pdf", "missing.pdf: No such file or directory"),
        (Attachment("x", closed), "x: I/O operation on closed file"),
    ):
        with pytest.raises(errors.UnreadableInputError) as raised:
            pymail.send("t", to="ops@example.com", attach=attach)
        assert words in str(raised.value)


def test_memory_does_not_depend_on_the_size_of_a_file(home: Any) -> None:
    size = 32 * 1024 * 1024
    with (home.directory / "large").open("wb") as file:
        file.truncate(size)
    program = home.directory / "mta"
    program.write_text("#!/bin/sh\nexec wc -c >counted\n")
    program.chmod(0o700)
    home.rc(f"set mta={program} from=me@example.com")
    tracemalloc.start()
    pymail.send("t", to="ops@example.com", attach="large")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert int(home.text("counted")) > size
    assert most < size / 4


def test_a_string_is_text_whatever_charset_terminals_have(home: Any) -> None:
    home.rc("set from=me@example.com ttycharset=gb18030 sendcharsets=gb18030")
    made = pymail.build(Draft(to="a@x.org", text="中文", subject="中文"))
    assert b"charset=gb18030" in made.lower()
    home.rc("set from=me@example.com ttycharset=gb18030")
    made = pymail.build(Draft(to="a@x.org", text="中文"))
    assert b"charset=utf-8" in made.lower()


def test_build_returns_the_message(home: Any) -> None:
    home.rc("set from=me@example.com debug smtp=smtp.example.com:9")
    made = look(Draft(to="ops@example.com", bcc="b@x.org", subject="S", text="text"))
    assert made.endswith(b"\r\n\r\ntext\r\n")
    assert b"\r\nTo: ops@example.com\r\nSubject: S\r\n" in made
    assert b"b@x.org" not in made


def test_a_message_for_a_file_alone_is_built_and_written(home: Any) -> None:
    home.rc("set from=me@example.com expandaddr=+file smtp=127.0.0.1:9")
    draft = Draft(to="./kept", text="text")
    assert pymail.build(draft).endswith(b"text\r\n")
    report = pymail.send(draft)
    assert [(r.address, r.fate) for r in report.fates] == [
        ("./kept", pymail.Fate.ACCEPTED)
    ]
    assert "\n\ntext\n" in home.text("kept")


def test_sending_with_debug_set_is_an_error(home: Any) -> None:
    home.rc("set from=me@example.com", "set debug")
    with pytest.raises(errors.SettingsError) as raised:
        pymail.send("text", to="ops@example.com")
    assert str(raised.value) == "~/.mailrc:2: debug is set, so nothing is sent"
    assert "pymail.build" in raised.value.advice


def test_mistakes_in_settings_are_logged_and_stop_nothing(
    home: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO, "pymail")
    with receiving() as inbox:
        home.rc(
            f"set smtp={inbox.address} from=me@example.com logfile=-",
            "frobnicate",
            "echo hello",
            "set signature=~/none",
        )
        pymail.send("text", to="ops@example.com")
    told = [(r.levelname, r.getMessage()) for r in caplog.records]
    assert ("INFO", "hello") in told
    warnings = [text for level, text in told if level == "WARNING"]
    assert any("~/.mailrc:2" in text for text in warnings)
    assert any(text.startswith("signature: ") for text in warnings)
    assert any("exitcode=EX_OK" in text for level, text in told if level == "INFO")
    assert capfd.readouterr() == ("", "")


def test_nothing_is_printed_without_a_log_handler(
    home: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(logging.getLogger("pymail"), "handlers", [])
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com", "frobnicate")
        pymail.send("text", to="ops@example.com")
    assert capfd.readouterr() == ("", "")


def test_debug_shows_the_session(home: Any, capsys: pytest.CaptureFixture[str]) -> None:
    trace = io.StringIO()
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com", "frobnicate")
        pymail.send("text", to="ops@example.com", debug=True)
        pymail.send("text", to="ops@example.com", debug=trace)
    out, err = capsys.readouterr()
    assert out == ""
    for shown in (err, trace.getvalue()):
        assert "C: RCPT TO:<ops@example.com>" in shown
        assert "S: 221 Bye" in shown
        assert "pymail: ~/.mailrc:2" in shown


def test_settings_may_write_the_message_to_standard_output(
    home: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    home.rc("set mta=test from=me@example.com")
    pymail.send("text", to="ops@example.com")
    assert "To: ops@example.com\n" in capsys.readouterr().out


def test_the_local_program_gets_the_author_of_the_message(home: Any) -> None:
    program = home.directory / "mta"
    program.write_text('#!/bin/sh\necho "$@" >words; exec cat >mail\n')
    program.chmod(0o700)
    home.rc(f"set mta={program} from=me@example.com r-option-implicit")
    pymail.send("text", to="ops@example.com", from_="you@example.com")
    assert "-f you@example.com" in home.text("words")
    assert "From: you@example.com" in home.text("mail")


def test_the_process_stays_as_it_was(home: Any) -> None:
    def state() -> tuple[object, ...]:
        umask = os.umask(0o022)
        os.umask(umask)
        handlers = [signal.getsignal(n) for n in (2, 15, signal.SIGPIPE)]
        threads = {t for t in threading.enumerate() if "Connect" in t.name}
        return (
            *(Path.cwd(), umask, locale.setlocale(locale.LC_ALL), handlers, threads),
            *(sys.stdout, sys.stderr, sys.stderr.errors, dict(os.environ)),
            [f for f in sys.meta_path if type(f).__module__ == "pymail.late"],
        )

    before = state()
    with receiving() as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com record=~/sent", "cd /")
        pymail.send("text", to="ops@example.com")
    assert state() == before


def test_a_program_with_types_runs(home: Any) -> None:
    (home.directory / "a.txt").write_text("a\n")
    with receiving({"bob@example.com": "550 5.1.1 who?"}) as inbox:
        home.rc(f"set smtp={inbox.address} from=me@example.com")
        assert careful("text", "ops@example.com") == ()
        both = ("ops@example.com", "bob@example.com")
        assert careful("text", ", ".join(both)) == both
        assert careful("text", "a@@b")[0] == "'a@@b': two @ signs"
        with pytest.raises(errors.UndeliveredError):
            one("text", [Path("a.txt")])
    assert attachments(inbox.mails[-1]).keys() == {"a.txt", "all.csv"}


def test_an_accepted_untrusted_certificate_is_logged(
    home: Any, caplog: pytest.LogCaptureFixture
) -> None:
    trustme.CA().issue_cert("127.0.0.1").configure_cert(
        context := ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    )
    with receiving(tls_context=context) as inbox:
        home.rc(
            f"set smtp={inbox.address} from=me@example.com",
            "set smtp-use-starttls tls-verify=warn",
        )
        pymail.send("text", to="ops@example.com")
    [told] = [r for r in caplog.records if r.name == "pymail"]
    assert told.levelname == "WARNING"
    assert "continuing because of tls-verify=warn" in told.getMessage()
