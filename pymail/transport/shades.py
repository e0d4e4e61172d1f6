"""What replies mean beyond their code, where servers differ in their words."""

import re

from pymail.report.reply import Reply

_TOO_MANY = r"too many (recipients|rcpt)"


def too_many(reply: Reply) -> bool:
    """Whether a recipient is refused only because there are others before it.

    RFC 5321 §4.5.3.1.10: 452, from older servers 552. Both also mean a full
    mailbox, which an enhanced code (RFC 3463) tells apart.
    """
    if reply.code not in {452, 552}:
        return False
    if reply.enhanced is not None and reply.enhanced[1:] == (5, 3):
        return True
    if re.search(_TOO_MANY, reply.text, re.IGNORECASE):
        return True
    return reply.code == 452 and reply.enhanced is None
