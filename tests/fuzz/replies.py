"""Any octets of a server: reading, showing and explaining replies never crash."""

from pymail.errors import ProtocolError
from pymail.reply import SHOWN_CHARACTERS, Reply
from pymail.report import reply_kinds  # noqa: F401 - or it is not followed
from pymail.report.delivery_report import RecipientFate, Report, fate_of
from pymail.report.exit_status import exit_status_for
from pymail.report.explain import explain
from pymail.secret import MASK
from pymail.terminal.lines import LINE_CHARACTERS, describe_report
from pymail.transport.extensions import queue_id
from pymail.transport.reply_reader import (
    LINE_OCTETS,
    REPLY_LINES,
    REPLY_OCTETS,
    ReplyReader,
)

LONGEST_OCTETS = 12_000
SECRETS = {b"hunter2", b"aHVudGVyMg=="}
HOSTS = ("smtp.163.com", "smtp.qq.com:465", "smtp.gmail.com:587", "[::1]:25", "")
SEEDS = (
    b"\x01220 mail.example.com ESMTP\r\n",
    b"\x05250-mail.example.com\r\n250-SIZE 73400320\r\n250 8BITMIME\r\n",
    b"\x02550 5.1.1 <a@example.com>: Recipient address rejected\r\n",
    b"\x03535 5.7.8 Error: authentication failed: hunter2\r\n",
    b"\x00554-DT:SPM 163 smtp5\r\n554 see http://mail.163.com/help\r\n250 ok\r\n",
    b"\x07452-4.2.2 full\n452 4.2.2 \xd3\xca\xcf\xe4\xd2\xd1\xc2\xfa\n421 bye\n",
    b"\x04250 2.0.0 Ok: queued as 4F2aB1234\r\n\x1b[2J\r\n",
)
WORDS = (
    *(b"\r\n", b"\n", b"250-", b"250 ", b"354 ", b"421 ", b"550 5.7.1 ", b"4.3.0 "),
    *(b"hunter2", b"aHVudGVyMg==", b"<secret>", b"queued as ", b"DT:SPM"),
    *(b"\x1b]0;", b"\xc2\x9b", b"\xe2\x80\xae", b"\xe3\x80\x80", b"\xff\xfe"),
)


def check(octets: bytes) -> None:
    """Read the octets at once, and in pieces of the size that the first octet names."""
    step = (octets[0] if octets else 0) + 1
    said = octets[1:]
    pieces = [said[i : i + step] for i in range(0, len(said), step)]
    whole, heard = _read([said])
    assert (whole, heard) == _read(pieces)
    for line in heard:
        _check_hidden(line)
    for outcome in whole:
        if isinstance(outcome, Reply):
            _check_reply(outcome)
        else:
            assert outcome.isprintable()
            _check_hidden(outcome.encode())


def _read(pieces: list[bytes]) -> tuple[list[Reply | str], list[bytes]]:
    heard: list[bytes] = []
    reader = ReplyReader(heard.append)
    reader.mask.hide(*SECRETS)
    outcomes: list[Reply | str] = []
    try:
        for piece in pieces:
            reader.feed(piece)
            while (reply := reader.next_reply()) is not None:
                outcomes.append(reply)
                assert len(reader.raw) <= REPLY_OCTETS
            assert reader.waiting_octets < LINE_OCTETS
    except ProtocolError as error:
        outcomes.append(error.happened)
    return outcomes, heard


def _check_reply(reply: Reply) -> None:
    assert 200 <= reply.code <= 599
    assert 1 <= len(reply.lines) <= REPLY_LINES
    assert reply.enhanced is None or reply.enhanced[0] == reply.code // 100
    shown = str(reply)
    assert shown.isprintable()
    assert len(shown) <= SHOWN_CHARACTERS
    _check_hidden(shown.encode())
    assert queue_id(reply).isprintable()
    for host in HOSTS:
        assert all(isinstance(part, str) for part in explain(reply, host=host))
    if not reply.positive and reply.code >= 400:
        _check_report(reply)


def _check_report(reply: Reply) -> None:
    """Check the output for this reply to RCPT."""
    fates = (RecipientFate("a@example.com", fate_of(reply), reply),)
    report = Report(fates=fates, peer="mail.example.com:25", reply=reply)
    assert exit_status_for(report) != 0
    for line in describe_report(report, "mail.example.com:25"):
        assert line.text.isprintable()
        assert len(line.text) <= LINE_CHARACTERS


def _check_hidden(shown: bytes) -> None:
    for piece in shown.split(MASK):
        assert all(secret not in piece for secret in SECRETS)
