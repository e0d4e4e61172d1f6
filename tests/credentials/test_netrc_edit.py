"""An edit of a netrc changes one entry; the rest stays as written."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.credentials.netrc import (
    Entry,
    parse,
    parse_with_places,
    quote,
    with_entry,
    without_entry,
)
from pymail.secret import Secret

HOST, USER = "smtp.example.com", "me@example.com"
LINE = f"machine {HOST} login {USER} password new\n"
OTHER = "machine other login x password y\n"
ENTRY = f"machine {HOST} login {USER} password old"

PUT = {
    "first": ("", LINE),
    "another": (OTHER, OTHER + LINE),
    "end-without-newline": (OTHER.strip(), OTHER + LINE),
    "remarks": (f"# mine\n\n{OTHER}# end\n", f"# mine\n\n{OTHER}# end\n{LINE}"),
    "replaced": (f"{OTHER}{ENTRY}\n{OTHER}", f"{OTHER}{LINE}{OTHER}"),
    "replaced-whatever-case": (
        ENTRY.replace("smtp", "SMTP"),
        LINE.replace("smtp", "SMTP").strip(),
    ),
    "replaced-among-remarks": (
        f"machine {HOST} # old\n\tlogin {USER} # mine\n\tpassword 'old' # x\n",
        f"machine {HOST} # old\n\tlogin {USER} # mine\n\tpassword new # x\n",
    ),
    "replaced-quotation": (
        ENTRY.replace("old", r'"a \" b"') + " account z",
        LINE.strip() + " account z",
    ),
    "replaced-last-of-two": (f"{ENTRY} password older", f"{ENTRY} password new"),
    "cut-off": (f"machine {HOST} login {USER} password", LINE.strip()),
    "without-password": (
        f"machine {HOST} login {USER}\n",
        f"machine {HOST} login {USER}\n{LINE}",
    ),
    "before-default": (
        f"{OTHER}default password z\n",
        f"{OTHER}{LINE}default password z\n",
    ),
    "before-any-login": (
        f"{OTHER.strip()} machine {HOST} password z",
        f"{OTHER.strip()} {LINE}machine {HOST} password z",
    ),
    "after-a-macro": ("macdef init\n cd\n\n", f"macdef init\n cd\n\n{LINE}"),
    "carriage-returns": ("# mine\r\n", f"# mine\r\n{LINE}"),
}


@pytest.mark.parametrize(("text", "expected"), PUT.values(), ids=PUT)
def test_entry_is_added_or_replaced(text: str, expected: str) -> None:
    assert with_entry(text, USER, HOST, Secret("new")) == expected


MISSHAPEN = {
    "unfinished-word": "machine x login",
    "unfinished-quotation": 'machine x login y password "z',
    "backslash-at-the-end": "machine x login y password z\\",
    "unfinished-macro": "macdef init\n cd\n",
    "words-before-everything": "password",
}


@pytest.mark.parametrize("text", MISSHAPEN.values(), ids=MISSHAPEN)
def test_text_that_would_swallow_the_entry_is_not_changed(text: str) -> None:
    with pytest.raises(ValueError, match="no entry can be added"):
        with_entry(text, USER, HOST, Secret("two words"))


REMOVED = {
    "nothing": (OTHER, OTHER),
    "line": (f"# a\n{ENTRY}\n{OTHER}", f"# a\n{OTHER}"),
    "only": (f"{ENTRY}\n", ""),
    "last-without-newline": (f"{OTHER}{ENTRY}", OTHER),
    "several-lines": (f"machine {HOST}\n login {USER}\n password x\n{OTHER}", OTHER),
    "remarks-stay": (
        f"machine {HOST} # a\n login {USER}\n # b\n password x # c\n",
        " # a\n # b\n  # c\n",
    ),
    "shared-line": (f"{OTHER.strip()} {ENTRY} {OTHER}", f"{OTHER.strip()}  {OTHER}"),
    "every-one": (f"{ENTRY}\n{OTHER}{ENTRY}\n", OTHER),
    "not-of-everybody": (
        f"machine {HOST} password x\ndefault password y\n",
        f"machine {HOST} password x\ndefault password y\n",
    ),
    "not-of-others": (ENTRY.replace("me@", "you@"), ENTRY.replace("me@", "you@")),
}


@pytest.mark.parametrize(("text", "expected"), REMOVED.values(), ids=REMOVED)
def test_entry_is_removed(text: str, expected: str) -> None:
    assert without_entry(text, USER, HOST) == expected


ANY_WORD = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"))
WORD = ANY_WORD.filter(bool)
LINES = st.lists(
    st.one_of(
        st.builds("# {}".format, ANY_WORD),
        st.just(""),
        st.builds(
            "machine {} login {} password {}".format,
            *[WORD.map(quote)] * 3,
        ),
    )
).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(LINES, WORD, WORD, ANY_WORD)
def test_any_secret_is_read_back(text: str, user: str, host: str, secret: str) -> None:
    new = with_entry(text, user, host, Secret(secret))
    [first, *_] = [e for e in parse(new) if (e.user, e.machine) == (user, host)]
    assert first.password == Secret(secret)
    assert [line for line in text.split("\n") if line.startswith("#")] == [
        line for line in new.split("\n") if line.startswith("#")
    ]


@given(LINES, WORD, WORD, ANY_WORD)
def test_added_entry_can_be_removed(
    text: str, user: str, host: str, secret: str
) -> None:
    text = without_entry(text, user, host)
    new = with_entry(text, user, host, Secret(secret))
    assert without_entry(new, user, host) == text


SOUP = st.lists(
    st.sampled_from(
        [
            *("machine", "login", "password", "default", "macdef", HOST, USER),
            *('"', "\\", " ", "\n", "#", "\r", f"\nmachine {HOST} login {USER}\n"),
        ]
    ),
    max_size=25,
).map("".join)


@given(SOUP)
def test_entries_of_other_logins_stay_in_any_text(text: str) -> None:
    def others(text: str) -> list[Entry]:
        return [e for e in parse(text) if (e.user, e.machine) != (USER, HOST)]

    new = without_entry(text, USER, HOST)
    assert list(parse(new)) == others(text)
    with suppress(ValueError):
        assert others(with_entry(text, USER, HOST, Secret("x y"))) == others(text)


def test_plain_words_are_not_quoted() -> None:
    assert (quote(USER), quote("密码")) == (USER, '"密码"')


def test_parsed_entries_show_no_password() -> None:
    assert "old" not in repr(list(parse_with_places(ENTRY)))
