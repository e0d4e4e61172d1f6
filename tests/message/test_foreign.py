"""Repair of foreign messages: unchanged if fit for the wire, else encoded."""

from base64 import b64encode
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pymail.errors import MessageError
from pymail.message import foreign, raw_message
from pymail.message.byte_source import BLOCK_OCTETS, InMemory
from pymail.message.encoding_repair import RewrittenLines
from tests.message.wire import octets_of

CHINESE = "数据库备份\n".encode()
LONG = b"word " * 400 + b"\n"


def finish(text: bytes) -> foreign.ForeignMessage:
    return foreign.finish_message(raw_message.parse_message(InMemory(text)).public())


def mail(message: foreign.ForeignMessage) -> EmailMessage:
    parsed = message_from_bytes(b"".join(message.chunks()), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


# fmt: off
LABELS = {
    "none": (b"A: b\n\n" + CHINESE, "utf-8"),
    "cronie": (b"Content-Type: text/plain; charset=ANSI_X3.4-1968\n\n" + CHINESE, "utf-8"),
    "cronie-in-eight-bits": (b"Content-Type: text/plain; charset=ANSI_X3.4-1968\nContent-Transfer-Encoding: 8bit\n\n" + CHINESE, "utf-8"),
    "true": (b"Content-Type: text/plain; charset=GBK\n\n" + "你好\n".encode("gbk"), "gbk"),
    "believed": (b"Content-Type: text/plain; charset=latin1\n\n" + CHINESE, "latin1"),
    "not-known-here": (b"Content-Type: text/plain; charset=x-mac\n\n" + CHINESE, "x-mac"),
    "false": (b"Content-Type: text/html; charset=utf-8\n\n\xe9t\xe9 a\n", "iso-8859-1"),
}
# fmt: on


@pytest.mark.parametrize(("text", "charset"), LABELS.values(), ids=LABELS)
def test_text_is_labelled_with_its_charset(text: bytes, charset: str) -> None:
    message = finish(text)
    sent = b"".join(message.chunks())
    assert message.facts.eight_bit
    assert sent.endswith(text.partition(b"\n\n")[2].replace(b"\n", b"\r\n"))
    read = mail(message)
    assert read.get_content_charset() == charset
    assert read["Content-Transfer-Encoding"] == "8bit"
    assert read["MIME-Version"] == "1.0"


def test_other_parameters_of_the_type_stay() -> None:
    text = b"Content-Type: text/plain; charset=us-ascii; format=flowed\n\n" + CHINESE
    assert mail(finish(text)).get_param("format") == "flowed"


def test_ascii_gets_no_label() -> None:
    assert mail(finish(b"A: b\n\ntext\n")).keys() == ["A"]


def test_text_is_encoded_for_servers_without_8bitmime() -> None:
    message = finish(b"A: b\n\n" + CHINESE).seven_bit()
    assert b"".join(message.chunks()).isascii()
    assert mail(message).get_content() == CHINESE.decode().replace("\n", "\r\n")
    assert message.seven_bit() is message


CONTENT = {
    "long-line": (LONG, b"quoted-printable"),
    "lone-cr": (b"a\rb\n", b"quoted-printable"),
    "nul": (b"a\0b\n", b"base64"),
}


@pytest.mark.parametrize(("text", "encoding"), CONTENT.values(), ids=CONTENT)
def test_text_unfit_for_the_wire_is_encoded(text: bytes, encoding: bytes) -> None:
    message = finish(b"Content-Transfer-Encoding: 7bit\n\n" + text)
    read = mail(message)
    assert read["Content-Transfer-Encoding"].encode() == encoding
    payload = read.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.replace(b"\r\n", b"\n") == text


def test_a_binary_picture_becomes_base64() -> None:
    picture = bytes(range(256))
    header = b"Content-Type: image/png\nContent-Transfer-Encoding: binary\n\n"
    read = mail(finish(header + picture))
    assert read.get_payload(decode=True) == picture
    assert read.get_content_type() == "image/png"


PARTS = b"""\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="x"

preamble
--x
Content-Type: %s
Content-Transfer-Encoding: %s

%s
--x
Content-Type: text/plain

last
--x--
epilogue
"""


def parts(kind: str, encoding: str, text: bytes) -> bytes:
    return PARTS % (kind.encode(), encoding.encode(), text)


def leaves(message: foreign.ForeignMessage) -> list[EmailMessage]:
    return [part for part in mail(message).walk() if not part.is_multipart()]


def data(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.replace(b"\r\n", b"\n")


def check_lines(message: foreign.ForeignMessage) -> bytes:
    """Check that its lines are valid and its facts are true."""
    sent = octets_of(message)
    assert b"\0" not in sent
    assert max(map(len, sent.split(b"\r\n"))) <= 998
    assert message.facts.eight_bit is not sent.partition(b"\r\n\r\n")[2].isascii()
    return sent


WORDS = "Größe 数据库 ".encode()
# fmt: off
CONTENTS = {
    "long-text": ("text/plain; charset=utf-8", "8bit", WORDS * 100),
    "long-html": ("text/html; charset=utf-8", "", b"<p>" + WORDS * 100 + b"</p>"),
    "long-csv": ("text/csv", "7bit", b";".join(b"%d" % n for n in range(900))),
    "long-json": ("application/json", "", b'{"a": [' + b"1, " * 900 + b"2]}"),
    "unknown-type": ("x", "", b"x" * 3000),
    "nul": ("text/plain", "7bit", b"a\0b"),
    "lone-cr": ("text/plain", "7bit", b"a\rb\n\rc"),
    "utf-16": ("text/plain; charset=utf-16", "", "数据".encode("utf-16")),
    "base64-in-one-line": ("image/png", "base64", b64encode(bytes(range(256)) * 9)),
    "base64-longer-than-a-block": ("image/png", "base64", b64encode(WORDS * 40_000)),
    "base64-and-a-footer": (*("image/png", "base64"), b64encode(WORDS * 3) + b"\n-- \n" + b"list " * 300),
    "base64-with-cr": ("text/plain", "base64", b"5pWw5o2u\r5bqT\r"),
    "long-printable": ("text/plain; charset=utf-8", "quoted-printable", b"=C3=BC" * 400),
    "printable-longer-than-a-block": ("text/html", "quoted-printable", b"=3D" * 90_001),
    "softly-broken": ("text/plain", "quoted-printable", b"a" * 998 + b"=3D=\nb="),
    "printable-with-octets": ("text/plain; charset=utf-8", "quoted-printable", b"=41 " + WORDS + b"\r\n.\n"),
    "printable-with-nul": ("text/plain", "quoted-printable", b"=41\0\rb"),
    "uuencode": ("text/plain", "x-uuencode", b"begin 644 a\n#0V%T\n`\nend"),
    "unknown-encoding": ("application/x-y", "x-unknown", b"a" * 2000),
}
# fmt: on


@pytest.mark.parametrize("seven", [False, True], ids=["8bit", "7bit"])
@pytest.mark.parametrize(("kind", "encoding", "text"), CONTENTS.values(), ids=CONTENTS)
def test_part_decodes_to_the_same_octets(
    kind: str, encoding: str, text: bytes, seven: bool
) -> None:
    written = parts(kind, encoding, text)
    was = message_from_bytes(written, policy=policy.default)
    expected = [data(p) for p in was.walk() if not p.is_multipart()]
    message = finish(written)
    message = message.seven_bit() if seven else message
    sent = check_lines(message)
    assert sent.isascii() or not seven
    assert [data(part) for part in leaves(message)] == expected
    kinds = [part.get_content_type() for part in was.walk()]
    assert [part.get_content_type() for part in mail(message).walk()] == kinds
    assert b"preamble\r\n--x\r\n" in sent
    assert sent.endswith(b"\r\n\r\nlast\r\n--x--\r\nepilogue\r\n"[4:])


LABELLED = {
    "not-seven-bit": ("7bit", CHINESE[:-1], "8bit"),
    "not-base64": ("base64", b"plain, text", "7bit"),
    "not-base64-nor-ascii": ("base64", CHINESE[:-1], "8bit"),
    "binary": ("binary", CHINESE[:-1], "binary"),
}


@pytest.mark.parametrize(("encoding", "text", "true"), LABELLED.values(), ids=LABELLED)
def test_part_is_labelled_with_its_encoding(
    encoding: str, text: bytes, true: str
) -> None:
    message = finish(parts("text/plain; charset=utf-8", encoding, text))
    first = leaves(message)[0]
    assert first["Content-Transfer-Encoding"] == true
    assert data(first) == text


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_part_without_a_charset_gets_none_that_is_a_guess(charset: str) -> None:
    text = CHINESE.decode().strip().encode(charset)
    first = leaves(finish(parts("text/plain", "7bit", text)))[0]
    assert first["Content-Transfer-Encoding"] == "8bit"
    assert first.get_content_charset() == ("utf-8" if charset == "utf-8" else None)


def test_boundary_may_be_in_pieces() -> None:
    written = (
        b"Content-Type: multipart/mixed; boundary*0=a; boundary*1=b\n\n--ab\n\n\xe9\n"
    )
    assert [data(part) for part in leaves(finish(written).seven_bit())] == [b"\xe9"]


FIT = {
    "no-label": b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n\xe9\n--x--\n",
    "special-characters": (
        b'Content-Type: multipart/mixed; boundary="a\'()+_,-./:=? b"\n\n'
        b"--a'()+_,-./:=? b\n\nx\n--a'()+_,-./:=? b--\n"
    ),
    "one-the-beginning-of-the-other": (
        b"Content-Type: multipart/mixed; boundary=B\n\n--B\n"
        b"Content-Type: multipart/alternative; boundary=B1\n\n--B1\n\nx\n--B1--\n--B--\n"
    ),
    "no-end": b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\ntext\n\n",
    "no-parts": b"Content-Type: multipart/mixed; boundary=x\n\ntext\n",
    "no-boundary": b"Content-Type: multipart/mixed\n\n--x\n\ntext\n--x--\n",
    "only-boundaries": b"Content-Type: multipart/mixed; boundary=x\n\n--x\n--x\n--x--\n",
    "part-without-blank-line": (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nA: b\n--x\ntext\n--x--\n"
    ),
    "mail-in-a-mail": (
        b"Content-Type: message/rfc822\n\nFrom me\nSubject: s\n\n\xe9\n"
    ),
    "digest": (
        b"Content-Type: multipart/digest; boundary=x\n\n--x\n\nA: b\n\ntext\n--x--\n"
    ),
    "signed": (
        b"Content-Type: multipart/signed; boundary=x; protocol=p/q\n\n"
        b"--x\nContent-Transfer-Encoding: 7bit\n\n\xe9 \n--x\nContent-Type: p/q\n\n"
        b"eA\n--x--\n"
    ),
    "pkcs7": (
        b"Content-Type: application/pkcs7-mime; name=smime.p7m\n"
        b"Content-Transfer-Encoding: base64\n\nMIIB\n"
    ),
    "dkim": (
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s;\n\th=from;\n\tb=eA==\n"
        b"From:  Me  <me@example.com>\n\n  text  \n\n\n"
    ),
    "uuencode": b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n`\nend\n",
    "folded": b"Subject: one\n\ttwo\n  three\nTo: a@x.org\n\nbody\n",
    "order-and-case": b"TO:a@x.org\nX-B: 1\nfrom :  b@x.org\nX-A: 2\n\n\n\nbody\n",
    "encoded-words": b"Subject: =?utf-8?q?=E4=BD=A0?=\n =?utf-8?q?=E5=A5=BD?=\n\nb\n",
    "dots": b"A: b\n\n.\n..\n.x\n",
    "received": b"Received: from a\n by b; now\nReturn-Receipt-To: a@x.org\n\nb\n",
    "multipart": b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n\n\xe9\n--x--\n',
    "base64": b"Content-Transfer-Encoding: base64\n\n5pWw5o2u\n",
    "blank-lines-at-the-end": b"A: b\n\ntext\n\n\n",
    "from-in-the-body": b"A: b\n\nFrom here\n>From there\n",
}


@pytest.mark.parametrize("text", FIT.values(), ids=FIT)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_message_fit_for_the_wire_stays_octet_for_octet(
    text: bytes, line_end: bytes
) -> None:
    sent = check_lines(finish(text.replace(b"\n", line_end)))
    assert sent == text.replace(b"\n", b"\r\n")


def test_only_the_unfit_part_changes() -> None:
    written = PARTS.replace(b"last", "letzte ü".encode()) % (b"text/csv", b"", LONG)
    sent = check_lines(finish(written))
    head, _, rest = written.replace(b"\n", b"\r\n").partition(b"Content-Type: text/csv")
    assert sent.startswith(head)
    assert sent.endswith(rest[rest.index(b"\r\n--x") :])


def test_unfit_signed_part_is_refused() -> None:
    with pytest.raises(MessageError, match="multipart/signed"):
        finish(FIT["signed"].replace(b"\xe9", b"x" * 999))


def test_signed_part_stays_in_eight_bits() -> None:
    message = finish(FIT["signed"])
    assert b"".join(message.seven_bit().chunks()) == b"".join(message.chunks())


def test_entities_nested_too_deep_stay_unchanged() -> None:
    deep = b"Content-Type: message/rfc822\n\n" * 2000
    assert check_lines(finish(deep)) == deep.replace(b"\n", b"\r\n")
    with pytest.raises(MessageError, match="must not change"):
        finish(deep + b"A: b\n\n" + b"x" * 999)


NESTED = b"""\
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: message/rfc822

From me
Subject: \xc3\xbc
 \xc3\xb6
Content-Type: multipart/alternative; boundary=i

--i

\xc3\xbc%s
--i--
--o--
"""


def test_unfit_part_of_a_nested_mail_is_encoded() -> None:
    message = finish(NESTED % (b"x" * 999))
    check_lines(message)
    *_, inner, leaf = [mail(message), *mail(message).walk()][-2:]
    assert data(leaf) == "ü".encode() + b"x" * 999
    check_lines(message.seven_bit())
    [read] = [part for part in mail(message).walk() if part["Subject"]]
    assert read["Subject"] == "ü ö"
    assert inner.get_content_type() == "multipart/alternative"


def test_unfit_report_becomes_text() -> None:
    report = b"Action: failed\nDiagnostic-Code: smtp; " + b"550 no " * 200
    [first, _] = leaves(finish(parts("message/delivery-status", "", report)))
    assert first.get_content_type() == "text/plain"
    assert data(first) == report


def test_preamble_and_epilogue_get_valid_lines() -> None:
    written = parts("text/plain", "7bit", b"x")
    written = written.replace(b"preamble", b"a\0" + b"x" * 2000)
    written = written.replace(b"epilogue", "ü\rü".encode())
    message = finish(written)
    assert check_lines(message).count(b"x" * 50) >= 26
    assert check_lines(message.seven_bit()).isascii()


def test_multipart_is_never_labelled_as_encoded() -> None:
    for encoding, true in ((b"base64", "8bit"), (b"7bit", "8bit"), (b"8bit", "8bit")):
        written = b"Content-Transfer-Encoding: %s\n" % encoding
        written += FIT["no-label"]
        assert mail(finish(written))["Content-Transfer-Encoding"] == true


def test_unfit_from_line_of_a_nested_mail_is_removed() -> None:
    mail_inside = b"Content-Type: message/rfc822\n\nFrom %s\nA: b\n\nx\n"
    sent = check_lines(finish(mail_inside % (b"x" * 999)))
    assert sent == b"Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx\r\n"


def test_rewritten_lines_are_ascii() -> None:
    body = RewrittenLines(InMemory(b"=41\xe9"), "quoted-printable")
    assert body.seven_bit() is body


def test_boundary_inside_a_line_is_text() -> None:
    start = parts("text/plain", "", b"@").partition(b"\n\n")[2].index(b"@")
    text = b"x" * (2 * BLOCK_OCTETS - start) + b"--x\nA: b"  # a block begins with --x
    message = finish(parts("text/plain", "", text))
    assert len(leaves(message)) == 2
    assert data(leaves(message)[0]) == text


def test_kept_mail_may_be_unfit_for_the_wire() -> None:
    message = foreign.keep_unchanged(
        raw_message.parse_message(InMemory(b"A: b\n\n" + b"x" * 999))
    )
    assert b"".join(message.chunks()) == b"A: b\r\n\r\n" + b"x" * 999 + b"\r\n"


KINDS = st.sampled_from(
    [
        *("text/plain; charset=utf-8", "text/html", "application/json", "nonsense"),
        *("multipart/mixed; boundary=i", "multipart/signed; boundary=i"),
        *("message/rfc822\n\nSubject: x", "multipart/alternative"),
    ]
)
ENCODINGS = st.sampled_from(
    ["", "7bit", "8bit", "binary", "base64", "quoted-printable", "x-y"]
)
TEXTS = st.lists(
    st.sampled_from(
        [
            *(b"\n", b"\r\n", b"\r", b"\0", b"a ", b"=41", b"=\n"),
            *(
                b"\xe9",
                "中".encode(),
                b"x" * 300,
                b"eHh4" * 250 + b"\n",
                b"From ",
                b"\nA: b\n",
            ),
            *(
                b"--i\n",
                b"\n--i\n\ny\n--i--\n",
                b"--o",
                b"\nContent-Type: text/html\n\n",
            ),
        ]
    ),
    max_size=12,
).map(b"".join)


@st.composite
def entities(draw: st.DrawFn) -> bytes:
    return b"Content-Type: %s\nContent-Transfer-Encoding: %s\n\n%s" % (
        draw(KINDS).encode(),
        draw(ENCODINGS).encode(),
        draw(TEXTS),
    )


def decoded(message: Message) -> list[bytes]:
    """Return the decoded leaves, with LF line ends."""
    found = []
    for part in message.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found.append(payload.replace(b"\r\n", b"\n").rstrip(b"\n"))
    return found


@settings(max_examples=max(200, settings().max_examples))
@given(st.lists(entities(), min_size=1, max_size=3), st.booleans())
@example([b"Content-Type: text/plain\n\n--o\r\r\n"], False)
def test_any_repaired_message_decodes_to_the_same_octets(
    made: list[bytes], seven: bool
) -> None:
    written = b"Content-Type: multipart/mixed; boundary=o\n\n"
    written += b"".join(b"\n--o\n" + each for each in made) + b"\n--o--\n"
    try:
        message = finish(written)
    except MessageError:
        assert b"signed" in written
        return
    message = message.seven_bit() if seven else message
    sent = check_lines(message)
    if b"\r" not in written and b"From " not in written and b"base64" not in written:
        assert decoded(message_from_bytes(sent)) == decoded(message_from_bytes(written))


def test_text_without_a_label_is_in_a_named_charset() -> None:
    text = b"To: a@example.com\n\n" + "繁體中文的內容\n".encode("big5")
    message = foreign.finish_message(
        raw_message.parse_message(InMemory(text)), ("big5",)
    )
    assert mail(message).get_content_charset() == "big5"
    assert mail(message).get_content().rstrip() == "繁體中文的內容"


def test_broken_lines_of_a_preamble_make_no_boundary() -> None:
    broken = b"\0--i\n" + b"-" * 75 + b"x--i\n" + b"y" * 76 + b"--i" + b"z" * 999
    text = b"Content-Type: multipart/mixed; boundary=i\n\n%s\n--i\n\npart\n--i--\n"
    parts = [*mail(finish(text % broken)).iter_parts()]
    assert [part.get_content() for part in parts] == ["part"]


@pytest.mark.parametrize(
    ("body", "label"),
    [
        pytest.param(b"a =3D b", "quoted-printable", id="as-git-has-it"),
        pytest.param("ü".encode(), "8bit", id="not-encoded-at-all"),
        pytest.param(b"a" * 999, "7bit", id="with-a-part-that-is-encoded"),
    ],
)
def test_multipart_declared_as_encoded_gets_its_true_encoding(
    body: bytes, label: str
) -> None:
    text = (
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=i\n"
        b"Content-Transfer-Encoding: quoted-printable\n\n--i\n\n%s\n--i--\n" % body
    )
    sent = b"".join(finish(text).chunks())
    assert mail(finish(text))["Content-Transfer-Encoding"] == label
    assert (sent == text.replace(b"\n", b"\r\n")) is (label == "quoted-printable")
