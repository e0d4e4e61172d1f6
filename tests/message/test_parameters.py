import email
import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.parameters import (
    ContentType,
    legacy_parameter,
    parameter,
    parse_content_type,
    token_parameter,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("text/html", ContentType("text/html"), id="bare"),
        pytest.param(
            "Text/HTML; Charset=UTF-8", ContentType("text/html", "UTF-8"), id="case"
        ),
        pytest.param(
            ' text/html;charset="utf-8"', ContentType("text/html", "utf-8"), id="quoted"
        ),
        pytest.param(
            "text/html charset=utf-8",
            ContentType("text/html", "utf-8"),
            id="no-semicolon",
        ),
        pytest.param(
            r'multipart/mixed; boundary="a\"b c"; x=y',
            ContentType("multipart/mixed", "", (("boundary", 'a"b c'), ("x", "y"))),
            id="parameters",
        ),
        pytest.param("html", ContentType("text/plain"), id="no-type"),
        pytest.param("", ContentType("text/plain"), id="empty"),
        pytest.param("text/x; =y; z", ContentType("text/x"), id="broken"),
    ],
)
def test_a_content_type_is_parsed_leniently(text: str, kind: ContentType) -> None:
    assert parse_content_type(text) == kind


def test_a_content_type_of_one_long_word_takes_linear_time() -> None:
    assert parse_content_type("text/plain; " + "a" * 500_000).name == "text/plain"


def read(name: str, pieces: list[str]) -> str:
    field = "Content-Disposition: attachment;\r\n " + ";\r\n ".join(pieces) + "\r\n\r\n"
    message = email.message_from_string(field)
    value = message.get_param(name, header="Content-Disposition")
    assert value is not None
    return email.utils.collapse_rfc2231_value(value)


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300
)


@given(NAMES)
def test_any_value_is_read_back(value: str) -> None:
    pieces = parameter("filename", value)
    assert all(piece.isascii() and len(piece) <= 76 for piece in pieces)
    if not value.strip() or value != value.strip() or "'" in value:
        return  # the reader at hand strips and unquotes too much
    if value[0] + value[-1] in ('""', "<>"):
        return  # and unquotes what was in quotes once more
    assert read("filename", pieces) == value


@pytest.mark.parametrize(
    ("value", "pieces"),
    [
        pytest.param("a.txt", ['filename="a.txt"'], id="plain"),
        pytest.param('a"b\\.txt', [r'filename="a\"b\\.txt"'], id="quotes"),
        pytest.param("中.txt", ["filename*=utf-8''%E4%B8%AD.txt"], id="chinese"),
        pytest.param(
            "n" * 58, [f'filename*0="{"n" * 57}"', 'filename*1="n"'], id="long"
        ),
        pytest.param(
            "中" * 7,
            ["filename*0*=utf-8''" + "%E4%B8%AD" * 6, "filename*1*=%E4%B8%AD"],
            id="long-chinese",
        ),
    ],
)
def test_a_parameter_is_written_so(value: str, pieces: list[str]) -> None:
    assert parameter("filename", value) == pieces


def test_old_readers_get_encoded_words_in_quotes() -> None:
    assert legacy_parameter("name", 'a"b') == [r'name="a\"b"']
    (written,) = legacy_parameter("name", "中" * 30)
    assert written.startswith('name="=?utf-8?B?')
    assert all(len(line) <= 78 for line in written.split("\r\n"))


def test_tokens_need_no_quotes() -> None:
    assert token_parameter("charset", "utf-8") == ["charset=utf-8"]
    assert token_parameter("boundary", "=_a") == ['boundary="=_a"']
