"""Edits of a mail.rc text: variables change, accounts are added, and nothing else."""

from collections.abc import Mapping
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.commands.setup.mailrc_edit import (
    add_accounts,
    is_account_name,
    quote,
    rewrite,
    synonyms,
)
from pymail.lookalikes import CORRECTIONS
from pymail.mailrc.commands import evaluate
from pymail.mailrc.state import State

TITLE = "# pymail"


def outcome(text: str) -> State:
    state = State()
    evaluate(text, "rc", state)
    return state


def changed(
    text: str, changes: Mapping[str, str | None], below: tuple[str, ...] = ()
) -> str:
    new = rewrite(text, changes, title=TITLE, below=below)
    assert new is not None
    return new


@pytest.mark.parametrize(
    ("text", "result"),
    [
        pytest.param("set from=a@x\n", "set from=b@y\n", id="plain"),
        pytest.param("  se\tfrom=a@x\n", "  se\tfrom=b@y\n", id="abbreviated"),
        pytest.param("set from=a@x", "set from=b@y", id="no-line-end"),
        pytest.param("set a from=a@x b\r\nx\r\n", "set a from=b@y b\r\nx\r\n", id="crlf"),
        pytest.param('set from="A X <a@x>" b=1\n', "set from=b@y b=1\n", id="quotes"),
        pytest.param('set "from=A X <a@x>" b=1\n', "set from=b@y b=1\n", id="around"),
        pytest.param("set from=a@x from=c@x\n", "set from=a@x from=b@y\n", id="last"),
        pytest.param("set from=a@x # mine\n", "set from=b@y # mine\n", id="remark"),
        pytest.param("set a=1 \\\n  from=a@x \\\n b\n", "set a=1 \\\n  from=b@y \\\n b\n", id="continued"),
        pytest.param("set from=\\\r\n  a@x b\r\n", "set from=b@y b\r\n", id="broken-word"),
        pytest.param("\ufeffset from=a@x\n", "\ufeffset from=b@y\n", id="mark"),
        pytest.param("set from=a@x \\", "set from=b@y \\", id="goes-on-to-the-end"),
        pytest.param("# set from=a@x\nset from=a@x\n", "# set from=a@x\nset from=b@y\n", id="remark-line"),
        pytest.param("set v15-compat=y; set from=a@x\n", "set v15-compat=y; set from=a@x\n\n# pymail\nset from=b@y\n", id="second-on-a-line"),
        pytest.param("set v15-compat=y\nset from=a@x;set b\n", "set v15-compat=y\nset from=b@y;set b\n", id="shell"),
        pytest.param("", "# pymail\nset from=b@y\n", id="empty"),
        pytest.param("set a", "set a\n\n# pymail\nset from=b@y", id="appended-without-end"),
        pytest.param("set a\r\n", "set a\r\n\r\n# pymail\r\nset from=b@y\r\n", id="appended-crlf"),
        pytest.param("set a \\\n", "set a \\\n\n# pymail\nset from=b@y\n", id="behind-a-line-that-goes-on"),
        pytest.param("set from=a@x\0\n", "set from=a@x\0\n\n# pymail\nset from=b@y\n", id="nul"),
        pytest.param(
            "account w {\n set from=a@x\n}\n",
            "account w {\n set from=a@x\n}\n\n# pymail\nset from=b@y\n",
            id="account",
        ),
        pytest.param(
            "account w {\n set from=a@x\n}\naccount w\n",
            "account w {\n set from=a@x\n}\naccount w\n\n# pymail\nset from=b@y\n",
            id="selected-account",
        ),
        pytest.param(
            "set v15-compat=y from=a@x\nset record=$from\n",
            "set v15-compat=y from=a@x\nset record=$from\n\n# pymail\nset from=b@y\n",
            id="others-hang-on-it",
        ),
        pytest.param("unset from\n", "unset from\n\n# pymail\nset from=b@y\n", id="unset"),
        pytest.param("set from=b@y\n", "set from=b@y\n", id="nothing-to-do"),
        pytest.param("environ set from=a@x\n", "environ set from=a@x\n\n# pymail\nset from=b@y\n", id="other-command"),
    ],
)  # fmt: skip
def test_value_is_changed_in_place_or_added(text: str, result: str) -> None:
    assert changed(text, {"from": "b@y"}) == result


