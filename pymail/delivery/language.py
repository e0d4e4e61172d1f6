"""In which language a run gives advice."""

from pymail.environment import Environment
from pymail.settings.models import Language, Settings

_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is not empty, as in POSIX


def language(settings: Settings | None, environment: Environment) -> str:
    """Tell the language: what `explain` says, else that of the locale."""
    wanted = settings.explain if settings else Language.AUTO
    if wanted is not Language.AUTO:
        return str(wanted.value)
    names = (environment.variables.get(name, "") for name in _LOCALE)
    locale = next(filter(None, names), "")
    spoken = Language.CHINESE if locale.lower().startswith("zh") else Language.ENGLISH
    return str(spoken.value)
