"""The call of each program for a task: arguments, settings, input.

Each has the fastest settings of its manual, with the fewest round trips. All wait
until the server has accepted the mail, and verify no certificate unless the task
says so.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.apart import BUNDLE
from tests.benchmarks.cases import Task, Tls

HOST = "localhost"
SENDER = "me@example.com"
PASSWORD = "secret"
TEXT = "hello\n"
HEADER = f"From: {SENDER}\nTo: user0@example.com\nSubject: Subject\n"


@dataclass(frozen=True)
class Job:
    """A task, its server, and a directory of its own."""

    task: Task
    port: int
    directory: Path
    authorities: Path  # of the system, and the bundle with all of them
    attachment: Path | None = None

    @property
    def recipients(self) -> list[str]:
        return [f"user{i}@example.com" for i in range(self.task.recipients)]

    def file(self, name: str, content: str) -> Path:
        """Write a file with mode 0600."""
        path = self.directory / name
        path.touch(0o600)
        path.write_text(content)
        return path


@dataclass(frozen=True)
class Call:
    """The arguments, the environment and the input of a program."""

    words: list[str]
    stdin: Path
    variables: Mapping[str, str] = field(default_factory=dict)


def mailx(job: Job) -> Call:
    """Call pymail or Heirloom mailx, with the mail.rc of the latter."""
    rc = job.file("mail.rc", "".join(f"set {line}\n" for line in _classic(job)))
    variables = {"MAILRC": str(rc)}
    if job.task.mails > 1:
        mbox = job.file("mbox", _mbox(job.task.mails))
        return Call(["-n", "-t"], mbox, variables)
    return Call(["-n", *_mailx_words(job)], job.file("text", TEXT), variables)


def _classic(job: Job) -> list[str]:
    scheme = "smtps" if job.task.tls is Tls.IMPLICIT else "smtp"
    lines = [f"from={SENDER}", f"smtp={scheme}://{HOST}:{job.port}", "sendwait"]
    if job.task.tls is not Tls.NONE and not job.task.verified:
        lines.append("ssl-verify=ignore")
    if job.task.tls is Tls.STARTTLS:
        lines.append("smtp-use-starttls")
    if job.task.login:
        lines.append(f"smtp-auth={job.task.login}")
        lines.append(f"smtp-auth-user={SENDER} smtp-auth-password={PASSWORD}")
    return lines


def _mailx_words(job: Job) -> list[str]:
    attach = ["-a", str(job.attachment)] if job.attachment else []
    return ["-s", "Subject", *attach, *job.recipients]


def _mbox(mails: int) -> str:
    entry = f"From {SENDER} Mon Nov 23 12:00:00 2026\n{HEADER}\n{TEXT}\n"
    return entry * mails


def s_nail(job: Job) -> Call:
    """Call s-nail with its own settings."""
    task = job.task
    login = f"{SENDER.replace('@', '%40')}:{PASSWORD}@" if task.login else ""
    scheme = "smtps" if task.tls is Tls.IMPLICIT else "smtp"
    lines = [
        "v15-compat",
        f"from={SENDER} sendwait",
        f"mta={scheme}://{login}{HOST}:{job.port}",
        f"smtp-auth={task.login or 'none'}",
        "tls-verify=ignore",
    ]
    if task.tls is Tls.STARTTLS:
        lines.append("smtp-use-starttls")
    rc = job.file("s-nail.rc", "".join(f"set {line}\n" for line in lines))
    words = ["-n", *_mailx_words(job)]
    return Call(words, job.file("text", TEXT), {"MAILRC": str(rc)})


def msmtp(job: Job) -> Call:
    """Call msmtp with a finished message; it makes none."""
    task = job.task
    lines = [f"account default\nhost {HOST}\nport {job.port}\nfrom {SENDER}"]
    if task.login:
        lines.append(f"auth {task.login}\nuser {SENDER}\npassword {PASSWORD}")
    if task.tls is not Tls.NONE:
        starttls = "on" if task.tls is Tls.STARTTLS else "off"
        bundle = job.authorities / BUNDLE
        check = f"tls_trust_file {bundle}" if task.verified else "tls_certcheck off"
        lines.append(f"tls on\n{check}\ntls_starttls {starttls}")
    rc = job.file("msmtprc", "\n".join(lines) + "\n")
    return Call(["-C", str(rc), *job.recipients], _message(job))


def _message(job: Job) -> Path:
    return job.file("message", f"{HEADER}\n{TEXT}")


def swaks(job: Job) -> Call:
    """Call swaks, silent and with pipelining."""
    task = job.task
    words = ["-S", "--pipeline", "--server", f"{HOST}:{job.port}", "--from", SENDER]
    words += ["--to", ",".join(job.recipients), "--header", "Subject: Subject"]
    words += ["--body", TEXT.rstrip()]
    words += {Tls.NONE: [], Tls.STARTTLS: ["--tls"], Tls.IMPLICIT: ["--tlsc"]}[task.tls]
    if task.login:
        words += ["--auth", task.login.upper(), "--auth-user", SENDER]
        words += ["--auth-password", PASSWORD]
    if job.attachment:
        words += ["--attach", f"@{job.attachment}"]
    return Call(words, job.file("text", TEXT))


def curl(job: Job) -> Call:
    """Call curl, which builds a message only for an attachment."""
    scheme = "smtps" if job.task.tls is Tls.IMPLICIT else "smtp"
    words = ["-s", "-S", "--url", f"{scheme}://{HOST}:{job.port}"]
    words += ["--mail-from", SENDER]
    for recipient in job.recipients:
        words += ["--mail-rcpt", recipient]
    if job.task.tls is not Tls.NONE:
        words += ["--ssl-reqd"] if job.task.verified else ["-k", "--ssl-reqd"]
    if job.task.login:
        words += ["--user", f"{SENDER}:{PASSWORD}"]
        words += ["--login-options", f"AUTH={job.task.login.upper()}"]
    message = _message(job)
    if not job.attachment:
        return Call([*words, "-T", str(message)], message)
    words += ["-F", f"={TEXT};type=text/plain"]
    words += ["-F", f"file=@{job.attachment};encoder=base64"]
    for line in HEADER.splitlines():
        words += ["-H", line]
    return Call(words, message)


def floor(job: Job) -> Call:
    """Call `floor.py`; the program is a Python."""
    script = job.directory / "floor.py"
    shutil.copy(Path(__file__).with_name("floor.py"), script)
    words = [str(script), str(job.port), "--tls", job.task.tls.value]
    words += ["--login"] if job.task.login else []
    words += ["--verified"] if job.task.verified else []
    words += ["--attach", str(job.attachment)] if job.attachment else []
    return Call(words, job.file("text", TEXT))


def smtp_source(job: Job) -> Call:
    """Call Postfix's load generator; it connects anew for each mail."""
    words = ["-m", str(job.task.mails), "-f", SENDER, "-t", job.recipients[0]]
    words += ["-F", str(_message(job)), f"inet:{HOST}:{job.port}"]
    return Call(words, job.file("text", TEXT))


def smtp_source_d(job: Job) -> Call:
    """Likewise, with one connection for all mails."""
    anew = smtp_source(job)
    return Call(["-d", *anew.words], anew.stdin)
