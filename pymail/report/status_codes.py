"""Advice on status codes: enhanced (RFC 3463) and basic (RFC 5321 §4.2.3).

Both tables say the meaning, and the next step where it is more than that of
the class. Enhanced rows are keyed by (subject, detail), for 4.x.y and 5.x.y
alike; codes that always mean one of `reply_kinds` are there. `AT` has the steps at which
most of them would mislead. Further rows: RFC 3886, 4468, 4865, 4954, 5248, 5321, 6531,
6710, 7293, 7372, 7504, 7505.
"""

from collections.abc import Container, Mapping
from typing import NamedTuple

from pymail.reply import CONTENT, GREETING, HELLO, LOGIN, MAIL, RCPT, Reply


class Advice(NamedTuple):
    """The meaning of a reply or failure, and what to do; `next_step` may be empty.

    One sentence each, lower case, without a full stop. The `id` names the advice for
    programs and for --explain, and never changes.
    """

    meaning: str
    next_step: str = ""
    id: str = ""


_ADDRESS = "check the recipient's address"
_FROM = "check `from` (and -r): it must be an address that can get mail"
_SMALLER = "send less at once, or put the file somewhere and send a link"
_THEIRS = "only the people who run that server can change this"
_LOGIN = "check smtp-auth-user and smtp-auth-password"
TLS = "set smtp-use-starttls, or use smtps://"
POSTMASTER = "ask the postmaster of the recipient's domain why"
_DNS = "check the MX records of the recipient's domain"
SIGNED = "publish SPF and DKIM for the domain in `from`, or send by its own server"

# fmt: off
ENHANCED: dict[tuple[int, int], Advice] = {
    (1, 0): Advice("something is wrong with the address", _ADDRESS),
    (1, 4): Advice("the address fits more than one mailbox", _ADDRESS),
    (1, 5): Advice("the address is valid"),
    (1, 7): Advice("the sender's address is not written correctly", _FROM),
    (1, 8): Advice("the domain of the sender's address does not exist", _FROM),
    (1, 9): Advice("the message was relayed to a server that sends no reports"),
    (1, 10): Advice("that domain says it never takes mail (null MX)", _ADDRESS),
    (2, 0): Advice("something is wrong with the recipient's mailbox", POSTMASTER),
    (2, 4): Advice("the mailing list could not be expanded", POSTMASTER),
    (3, 0): Advice("the receiving system has a problem", _THEIRS),
    (3, 2): Advice("the receiving system takes no mail at the moment", _THEIRS),
    (3, 3): Advice("the receiving system lacks what this message needs", _THEIRS),
    (3, 5): Advice("the receiving system is not set up correctly", _THEIRS),
    (3, 6): Advice("the priority asked for was changed"),
    (4, 0): Advice("there is a network problem behind the server", _THEIRS),
    (4, 1): Advice("the recipient's server does not answer", _DNS),
    (4, 2): Advice("the connection to the recipient's server broke", _THEIRS),
    (4, 3): Advice("the server's name service failed", _DNS),
    (4, 4): Advice("the server knows no way to that domain", _DNS),
    (4, 5): Advice("the mail system is overloaded", "send fewer at once"),
    (4, 7): Advice("the message was too old when its turn came", _THEIRS),
    (5, 0): Advice("the server and pymail misunderstood each other", "see --debug"),
    (5, 1): Advice("the command is not allowed at this point", "see --debug"),
    (5, 2): Advice("the server does not understand the command", "see --debug"),
    (5, 4): Advice("the server rejects an argument of the command", "see --debug"),
    (5, 5): Advice("the protocol versions do not fit", "see --debug"),
    (5, 6): Advice("a line of the login was too long", _LOGIN),
    (6, 0): Advice("something is wrong with the form of the message", "see --debug"),
    (6, 2): Advice("the content must be converted, and may not be"),
    (6, 3): Advice("the content must be converted, and cannot be"),
    (6, 4): Advice("the content was converted, with losses"),
    (6, 5): Advice("converting the content failed"),
    (6, 6): Advice("the content is not available to the server"),
    (6, 7): Advice("the address needs SMTPUTF8, which is missing there", _ADDRESS),
    (6, 8): Advice("the reply would need UTF-8, which was not asked for"),
    (6, 9): Advice("an internationalized header cannot be passed on", _ADDRESS),
    (6, 10): Advice("an internationalized message cannot be passed on", _ADDRESS),
    (7, 0): Advice("the server's rules do not allow this", _THEIRS),
    (7, 1): Advice("the server's rules forbid it: this sender, this recipient, or mail from here", "read the server's words; check `from`, or ask the postmaster of that server why"),
    (7, 3): Advice("the security it asks for cannot be converted"),
    (7, 4): Advice("that security feature is not supported", "choose another smtp-auth"),
    (7, 5): Advice("a cryptographic operation failed"),
    (7, 6): Advice("the cryptographic algorithm is not supported"),
    (7, 7): Advice("the message was damaged on the way, or its signature is wrong"),
    (7, 8): Advice("the login name or password is wrong", _LOGIN),
    (7, 9): Advice("that way to log in is too weak for the server", "choose another smtp-auth"),
    (7, 12): Advice("the password must be changed or set once for this way to log in", "log in to the webmail once, then set smtp-auth-password anew"),
    (7, 13): Advice("the account is disabled", "ask the provider"),
    (7, 14): Advice("the server does not trust where this comes from", _THEIRS),
    (7, 15): Advice("the priority is too low for the server at the moment"),
    (7, 17): Advice("the mailbox has had another owner since", _ADDRESS),
    (7, 18): Advice("the domain has had another owner since", _ADDRESS),
    (7, 19): Advice("the owner of the mailbox cannot be checked", _ADDRESS),
    (7, 27): Advice("the sender's domain says it never takes mail", _FROM),
    (7, 29): Advice("the ARC chain of the message is broken", _THEIRS),
    (7, 30): Advice("TLS was required for the whole way, and is missing", _THEIRS),
}
# fmt: on

