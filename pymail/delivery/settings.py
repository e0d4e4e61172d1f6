"""Settings of a run and of a queued message.

With a queued message its settings are saved as rows: options of the command line and
variables of the environment, without secrets. Each attempt reads the files again as they
are then, so a correction of a file also applies to the messages that wait.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import OtherWayError, SettingsError, UsageError
from pymail.mailrc.state import Value, quote_word
from pymail.message.charsets import locale_charset
from pymail.model import replace
from pymail.settings.layers import Layer
from pymail.settings.loader import ALL_FILES, Loaded, LoadRequest, load
from pymail.settings.models import Folder, Rows, Settings
from pymail.settings.resolve import resolve
from pymail.settings.server_models import LocalMta, way_of
from pymail.settings.variables import (
    ENVIRONMENT_NAMES,
    is_private,
    is_secret,
    without_password,
)

# The variables of the environment that are saved: settings, and the files to read.
NAMES = (
    *ENVIRONMENT_NAMES,
    *("MAILRC", "NAILRC", "NAIL_EXTRA_RC", "MAILX_NO_SYSTEM_RC"),
)
_WRITING_ONLY = frozenset({"SHELL", "EDITOR", "VISUAL"})


def resolve_settings(loaded: Loaded, environment: Environment) -> Settings:
    """Resolve the loaded files and options to typed settings.

    Raises:
        SettingsError: a value is invalid, or no server is set and a file that
            may set it is unreadable.
        UnreadableInputError: the password of `--password-fd` or `--password-file`
            can't be read.
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
        from pymail.delivery import password_options  # rarely needed

        settings = password_options.with_passwords(settings, loaded, environment)
    if settings.outbox:
        rows = tuple(_rows(loaded, environment))
        settings = replace(settings, saved_options=rows)
    if request.program_words or isinstance(settings.server, LocalMta):
        settings = _with_program(settings, loaded, interactive=interactive)
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


def _with_program(settings: Settings, loaded: Loaded, *, interactive: bool) -> Settings:
    """Add the program's options of the command line, and the sender if -r is set.

    Raises:
        UsageError: `expandargv` does not allow the options.
    """
    request, layers = loaded.request, loaded.layers
    server, warnings = settings.server, settings.warnings
    if words := request.program_words:
        _check_arguments(words, layers.value("expandargv"), interactive=interactive)
    if not isinstance(server, LocalMta):
        options = " ".join(map(quote_word, words))
        warning = f"{options} after --: ignored, only a local program takes options"
        return replace(settings, warnings=(*warnings, warning))
    server = replace(
        server,
        arguments=(*server.arguments, *words),
        verbose=server.verbose or request.verbose,
    )
    asked = request.sender is not None or layers.switch("r-option-implicit")
    if asked and settings.from_:
        author = settings.from_[0]
        server = replace(server, sender_option=author.address, sender_name=author.name)
    elif settings.reverse_path is not None:
        server = replace(server, sender_option=settings.reverse_path)
    return replace(settings, server=server)


def _check_arguments(
    words: Sequence[str], value: Value | None, *, interactive: bool
) -> None:
    """Refuse options after `--` unless `expandargv` allows them, as in s-nail(1)."""
    rule = value.text.strip().lower() if value else "fail"
    if rule == "fail" or (rule == "restrict" and not interactive):
        raise UsageError(
            f"{quote_word(words[0])} after --: not a recipient, and expandargv does not"
            " allow options for a local program",
            advice="after --, write only recipients, -f ADDRESS and -F NAME",
        )


def _netrc_user(path: Path, host: str) -> str:
    from pymail.credentials import netrc  # only for a login without a user

    return netrc.user_at(path, host)


def _default_outbox(environment: Environment) -> Path:
    from pymail.outbox.directory import default_place  # rarely needed

    return default_place(environment)


