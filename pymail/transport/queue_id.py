"""The name by which a server knows a message that it took.

Servers write it into the text of their last reply, each in its own way; a row
per way, the first that fits.
"""

import re

from pymail.report.reply import Reply

_ID = r"([\w.:,@/<>+=$-]{1,100})"

# a word of the text in lower case, which is looked for first, and the form
_FORMS = (
    ("###envid=", rf"###envid={_ID}"),  # Aliyun
    ("queued", rf"\bqueued(?: on \S+)? as:? {_ID}"),  # Postfix, NetEase, Yandex
    ("id=", rf"\bid={_ID}"),  # Exim
    ("internalid=", r"\bInternalId=(\d+)"),  # Exchange
    ("gsmtp", rf"{_ID} - gsmtp\b"),  # Gmail
    ("qp ", rf"\bqp {_ID}"),  # qmail
    # sendmail, OpenSMTPD
    ("message accepted", rf"^{_ID} Message accepted for delivery"),
    ("queued (", rf"\bqueued \({_ID}\)"),  # Haraka
    ("ok ", r"^Ok ([0-9a-f]{12,}[0-9a-f-]*)$"),  # Amazon SES
)


def queue_id(reply: Reply) -> str:
    """Return the queue id in the reply to the final dot, or "" if it has none."""
    text = reply.text
    lower = text.lower()
    for word, form in _FORMS:
        if word in lower and (found := re.search(form, text, re.IGNORECASE)):
            return found[1].rstrip(".,:")
    return ""
