"""What a recipient is once aliases are expanded, and whether it is allowed.

The order of the rules is s-nail's: what looks like a file is one even with an @.
Files and commands are refused unless the variable `expandaddr` lets them in:
a recipient may come from data, and data must not run or overwrite anything.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from pymail.address.addr_spec import shown
from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.errors import AddressError


class RecipientKind(Enum):
    """What kind of recipient a word names."""

    ADDRESS = "address"
    NAME = "user name"  # local, without @; the server or local MTA knows it
    FILE = "file"
    PIPE = "command"


_EVERYTHING = frozenset(RecipientKind)
_SURELY_FILES = ("/", "./", "file://", "mbox://", "maildir://")
_USUAL = frozenset({RecipientKind.ADDRESS, RecipientKind.NAME})
_KINDS_OF_WORD: Mapping[str, frozenset[RecipientKind]] = {
    "all": _EVERYTHING,
    "file": frozenset({RecipientKind.FILE}),
    "pipe": frozenset({RecipientKind.PIPE}),
    "name": frozenset({RecipientKind.NAME}),
    "addr": frozenset({RecipientKind.ADDRESS}),
    "failinvaddr": frozenset({RecipientKind.ADDRESS}),
    "domaincheck": frozenset({RecipientKind.ADDRESS}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What `expandaddr` says: the kinds that are allowed, and how strictly.

    `fail` makes one disallowed recipient, `fail_invalid` one malformed address,
    a reason to send nothing at all; `fcc` allows the files of `Fcc:`;
    `shell_quotes` reads recipients as the inside of `$'...'`.
    """

    kinds: frozenset[RecipientKind] = _USUAL
    fail: bool = False
    fail_invalid: bool = False
    fcc: bool = False
    name_to_address: bool = False
    domain_check: bool = False
    shell_quotes: bool = False

    @classmethod
    def parse(cls, value: str | None, *, interactive: bool) -> "Policy":
        """Read the variable: None is unset, an empty value allows everything.

        `interactive` is also true when tilde escapes are on (-~); only then
        `restrict` restricts nothing. Words count in their order; unknown ones
        are ignored.
        """
        if value is None:
            return cls()
        words = [
            word.strip(" \t").lower().removeprefix("+") for word in value.split(",")
        ]
        kinds = _kinds(words, interactive=interactive)
        return cls(
            kinds=kinds,
            fail="fail" in words,
            fail_invalid="failinvaddr" in words,
            fcc="fcc" in words or RecipientKind.FILE in kinds,
            name_to_address="nametoaddr" in words,
            domain_check="domaincheck" in words,
            shell_quotes="shquote" in words,
        )

    def allows(self, kind: RecipientKind) -> bool:
        """Tell whether recipients of this kind are let through."""
        return kind in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The words of one field, sorted.

    `files` are as written (`+folder` too), `commands` without their `|`. The
    words in `refused` get nothing, for the `problems` at the same places.
    """

    mailboxes: tuple[Mailbox, ...] = ()
    files: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    problems: tuple[AddressError, ...] = ()


def classify(word: str) -> RecipientKind:
    """Tell what a word names, whether or not that is allowed or well-formed."""
    if word.startswith("|"):
        return RecipientKind.PIPE
    if _is_surely_file(word):
        return RecipientKind.FILE
    if "@" in word:
        return RecipientKind.ADDRESS
    if word.startswith("+") or "/" in word:
        return RecipientKind.FILE
    return RecipientKind.NAME


def gather(
    words: Iterable[str],
    policy: Policy,
    *,
    hostname: str = "",
    domains: Collection[str] = (),
) -> Recipients:
    """Sort expanded words into mailboxes, files and commands.

    A word that is malformed or not allowed becomes a problem and does not stop
    the others. `hostname` completes names under `nametoaddr`; with `domains`
    (expandaddr-domaincheck) and "localhost" it passes `domaincheck`.

    Raises:
        AddressError: there is such a problem and the policy says to fail.
    """
    sorter = _Sorter(policy, hostname, {"localhost", hostname, *domains})
    for word in words:
        sorter.add(word)
    return sorter.recipients()


class _Sorter:
    def __init__(self, policy: Policy, hostname: str, domains: Iterable[str]) -> None:
        self._policy = policy
        self._hostname = hostname
        self._domains = {domain.lower() for domain in domains}
        self._mailboxes: list[Mailbox] = []
        self._files: list[str] = []
        self._commands: list[str] = []
        self._refused: list[str] = []
        self._problems: list[AddressError] = []

    def add(self, word: str) -> None:
        try:
            kind, mailbox = _read(word)
        except AddressError as problem:
            self._refuse(word, problem, fatal=self._policy.fail_invalid)
            return
        complaint = self._complaint(kind, mailbox)
        if complaint:
            refusal = AddressError(f"{shown(word)}: {complaint}")
            self._refuse(word, refusal, fatal=self._policy.fail)
        else:
            self._keep(kind, mailbox)

    def recipients(self) -> Recipients:
        return Recipients(
            mailboxes=tuple(self._mailboxes),
            files=tuple(self._files),
            commands=tuple(self._commands),
            refused=tuple(self._refused),
            problems=tuple(self._problems),
        )

    def _complaint(self, kind: RecipientKind, mailbox: Mailbox) -> str:
        if not self._policy.allows(kind):
            return f"expandaddr does not allow a {kind.value} as recipient"
        if (
            kind is RecipientKind.ADDRESS
            and self._policy.domain_check
            and mailbox.domain.lower() not in self._domains
        ):
            return "expandaddr does not allow this domain"
        return ""

    def _keep(self, kind: RecipientKind, mailbox: Mailbox) -> None:
        match kind:
            case RecipientKind.FILE:
                self._files.append(mailbox.address)
            case RecipientKind.PIPE:
                self._commands.append(mailbox.address.removeprefix("|"))
            case RecipientKind.NAME if self._policy.name_to_address and self._hostname:
                full = f"{mailbox.address}@{self._hostname}"
                self._mailboxes.append(Mailbox(full, mailbox.name))
            case RecipientKind.NAME | RecipientKind.ADDRESS:
                self._mailboxes.append(mailbox)
            case _:
                assert_never(kind)

    def _refuse(self, word: str, problem: AddressError, *, fatal: bool) -> None:
        if fatal:
            raise problem
        self._refused.append(word)
        self._problems.append(problem)


def _read(word: str) -> tuple[RecipientKind, Mailbox]:
    """Read a word; files and commands are a mailbox's address here for a moment."""
    if word.startswith("|") or _is_surely_file(word):
        return classify(word), Mailbox(word)
    mailbox = parse_mailbox(word)
    return classify(mailbox.address), mailbox


def _is_surely_file(word: str) -> bool:
    return word.startswith(_SURELY_FILES) or word == "-"


def _kinds(words: Iterable[str], *, interactive: bool) -> frozenset[RecipientKind]:
    """Add and remove kinds in the order of the words, from everything on."""
    kinds = _EVERYTHING
    opened = False
    for word in words:
        if word == "restrict":
            kinds = _USUAL
            opened = interactive
        elif word.startswith("-"):
            kinds -= _KINDS_OF_WORD.get(word[1:], frozenset())
        else:
            kinds |= _KINDS_OF_WORD.get(word, frozenset())
    return _EVERYTHING if opened else kinds
