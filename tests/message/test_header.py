import email
import email.policy
import re
import string
from email.utils import getaddresses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymail.address.mailbox import Mailbox, format_mailbox, parse_list
from pymail.errors import MessageError
from pymail.message import encoded_words, fields, header

LINE_ENDS = "\r\n\0\v\f\x1c\x1d\x1e\x85\u2028\u2029"


def unfolded(field: bytes) -> str:
    assert field.endswith(b"\r\n")
    assert b"\n" not in re.sub(rb"\r\n(?=[ \t])", b"", field)[:-2]
    return field[:-2].replace(b"\r\n", b"").decode()


def body(field: bytes) -> str:
    """Return the body as written."""
    return unfolded(field).partition(":")[2][1:]


def shown(field: bytes) -> str:
    return encoded_words.decode(body(field))


@pytest.mark.parametrize("end", [*LINE_ENDS, "\r\n"], ids=ascii)
def test_no_line_end_survives_in_a_field(end: str) -> None:
    field = header.make_field("Subject", f"a{end}Bcc: evil@example.com")
    assert field == b"Subject: a Bcc: evil@example.com\r\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("=?utf-8?q?x=0D=0ABcc:_evil@example.com?= é", id="quoted"),
        pytest.param("=?utf-8?b?eApCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=", id="base64"),
        pytest.param("=?utf-8?q?x=E2=80=A8Bcc:_evil@example.com?=", id="separator"),
    ],
)
def test_a_line_end_in_an_encoded_word_is_cleaned(text: str) -> None:
    field = header.make_field("Subject", text)
    assert shown(field).removesuffix(" é") == "x Bcc: evil@example.com"


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        pytest.param("hello", "hello", id="plain"),
        pytest.param("a\tb  c", "a\tb  c", id="blanks"),
        pytest.param("", "", id="empty"),
        pytest.param(" \t ", "", id="only-blanks"),
        pytest.param("re: x ", "re: x ", id="trailing"),
        pytest.param("Re: 中文 ok", "Re: =?utf-8?B?5Lit5paH?= ok", id="middle"),
        pytest.param("é ", "=?utf-8?B?w6kg?=", id="encoded-trailing"),
        pytest.param("  é", "=?utf-8?Q?__=C3=A9?=", id="encoded-leading"),
        pytest.param("a  é", "a =?utf-8?B?IMOp?=", id="two-blanks"),
        pytest.param("=?utf-8?B?5Lit 5paH ?=", "=?utf-8?B?5Lit5paH?=", id="torn"),
        pytest.param("a=?b", "=?utf-8?Q?a=3D=3Fb?=", id="like-a-word"),
        pytest.param("=?utf-8?B?5Lit5paH?=", "=?utf-8?B?5Lit5paH?=", id="a-word"),
        pytest.param("\x1b[1m", "=?utf-8?Q?=1B=5B1m?=", id="escape"),
        pytest.param("caf\udce9 x", "=?utf-8?B?Y2Fmw6k=?= x", id="latin-octets"),
        pytest.param(
            "\udcd6\udcd0\udcce\udcc4", "=?utf-8?B?5Lit5paH?=", id="gb-octets"
        ),
        pytest.param("\ud800x", "?x", id="lone-surrogate"),
    ],
)
def test_a_subject_is_encoded_where_needed(text: str, wire: str) -> None:
    assert (
        header.make_field("Subject", text)
        == f"Subject: {wire}".rstrip(" " if not wire else "").encode() + b"\r\n"
    )


@pytest.mark.parametrize(
    ("charsets", "start"),
    [
        pytest.param(("iso-8859-1", "utf-8"), "=?iso-8859-1?", id="first"),
        pytest.param(("us-ascii", "iso-8859-5"), "=?utf-8?", id="none-holds-it"),
        pytest.param(("nonsense", "utf-16", "latin1"), "=?iso-8859-1?", id="unusable"),
    ],
)
def test_the_first_charset_that_holds_the_text_is_used(
    charsets: tuple[str, ...], start: str
) -> None:
    assert body(header.make_field("Subject", "évènement", charsets)).startswith(start)


