"""dsn and dsn-return in both programs: parameters for servers and local programs."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import World
from tests.scripted import nobody, serving

Run = Callable[..., Any]
OFFER = {"EHLO": "250-here\n250 DSN"}
ID = "20261123120000.0123456789abcdef@example.com"
FROM = "from=me@example.com"
MESSAGE = b"From: a@x.org\nTo: c@x.org\nMessage-ID: <own@x.org>\n\nt\n"


def heard(pymail: Run, *words: str, rc: str, **around: Any) -> list[str]:
    """The MAIL and RCPT commands that the server received."""
    with serving(OFFER) as server:
        said = f"set smtp={server.address} {FROM} {rc}\n"
        ended = pymail(*words, rc=said, stdin=around.pop("stdin", b"t"), **around)
        assert ended.status == 0, ended.err
    return [line for line in server.heard if line.startswith(("MAIL", "RCPT"))]


def test_variables_ask_for_notifications_with_the_message_id(pymail: Run) -> None:
    asked = heard(pymail, "c@x.org", rc="dsn=failure,delay dsn-return=headers")
    assert asked == [
        f"MAIL FROM:<me@example.com> RET=HDRS ENVID={ID}",
        "RCPT TO:<c@x.org> NOTIFY=FAILURE,DELAY",
    ]


@pytest.mark.parametrize(
    ("rc", "words", "mail"),
    [
        pytest.param("dsn=never", (), "", id="never-needs-no-name"),
        pytest.param("dsn-return=full", (), f" RET=FULL ENVID={ID}", id="full"),
        pytest.param("dsn=delay", ("-C", "Message-ID: <own@x.org>"), " ENVID=own@x.org", id="own-message-id"),
        pytest.param("dsn=delay", ("-C", "Message-ID: <ü@x.org>"), "", id="no-ascii"),
        pytest.param("dsn=delay message-id-disable", (), "", id="no-message-id"),
    ],
)  # fmt: skip
def test_identifier_of_the_envelope(
    pymail: Run, rc: str, words: tuple[str, ...], mail: str
) -> None:
    asked = heard(pymail, *words, "c@x.org", rc=rc)
    assert asked[0] == f"MAIL FROM:<me@example.com>{mail}"


def test_no_notification_is_requested_by_default(pymail: Run) -> None:
    asked = heard(pymail, "c@x.org", rc="")
    assert asked == ["MAIL FROM:<me@example.com>", "RCPT TO:<c@x.org>"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param((), ("RET=FULL ENVID=own@x.org", "DELAY"), id="variables"),
        pytest.param(("-N", "success"), ("RET=FULL", "SUCCESS"), id="own-notify"),
        pytest.param(
            ("-R", "hdrs", "-V", "me"), ("RET=HDRS ENVID=me", "DELAY"), id="own-others"
        ),
    ],
)
def test_sendmail_options_win_over_variables(
    pymail: Run, words: tuple[str, ...], expected: tuple[str, str]
) -> None:
    asked = heard(
        pymail,
        *(*words, "c@x.org"),
        rc="dsn=delay dsn-return=full",
        stdin=MESSAGE,
        program="pymail-sendmail",
    )
    assert asked == [
        f"MAIL FROM:<a@x.org> {expected[0]}",
        f"RCPT TO:<c@x.org> NOTIFY={expected[1]}",
    ]


def test_invalid_word_is_a_warning_and_the_mail_is_sent(pymail: Run) -> None:
    with serving(OFFER) as server:
        rc = f"set smtp={server.address} {FROM}\nset dsn=always\n"
        ended = pymail("c@x.org", rc=rc, stdin=b"t")
    assert ended.status == 0
    assert ended.err.startswith("pymail: ~/.mailrc:2: dsn=always: unknown word")
    assert "RCPT TO:<c@x.org>" in server.heard


@pytest.mark.parametrize(
    ("option", "times"), [("-v", 1), ("--debug", 1), ("-n", 0)], ids=str
)
def test_server_without_dsn_gets_no_dsn_parameters(
    pymail: Run, option: str, times: int
) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} {FROM} dsn=failure\n"
        ended = pymail(option, "c@x.org", rc=rc, stdin=b"t")
    assert ended.status == 0
    assert ended.err.count("dsn: the server offers no DSN; sent without") == times
    assert "RCPT TO:<c@x.org>" in server.heard


@pytest.mark.parametrize(
    ("offer", "verdict", "said"),
    [
        ({}, "warning", "dsn: the server offers no DSN; sent without"),
        (OFFER, "ok", f"dsn: requested with NOTIFY=DELAY ENVID={ID}"),
    ],
    ids=["absent", "there"],
)
def test_check_reports_dsn_support(
    pymail: Run, offer: dict[str, str], verdict: str, said: str
) -> None:
    with serving(offer) as server:
        rc = f"set smtp={server.address} {FROM} dsn=delay\n"
        ended = pymail("--check", "c@x.org", rc=rc)
    assert ended.status == 0
    assert said in ended.out
    assert re.search(rf"^{verdict} +extensions", ended.out, re.MULTILINE)


def an_mta(world: World, name: str) -> tuple[Path, Path]:
    """A program of this name, and the file it writes its arguments to."""
    said = world.directory / "said"
    path = world.write(name, f'#!/bin/sh\necho "$*" > {said}\n')
    path.chmod(0o700)
    return path, said


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("smtpctl", f"-i -N delay -R full -V {ID} -- c@x.org"),
        ("msmtp", "-i -N delay -R full -- c@x.org"),
        ("exim4", "-i -- c@x.org"),
    ],
)
def test_known_local_program_gets_dsn_options(
    pymail: Run, world: World, name: str, arguments: str
) -> None:
    path, said = an_mta(world, name)
    rc = f"set mta={path} {FROM} dsn=delay dsn-return=full\n"
    ended = pymail("-v", "c@x.org", rc=rc, stdin=b"t")
    assert ended.status == 0
    words = said.read_text().split()
    assert [word for word in words if word != "-v"] == arguments.split()
    unknown = f"dsn: {path} is not known to support it; sent without"
    assert (unknown in ended.err) == (name == "exim4")
    checked = pymail("--check", "c@x.org", rc=rc)
    assert (unknown in checked.out) == (name == "exim4")


def test_real_msmtp_accepts_the_options(pymail: Run) -> None:
    """msmtp accepts lower-case words only, and no -V."""
    program = shutil.which("msmtp")
    if not program:
        pytest.skip("msmtp is not installed")
    with serving(OFFER) as server:
        host, _, port = server.address.partition(":")
        arguments = f'"--host={host} --port={port} -f me@example.com"'
        rc = f"set mta={program} mta-arguments={arguments} {FROM}\n"
        words = ("-S", "dsn=failure,delay", "-S", "dsn-return=headers", "c@x.org")
        ended = pymail(*words, rc=rc, stdin=b"t\n")
    assert (ended.status, ended.err) == (0, "")
    assert "MAIL FROM:<me@example.com> RET=HDRS" in server.heard
    assert "RCPT TO:<c@x.org> NOTIFY=FAILURE,DELAY" in server.heard


def test_program_gets_the_dsn_options_of_sendmail(pymail: Run, world: World) -> None:
    path, said = an_mta(world, "exim4")
    words = ("-N", "success", "c@x.org")
    rc = f"set mta={path} dsn=delay dsn-return=full\n"
    pymail(*words, rc=rc, stdin=MESSAGE, program="pymail-sendmail")
    assert said.read_text() == "-i -N success -- c@x.org\n"


def test_outbox_keeps_the_dsn_request(pymail: Run, world: World) -> None:
    box = world.directory / "box"
    with serving({**OFFER, "MAIL": "451 later"}) as server:
        rc = f"set smtp={server.address} {FROM} outbox={box} dsn=delay\n"
        assert pymail("c@x.org", rc=rc, stdin=b"t").status == 75
    (kept,) = [file for file in box.iterdir() if file.is_file()]
    with serving(OFFER) as server:
        later = f"set smtp={server.address} {FROM} outbox={box}\n"
        assert pymail("--flush", "--now", rc=later).status == 0
    assert "RCPT TO:<c@x.org> NOTIFY=DELAY" in server.heard
    assert not kept.exists()


@pytest.mark.parametrize(("option", "times"), [("-v", 1), ("-n", 0)])
def test_flush_reports_a_server_without_dsn(
    pymail: Run, world: World, option: str, times: int
) -> None:
    rc = f"set {FROM} outbox={world.directory}/box dsn=delay\n"
    assert pymail("c@x.org", rc=f"{rc}set smtp={nobody()}\n", stdin=b"t").status == 75
    with serving() as server:
        ended = pymail(
            "--flush", "--now", option, rc=f"{rc}set smtp={server.address}\n"
        )
    assert ended.status == 0
    assert ended.err.count("dsn: the server offers no DSN; sent without") == times
