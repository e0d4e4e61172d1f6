"""What settings depend on besides variables."""

from collections.abc import Callable
from pathlib import Path

from pymail.model import model


@model(kw_only=True)
class Surroundings:
    """The user and the machine, as far as settings need them.

    `path` makes a path of settings absolute (`~` expands); `netrc_user` names
    the login that netrc has for a host, empty if none or several. `interactive`:
    somebody types, or tilde escapes are on. `outbox` tells the default place of one.
    `locale_charset` is empty where the locale names none.
    """

    login: str
    hostname: str
    path: Callable[[str], Path]
    netrc_user: Callable[[str], str]
    interactive: bool = False
    outbox: Callable[[], Path] = Path
    locale_charset: str = ""