@given(
    st.text(st.sampled_from("ab \t中é=?_\x07" + string.ascii_letters), max_size=400),
    st.sampled_from([(), ("iso-8859-1",), ("gb18030", "utf-8"), ("iso-2022-jp",)]),
)
def test_every_subject_arrives_in_short_lines(
    text: str, charsets: tuple[str, ...]
) -> None:
    field = header.make_field("Subject", text, charsets)
    assert max(map(len, field.split(b"\r\n"))) <= 78 + len(text) - len(text.rstrip())
    meant = encoded_words.decode(text)
    assert shown(field).rstrip(" \t") == (meant if meant.strip(" \t") else "").rstrip(
        " \t"
    )


@given(st.text(max_size=300), st.sampled_from(["Subject", "X-Any", "To", "References"]))
def test_no_text_adds_a_line_to_the_header(text: str, name: str) -> None:
    field = header.make_field(name, text)
    message = email.message_from_bytes(field + b"\r\nbody")
    assert message.keys() == [name]
    assert message.get_payload() == "body"
    assert max(map(len, field.split(b"\r\n"))) <= 998


@given(st.text(st.sampled_from("ab中é x"), min_size=1, max_size=200))
def test_the_standard_library_reads_the_same_subject(text: str) -> None:
    message = email.message_from_bytes(
        header.make_field("Subject", text) + b"\r\n", policy=email.policy.default
    )
    squeezed = " ".join(str(message["Subject"]).split(" "))
    assert squeezed.split() == text.split()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("w" * 3000, id="one-word"),
        pytest.param("word " * 1000, id="many-words"),
        pytest.param("x" + " " * 2000, id="trailing-blanks"),
        pytest.param("x" + " " * 2000 + "y", id="inner-blanks"),
        pytest.param("é" + " " * 2000 + "y", id="blanks-after-encoded"),
        pytest.param("a " * 33 + "é " * 40 + "x", id="no-room-on-the-line"),
    ],
)
def test_long_subjects_arrive_in_short_lines(text: str) -> None:
    field = header.make_field("Subject", text)
    assert max(map(len, field.split(b"\r\n"))) <= 78
    assert shown(field) == text


def test_a_long_word_of_another_field_is_left_alone_while_it_fits() -> None:
    url = "https://example.com/" + "x" * 500
    assert header.make_field("X-Url", url) == f"X-Url: {url}\r\n".encode()


# fmt: off
MAILBOXES: dict[str, tuple[Any, ...]] = {
    "bare": (Mailbox("a@example.com"), "a@example.com"),
    "atoms": (Mailbox("a@example.com", "Ann Lee"), "Ann Lee <@>"),
    "quoted": (Mailbox("a@example.com", "A. Lee"), '"A. Lee" <@>'),
    "escaped": (Mailbox("a@example.com", 'a "b" \\c'), r'"a \"b\" \\c" <@>'),
    "chinese": (Mailbox("a@example.com", "告警系统"), "=?utf-8?B?5ZGK6K2m57O757uf?= <@>"),
    "encoded-already": (Mailbox("a@example.com", "=?utf-8?B?5Lit5paH?= x"), "=?utf-8?B?5Lit5paH?= x <@>"),
    "no-word": (Mailbox("a@example.com", "=?x?="), "=?utf-8?B?PT94Pz0=?= <@>"),
    "crlf": (Mailbox("a@example.com", "x\r\nBcc: y"), '"x Bcc: y" <@>'),
    "crlf-in-address": (Mailbox("a@example.com\r\nBcc: b@x"), "a@example.com Bcc: b@x"),
    "idn": (Mailbox("a@bücher.example", "A"), "A <a@xn--bcher-kva.example>"),
    "not-ascii": (Mailbox("用户@例子.example", "n"), "n <用户@例子.example>"),
}
# fmt: on


@pytest.mark.parametrize(("mailbox", "wire"), MAILBOXES.values(), ids=MAILBOXES)
def test_a_mailbox_is_encoded_where_needed(mailbox: Mailbox, wire: str) -> None:
    written = body(header.make_address_field("To", [mailbox]))
    assert written == wire.replace("<@>", "<a@example.com>")


