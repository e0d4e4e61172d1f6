"""Memory of refused logins, so that pymail doesn't try them again at once.

Providers lock accounts after repeated wrong passwords. A private file remembers for 15
minutes which account was refused with which secret, as a salted slow hash. It is
replaced as a whole under a lock. An error of the file only costs this protection.
"""

import os
from contextlib import suppress
from pathlib import Path

from pymail.environment import Environment
from pymail.files import state_file
from pymail.files.state_file import lock_directory
from pymail.model import model
from pymail.reply import Reply
from pymail.secret import Secret

SECONDS = 15 * 60
ROUNDS = 600_000  # of PBKDF2: a third of a second for every guess
LOCK_SECONDS = 2.0  # delays the error message

_NAME = "refused-logins"
_ENTRIES = 100
_OCTETS = 1 << 18


@model()
class Account:
    """A login: its user, at one host and port."""

    user: str
    host: str
    port: int

    def matches(self, other: "Account") -> bool:
        """Tell whether it is the same, regardless of case and final dot of the host."""
        hosts = {each.host.lower().rstrip(".") for each in (self, other)}
        return (self.user, self.port, len(hosts)) == (other.user, other.port, 1)


@model()
class Refusal:
    """The reply of the server, and its time in seconds since 1970."""

    when: float
    reply: Reply

    @property
    def until(self) -> float:
        """The time after which the login is tried again."""
        return self.when + SECONDS


@model()
class _Entry:
    account: Account
    refusal: Refusal
    salt: bytes
    digest: bytes

    def counts(self, now: float) -> bool:
        """Tell whether it is recent; one from the future counts as expired."""
        return self.refusal.when <= now < self.refusal.until


@model()
class RefusedLogins:
    """The memory in `file`; a guess at a secret costs `rounds` of PBKDF2."""

    file: Path
    rounds: int = ROUNDS
    lock_seconds: float = LOCK_SECONDS

    def remembered(
        self, account: Account, secret: Secret, now: float
    ) -> Refusal | None:
        """Return the recent refusal of this login, None if there is none."""
        mine = self._entries_of(account, now)
        digests = {salt: self._digest(secret, salt) for salt in {e.salt for e in mine}}
        return next((e.refusal for e in mine if digests[e.salt] == e.digest), None)

    def remember(self, account: Account, secret: Secret, refusal: Refusal) -> None:
        """Remember that the server has refused this login."""
        # one salt for an account: a lookup costs one hash, for any number of secrets
        known = self._entries_of(account, refusal.when)
        salt = known[0].salt if known else os.urandom(16)
        new = _Entry(account, refusal, salt, self._digest(secret, salt))
        with (
            suppress(OSError),
            lock_directory(self.file.parent, self.lock_seconds) as directory,
        ):
            kept = [each for each in self._entries() if each.counts(refusal.when)]
            _write(directory, [*kept[1 - _ENTRIES :], new])

    def forget(self, account: Account) -> None:
        """Forget the refusals of an account, for all secrets."""
        if not any(each.account.matches(account) for each in self._entries()):
            return
        with (
            suppress(OSError),
            lock_directory(self.file.parent, self.lock_seconds) as directory,
        ):
            old = self._entries()
            _write(directory, [e for e in old if not e.account.matches(account)])

    def _entries_of(self, account: Account, now: float) -> list[_Entry]:
        entries = self._entries()
        return [e for e in entries if e.account.matches(account) and e.counts(now)]

    def _digest(self, secret: Secret, salt: bytes) -> bytes:
        from hashlib import pbkdf2_hmac  # loads OpenSSL

        text = secret.reveal().encode("utf-8", "surrogateescape")
        return pbkdf2_hmac("sha256", text, salt, self.rounds)

    def _entries(self) -> list[_Entry]:
        try:
            text = state_file.read(self.file, _OCTETS).decode("ascii", "replace")
        except (OSError, ValueError):  # ValueError: NUL in the name
            return []
        return [entry for line in text.splitlines() if (entry := _parse_line(line))]


def find(environment: Environment) -> RefusedLogins:
    """Return the memory of the user."""
    return RefusedLogins(state_file.find_directory(environment) / _NAME)


def _parse_line(line: str) -> _Entry | None:
    try:
        words = [w.encode("ascii").decode("unicode_escape") for w in line.split("\t")]
        when, user, host, port, salt, digest, code, enhanced, text = words
        reply = Reply(int(code), (text,) if text else (), _parse_enhanced(enhanced))
        return _Entry(
            Account(user, host, int(port)),
            Refusal(float(when), reply),
            bytes.fromhex(salt),
            bytes.fromhex(digest),
        )
    except ValueError:  # also for too few words or an invalid escape
        return None


def _parse_enhanced(text: str) -> tuple[int, int, int] | None:
    if not text:
        return None
    kind, subject, detail = map(int, text.split("."))
    return kind, subject, detail


def _format_line(entry: _Entry) -> bytes:
    reply, account = entry.refusal.reply, entry.account
    words = (
        *(repr(entry.refusal.when), account.user, account.host, str(account.port)),
        *(entry.salt.hex(), entry.digest.hex(), str(reply.code)),
        *(".".join(map(str, reply.enhanced or ())), reply.text),
    )
    return b"\t".join(word.encode("unicode_escape") for word in words) + b"\n"


def _write(directory: int, entries: list[_Entry]) -> None:
    state_file.write(directory, _NAME, b"".join(map(_format_line, entries)))
