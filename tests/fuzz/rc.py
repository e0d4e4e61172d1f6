"""Any octets in a settings file: evaluating them and making settings never crash."""

from pathlib import Path

from pymail.errors import PymailError, UnreadableInputError
from pymail.mailrc import conditions  # noqa: F401 - traced only if imported early
from pymail.mailrc.commands import evaluate, select_account
from pymail.mailrc.state import RECORDED_PROBLEMS, State
from pymail.settings.layers import Layers
from pymail.settings.resolve import resolve
from pymail.text import visible

LONGEST_OCTETS = 4_000
FILES = {
    "a": 'set a=1\nif s\nset b\nendif\nsource b\naccount x {\nset c="1\n}',
    "b": "source a\nsource c\ncall m 1 2",
    "c": "define n {\ncall m $1\n}\nwysh set x=$'\\x00\\u20ac${HOME}'",
}
ENVIRONMENT = {"HOME": "/home/me", "LOGNAME": "me", "EMPTY": ""}
SEEDS = (
    b"set from=me@example.com smtp=smtps://smtp.example.com smtp-auth-user=me\n",
    b"set mta=smtp://me:p%40ss@host:587 v15-compat=y\nwysh set x=$'a\\tb' y=\"$x\"\n",
    b"account a {\nset smtp-use-starttls from='A <a@example.com>'\n}\naccount a\n",
    b"if $a == 1 && ! -N b\nset c\nelif t\nunset c\nelse\nnoset\nendif\n",
    b"define m {\nlocalopts yes\nshift\nset a=$1\ncall m $2\nreturn\n}\ncall m 1 2\n",
    b"define m {\nset a=$1\ncall m $1$1\n}\ncall m ab\nset v15-compat=y\nset b=$b$b\n",
    b"alias ops a@example.com b \\\n  c@example.com\ngroup x y;alias -\n",
    b"source a\nsource_if d\ncommandalias z 'set a;z'\nz\neval set b=1\n",
    b"vput vexpr r + 1 2\nif a =~ [[b]\nset a\nendif\n",
    b"set tls-config-pairs='MinProtocol=TLSv1.3,a=b' smtp-timeout=1 umask=077\n",
)
WORDS = (
    *(b"set ", b"unset ", b"alias ", b"account ", b"define ", b"call ", b"source "),
    *(b"if ", b"elif ", b"else", b"endif", b"wysh ", b"local ", b"eval ", b"vput "),
    *(b"shift ", b"vpospar set "),
    *(b"commandalias ", b"localopts ", b"mimetype ", b"return", b"echo ", b"cd "),
    *(b" {\n", b"\n}\n", b"\\\n", b"$'", b"${", b"$1", b"$*", b"\\x", b"\\u", b"\\c"),
    *(b"&&", b"||", b"=~", b"==", b"!=", b"-lt", b"-N ", b"[ ", b" ]"),
    *(b"smtp=", b"mta=", b"from=", b"smtp-auth=", b"smtps://", b"@", b"v15-compat=y"),
)


def check(octets: bytes) -> None:
    """Run the octets as ~/.mailrc, select an account, and resolve the settings."""
    state = State(environment=ENVIRONMENT, read=_read)
    evaluate(octets.decode("utf-8", "surrogateescape"), "~/.mailrc", state)
    for name in (*state.accounts, "null"):
        select_account(name, state)
    files = {problem.origin.file for problem in state.problems}
    assert len(state.problems) <= RECORDED_PROBLEMS * len(files)
    for problem in state.problems:
        assert problem.what
        assert visible(str(problem)).isprintable()
    assert not state.running_accounts
    assert not state.scopes
    _check_settings(state)


def _check_settings(state: State) -> None:
    layers = Layers(
        [dict(state.variables), dict.fromkeys(state.unset)], Path("/home/me").joinpath
    )
    try:
        settings = resolve(
            layers,
            state,
            login_name="me",
            machine_name="host.example.com",
            netrc_user=lambda _path, _host: "",
        )
    except PymailError as error:
        said = visible(str(error))
    else:
        said = repr(settings.server)
    assert said
    for name, value in layers.in_force():
        if "password" in name and len(value.text) > 8:
            assert value.text not in said


def _read(path: str) -> tuple[str, str]:
    if path == "secret":
        raise UnreadableInputError("secret: Permission denied")
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return path, FILES[path]
