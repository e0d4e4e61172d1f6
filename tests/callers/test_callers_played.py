"""Programs that call sendmail or mail, played: their words and texts exactly.

The texts are those that the programs write; see cron(8), crond(8), at(1),
sudoers(5), jail.conf(5), smartd(8).
"""

import shlex
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.live, pytest.mark.callers]

RC = "set hostname=web1.example.com\nalias root ops@example.com\n"

DEBIAN_CRON = """\
From: root (Cron Daemon)
To: root
Subject: Cron <root@web1> echo 完成
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>

完成
.
"""
CRONIE = """\
From: "(Cron Daemon)" <root>
To: root
Subject: Cron <root@web1> echo done
Content-Type: text/plain; charset=ANSI_X3.4-1968
Auto-Submitted: auto-generated
Precedence: bulk
X-Cron-Env: <LANG=C>
Content-Transfer-Encoding: 8bit

完成
"""
SYSTEMD_CRON = """\
From: root (systemd-cron)
Date: Tue, 24 Nov 2026 11:00:00 +0000
To: root
Subject: [web1] job cron-daily failed

failed
"""
AT = """\
Subject: Output from your job        3
To: root

done
"""
SUDO = """\
To: root
From: joe
Auto-Submitted: auto-generated
Subject: *** SECURITY information for web1 ***

web1 : Nov 24 11:00:00 : joe : user NOT in sudoers
"""
LOGWATCH = """\
To: root
From: Logwatch
Subject: Logwatch for web1 (Linux)
Auto-Submitted: auto-generated
Precedence: bulk
MIME-Version: 1.0
Content-Transfer-Encoding: 7bit
Content-Type: text/plain; charset="iso-8859-1"

 ################### Logwatch 7.7 ####################
"""
UPGRADES = """\
Subject: [reboot required] unattended-upgrades result for web1: SUCCESS
From: root
To: root
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

Unattended upgrade result: All upgrades installed =E2=9C=93
"""
FAIL2BAN = """\
Subject: [Fail2Ban] sshd: banned 192.0.2.1 from web1
Date: Tue, 24 Nov 2026 11:00:00 +0000
From: Fail2Ban <fail2ban>
To: root

Hi,

The IP 192.0.2.1 has just been banned
"""


@dataclass(frozen=True)
class Caller:
    """A call, and what has to arrive of it."""

    words: str
    text: str
    sender: str
    author: str
    body: str = ""
    to: tuple[str, ...] = ("ops@example.com",)


OPS, WEB1 = "ops@example.com", "web1.example.com"
CALLERS = {
    "debian-cron": Caller("-FCronDaemon -i -B8BITMIME -oem root", DEBIAN_CRON, OPS, "Cron Daemon <ops@example.com>"),
    "cronie": Caller("-FCronDaemon -i -odi -oem -oi -t -f root", CRONIE, OPS, '"(Cron Daemon)" <ops@example.com>'),
    "systemd-cron": Caller("-i -B8BITMIME root", SYSTEMD_CRON, OPS, "systemd-cron <ops@example.com>"),
    "at": Caller("root", AT, f"me@{WEB1}", f"me@{WEB1}"),
    "at-i": Caller("-i root", AT, f"me@{WEB1}", f"me@{WEB1}"),
    "sudo": Caller("-t", SUDO, f"joe@{WEB1}", f"joe@{WEB1}"),
    "logwatch": Caller("-t", LOGWATCH, f"Logwatch@{WEB1}", f"Logwatch@{WEB1}"),
    "unattended-upgrades": Caller("-oi -t", UPGRADES, OPS, OPS),
    "fail2ban": Caller('-f "fail2ban" "root"', FAIL2BAN, f"fail2ban@{WEB1}", f"Fail2Ban <fail2ban@{WEB1}>"),
    "a-sender-of-its-own": Caller("-t -f bounce@example.org", SUDO, "bounce@example.org", f"joe@{WEB1}"),
    "no-sender": Caller("-t -f <>", SUDO, "<>", f"joe@{WEB1}"),
}  # fmt: skip


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS)
def test_what_a_program_hands_over_arrives(
    caller: Caller, installed: Any, run: Any, server: Any
) -> None:
    words = shlex.split(caller.words)
    ended = run(
        installed.sendmail(RC), *words, stdin=caller.text.encode(), LOGNAME="me"
    )
    assert (ended.status, ended.out) == (0, "")
    arrived = server.mail()
    assert (arrived.sender, tuple(arrived.recipients)) == (caller.sender, caller.to)
    assert f"From: {caller.author}" in arrived.header
    head, _, body = caller.text.partition("\n\n")
    assert arrived.body == body.replace("\n", "\r\n").encode()
    rewritten = ("From:", "To: root", "Content-Type: text/plain; charset=ANSI")
    kept = [x for x in head.split("\n") if x.isascii() and not x.startswith(rewritten)]
    assert [line for line in arrived.header if line in kept] == kept
    assert arrived.mail["Date"]
    assert arrived.mail["Message-ID"]


