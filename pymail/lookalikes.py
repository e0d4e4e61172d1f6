"""Typographic lookalikes of quotes, hyphens and blanks in settings and options.

Word processors, web pages and Chinese keyboards write “ ” for quotes, – for a
hyphen, ＝ for =, and characters that only look like blanks. If the meaning is certain,
they are replaced and a remark names them, so that none gets into a login, a password or a
name. Each function returns the corrected text and the remark, "" for none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
_EQUALS, _COLON, _AT = "\uff1d", "\uff1a", "\uff20"
_DOUBLE, _SINGLE = "“”„‟″\uff02", "‘’‚‛′\uff07"
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNSEEN = "\u200b\u2060\ufeff"  # zero width, byte order mark
_ENDS = rf"(?![^ \t;{_BLANKS}])"
_BEGINS = rf"(?<![^ \t;{_BLANKS}])"
_NAME = rf"[A-Za-z](?>(?:[\w.@-]|[{DASHES}])*)"

_MEANT = str.maketrans(
    {**dict.fromkeys(DASHES, "-"), _EQUALS: "=", _COLON: ":", _AT: "@"}
)


def _quotes(straight: str, curly: str) -> str:
    """Match text in a pair of quotes, at least one of which is curly."""
    begins = rf"(?<![^ \t;={_BLANKS}{_EQUALS}])"
    pair = rf"[{curly}][^{straight}{curly}]*+[{straight}{curly}]{_ENDS}"
    # the straight quote belongs to this pair if it is the only one
    half = rf"{straight}[^{straight}{curly}]*+[{curly}]{_ENDS}(?![^{straight}]*+{straight})"
    return f"{begins}(?:{pair}|{half})"


# Tried in this order; text in quotes or after a # is kept.
_PIECES = {
    "double": _quotes('"', _DOUBLE),
    "single": _quotes("'", _SINGLE),
    "kept": rf"""{_BEGINS}\#.*+|"(?>(?:[^"\\]++|\\.)*)"|'[^']*+'|\\.""",
    "name": rf"{_BEGINS}{_NAME}(?:[={_EQUALS}]|{_ENDS})",
    "url": rf"(?<=[={_EQUALS}])[a-z]++{_COLON}//[^ \t;]*+",
    "port": rf"(?<=[A-Za-z0-9\]]){_COLON}(?=\d++{_ENDS})",
    "at": rf"(?<=[\w.+-]){_AT}(?=[A-Za-z0-9])",
    "stray": rf"(?<=[={_EQUALS}])[{_DOUBLE}‘]|[{_DOUBLE}]{_ENDS}",
    "blank": rf"[{_BLANKS}]++",
    "unseen": rf"[{_UNSEEN}]++",
}
_ALL = "|".join(f"(?P<{name}>{piece})" for name, piece in _PIECES.items())
_SETS = rf"(?>(?:[ \t{_BLANKS}{_UNSEEN}]|wysh|local|ignerr)*)(?:un)?set?[ \t{_BLANKS}]"
_AROUND = rf"[{_BLANKS}{_UNSEEN}]"
_OPTION = (
    rf"(?P<dashes>[-{DASHES}]++)"
    rf"(?P<name>[A-Za-z](?>(?:[A-Za-z0-9-]|[{DASHES}])*)(?:[={_EQUALS}]|\Z))"
)
_ODD = rf"[{DASHES}{_EQUALS}{_COLON}{_AT}{_DOUBLE}{_SINGLE}{_BLANKS}{_UNSEEN}]"


def correct_line(line: str) -> tuple[str, str]:
    """Correct a line of settings."""
    wrong: list[str] = []
    of_set = re.match(_SETS, line) is not None

    def corrected(piece: re.Match[str]) -> str:
        kind, text = piece.lastgroup or "", piece[0]
        new = _replace(kind, text) if of_set or kind not in _OF_SET else text
        if new != text:
            wrong.extend(_list_remarks(text if kind in _OF_SET else _edges(kind, text)))
        return new

    return re.sub(_ALL, corrected, line), _join(wrong)


_OF_SET = frozenset({"name", "url", "port", "stray"})


