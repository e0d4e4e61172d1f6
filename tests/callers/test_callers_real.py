"""Programs that call sendmail, really run, against a real SMTP server."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.live, pytest.mark.callers]

CHINESE = "数据库备份完成\n"

# Its own /run lets cron start anew, so that it runs @reboot jobs at once.
CRON = """
set -e
mount -t tmpfs none /run
mount -t tmpfs none /var/spool/cron/crontabs
mount -t tmpfs none /etc/cron.d
mount --bind "$1/crontab" /etc/crontab
mount --bind "$2" /usr/sbin/sendmail
exec "$3" -f
"""


def namespace_obstacle() -> str:
    """Tell why no private view of the file system, with our sendmail, can be made."""
    if not Path("/usr/sbin/sendmail").exists():
        return "there is no /usr/sbin/sendmail to put ours over"
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root has a private view of the file system"
    ended = subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/run"],
        capture_output=True,
        check=False,
    )
    return "" if ended.returncode == 0 else "no private view of the file system"


@pytest.fixture
def cron(installed: Any, program: Callable[..., str], tmp_path: Path) -> Any:
    """Start Debian's cron with one table, where only it sees our sendmail."""
    daemon = program("cron")
    if reason := namespace_obstacle():
        pytest.skip(reason)
    started: list[subprocess.Popen[bytes]] = []

    def start(table: str, rc: str) -> None:
        (tmp_path / "crontab").write_text(table)
        words = [*("unshare", "-m", "sh", "-c", CRON, "sh")]
        words += [str(tmp_path), installed.sendmail(rc), daemon]
        started.append(subprocess.Popen(words, stdin=subprocess.DEVNULL))

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def test_cron_mails_what_a_job_printed(cron: Any, server: Any) -> None:
    cron(
        "@reboot root echo 数据库备份完成\n",
        "set hostname=web1.example.com\nalias root ops@example.com\n",
    )
    arrived = server.mail()
    assert arrived.sender == "ops@example.com"
    assert arrived.recipients == ["ops@example.com"]
    assert arrived.mail["From"] == "Cron Daemon <ops@example.com>"
    assert arrived.mail["To"] == "ops@example.com"
    assert arrived.mail["Subject"].endswith("echo 数据库备份完成")
    assert arrived.mail.get_content().replace("\r\n", "\n") == CHINESE


def test_cron_mails_to_mailto_and_names_the_host(cron: Any, server: Any) -> None:
    cron(
        "MAILTO=ann@example.com,bob@example.org\n@reboot root echo done\n",
        "set hostname=web1.example.com\n",
    )
    arrived = server.mail()
    assert arrived.sender == "root@web1.example.com"
    assert arrived.recipients == ["ann@example.com", "bob@example.org"]
    assert arrived.mail["From"] == "Cron Daemon <root@web1.example.com>"
    assert "X-Cron-Env: <LOGNAME=root>" in arrived.header
    assert arrived.body == b"done\r\n"


def test_mdadm_mails_its_test_message(
    installed: Any, program: Any, run: Any, server: Any
) -> None:
    mdadm = program("mdadm")
    if reason := namespace_obstacle():
        pytest.skip(reason)
    monitor = [mdadm, "--monitor", "--test", "--oneshot", "--mail", "ops@example.com"]
    script = 'mount --bind "$1" /usr/sbin/sendmail; shift; exec "$@"'
    words = ["unshare", "-m", "sh", "-c", script, "sh", installed.sendmail()]
    ended = run(*words, *monitor, "/dev/md/none")
    assert not server.empty, ended.out
    arrived = server.mail()
    assert arrived.recipients == ["ops@example.com"]
    assert arrived.mail["From"].startswith("mdadm monitoring <root@")
    assert arrived.mail["Subject"].startswith("TestMessage event on /dev/md/none")
    assert b"on md device /dev/md/none" in arrived.body


def watched(installed: Any) -> tuple[Path, Path]:
    """Make a program that is our sendmail; the other file is what it was given."""
    program, shown = installed.directory / "tee", installed.directory / "shown"
    program.write_text(f'#!/bin/sh\ntee {shown} | {installed.sendmail()} "$@"\n')
    program.chmod(0o755)
    return program, shown


