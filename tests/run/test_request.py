"""Parsing of a command line with --run."""

import pytest

from pymail.cli.arguments import arrange, parse
from pymail.commands.invocation import Invocation
from pymail.errors import UsageError

LINES = {
    "nothing said": ("--run a@x -- cmd", "on-failure", ["a@x"], ["cmd"]),
    "always": ("--run always a@x -- cmd", "always", ["a@x"], ["cmd"]),
    "on-output": ("--run on-output a@x -- c", "on-output", ["a@x"], ["c"]),
    "glued": ("--run=always a@x -- cmd", "always", ["a@x"], ["cmd"]),
    "a recipient of that name": (
        "--run=always always -- c",
        "always",
        ["always"],
        ["c"],
    ),
    "no recipient": ("--run -- cmd", "on-failure", [], ["cmd"]),
    "options of the command": (
        "a@x --run -- cmd -s --run always -- -x",
        "on-failure",
        ["a@x"],
        ["cmd", "-s", "--run", "always", "--", "-x"],
    ),
    "shortened": ("--ru always a@x -- cmd", "always", ["a@x"], ["cmd"]),
    "end of options": (
        "--run -. -x always -- c",
        "on-failure",
        ["-x", "always"],
        ["c"],
    ),
    "long end of options": ("--run --end-options -x -- c", "on-failure", ["-x"], ["c"]),
}


@pytest.mark.parametrize("name", LINES)
def test_command_follows_the_dashes(name: str) -> None:
    line, when, recipients, command = LINES[name]
    arranged = arrange(line.split())
    assert arranged.options == [f"--run={when}"]
    assert (arranged.recipients, arranged.command) == (recipients, command)
    assert arranged.after_dashes == []


def test_without_run_dashes_keep_their_meaning() -> None:
    arranged = arrange(["a@x", "--", "-odq", "b@x"])
    assert (arranged.after_dashes, arranged.command) == (["-odq", "b@x"], None)
    arranged = arrange(["-.", "--", "b@x"])
    assert (arranged.recipients, arranged.command) == (["--", "b@x"], None)


def test_run_is_in_the_invocation() -> None:
    options = ["--run", "always", "--only-if-changed", "--at-most", "3/day"]
    invocation = parse([*options, "a@x", "--", "cmd", "-x"], "pymail")
    assert isinstance(invocation, Invocation)
    assert invocation.run == "always"
    assert invocation.command == ("cmd", "-x")
    assert (invocation.only_if_changed, invocation.at_most) == (True, "3/day")


def test_other_words_are_refused() -> None:
    with pytest.raises(UsageError, match="on-failure"):
        parse(["--run=sometimes", "a@x", "--", "cmd"], "pymail")
