"""mailx from arguments to the message, without a network: `mta=test`."""

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from pymail.commands.report_outcome import default_settings
from pymail.credentials.chain import make_chain
from pymail.errors import AuthenticationError
from pymail.secret import Secret
from pymail.settings.server_models import Login, SecretSource
from tests.printed import message

RC = "set mta=test from=me@example.com\n"
Run = Callable[..., Any]


def test_echo_and_subject_make_a_mail(pymail: Run) -> None:
    ended = pymail("-s", "Disk full", "ops@example.com", stdin=b"97 %\n", rc=RC)
    sent = message(ended.out)
    assert (ended.status, ended.err) == (0, "")
    assert sent["Subject"] == "Disk full"
    assert sent["To"] == "ops@example.com"
    assert sent["From"] == "me@example.com"
    assert sent["Message-ID"] == "<20261123120000.0123456789abcdef@example.com>"
    assert sent.get_content() == "97 %\n\n"  # and the line that ends an entry


def test_header_has_copies_but_no_blind_copies(pymail: Run) -> None:
    ended = pymail(
        *("-c", "c@example.com, d@example.com", "-b", "b@example.com"),
        *("--to", "e@example.com", "a@example.com"),
        rc=RC,
    )
    sent = message(ended.out)
    assert sent["To"] == "a@example.com, e@example.com"
    assert sent["Cc"] == "c@example.com, d@example.com"
    assert "b@example.com" not in ended.out


NAME = "set from=MonAlert smtp=mail.example.com smtp-auth-user=ops@example.com\n"


@pytest.mark.parametrize(
    ("words", "rc", "shown"),
    [
        pytest.param(
            "-d -b b@example.com",
            RC,
            ["MAIL FROM:<me@example.com>\n", "RCPT TO:<b@example.com>\n", "\n\ntext\n"],
            id="blind-copy",
        ),
        pytest.param("", RC + "set debug", ["RCPT TO:<a@x.org>"], id="variable"),
        pytest.param("-d -r 'Bot <bot@x.org>'", RC, ["MAIL FROM:<bot@x.org>", "From: Bot <bot@x.org>"], id="sender"),
        pytest.param(
            "-d -r 'Bounces <b@x.org>' -a 'From: Ops <ops@x.org>'",
            RC,
            ["MAIL FROM:<b@x.org>", "From: Ops <ops@x.org>\n"],
            id="sender-and-author",
        ),
        pytest.param(
            "-d",
            "set mta=test from='a@x.org, b@x.org' sender=s@x.org",
            ["MAIL FROM:<s@x.org>", "From: a@x.org, b@x.org"],
            id="several-authors",
        ),
        pytest.param("-d a@x.org -- -f b@x.org -F Ops", "set mta=~/mta", ["From: Ops <b@x.org>\n"], id="behind-dashes"),
        pytest.param(
            "-d",
            NAME,
            ["From: MonAlert <ops@example.com>\n", "MAIL FROM:<ops@example.com>"],
            id="name-beside-a-login",
        ),
        pytest.param("-d -a 'From: Disks'", NAME, ["From: Disks <ops@example.com>\n"], id="field"),
        pytest.param("-d", NAME + "set hostname=h.example.com", ["From: MonAlert@h.example.com\n"], id="name-at-a-host"),
    ],
)  # fmt: skip
def test_dry_run_shows_envelope_and_message(
    pymail: Run, words: str, rc: str, shown: list[str]
) -> None:
    ended = pymail("a@x.org", *shlex.split(words), stdin=b"text\n", rc=f"{rc}\n")
    assert ended.status == 0
    assert [each for each in shown if each not in ended.out] == []


def test_unused_program_options_are_reported(pymail: Run) -> None:
    words = ("-S", "expandargv", "a@x.org", "--", "-odq")
    ended = pymail("-d", *words, rc=RC)
    assert "RCPT TO:<a@x.org>" in ended.out
    assert "'-odq' after --: ignored, only a local program takes options" in ended.err