def test_edits_beyond_the_limit_become_lines_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pymail.commands.setup.mailrc_edit._MOST_EDITS", 1)
    text = "set from=a@x\nset user=a\n"
    new = changed(text, {"from": "b@y", "user": "b"})
    assert new == f"set from=b@y\nset user=a\n\n{TITLE}\nset user=b\n"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        pytest.param("set user=a\n", "set user=b\n", id="own-name"),
        pytest.param("set smtp-auth-user=a\n", "set smtp-auth-user=b\n", id="synonym"),
        pytest.param(
            "set user=a smtp-auth-user=c\n", "set user=b smtp-auth-user=b\n", id="both"
        ),
    ],
)
def test_synonyms_are_one_variable(text: str, result: str) -> None:
    assert changed(text, {"smtp-auth-user": "b"}) == result


def test_server_is_smtp_or_mta() -> None:
    assert changed("set mta=smtp://a\n", {"smtp": "smtp://b"}) == "set mta=smtp://b\n"
    assert synonyms("mta") == synonyms("smtp") == ("smtp", "mta")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        pytest.param("set a password=x b\n", "set a b\n", id="word"),
        pytest.param("set a password=x\n", "set a \n", id="last-word"),
        pytest.param("set password=x\nset a\n", "# password was removed\nset a\n", id="line"),
        pytest.param("set password=x a\nset password=y a\n", "set a\nset a\n", id="all"),
        pytest.param("set smtp-auth-password='x y' a\n", "set a\n", id="synonym"),
        pytest.param("", "", id="absent"),
    ],
)  # fmt: skip
def test_variable_is_removed(text: str, result: str) -> None:
    assert changed(text, {"password": None}) == result


def test_value_of_a_lower_file_is_unset() -> None:
    text = changed("", {"password": None}, ("smtp-auth-password",))
    assert text == "# pymail\nunset password smtp-auth-password\n"
    assert outcome(text).unset == {"password", "smtp-auth-password"}


def test_value_of_a_sourced_file_is_unset() -> None:
    new_state = partial(State, read=lambda name: (name, "set password=x\n"))
    text = rewrite("source f\n", {"password": None}, title=TITLE, new_state=new_state)
    assert text == "source f\n\n# pymail\nunset password smtp-auth-password\n"


def test_text_that_sources_an_unknown_file_can_be_edited() -> None:
    text = rewrite("source f\n", {"from": "b@y"}, title=TITLE)
    assert text == "source f\n\n# pymail\nset from=b@y\n"


def test_chained_variable_is_found_in_any_case() -> None:
    text = "set password-Me@X.org@h=x a\n"
    assert changed(text, {"password-me@x.org@h": None}) == "set a\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("account w {\n set a\n", id="open-account"),
        pytest.param("if terminal\nset a\n", id="open-condition"),
    ],
)
def test_text_in_which_new_lines_have_no_effect_is_not_changed(text: str) -> None:
    assert rewrite(text, {"from": "b@y"}, title=TITLE) is None


@pytest.mark.parametrize("value", ["a\nb", "a\0b"])
def test_value_that_cannot_be_written_is_refused(value: str) -> None:
    assert rewrite("", {"from": value}, title=TITLE) is None


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("from=me@x.org", "from=me@x.org"),
        ("from=Me <me@x.org>", "'from=Me <me@x.org>'"),
        ("a=O'Neil", "'a=O'\"'\"'Neil'"),
        ("a=C:\\dir", "'a=C:'\\\\'dir'"),
        ("a=$x", "'a=$x'"),
        ("a=中", "'a=中'"),
    ],
)
def test_word_is_quoted_only_if_necessary(word: str, written: str) -> None:
    assert quote(word) == written


VALUES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\n\r"), min_size=1
).filter(
    lambda value: CORRECTIONS["value"](value) == (value, "")
)  # no blanks that are none


@given(VALUES, st.booleans())
def test_every_quoted_word_is_read_back_in_every_dialect(
    value: str, shell: bool
) -> None:
    begin = "set v15-compat=y\n" if shell else ""
    state = outcome(f"{begin}set {quote('name=' + value)} after=1\n")
    assert state.variables["name"].text == value
    assert "after" in state.variables