def test_text_that_cronie_calls_ascii_gets_its_true_name(
    installed: Any, run: Any, server: Any
) -> None:
    run(installed.sendmail(RC), "-t", stdin=CRONIE.encode())
    mail = server.mail().mail
    assert mail.get_content_charset() == "utf-8"
    assert mail.get_content() == "完成\r\n" or mail.get_content() == "完成\n"


def crond(command: str, text: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command of `crond -m`: cut at blanks, no shell, no quotes."""
    words = [word for word in command.split(" ") if word]
    return subprocess.run(
        words,
        input=text.encode(),
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LANG": "C", "SHELL": "/bin/sh", "LOGNAME": "me"},
        timeout=30,
    )


def test_crond_mails_through_the_command_it_is_given(
    installed: Any, server: Any
) -> None:
    ended = crond(installed.script("pymail", rc=RC) + "  -t", CRONIE)
    assert (ended.returncode, ended.stderr) == (0, b"")
    arrived = server.mail()
    assert (arrived.sender, arrived.recipients) == (OPS, [OPS])
    assert arrived.mail["From"] == '"(Cron Daemon)" <ops@example.com>'
    assert arrived.mail["Subject"] == "Cron <root@web1> echo done"
    assert arrived.mail.get_content().replace("\r\n", "\n") == "完成\n"


MAIL = {
    "smartd": (["-s", "SMART error (CurrentPendingSector) detected on host: web1", "root"], [OPS]),
    "nagios": (["-s", "** PROBLEM Service Alert: web1/HTTP is CRITICAL **", OPS], [OPS]),
    "unattended-upgrades": (["-r", "root", "-s", "unattended-upgrades", "root"], [OPS]),
    "fail2ban": (["-E", "set escape", "-s", "[Fail2Ban] sshd: started", "root"], [OPS]),
    "apticron": (
        [
            *(
                "-a",
                "MIME-Version: 1.0",
                "-a",
                "Content-type: text/plain; charset=UTF-8",
            ),
            *("-s", "3 Debian package update(s) for web1", "root"),
        ],
        [OPS],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "to"), MAIL.values(), ids=MAIL)
def test_what_a_program_gives_to_mail_arrives(
    words: list[str], to: list[str], installed: Any, run: Any, server: Any
) -> None:
    ended = run(
        installed.script("pymail", rc=RC), *words, stdin=b"text\n", LOGNAME="me"
    )
    assert (ended.status, ended.out) == (0, "")
    arrived = server.mail()
    assert arrived.recipients == to
    assert "@" in arrived.sender
    assert arrived.mail["Subject"] == words[words.index("-s") + 1]


@pytest.mark.parametrize("name", ["sendmail", "mailq", "newaliases", "mail", "mailx"])
def test_links_are_what_their_names_say(
    name: str, run: Any, server: Any, tmp_path: Path
) -> None:
    program = (
        "pymail" if name.startswith("mail") and name != "mailq" else "pymail-sendmail"
    )
    target = Path(sysconfig.get_path("scripts")) / program
    (tmp_path / name).symlink_to(target)
    rc = tmp_path / "link.rc"
    rc.write_text(f"set smtp=127.0.0.1:{server.port} from=me@example.com\n")
    ended = run(
        *(tmp_path / name, "a@x.org"),
        stdin=b"Subject: hi\n\ntext\n",
        MAILRC=str(rc),
        MAILX_NO_SYSTEM_RC="1",
    )
    assert ended.status == 0, ended.out
    if name in ("mailq", "newaliases"):
        assert server.empty
    else:
        assert server.mail().recipients == ["a@x.org"]
