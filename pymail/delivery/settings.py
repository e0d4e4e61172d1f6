"""Settings of a run and of a queued message, from what was loaded."""

from functools import partial
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import OtherWayError, SettingsError
from pymail.mailrc.state import shown
from pymail.message.charsets import locale_charset
from pymail.model import replace
from pymail.settings import local_mta
from pymail.settings.layers import Defaults
from pymail.settings.loader import Loaded, load
from pymail.settings.models import Folder, Rows, Settings
from pymail.settings.resolve import netrc_path, resolve
from pymail.settings.server_models import LocalMta, way_of


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
        Defaults(
            login=environment.login,
            hostname=environment.hostname(),
            path=loaded.environment.expand_setting,
            netrc_user=partial(
                _netrc_user, netrc_path(layers, environment.expand_setting)
            ),
            interactive=interactive,
            outbox=partial(_default_outbox, environment),
            locale_charset=locale_charset(environment.variables),
        ),
    )
    if request.password_fd is not None or request.password_file is not None:
        from pymail.delivery import password_options  # there is mostly none

        settings = password_options.with_passwords(settings, loaded, environment)
    if settings.retrying.outbox:
        retrying = replace(settings.retrying, saved_options=_saved(loaded, environment))
        settings = replace(settings, retrying=retrying)
    return _for_program(settings, loaded, interactive=interactive)


def _check_fallback(loaded: Loaded) -> None:
    value = loaded.layers.value("smtp-fallback")
    name = value.text.strip() if value else ""
    if not name or name in loaded.state.accounts or name.lower() == "null":
        return
    raise SettingsError(
        f"{value and value.origin}: smtp-fallback: account {shown(name)} is not defined",
        advice=f"define it in ~/.mailrc: account {name} {{ … }}",
    )


def _netrc_user(path: Path, host: str) -> str:
    from pymail.credentials import netrc  # asked for logins alone

    return netrc.user_at(path, host)


def _default_outbox(environment: Environment) -> Path:
    from pymail.outbox.directory import default_place  # few settings want one

    return default_place(environment)


def _saved(loaded: Loaded, environment: Environment) -> Rows:
    from pymail.settings import saved_request  # for later attempts

    name = loaded.request.password_file
    place = "" if name is None else str(environment.expand(name))
    return saved_request.save(
        loaded, environment.variables, str(environment.cwd), place
    )


def _for_program(settings: Settings, loaded: Loaded, *, interactive: bool) -> Settings:
    request, layers = loaded.request, loaded.layers
    if words := request.program_words:
        settings = local_mta.add_arguments(
            settings, words, layers, interactive=interactive
        )
    if isinstance(settings.server, LocalMta):
        return local_mta.set_sender(
            settings, request.sender, layers, verbose=request.verbose
        )
    return settings


def restore_settings(
    rows: Rows, environment: Environment
) -> tuple[Settings, list[str]]:
    """Read the settings of a queued message again; returns warnings, too.

    Files are read as they are now: to mend them mends the mails that wait.

    Raises:
        SettingsError: they make no sense any more, or an account is gone.
        OtherWayError: a server was named, and a program is now, or the like.
    """
    from pymail.settings import saved_request

    single = dict(rows)
    environment = replace(
        environment,
        variables=saved_request.restore_variables(rows, environment.variables),
        cwd=environment.cwd / single.get("directory", ""),
        stdin_is_terminal=False,
    )
    loaded = load(saved_request.restore(rows), environment)
    if loaded.files_to_attach:
        account = loaded.files_to_attach[0]
        raise SettingsError(f"the settings have no account {account} any more")
    settings = resolve_settings(loaded, environment)
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
