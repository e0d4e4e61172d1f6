"""Loading of settings: files in order, account, command line.

From the lowest: environment, system file, user's file, extra file, account
(`-A`), `-S`, commands (`-X`, `-Y`), `-r`.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import ENOTDIR
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import SettingsError, UsageError
from pymail.mailrc.commands import assign, evaluate, select_account
from pymail.mailrc.state import Branches, Origin, State, Value, quote_word
from pymail.message import decoding
from pymail.message.charsets import locale_charset
from pymail.model import model, replace
from pymail.settings.layers import Layer, Layers, environment_layer
from pymail.settings.server_models import SecretSource
from pymail.text import system_message

_TTYCHARSET = rb"""(?m)^[^#\n]*\bttycharset=["']?([A-Za-z0-9._:+-]+)"""
_OF_COMMAND_LINE = 3  # layers: of -S, of commands, of -r
_EXTRA_FILE = ("mailx-extra-rc", "NAIL_EXTRA_RC")  # variables that name it
NO_FILE = "no such file"
SYSTEM_FILES = ("mail.rc", "nail.rc", "s-nail.rc")
ALL_FILES = "su"  # of the system, of the user
_RC_FILES = frozenset("sux-/")  # x: s-nail has one inside


@model(kw_only=True)
class LoadRequest:
    """Files, accounts and options that settings are loaded from.

    `rc_files` has the letters of `-:`. `accounts` may contain file names, which
    `Loaded.files_to_attach` returns. `sender` is None without -r; an empty sender means
    the address of `from`. `interactive`: tilde escapes or batch mode are on, even without
    a terminal.
    """

    rc_files: str = ALL_FILES
    accounts: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    sender: str | None = None
    program_words: tuple[str, ...] = ()
    password_fd: int | None = None
    password_file: str | None = None
    interactive: bool = False
    verbose: bool = False


class Loaded:
    """Loaded variables, aliases and problems; `resolve_settings` makes `Settings` of them.

    `environment` is that of the run, except for the current directory, which `cd` in a
    file changes; `cd` in a command that is run later affects only such commands.
    `passwords` are the secrets of `delivery.password_options`, once they are read.
    """

    def __init__(
        self,
        request: LoadRequest,
        environment: Environment,
        drafts: Mapping[Path, bytes],
    ) -> None:
        self.request = request
        self.environment = self._reading = environment
        self._drafts = drafts
        self.state = State(
            environment=environment.variables,
            read=self._read_sourced,
            enter=self._enter,
            interactive=environment.stdin_is_terminal,
        )
        self.layers = Layers(())
        self.unreadable: list[str] = []
        self.files: list[tuple[Path, str]] = []  # with the reason if not read
        self.files_to_attach: tuple[str, ...] = ()  # -A words that name no account
        self.passwords: tuple[SecretSource, ...] | None = None
        self.of_files = 0  # number of layers below the command line's
        self._load()

    @property
    def named(self) -> tuple[str, str]:
        """The charsets that words may be encoded in, the likelier first."""
        locale = locale_charset(self.environment.variables)
        return self.layers.text("ttycharset"), locale

    def run(self, command: str, branches: Branches | None = None) -> None:
        """Run one settings command; the values it sets override all earlier ones.

        Layers that the new one hides entirely are dropped: otherwise a batch of a
        thousand messages would pile up a thousand layers.
        """
        layers = [*self.layers.lowest_first]
        with self._new_layer(layers):
            evaluate(command, "~:", self.state, branches)
        if changed := layers.pop():
            read = self.of_files + _OF_COMMAND_LINE
            later = (each for each in layers[read:] if each.keys() - changed.keys())
            self.layers = self.layers.with_layers([*layers[:read], *later, changed])

    def warnings(self) -> list[str]:
        """Unreadable files and mistakes in files, one line each."""
        return [*self.unreadable, *map(str, self.state.problems)]

    def _load(self) -> None:
        request, environment = self.request, self.environment
        assigned = map(self._decode_word, request.assignments)
        self.state.frozen = _assignment_layer(assigned, self.state)
        layers = [environment_layer(environment.variables)]
        for file in _files(request.rc_files, environment):
            with self._new_layer(layers):
                self._run_file(file)
        named = (self.state.variables.get(name) for name in _EXTRA_FILE)
        value = next(filter(None, named), None)
        extra = value.text if value else environment.variables.get(_EXTRA_FILE[1])
        if extra:
            with self._new_layer(layers):
                self._run_file(environment.expand(extra), required=True)
        with self._new_layer(layers):
            self.files_to_attach = tuple(
                name
                for name in request.accounts
                if not select_account(self._decode_word(name), self.state)
            )
        self.of_files = len(layers)
        layers.append(self.state.frozen)
        with self._new_layer(layers):
            for command in request.commands:
                evaluate(self._decode_word(command), "-E", self.state)
        layers.append({})
        if request.sender:  # sets author and envelope; an empty sender changes neither
            sender = Value(self._decode_word(request.sender), Origin("-r", 0))
            layers[-1] = {"from": sender, "smtp-from": None}
        self.state.thaw()
        self.environment = self._reading
        self.layers = Layers(layers, self.environment.expand_setting)

    def _enter(self, directory: str) -> None:
        path = self._reading.expand_setting(directory)
        path.stat()
        if not path.is_dir():
            raise NotADirectoryError(ENOTDIR, "not a directory")
        self._reading = replace(self._reading, cwd=path)

    def _read_sourced(self, name: str) -> tuple[str, str]:
        folder = self.state.variables.get("folder")
        if folder and name.startswith("+"):
            name = f"{folder.text}/{name[1:]}"
        return self._read(self._reading.expand_setting(name))

    def _read(self, path: Path) -> tuple[str, str]:
        octets = self._drafts.get(path)
        if octets is None:
            octets = self._reading.read_file(path)
        shown = shown_path(path, self._reading)
        if octets.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            self.state.report(Origin(shown, 1), "UTF-16: save the file as UTF-8")
        return shown, self._decode(octets)

    def _decode_word(self, word: str) -> str:
        """Decode a word of the command line that holds settings."""
        with suppress(UnicodeEncodeError):
            return self._decode(word.encode("utf-8", "surrogateescape"))
        return word

    def _decode(self, octets: bytes) -> str:
        """Decode settings that are not UTF-8, by their own `ttycharset` if they set it.

        Octets that fit no charset stay as surrogates: they may be part of a file name.
        """
        with suppress(UnicodeDecodeError):
            return octets.decode()
        variables = self._reading.variables
        own = [each.decode() for each in re.findall(_TTYCHARSET, octets)]
        assigned = [_ttycharset(self.request.assignments)]
        value = self.state.variables.get("ttycharset")
        named = (
            (own or assigned)[-1] or (value and value.text),
            variables.get("ttycharset"),
            locale_charset(variables),
        )
        charsets = tuple(filter(None, named))
        charset = decoding.detect_charset((octets,), charsets)
        of_paths = (*self._reading.path_charsets, charset or "gb18030")
        self._reading = replace(self._reading, path_charsets=of_paths)
        return "".join(
            decoding.decode_blocks((octets,), charset, charsets, "surrogateescape")
        )

    def _run_file(self, path: Path, *, required: bool = False) -> None:
        """Run one file; a missing file is no problem unless a variable names it."""
        shown, text, problem = shown_path(path, self._reading), "", ""
        try:
            _, text = self._read(path)
        except FileNotFoundError:
            problem = NO_FILE
            if required:
                self.unreadable.append(f"{shown}: {problem}")
        except OSError as error:
            problem = system_message(error)
            self.unreadable.append(f"{shown}: {problem}")
        self.files.append((path, problem))
        if not problem:
            evaluate(text, shown, self.state)

    @contextmanager
    def _new_layer(self, layers: list[Layer]) -> Iterator[None]:
        """Add a layer with the variables that the block changes."""
        before, unset_before = dict(self.state.variables), set(self.state.unset)
        yield
        changed: dict[str, Value | None] = {
            name: value
            for name, value in self.state.variables.items()
            if before.get(name) is not value
        }
        layers.append(changed | dict.fromkeys(self.state.unset - unset_before))


def load(
    request: LoadRequest,
    environment: Environment,
    drafts: Mapping[Path, bytes] | None = None,
) -> Loaded:
    """Read every source of settings; `drafts` are contents of files not yet written."""
    return Loaded(request, environment, drafts or {})


def _files(letters: str, environment: Environment) -> Iterator[Path]:
    for letter in letters.lower():
        if letter not in _RC_FILES:
            raise UsageError(f"-: {letters}: not one of s, u, - and /")
        if letter == "s":
            yield from _system_files(environment)
        elif letter == "u":
            yield user_file(environment)


def _system_files(environment: Environment) -> list[Path]:
    if "MAILX_NO_SYSTEM_RC" in environment.variables:
        return []
    names = (environment.system_rc_directory / n for n in SYSTEM_FILES)
    return [file for file in names if file.exists()][:1]


def user_file(environment: Environment) -> Path:
    """Return the user's settings file."""
    variables = environment.variables
    name = variables.get("MAILRC") or variables.get("NAILRC") or "~/.mailrc"
    return environment.expand(name)


def shown_path(path: Path, environment: Environment) -> str:
    """Return a path for messages, with ~ for the home directory."""
    home = environment.home
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _ttycharset(assignments: Iterable[str]) -> str:
    """Return the value that -S sets for ttycharset, or ""."""
    words = [text.partition("=") for text in assignments]
    return next((value for name, _, value in words if name == "ttycharset"), "")


def _assignment_layer(words: Iterable[str], of_files: State) -> dict[str, Value | None]:
    """Make the layer of -S, which overrides every file (s-nail's rule)."""
    state = State()
    for text in words:
        assign(text, Origin("-S", 0), state)
    of_files.problems += state.problems
    return {**dict.fromkeys(state.unset), **state.variables}


def load_account(name: str, loaded: Loaded, environment: Environment) -> Loaded:
    """Read every source again, with another account in place of -A's.

    Values that commands have set since (`~:`) still override it.

    Raises:
        SettingsError: no file defines the account.
    """
    fresh = load(replace(loaded.request, accounts=(name,)), environment)
    if fresh.files_to_attach:  # a command defined it, or the files have changed
        raise SettingsError(
            f"smtp-fallback: no file defines account {quote_word(name)}"
        )
    read = fresh.layers.lowest_first
    later = loaded.layers.lowest_first[len(read) :]
    fresh.layers = fresh.layers.with_layers([*read, *later])
    return fresh
