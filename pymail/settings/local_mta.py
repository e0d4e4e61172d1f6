"""Settings of a local sendmail program: its name, arguments and sender."""

from collections.abc import Sequence
from pathlib import Path

from pymail.errors import SettingsError, UsageError
from pymail.mailrc.state import Value, quote_word
from pymail.model import replace
from pymail.settings.layers import Layers
from pymail.settings.loader import Loaded
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta


def resolve(layers: Layers, program: str) -> LocalMta:
    """Resolve a program; words after its name are arguments, as in mailutils.

    A name without a slash is looked up in PATH.

    Raises:
        SettingsError: the name is empty, or a quote is not closed.
    """
    words = program.split()
    if not words:
        raise SettingsError("the name of the program is empty")
    return LocalMta(
        program=layers.expand(words[0]) if "/" in words[0] else Path(words[0]),
        argv0=layers.text("mta-argv0"),
        arguments=(*words[1:], *_arguments(layers.text("mta-arguments"))),
        default_arguments=not layers.switch("mta-no-default-arguments"),
        recipients_as_arguments=not layers.switch("mta-no-recipient-arguments"),
        keep_bcc=layers.switch("mta-bcc-ok"),
        metoo=layers.switch("metoo"),
        verbose=layers.switch("verbose"),
    )


def _arguments(text: str) -> list[str]:
    import shlex

    try:
        return shlex.split(text)
    except ValueError as error:
        raise SettingsError(f"mta-arguments: {str(error).lower()}") from error


def with_program(settings: Settings, loaded: Loaded, *, interactive: bool) -> Settings:
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
