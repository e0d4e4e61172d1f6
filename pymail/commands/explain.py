"""--explain: the meaning of a reply, a code or an id of advice, and the next step."""

import re

from pymail.commands.invocation import Invocation
from pymail.delivery.context import RunContext
from pymail.errors import UsageError
from pymail.report.explain import explain_words
from pymail.report.translate import translate
from pymail.text import visible

_AS_IT_CAME = "write the reply as it came, with its code: pymail --explain '550 ...'"


def show(invocation: Invocation, context: RunContext) -> int:
    """Print the advice on the words of --explain, which need no quotes.

    Raises:
        UsageError: they contain no reply, code or id.
    """
    words = " ".join([invocation.explain or "", *invocation.recipients]).strip()
    found = explain_words(words, context.language)
    if found is None:
        raise UsageError(
            f"--explain {visible(words)[:80]}: no reply, code or id of an advice",
            advice=_AS_IT_CAME,
        )
    step = found.advice.next_step
    lines = [found.advice.id, found.advice.meaning]
    lines += [translate("what to do: ", context.language) + step] if step else []
    text = "\n  ".join([*filter(None, lines), *found.more])
    context.print(re.sub(r"\s+$", "", text) + "\n")
    return 0
