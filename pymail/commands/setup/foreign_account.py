"""Accounts of another program, as far as they can be said here."""

from collections.abc import Callable, Mapping

from pymail.address.mailbox import Mailbox
from pymail.errors import SettingsError
from pymail.model import field, model
from pymail.secret import Secret
from pymail.settings import server_url


@model(kw_only=True)
class Here:
    """Who reads the file, and where: what its patterns mean.

    `read` gives the text of a file beside it or one that it names, None when
    there is none.
    """

    login: str
    hostname: str
    read: Callable[[str], str | None] = lambda _name: None


@model(kw_only=True)
class Account:
    """A server, who logs in there, and who sends.

    `server` is a URL, `user` empty when nobody logs in, and `mailbox` None when
    the file names no sender. A secret is in `secret`, or a `command` prints it.
    `variables` are everything else.
    """

    name: str = ""
    place: str
    server: str
    starttls: bool
    mailbox: Mailbox | None = None
    user: str = ""
    mechanism: str = ""
    secret: Secret | None = None
    secret_place: str = ""
    command: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@model(kw_only=True)
class Foreign:
    """What a file says: the account to use first, and others.

    `remarks` are the lines that could not be taken over, with what that means.
    """

    program: str
    account: Account
    others: tuple[Account, ...] = ()
    remarks: tuple[str, ...] = ()


def check_server(server: str, host: str) -> None:
    """See that a URL that was put together leads to the host, and nowhere else.

    Raises:
        SettingsError: host or port makes no sense.
    """
    address = server_url.parse(server)
    if address.host != host:
        raise SettingsError(f"{host!r} is no server name")


def address_of(host: str, port: str = "") -> str:
    """Write a host, and its port if any, as a URL has them."""
    inside = f"[{host}]" if ":" in host else host
    return f"{inside}:{port}" if port else inside