NAMES = st.text(st.sampled_from("ab.,\"\\'()<>@;: 中é\x07=?"), max_size=120)


@given(st.lists(NAMES, min_size=1, max_size=8))
def test_every_name_arrives_beside_its_address(names: list[str]) -> None:
    boxes = [Mailbox(f"a{n}@example.com", name) for n, name in enumerate(names)]
    field = header.make_address_field("To", boxes)
    assert max(map(len, field.split(b"\r\n"))) <= 78
    read = getaddresses([body(field)])
    assert [address for _, address in read] == [box.address for box in boxes]
    found = [encoded_words.decode(name) for name, _ in read]
    assert found == [name.strip(" \t") for name in names]


def test_ten_thousand_recipients_fold() -> None:
    boxes = [Mailbox(f"user{n}@example.com", f"User {n}") for n in range(10_000)]
    field = header.make_address_field("To", boxes)
    assert max(map(len, field.split(b"\r\n"))) <= 78
    assert len(getaddresses([body(field)])) == 10_000


def test_a_long_atom_in_a_name_is_encoded() -> None:
    field = header.make_address_field(
        "To", [Mailbox("a@example.com", "x" * 200 + " y")]
    )
    assert max(map(len, field.split(b"\r\n"))) <= 78


def test_an_endless_address_is_refused() -> None:
    with pytest.raises(MessageError, match="too long"):
        header.make_address_field("To", [Mailbox("a" * 2000 + "@example.com")])
    with pytest.raises(MessageError, match="too long"):
        header.make_address_field("To", [Mailbox("a@example.com"), Mailbox("a" * 2000)])


# fmt: off
ADDRESSES: dict[str, tuple[Any, ...]] = {
    "ascii": ("Ana <a@example.com>", "Ana <a@example.com>"),
    "tight": ("中文<a@example.com>", "=?utf-8?B?5Lit5paH?= <a@example.com>"),
    "quoted": ('"中文" <a@b.example>,c@d.example', "=?utf-8?B?5Lit5paH?= <a@b.example>, c@d.example"),
    "comment": ("a@b.example (中文)", "a@b.example (=?utf-8?B?5Lit5paH?=)"),
    "raw-address": ("用户@b.example", "用户@b.example"),
    "raw-angle": ("<用户@b.example>", "<用户@b.example>"),
    "open-quote": ('"中文', "=?utf-8?B?5Lit5paH?="),
    "idn": ("a@bücher.example", "a@xn--bcher-kva.example"),
    "route": ("<@b.example,@bücher.example:a@bücher.example>", "<@b.example,@xn--bcher-kva.example:a@xn--bcher-kva.example>"),
    "no-domain": (f"<a@{'ü' * 70}>", f"<a@{'ü' * 70}>"),
    "group": ("Größe: Jörg M <a@b.example>,c@b.example;", "=?utf-8?B?R3LDtsOfZQ==?=: =?utf-8?Q?J=C3=B6rg_M?= <a@b.example>, c@b.example;"),
    "quoted-pairs": (r'"Ü \"x\"" <a@b.example> (Köln \(alt\) (neu))', "=?utf-8?B?w5wgIngi?= <a@b.example> (=?utf-8?B?S8O2bG4gKGFsdCkgKG5ldSk=?=)"),
    "long-comment": (f"({'ü' * 30}) a@b.example", "(=?utf-8?B?w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8?= =?utf-8?B?w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8?=) a@b.example"),
    "torn-word": ("=?utf-8?B?5Lit 5paH?= <a@b.example>", "=?utf-8?B?5Lit5paH?= <a@b.example>"),
    "comma-first": (",a@b.example", ", a@b.example"),
    "comment-in-ascii": ("a@b.example (Ann Lee), ü@b.example", "a@b.example (Ann Lee), ü@b.example"),
}
# fmt: on


@pytest.mark.parametrize(("text", "wire"), ADDRESSES.values(), ids=ADDRESSES)
def test_unparsed_addresses_are_encoded_where_needed(text: str, wire: str) -> None:
    field = header.make_field("Reply-To", text)
    assert body(field) == wire
    assert max(map(len, field.split(b"\r\n"))) <= 160


