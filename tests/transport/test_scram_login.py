"""SCRAM in a session: the proofs of both sides, and their absence from the trace."""

from base64 import b64encode
from typing import Any

import pytest

from pymail.errors import AuthenticationError, ProtocolError
from pymail.reply import Reply
from pymail.report.explain import explain_failure
from pymail.sasl.scram import Scram
from pymail.secret import PLACEHOLDER, Secret
from pymail.settings.server_models import Login
from pymail.transport.auth import exchange
from pymail.transport.smtp_session import SmtpSession
from tests.scripted import serving
from tests.transport.transcripts import coded

# RFC 7677 §3
NONCE = "rOprNGfwEbeRWgbNEkqO"
BOTH = NONCE + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
VERDICT = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
WRONG = "v=" + b64encode(bytes(32)).decode()


ANSWER = coded(f"c=biws,r={BOTH},p={PROOF}")
PROVING = f"""
    C: AUTH SCRAM-SHA-256 {coded(f"n,,n=user,r={NONCE}")}
    S: 334 {coded(f"r={BOTH},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")}
    C: {ANSWER}
"""


def logged_in(session: SmtpSession) -> Reply:
    mechanism = Scram("SCRAM-SHA-256", "user", Secret("pencil"), nonce=NONCE)
    return exchange(session, mechanism, b"user")


def test_both_sides_prove_that_they_know_the_password(serve: Any, connect: Any) -> None:
    server = serve(f"{PROVING}S: 334 {coded(VERDICT)}\nC: \nS: 235 welcome\n")
    assert logged_in(connect(server)).code == 235
    assert server.went_as_written


def test_trace_shows_neither_proof(serve: Any, connect: Any, trace: Any) -> None:
    server = serve(f"{PROVING}S: 334 {coded(VERDICT)}\nC: \nS: 235 welcome\n")
    logged_in(connect(server))
    sent = [line for line in trace.lines if line.startswith("C: ")]
    assert sent == [f"C: AUTH SCRAM-SHA-256 {PLACEHOLDER}"] + [f"C: {PLACEHOLDER}"] * 2
    shown = repr(vars(trace))
    for each in (ANSWER, PROOF, "pencil", VERDICT, VERDICT[2:], coded(VERDICT)):
        assert each not in shown
    assert "S: 334 <secret>" in trace.lines


def test_repeated_proof_is_not_shown(serve: Any, connect: Any, trace: Any) -> None:
    server = serve(f"{PROVING}S: 535 what is {ANSWER}?\n")
    reply = logged_in(connect(server))
    assert ANSWER not in f"{reply} {vars(trace)}"


LIARS = {
    "says-welcome-without-proof": f"{PROVING}S: 235 welcome\nC: QUIT\nS: 221 bye",
    "says-welcome-at-once": PROVING.partition("S:")[0]
    + "S: 235 welcome\nC: QUIT\nS: 221 bye",
    "refuses-and-says-welcome": (
        f"{PROVING}S: 334 {coded('e=invalid-proof')}\nC: \nS: 235 welcome\nC: QUIT\nS: 221 bye"
    ),
    "proves-it-wrongly": f"{PROVING}S: 334 {coded(WRONG)}\nC: *\nS: 501 ok\nC: QUIT\nS: 221 bye",
    "sends-no-base64": f"{PROVING}S: 334 v=*\nC: *\nS: 501 ok\nC: QUIT\nS: 221 bye",
}


@pytest.mark.parametrize("liar", LIARS)
def test_server_without_a_proof_gets_no_mail(
    serve: Any, connect: Any, liar: str
) -> None:
    server = serve(LIARS[liar])
    with pytest.raises(ProtocolError) as refusal:
        logged_in(connect(server))
    meaning = explain_failure(refusal.value).meaning
    assert ("does not hold its side" in meaning) is (liar != "sends-no-base64")
    assert server.went_as_written


REFUSALS = {
    "in-a-reply": f"{PROVING}S: 535 5.7.8 no\n",
    "in-a-challenge": (
        f"{PROVING}S: 334 {coded('e=invalid-proof')}\nC: \nS: 535 5.7.8 no\n"
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_refusal_is_returned_as_a_reply(serve: Any, connect: Any, refusal: str) -> None:
    server = serve(REFUSALS[refusal])
    assert str(logged_in(connect(server))) == "535 5.7.8 no"
    assert server.went_as_written


@pytest.mark.parametrize(
    ("mechanism", "plain_may_help"), [("", True), ("scram-sha-256", False)]
)
def test_refused_scram_advises_plain_unless_smtp_auth_names_it(
    send: Any, mechanism: str, *, plain_may_help: bool
) -> None:
    offer = "250-here\n250 AUTH SCRAM-SHA-256 PLAIN"
    answers = {"EHLO": offer, "AUTH": "535 5.7.8 no secret in database"}
    login = Login(user="joe", mechanism=mechanism)
    with serving(answers) as server, pytest.raises(AuthenticationError) as caught:
        send(server, login=login)
    assert server.verbs.count("AUTH") == 1
    advice = explain_failure(caught.value).next_step
    assert ("set smtp-auth=plain" in advice) is plain_may_help