@pytest.mark.parametrize(
    ("rc", "shown"),
    [
        pytest.param("smtp=smtps://u:p@h", "to h:465 (TLS implicit, login u)", id="s"),
        pytest.param("smtp=h", "to h:25 (TLS offered, no login)", id="plain"),
        pytest.param("mta=lmtp:///run/l", "to /run/l", id="socket"),
        pytest.param("mta=/bin/x", "to /bin/x", id="program"),
        pytest.param("mta=test", "to standard output", id="test"),
    ],
)
def test_dry_run_names_the_server(pymail: Run, rc: str, shown: str) -> None:
    assert pymail("-d", "a@example.com", rc=f"set {rc}\n").out.startswith(shown)


def test_login_can_come_from_netrc(pymail: Run, world: Any) -> None:
    world.write(".netrc", "machine mx.example.com login me@b.example password x\n")
    (world.directory / ".netrc").chmod(0o600)
    rc = "set smtp=smtps://mx.example.com netrc-lookup from=me@example.com\n"
    assert ", login me@b.example)" in pymail("-d", "a@x.org", rc=rc).out


def test_file_is_attached(pymail: Run, world: Any) -> None:
    world.write("report.csv", "a,b\n")
    ended = pymail("-a", "report.csv", "a@example.com", stdin=b"see\n", rc=RC)
    [part] = list(message(ended.out).iter_attachments())
    assert (part.get_filename(), part.get_content_type()) == ("report.csv", "text/csv")


@pytest.mark.parametrize(
    ("charsets", "charset", "octets"),
    [
        pytest.param("utf-8#iso-8859-1", "iso-8859-1", b"caf\xe9\n", id="both"),
        pytest.param("-#iso-8859-1", "iso-8859-1", b"caf\xe9\n", id="own"),
        pytest.param("utf-8#us-ascii", "utf-8", b"caf\xc3\xa9\n", id="too-small"),
        pytest.param("utf-8#frob", "utf-8", b"caf\xc3\xa9\n", id="unknown"),
        pytest.param("iso-8859-15", "iso-8859-15", b"caf\xc3\xa9\n", id="none"),
    ],
)
def test_file_is_converted_to_another_charset(
    pymail: Run, world: Any, charsets: str, charset: str, octets: bytes
) -> None:
    world.write("t.txt", "café\n")
    ended = pymail("-a", f"t.txt={charsets}", "a@example.com", rc=RC)
    [part] = list(message(ended.out).iter_attachments())
    assert part.get_content_charset() == charset
    assert part.get_payload(decode=True) == octets


FURTHER = (
    "set ORGANIZATION=Org disposition-notification-send\n"
    "set customhdr='X-A: one\\, two, X-B: three'\n"
)


@pytest.mark.parametrize(
    ("words", "rc", "header"),
    [
        pytest.param(["-a", "X-Loop: me"], "", {"X-Loop": "me"}, id="bsd"),
        pytest.param(["--append=X-Loop: me"], "", {"X-Loop": "me"}, id="mailutils"),
        pytest.param(["-C", "X-Loop: me"], "", {"X-Loop": "me"}, id="s-nail"),
        pytest.param(["-a", "From: Ana <a@x>"], "", {"From": "Ana <a@x>"}, id="from"),
        pytest.param(["-a", "Reply-To: r@x"], "", {"Reply-To": "r@x"}, id="reply"),
        pytest.param(["-a", "Subject: S"], "", {"Subject": "S"}, id="subject"),
        pytest.param(["-a", "Cc: c@x.org"], "", {"Cc": "c@x.org"}, id="cc"),
        pytest.param(["-a", "To: t@x"], "", {"To": "a@x.org, t@x"}, id="to"),
        pytest.param(["-a", "MIME-Version: 2"], "", {"MIME-Version": "1.0"}, id="mime"),
        pytest.param(["-S", "from=s@x", "-S", "noreplyto"], "", {"From": "s@x"}, id="S"),
        pytest.param(["-E", "set from=e@x"], "", {"From": "e@x"}, id="command"),
        pytest.param(["-X", "set from=x@x"], "", {"From": "x@x"}, id="s-nail-command"),
        pytest.param(["-BD", "--mime", "--debug-level=x"], "", {"To": "a@x.org"}, id="no-effect"),
        pytest.param(["-A", "w"], "account w {\nset from=w@x\n}\n", {"From": "w@x"}, id="account"),
        pytest.param(
            ["team"],
            "alias team b@x c@x\nset autocc=boss\nalias boss z@x\n",
            {"To": "b@x, c@x, a@x.org", "Cc": "z@x"},
            id="aliases",
        ),
        pytest.param([], "unset from\n", {"From": "me@host.example.com"}, id="login"),
        pytest.param([], "set stealthmua\n", {"User-Agent": None, "Message-ID": None}, id="stealth"),
        pytest.param(
            [],
            FURTHER,
            {
                "Organization": "Org",
                "Disposition-Notification-To": "me@example.com",
                "X-A": "one, two",
                "X-B": "three",
            },
            id="further-fields",
        ),
    ],
)  # fmt: skip
def test_words_and_settings_make_the_header(
    pymail: Run, words: list[str], rc: str, header: dict[str, str | None]
) -> None:
    sent = message(pymail(*words, "a@x.org", rc=RC + rc).out)
    assert {name: sent[name] for name in header} == header


