"""Arguments of mailx, sorted into options and operands."""

import pytest

from pymail.cli.arguments import arrange, parse
from pymail.commands.attachment_options import AttachmentOptions
from pymail.commands.invocation import Invocation
from pymail.errors import UsageError
from pymail.model import replace


@pytest.mark.parametrize(
    ("words", "options", "recipients"),
    [
        pytest.param("-s S a@x", "--subject=S", "a@x", id="usual"),
        pytest.param("a@x -s S", "--subject=S", "a@x", id="options-last"),
        pytest.param("-sS a@x", "--subject=S", "a@x", id="glued"),
        pytest.param(
            "-vEs S a@x",
            "--verbose --skip-empty --subject=S",
            "a@x",
            id="cluster",
        ),
        pytest.param("-s -- a@x", "--subject=--", "a@x", id="dashes-as-value"),
        pytest.param("--subject S a@x", "--subject=S", "a@x", id="long"),
        pytest.param("--subject=S a@x", "--subject=S", "a@x", id="long-with-equals"),
        pytest.param("-. -s", "", "-s", id="end-of-options"),
        pytest.param("--end-options -s", "", "-s", id="end-of-options-long"),
        pytest.param("-", "", "-", id="lone-dash"),
        pytest.param("-h 3 a@x", "", "a@x", id="hops"),
        pytest.param("-h3 a@x", "", "a@x", id="hops-glued"),
        pytest.param("-h", "--help", "", id="help"),
        pytest.param("-E -v a@x", "--skip-empty --verbose", "a@x", id="skip-empty"),
        pytest.param("-E set a@x", "--skip-empty", "set a@x", id="no-command"),
        pytest.param("a@x -Cfile@y", "", "a@x -Cfile@y", id="address-with-dash"),
        pytest.param("-aFrom:a@x", "--attach=From:a@x", "", id="field"),
        pytest.param("-? a@x", "--help", "a@x", id="question-mark"),
        pytest.param("--usage", "--help", "", id="usage"),
        pytest.param("--subj S", "--subject=S", "", id="abbreviation"),
        pytest.param("--subj=S=T", "--subject=S=T", "", id="abbreviation-with-equals"),
        pytest.param(
            "--discard a@x", "--discard-empty-messages", "a@x", id="abbr-flag"
        ),
        pytest.param("--attach f", "--attach=f", "", id="whole-name-and-beginning"),
        pytest.param("--cust X:y", "--custom-header=X:y", "", id="abbr-synonym"),
        pytest.param("--end-o -s", "", "-s", id="abbr-end"),
        pytest.param("--frob", "--frob", "", id="unknown"),
        pytest.param("--to", "--template", "", id="to-of-mailutils"),
        pytest.param("--to -s S", "--template --subject=S", "", id="to-before-option"),
        pytest.param("--to a@x", "--to=a@x", "", id="to-with-address"),
        pytest.param("--to=-x", "--to=-x", "", id="to-with-equals"),
        pytest.param("-M text/html", "--content-type=text/html", "", id="type"),
        pytest.param("-M a@x", "--mime", "a@x", id="mime"),
        pytest.param("-Mfrob a@x", "--content-type=frob", "a@x", id="glued-type"),
        pytest.param("-q f -s S", "--quote-file=f --subject=S", "", id="quote-file"),
        pytest.param("-q - a@x", "--quote-file=-", "a@x", id="quote-standard-input"),
        pytest.param("-q -s S", "--quit --subject=S", "", id="quit"),
        pytest.param("-q", "--quit", "", id="quit-at-the-end"),
    ],
)
def test_words_become_options_and_recipients(
    words: str, options: str, recipients: str
) -> None:
    arranged = arrange(words.split())
    assert arranged.options == options.split()
    assert arranged.recipients == recipients.split()


def test_command_of_mailutils_is_a_command() -> None:
    arranged = arrange(["-E", "set escape", "-s", "S", "a@x"])
    assert arranged.options == ["--exec=set escape", "--subject=S"]


def test_words_after_dashes_are_separate() -> None:
    arranged = arrange(["a@x", "--", "-odq", "b@x"])
    assert arranged.recipients == ["a@x"]
    assert (arranged.after_dashes, arranged.command) == (["-odq", "b@x"], None)
    arranged = arrange(["-.", "--", "b@x"])
    assert (arranged.recipients, arranged.command) == (["--", "b@x"], None)


RUNS = {
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


@pytest.mark.parametrize("name", RUNS)
def test_command_of_run_follows_the_dashes(name: str) -> None:
    line, when, recipients, command = RUNS[name]
    arranged = arrange(line.split())
    assert arranged.options == [f"--run={when}"]
    assert (arranged.recipients, arranged.command) == (recipients, command)
    assert arranged.after_dashes == []


def test_run_is_in_the_invocation() -> None:
    options = ["--run", "always", "--only-if-changed", "--at-most", "3/day"]
    invocation = parse([*options, "a@x", "--", "cmd", "-x"], "pymail")
    assert isinstance(invocation, Invocation)
    assert invocation.run == "always"
    assert invocation.command == ("cmd", "-x")
    assert (invocation.only_if_changed, invocation.at_most) == (True, "3/day")


@pytest.mark.parametrize(
    "words", ["-s", "-vs", "--subject", "a@x -r"], ids=["s", "cluster", "long", "last"]
)
def test_option_without_its_value_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="needs a value"):
        arrange(words.split())


@pytest.mark.parametrize("letter", "feHLpR")
def test_options_for_reading_mail_are_refused(letter: str) -> None:
    with pytest.raises(UsageError, match="does not read it"):
        arrange([f"-{letter}"])


@pytest.mark.parametrize(
    ("word", "letter"),
    [("--file", "f"), ("--header-s", "H"), ("--print", "p"), ("--check-and-exit", "e")],
    ids=["file", "abbreviation", "print", "check"],
)
def test_long_options_for_reading_mail_are_refused(word: str, letter: str) -> None:
    with pytest.raises(UsageError, match=f"-{letter}: pymail sends mail"):
        arrange([word])


def test_abbreviation_of_several_options_is_refused() -> None:
    with pytest.raises(
        UsageError, match="--no is ambiguous: --no-alternative, --no-config"
    ):
        arrange(["--noh", "--no"])


def test_options_before_a_file_say_how_it_is_attached() -> None:
    words = "-a 0 --content-type=text/csv --encoding=base64 --content-filename=f"
    words += " --content-name n -a 1 -A 2 --attach-fd 3 --attach=4 --content-name=5"
    found = arrange(words.split()).attachment_options
    both = AttachmentOptions(content_type="text/csv", encoding="base64")
    assert found == {
        "1": replace(both, filename="f", name="n"),
        **dict.fromkeys("234", both),
    }
