"""The name by which a server knows a message that it took.

Servers write it into the text of their last reply, each in its own way; a row
per way, the first that fits.
"""

import re

from pymail.outcome.reply import Reply

_ID = r"([\w.:,@/<>+=$-]{1,100})"

_FORMS = (
    rf"###envid={_ID}",  # Aliyun
    rf"\bqueued(?: on \S+)? as:? {_ID}",  # Postfix, NetEase, Yandex
    rf"\bid={_ID}",  # Exim
    r"\bInternalId=(\d+)",  # Exchange
    rf"{_ID} - gsmtp\b",  # Gmail
    rf"\bqp {_ID}",  # qmail
    rf"^{_ID} Message accepted for delivery",  # sendmail, OpenSMTPD
    rf"\bqueued \({_ID}\)",  # Haraka
    r"^Ok ([0-9a-f]{12,}[0-9a-f-]*)$",  # Amazon SES
)


def queue_id(reply: Reply) -> str:
    """Return the queue id in the reply to the final dot, or "" if it has none."""
    text = reply.text
    for form in _FORMS:
        if found := re.search(form, text, re.IGNORECASE):
            return found[1].rstrip(".,:")
    return ""
