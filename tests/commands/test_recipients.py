"""Recipients from the command line to envelope and header, without a network."""

import io
import os
from collections.abc import Callable
from typing import Any

import pytest

from pymail.model import replace
from tests.printed import message

RC = "set mta=test from=me@example.com hostname=h.example.com\n"
Run = Callable[..., Any]


def to(out: str) -> str | None:
    """The body of the To field."""
    found: str | None = message(out)["To"]
    return found


def test_local_name_is_looked_up_in_the_file_of_the_mail_system(
    pymail: Run, world: Any
) -> None:
    world.write("aliases", "root: :include:team, c@x.org\n")
    world.write("team", "a@x.org\nb@x.org\n")
    ended = pymail("Root", stdin=b"t\n", rc=RC + "set mta-aliases=~/aliases\n")
    assert (ended.status, ended.err) == (0, "")
    assert to(ended.out) == "a@x.org, b@x.org, c@x.org"


def test_alias_comes_before_the_file_of_the_mail_system(
    pymail: Run, world: Any
) -> None:
    world.write("aliases", "root: a@x.org\nops: o@x.org\n")
    rc = RC + "set mta-aliases=~/aliases\nalias root b@x.org ops\n"
    assert to(pymail("root", stdin=b"t\n", rc=rc).out) == "b@x.org, o@x.org"


def test_file_of_the_mail_system_is_not_read_without_need(pymail: Run) -> None:
    ended = pymail("a@x.org", stdin=b"t\n", rc=RC + "set mta-aliases=~/gone\n")
    assert (ended.status, ended.err) == (0, "")


def test_member_that_is_no_address_is_named_with_its_line(pymail: Run) -> None:
    rc = RC + "alias team a@x.org 'b@@x.org'\n"
    ended = pymail("team", stdin=b"t\n", rc=rc)
    assert ended.status == 65
    assert to(ended.out) == "a@x.org"
    assert "~/.mailrc:2: alias team: 'b@@x.org': two @ signs" in ended.err


def test_alias_loop_is_reported_with_its_lines(pymail: Run) -> None:
    rc = RC + "alias a b\nalias b a\n"
    ended = pymail("-c", "a", "a", stdin=b"t\n", rc=rc)
    assert ended.status == 65
    assert ended.err.startswith(
        "pymail: no recipients are left after aliases are expanded: "
        "alias loop: a (~/.mailrc:2) -> b (~/.mailrc:3) -> a\n"
    )


@pytest.mark.parametrize(
    ("expandaddr", "word", "left"),
    [
        ("fail", "someone@", "a@x.org"),
        ("failinvaddr", "someone@", None),
        ("fail,-file", "./box", None),
        ("-file", "./box", "a@x.org"),
    ],
    ids=["malformed", "malformed-strict", "disallowed-strict", "disallowed"],
)
def test_refused_recipient_stops_the_mail_if_expandaddr_says_so(
    pymail: Run, expandaddr: str, word: str, left: str | None
) -> None:
    rc = RC + f"set expandaddr={expandaddr}\n"
    ended = pymail("a@x.org", word, stdin=b"t\n", rc=rc)
    assert ended.status == 65
    assert (to(ended.out) if ended.out else None) == left
    assert f"pymail: {word!r}: " in ended.err


def test_command_of_an_alias_is_not_run_and_the_mail_is_sent(
    pymail: Run, world: Any
) -> None:
    rc = RC + "set expandaddr\nalias t '|touch ran' a@x.org\n"
    ended = pymail("t", stdin=b"t\n", rc=rc)
    assert (ended.status, to(ended.out)) == (65, "a@x.org")
    assert "alias t: '|touch ran': pymail runs no command for a recipient" in ended.err
    assert not (world.directory / "ran").exists()


def test_nametoaddr_completes_the_names_of_users(pymail: Run) -> None:
    rc = RC + "set expandaddr=nametoaddr\n"
    out = pymail("root", "no such user".replace(" ", "-"), stdin=b"t\n", rc=rc).out
    assert to(out) == "root@h.example.com, no-such-user"


@pytest.mark.parametrize(
    ("rc", "kept"),
    [
        ("", False),
        ("set expandaddr", True),
        ("set expandaddr=restrict", False),
        ("set expandaddr=fcc", True),
        ("set expandaddr=-all,+addr", False),
    ],
)
def test_fcc_always_names_a_file(
    pymail: Run, world: Any, rc: str, *, kept: bool
) -> None:
    stdin = b"To: a@x.org\nFcc: my box\n\nt\n"
    ended = pymail("-t", stdin=stdin, rc=f"{RC}{rc}\n")
    assert to(ended.out) == "a@x.org"
    assert (world.directory / "my box").exists() is kept
    assert ended.status == (0 if kept else 65)
    if not kept:
        assert "Fcc: 'my box': expandaddr does not allow a file\n" in ended.err
        assert "\nFcc: my box\n" in world.dead_letter


def test_file_with_the_name_of_a_recipient_does_not_replace_it(
    pymail: Run, world: Any
) -> None:
    rc = RC + "set expandaddr=fcc\n"
    ended = pymail("-t", stdin=b"To: root\nFcc: root\n\nt\n", rc=rc)
    assert (ended.status, to(ended.out)) == (0, "root")
    assert (world.directory / "root").exists()


