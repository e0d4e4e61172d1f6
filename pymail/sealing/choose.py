"""The sealer for the settings; its library is imported only here and then."""

from pymail.environment import Environment
from pymail.errors import SettingsError, install
from pymail.sealing.base import AskPassword, Sealer
from pymail.settings.models import Sealing


def choose(
    sealing: Sealing, *, ask_password: AskPassword, environment: Environment
) -> Sealer:
    """Make the sealer.

    Raises:
        SettingsError: its library is not installed, or too old.
    """
    try:
        from pymail.sealing.smime import Smime
    except ImportError as error:
        raise SettingsError(
            f"the smime-* variables need the library cryptography: {error}",
            advice=install("cryptography --upgrade"),
        ) from error
    return Smime(sealing, ask_password=ask_password, environment=environment)