def test_newline_in_the_subject_adds_no_field(pymail: Run) -> None:
    ended = pymail("-s", "S\nBcc: evil@example.org", "a@example.com", rc=RC)
    sent = message(ended.out)
    assert sent["Bcc"] is None
    assert sent["Subject"] == "S Bcc: evil@example.org"


def test_quoted_file_precedes_the_text(pymail: Run, world: Any) -> None:
    world.write("head", "first\n")
    ended = pymail("-q", "head", "a@example.com", stdin=b"second\n", rc=RC)
    assert message(ended.out).get_content().startswith("first\nsecond\n")


def test_text_of_a_file_is_kept_when_the_quoted_one_is_missing(
    pymail: Run, world: Any
) -> None:
    world.write("body", "text\n")
    ended = pymail("-m", "body", "-q", "nope", "a@example.com", rc=RC)
    assert ended.status == 66
    assert world.dead_letter.endswith("\n\ntext\n\n")
    ended = pymail("-m", "nobody", "-q", "nope", "a@example.com", rc=RC)
    assert "nobody: No such file" in ended.err


# fmt: off
REFUSED: dict[str, tuple[list[str], str, int, str]] = {
    "attachment": (["-a", "nope", "a@x.org"], "", 66, "nope: "),
    "attachment-without-a-name": (["-a", "", "a@x.org"], "", 66, "no file name"),
    "attachment-of-a-directory": (["-a", ".", "a@x.org"], "", 66, "directory"),
    "attachment-or-field": (["-a", "no field:x", "a@x.org"], "", 66, "neither a readable file"),
    "quoted-file": (["-q", "nope", "a@x.org"], "", 66, "nope: "),
    "field-with-a-newline": (["-C", "X-A: one\nBcc: b@x.org", "a@x.org"], "", 64, "X-A"),
    "account": (["-A", "wrk", "-s", "S", "a@x.org"], "", 78, "-A wrk: no such account"),
    "copies-alone": (["-c", "c@example.com"], "", 65, "no recipients"),
    "blind-copies-alone": (["-b", "b@x.org"], "", 65, "no recipients"),
    "empty-word": (["-s", "S", ""], "", 65, "no recipients"),
    "two-at-signs": (["a@@b.org"], "", 65, "a@@b.org"),
    "semicolon": (["a;b@y.org"], "", 65, "a;b@y.org"),
    "newline": (["a@b.org\nX: y"], "", 65, "a@b.org"),
    "command": (["|touch pwned"], "", 65, "|touch pwned"),
    "path": (["/etc/x"], "", 65, "/etc/x"),
    "folder": (["+f"], "", 65, "+f"),
    "sender": (["-r", "bad sender", "a@x.org"], "", 65, "bad sender"),
    "sender-of-the-settings": (["a@x.org"], "set from=a@@b.org", 78, "~/.mailrc:2: from: "),
}
# fmt: on


@pytest.mark.parametrize(
    ("words", "rc", "status", "said"), REFUSED.values(), ids=REFUSED
)
def test_failure_is_reported_and_the_text_kept(
    pymail: Run, world: Any, *, words: list[str], rc: str, status: int, said: str
) -> None:
    ended = pymail(*words, stdin=b"text\n", rc=f"{RC}{rc}\n")
    assert (ended.status, ended.out) == (status, "")
    assert said.lower() in ended.err.lower()
    assert world.dead_letter.endswith("\n\ntext\n\n")
    assert ("\nTo: a@x.org\n" in world.dead_letter) is ("a@x.org" in words)
    assert "\nBcc: b@x.org\n" not in world.dead_letter or "-b" in words
    assert not (world.directory / "pwned").exists()


