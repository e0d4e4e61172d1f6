"""Our sentences in Chinese, for those who read it; nobody else loads this.

A key is the English sentence as its table has it, holes included; "{}" stands for
what an exception has filled in already, and its translation has the same parts in
any order ("{0}", "{1}"). A sentence that is missing stays English, and a test
fails.
"""

import re
from collections.abc import Mapping

from pymail.report.chinese_codes import CODES
from pymail.report.chinese_elsewhere import ELSEWHERE
from pymail.report.chinese_failures import FAILURES
from pymail.report.chinese_providers import PROVIDERS
from pymail.report.chinese_replies import REPLIES

CATALOGUE: Mapping[str, str] = {
    **CODES,
    **FAILURES,
    **REPLIES,
    **PROVIDERS,
    **ELSEWHERE,
}
_HOLE = re.escape("{}")


def of(sentence: str) -> str:
    """Return the Chinese of an English sentence, itself where there is none."""
    if sentence in CATALOGUE:
        return CATALOGUE[sentence]
    for english, chinese in CATALOGUE.items():
        if "{}" not in english:
            continue
        found = re.fullmatch(re.escape(english).replace(_HOLE, "(.*)"), sentence)
        if found:
            return chinese.format(*found.groups())
    return sentence