def test_fcc_that_is_not_allowed_can_stop_everything(pymail: Run) -> None:
    rc = RC + "set expandaddr=restrict,fail\n"
    ended = pymail("-t", stdin=b"To: a@x.org\nFcc: box\n\nt\n", rc=rc)
    assert (ended.status, ended.out) == (65, "")


def test_files_are_in_the_header_when_settings_say_so(pymail: Run, world: Any) -> None:
    rc = RC + "set expandaddr add-file-recipients\n"
    ended = pymail("-c", "./c", "./t", "a@x.org", "./t", stdin=b"t\n", rc=rc)
    found = message(ended.out)
    assert (ended.status, found["To"], found["Cc"]) == (0, "./t, a@x.org", "./c")
    for name in ("c", "t"):
        text = (world.directory / name).read_text()
        assert text.count("To: ./t, a@x.org") == 1
    dry = pymail("-d", "./t", "a@x.org", stdin=b"t\n", rc=rc).out
    assert dry.count("RCPT TO") == 1


def test_dash_is_standard_output(pymail: Run, world: Any) -> None:
    rc = "set smtp=127.0.0.1:1 from=me@example.com expandaddr\n"
    ended = pymail("-", stdin=b"text\n", rc=rc)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("From me@example.com ")
    assert "\ntext\n" in ended.out
    assert not (world.directory / "-").exists()


def test_closed_standard_output_is_reported(world: Any) -> None:
    from pymail.main import main

    rc = "set smtp=127.0.0.1:1 from=me@example.com expandaddr\n"
    closed = io.StringIO()
    closed.close()
    made = replace(
        world.environment("pymail", "-", stdin=b"text\n", rc=rc), stdout=closed
    )
    assert main(made) == os.EX_CANTCREAT
    assert "standard output: " in made.stderr.getvalue()


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_restrict_does_not_apply_at_a_terminal(
    pymail: Run, world: Any, *, terminal: bool
) -> None:
    rc = RC + "set expandaddr=restrict\n"
    words = ("-s", "S", "./box", "a@x.org")
    pymail(*words, stdin=b"t\n", rc=rc, terminal=terminal)
    assert (world.directory / "box").exists() is terminal


def test_shquote_changes_nothing(pymail: Run) -> None:
    """s-nail documents it, but does nothing with it."""
    rc = RC + "set expandaddr=restrict,shquote\n"
    assert pymail(r"a\x40x.org", stdin=b"t\n", rc=rc).status == 65


REPLIES = {
    "alias": ("set reply-to='t, q@x.org'\nalias t 'R R <r@x.org>'\n", "R R <r@x.org>, q@x.org"),
    "no-alias": ("set reply-to=r@x.org\n", "r@x.org"),
    "bad-alias": ("set reply-to=t\nalias t r@@x.org\n", "t"),
}  # fmt: skip


@pytest.mark.parametrize(("rc", "expected"), REPLIES.values(), ids=REPLIES)
def test_alias_in_reply_to_is_expanded(pymail: Run, rc: str, expected: str) -> None:
    assert (
        message(pymail("a@x.org", stdin=b"t\n", rc=RC + rc).out)["Reply-To"] == expected
    )


def test_domain_is_sent_in_ascii(pymail: Run) -> None:
    rc = "set mta=/bin/sendmail from=me@b\u00fccher.example r-option-implicit\n"
    ended = pymail("-d", "a@m\u00fcnchen.example", stdin=b"t\n", rc=rc)
    assert ended.out.startswith(
        "to /bin/sendmail -i -f me@xn--bcher-kva.example -- a@xn--mnchen-3ya.example\n"
    )


OWN = {
    "localhost": "root@localhost",
    "localdomain": "root@LocalHost.localdomain",
    "literal": "root@[127.0.0.1]",
    "full": "root@host.example.com",
    "short": "Root <root@Host>",
    "hosts-file": "root@host.lan.example",
}


@pytest.mark.parametrize("address", OWN.values(), ids=OWN)
@pytest.mark.parametrize("lookup", ["alias root a@x.org", "set mta-aliases=~/aliases"])
def test_name_at_this_machine_is_a_local_name(
    pymail: Run, world: Any, address: str, lookup: str
) -> None:
    world.write("aliases", "root: a@x.org\n")
    hosts = "::1 localhost\n127.0.1.1 host.lan.example host.example.com host # us\n"
    world.write("etc/hosts", hosts + "192.0.2.1 host.elsewhere.example other\n")
    name = address.partition("<")[2].rstrip(">") or address
    plain = name if lookup.startswith("set") else address
    assert to(pymail(plain, rc=RC + lookup + "\n").out) == "a@x.org"
    other = "root@host.elsewhere.example"
    assert to(pymail(other, rc=RC + lookup + "\n").out) == other


