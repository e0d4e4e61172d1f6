"""Text of a report: subject, head and output."""

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any

import pytest

from pymail.commands.run import mail_text
from pymail.commands.run.child import Ending, Parts
from pymail.commands.run.history import HeldReports
from pymail.commands.run.mail_text import Run
from pymail.model import replace
from tests.conftest import NOON

RUN = Run(
    command=("backup-all", "--full"),
    host="web1.example.com",
    started=NOON.astimezone(timezone(timedelta(hours=8))),
    seconds=12.4,
    ending=Ending(3),
    output=Parts(b"disk full\n"),
)
HEAD = """\
Command:  backup-all --full
Host:     web1.example.com
Status:   exit 3
Started:  2026-11-23 20:00:00 +0800
Duration: 12 s
"""


def run(**changes: Any) -> Run:
    return replace(RUN, **changes)


def text(ran: Run) -> str:
    return mail_text.text(ran, [], bare=False).decode()


SUBJECTS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "status": ({}, "[web1.example.com] backup-all --full: exit 3 after 12 s"),
    "killed": (
        {"ending": Ending(137, signal_number=9)},
        "[web1.example.com] backup-all --full: killed by SIGKILL after 12 s",
    ),
    "not started": (
        {"ending": Ending(127, not_started="no such file or directory")},
        "[web1.example.com] backup-all --full: not started: no such file or directory",
    ),
    "well": (
        {"ending": Ending(0), "seconds": 0.34},
        "[web1.example.com] backup-all --full: ok after 0.3 s",
    ),
    "words to quote": (
        {"command": ("sh", "-c", "a\nb\x1b[1m")},
        r"[web1.example.com] sh -c 'a\nb\x1b[1m': exit 3 after 12 s",
    ),
    "long": (
        {"command": ("x" * 99,)},
        f"[web1.example.com] {'x' * 57}...: exit 3 after 12 s",
    ),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_subject_has_host_command_and_status(name: str) -> None:
    changes, subject = SUBJECTS[name]
    assert mail_text.subject(run(**changes), None) == subject


def test_title_of_a_user_gets_only_a_failure_added() -> None:
    assert mail_text.subject(RUN, "Backup") == "Backup: exit 3"
    assert mail_text.subject(run(ending=Ending(0)), "Backup") == "Backup"


def test_no_output_is_reported() -> None:
    assert text(run(output=Parts(b""))) == f"{HEAD}\n(no output)\n"


def test_omitted_bytes_are_counted_in_place() -> None:
    output = Parts(b"first\n", b"last\n", 12_345_678)
    expected = f"{HEAD}\nfirst\n\n[12,345,678 bytes omitted]\n\nlast\n"
    assert text(run(output=output)) == expected
    one_line = Parts(b"first", b"last", 1)
    assert "first\n\n[1 bytes omitted]\n\nlast" in text(run(output=one_line))


def test_colours_and_progress_are_cleaned() -> None:
    output = Parts(b"\x1b[31mred\x1b[0m\n10%\r100%\n", b"\x1b[1mbold\x1b[0m\n", 5)
    assert "\nred\n100%\n\n[5 bytes omitted]\n\nbold\n" in text(run(output=output))


def test_text_in_another_charset_stays_octet_for_octet() -> None:
    output = "\x1b[1m磁盘已满\x1b[0m\n".encode("gb18030")
    ran = run(command=("磁",), output=Parts(output))
    octets = mail_text.text(ran, [], bare=False)
    assert octets.endswith(b"\n\n" + "磁盘已满\n".encode("gb18030"))
    assert octets.startswith(b"Command:  '\\u78c1'\n")
    assert mail_text.binary_parts(ran) == ()


def test_nul_in_utf8_is_text() -> None:
    ran = run(output=Parts("磁\0盘\n".encode()))
    assert text(ran).endswith("\n磁盘\n")
    assert mail_text.binary_parts(ran) == ()


def test_binary_output_is_attached_to_the_report() -> None:
    ran = run(output=Parts(b"\x7fELF\0\xff"))
    assert text(ran) == f"{HEAD}\nThe output is binary, so it is attached.\n"
    (part,) = mail_text.binary_parts(ran)
    assert (part.name, part.content_type) == ("output.bin", "application/octet-stream")
    assert b"".join(part.content.chunks()) == b"\x7fELF\0\xff"


def test_long_binary_output_is_attached_in_two_parts() -> None:
    ran = run(output=Parts(b"\0\xff", b"\xfe", 9000))
    assert "so it is attached; 9,000 bytes in the middle are omitted.\n" in text(ran)
    first, last = mail_text.binary_parts(ran)
    assert (first.name, last.name) == ("output-first.bin", "output-last.bin")
    assert b"".join(last.content.chunks()) == b"\xfe"


def test_text_with_a_type_has_no_head() -> None:
    ran = run(output=Parts(b"<b>\x1b[1mx</b>", b"</html>", 7))
    text = mail_text.text(ran, ["remark"], bare=True)
    assert text == b"<b>\x1b[1mx</b>\n\n[7 bytes omitted]\n\n</html>"


def test_reports_held_back_are_counted() -> None:
    held = HeldReports(NOON.timestamp(), {1: 2, 137: 1})
    (line,) = mail_text.held_back(held, RUN.started)
    assert line.startswith("Held-Back: 3 reports since 2026-11-23 20:00:00 +0800 (")
    assert line.endswith("(status 1: 2, status 137: 1)")
    assert "1 report since" in mail_text.held_back(HeldReports(1.0, {1: 1}), NOON)[0]
    assert mail_text.held_back(HeldReports(), NOON) == []
