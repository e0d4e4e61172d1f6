"""Message-ID of a draft (RFC 5322 §3.6.4)."""

import re
from datetime import datetime

from pymail.message.draft import Draft

_NOT_IN_HOST = r"[^A-Za-z0-9.\[\]:-]+"
_NOT_ALPHANUMERIC = r"[^A-Za-z0-9]+"


def written_message_id(draft: Draft) -> str:
    """Return the Message-ID that the author wrote into the header; empty for none."""
    if draft.raw:
        return (draft.raw.first("Message-ID") or "").strip()
    fields = {name.lower(): body for name, body in draft.fields}
    return fields.get("message-id", "").strip()


def make_message_id(now: datetime, token: str, host: str) -> str:
    """Write `<YYYYMMDDhhmmss.token@host>`."""
    left = f"{now:%Y%m%d%H%M%S}.{re.sub(_NOT_ALPHANUMERIC, '', token)}"
    return f"<{left}@{re.sub(_NOT_IN_HOST, '-', host).strip('-.') or 'localhost'}>"
