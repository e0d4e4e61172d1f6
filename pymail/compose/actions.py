"""Which function does what an escape says; every name in the table has one."""

from collections.abc import Callable, Mapping

from pymail.compose import header_escapes as header
from pymail.compose import program_escapes as programs
from pymail.compose import protocol
from pymail.compose import text_escapes as text
from pymail.compose.composer import Composer
from pymail.errors import GivenUp

Action = Callable[[Composer, str], None]


def _end(composer: Composer, _argument: str) -> None:
    composer.ended = True


def _quit(_composer: Composer, _argument: str) -> None:
    raise GivenUp("not sent, as you asked (~q)", keep=True)


def _discard(_composer: Composer, _argument: str) -> None:
    raise GivenUp("not sent and not kept, as you asked (~x)", keep=False)


ACTIONS: Mapping[str, Action] = {
    ".": _end,
    "q": _quit,
    "x": _discard,
    "p": text.show,
    "s": header.set_subject,
    "t": header.add_to,
    "c": header.add_cc,
    "b": header.add_bcc,
    "h": header.edit_recipients,
    "H": header.edit_senders,
    "@": header.attach,
    "^": protocol.talk,
    "r": text.insert_file,
    "<": text.insert_file,
    "R": text.insert_indented,
    "<!": programs.insert_output,
    "r!": programs.insert_output,
    "d": text.insert_dead_letter,
    "a": text.insert_sign,
    "A": text.insert_big_sign,
    "i": text.insert_variable,
    "I": text.insert_bare_variable,
    "e": programs.edit,
    "v": programs.edit_visually,
    "|": programs.pass_through,
    "||": programs.pass_through_with_header,
    "w": text.write,
    "!": programs.run_command,
    ":": programs.change_settings,
    "_": programs.change_settings,
    **dict.fromkeys("mMfFuUQ", text.quote_messages),
    "?": text.show_escapes,
}
