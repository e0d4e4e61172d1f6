"""A signal at any moment leaves a mail that was sent, or one that is kept."""

import signal
import sys
from typing import Any

import pytest

from tests.scripted import serving

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STEPS = ("greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "content", ".")
IN_GROUPS = "250-here\n250-AUTH PLAIN\n250-CHUNKING\n250 PIPELINING"
WORDS = ["pymail", "-s", "S", "a@example.org"]
MESSAGE = b"To: a@example.org\nSubject: S\n\nprecious\n"
LONG = b"precious\n" * 1_500_000  # more than all buffers between the two hold
# a hundred thousand calls from start to end; what comes last is the finest
MOMENTS = [0.25, 0.5, 0.65, 0.75, 0.85, 0.92, 0.97, 0.99, 0.999]

# Sends itself a signal at a call of a function, and notes how many there were.
COUNTING = r"""
import os, sys
at, calls = float(sys.argv[1]), 0
del sys.argv[0:2]
def tick(frame, event, argument):
    global calls
    calls += 1
    if calls == at:
        os.kill(os.getpid(), 15)
def leave(status, really=os._exit):
    sys.setprofile(None)
    with open("calls", "w") as file:
        file.write(str(calls))
    really(status)
os._exit = leave
from pymail.main import run
sys.setprofile(tick)
run()
"""
# Sends itself a signal in a destructor, from which no exception comes out.
IN_DESTRUCTOR = r"""
import os, sys
del sys.argv[0]
class Trap:
    def __del__(self):
        os.kill(os.getpid(), 15)
def spring(event, arguments, traps=[Trap()]):
    if event == "socket.connect" and traps:
        traps.pop()
sys.addaudithook(spring)
from pymail.main import run
run()
"""


def settings(address: str) -> str:
    login = "smtp-auth-user=me smtp-auth-password=hunter22 smtp-auth=plain"
    return f"set smtp={address} from=me@example.com {login} logfile=~/log\n"


@pytest.mark.parametrize(
    ("step", "number"),
    [(step, SIGNALS[place % 3]) for place, step in enumerate(STEPS)],
)
def test_signal_at_a_step_of_the_session_keeps_the_message(
    home: Any, signalled: Any, step: str, number: signal.Signals
) -> None:
    text = LONG if step == "content" else b"precious\n"
    ended, _ = signalled(WORDS, step, number, rc="set logfile=~/log\n", stdin=text)
    maybe = step == "."
    assert ended.status == (75 if maybe else 128 + number)
    assert ended.dead.count("precious\n") == text.count(b"\n")
    assert "Traceback" not in ended.err
    assert ("possible duplicate" in ended.err) is maybe
    assert "message kept in" in ended.err
    (line,) = (home.path / "log").read_text().splitlines()
    assert line.endswith("exitcode=EX_TEMPFAIL" if maybe else f"={128 + number}")


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_signal_in_a_session_in_groups_keeps_the_message(
    signalled: Any, step: str
) -> None:
    around = {"answers": {"EHLO": IN_GROUPS}, "stdin": b"precious\n"}
    ended, _ = signalled(WORDS, step, signal.SIGTERM, **around)
    assert ended.status == (75 if step == "." else 143)
    assert ended.dead.count("\nprecious\n") == 1


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_in_sendmail_keeps_the_message(
    signalled: Any, number: signal.Signals
) -> None:
    ended, _ = signalled(["pymail-sendmail", "-t"], "DATA", number, stdin=MESSAGE)
    assert ended.status == 128 + number
    assert "\nSubject: S\n" in ended.dead
    assert "\nprecious\n" in ended.dead


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_at_the_goodbye_takes_no_mail_back(
    signalled: Any, number: signal.Signals
) -> None:
    ended, server = signalled([*WORDS, "-v"], "QUIT", number)
    assert ended.status == 0
    assert len(server.contents) == 1
    assert ended.dead == ""


def test_second_signal_does_not_stop_the_message_from_being_kept(
    signalled: Any,
) -> None:
    ended, _ = signalled(WORDS, "DATA", *SIGNALS, stdin=LONG)
    assert ended.status in {128 + number for number in SIGNALS}
    assert ended.dead.count("precious\n") == LONG.count(b"\n")


def test_signal_stops_an_mbox_and_keeps_what_is_left_of_it(signalled: Any) -> None:
    entries = b"".join(
        b"From x Mon Nov 23 12:00:00 2026\nTo: %s@example.org\n\nto %s\n\n" % (n, n)
        for n in (b"a", b"b", b"c")
    )
    ended, _ = signalled(["pymail", "-t"], "DATA", signal.SIGTERM, stdin=entries)
    assert ended.status == 143
    for name in "abc":
        assert ended.dead.count(f"\n\nto {name}\n") == 1


def test_signal_of_the_local_program_leaves_one_of_the_two(home: Any) -> None:
    script = home.path / "mta"
    script.write_text("#!/bin/sh\ncat >taken\nkill -TERM $PPID\n")
    script.chmod(0o700)
    ended = home.run(WORDS, rc=f"set mta={script} from=me@example.com\n")
    assert "text" in (home.path / "taken").read_text()
    # the signal came while the program ran, or when it had ended
    assert ended.status in {0, 143}
    assert bool(ended.dead) is (ended.status != 0)


def counted(home: Any, at: float, rc: str) -> tuple[Any, int, bool]:
    words = [sys.executable, "-c", COUNTING, str(at), *WORDS]
    for name in ("dead.letter", "log", "sent", "calls"):
        (home.path / name).unlink(missing_ok=True)
    process = home.start(words, rc=rc, stdin=b"precious\n")
    ended = home.ended(process)
    return ended, int((home.path / "calls").read_text()), "precious" in ended.dead


def test_signal_at_any_moment_leaves_a_mail_that_is_sent_or_kept(home: Any) -> None:
    with serving() as server:
        rc = f"{settings(server.address)}set record=~/sent\n"
        ended, calls, _ = counted(home, -1, rc)
        assert (ended.status, len(server.contents)) == (0, 1)
        for moment in MOMENTS:
            before = len(server.contents)
            ended, _, kept = counted(home, int(calls * moment), rc)
            sent = len(server.contents) - before
            assert "Traceback" not in ended.err
            outcome = (ended.status, sent, kept)
            # before the text is read there is nothing to keep
            unread = moment < 0.8 and outcome == (143, 0, False)
            maybe = outcome == (75, 1, True) and "possible duplicate" in ended.err
            assert unread or maybe or outcome in {(0, 1, False), (143, 0, True)}


def test_signal_in_a_destructor_is_heard_and_shows_no_traceback(home: Any) -> None:
    words = [sys.executable, "-c", IN_DESTRUCTOR, *WORDS]
    with serving({"greeting": None}) as server:
        rc = settings(server.address)
        ended = home.run(words, rc=rc, stdin=b"precious\n")
    assert ended.status == 143
    assert "Traceback" not in ended.err
    assert "\nprecious\n" in ended.dead