def test_missing_text_file_is_reported_and_the_recipient_kept(
    pymail: Run, world: Any
) -> None:
    ended = pymail("-m", "nope", "a@x.org", rc=RC)
    assert (ended.status, "nope: " in ended.err) == (66, True)
    assert "\nTo: a@x.org\n" in world.dead_letter


def test_sender_of_the_settings_stays_beside_another_author(pymail: Run) -> None:
    ended = pymail("-r", "r@example.org", "a@x.org", rc=RC + "set sender=s@x.org\n")
    sent = message(ended.out)
    assert (sent["From"], sent["Sender"]) == ("r@example.org", "s@x.org")
    assert ended.out.startswith("From r@example.org ")


def test_message_head_counts_as_text(pymail: Run) -> None:
    ended = pymail("-E", "a@x.org", stdin=b"", rc=RC + "set MAILX_HEAD=Hi\n")
    assert message(ended.out).get_content() == "Hi\n\n"


def test_word_that_is_no_account_is_a_file_to_attach(pymail: Run, world: Any) -> None:
    world.write("invoice.pdf", b"%PDF\x00")
    ended = pymail("-A", "invoice.pdf", "a@example.com", rc=RC)
    [part] = list(message(ended.out).iter_attachments())
    assert part.get_filename() == "invoice.pdf"


def test_empty_text_is_not_sent_when_asked(pymail: Run) -> None:
    for words, rc in ((["-E"], RC), ([], RC + "set skipemptybody\n")):
        ended = pymail(*words, "-s", "S", "a@example.com", rc=rc)
        assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_standard_input_that_is_closed_is_an_empty_text(pymail: Run) -> None:
    ended = pymail("-s", "S", "a@example.com", stdin=None, rc=RC)
    assert ended.status == 0
    assert message(ended.out)["Subject"] == "S"


# fmt: off
SENT: dict[str, tuple[str, str, list[str]]] = {
    "nothing": ("a@x.org", "", ["no message, no subject"]),
    "command": ("a@x.org", "frob", ["pymail: ~/.mailrc:2: unknown command 'frob'\n"]),
    "directory": ("a@x.org", "cd nowhere", ["~/.mailrc:2: cannot enter 'nowhere': No such file or directory"]),
    "file-as-directory": ("a@x.org", "cd box", ["~/.mailrc:2: cannot enter 'box': not a directory"]),
    "signature": ("a@x.org", "set signature=~/sig", ["sent without"]),
    "alias-loop": ("a", "alias a b a@x.org\nalias b a", ["alias loop: a (~/.mailrc:2) -> b (~/.mailrc:3) -> a\n"]),
    "alias-loop-met-twice": ("-c a a", "alias a b a@x.org\nalias b a", ["alias loop: "]),
    "no-alias-file": ("a@x.org root", "set mta-aliases=~/gone", ["gone: no such file or directory; local names are not expanded\n"]),
    "no-field": ("a@x.org", "set customhdr='X-A: 1, oops'", ["not a header field, `Name: value`: 'oops'; sent"]),
    "field-of-ours": ("a@x.org", "set customhdr='Subject: x'", ["customhdr: Subject can't be set there; sent without"]),
}
# fmt: on


@pytest.mark.parametrize(("words", "rc", "said"), SENT.values(), ids=SENT)
def test_problem_is_reported_once_and_the_mail_sent(
    pymail: Run, world: Any, words: str, rc: str, said: list[str]
) -> None:
    world.write("box", "")
    ended = pymail(*words.split(), rc=f"{RC}{rc}\n")
    sent = message(ended.out)
    assert (ended.status, str(sent["To"]).split(", ")[0]) == (0, "a@x.org")
    assert sent.get_all("Subject") is None
    assert [text for text in said if ended.err.count(text) != 1] == []


