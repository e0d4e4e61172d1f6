"""Recipient classification, and the policy of `expandaddr`.

The order of the rules is s-nail's: what looks like a file is one even with an @.
Files and commands are refused unless the variable `expandaddr` lets them in:
a recipient may come from data, and data must not run or overwrite anything.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from itertools import chain, repeat

from pymail.address.addr_spec import shown
from pymail.address.aliases import Source, describe_source
from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.errors import AddressError
from pymail.model import model


class RecipientKind(Enum):
    """What kind of recipient a word names."""

    ADDRESS = "an address"
    NAME = "a user name"  # local, without @; the server or local MTA knows it
    FILE = "a file"
    PIPE = "a command"


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


@model(kw_only=True)
class Policy:
    """What `expandaddr` says: the kinds that are allowed, and how strictly.

    `fail` makes one disallowed recipient, `fail_invalid` one malformed address,
    a reason to send nothing at all; `fcc` allows the files of `Fcc:`.
    """

    kinds: frozenset[RecipientKind] = _USUAL
    fail: bool = False
    fail_invalid: bool = False
    fcc: bool = False
    name_to_address: bool = False
    domain_check: bool = False

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
        kinds = _parse_kinds(words, interactive=interactive)
        return cls(
            kinds=kinds,
            fail="fail" in words,
            fail_invalid="failinvaddr" in words,
            fcc="fcc" in words or RecipientKind.FILE in kinds,
            name_to_address="nametoaddr" in words or "namehostex" in words,
            domain_check="domaincheck" in words,
        )

    def allows(self, kind: RecipientKind) -> bool:
        """Tell whether recipients of this kind are let through."""
        return kind in self.kinds


@model(kw_only=True)
class Recipients:
    """The words of one field, by kind.

    `files` are as written (`+folder` too); `listed` are mailboxes and files in
    their order, a file as if it were an address. The words in `refused` get
    nothing, for the `problems` at the same places.
    """

    mailboxes: tuple[Mailbox, ...] = ()
    files: tuple[str, ...] = ()
    listed: tuple[Mailbox, ...] = ()
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


def classify_all(
    words: Iterable[str],
    policy: Policy,
    *,
    sources: Iterable[Source] = (),
    hostname: str = "",
    domains: Collection[str] = (),
    is_user: Callable[[str], bool] = lambda _name: True,
    any_name: bool = True,
) -> Recipients:
    """Classify expanded words as mailboxes and files.

    A word that is malformed or not allowed becomes a problem and does not stop
    the others; a command is never run for a recipient. `sources` tell for each
    word which alias it is from. Under `nametoaddr`, `hostname` completes the
    names that `is_user` knows; with `domains` (expandaddr-domaincheck) and
    "localhost" it passes `domaincheck`. Without `any_name` a name that is not ASCII
    is no recipient: no server has such users.

    Raises:
        AddressError: there is such a problem and the policy says to fail.
    """
    known = {domain.lower() for domain in ("localhost", hostname, *domains)}
    listed: list[Mailbox] = []
    files: list[str] = []
    refused: list[str] = []
    problems: list[AddressError] = []
    for word, source in zip(words, chain(sources, repeat(None)), strict=False):
        fatal = policy.fail_invalid
        try:
            kind, mailbox = _read(word)
            fatal = policy.fail
            _check(word, kind, mailbox, policy, known, any_name=any_name)
        except AddressError as error:
            problem = AddressError(f"{describe_source(source)}{error.happened}")
            if fatal:
                raise problem from None
            refused.append(word)
            problems.append(problem)
            continue
        if kind is RecipientKind.FILE:
            files.append(mailbox.address)
        elif kind is RecipientKind.NAME and policy.name_to_address and hostname:
            mailbox = _complete(mailbox, hostname, is_user)
        listed.append(mailbox)
    return Recipients(
        mailboxes=tuple(m for m in listed if m.address not in files),
        files=tuple(files),
        listed=tuple(listed),
        refused=tuple(refused),
        problems=tuple(problems),
    )


def _check(
    word: str,
    kind: RecipientKind,
    mailbox: Mailbox,
    policy: Policy,
    domains: Collection[str],
    *,
    any_name: bool,
) -> None:
    """Raise AddressError for a recipient that is not allowed."""
    complaint = ""
    if kind is RecipientKind.PIPE:
        complaint = "no command is run for a recipient"
    elif not policy.allows(kind):
        complaint = f"expandaddr does not allow {kind.value} as recipient"
    elif kind is RecipientKind.NAME and mailbox.address.startswith("-"):
        complaint = "a name that begins with a dash is an option"
    elif kind is RecipientKind.NAME and not (any_name or mailbox.address.isascii()):
        complaint = "neither an address nor an alias"
    elif (
        kind is RecipientKind.ADDRESS
        and policy.domain_check
        and mailbox.domain.lower() not in domains
    ):
        complaint = "expandaddr does not allow this domain"
    if complaint:
        raise AddressError(f"{shown(word)}: {complaint}")


def _complete(
    mailbox: Mailbox, hostname: str, is_user: Callable[[str], bool]
) -> Mailbox:
    if not is_user(mailbox.address):
        return mailbox
    return Mailbox(f"{mailbox.address}@{hostname}", mailbox.name)


def _read(word: str) -> tuple[RecipientKind, Mailbox]:
    """Read a word; files and commands are a mailbox's address here for a moment."""
    if word.startswith("|") or _is_surely_file(word):
        return classify(word), Mailbox(word)
    mailbox = parse_mailbox(word)
    return classify(mailbox.address), mailbox


def _is_surely_file(word: str) -> bool:
    return word.startswith(_SURELY_FILES) or word == "-"


def _parse_kinds(
    words: Iterable[str], *, interactive: bool
) -> frozenset[RecipientKind]:
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
