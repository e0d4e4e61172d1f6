"""Notifications that a real Postfix sends, asked for over SMTP and its program."""

from typing import Any

import pytest

pytestmark = pytest.mark.postfix


@pytest.mark.parametrize("way", ["smtp", "program"])
def test_a_success_is_reported_to_the_sender_with_our_message_id(
    postfix: Any, command: Any, address: Any, way: str
) -> None:
    sender, whom = address("mei"), address("lin")
    rc = postfix.plain if way == "smtp" else postfix.program
    words = ("-r", sender, "-S", "dsn=success", "-S", "dsn-return=headers", whom)
    ended = command(*words, rc=rc)
    assert (ended.status, ended.err) == (0, "")
    name = postfix.mail(whom)["Message-ID"]
    report = postfix.mail(sender)
    assert report.get_content_type() == "multipart/report"
    status = next(
        part
        for part in report.walk()
        if part.get_content_type() == "message/delivery-status"
    ).as_string()
    assert f"Original-Envelope-Id: {name.strip('<>')}" in status
    assert "Action: delivered" in status
    assert whom in status


def test_never_is_kept(postfix: Any, command: Any, address: Any) -> None:
    """Postfix bounces a mail that it can't send on, unless the sender wants no notice."""
    sender, told = address("mei"), address("wu")
    nowhere = f"nobody@{'x' * 8}.example.net"
    mark = len(postfix.log)
    for who, dsn in ((sender, "never"), (told, "failure")):
        rc = f"{postfix.program}set dsn={dsn}\n"
        assert command("-r", who, nowhere, rc=rc).status == 0
    assert postfix.mail(told).get_content_type() == "multipart/report"
    postfix.logged(r"no way out of this machine", since=mark)
    assert postfix.mails(sender) == []