def test_one_bad_word_does_not_stop_the_others(pymail: Run, world: Any) -> None:
    ended = pymail("-s", "S", "a@x.org", "b@@y.org", stdin=b"text\n", rc=RC)
    assert ended.status == 65
    assert message(ended.out)["To"] == "a@x.org"
    assert "b@@y.org" in ended.err
    assert "X-Envelope-To: b@@y.org" in world.dead_letter


def test_remarks_on_settings_are_shown_with_verbose(pymail: Run) -> None:
    rc = "set smtp=127.0.0.1:1 smtp-use-starttls=no\n"
    assert "unset smtp-use-starttls" in pymail("-v", "a@x.org", rc=rc).err
    assert "unset smtp-use-starttls" not in pymail("a@x.org", rc=rc).err


def test_demo_cannot_be_combined(pymail: Run) -> None:
    assert pymail("--demo", "-v").status == 64


def test_version_and_help_are_printed(pymail: Run) -> None:
    assert pymail("-V").out.startswith("pymail 0.")
    for words in (["--help"], ["-h"]):
        shown = pymail(*words, program="mailx").out
        assert shown.startswith("Usage: mailx ")
        assert "The message:" in shown
        assert "--from MAILBOX" in shown


def test_echo_in_a_file_is_printed(pymail: Run) -> None:
    rc = "echo hello\nechoerr oops\n" + RC
    ended = pymail("-d", "-s", "S", "a@x.org", rc=rc)
    assert ended.out.startswith("hello\n")
    assert "oops" in ended.err


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        pytest.param("set record=$HOME/sent", "sent", id="variable"),
        pytest.param("set record=+sent", "+sent", id="no-folder"),
        pytest.param("set folder=box record=+sent", "box/sent", id="folder"),
        pytest.param("set folder=$HOME/box record=+s", "box/s", id="folder-variable"),
        pytest.param("set folder=box outfolder record=s", "box/s", id="outfolder"),
        pytest.param("set folder=x outfolder record=$HOME/s", "s", id="absolute"),
        pytest.param("cd box\nset record=sent", "box/sent", id="directory"),
        pytest.param("cd box\ncd\nset record=sent", "sent", id="home"),
        pytest.param("chdir nowhere\nset record=sent", "sent", id="no-directory"),
        pytest.param("cd box/x\nset record=sent", "sent", id="a-file"),
    ],
)
def test_record_is_written_to_the_set_file(
    pymail: Run, world: Any, lines: str, place: str
) -> None:
    world.write("box/x", "")
    variables = {"HOME": str(world.directory)}
    ended = pymail("-s", "S", "a@x.org", rc=f"{RC}{lines}\n", variables=variables)
    assert ended.status == 0
    assert "Subject: S\n" in (world.directory / place).read_text()


def test_file_is_sourced_below_folder(pymail: Run, world: Any) -> None:
    world.write("box/x", "set from=x@example.org\n")
    world.write("y", "set sender=y@example.org\n")
    rc = f"{RC}set folder={world.directory}/box\nsource +x\nsource y\n"
    sent = message(pymail("a@x.org", rc=rc).out)
    assert (sent["From"], sent["Sender"]) == ("x@example.org", "y@example.org")


def test_dry_run_names_the_files_that_would_get_it(pymail: Run, world: Any) -> None:
    target = world.directory / "box"
    rc = RC + "set expandaddr\n"
    assert f"file {target}" in pymail("-F", "-d", str(target), rc=rc).out
    assert not target.exists()


def test_file_gets_the_mail_even_when_the_server_is_down(
    pymail: Run, world: Any
) -> None:
    target = world.directory / "box"
    rc = "set smtp=127.0.0.1:1 from=me@example.com expandaddr\n"
    assert pymail("-s", "S", str(target), "a@x.org", stdin=b"t\n", rc=rc).status != 0
    assert "Subject: S\n" in target.read_text()
    assert "Subject: S\n" in world.dead_letter


