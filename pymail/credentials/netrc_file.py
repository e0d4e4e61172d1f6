r"""~/.netrc, which curl, msmtp and s-nail read too.

The standard library's parser keeps one login per machine, where a mail server often
has several, and refuses a whole file for one word. Here such a word is passed over,
and said if nothing was found. A file that others can read is not used, as s-nail
has it.
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

# what has a value, by the names of curl, Python and Emacs (authinfo)
_KEYWORDS = {
    "login": "login",
    "user": "login",
    "password": "password",
    "passwd": "password",
    **{word: word for word in ("account", "port", "protocol", "force")},
}


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
        odd: list[int] = []
        entries = self._entries(odd)
        if isinstance(entries, Missing):
            return entries
        for entry in entries:
            mine = _serves(entry, host) and entry.user in ("", login.user)
            if mine and entry.password is not None:
                return Found(entry.password, str(self.path))
        doubt = f" (line {odd[0]} makes no sense)" if odd else ""
        what = f"no machine {host} with login {login.user} and a password"
        return Missing(f"{self.path}: {what}{doubt}")

    def user_at(self, host: str) -> str:
        """Return the login of the only entry for `host`, empty if not just one."""
        entries = self._entries()
        if isinstance(entries, Missing):
            return ""
        users = {entry.user for entry in entries if _serves(entry, host)}
        return users.pop() if len(users) == 1 else ""

    def _entries(self, odd: list[int] | None = None) -> list[Entry] | Missing:
        try:
            mode = self.path.stat().st_mode
            if not stat.S_ISREG(mode):
                return Missing(f"{self.path}: not a regular file")
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                return Missing(f"{self.path}: others can read it (chmod 600)")
            text = self.path.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            return Missing(f"{self.path}: {(error.strerror or 'unreadable').lower()}")
        except ValueError:
            return Missing(f"{str(self.path)!r}: no file name")
        return list(parse(text, odd))


def _serves(entry: Entry, host: str) -> bool:
    machine, host = entry.machine.lower(), host.lower()
    if machine.startswith("*."):  # s-nail(1), netrc-lookup
        return host.endswith(machine[1:])
    return machine in ("", host)


def parse(text: str, odd: list[int] | None = None) -> Iterator[Entry]:
    """Yield the entries of a netrc in order.

    The numbers of lines with words that mean nothing are added to `odd`.
    """
    text = re.sub(_MACRO, lambda found: "\n" * found[0].count("\n"), text)
    machine: str | None = None
    words: dict[str, str] = {}
    for keyword, value, start in _statements(text):
        if keyword in ("machine", "default"):
            if machine is not None:
                yield _entry(machine, words)
            machine, words = value, {}
        elif keyword in _KEYWORDS:
            words[_KEYWORDS[keyword]] = value
        elif odd is not None:
            odd.append(text.count("\n", 0, start) + 1)
    if machine is not None:
        yield _entry(machine, words)


def _statements(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield each keyword with its value, empty for none, and where it begins."""
    position = 0
    while True:
        # a remark stands where a keyword would; `password #x` is a password
        position = re.compile(_SPACE_AND_REMARKS).match(text, position).end()  # type: ignore[union-attr] # matches empty
        start = position
        keyword, position = _word(text, position)
        if not keyword:
            return
        value = ""
        if keyword in _KEYWORDS or keyword == "machine":
            value, position = _word(text, position)
        yield keyword, value, start


def _word(text: str, position: int) -> tuple[str, int]:
    found = re.compile(_WORD).match(text, position)
    if not found:
        return "", len(text)
    return re.sub(_ESCAPE, r"\1", found[1] or found[2] or ""), found.end()


def _entry(machine: str, words: dict[str, str]) -> Entry:
    password = Secret(words["password"]) if "password" in words else None
    return Entry(machine, words.get("login", ""), password)