def _rows(loaded: Loaded, environment: Environment) -> Iterator[tuple[str, str]]:
    """Yield the rows to save; `with_way` adds those of a message."""
    request = loaded.request
    yield "directory", str(environment.cwd)
    yield from _of_environment(environment.variables)
    if request.rc_files != ALL_FILES:
        yield "files", request.rc_files
    attached = loaded.files_to_attach
    yield from (("account", name) for name in request.accounts if name not in attached)
    for layer in loaded.layers.lowest_first[loaded.of_files :]:
        yield from _assignments(layer)
    if request.password_file is not None:
        place = environment.expand(request.password_file)
        yield "set", f"smtp-password-file={place}"
    if request.sender is not None:
        yield "from", request.sender
    yield from (("argument", word) for word in request.program_words)


def _of_environment(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in NAMES:
        text = variables.get(name)
        if text is not None and not is_secret(name) and name not in _WRITING_ONLY:
            yield "environment", f"{name}={without_password(name, text)}"


def _assignments(layer: Layer) -> Iterator[tuple[str, str]]:
    for name, value in layer.items():
        if is_private(name):
            continue
        if value is None:
            yield "set", f"no{name}"
        else:
            yield "set", f"{name}={without_password(name, value.text)}"


def with_way(settings: Settings) -> Rows:
    """Return the saved rows, with the kind of server and a local program's sender."""
    server = settings.server
    rows = (*settings.saved_options, ("way", way_of(server)))
    if isinstance(server, LocalMta) and server.sender_option is not None:
        rows = (*rows, ("program-sender", server.sender_option))
        if server.sender_name:
            rows = (*rows, ("program-name", server.sender_name))
    return rows


def restore_settings(rows: Rows, environment: Environment) -> Settings:
    """Resolve the settings of a queued message from its rows and today's files.

    Raises:
        SettingsError: a value is invalid, or an account is no longer defined.
        OtherWayError: the settings now name another kind of server.
    """
    environment = _restore_environment(rows, environment)
    loaded = _load(rows, environment)
    settings = resolve_settings(loaded, environment)
    return _apply(rows, settings, environment)


def _restore_environment(rows: Rows, environment: Environment) -> Environment:
    """Replace the variables and the working directory by the saved ones."""
    others = {k: v for k, v in environment.variables.items() if k not in NAMES}
    saved = (value.partition("=") for value in _all("environment", rows))
    return replace(
        environment,
        variables={**others, **{name: value for name, _, value in saved}},
        cwd=environment.cwd / dict(rows).get("directory", ""),
        stdin_is_terminal=False,
    )


def _load(rows: Rows, environment: Environment) -> Loaded:
    """Load the files with the saved options.

    Raises:
        SettingsError: an account is no longer defined.
    """
    single = dict(rows)
    request = LoadRequest(
        rc_files=single.get("files", ALL_FILES),
        accounts=_all("account", rows),
        assignments=_all("set", rows),
        sender=single.get("from"),
        program_words=_all("argument", rows),
    )
    loaded = load(request, environment)
    for account in loaded.files_to_attach:
        raise SettingsError(f"account {account} is no longer defined")
    return loaded


def _apply(rows: Rows, settings: Settings, environment: Environment) -> Settings:
    """Set the saved record and sender of a local program.

    Raises:
        OtherWayError: the settings now name another kind of server.
    """
    single = dict(rows)
    server = settings.server
    way, before = way_of(server), single.get("way")
    if before not in (None, way):  # earlier versions didn't save it
        raise OtherWayError(
            f"queued for {before}, but the settings now name {way}",
            advice="correct the settings (smtp, mta), then: pymail --flush --now",
        )
    if isinstance(server, LocalMta) and "program-sender" in single:
        server = replace(
            server,
            sender_option=single["program-sender"],
            sender_name=single.get("program-name", ""),
        )
    if name := single.get("record"):
        settings = replace(settings, record=Folder(path=environment.expand(name)))
    return replace(settings, server=server)


def _all(name: str, rows: Rows) -> tuple[str, ...]:
    return tuple(value for each, value in rows if each == name)
