"""The lines of a settings file of msmtp, gathered by account (msmtp(1)).

`defaults` are for the accounts behind them; an account has what its parents were
given by name. Nothing is run: an `eval` line is left out, and told.
"""

from collections.abc import Iterator

from pymail.model import field, model

DEFAULT = "default"


@model()
class Said:
    """What one command says, and in which line."""

    argument: str
    place: str


Block = dict[str, Said]


@model(frozen=False)
class Gathered:
    """The accounts in their order, each with its own line, and what is odd."""

    accounts: dict[str, Block] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    alias_of: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def gather(text: str, file: str) -> Gathered:
    """Read a file; `file` is the name to show for it."""
    return _Gathering(file).of(text)


class _Gathering:
    """One walk over the lines."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._all = Gathered()
        self._defaults: Block = {}
        self._own: dict[str, Block] = {}  # what is inherited: not the defaults
        self._now: tuple[Block, ...] = ()

    def of(self, text: str) -> Gathered:
        for number, command, argument in _lines(text):
            place = f"{self._file}:{number}"
            if command == "defaults":
                self._now = (self._defaults,)
            elif command == "account":
                self._begin(argument, place)
            elif command == "eval":
                self._remark(
                    place, "eval", "a command is not run to find out what a file says"
                )
            else:
                self._say(command, Said(argument, place))
        return self._all

    def _remark(self, place: str, what: str, meaning: str) -> None:
        self._all.remarks.append(f"{place}: {what}: left out: {meaning}")

    def _say(self, command: str, said: Said) -> None:
        if not self._now:  # commands before any account are of the default one
            self._start(DEFAULT, said.place, "")
        for block in self._now:
            block[command] = said

    def _begin(self, argument: str, place: str) -> None:
        name, colon, after = (part.strip() for part in argument.partition(":"))
        if name in self._own or not name:
            what = f"account {name}".rstrip()
            why = "there is one of this name" if name else "it has no name"
            self._remark(place, what, f"{why}; so are the lines behind it")
            self._now = ({},)
            return
        self._start(name, place, after if colon else "")

    def _start(self, name: str, place: str, parents: str) -> None:
        own: Block = {}
        known = list(self._parents(parents, name, place))
        for parent in known:
            own |= self._own[parent]
        if len(known) == 1:
            self._all.alias_of[name] = known[0]
        whole = self._defaults | own
        self._own[name], self._all.accounts[name] = own, whole
        self._all.places[name] = place
        self._now = (own, whole)

    def _parents(self, words: str, name: str, place: str) -> Iterator[str]:
        for word in filter(None, map(str.strip, words.split(","))):
            if word in self._own:
                yield word
            else:
                what = f"account {name} : {word}"
                self._remark(place, what, f"no account {word} is above it")


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield number, command and argument of the lines that say something."""
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        command, _, argument = line.replace("\t", " ", 1).partition(" ")
        yield number, command, _unquoted(argument.strip())


def _unquoted(argument: str) -> str:
    """Take the quotes away; nothing inside them is special."""
    quoted = len(argument) > 1 and argument[0] == argument[-1] == '"'
    return argument[1:-1] if quoted else argument
