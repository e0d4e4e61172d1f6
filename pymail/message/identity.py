"""What names a message, its moment and its type: small bodies of fields.

RFC 5322 §3.3 (date) and §3.6.4 (message identifier). `split_subject_trick` is
for scripts that put a Content-Type into the subject behind a newline.
"""

import re
from datetime import datetime, timedelta

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_NOT_IN_HOST = re.compile(r"[^A-Za-z0-9.\[\]:-]+")
_NOT_IN_TOKEN = re.compile(r"[^A-Za-z0-9]+")
_MIME_FIELD = re.compile(
    r"(Content-Type|MIME-Version|Content-Transfer-Encoding)[ \t]*:(.*)",
    re.IGNORECASE | re.DOTALL,
)


def date(now: datetime) -> str:
    """Write a moment as `Mon, 23 Nov 2026 11:41:50 +0800`, in any locale."""
    offset = now.utcoffset()
    minutes = (offset or timedelta()) // timedelta(minutes=1)
    sign = "-" if minutes < 0 or offset is None else "+"
    hours, minutes = divmod(abs(minutes), 60)
    return (
        f"{_DAYS[now.weekday()]}, {now.day} {_MONTHS[now.month - 1]} {now.year:04}"
        f" {now:%H:%M:%S} {sign}{hours:02}{minutes:02}"
    )


def message_id(now: datetime, token: str, host: str) -> str:
    """Write `<YYYYMMDDhhmmss.token@host>`."""
    left = f"{now:%Y%m%d%H%M%S}.{_NOT_IN_TOKEN.sub('', token)}"
    return f"<{left}@{_NOT_IN_HOST.sub('-', host).strip('-.') or 'localhost'}>"


def split_subject_trick(subject: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Take a Content-Type out of the lines of a subject.

    Only the MIME fields are taken; of these only Content-Type counts, the others
    are ours to say. All other lines are the subject, never another field.
    """
    first, *rest = re.split(r"\r\n|\r|\n", subject)
    kept, types = [first], []
    for line in rest:
        field = _MIME_FIELD.fullmatch(line)
        if field is None:
            kept.append(line)
        elif field[1].lower() == "content-type":
            types.append(("Content-Type", field[2].strip()))
    return " ".join(line for line in kept if line) if rest else first, tuple(types)
