"""Arguments of the sendmail entry point: argv → SendmailInvocation.

Letters and values are those of Postfix's and Sendmail's sendmail(8). Unlike there,
options may also follow recipients.
"""

import re
from collections import deque
from collections.abc import Sequence

from pymail.address.dsn import RETURNS, parse_notify
from pymail.commands.invocation import SendmailInvocation
from pymail.model import replace

WITH_VALUE = frozenset("BCFLNORVXefhor")  # attached, or the next word
VALUE_IS_ATTACHED = frozenset("Abdpq")  # the next word only if it matches _VALUES
FLAGS = frozenset("EGIMUcimntvx")
_SENDERS = frozenset({"-f", "-r", "-F"})

# Next words that are the value of a letter, although its value is usually attached.
_VALUES = {
    "A": re.compile(r"[cm]"),
    "b": re.compile(r"[A-Za-z]"),
    "p": re.compile(r"[^@-][^@]*"),
}

# 80 columns; the manual has the rest
_HELP = """\
Usage: {name} [OPTION]... [ADDRESS]...

  Send the message on standard input unchanged, as sendmail does, through the
  server that mail.rc names.

Sending:
  -t            Read more recipients from To, Cc and Bcc
  -f ADDRESS    Envelope sender; -r is the same
  -F NAME       Full name of the sender, if the message has no From
  -i, -oi       A line with only a dot doesn't end the message (always so)
  -N WHEN       Delivery notices: success,failure,delay, or never
  -R full|hdrs  Return the full message or its header with a notice
  -V ID         Envelope id
  -v            Show the conversation

The outbox:
  -bp           List the queued mails, as mailq does
  -q            Send the queued mails that are due

Other options of sendmail are accepted and ignored.

Examples:
  printf 'Subject: Disk\\n\\nfull\\n' | {name} ops@example.com
  {name} -t < message
  pymail --check ops@example.com   # takes every step of a mail, sends nothing

Settings come from /etc/mail.rc, then ~/.mailrc.
Exit status: 0 sent to everyone; 64 to 78 say why not, 75: try again later.
Manual: man pymail
"""


def help_text(name: str) -> str:
    """Return the help text of a command of this name."""
    return _HELP.format(name=name)


def parse(words: Sequence[str]) -> SendmailInvocation:
    """Parse a command line; an unknown letter makes it `refused`."""
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
    """Parse the words after `--` of mailx: recipients and options of sendmail.

    -f, -r and -F set the sender; any other option and the words after it are for a
    local program, as in s-nail(1).
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
        if letter in VALUE_IS_ATTACHED:
            _set_mode(letter, letters or _next_value(letter, rest), found)
            return
        if letter in WITH_VALUE:
            if letters or rest:  # `-f $UNSET` at the end counts as no -f
                _take(letter, letters or rest.popleft(), found)
            return
        if letter not in FLAGS:
            found.refused = found.refused or f"-{letter}: unknown option"
            return
        found.from_header |= letter == "t"
        found.verbose |= letter == "v"
        found.mode = "i" if letter == "I" else found.mode


def _next_value(letter: str, rest: deque[str]) -> str:
    shape = _VALUES.get(letter)
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
        case _:  # ignored
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
