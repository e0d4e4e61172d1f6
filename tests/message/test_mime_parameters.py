import email
import email.utils
from email import message_from_bytes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.message.mime_parameters import (
    ContentType,
    content_type_field,
    make_legacy_parameter,
    make_parameter,
    make_token_parameter,
    parse_content_type,
    rewrite_field,
)

# fmt: off
TYPES: dict[str, tuple[Any, ...]] = {
    "bare": ("text/html", ContentType("text/html")),
    "case": ("Text/HTML; Charset=UTF-8", ContentType("text/html", "UTF-8")),
    "quoted": (' text/html;charset="utf-8"', ContentType("text/html", "utf-8")),
    "no-semicolon": ("text/html charset=utf-8", ContentType("text/html", "utf-8")),
    "parameters": (r'multipart/mixed; boundary="a\"b c"; x=y', ContentType("multipart/mixed", "", (("boundary", 'a"b c'), ("x", "y")))),
    "in-pieces": ('multipart/mixed; boundary*1=y; x=z; boundary*0="x "', ContentType("multipart/mixed", "", (("x", "z"), ("boundary", "x y")))),
    "charset-by-rfc-2231": ("text/plain; charset*=us-ascii'en'gb%6B; name*=gbk''a%D5", ContentType("text/plain", "gbk", (("name*", "gbk''a%D5"),))),
    "no-type": ("html", ContentType("text/plain")),
    "endless": ("text/" + "x" * 128, ContentType("text/plain")),
    "empty": ("", ContentType("text/plain")),
    "broken": ("text/x; =y; z", ContentType("text/x")),
}
# fmt: on


@pytest.mark.parametrize(("text", "kind"), TYPES.values(), ids=TYPES)
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
def test_any_value_decodes_to_itself(value: str) -> None:
    pieces = make_parameter("filename", value)
    assert all(piece.isascii() and len(piece) <= 76 for piece in pieces)
    if not value.strip() or value != value.strip() or "'" in value:
        return  # Python's parser strips and unquotes too much
    if value[0] + value[-1] in ('""', "<>"):
        return  # and unquotes twice
    assert read("filename", pieces) == value


# fmt: off
PARAMETERS: dict[str, tuple[Any, ...]] = {
    "plain": ("a.txt", ['filename="a.txt"']),
    "quotes": ('a"b\\.txt', [r'filename="a\"b\\.txt"']),
    "chinese": ("中.txt", ["filename*=utf-8''%E4%B8%AD.txt"]),
    "long": ("n" * 58, [f'filename*0="{"n" * 57}"', 'filename*1="n"']),
    "long-chinese": ("中" * 7, ["filename*0*=utf-8''" + "%E4%B8%AD" * 6, "filename*1*=%E4%B8%AD"]),
}
# fmt: on


@pytest.mark.parametrize(("value", "pieces"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameter_is_written_by_rfc_2231(value: str, pieces: list[str]) -> None:
    assert make_parameter("filename", value) == pieces


def test_old_mail_programs_get_encoded_words_in_quotes() -> None:
    assert make_legacy_parameter("name", 'a"b') == [r'name="a\"b"']
    (written,) = make_legacy_parameter("name", "中" * 30)
    assert written.startswith('name="=?utf-8?B?')
    assert all(len(line) <= 78 for line in written.split("\r\n"))


def test_tokens_need_no_quotes() -> None:
    assert make_token_parameter("charset", "utf-8") == ["charset=utf-8"]
    assert make_token_parameter("boundary", "=_a") == ['boundary="=_a"']


def test_parameters_by_rfc_2231_stay_unchanged() -> None:
    name = "utf-8''%C3%BC" + "n" * 60
    text = f"text/plain; name*0*={name}; name*1=b; x*={name}; charset=utf-8"
    field = content_type_field(parse_content_type(text))
    message = message_from_bytes(field + b"\r\n")
    assert message.get_filename() == "ü" + "n" * 60 + "b"
    assert f"x*={name}".encode() in field


LONG_NAME = "n" * 1200
REWRITTEN = {
    "as-it-is": ('attachment; filename="a b"; x=1', None),
    "umlauts": ('attachment; filename="Übersicht 1.pdf"; x=1', "Übersicht 1.pdf"),
    "no-quotes": ("attachment; filename=Über 1.pdf", "Über 1.pdf"),
    "quoted-pairs": (r'attachment; filename="Ü \"a\\b\";c.pdf"', 'Ü "a\\b";c.pdf'),
    "no-end": ('attachment; filename="Ü.pdf', "Ü.pdf"),
    "long": (f'attachment; filename="{LONG_NAME}"', LONG_NAME),
    "starred": ("attachment; filename*=utf-8''%41Ü.pdf", "AÜ.pdf"),
    "starred-long": (f"attachment; filename*=utf-8''{'%41' * 400}", "A" * 400),
    "starred-pieces": ("attachment; filename*0*=utf-8''Ü; filename*1=b.pdf", "Üb.pdf"),
    "both": (
        "attachment; filename=Ü.pdf; filename*=utf-8''%C3%9C.txt",
        "=?utf-8?B?w5wucGRm?=",
    ),
    "empty": ("attachment;; filename=Ü", "Ü"),
}


@pytest.mark.parametrize(("body", "name"), REWRITTEN.values(), ids=REWRITTEN)
def test_parameter_unfit_for_the_wire_is_encoded_by_rfc_2231(
    body: str, name: str | None
) -> None:
    field = rewrite_field("Content-Disposition", body)
    assert field is not None
    assert field.isascii()
    assert max(map(len, field.split(b"\r\n"))) <= 998
    message = message_from_bytes(field + b"\r\n")
    assert message.get_content_disposition() == "attachment"
    if name is None:
        assert field == f"Content-Disposition: {body}\r\n".encode()
    else:
        assert message.get_filename() == name


@pytest.mark.parametrize(
    ("name", "body"),
    [
        pytest.param("Content-Disposition", "Ü", id="no-token"),
        pytest.param("Content-Disposition", "attachment; Ü.pdf", id="no-name"),
        pytest.param("Content-Disposition", "", id="nothing"),
        pytest.param("Content-Type", "Ü", id="no-type"),
    ],
)
def test_field_not_made_of_parameters_is_not_rewritten(name: str, body: str) -> None:
    assert rewrite_field(name, body) is None or not body


def test_type_without_semicolons_is_written_with_them() -> None:
    field = rewrite_field("Content-Type", "text/html charset=utf-8 name=Ü.html")
    assert field is not None
    message = message_from_bytes(field + b"\r\n")
    assert message.get_content_charset() == "utf-8"
    assert message.get_filename() == "Ü.html"


def test_boundary_stays_in_one_piece() -> None:
    for boundary in ("b" * 70, "b " * 34 + "b"):
        kind = ContentType("multipart/mixed", parameters=(("boundary", boundary),))
        field = content_type_field(kind)
        assert message_from_bytes(field + b"\r\n").get_boundary() == boundary
        assert b"boundary*" not in field
