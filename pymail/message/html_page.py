"""A whole page of HTML around what a mail says, as mail programs show it well.

Styles stand at the elements, because some programs drop a style sheet. Text and
background have no colours of their own, so that a dark screen stays dark; borders
are of a grey that both show.
"""

import re
from html import escape

BORDER = "border:1px solid #999"
MONOSPACE = "font-family:Menlo,Consolas,monospace"
_TEXT = "font-family:-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
_HAN, _KANA_OR_HANGUL = r"[㐀-䶿一-鿿]", r"[぀-ヿ가-힯]"
_WRITTEN_IN_HAN = frozenset({"zh", "ja", "ko"})
_LOCALE = r"([A-Za-z]{2,3})(?:_([A-Za-z]{2}))?(?=[.@]|$)"
_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="{style}">
{body}</body>
</html>
"""


def whole(body: str, *, title: str, language: str) -> str:
    """Put a page around a body of HTML; `title` is text."""
    title = escape(title, quote=False)
    style = f"{_TEXT};line-height:1.4"
    return _PAGE.format(language=language, title=title, style=style, body=body)


def language(locale: str, text: str) -> str:
    """Name the language for programs that read aloud; empty when nobody knows it.

    Chinese characters without any of Japan or Korea are Chinese, unless the locale
    is one of these.
    """
    found = re.match(_LOCALE, locale)
    spoken = found[1].lower() if found else ""
    if spoken not in _WRITTEN_IN_HAN and re.search(_HAN, text):
        return "" if re.search(_KANA_OR_HANGUL, text) else "zh"
    return f"{spoken}-{found[2].upper()}" if found and found[2] else spoken