@pytest.mark.parametrize(
    "words",
    [
        ["-x", "b@x.org"],
        ["-"],
        ["--"],
        ["-X/tmp/f@x.org"],
        ["--passwordeval=id"],
        ["-f", "me@x.org", "-oQ/tmp"],
    ],
    ids=lambda words: words[-1],
)
@pytest.mark.parametrize("rule", ["", "expandargv=fail", "expandargv=restrict"])
@pytest.mark.parametrize("way", ["smtp=127.0.0.1:1", "mta=/nowhere/mta"])
def test_dashed_word_is_no_recipient_and_no_option(
    pymail: Run, world: Any, words: list[str], rule: str, way: str
) -> None:
    rc = f"set {way} {rule} from=me@example.com\n"
    ended = pymail("-s", "S", "a@x.org", "--", *words, stdin=b"text\n", rc=rc)
    assert ended.status == 64
    dashed = next(w for w in words if w.startswith("-") and w != "-f")
    assert f"{dashed!r} after --: not a recipient" in ended.err
    assert "text\n" in world.dead_letter


@pytest.mark.parametrize(
    ("words", "path", "author"),
    [
        (["-fb@x.org"], "b@x.org", "me@example.com"),
        (["-f", "Name <b@x.org>"], "b@x.org", "me@example.com"),
        (["-r", "b@x.org", "-FOps"], "b@x.org", "Ops <me@example.com>"),
        (["-F", "Ops, Night"], "me@example.com", '"Ops, Night" <me@example.com>'),
        (["-f", ""], "", "me@example.com"),
        (["-f", "<>"], "", "me@example.com"),
        (["-f"], "me@example.com", "me@example.com"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_sender_may_follow_dashes_as_in_sendmail(
    pymail: Run, words: list[str], path: str, author: str
) -> None:
    ended = pymail("-d", "-s", "S", "a@x.org", "--", "b@x.org", *words, rc=RC)
    assert f"MAIL FROM:<{path}>" in ended.out
    assert f"From: {author}\n" in ended.out
    assert re.findall("RCPT TO:<(.*)>", ended.out) == ["a@x.org", "b@x.org"]


def test_signature_head_and_tail_surround_the_text(pymail: Run, world: Any) -> None:
    world.write("sig", "-- \nMe\n")
    rc = RC + "set signature=~/sig message-inject-head=Hi message-inject-tail=Bye\n"
    sent = message(pymail("-s", "S", "a@x.org", stdin=b"text\n", rc=rc).out)
    assert sent.get_content().startswith("Hi\ntext\nBye\n-- \nMe\n")


@pytest.mark.parametrize(("rc", "shown"), [("", False), ("set mta-bcc-ok\n", True)])
def test_local_program_sees_blind_copies_only_if_it_may(
    pymail: Run, mta: Any, *, rc: str, shown: bool
) -> None:
    rc = f"set mta=~/mta from=me@example.com\n{rc}"
    assert pymail("-b", "b@x.org", "a@x.org", stdin=b"t\n", rc=rc).status == 0
    assert ("Bcc: b@x.org\n" in mta.message) is shown


def test_signature_ends_in_a_newline(pymail: Run, world: Any) -> None:
    world.write("sig", "Me")
    ended = pymail("a@example.com", stdin=b"text\n", rc=RC + "set signature=~/sig\n")
    assert message(ended.out).get_content() == "text\nMe\n\n"


def test_unusual_domains_can_be_allowed(pymail: Run) -> None:
    rc = RC + "set expandaddr=domaincheck expandaddr-domaincheck=x.org,y.org\n"
    ended = pymail("-d", "a@y.org", "b@z.org", rc=rc)
    assert "RCPT TO:<a@y.org>" in ended.out
    assert "b@z.org" in ended.err


def test_a_password_is_asked_for_once_a_message(world: Any) -> None:
    made = world.environment("pymail")
    ask = make_chain(made, default_settings(made))
    secret = Secret("once")
    login = Login(user="me", sources=(SecretSource(place="here", secret=secret),))
    assert ask(login, "mail.example.com") is secret
    assert ask(Login(user="me"), "mail.example.com") is secret
    with pytest.raises(AuthenticationError):
        ask(Login(user="me"), "other.example.com")


def test_from_field_replaces_the_author(pymail: Run) -> None:
    ended = pymail("-d", "-a", "From: Doe, Jr. <j@x.org>", "a@x.org", rc=RC)
    assert 'From: "Doe, Jr." <j@x.org>\n' in ended.out
    assert pymail("-d", "-a", "From: a b", "a@x.org", rc=RC).status == 65
