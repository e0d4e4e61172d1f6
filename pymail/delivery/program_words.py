"""Words behind `--` that are for a local program, where settings let them through."""

from pymail.errors import UsageError
from pymail.mailrc.effects import shown
from pymail.model import replace
from pymail.settings.layers import Layers
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta


def handed_on(
    settings: Settings, words: tuple[str, ...], layers: Layers, *, interactive: bool
) -> Settings:
    """Hand the words to the program, as s-nail(1) does with `expandargv`.

    Raises:
        UsageError: `expandargv` does not allow it.
    """
    value = layers.value("expandargv")
    rule = value.text.strip().lower() if value else "fail"
    if rule == "fail" or (rule == "restrict" and not interactive):
        raise UsageError(
            f"{shown(words[0])} behind --: no recipient, and expandargv does not"
            " allow options of a local program",
            advice="behind -- stand recipients, -f ADDRESS and -F NAME",
        )
    server = settings.server
    if isinstance(server, LocalMta):
        server = replace(server, arguments=(*server.arguments, *words))
        return replace(settings, server=server)
    warning = f"{' '.join(map(shown, words))} behind --: for a local program alone"
    return replace(settings, warnings=(*settings.warnings, warning))
