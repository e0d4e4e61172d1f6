"""Recipients of a draft: aliases expanded, words classified, everybody once."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pymail.address.addr_spec import shown
from pymail.address.address_list import split_list
from pymail.address.aliases import Expansion, Source, deduplicate, expand, is_among
from pymail.address.mailbox import Mailbox, format_mailbox, parse_mailbox
from pymail.address.recipient_kinds import (
    Policy,
    RecipientKind,
    Recipients,
    classify,
    classify_all,
)
from pymail.environment import Environment
from pymail.errors import AddressError, NoRecipientsError, PymailError
from pymail.message.decoding import decode, repair
from pymail.message.draft import Draft, Lists
from pymail.model import field, model, replace
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta

_LOCAL_HOSTS = ("localhost", "localhost.localdomain", "[127.0.0.1]", "[ipv6:::1]")


@model(kw_only=True)
class ResolvedRecipients:
    """To, Cc and Bcc as the header has them (`lists`), and who gets the message.

    `files` are as written; with add-file-recipients they are also in the
    fields, but never in the `envelope`. The words in `refused` get nothing, and
    `problems` say why.
    """

    lists: Lists = field(default_factory=dict)
    envelope: tuple[Mailbox, ...] = ()
    files: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def resolve_recipients(
    draft: Draft, settings: Settings, environment: Environment
) -> ResolvedRecipients:
    """Find out who gets a message, and how the header names them.

    Raises:
        NoRecipientsError, AddressError: nobody is left to send to.
    """
    composing = settings.message
    resolver = _Resolver(
        settings,
        environment,
        own_hosts=own_hosts(settings, environment),
        policy=Policy.parse(composing.expandaddr, interactive=composing.interactive),
    )
    fields = (
        resolver.resolve(draft.to),
        resolver.resolve((*draft.cc, *split_list(composing.autocc))),
        resolver.resolve((*draft.bcc, *split_list(composing.autobcc))),
        resolver.resolve_fcc(draft.fcc) if draft.fcc else Recipients(),
    )
    served = (resolver.resolve(draft.only),) if draft.only else fields
    if not any(each.mailboxes or each.files for each in served):
        raise _no_recipients(draft, served, resolver.warnings)
    listed = deduplicate(
        *(
            each.listed if composing.list_files else each.mailboxes
            for each in fields[:3]
        )
    )
    named = [with_legible_names(each, composing.named) for each in listed]
    mailboxes = (mailbox for each in served for mailbox in each.mailboxes)
    return ResolvedRecipients(
        lists=dict(zip(("To", "Cc", "Bcc"), named, strict=True)),
        envelope=deduplicate(mailboxes, (), ())[0],
        files=tuple(dict.fromkeys(name for each in served for name in each.files)),
        refused=tuple(word for each in served for word in each.refused),
        problems=tuple(str(p) for each in served for p in each.problems),
        warnings=tuple(dict.fromkeys(resolver.warnings)),
    )


def with_legible_names(
    mailboxes: Iterable[Mailbox], named: Sequence[str]
) -> tuple[Mailbox, ...]:
    """Decode names that stand there as octets of another charset (PEP 383)."""
    return tuple(replace(each, name=repair(each.name, named)) for each in mailboxes)


def own_hosts(settings: Settings, environment: Environment) -> frozenset[str]:
    """The names of this machine, its own and those in /etc/hosts, for aliases.

    None where a local program takes the mail, which delivers here.
    """
    aliases = settings.aliases or settings.message.mta_aliases
    if not aliases or isinstance(settings.server, LocalMta):
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


def reply_addresses(settings: Settings) -> tuple[Mailbox, ...]:
    """Give the addresses of reply-to, aliases expanded as far as they are ones."""
    written = settings.reply_to
    if not any(mailbox.address in settings.aliases for mailbox in written):
        return written
    words = map(format_mailbox, written)
    found = expand(words, settings.aliases, login="", metoo=True)
    try:
        return tuple(map(parse_mailbox, found.words))
    except AddressError:  # no reason to lose a mail
        return written


def _no_recipients(
    draft: Draft, fields: Sequence[Recipients], warnings: Sequence[str]
) -> PymailError:
    problems = [problem for each in fields for problem in each.problems]
    if problems:
        return problems[0]
    if draft.to or draft.cc or draft.bcc:
        why = f": {warnings[0]}" if warnings else ""
        return NoRecipientsError(
            f"no recipients are left after aliases are expanded{why}"
        )
    return NoRecipientsError("no recipients", advice="name an address to send to")


@model(frozen=False)
class _Resolver:
    """Resolves the words of one field after the other."""

    settings: Settings
    environment: Environment
    own_hosts: frozenset[str]  # where names are local ones
    policy: Policy
    warnings: list[str] = field(default_factory=list)
    has_us: bool = False  # an address of the user's is among the recipients

    def resolve(self, words: Sequence[str]) -> Recipients:
        """Expand and classify the words of a field."""
        if not words:
            return Recipients()
        settings, composing = self.settings, self.settings.message
        expansion = expand(
            map(self._decode, words),
            settings.aliases,
            login=settings.login_name,
            metoo=composing.metoo,
            places=settings.alias_places,
            own=self.own_hosts,
        )
        if composing.mta_aliases:
            expansion = self._expand_mta_aliases(expansion, composing.mta_aliases)
        self.warnings += expansion.problems
        rows = list(zip(expansion.words, expansion.sources, strict=True))
        if composing.alternates:
            rows = [row for row in rows if self._is_wanted(*row)]
        return classify_all(
            [word for word, _ in rows],
            self.policy,
            sources=[source for _, source in rows],
            hostname=settings.hostname,
            domains=composing.domains,
            is_user=self.environment.is_user,
            any_name=isinstance(settings.server, LocalMta),
        )

    def _decode(self, word: str) -> str:
        """Decode a name that is in another charset; the name of a file stays as it is."""
        is_file = classify(word) is RecipientKind.FILE
        return word if is_file else repair(word, self.settings.message.named)

    def _is_wanted(self, word: str, source: Source) -> bool:
        """Leave out of aliases what is one more address of the user (s-nail(1))."""
        composing = self.settings.message
        ours = is_among(word, composing.alternates, same_name=composing.same_name)
        wanted = not (ours and source and self.has_us)
        self.has_us |= ours
        return wanted

    def resolve_fcc(self, names: Sequence[str]) -> Recipients:
        """Take the files of Fcc fields, if they are allowed."""
        policy = self.policy
        if policy.fcc:
            return Recipients(files=tuple(names))
        problems = tuple(
            AddressError(f"Fcc: {shown(name)}: expandaddr does not allow a file")
            for name in names
        )
        if problems and policy.fail:
            raise problems[0]
        return Recipients(refused=tuple(names), problems=problems)

    def _expand_mta_aliases(self, expansion: Expansion, path: Path) -> Expansion:
        from pymail.address import mta_aliases

        if not mta_aliases.has_names(expansion, self.own_hosts):
            return expansion
        try:
            text = self._read(str(path))
        except OSError as error:
            reason = (error.strerror or "unreadable").lower()
            self.warnings.append(
                f"mta-aliases: {path}: {reason}; names stay as they are"
            )
            return expansion
        aliases = mta_aliases.parse(text, str(path))
        self.warnings += aliases.problems
        return mta_aliases.expand_names(expansion, aliases, self._read, self.own_hosts)

    def _read(self, name: str) -> str:
        path = self.environment.expand(name)
        return decode(self.environment.read_file(path), self.settings.message.named)