def test_name_at_this_machine_is_left_to_a_local_program(pymail: Run) -> None:
    rc = "set sendmail=~/mta\nalias root a@x.org\n"
    assert "RCPT TO:<root@localhost>" in pymail("-d", "root@localhost", rc=rc).out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("web1.example.com", "web1.example.com"),
        ("web1.", "web1"),
        ("3com", "3com"),
        ("(none)", "localhost"),
        ("-bad", "localhost"),
        ("bad-.example.com", "localhost"),
        ("web_1", "localhost"),
        ("192.168.1.5", "localhost"),
        ("::1", "localhost"),
        ("a..b", "localhost"),
        (".", "localhost"),
        ("", "localhost"),
    ],
)
def test_invalid_host_name_is_not_used(
    pymail: Run, world: Any, name: str, said: str
) -> None:
    variables = {"its name": name}
    assert world.environment(variables=variables).hostname() == said
    ended = pymail("-d", "a@x.org", rc="set mta=test\n", variables=variables)
    assert f"MAIL FROM:<me@{said}>" in ended.out
    assert f"@{said}>" in ended.out.partition("Message-ID:")[2].partition("\n")[0]


READS_HEADER = "set sendmail='~/mta -t' mta-no-recipient-arguments from=me@x.org\n"


def test_program_that_reads_the_header_finds_all_recipients(
    pymail: Run, mta: Any
) -> None:
    ended = pymail("-b", "b@x.org", "a@x.org", stdin=b"t\n", rc=READS_HEADER)
    assert (ended.status, ended.err) == (0, "")
    assert mta.words == ["-i", "-t", "--"]
    assert "\nTo: a@x.org\nBcc: b@x.org\n" in mta.message


@pytest.mark.parametrize(
    ("header", "words", "bcc"),
    [
        ("To: a@x.org\n", "-t b@x.org", "Bcc: b@x.org\n"),
        ("To: a@x.org\nBcc: b@x.org, c@x.org\n", "-t", "Bcc: b@x.org, c@x.org\n"),
        ("Subject: S\n", "b@x.org", "Bcc: b@x.org\n"),
        ("To: a@x.org\nResent-To: r@x.org\n", "-t b@x.org", "Resent-Bcc: b@x.org\n"),
        ("To: a@x.org\n", "a@x.org", ""),
    ],
)
def test_finished_message_names_all_for_a_program_that_reads_its_header(
    sendmail: Run, mta: Any, header: str, words: str, bcc: str
) -> None:
    stdin = f"{header}\nt\n".encode()
    ended = sendmail("-i", *words.split(), stdin=stdin, rc=READS_HEADER)
    assert (ended.status, ended.err) == (0, "")
    assert bcc in mta.message
    assert mta.message.lower().count("bcc:") == (bcc != "")


def test_copy_to_keep_has_the_bcc_field_as_it_was_written(
    sendmail: Run, mta: Any, world: Any
) -> None:
    stdin = b"To: a@x.org\nBcc: b@x.org\nSubject: S\n\nt\n"
    rc = f"{READS_HEADER}set record=~/sent\n"
    assert sendmail("-i", "-t", "c@x.org", stdin=stdin, rc=rc).status == 0
    assert "Bcc: c@x.org, b@x.org\n" in mta.message
    copy = (world.directory / "sent").read_text()
    assert "\nTo: a@x.org\nBcc: b@x.org\nSubject: S\n" in copy
    assert "c@x.org" not in copy


def test_header_with_other_recipients_is_refused_for_a_program_that_reads_it(
    pymail: Run, sendmail: Run, mta: Any
) -> None:
    stdin = b"To: list@x.org\n\nt\n"
    ended = sendmail("a@x.org", stdin=stdin, rc=READS_HEADER)
    assert ended.status == 78
    assert "also send the message to list@x.org" in ended.err
    assert not mta.called
    entry = b"From me Mon Nov 23 12:00:00 2026\nX-Envelope-To: c@x.org\n" + stdin
    assert pymail("-t", stdin=entry, rc=READS_HEADER).status == 78


@pytest.mark.parametrize(
    ("words", "rc", "wanted"),
    [
        ("team", "", ["a@x.org", "me@a.org"]),
        ("team", "unalternates ME@b.org", ["a@x.org", "me@a.org", "me@b.org"]),
        ("-c team me@b.org", "", ["me@b.org", "a@x.org"]),
        ("me@a.org me@b.org", "", ["me@a.org", "me@b.org"]),
        ("team me@c.org", "set allnet", ["a@x.org", "me@a.org", "me@c.org"]),
        ("-b hosts team", "set allnet", ["a@x.org", "me@a.org"]),
    ],
)
def test_alias_has_one_address_of_the_user(
    pymail: Run, words: str, rc: str, wanted: list[str]
) -> None:
    ours = "alternates me@a.org 'Me <ME@b.org>'\nunalternates 'Me <ME@b.org>'\n"
    aliases = "alias team a@x.org 'Me <me@a.org>' me@b.org\nalias hosts me@d.org\n"
    ended = pymail(
        "-d", *words.split(), rc=f"{RC}{ours}alternates ME@b.org\n{aliases}{rc}\n"
    )
    found = [line[9:-1] for line in ended.out.splitlines() if line[:8] == "RCPT TO:"]
    assert found == wanted
