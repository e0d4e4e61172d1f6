r"""~/.netrc, which curl, msmtp and s-nail read too.

The standard library's parser keeps one login per machine; a mail server often
has several. A file that others can read is not used, as s-nail has it.
Format: netrc(5), with quoted values and `\` escapes.
"""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from pymail.credentials.base import Found, Missing
from pymail.record import record
from pymail.secret import Secret
from pymail.settings.records import Login

_SPACE_AND_REMARKS = r"(?:\s+|#[^\n]*)*"
_WORD = r'(?s)\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s\\]|\\.)+|\\))'
_MACRO = r"(?ms)^[ \t]*macdef\b.*?(?:\n[ \t]*\n|\Z)"
_ESCAPE = r"(?s)\\(.)"


@record()
class Entry:
    """One machine's login; `machine` is empty for `default`."""

    machine: str
    user: str
    password: Secret | None


@record()
class NetrcFile:
    """The file at `path`; read when it is asked."""

    path: Path

    def __call__(self, login: Login, host: str, /) -> Found | Missing:
        """Find the password that the file has for `login` at `host`."""
        entries = self._entries()
        if isinstance(entries, Missing):
            return entries
        for entry in entries:
            mine = _serves(entry, host) and entry.user in ("", login.user)
            if mine and entry.password is not None:
                return Found(entry.password, str(self.path))
        return Missing(f"{self.path}: no machine {host} with login {login.user}")

    def user_at(self, host: str) -> str:
        """Return the login of the only entry for `host`, empty if not just one."""
        entries = self._entries()
        if isinstance(entries, Missing):
            return ""
        users = {entry.user for entry in entries if _serves(entry, host)}
        return users.pop() if len(users) == 1 else ""

    def _entries(self) -> list[Entry] | Missing:
        try:
            mode = self.path.stat().st_mode
            if not stat.S_ISREG(mode):
                return Missing(f"{self.path}: not a regular file")
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                return Missing(f"{self.path}: others can read it (chmod 600)")
            text = self.path.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            return Missing(f"{self.path}: {(error.strerror or 'unreadable').lower()}")
        return list(parse(text))


def _serves(entry: Entry, host: str) -> bool:
    machine, host = entry.machine.lower(), host.lower()
    if machine.startswith("*."):  # s-nail(1), netrc-lookup
        return host.endswith(machine[1:])
    return machine in ("", host)


def parse(text: str) -> Iterator[Entry]:
    """Yield the entries of a netrc in order."""
    text = re.sub(_MACRO, "", text)
    machine: str | None = None
    words: dict[str, str] = {}
    position = 0
    while True:
        # a remark stands where a keyword would; `password #x` is a password
        position = re.compile(_SPACE_AND_REMARKS).match(text, position).end()  # type: ignore[union-attr] # matches empty
        keyword, position = _word(text, position)
        if not keyword:
            break
        if keyword in ("machine", "default"):
            if machine is not None:
                yield _entry(machine, words)
            machine, words = "", {}
        if keyword == "machine":
            machine, position = _word(text, position)
        elif keyword != "default":
            words[keyword], position = _word(text, position)
    if machine is not None:
        yield _entry(machine, words)


def _word(text: str, position: int) -> tuple[str, int]:
    found = re.compile(_WORD).match(text, position)
    if not found:
        return "", len(text)
    return re.sub(_ESCAPE, r"\1", found[1] or found[2] or ""), found.end()


def _entry(machine: str, words: dict[str, str]) -> Entry:
    password = Secret(words["password"]) if "password" in words else None
    return Entry(machine, words.get("login", ""), password)
