"""Settings of a run and of a queued message, from what was loaded."""

from functools import partial
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import SettingsError
from pymail.mailrc.state import quote_word
from pymail.message.charsets import locale_charset
from pymail.model import replace
from pymail.settings.loader import Loaded
from pymail.settings.models import Rows, Settings
from pymail.settings.resolve import resolve
from pymail.settings.server_models import LocalMta


def resolve_settings(loaded: Loaded, environment: Environment) -> Settings:
    """Make typed settings of what was read.

    Raises:
        SettingsError: a value makes no sense, or a file that could not be read
            may have named the server.
        UnreadableInputError: the password that the command line names cannot be
            read.
    """
    layers, request = loaded.layers, loaded.request
    named, _ = layers.first(("smtp", "mta", "sendmail"))
    if loaded.unreadable and not named:
        raise SettingsError(
            f"{loaded.unreadable[0]}, and nothing else names a server",
            advice="let this user read the file, or write ~/.mailrc",
        )
    _check_fallback(loaded)
    interactive = environment.stdin_is_terminal or request.interactive
    settings = resolve(
        layers,
        loaded.state,
        login_name=environment.login,
        machine_name=environment.hostname(),
        netrc_user=_netrc_user,
        default_outbox=partial(_default_outbox, environment),
        interactive=interactive,
        locale_charset=locale_charset(environment.variables),
    )
    if request.password_fd is not None or request.password_file is not None:
        from pymail.delivery import password_options  # there is mostly none

        settings = password_options.with_passwords(settings, loaded, environment)
    if settings.outbox:
        from pymail.delivery import saved_settings  # for later attempts

        rows = saved_settings.save(loaded, environment)
        settings = replace(settings, saved_options=rows)
    if request.program_words or isinstance(settings.server, LocalMta):
        from pymail.settings import local_mta  # most mail goes to a server

        settings = local_mta.with_program(settings, loaded, interactive=interactive)
    return settings


def _check_fallback(loaded: Loaded) -> None:
    value = loaded.layers.value("smtp-fallback")
    name = value.text.strip() if value else ""
    if not name or name in loaded.state.accounts or name.lower() == "null":
        return
    raise SettingsError(
        f"{value and value.origin}: smtp-fallback: account {quote_word(name)} is not defined",
        advice=f"define it in ~/.mailrc: account {name} {{ … }}",
    )


def _netrc_user(path: Path, host: str) -> str:
    from pymail.credentials import netrc  # asked for logins alone

    return netrc.user_at(path, host)


def _default_outbox(environment: Environment) -> Path:
    from pymail.outbox.directory import default_place  # few settings want one

    return default_place(environment)


def restore_settings(
    rows: Rows, environment: Environment
) -> tuple[Settings, list[str]]:
    """Read the settings of a queued message again; returns warnings, too.

    Files are read as they are now: to mend them mends the mails that wait.

    Raises:
        SettingsError: they make no sense any more, or an account is gone.
        OtherWayError: a server was named, and a program is now, or the like.
    """
    from pymail.delivery import saved_settings

    environment = saved_settings.restore_environment(rows, environment)
    loaded = saved_settings.load_saved(rows, environment)
    settings = resolve_settings(loaded, environment)
    return saved_settings.apply(rows, settings, environment), loaded.warnings()
