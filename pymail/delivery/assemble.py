"""The content of a draft, the header above it, and its Message-ID."""

from pymail.environment import Environment
from pymail.message import build
from pymail.message.byte_source import FinishedMessage, InMemory
from pymail.message.decoding import decode
from pymail.message.draft import Draft, Lists
from pymail.message.mime_entity import Entity
from pymail.model import replace
from pymail.settings.models import MessageSettings, Settings
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
    rules = settings.message.text_rules
    if robust:
        encoding = "" if rules.encoding == "8bit" else rules.encoding
        rules = replace(rules, encoding=encoding, longest_unencoded_line=0)
    if draft.raw:  # it has its own
        draft = replace(draft, text=InMemory(b""))
    has_files = draft.attachments or draft.inline
    return build.build_content(
        draft,
        rules=rules,
        types=_types(settings.message, environment) if has_files else {},
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
    own_id = default_message_id(draft, settings)
    if draft.raw:
        from pymail.delivery import raw_message  # what only the sendmail command has

        return raw_message.finish(
            draft, draft.raw, lists, settings, own_id, private=bcc
        )
    fields = build.build_header(
        draft,
        lists,
        message_id=own_id,
        user_agent="pymail" if settings.message.user_agent else "",
        rules=settings.message.text_rules,
        keep_bcc=bcc,
    )
    return entity.with_fields(fields)


def message_id(draft: Draft, settings: Settings) -> str:
    """Tell the Message-ID: the one that was written into the header, else our own."""
    if draft.raw:
        written = draft.raw.first("Message-ID")
    else:
        named = {name.lower(): body for name, body in draft.fields}
        written = named.get("message-id")
    return (written or default_message_id(draft, settings)).strip()


def shows_bcc(settings: Settings) -> bool:
    """Tell whether a program wants to see Bcc, to remove it."""
    server = settings.server
    return isinstance(server, LocalMta) and (server.keep_bcc or reads_header(settings))


def reads_header(settings: Settings) -> bool:
    """Tell whether a program finds the recipients in the header, not in its arguments."""
    server = settings.server
    return isinstance(server, LocalMta) and not server.recipients_as_arguments


def default_message_id(draft: Draft, settings: Settings) -> str:
    """Name the message under the host that is set, else the author's domain.

    Empty where settings leave that to the server.
    """
    if not settings.message.message_id:
        return ""
    domain = draft.from_[0].domain if draft.from_ else ""
    host = settings.hostname if settings.hostname_is_set else domain
    return build.make_message_id(draft.now, draft.token, host or settings.hostname)


def _types(message: MessageSettings, environment: Environment) -> dict[str, str]:
    from pymail.message.attachments import parse_mime_types

    types: dict[str, str] = {}
    for path in message.types_from:
        try:
            octets = environment.read_file(path)
        except OSError:
            continue
        types.update(parse_mime_types(decode(octets)))
    types.update(parse_mime_types("\n".join(message.types)))
    return types
