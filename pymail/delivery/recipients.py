"""Recipients of a draft: aliases expanded, classified, each address once."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from pymail.address.addr_spec import shown, wire_address
from pymail.address.address_list import split_list
from pymail.address.aliases import Aliases, Entry, deduplicate, expand, is_among
from pymail.address.mailbox import Mailbox
from pymail.address.recipient_kinds import RecipientKind, classify, read_recipient
from pymail.environment import Environment
from pymail.errors import AddressError, NoRecipientsError, PymailError
from pymail.message.decoding import decode, repair
from pymail.message.draft import Draft, Lists
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta
from pymail.text import system_message

_LOCAL_HOSTS = ("localhost", "localhost.localdomain", "[127.0.0.1]", "[ipv6:::1]")


class Recipients:
    """Recipients of a draft: `lists` for the header, `paths` and `files` for delivery.

    `lists` are To, Cc and Bcc. `files` are as the user wrote them; with
    add-file-recipients the lists also name them, but the paths never do. The words in
    `refused` get nothing; `problems` has the reason of each, in the same order.
    """

    def __init__(self, settings: Settings, environment: Environment) -> None:
        self.lists: Lists = {}
        self.paths: tuple[str, ...] = ()
        self.files: list[str] = []
        self.refused: list[str] = []
        self.problems: list[AddressError] = []
        self.warnings: list[str] = []
        self._settings = settings
        self._environment = environment
        message = settings.message
        self._has_aliases = bool(settings.aliases or message.mta_aliases)
        # the domains of local names
        self._own_hosts = (
            own_hosts(settings, environment) if self._has_aliases else frozenset()
        )
        self._charsets = settings.message.named
        self._has_user = False  # an address of the user is among the recipients

    def resolve(self, draft: Draft) -> None:
        """Resolve the recipients of a draft.

        Raises:
            NoRecipientsError, AddressError: no recipient is left.
        """
        message = self._settings.message
        fields = [
            self._read_field(draft.to),
            self._read_field((*draft.cc, *split_list(message.autocc))),
            self._read_field((*draft.bcc, *split_list(message.autobcc))),
        ]
        if draft.fcc:
            self._add_fcc(draft.fcc)
        addressed = [_without_files(mailboxes) for mailboxes in fields]
        listed = fields if message.list_files else addressed
        self.lists = dict(zip(("To", "Cc", "Bcc"), deduplicate(*listed), strict=True))
        if draft.only:
            self.files, self.refused, self.problems = [], [], []
            addressed = [_without_files(self._read_field(draft.only))]
        (mailboxes,) = deduplicate(chain.from_iterable(addressed))
        self.paths = tuple(wire_address(each.address) for each in mailboxes)
        self.files = [*dict.fromkeys(self.files)]
        self.warnings = [*dict.fromkeys(self.warnings)]
        if not self.paths and not self.files:
            raise self._none_left(draft)

    def _none_left(self, draft: Draft) -> PymailError:
        if self.problems:
            return self.problems[0]
        if draft.to or draft.cc or draft.bcc:
            why = f": {self.warnings[0]}" if self.warnings else ""
            return NoRecipientsError(
                f"no recipients are left after aliases are expanded{why}"
            )
        return NoRecipientsError("no recipients", advice="name an address to send to")

    def _read_field(self, words: Iterable[str]) -> list[Mailbox]:
        """Expand and parse the words of a field; a file counts as an address.

        Display names are decoded from their charset; file names stay as they are.
        """
        is_file = RecipientKind.FILE
        entries = [
            Entry.parse(
                word if classify(word) is is_file else repair(word, self._charsets)
            )
            for word in words
        ]
        if entries and self._has_aliases:
            entries = self._expand(entries)
        if self._settings.message.alternates:
            entries = [entry for entry in entries if self._is_wanted(entry)]
        return [mailbox for entry in entries for mailbox in self._read_entry(entry)]

    def _expand(self, entries: list[Entry]) -> list[Entry]:
        settings, message = self._settings, self._settings.message
        login = "" if message.metoo else settings.login_name
        aliases = Aliases(
            settings.aliases, settings.alias_places, self._own_hosts, login
        )
        entries = expand(entries, aliases)
        self.warnings += aliases.problems
        if message.mta_aliases:
            return self._expand_mta_aliases(entries, message.mta_aliases)
        return entries

    def _expand_mta_aliases(self, entries: list[Entry], path: Path) -> list[Entry]:
        from pymail.address import mta_aliases

        if not any(mta_aliases.may_be_alias(each, self._own_hosts) for each in entries):
            return entries
        try:
            text = self._read_file(str(path))
        except OSError as error:
            reason = f"{system_message(error)}; local names are not expanded"
            self.warnings.append(f"mta-aliases: {path}: {reason}")
            return entries
        aliases = mta_aliases.parse(text, str(path), self._read_file, self._own_hosts)
        entries = expand(entries, aliases)
        self.warnings += aliases.problems
        return entries

    def _read_file(self, name: str) -> str:
        octets = self._environment.read_file(self._environment.expand(name))
        return decode(octets, self._charsets)

    def _is_wanted(self, entry: Entry) -> bool:
        """Leave out further addresses of the user in aliases (`alternates`)."""
        message = self._settings.message
        addresses, same_name = message.alternates, message.same_name
        is_user = is_among(entry.word, addresses, same_name=same_name)
        wanted = not (is_user and entry.alias and self._has_user)
        self._has_user |= is_user
        return wanted

    def _read_entry(self, entry: Entry) -> Iterator[Mailbox]:
        """Yield the recipient of an entry, if it is valid and allowed (`expandaddr`).

        Raises:
            AddressError: it isn't, and the settings make that an error.
        """
        policy = self._settings.message.expandaddr
        hostname = self._settings.hostname
        any_name = isinstance(self._settings.server, LocalMta)
        stops_all = policy.fail_invalid
        try:
            kind, mailbox = read_recipient(entry.word)
            stops_all = policy.fail
            policy.check(
                entry.word, kind, mailbox, hostname=hostname, any_name=any_name
            )
        except AddressError as error:
            self._refuse(
                entry.word, f"{entry.origin}{error.happened}", stops_all=stops_all
            )
            return
        address = mailbox.address
        if kind is RecipientKind.FILE:
            self.files.append(address)
        elif (
            kind is RecipientKind.NAME
            and policy.name_to_address
            and hostname
            and self._environment.is_user(address)
        ):
            address = f"{address}@{hostname}"
        yield Mailbox(address, repair(mailbox.name, self._charsets))

    def _add_fcc(self, names: Iterable[str]) -> None:
        """Add the files of Fcc fields, if `expandaddr` allows them."""
        policy = self._settings.message.expandaddr
        for name in names:
            if policy.fcc:
                self.files.append(name)
            else:
                problem = f"Fcc: {shown(name)}: expandaddr does not allow a file"
                self._refuse(name, problem, stops_all=policy.fail)

    def _refuse(self, word: str, problem: str, *, stops_all: bool) -> None:
        error = AddressError(problem)
        if stops_all:
            raise error
        self.refused.append(word)
        self.problems.append(error)


def _without_files(mailboxes: Iterable[Mailbox]) -> list[Mailbox]:
    is_file = RecipientKind.FILE
    return [each for each in mailboxes if classify(each.address) is not is_file]


def own_hosts(settings: Settings, environment: Environment) -> frozenset[str]:
    """Return the names of this machine, its own and those in /etc/hosts.

    Empty with a local program, which delivers to this machine itself.
    """
    if isinstance(settings.server, LocalMta):
        return frozenset()
    name = environment.nodename().lower().removesuffix(".")
    short = name.partition(".")[0]
    return frozenset((*_LOCAL_HOSTS, name, short, *_full_names(name, environment)))


def _full_names(name: str, environment: Environment) -> Iterator[str]:
    try:
        hosts = environment.read_file(environment.system_rc_directory / "hosts")
    except OSError:
        return
    short = name.partition(".")[0]
    for line in hosts.decode("ascii", "replace").lower().splitlines():
        names = line.partition("#")[0].split()[1:]
        if name in names:
            yield from (full for full in names if full.partition(".")[0] == short)
