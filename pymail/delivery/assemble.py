"""The content of a draft, the header above it, and its Message-ID."""

from pymail.environment import Environment
from pymail.message import build
from pymail.message.byte_source import FinishedMessage, InMemory
from pymail.message.decoding import decode
from pymail.message.draft import Draft, Lists
from pymail.message.message_id import make_message_id, written_message_id
from pymail.message.mime_entity import Entity
from pymail.model import replace
from pymail.settings.models import Composing, Settings
from pymail.settings.server_models import LocalMta


def content(
    draft: Draft,
    settings: Settings,
    environment: Environment,
    *,
    robust: bool = False,
) -> Entity:
    """Build what stands below the header.

    With `robust` every text is encoded, so that no server has a reason to change
    a line of it, not even a blank at its end (RFC 8551 §3.1.2 and §3.1.3).

    Raises:
        MessageError, UnreadableInputError: it cannot be made.
    """
    rules = settings.text_rules
    if robust:
        encoding = "" if rules.encoding == "8bit" else rules.encoding
        rules = replace(rules, encoding=encoding, longest_unencoded_line=0)
    if draft.raw:  # it has its own
        draft = replace(draft, text=InMemory(b""))
    has_files = draft.attachments or draft.inline
    return build.build_content(
        draft,
        rules=rules,
        types=_types(settings.composing, environment) if has_files else {},
    )


def with_header(
    draft: Draft,
    lists: Lists,
    entity: Entity,
    settings: Settings,
    *,
    bcc: bool = False,
) -> FinishedMessage:
    """Put the header of a draft above a content; with `bcc` as it is kept, not sent.

    A message that was handed over is whole already.

    Raises:
        MessageError: a field cannot be written.
    """
    composing = settings.composing
    if draft.raw:
        from pymail.delivery import raw_message  # what only the sendmail command has

        return raw_message.finish(draft, draft.raw, lists, settings, private=bcc)
    fields = build.build_header(
        draft,
        lists,
        user_agent="pymail" if composing.user_agent else "",
        rules=settings.text_rules,
        keep_bcc=bcc,
    )
    return entity.with_fields(fields)


def with_message_id(draft: Draft, settings: Settings) -> Draft:
    """Name the message: as its header does, else under the host or the author's domain.

    The host counts where it is set. The name is empty where settings leave that to the
    server.
    """
    name = written_message_id(draft)
    if not name and settings.composing.message_id:
        identity, authors = settings.identity, draft.from_
        domain = authors[0].domain if authors else ""
        host = identity.hostname if identity.hostname_is_set else domain
        name = make_message_id(draft.now, draft.token, host or identity.hostname)
    return replace(draft, message_id=name)


def shows_bcc(settings: Settings) -> bool:
    """Tell whether a program wants to see Bcc, to remove it."""
    server = settings.server
    return isinstance(server, LocalMta) and (server.keep_bcc or reads_header(settings))


def reads_header(settings: Settings) -> bool:
    """Tell whether a program finds the recipients in the header, not in its arguments."""
    server = settings.server
    return isinstance(server, LocalMta) and not server.recipients_as_arguments


def _types(composing: Composing, environment: Environment) -> dict[str, str]:
    from pymail.message.attachments import parse_mime_types

    types: dict[str, str] = {}
    for path in composing.types_from:
        try:
            octets = environment.read_file(path)
        except OSError:
            continue
        types.update(parse_mime_types(decode(octets)))
    types.update(parse_mime_types("\n".join(composing.types)))
    return types
