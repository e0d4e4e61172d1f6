"""Translations for people: the catalogues below pymail/locale, as gettext names them.

Sentences are translated when pymail shows them; exceptions, warnings and logs are
English. A .po is read as it is, without compilation, and only for its language.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice, pairwise
from pkgutil import get_data

ENGLISH, CHINESE = "en", "zh"
_CATALOGUES = {CHINESE: "locale/zh_CN/LC_MESSAGES/pymail.po"}
_ENTRY = r'^msgid "(.*)"\nmsgstr "(.*)"$'
_HOLE = "{}"
_JOINTS = {": ": "：", "; ": "；"}  # between two sentences
_MOST_JOINTS = 4  # in the left one of two sentences; a hostile text has hundreds
_REPLY = re.compile(r"[2-5][0-9]{2}(?: |$)")  # a server's own words follow
_BEFORE, _BEHIND = (": ", "; ", "("), (": ", "; ", ")", " (")  # a sentence of its own
_QUOTES = ("'", '"', "`")  # a name or value follows
_WIDE = "(.*?)"
_NARROW = "((?:'[^']*'|(?!: |; ).)*?)"  # within one sentence


def translate(sentence: str, language: str) -> str:
    """Return a sentence of ours in a language, itself where there is no translation.

    "{}" in a msgid stands for a value in the sentence; the translation has the same
    holes in any order ("{0}", "{1}"). A sentence in a hole, or beside ": "
    or "; ", has an entry of its own; names, values and the words of servers have none.
    """
    if language not in _CATALOGUES or not sentence or _REPLY.match(sentence):
        return sentence
    return (
        _translate_whole(sentence, language)
        or _translate_parts(sentence, language)
        or _translate_whole(sentence, language, hole=_WIDE)
        or sentence
    )


def _translate_whole(sentence: str, language: str, *, hole: str = _NARROW) -> str:
    """Translate a sentence by one entry; empty if none fits."""
    sentences = catalogue(language)
    if found := sentences.get(sentence) or sentences.get(_uncapitalized(sentence)):
        return found
    for pieces, there in _patterns(language):
        if not all(piece in sentence for piece in pieces):
            continue
        match = re.fullmatch(_expression(pieces, hole), sentence)
        if match:
            filled = [
                part if before.endswith(_QUOTES) else translate(part, language)
                for before, part in zip(pieces, match.groups(), strict=False)
            ]
            with suppress(IndexError, KeyError, ValueError):  # a damaged translation
                return there.format(*filled)
    return ""


def _uncapitalized(sentence: str) -> str:
    """Return the sentence as an entry has it, if it is one of the system's."""
    return sentence[:1].lower() + sentence[1:]


def _translate_parts(sentence: str, language: str) -> str:
    """Translate the sentences that are joined in one; empty if there are no such."""
    joints = islice(re.finditer("|".join(_JOINTS), sentence), _MOST_JOINTS)
    parts = [(sentence[: at.start()], at[0], sentence[at.end() :]) for at in joints]
    for left, joint, right in parts:
        if there := _translate_whole(left, language):
            return there + _JOINTS[joint] + translate(right, language)
    for left, joint, right in parts[:1]:
        there = translate(right, language)
        if there != right:
            return left + joint + there
    return ""


@cache
def _patterns(language: str) -> Sequence[tuple[Sequence[str], str]]:
    """Return the pieces around the holes of each msgid that has some, longest first."""
    found = [
        (tuple(english.split(_HOLE)), there)
        for english, there in catalogue(language).items()
        if _HOLE in english
    ]
    return sorted(found, key=lambda pattern: -sum(map(len, pattern[0])))


@cache
def _expression(pieces: Sequence[str], hole: str) -> re.Pattern[str]:
    """Compile a pattern; a hole beside a joint or bracket holds any text."""
    text = re.escape(pieces[0])
    for before, after in pairwise(pieces):
        apart = before.endswith(_BEFORE) or after.startswith(_BEHIND)
        text += (_WIDE if apart else hole) + re.escape(after)
    return re.compile(text)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read the catalogue of a language: translations by their English sentences.

    It is empty where an image was stripped of languages that it does not speak, and
    has no entry that is damaged.
    """
    try:
        text = (get_data("pymail", _CATALOGUES[language]) or b"").decode()
    except (OSError, ValueError):
        return {}
    entries = re.findall(_ENTRY, text.replace('"\n"', ""), re.MULTILINE)
    return {_unescaped(english): _unescaped(there) for english, there in entries[1:]}


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