_EXTRA = "some servers say so for the domain, some for the sender: read their words"

# fmt: off
CODES: dict[int, Advice] = {
    421: Advice("the server is not available now and closes the connection"),
    432: Advice("the password must be changed first", "log in to the webmail once"),
    441: Advice("the recipient's server does not answer", _DNS),
    442: Advice("the connection broke", "see --debug"),
    447: Advice("the message was too old when its turn came", _THEIRS),
    449: Advice("the server cannot pass the message on", _THEIRS),
    450: Advice("the mailbox is not available now: busy, or the server wants a second try", "send it again after some minutes"),
    451: Advice("the server has a problem of its own and gave up for now"),
    452: Advice("the server has no room now, or this was too many recipients"),
    454: Advice("TLS, or the login, is not available at the moment"),
    455: Advice("the server cannot follow the parameters now"),
    500: Advice("the server does not know the command", "see --debug"),
    501: Advice("the server rejects an address or argument", _EXTRA),
    502: Advice("the server does not have that command", "see --debug"),
    503: Advice("the server expected another command first", "see --debug"),
    504: Advice("the server does not know that parameter", "see --debug"),
    510: Advice("the recipient's address is not valid", _ADDRESS),
    515: Advice("the recipient's mailbox cannot be used", _ADDRESS),
    517: Advice("something is wrong with the sender's address", _FROM),
    521: Advice("that host takes no mail at all", "check `smtp`: this is not the mail server"),
    524: Advice("the mailing list, or the password, cannot be used", _EXTRA),
    525: Advice("the account is disabled", "ask the provider"),
    526: Advice("the login failed", _LOGIN),
    530: Advice("the server wants TLS, or a login, first", f"{TLS}; {_LOGIN}"),
    532: Advice("the server needs a login with an account of its own", _LOGIN),
    533: Advice("the server lacks what this message needs", _THEIRS),
    534: Advice("that way to log in is too weak, or needs an app password", _LOGIN),
    535: Advice("the login name or password is wrong", _LOGIN),
    541: Advice("the recipient's server takes it for spam", POSTMASTER),
    550: Advice("the server does not take it: no such mailbox, or its rules forbid it", "read the server's words; check the recipient's address"),
    551: Advice("the user is not at this server", _ADDRESS),
    552: Advice("the message is too large, or the mailbox is full", _SMALLER),
    553: Advice("the server does not allow that address", f"{_ADDRESS}; {_FROM}"),
    554: Advice("the server refused the transaction, often as spam", "read the server's words; check subject, text and `from`"),
    555: Advice("the server does not know a parameter of the address", "see --debug"),
    556: Advice("that domain takes no mail (null MX)", _ADDRESS),
    557: Advice("too many letters of one kind", "wait, then send fewer"),
    571: Advice("the server takes it for spam or does not relay it", POSTMASTER),
}

