"""Translations of advice: the catalogues below pymail/locale, as gettext names them.

A .po is read as it is, and only for those who read its language: nothing is compiled.
"""

import re
from collections.abc import Mapping
from functools import cache
from pkgutil import get_data

ENGLISH, CHINESE = "en", "zh"
_CATALOGUES = {CHINESE: "locale/zh_CN/LC_MESSAGES/pymail.po"}
_ENTRY = r'^msgid "(.*)"\nmsgstr "(.*)"$'
_HOLE = re.escape("{}")


def translate(sentence: str, language: str) -> str:
    """Return a sentence of ours in a language, itself where there is no translation.

    "{}" in a msgid stands for what the sentence has filled in already; the translation
    has the same holes in any order ("{0}", "{1}").
    """
    if language not in _CATALOGUES or not sentence:
        return sentence
    sentences = catalogue(language)
    if sentence in sentences:
        return sentences[sentence]
    for english, there in sentences.items():
        if "{}" not in english:
            continue
        found = re.fullmatch(re.escape(english).replace(_HOLE, "(.*)"), sentence)
        if found:
            return there.format(*found.groups())
    return sentence


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read the catalogue of a language: translations by their English sentences.

    It is empty where an image was stripped of languages that it does not speak.
    """
    try:
        text = (get_data("pymail", _CATALOGUES[language]) or b"").decode()
    except OSError:
        return {}
    entries = re.findall(_ENTRY, text.replace('"\n"', ""), re.MULTILINE)
    return {_unescaped(english): _unescaped(there) for english, there in entries[1:]}


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
