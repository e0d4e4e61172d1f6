"""Loading of settings: files in order, account, command line.

From the lowest: environment, system file, user's file, extra file, account
(`-A`), `-S`, commands (`-X`, `-Y`), `-r`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import ENOTDIR
from pathlib import Path

from pymail.environment import Environment
from pymail.errors import SettingsError, UsageError
from pymail.mailrc.commands import assign, evaluate, select_account
from pymail.mailrc.conditions import Branches
from pymail.mailrc.state import Origin, RcHost, State, Value, quote_word
from pymail.message import decoding
from pymail.message.charsets import locale_charset
from pymail.model import model, replace
from pymail.settings.layers import Layer, Layers, environment_layer
from pymail.settings.server_models import SecretSource

_TTYCHARSET = rb"""(?m)^[^#\n]*\bttycharset=["']?([A-Za-z0-9._:+-]+)"""
_OF_COMMAND_LINE = 3  # layers: of -S, of commands, of -r
_EXTRA_FILE = ("mailx-extra-rc", "NAIL_EXTRA_RC")  # variables that name it
SYSTEM_FILES = ("mail.rc", "nail.rc", "s-nail.rc")
ALL_FILES = "su"  # of the system, of the user
_RC_FILES = frozenset("sux-/")  # x: s-nail has one inside


@model(kw_only=True)
class LoadRequest:
    """Files, accounts and options that settings are loaded from.

    `rc_files` are letters as `-:` has them. `accounts` may hold names of files, which
    `Loaded.files_to_attach` returns. `sender` is None without -r; an empty one means
    the address of `from`. `interactive` and `verbose` decide like variables of that
    name, where there are none.
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
    """Variables and all else that was read; `resolve_settings` makes settings of it.

    `environment` is that of the run, but for the current directory, which `cd` of a
    file changes. `host` serves commands that are run later, whose `cd` is theirs alone.
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
        self.state = State()
        self.layers = Layers(())
        self.unreadable: list[str] = []
        self.files: list[tuple[Path, str]] = []  # and why one was not read
        self.files_to_attach: tuple[str, ...] = ()  # -A words that name no account
        self.passwords: tuple[SecretSource, ...] | None = None
        self.of_files = 0  # how many of the layers are not of the command line
        self.host = RcHost(
            interactive=environment.stdin_is_terminal,
            environment=environment.variables,
            read=self._read_sourced,
            enter=self._enter,
        )
        self._load()

    @property
    def named(self) -> tuple[str, str]:
        """The charsets that words may be in, the likelier one first."""
        locale = locale_charset(self.environment.variables)
        return self.layers.text("ttycharset"), locale

    def run(self, command: str, branches: Branches | None = None) -> None:
        """Run one settings command; what it sets wins over everything before.

        A layer that another hides whole goes, or a thousand letters would have one each.
        """
        layers = [*self.layers.lowest_first]
        with self._new_layer(layers):
            evaluate(command, "~:", self.state, self.host, branches)
        if changed := layers.pop():
            read = self.of_files + _OF_COMMAND_LINE
            later = (each for each in layers[read:] if each.keys() - changed.keys())
            self.layers = self.layers.with_layers([*layers[:read], *later, changed])

    def warnings(self) -> list[str]:
        """Everything in the files that was not understood, one line each."""
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
                if not select_account(self._decode_word(name), self.state, self.host)
            )
        self.of_files = len(layers)
        layers.append(self.state.frozen)
        with self._new_layer(layers):
            for command in request.commands:
                evaluate(self._decode_word(command), "-E", self.state, self.host)
        layers.append({})
        if request.sender:  # author and envelope; an empty one leaves both alone
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
        return shown_path(path, self._reading), self._decode(octets)

    def _decode_word(self, word: str) -> str:
        """Decode a word of the command line that is settings."""
        with suppress(UnicodeEncodeError):
            return self._decode(word.encode("utf-8", "surrogateescape"))
        return word

    def _decode(self, octets: bytes) -> str:
        """Decode settings, in the charset that they name themselves if they do.

        What is in none stays as it is: it may be in the name of a file.
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
        """Run one file; one that is not there is no problem unless it was named."""
        shown, text, problem = shown_path(path, self._reading), "", ""
        try:
            _, text = self._read(path)
        except FileNotFoundError:
            problem = "no such file"
            if required:
                self.unreadable.append(f"{shown}: {problem}")
        except OSError as error:
            problem = (error.strerror or "unreadable").lower()
            self.unreadable.append(f"{shown}: {problem}")
        self.files.append((path, problem))
        if not problem:
            evaluate(text, shown, self.state, self.host)

    @contextmanager
    def _new_layer(self, layers: list[Layer]) -> Iterator[None]:
        """Keep what the block changes as a layer of its own."""
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
    """Read every source of settings; `drafts` are files as they are to become."""
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
    """Return the user's own file of settings."""
    variables = environment.variables
    name = variables.get("MAILRC") or variables.get("NAILRC") or "~/.mailrc"
    return environment.expand(name)


def shown_path(path: Path, environment: Environment) -> str:
    """Name a file the short way."""
    home = environment.home
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _ttycharset(assignments: Iterable[str]) -> str:
    """Return the value of ttycharset that -S sets."""
    words = [text.partition("=") for text in assignments]
    return next((value for name, _, value in words if name == "ttycharset"), "")


def _assignment_layer(words: Iterable[str], of_files: State) -> dict[str, Value | None]:
    """Make the layer of -S; it is set last and beats every file (s-nail's rule)."""
    state = State()
    for text in words:
        assign(text, Origin("-S", 0), state)
    of_files.problems += state.problems
    return {**dict.fromkeys(state.unset), **state.variables}


def load_account(name: str, loaded: Loaded, environment: Environment) -> Loaded:
    """Read everything again, with another account in place of that of -A.

    What commands have set since (`~:`) still comes last.

    Raises:
        SettingsError: the files do not have it.
    """
    fresh = load(replace(loaded.request, accounts=(name,)), environment)
    if fresh.files_to_attach:  # a command has defined it, or the files are others now
        raise SettingsError(f"smtp-fallback: account {quote_word(name)} is in no file")
    read = fresh.layers.lowest_first
    later = loaded.layers.lowest_first[len(read) :]
    fresh.layers = fresh.layers.with_layers([*read, *later])
    return fresh
