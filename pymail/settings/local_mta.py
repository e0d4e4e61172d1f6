"""Settings of a local sendmail program: its name, arguments and sender."""

from pathlib import Path

from pymail.errors import SettingsError, UsageError
from pymail.mailrc.state import quote_word
from pymail.model import replace
from pymail.settings.layers import Layers
from pymail.settings.models import Settings
from pymail.settings.server_models import LocalMta

DEFAULT_PROGRAM = "/usr/sbin/sendmail"


def resolve(layers: Layers, program: str) -> LocalMta:
    """Resolve a program; words after its name are arguments, as mailutils has them.

    A name without a slash is looked up in PATH.

    Raises:
        SettingsError: no program is named, or a quote is not closed.
    """
    words = program.split()
    if not words:
        raise SettingsError("no program is named")
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


def add_arguments(
    settings: Settings, words: tuple[str, ...], layers: Layers, *, interactive: bool
) -> Settings:
    """Pass words behind `--` to the program, as s-nail(1) does with `expandargv`.

    Raises:
        UsageError: `expandargv` does not allow it.
    """
    value = layers.value("expandargv")
    rule = value.text.strip().lower() if value else "fail"
    if rule == "fail" or (rule == "restrict" and not interactive):
        raise UsageError(
            f"{quote_word(words[0])} behind --: no recipient, and expandargv does not"
            " allow options of a local program",
            advice="behind -- stand recipients, -f ADDRESS and -F NAME",
        )
    server = settings.server
    if isinstance(server, LocalMta):
        server = replace(server, arguments=(*server.arguments, *words))
        return replace(settings, server=server)
    warning = f"{' '.join(map(quote_word, words))} behind --: for a local program alone"
    return replace(settings, warnings=(*settings.warnings, warning))


def set_sender(
    settings: Settings, sender: str | None, layers: Layers, *, verbose: bool
) -> Settings:
    """Tell the program the sender when -r or r-option-implicit asks for it."""
    server = settings.server
    assert isinstance(server, LocalMta)  # noqa: S101 - the caller looked
    server = replace(server, verbose=server.verbose or verbose)
    asked = sender is not None or layers.switch("r-option-implicit")
    if asked and settings.from_:
        author = settings.from_[0]
        server = replace(server, sender_option=author.address, sender_name=author.name)
    elif settings.reverse_path is not None:
        server = replace(server, sender_option=settings.reverse_path)
    return replace(settings, server=server)
