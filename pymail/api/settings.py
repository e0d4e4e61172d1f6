"""Settings of a caller: those of the command, or the caller's alone.

If the caller names the server, no file and no environment variable changes a
message; only secrets are still looked up in their usual places.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike, fspath

from pymail.address.mailbox import Mailbox
from pymail.delivery.rewrite_from import account_address
from pymail.delivery.settings import NAMES, resolve_settings
from pymail.environment import Environment
from pymail.errors import SettingsError
from pymail.mailrc.state import Origin, Value, canonical, quote_word
from pymail.model import field, model, replace
from pymail.secret import Secret
from pymail.settings.loader import ALL_FILES, Loaded, LoadRequest, load
from pymail.settings.models import Settings
from pymail.settings.secret_options import ARGUMENT, URL
from pymail.settings.server_models import SecretSource, SmtpServer

Password = str | Secret | Callable[[], str]
# int is a part of float for type checkers
Setting = str | float | bool | PathLike[str] | None
CALLER = "the caller"


def as_secret(password: Password | None) -> Secret | Callable[[], str] | None:
    """Make a password unprintable."""
    return Secret(password) if isinstance(password, str) else password


@model(kw_only=True)
class CallerSettings:
    """Arguments of a caller; `password` has no readable repr."""

    url: str | None = None
    user: str | None = None
    password: Secret | Callable[[], str] | None = None
    account: str | None = None
    timeout: float | None = None
    variables: Mapping[str, Setting] = field(default_factory=dict)

    def limit(self, environment: Environment) -> Environment:
        """Remove the variables that change messages, if the caller names the server."""
        if self.url is None:
            return environment
        unwanted = {*NAMES} - {"NETRC"}
        variables = environment.variables.items()
        kept = {name: value for name, value in variables if name not in unwanted}
        return replace(environment, variables=kept)

    def load(self, environment: Environment) -> Loaded:
        """Read the files, unless the caller names the server, and add its variables.

        Raises:
            SettingsError: the account is not defined, or a variable is unknown.
        """
        if self.variables:
            _check_known(self.variables)
        request = LoadRequest(
            rc_files=ALL_FILES if self.url is None else "-",
            accounts=(self.account,) if self.account else (),
        )
        loaded = load(request, environment)
        for name in loaded.files_to_attach:
            raise SettingsError(
                f"account {quote_word(name)} is not defined",
                advice=f"define it in ~/.mailrc: account {name} {{ … }}",
            )
        own = dict(_caller_layer(self))
        layers = loaded.layers
        loaded.layers = layers.with_layers([*layers.lowest_first, own])
        return loaded

    def resolve(self, loaded: Loaded, environment: Environment) -> Settings:
        """Make settings from loaded variables, of the caller's or another account.

        Raises:
            SettingsError: a value is wrong, or values contradict each other.
        """
        settings = resolve_settings(loaded, environment)
        if self.password is not None:
            settings = _with_password(settings, self.password)
        account = account_address(settings)
        if self.url is not None and account and not settings.from_:
            # that server does not know the user name of this machine
            settings = replace(settings, from_=(Mailbox(account),))
        return settings


def check_sends(loaded: Loaded) -> None:
    """Refuse to send if the variable `debug` is set (a dry run).

    Raises:
        SettingsError: it is set.
    """
    value = loaded.layers.value("debug")
    if value is not None:
        raise SettingsError(
            f"{value.origin}: debug is set, so nothing is sent",
            advice="unset debug; pymail.build returns the message without sending it",
        )


def _check_known(variables: Iterable[str]) -> None:
    """Refuse variables that neither pymail nor another mailx knows.

    In a file they only cause a warning in --check, because other programs read it, too.

    Raises:
        SettingsError: a name is unknown; it names the most similar known one.
    """
    from pymail.settings.unknown_variables import unknown_variables

    for name, meant in unknown_variables(map(canonical, variables)).items():
        nearest = f"; did you mean {meant!r}?" if meant else ""
        raise SettingsError(
            f"unknown setting {name!r}{nearest}",
            advice="see pymail.rc(5) for all variables",
        )


def _caller_layer(caller: CallerSettings) -> Iterator[tuple[str, Value | None]]:
    """Yield the variables of the layer above all others."""
    for name, value in caller.variables.items():
        yield canonical(name), _value(value)
    own = {"smtp-auth-user": caller.user, "smtp-timeout": caller.timeout}
    for name, value in own.items():
        if value is not None:
            yield name, _value(value)
    if caller.url is not None:
        yield "smtp", Value(caller.url, Origin(URL, 0))


def _value(value: Setting) -> Value | None:
    """Convert a value to the text of a file; True sets a variable, False, None unset."""
    if value is None or value is False:
        return None
    if value is True:
        return Value("", Origin(ARGUMENT, 0))
    text = fspath(value) if isinstance(value, PathLike) else str(value)
    return Value(text, Origin(ARGUMENT, 0))


def _with_password(
    settings: Settings, password: Secret | Callable[[], str]
) -> Settings:
    """Try the caller's password before the stored ones.

    Raises:
        SettingsError: the settings have no login.
    """
    server = settings.server
    if not isinstance(server, SmtpServer) or server.login is None:
        raise SettingsError(
            "a password needs a user and a server to log in to",
            advice="name the user, and the server in the URL or in mail.rc",
        )
    if isinstance(password, Secret):
        source = SecretSource(place=CALLER, secret=password, for_this_run=True)
    else:
        source = SecretSource(place=CALLER, ask=password, for_this_run=True)
    login = replace(server.login, sources=(source, *server.login.sources))
    return replace(settings, server=replace(server, login=login))