CLASSES: dict[int, Advice] = {
    2: Advice("the server agreed", "", "accepted"),
    3: Advice("the server waits for more", "", "unfinished"),
    4: Advice("the server cannot take it now", "try again later", "refused-for-now"),
    5: Advice("the server refuses it for good", "change what it complains about", "refused"),
}
# fmt: on

NO_CLASS = Advice(
    "that is no reply of a mail server", "check `smtp`: host and port", "no-reply"
)

Key = int | tuple[int, int]  # of one of the tables


class At(NamedTuple):
    """The codes with their own meaning at a step, and the meaning of the others by class."""

    known: Container[Key]
    classes: Mapping[int, Advice]


_WAIT = "try again later"
_READ = "read the server's words; check subject, text and `from`"
_OF_SESSIONS: set[Key] = {421, 521, (3, 2), (4, 5)}
_OF_LOGINS: set[Key] = {
    *(432, 454, 525, 526, 530, 532, 534, 535),
    *((7, n) for n in range(8, 15)),
}
_OF_RECIPIENTS: set[Key] = {
    *(450, 510, 515, 541, 550, 551, 553, 554, 556, 571),
    *((1, n) for n in (0, 4, 10)),
    *((2, n) for n in range(5)),
    *((6, 7), (6, 9), (6, 10), (7, 1), (7, 17), (7, 18), (7, 19)),
}
_VAGUE: set[Key] = {(7, 0), (2, 0), (1, 0), (5, 0)}
_ALL: set[Key] = {*ENHANCED, *CODES}
_ALL.discard((1, 5))  # which is no refusal
BAD_NAME = Advice(
    "the server does not like the name that pymail says EHLO with",
    "set hostname to a full host name",
    "hello",
)

# fmt: off
ANYWHERE = At(_ALL, CLASSES)
# Before MAIL neither sender nor recipient nor text is known, MAIL names the sender
# alone, and logins and their faults are over behind AUTH.
AT: dict[str, At] = {
    GREETING: At(_OF_SESSIONS, {
        4: Advice("the server takes no session from here at the moment", _WAIT, "greeting-refused-for-now"),
        5: Advice("the server takes no mail from this machine: it is none for you, or it does not trust this machine's address", "check `smtp`; send through the server of your account, with a login", "greeting-refused"),
    }),
    HELLO: At(_OF_SESSIONS, {4: BAD_NAME, 5: BAD_NAME}),
    LOGIN: At({*_OF_LOGINS, *(421, 451, 500, 502, 503, 504), (3, 0), (3, 2)}, {
        4: Advice("the server cannot check the login now", _WAIT, "login-refused-for-now"),
        5: Advice("the server does not take the login", _LOGIN, "login-refused"),
    }),
    MAIL: At(_ALL - _OF_RECIPIENTS - _OF_LOGINS - _VAGUE, {
        4: Advice("the server does not take the sender now", _WAIT, "sender-refused-for-now"),
        5: Advice("the server does not take the sender, or no mail from this machine", f"read the server's words; {_FROM}", "sender-refused"),
    }),
    RCPT: At(_ALL - _OF_LOGINS, CLASSES),
    CONTENT: At(_ALL - _OF_LOGINS - _VAGUE - {450, 500, 501, 502, 503, 504, 550, 551, 553, 556}, {
        4: Advice("the server does not take the message now", _WAIT, "message-refused-for-now"),
        5: Advice("the server does not take the message: its sender or what it says is against the rules, often as spam", _READ, "message-refused"),
    }),
}
# fmt: on


def look_up(reply: Reply, step: str = "") -> Advice:
    """Return the advice on the codes of a reply, if they say something at its step."""
    known, classes = AT.get(reply.step or step, ANYWHERE)
    kind = classes.get(reply.code // 100, NO_CLASS)
    if reply.enhanced:
        key = reply.enhanced[1:]
        if key in ENHANCED and key[1] and key in known:
            return name_enhanced(*key)  # x.y.0 says less than most basic codes
        whole = (key[0], 0)
        if key[0] and whole in known:
            kind = name_enhanced(*whole) if whole in ENHANCED else kind
    return name_code(reply.code) if reply.code in known else kind


def name_enhanced(subject: int, detail: int) -> Advice:
    """Return the row of an enhanced code with its id."""
    return ENHANCED[subject, detail]._replace(id=f"x.{subject}.{detail}")


def name_code(code: int) -> Advice:
    """Return the row of a code with its id, and the step of its class if it has none."""
    row = CODES[code]
    step = row.next_step or CLASSES[code // 100].next_step
    return row._replace(next_step=step, id=f"code-{code}")
