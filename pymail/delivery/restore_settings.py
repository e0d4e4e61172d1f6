"""The settings of a mail, read again for another attempt.

Files are read as they are now, so that who mends them mends the mails that wait.
"""

from pymail.commands.invocation import Invocation
from pymail.delivery.load import load, resolve_settings
from pymail.delivery.saved_options import NAMES
from pymail.environment import Environment
from pymail.errors import OtherWayError, SettingsError
from pymail.model import replace
from pymail.outbox.entry import Rows
from pymail.settings.models import Folder, Settings
from pymail.settings.server_models import LocalMta, way_of


def settings_of(rows: Rows, environment: Environment) -> tuple[Settings, list[str]]:
    """Read the settings again as noted; returns what was not understood, too.

    Raises:
        SettingsError: they make no sense any more, or an account is gone.
        OtherWayError: a server was named, and a program is now, or the like.
    """
    single = dict(rows)
    named = dict(_pair(value) for name, value in rows if name == "environment")
    around = {k: v for k, v in environment.variables.items() if k not in NAMES}
    environment = replace(
        environment,
        variables={**around, **named},
        cwd=environment.cwd / single.get("directory", ""),
        stdin_is_terminal=False,
    )
    invocation = Invocation(
        accounts_or_files=_all("account", rows),
        assignments=_all("set", rows),
        sender=single.get("from"),
        rc_files=single.get("files"),
        program_words=_all("argument", rows),
    )
    loaded = load(invocation, environment)
    if loaded.files_to_attach:
        account = loaded.files_to_attach[0]
        raise SettingsError(f"the settings have no account {account} any more")
    settings = resolve_settings(loaded, invocation, environment)
    server = settings.server
    way, before = way_of(server), single.get("way")
    if before not in (None, way):  # earlier versions did not note it
        raise OtherWayError(
            f"it was written for {before}, and the settings name {way} now",
            advice="mend the settings (smtp, mta), then: pymail --flush --now",
        )
    if isinstance(server, LocalMta) and "program-sender" in single:
        server = replace(
            server,
            sender_option=single["program-sender"],
            sender_name=single.get("program-name", ""),
        )
    keeping = settings.keeping
    if name := single.get("record"):
        keeping = replace(keeping, record=Folder(path=environment.expand(name)))
    return replace(settings, server=server, keeping=keeping), loaded.warnings()


def _all(name: str, rows: Rows) -> tuple[str, ...]:
    return tuple(value for each, value in rows if each == name)


def _pair(assignment: str) -> tuple[str, str]:
    name, _, value = assignment.partition("=")
    return name, value
