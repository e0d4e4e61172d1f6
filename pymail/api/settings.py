"""Settings of a caller: those of the command, or the caller's alone.

Where the caller names the server, no file and no variable of the environment says
anything about a mail; only secrets are looked for where they always are.
"""

from collections.abc import Callable, Iterator, Mapping
from os import PathLike, fspath

from pymail.address.mailbox import Mailbox
from pymail.delivery.context import RunContext
from pymail.delivery.rewrite_from import account_address
from pymail.delivery.saved_settings import NAMES
from pymail.delivery.settings import resolve_settings
from pymail.environment import Environment
from pymail.errors import SettingsError
from pymail.mailrc.state import Origin, Value, canonical, quote_word
from pymail.model import field, model, replace
from pymail.secret import Secret
from pymail.settings.loader import (
    ALL_FILES,
    Loaded,
    LoadRequest,
    load,
    load_account,
)
from pymail.settings.models import Settings
from pymail.settings.secret_options import ARGUMENT, URL
from pymail.settings.server_models import SecretSource, SmtpServer

Password = str | Secret | Callable[[], str]
Setting = (
    str | float | bool | PathLike[str] | None
)  # a bool is an int, and an int a float
CALLER = "the caller"


@model(kw_only=True)
class CallerSettings:
    """Settings that a caller gives; `password` shows nothing."""

    url: str | None = None
    user: str | None = None
    password: Secret | Callable[[], str] | None = None
    account: str | None = None
    timeout: float | None = None
    variables: Mapping[str, Setting] = field(default_factory=dict)


def as_secret(password: Password | None) -> Secret | Callable[[], str] | None:
    """Make a password unprintable."""
    return Secret(password) if isinstance(password, str) else password


class SettingsReader:
    """Reads the settings of a session, also those of another account.

    The context gets what files print and what is wrong in them.

    Raises:
        SettingsError: they make no sense, or do not have the account.
    """

    def __init__(self, caller: CallerSettings, context: RunContext) -> None:
        self._caller = caller
        self._explicit = caller.url is not None
        self._environment = context.environment
        if self._explicit:
            self._environment = _without_settings(context.environment)
        self._loaded = self._load(caller)
        _report(self._loaded, context)
        self.settings = self._resolved(self._loaded)
        context.warn(self.settings.warnings)

    def check_sends(self) -> None:
        """Refuse to send where the settings say that nothing is sent.

        Raises:
            SettingsError: they do.
        """
        value = self._loaded.layers.value("debug")
        if value is not None:
            raise SettingsError(
                f"{value.origin}: debug is set, so nothing is sent",
                advice="unset debug; pymail.build shows a message that is not sent",
            )

    def with_account(self, name: str) -> Settings:
        """Return the settings with another account.

        Raises:
            SettingsError: it is gone, or makes no sense.
        """
        loaded = load_account(name, self._loaded, self._environment)
        return self._resolved(loaded)

    def _load(self, caller: CallerSettings) -> Loaded:
        request = LoadRequest(
            rc_files="-" if self._explicit else ALL_FILES,
            accounts=(caller.account,) if caller.account else (),
        )
        loaded = load(request, self._environment)
        for name in loaded.files_to_attach:
            raise SettingsError(
                f"account {quote_word(name)} is not defined",
                advice=f"define it in ~/.mailrc: account {name} {{ … }}",
            )
        own = dict(_caller_layer(caller))
        layers = loaded.layers
        loaded.layers = layers.with_layers([*layers.lowest_first, own])
        return loaded

    def _resolved(self, loaded: Loaded) -> Settings:
        settings = resolve_settings(loaded, self._environment)
        if self._caller.password is not None:
            settings = _with_password(settings, self._caller.password)
        account = account_address(settings)
        if self._explicit and account and not settings.from_:
            # the name of this machine's user means nothing to that server
            settings = replace(settings, from_=(Mailbox(account),))
        return settings


def _without_settings(environment: Environment) -> Environment:
    unwanted = {*NAMES} - {"NETRC"}
    variables = {n: v for n, v in environment.variables.items() if n not in unwanted}
    return replace(environment, variables=variables)


def _caller_layer(caller: CallerSettings) -> Iterator[tuple[str, Value | None]]:
    """Yield what the caller says, as the layer above all others."""
    for name, value in caller.variables.items():
        yield canonical(name), _value(value)
    own = {"smtp-auth-user": caller.user, "smtp-timeout": caller.timeout}
    for name, value in own.items():
        if value is not None:
            yield name, _value(value)
    if caller.url is not None:
        yield "smtp", Value(caller.url, Origin(URL, 0))


def _value(value: Setting) -> Value | None:
    """Write a value as files have it; True sets a variable, False and None unset it."""
    if value is None or value is False:
        return None
    if value is True:
        return Value("", Origin(ARGUMENT, 0))
    text = fspath(value) if isinstance(value, PathLike) else str(value)
    return Value(text, Origin(ARGUMENT, 0))


def _report(loaded: Loaded, context: RunContext) -> None:
    for text in loaded.state.output:
        context.print(text)
    context.warn((*loaded.state.error_output, *loaded.warnings()))


def _with_password(
    settings: Settings, password: Secret | Callable[[], str]
) -> Settings:
    """Put the caller's password before all that is stored.

    Raises:
        SettingsError: nobody logs in, so that it is of no use.
    """
    server = settings.server
    if not isinstance(server, SmtpServer) or server.login is None:
        raise SettingsError(
            "a password is of no use without a user who logs in at a server",
            advice="name the user, and the server in the URL or in mail.rc",
        )
    if isinstance(password, Secret):
        source = SecretSource(place=CALLER, secret=password, for_this_run=True)
    else:
        source = SecretSource(place=CALLER, ask=password, for_this_run=True)
    login = replace(server.login, sources=(source, *server.login.sources))
    return replace(settings, server=replace(server, login=login))