def _replace(kind: str, text: str) -> str:
    match kind:
        case "double" | "single":
            quote = '"' if kind == "double" else "'"
            return f"{quote}{text[1:-1]}{quote}"
        case "name" | "url" | "port" | "at":
            return text.translate(_MEANT)
        case "blank":
            return " "
        case "stray" | "unseen":
            return ""
        case _:
            return text


def _edges(kind: str, text: str) -> str:
    return f"{text[0]}{text[-1]}" if kind in {"double", "single"} else text


def correct_value(text: str) -> tuple[str, str]:
    """Remove look-alikes of blanks around a value whose quotes have been read."""
    new = re.sub(rf"\A{_AROUND}+|{_AROUND}+\Z", "", text)
    return new, _join(_list_remarks(text.replace(new, "", 1)))


def correct_word(word: str) -> tuple[str, str]:
    """Remove curly quotes and look-alikes of blanks around a word of the command line."""
    text, wrong = correct_value(word)
    for curly in (_DOUBLE, _SINGLE):
        if len(text) > 1 and text[0] in curly and text[-1] in curly:
            around = _list_remarks(_edges("double", text))
            return text[1:-1], _join(filter(None, (wrong, *around)))
    return text, wrong


def correct_address(word: str) -> tuple[str, str]:
    """Correct an address, or a list of addresses."""
    text, wrong = correct_word(word)
    new = re.sub(_PIECES["at"], "@", re.sub(f"[{_BLANKS}]", " ", text))
    return new, _join(filter(None, (wrong, *_describe_changes(text, new))))


def check_recipient(word: str) -> tuple[str, str]:
    """Report half a pair of quotes, or a dash, that prevents a word from being an address.

    The word itself is returned unchanged.
    """
    odd = re.findall(rf"\A[{_DOUBLE}{DASHES}]|[{_DOUBLE}]\Z", word)
    return word, _join(_list_remarks("".join(odd)))


def correct_option(word: str) -> tuple[str, str]:
    """Correct the hyphens and the = of an option; its value stays."""
    found = re.match(_OPTION, word)
    if found is None or found["dashes"] == "-":
        return word, ""
    name = found["name"].translate(_MEANT)
    dashes = "--" if len(name.removesuffix("=")) > 1 else "-"
    if found[0] == dashes + name:
        return word, ""
    return dashes + name + word[found.end() :], _join(_list_remarks(found[0]))


def correct_assignment(text: str) -> tuple[str, str]:
    """Correct `NAME=VALUE`."""
    text, around = correct_value(text)
    name = re.match(rf"{_NAME}(?:[={_EQUALS}]|\Z)", text)
    end = name.end() if name else 0
    value, wrong = correct_word(text[end:])
    named = text[:end].translate(_MEANT)
    remarks = (around, *_describe_changes(text[:end], named), wrong)
    return named + value, _join(filter(None, remarks))


def _describe_changes(old: str, new: str) -> list[str]:
    pairs = zip(old, new, strict=True)  # one character for one
    return _list_remarks("".join(before for before, after in pairs if before != after))


def _join(wrong: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(wrong))


def _list_remarks(text: str) -> list[str]:
    """Make a remark for each kind of look-alike in a text."""
    return list(_each_remark("".join(dict.fromkeys(re.findall(_ODD, text)))))


def _each_remark(odd: str) -> Iterator[str]:
    quotes = [c for c in odd if c in _DOUBLE + _SINGLE]
    if quotes:
        yield f"{' '.join(quotes)} are no quotes here (typographic)"
    for character in odd:
        if character in quotes:
            continue
        code = f"U+{ord(character):04X}"
        if character in DASHES:
            yield f"{character} ({code}) is no hyphen here"
        elif character in (_EQUALS, _COLON, _AT):
            yield f"{character} ({code}) is no {character.translate(_MEANT)} here (full-width)"
        elif character == "\ufeff":
            yield f"a byte order mark ({code}) is left out"
        else:
            yield f"a character ({code}) only looks like a blank"


CORRECTIONS: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "line": correct_line,
    "value": correct_value,
    "word": correct_word,
    "address": correct_address,
    "assignment": correct_assignment,
    "option": correct_option,
    "recipient": check_recipient,
}
