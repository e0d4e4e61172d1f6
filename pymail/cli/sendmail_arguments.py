"""Arguments of the sendmail entry point: argv → SendmailInvocation.

Letters and values are those of Postfix's sendmail, with the ones that only
Sendmail has. Other than there options may follow recipients, too.
"""

import re
from collections import deque
from collections.abc import Sequence

from pymail.address.dsn import RETURNS, parse_notify
from pymail.commands.invocation import SendmailInvocation
from pymail.model import replace

WITH_VALUE = frozenset("BCFLNORVXefhor")  # glued, or the next word
VALUE_IS_GLUED = frozenset("Abdpq")  # the next word only if it can be nothing else
FLAGS = frozenset("EGIMUcimntvx")
_SENDERS = frozenset({"-f", "-r", "-F"})

# What the next word must be to belong to a letter whose value is mostly glued.
_BELONGS = {
    "A": re.compile(r"[cm]"),
    "b": re.compile(r"[A-Za-z]"),
    "p": re.compile(r"[^@-][^@]*"),
}

# 80 columns; the manual has the rest
_HELP = """\
Usage: {name} [OPTION]... [ADDRESS]...

  Hand over the message on standard input, as sendmail does: it goes out as it
  is written, through the server that mail.rc names.

Handing over:
  -t            Take recipients from To, Cc and Bcc, too
  -f ADDRESS    Envelope sender; -r is the same
  -F NAME       Full name of the sender, where the message has no From
  -i, -oi       A line with a dot alone is text (as it always is here)
  -N WHEN       Delivery notices: success,failure,delay or never
  -R full|hdrs  What they return
  -V ID         Envelope id
  -v            Show the conversation

The outbox:
  -bp           List the mails that wait; so does mailq
  -q            Send them now

Other letters of sendmail are taken, and do nothing.

Examples:
  printf 'Subject: Disk\\n\\nfull\\n' | {name} ops@example.com
  {name} -t < message
  pymail --check ops@example.com   # tries the way to the server, sends nothing

Settings come from /etc/mail.rc, then ~/.mailrc.
Exit status: 0 sent to everyone; 64 to 78 say why not, 75 is worth a new try.
Manual: man pymail
"""


def help_text(name: str) -> str:
    """Write the help of a command that is called by this name."""
    return _HELP.format(name=name)


def parse(words: Sequence[str]) -> SendmailInvocation:
    """Read a command line; a letter that is unknown may have a value, or none."""
    found = SendmailInvocation()
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if word == "--":
            found.recipients.extend(rest)
            break
        if word.startswith("-") and len(word) > 1:
            _cluster(word[1:], rest, found)
        else:
            found.recipients.append(word)
    if found.refused:
        found.recipients = [word for word in found.recipients if "@" in word]
    return found


def parse_after_dashes(words: Sequence[str]) -> SendmailInvocation:
    """Read what stands behind `--` of mailx: recipients, and options of sendmail.

    -f, -r and -F say who sends; from any other option on the words are for a local
    program, as s-nail(1) has it.
    """
    found, rest = SendmailInvocation(), deque(words)
    while rest:
        word = rest.popleft()
        if word[:2] in _SENDERS:
            _cluster(word[1:], rest, found)
        elif found.others or word.startswith("-"):
            found.others.append(word)
        else:
            found.recipients.append(word)
    return found


def _cluster(letters: str, rest: deque[str], found: SendmailInvocation) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in VALUE_IS_GLUED:
            _set_mode(letter, letters or _belonging(letter, rest), found)
            return
        if letter in WITH_VALUE:
            if letters or rest:  # `-f $UNSET` at the end is no -f
                _take(letter, letters or rest.popleft(), found)
            return
        if letter not in FLAGS:
            found.refused = found.refused or f"-{letter}: unknown option"
            return
        found.from_header |= letter == "t"
        found.verbose |= letter == "v"
        found.mode = "i" if letter == "I" else found.mode


def _belonging(letter: str, rest: deque[str]) -> str:
    shape = _BELONGS.get(letter)
    if shape and rest and shape.fullmatch(rest[0]):
        return rest.popleft()
    return ""


def _set_mode(letter: str, value: str, found: SendmailInvocation) -> None:
    if letter == "q":
        found.mode = "q"
    elif letter == "b":
        found.mode = value[:1]


def _take(letter: str, value: str, found: SendmailInvocation) -> None:
    match letter:
        case "f" | "r":
            found.sender = value
        case "F":
            found.full_name = value
        case "N":
            _notify(value, found)
        case "R":
            _return(value, found)
        case "V":
            found.dsn = replace(found.dsn, envelope_id=value)
        case _:  # it does nothing here
            pass


def _notify(value: str, found: SendmailInvocation) -> None:
    if notify := parse_notify(value.lower().replace(" ", "").split(",")):
        found.dsn = replace(found.dsn, notify=notify)
    else:
        found.remarks.append(f"-N {value}: unknown, ignored")


def _return(value: str, found: SendmailInvocation) -> None:
    if value.upper() in RETURNS.values():
        found.dsn = replace(found.dsn, ret=value.upper())
    else:
        found.remarks.append(f"-R {value}: unknown, ignored")
