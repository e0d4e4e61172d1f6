"""Recipient classification, and the policy of `expandaddr`.

The order of the rules is s-nail's: a word that looks like a file is one, even with
an @. Commands are refused, and files unless the variable `expandaddr` allows them:
a recipient may come from untrusted data, which must not run or overwrite anything.
"""

from collections.abc import Iterable, Mapping
from enum import Enum

from pymail.address.addr_spec import shown
from pymail.address.mailbox import Mailbox, parse_mailbox
from pymail.errors import AddressError
from pymail.model import model


class RecipientKind(Enum):
    """Kind of a recipient."""

    ADDRESS = "an address"
    NAME = "a user name"  # local, without @; known to the server or the local MTA
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


def classify(word: str) -> RecipientKind:
    """Classify a word, which may be malformed or not allowed."""
    if word.startswith("|"):
        return RecipientKind.PIPE
    if word.startswith(_SURELY_FILES) or word == "-":
        return RecipientKind.FILE
    if "@" in word:
        return RecipientKind.ADDRESS
    if word.startswith("+") or "/" in word:
        return RecipientKind.FILE
    return RecipientKind.NAME


def read_recipient(word: str) -> tuple[RecipientKind, Mailbox]:
    """Parse a word; a file or command becomes the address of its mailbox.

    Raises:
        AddressError: it is malformed.
    """
    if word.startswith(("|", *_SURELY_FILES)):
        return classify(word), Mailbox(word)
    mailbox = parse_mailbox(word)
    return classify(mailbox.address), mailbox


@model(kw_only=True)
class RecipientPolicy:
    """Policy of `expandaddr`: the kinds that are allowed, and how strictly.

    With `fail`, one recipient that isn't allowed stops the whole message; with
    `fail_invalid`, one malformed address does. `fcc` allows the files of `Fcc:`. With
    `domain_check`, only addresses at `domains` are allowed.
    """

    kinds: frozenset[RecipientKind] = _USUAL
    fail: bool = False
    fail_invalid: bool = False
    fcc: bool = False
    name_to_address: bool = False
    domain_check: bool = False
    domains: frozenset[str] = frozenset()

    @classmethod
    def parse(
        cls, value: str, *, interactive: bool, domains: Iterable[str] = ()
    ) -> "RecipientPolicy":
        """Parse the variable; an empty value allows everything.

        `interactive` is also true when tilde escapes are on (-~); `restrict` has no
        effect then. Words apply in order; unknown words are ignored. `domains` are
        those of expandaddr-domaincheck.
        """
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
            domains=frozenset(map(str.lower, ("localhost", *domains))),
        )

    def check(
        self,
        word: str,
        kind: RecipientKind,
        mailbox: Mailbox,
        *,
        hostname: str = "",
        any_name: bool = True,
    ) -> None:
        """Refuse a recipient that is not allowed.

        Addresses at `hostname` pass `domaincheck`. Without `any_name`, a name that
        isn't ASCII is refused: no server has such users.

        Raises:
            AddressError: the recipient is not allowed.
        """
        is_name = kind is RecipientKind.NAME
        complaint = ""
        if kind is RecipientKind.PIPE:
            complaint = "pymail runs no command for a recipient"
        elif kind not in self.kinds:
            complaint = f"expandaddr does not allow {kind.value} as recipient"
        elif is_name and mailbox.address.startswith("-"):
            complaint = "a name that begins with a dash is an option"
        elif is_name and not (any_name or mailbox.address.isascii()):
            complaint = "neither an address nor an alias"
        elif (
            kind is RecipientKind.ADDRESS
            and self.domain_check
            and mailbox.domain.lower() not in {*self.domains, hostname.lower()}
        ):
            complaint = "expandaddr does not allow this domain"
        if complaint:
            raise AddressError(f"{shown(word)}: {complaint}")


def _parse_kinds(
    words: Iterable[str], *, interactive: bool
) -> frozenset[RecipientKind]:
    """Add and remove kinds in the order of the words, starting with all kinds."""
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