def test_parameters_of_a_field_are_not_encoded_words() -> None:
    field = header.make_field("Content-Disposition", 'attachment; filename="é"')
    assert field == b"Content-Disposition: attachment; filename*=utf-8''%C3%A9\r\n"
    field = header.make_field("Content-Disposition", "é")
    assert field == b"Content-Disposition: =?utf-8?B?w6k=?=\r\n"


def test_identifiers_are_not_encoded() -> None:
    ids = "<" + "x" * 90 + "@example.com> <b@example.com>"
    field = header.make_field("References", ids)
    assert body(field) == ids
    assert b"\r\n <b@" in field


@pytest.mark.parametrize(
    ("text", "field"),
    [
        pytest.param("X-A: one", ("X-A", "one"), id="plain"),
        pytest.param("From:me@example.org", ("From", "me@example.org"), id="glued"),
        pytest.param("X-A : a:b", ("X-A", "a:b"), id="blank"),
        pytest.param("X-A:", ("X-A", ""), id="empty"),
        pytest.param("X-A: a\r\nBcc: b", ("X-A", "a Bcc: b"), id="newline"),
    ],
)
def test_a_field_is_split_at_its_colon(text: str, field: tuple[str, str]) -> None:
    assert fields.parse_field(text) == field


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("no colon", id="no-colon"),
        pytest.param(": x", id="no-name"),
        pytest.param("X A: x", id="blank-in-name"),
        pytest.param("Ä: x", id="not-ascii"),
        pytest.param("X\nBcc: x", id="newline-in-name"),
    ],
)
def test_invalid_field_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        fields.parse_field(text)


def test_custom_fields_are_split_at_commas_without_backslash() -> None:
    found, problems = fields.split_custom(r"X-A: one\, two, X-B: three,")
    assert found == (("X-A", "one, two"), ("X-B", "three"))
    assert problems == ()
    assert fields.split_custom("") == ((), ())


def test_invalid_custom_field_does_not_stop_the_others() -> None:
    found, problems = fields.split_custom("X-A: one, two, X B: three")
    assert found == (("X-A", "one"),)
    assert problems == (
        "not a header field, `Name: value`: 'two'",
        "not a header field name: 'X B'",
    )


# fmt: off
SUBJECTS: dict[str, tuple[Any, ...]] = {
    "plain": ("plain", ("plain", ())),
    "html": ("S\nContent-Type: text/html", ("S", (("Content-Type", "text/html"),))),
    "all-three": ("S\r\nMIME-Version: 1.0\r\ncontent-type:text/html;charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", ("S", (("Content-Type", "text/html;charset=utf-8"),))),
    "bcc": ("S\nBcc: b@example.com", ("S Bcc: b@example.com", ())),
    "blanks": ("  S ", ("  S ", ())),
}
# fmt: on


@pytest.mark.parametrize(("subject", "split"), SUBJECTS.values(), ids=SUBJECTS)
def test_only_a_content_type_is_extracted_from_a_subject(
    subject: str, split: tuple[str, tuple[tuple[str, str], ...]]
) -> None:
    assert fields.split_subject_trick(subject) == split


@given(st.lists(NAMES, min_size=1, max_size=5), st.sampled_from([", ", ","]))
def test_every_address_of_a_text_arrives_with_its_name(
    names: list[str], comma: str
) -> None:
    boxes = [
        Mailbox(f"a{n}@bücher.example", name.strip().replace("\x07", ""))
        for n, name in enumerate(names)
    ]
    text = comma.join(map(format_mailbox, boxes))
    if parse_list(text) != tuple(boxes):
        return  # a name that reads as something else
    read = parse_list(body(header.make_field("To", text)))
    assert [box.address for box in read] == [
        f"a{n}@xn--bcher-kva.example" for n in range(len(names))
    ]
    found = [encoded_words.decode(box.name).split() for box in read]
    assert found == [encoded_words.decode(box.name).split() for box in boxes]


def test_invalid_addresses_are_folded_too() -> None:
    written = header.make_field("Cc", "," * 3000 + " a@example.com")
    assert max(map(len, written.split(b"\r\n"))) < 998
    assert written.count(b",") == 3000
