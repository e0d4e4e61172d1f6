"""Which delivery status notifications a letter asks for.

What its sender said with the letter counts before what the settings say. Then the
identifier of the envelope is the Message-ID: RFC 3461 §4.4 wants one by which the
sender knows the transaction again, and that is what every log and `--json` name.
"""

from pymail.address.envelope import Notice
from pymail.delivery.assemble import message_id
from pymail.delivery.letter import Letter
from pymail.environment import Environment
from pymail.model import replace
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta


def of(
    letter: Letter, settings: Settings, environment: Environment
) -> tuple[Notice, tuple[str, ...]]:
    """Return what to ask for, and what to remark on it."""
    own, wanted = letter.notice, settings.notice
    notify = own.notify or wanted.notify
    names_it = not own.asked and notify != "NEVER"
    asked = Notice(
        notify=notify,
        ret=own.ret or wanted.ret,
        envelope_id=own.envelope_id or (_name(letter, settings) if names_it else ""),
    )
    if not isinstance(settings.server, LocalMta) or asked == own:
        return asked, ()
    return _for_program(asked, letter, settings.server, environment)


def _name(letter: Letter, settings: Settings) -> str:
    """The Message-ID without its brackets, as far as an identifier can be it."""
    name = message_id(letter, settings).removeprefix("<").removesuffix(">")
    return name if name.isascii() and name.isprintable() else ""


def _for_program(
    asked: Notice, letter: Letter, server: LocalMta, environment: Environment
) -> tuple[Notice, tuple[str, ...]]:
    """Ask the program for what it is known to understand; Exim's -N sends nothing."""
    from pymail.transport.local_mta import known_options

    options = known_options(server.program, environment)
    if "N" not in options:
        remark = f"dsn: {server.program} is not known to take it; sent without"
        return letter.notice, (remark,)
    if "V" not in options:
        asked = replace(asked, envelope_id=letter.notice.envelope_id)
    return asked, ()
