"""Completion values: from tables, settings files and the outbox.

No command in settings is run, and only regular files are read: a pipe may never end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pymail.cli import options
from pymail.environment import Environment
from pymail.errors import PymailError
from pymail.outbox.directory import Outbox, default_place
from pymail.settings.loader import ALL_FILES, Loaded, LoadRequest, load
from pymail.settings.variables import BY_NAME, VARIABLES, Kind
from pymail.text import visible


class Suggestion(NamedTuple):
    """A completion of the word at the cursor; for `kind` "file" the shell has the names."""

    value: str
    kind: str = "plain"
    help: str = ""


FILE = Suggestion("", kind="file")
MOST_MAILS = 200
SHOWN_CHARACTERS = 60

# Values of variables of kind CHOICE, as their meanings in the table name them.
CHOICES: Mapping[str, Sequence[str]] = {
    name: words.split()
    for name, words in {
        "smtp-auth": "login plain cram-md5 scram-sha-1 scram-sha-256 scram-sha-512"
        " external xoauth2 oauthbearer none",
        "tls-verify": "strict warn ignore",
        "dsn": "failure delay success never",
        "dsn-return": "full headers",
        "smtp-fit-sender": "auto on off",
        "encoding": "8bit quoted-printable base64",
        "stealthmua": "noagent",
        "smime-sign-digest": "sha224 sha256 sha384 sha512",
        "smime-cipher": "aes128 aes256",
        "newfolders": "maildir",
        "syslog": "mail user local0 local7",
        "explain": "auto en zh",
    }.items()
}


class _FilesOnly(Environment):
    """An environment that reads regular files only."""

    def read_file(self, path: Path) -> bytes:
        """Read a regular file; other files count as missing: a pipe may have no writer."""
        if not path.is_file():
            raise FileNotFoundError(path)
        return super().read_file(path)


def plain(words: Iterable[str], before: str = "") -> Iterator[Suggestion]:
    """Make suggestions of words."""
    return (Suggestion(before + word) for word in words)


class KnownValues:
    """Option values that exist on this machine: accounts, aliases, queued mails."""

    def __init__(self, environment: Environment, words: Iterable[str]) -> None:
        fields = Environment.__annotations__
        self._environment = _FilesOnly(
            **{name: getattr(environment, name) for name in fields}
        )
        no_system_rc = not {"-n", "--norc"}.isdisjoint(words)
        self._request = LoadRequest(rc_files="u" if no_system_rc else ALL_FILES)

    @cached_property
    def _loaded(self) -> Loaded:
        return load(self._request, self._environment)

    def values(
        self, name: str, incomplete: str, before: str = ""
    ) -> Iterator[Suggestion]:
        """Yield values of a long option; `before` precedes the value in its word."""
        option = options.BY_NAME.get(name)
        match option and option.field:
            case "attach_or_field" | "quote_file" | "body_file" | "password_file":
                yield FILE
            case "to" | "cc" | "bcc":
                yield from self.recipients(incomplete, before)
            case "accounts_or_files":
                for account, block in sorted(self._loaded.state.accounts.items()):
                    yield Suggestion(before + account, help=_short(str(block.origin)))
            case "explain":
                from pymail.report.reply_kinds import KINDS  # only this needs it

                yield from plain(KINDS, before)
            case "assignments":
                yield from _assignments(incomplete, before)
            case _:
                yield from plain(option.choices if option else (), before)

    def recipients(self, incomplete: str, before: str = "") -> Iterator[Suggestion]:
        """Yield aliases of the settings for the last item of a list."""
        first, comma, _ = incomplete.rpartition(",")
        for name, members in sorted(self._loaded.state.aliases.items()):
            whole = before + first + comma + name
            yield Suggestion(whole, help=_short(" ".join(members)))

    def mails(self) -> Iterator[Suggestion]:
        """Yield the mails of the outbox, with their recipients as help."""
        value = self._loaded.layers.value("outbox")
        if value is None:
            return
        outbox = Outbox(self._place(value.text))
        with suppress(PymailError, OSError):
            for name in outbox.names()[:MOST_MAILS]:
                yield Suggestion(name, help=_short(_for_whom(outbox, name)))

    def _place(self, name: str) -> Path:
        if not name:
            return default_place(self._environment)
        rooted = name.startswith(("/", "~", "$"))
        return self._environment.expand_setting(name if rooted else f"~/{name}")


def _for_whom(outbox: Outbox, name: str) -> str:
    with suppress(PymailError, OSError, ValueError):
        mail = outbox.peek(name)
        if mail is not None:
            paths = mail.head.envelope.forward_paths
            mail.close()
            return f"to {', '.join(paths)}"
    return ""


def _short(text: str) -> str:
    line = visible(" ".join(text.split()))
    return (
        line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 3]}..."
    )


def _variables(incomplete: str, before: str) -> Iterator[Suggestion]:
    named = [(row.name, row) for row in VARIABLES]
    if not any(name.startswith(incomplete) for name, _ in named):
        named = [(name, row) for row in VARIABLES for name in row.names]
    for name, row in named:
        equals = "" if row.kind is Kind.SWITCH else "="
        yield Suggestion(before + name + equals, help=_short(row.meaning))


def _assignments(incomplete: str, before: str) -> Iterator[Suggestion]:
    """Yield variables, or after NAME= the values of that variable."""
    name, equals, _ = incomplete.partition("=")
    row = BY_NAME.get(name)
    if not equals:
        yield from _variables(incomplete, before)
    elif row and row.kind is Kind.PATH:
        yield FILE
    elif row:
        yield from plain(CHOICES.get(row.name, ()), f"{before}{name}=")
