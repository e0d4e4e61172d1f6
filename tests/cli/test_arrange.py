"""Words of a command line, put in order."""

import pytest

from pymail.cli.arrange import arrange
from pymail.errors import UsageError


@pytest.mark.parametrize(
    ("words", "options", "recipients"),
    [
        pytest.param("-s S a@x", "-s S", "a@x", id="usual"),
        pytest.param("a@x -s S", "-s S", "a@x", id="options-last"),
        pytest.param("-sS a@x", "-s S", "a@x", id="glued"),
        pytest.param("-vEs S a@x", "-v -E -s S", "a@x", id="cluster"),
        pytest.param("-s -- a@x", "-s --", "a@x", id="dashes-as-value"),
        pytest.param("--subject S a@x", "--subject S", "a@x", id="long"),
        pytest.param("--subject=S a@x", "--subject=S", "a@x", id="long-with-equals"),
        pytest.param("-. -s", "", "-s", id="end-of-options"),
        pytest.param("--end-options -s", "", "-s", id="end-of-options-long"),
        pytest.param("-", "", "-", id="lone-dash"),
        pytest.param("-h 3 a@x", "", "a@x", id="hops"),
        pytest.param("-h3 a@x", "", "a@x", id="hops-glued"),
        pytest.param("-h", "--help", "", id="help"),
        pytest.param("-E -v a@x", "-E -v", "a@x", id="skip-empty"),
        pytest.param("-E set a@x", "-E", "set a@x", id="no-command"),
        pytest.param("a@x -Cfile@y", "", "a@x -Cfile@y", id="address-with-dash"),
        pytest.param("-aFrom:a@x", "-a From:a@x", "", id="field"),
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
    assert arranged.options == ["--exec", "set escape", "-s", "S"]


def test_words_after_dashes_stand_apart() -> None:
    arranged = arrange(["a@x", "--", "-odq", "b@x"])
    assert arranged.recipients == ["a@x"]
    assert arranged.after_dashes == ["-odq", "b@x"]


@pytest.mark.parametrize(
    "words", ["-s", "-vs", "--subject", "a@x -r"], ids=["s", "cluster", "long", "last"]
)
def test_option_without_its_value_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="needs a value"):
        arrange(words.split())


@pytest.mark.parametrize("letter", "fueHLNpRT")
def test_options_for_reading_mail_are_refused(letter: str) -> None:
    with pytest.raises(UsageError, match="does not read it"):
        arrange([f"-{letter}"])


@pytest.mark.parametrize("letter", ["~", "#"], ids=["tilde", "hash"])
def test_options_of_later_versions_are_refused(letter: str) -> None:
    with pytest.raises(UsageError, match="not available"):
        arrange([f"-{letter}"])
