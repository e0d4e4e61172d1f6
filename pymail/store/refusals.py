"""Logins that a server has refused, so that none is tried again at once.

Providers lock out addresses that go on with a wrong password. A file remembers for a
while which account was refused with which secret; of the secret it has no more than
a salted slow hash. It is for its owner alone and replaced as a whole under a lock.
Whatever is wrong with it costs this protection, and nothing else.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from pymail.environment import Environment
from pymail.outcome.reply import Reply
from pymail.record import record
from pymail.secret import Secret

SECONDS = 15 * 60
ROUNDS = 600_000  # of PBKDF2: a third of a second for every guess
LOCK_SECONDS = 2.0  # somebody waits for the message that follows

_NAME = "refused-logins"
_NEW = "refused-logins.new"
_ENTRIES = 100
_OCTETS = 1 << 18
_PAUSE_SECONDS = 0.02
_OPEN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # nobody else's choice of file


@record()
class Account:
    """Who logs in where."""

    user: str
    host: str
    port: int

    def is_that(self, other: "Account") -> bool:
        """Whether it is the same, however the host is written."""
        hosts = {each.host.lower().rstrip(".") for each in (self, other)}
        return (self.user, self.port, len(hosts)) == (other.user, other.port, 1)


@record()
class Refusal:
    """What the server said, and when, in seconds since 1970."""

    when: float
    reply: Reply

    @property
    def until(self) -> float:
        """When the same may be tried again."""
        return self.when + SECONDS


@record()
class _Entry:
    account: Account
    refusal: Refusal
    salt: bytes
    digest: bytes

    def counts(self, now: float) -> bool:
        """Whether it is of use still; a clock that went back locks nobody out."""
        return self.refusal.when <= now < self.refusal.until


@record()
class Refusals:
    """What is remembered in `file`; a guess at a secret costs `rounds` of SHA-256."""

    file: Path
    rounds: int = ROUNDS
    lock_seconds: float = LOCK_SECONDS

    def remembered(
        self, account: Account, secret: Secret, now: float
    ) -> Refusal | None:
        """Return how the server has refused this lately, None if it has not."""
        mine = self._of(account, now)
        digests = {salt: self._digest(secret, salt) for salt in {e.salt for e in mine}}
        return next((e.refusal for e in mine if digests[e.salt] == e.digest), None)

    def remember(self, account: Account, secret: Secret, refusal: Refusal) -> None:
        """Write down that the server has refused it."""
        # one salt for an account: however many secrets it had, a look costs one hash
        known = self._of(account, refusal.when)
        salt = known[0].salt if known else os.urandom(16)
        new = _Entry(account, refusal, salt, self._digest(secret, salt))
        with suppress(OSError), self._locked() as directory:
            kept = [each for each in self._entries() if each.counts(refusal.when)]
            _write(directory, [*kept[1 - _ENTRIES :], new])

    def forget(self, account: Account) -> None:
        """Let it be tried again at once, with whatever secret."""
        if not any(each.account.is_that(account) for each in self._entries()):
            return
        with suppress(OSError), self._locked() as directory:
            old = self._entries()
            _write(directory, [e for e in old if not e.account.is_that(account)])

    def _of(self, account: Account, now: float) -> list[_Entry]:
        entries = self._entries()
        return [e for e in entries if e.account.is_that(account) and e.counts(now)]

    def _digest(self, secret: Secret, salt: bytes) -> bytes:
        from hashlib import pbkdf2_hmac  # loads OpenSSL

        text = secret.reveal().encode("utf-8", "surrogateescape")
        return pbkdf2_hmac("sha256", text, salt, self.rounds)

    def _entries(self) -> list[_Entry]:
        try:
            text = _octets(self.file).decode("ascii", "replace")
        except (OSError, ValueError):  # ValueError: NUL in the name
            return []
        return [entry for line in text.splitlines() if (entry := _parsed(line))]

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Open our own directory, alone.

        Raises:
            OSError: it cannot be made, is not ours, or others are at it.
        """
        directory = self.file.parent
        _make(directory)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | _OPEN)
        try:
            _check(os.fstat(descriptor))
            _lock(descriptor, monotonic() + self.lock_seconds)
            yield descriptor
        finally:
            os.close(descriptor)


def of(environment: Environment) -> Refusals:
    """Where it is; the XDG specification ignores names that are not absolute."""
    base = Path(environment.variables.get("XDG_STATE_HOME") or "")
    if not base.is_absolute():
        base = environment.home / ".local" / "state"
    return Refusals(base / "pymail" / _NAME)


def _octets(file: Path) -> bytes:
    descriptor = os.open(file, os.O_RDONLY | _OPEN)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return b""
        return os.read(descriptor, _OCTETS)
    finally:
        os.close(descriptor)


def _parsed(line: str) -> _Entry | None:
    try:
        words = [w.encode("ascii").decode("unicode_escape") for w in line.split("\t")]
        when, user, host, port, salt, digest, code, enhanced, text = words
        reply = Reply(int(code), (text,) if text else (), _triple(enhanced))
        return _Entry(
            Account(user, host, int(port)),
            Refusal(float(when), reply),
            bytes.fromhex(salt),
            bytes.fromhex(digest),
        )
    except ValueError:  # also of too few words, and of what is no escape
        return None


def _triple(text: str) -> tuple[int, int, int] | None:
    if not text:
        return None
    kind, subject, detail = map(int, text.split("."))
    return kind, subject, detail


def _line(entry: _Entry) -> bytes:
    reply, account = entry.refusal.reply, entry.account
    words = (
        *(repr(entry.refusal.when), account.user, account.host, str(account.port)),
        *(entry.salt.hex(), entry.digest.hex(), str(reply.code)),
        *(".".join(map(str, reply.enhanced or ())), reply.text),
    )
    return b"\t".join(word.encode("unicode_escape") for word in words) + b"\n"


def _lock(descriptor: int, deadline: float) -> None:
    import fcntl

    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= deadline:
                raise
            sleep(_PAUSE_SECONDS)
        else:
            return


def _make(directory: Path) -> None:
    """Make what is missing, in what is ours: root leaves nothing in another's home."""
    missing = []
    while not directory.is_dir():
        missing.append(directory)
        directory = directory.parent
    if missing and directory.stat().st_uid != os.geteuid():
        raise PermissionError
    for each in reversed(missing):
        each.mkdir(0o700, exist_ok=True)


def _check(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError


def _write(directory: int, entries: list[_Entry]) -> None:
    with suppress(FileNotFoundError):
        os.unlink(_NEW, dir_fd=directory)  # of a run that died
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN
    descriptor = os.open(_NEW, flags, 0o600, dir_fd=directory)
    with open(descriptor, "wb") as stream:  # noqa: PTH123 - it is open
        stream.writelines(map(_line, entries))
    os.replace(_NEW, _NAME, src_dir_fd=directory, dst_dir_fd=directory)