WORDS = st.sampled_from(
    [
        "from=a@x", 'from="A \\"B\\" <a@x>"', "smtp=h", "mta=smtp://h:25", "user=u",
        "smtp-auth-user='u v'", "password=p", "password='a b'", "hold", "nohold",
        "v15-compat=y", "record=$from", "nofrom", "a\\ b=c", "#x", "from=\\\n  b@x",
        "smtp-auth-password-u@h=x", "'open", "=", "from=",
    ]
)  # fmt: skip
LINES = st.one_of(
    st.lists(WORDS, max_size=4).map(lambda words: " ".join(["set", *words])),
    st.sampled_from(
        [
            "# remark", "", "alias ops a@x b@x", "account w {", "}", "unset from",
            "account w", "if terminal", "if !terminal", "else", "endif", "set a \\",
            "define m {", "call m", "wysh set from=$'x' b", "nonsense", "echo $from",
            "commandalias xx set from=c@x", "xx", "environ set user=q", "\tset user=t",
        ]
    ),
)  # fmt: skip
TEXTS = st.tuples(
    st.lists(LINES, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans()
).map(lambda made: made[1].join(made[0]) + (made[1] if made[2] else ""))
CHANGES = st.dictionaries(
    st.sampled_from(
        ["from", "smtp", "smtp-auth-user", "password", "smtp-use-starttls"]
    ),
    st.one_of(VALUES, st.none(), st.just("")),
    min_size=1,
)


def _kept_lines(text: str) -> list[str]:
    """Lines that an edit must not change."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [line for line in lines if line.startswith(("#", "alias", "account"))]


def rest(state: State, changes: Mapping[str, str | None]) -> object:
    names = {each for name in changes for each in synonyms(name)}
    return (
        {n: v.text for n, v in state.variables.items() if n not in names},
        state.unset - names,
        state.aliases,
        {n: [text for _, text in b.lines] for n, b in state.accounts.items()},
        {n: [text for _, text in b.lines] for n, b in state.macros.items()},
        state.output,
        len(state.problems),
    )


@given(TEXTS, CHANGES)
def test_new_values_take_effect_and_nothing_else_changes(
    text: str, changes: Mapping[str, str | None]
) -> None:
    new = rewrite(text, changes, title=TITLE)
    if new is None:  # nothing behind an open block or condition can count
        assert any(word in text for word in ("{", "if ", "else", "xx"))
        return
    before, after = outcome(text), outcome(new)
    for name, value in changes.items():
        found = [n for n in synonyms(name) if n in after.variables]
        if value is None:
            assert not found
        else:
            assert after.variables[found[0]].text == value
    assert rest(before, changes) == rest(after, changes)
    assert [line for line in _kept_lines(text) if line not in _kept_lines(new)] == []
    assert ("\r\n" in new) <= ("\r\n" in text)
    if text:
        assert new.endswith("\n") == text.endswith("\n")
    assert rewrite(new, changes, title=TITLE) == new


# ── accounts ────────────────────────────────────────────────────────────────

WORK = {"work": ["set from=a@x", "set smtp=y"]}


def test_new_accounts_are_appended() -> None:
    written = "account work {\n    set from=a@x\n    set smtp=y\n}\n"
    assert add_accounts("set hold\n", WORK, title=TITLE) == (
        f"set hold\n\n{TITLE}\n{written}",
        written.splitlines(),
        [],
    )


def test_existing_accounts_are_not_changed() -> None:
    text = "set hold\naccount work {\n}\n"
    added = add_accounts(text, WORK, title=TITLE)
    assert added == (text, [], ["2: account work"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("account open {\n", id="open-account"),
        pytest.param("if nonsense\n", id="open-condition"),
        pytest.param("commandalias account echo\n", id="another-account"),
    ],
)
def test_no_account_is_appended_where_it_has_no_effect(text: str) -> None:
    assert add_accounts(text, WORK, title=TITLE) is None


@pytest.mark.parametrize(
    ("name", "can"),
    [("work", True), ("me@x.org", True), ("a-b+c_d", True), ("a b", False), ("{", False), ("", False), ("a'b", False)],
)  # fmt: skip
def test_account_names_for_every_dialect(name: str, *, can: bool) -> None:
    assert is_account_name(name) is can
