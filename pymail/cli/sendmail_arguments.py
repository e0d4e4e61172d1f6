"""The command line of sendmail(1): letters, their values, and what they ask for.

Letters and values are those of Postfix's sendmail, with the ones that only
Sendmail has. Other than there options may follow recipients, too.
"""

import re
from collections import deque
from collections.abc import Callable, Sequence

from pymail.address.address_list import split_argument
from pymail.address.envelope import Notice
from pymail.environment import Environment
from pymail.message.draft import Draft
from pymail.model import field, model, replace

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
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})
_RETURN = frozenset({"FULL", "HDRS"})


@model(frozen=False)
class Call:
    """What a caller asks for.

    `mode` is the letter behind -b, "q" for -q. `remarks` are values that make no
    sense and do no harm, `others` words behind `--` that no recipient can be.
    `refused` says why nothing of it is done.
    """

    recipients: list[str] = field(default_factory=list)
    sender: str | None = None
    full_name: str = ""
    from_header: bool = False
    mode: str = ""
    verbose: bool = False
    notice: Notice = field(default_factory=Notice)
    remarks: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    refused: str = ""


def read(words: Sequence[str]) -> Call:
    """Read a command line; a letter that is unknown may have a value, or none."""
    call = Call()
    rest = deque(words)
    while rest:
        word = rest.popleft()
        if word == "--":
            call.recipients.extend(rest)
            break
        if word.startswith("-") and len(word) > 1:
            _cluster(word[1:], rest, call)
        else:
            call.recipients.append(word)
    if call.refused:
        call.recipients = [word for word in call.recipients if "@" in word]
    return call


def behind_dashes(words: Sequence[str]) -> Call:
    """Read what stands behind `--` of mailx: recipients, and options of sendmail.

    -f, -r and -F say who sends; from any other option on the words are for a local
    program, as s-nail(1) has it.
    """
    call, rest = Call(), deque(words)
    while rest:
        word = rest.popleft()
        if word[:2] in _SENDERS:
            _cluster(word[1:], rest, call)
        elif call.others or word.startswith("-"):
            call.others.append(word)
        else:
            call.recipients.append(word)
    return call


def letter_of(call: Call, environment: Environment) -> Draft:
    """Make the letter of a call, whose text is yet to come."""
    arguments = tuple(w for text in call.recipients for w in split_argument(text))
    return Draft(
        now=environment.now(),
        token=environment.token(),
        bcc=arguments,
        full_name=call.full_name,
        reverse_path=call.sender,
        notice=call.notice,
        unread_header=True,
        from_header=call.from_header,
    )


def _cluster(letters: str, rest: deque[str], call: Call) -> None:
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in VALUE_IS_GLUED:
            _set_mode(letter, letters or _belonging(letter, rest), call)
            return
        if letter in WITH_VALUE:
            if letters or rest:  # `-f $UNSET` at the end is no -f
                _take(letter, letters or rest.popleft(), call)
            return
        if letter not in FLAGS:
            call.refused = call.refused or f"-{letter}: unknown option"
            return
        call.from_header |= letter == "t"
        call.verbose |= letter == "v"
        call.mode = "i" if letter == "I" else call.mode


def _belonging(letter: str, rest: deque[str]) -> str:
    shape = _BELONGS.get(letter)
    if shape and rest and shape.fullmatch(rest[0]):
        return rest.popleft()
    return ""


def _set_mode(letter: str, value: str, call: Call) -> None:
    if letter == "q":
        call.mode = "q"
    elif letter == "b":
        call.mode = value[:1]


def _take(letter: str, value: str, call: Call) -> None:
    if take := _TAKERS.get(letter):
        take(value, call)


def _sender(value: str, call: Call) -> None:
    call.sender = value


def _full_name(value: str, call: Call) -> None:
    call.full_name = value


def _notify(value: str, call: Call) -> None:
    names = value.upper().replace(" ", "").split(",")
    if names == ["NEVER"] or set(names) <= _NOTIFY:
        call.notice = replace(call.notice, notify=",".join(names))
    else:
        call.remarks.append(f"-N {value}: unknown, ignored")


def _return(value: str, call: Call) -> None:
    if value.upper() in _RETURN:
        call.notice = replace(call.notice, ret=value.upper())
    else:
        call.remarks.append(f"-R {value}: unknown, ignored")


def _envelope_id(value: str, call: Call) -> None:
    call.notice = replace(call.notice, envelope_id=value)


_TAKERS: dict[str, Callable[[str, Call], None]] = {
    "f": _sender,
    "r": _sender,
    "F": _full_name,
    "N": _notify,
    "R": _return,
    "V": _envelope_id,
}