def test_git_sends_a_patch_octet_for_octet(
    installed: Any, program: Any, run: Any, server: Any, tmp_path: Path
) -> None:
    git = program("git", "send-email", "--dump-aliases")
    program("perl", "-e", "use Mail::Address")  # send-email asks for it late
    who = ["-c", "user.name=Lin Ü", "-c", "user.email=lin@example.com"]
    (tmp_path / "a.txt").write_text(".\nFrom here\n备份 \t\n" + "long " * 250 + "\n")
    run(git, "init", "-q")
    run(git, "add", "a.txt")
    subject = "Add a file, and a subject that is long enough to be folded: 数据库"
    assert run(git, *who, "commit", "-q", "-m", subject).status == 0
    assert run(git, *who, "format-patch", "-q", "--attach", "-1").status == 0
    assert run(git, *who, "format-patch", "-q", "-1", "-o", "plain").status == 0
    patches = [*tmp_path.glob("0001-*.patch"), *tmp_path.glob("plain/0001-*.patch")]
    tee, shown = watched(installed)
    for patch in patches:
        ended = run(
            *(git, *who, "send-email", "--quiet", "--confirm=never"),
            *(f"--smtp-server={tee}", "--to=list@example.com", "--cc=Bo <b@x.org>"),
            *("--bcc=c@x.org", "--suppress-cc=all", "--no-validate"),
            *("--8bit-encoding=UTF-8", patch),
        )
        assert ended.status == 0, ended.out
        arrived = server.mail()
        assert set(arrived.recipients) >= {"list@example.com", "c@x.org"}
        assert arrived.sender == "lin@example.com"
        handed = shown.read_bytes().replace(b"\n", b"\r\n")
        assert arrived.octets == handed


def test_mutt_sends_an_attachment_octet_for_octet(
    installed: Any, program: Any, run: Any, server: Any, tmp_path: Path
) -> None:
    mutt = program("mutt")
    tee, shown = watched(installed)
    (tmp_path / "数据.txt").write_text("一\n")
    (tmp_path / "muttrc").write_text(
        f'set sendmail="{tee} -oem -oi" use_envelope_from=yes use_8bitmime=yes\n'
        'set from="Lin Ü <lin@example.com>" copy=no charset=utf-8\n'
        'set dsn_notify="failure,delay" dsn_return=hdrs\n'
    )
    ended = run(
        *(mutt, "-n", "-F", tmp_path / "muttrc", "-s", "报告", "-b", "c@x.org"),
        *("-a", tmp_path / "数据.txt", "--", "a@x.org"),
        stdin=(CHINESE + ".\nend\n").encode(),
    )
    assert ended.status == 0, ended.out
    arrived = server.mail()
    assert arrived.sender == "lin@example.com"
    assert arrived.recipients == ["a@x.org", "c@x.org"]
    without_bcc = shown.read_bytes().replace(b"Bcc: c@x.org\n", b"")
    assert arrived.octets == without_bcc.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("line_end", [r"\n", r"\r\n"], ids=["lf", "crlf"])
def test_php_mails_what_a_page_says(
    installed: Any, program: Any, run: Any, server: Any, line_end: str
) -> None:
    php = program("php")
    code = (
        '$h = "From: Shop <shop@example.com>EOLCc: b@x.orgEOLBcc: c@x.orgEOL'
        'MIME-Version: 1.0EOLContent-Type: text/html; charset=UTF-8";'
        'exit(mail("a@x.org", "Hi", "<p>订单</p>\\n.\\nend\\n", $h,'
        ' "-fwww@example.com") ? 0 : 1);'
    )
    ended = run(
        *(php, "-d", f"sendmail_path={installed.sendmail()} -t -i"),
        *("-r", code.replace("EOL", line_end)),
    )
    assert (ended.status, ended.out) == (0, "")
    arrived = server.mail()
    assert arrived.sender == "www@example.com"
    assert set(arrived.recipients) == {"a@x.org", "b@x.org", "c@x.org"}
    # PHP ends the text with one more line end
    assert arrived.body == "<p>订单</p>\r\n.\r\nend\r\n\r\n".encode()
    assert "Content-Type: text/html; charset=UTF-8" in arrived.header
    assert arrived.mail["Bcc"] is None
