"""Signed messages, verified by openssl."""

import email
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pymail.commands.report_outcome import default_settings
from pymail.credentials.chain import make_chain
from pymail.errors import SettingsError
from pymail.message.mime_entity import EncodedBody, Entity
from pymail.secret import Secret
from pymail.settings.models import KeyPassword, Named, SmimeSettings
from pymail.smime import Smime
from tests.smime.conftest import signing

pytestmark = pytest.mark.live

Send = Any
Run = Callable[..., Any]
TO = "ops@example.com"


TEXTS = {
    "ascii": "plain\n",
    "utf-8": "grüße 你好\n",
    "blanks-at-the-end": "two  \ntab\t\n",
    "from": "From here on\n>From there\n",
    "dots": ".\n..\n. x\n",
    "long-lines": "x" * 3000 + "\n",
    "no-newline-at-the-end": "end",
    "dashes": "-- \n--=_signed\n",
    "empty": "",
}


@pytest.mark.parametrize("kind", ["cms", "smime"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_signature_is_valid_and_the_text_unchanged(
    kind: str, text: str, send: Send, openssl: Any
) -> None:
    send.quietly(signing(send.people["me.pem"]), "-s", "S", TO, stdin=text.encode())
    content = send.server.content_for(TO)
    signed = email.message_from_bytes(openssl.verified(content, kind))
    decoded = signed.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    assert decoded.replace(b"\r\n", b"\n") == text.encode()


def test_both_forms_of_a_text_and_its_images_are_signed(
    send: Send, openssl: Any, tmp_path: Path
) -> None:
    image = tmp_path / "plot.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    text = f"# Grüße  \nFrom me ![x]({image})\n".encode()
    rc = signing(send.people["me.pem"]) + f"set smime-encrypt-{TO}="
    rc += f"{send.people['ops.crt']}\n"
    send.quietly(rc, "--markdown", "-s", "S", TO, stdin=text)
    signed = openssl.decrypted(send.server.content_for(TO), "ops")
    found = email.message_from_bytes(openssl.verified(signed, "cms"))
    plain, html, png = (p for p in found.walk() if not p.is_multipart())
    assert bytes(plain.get_payload(decode=True)).replace(b"\r\n", b"\n") == text
    assert b"<h1>Gr" in bytes(html.get_payload(decode=True))
    assert png.get_payload(decode=True) == image.read_bytes()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_signed_message_needs_no_re_encoding(
    text: str, send: Send, server: Any, people: Any
) -> None:
    rc = signing(people["me.pem"]) + "set encoding=8bit\n"
    send(rc, "-s", "S", TO, stdin=text.encode())
    content = server.content_for(TO)
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not [line for line in lines if line.startswith(b"From ")]
    assert not [line for line in lines if line.endswith((b" ", b"\t"))]


def test_signature_has_the_standard_form(
    send: Send, server: Any, people: Any, parts: Any
) -> None:
    send(signing(people["me.pem"]), "-s", "S", TO, stdin=b"text\n")
    content = server.content_for(TO)
    message = email.message_from_bytes(content)
    assert message["Subject"] == "S"
    assert message.get_param("protocol") == "application/pkcs7-signature"
    assert message.get_param("micalg") == "sha-512"
    body, signature = parts(content)
    assert message.get_content_type() == "multipart/signed"
    assert body.keys() == ["Content-Type", "Content-Transfer-Encoding"]
    assert signature.get_content_type() == "application/pkcs7-signature"
    assert signature.get_param("name") == signature.get_filename() == "smime.p7s"
    assert signature["Content-Transfer-Encoding"] == "base64"


def test_html_and_attachments_are_signed(
    send: Send, openssl: Any, world: Any, parts: Any
) -> None:
    binary = bytes(range(256)) * 300
    world.write("data.bin", binary)
    world.write("notes.txt", "tab\t\nFrom notes ü\n")
    words = ("-M", "text/html", "-a", "data.bin", "-a", "notes.txt", TO)
    send.quietly(signing(send.people["me.pem"]), *words, stdin="<b>ü</b>\n".encode())
    signed = openssl.verified(send.server.content_for(TO))
    html, data, notes = parts(signed)
    assert html.get_content_type() == "text/html"
    assert data.get_payload(decode=True) == binary
    text = notes.get_payload(decode=True)
    assert text.decode().replace("\r\n", "\n") == "tab\t\nFrom notes ü\n"


@pytest.mark.parametrize(
    ("setting", "micalg"),
    [
        ("smime-sign-digest=sha256", "sha-256"),
        ("smime-sign-digest=SHA-384", "sha-384"),
        ("smime-sign-message-digest=SHA224", "sha-224"),
        ("smime-sign-digest=sha256 smime-sign-digest-ME@example.com=sha512", "sha-512"),
        ("smime-sign-digest-you@example.com=sha256", "sha-512"),
    ],
    ids=["plain", "upper-case", "old-name", "by-author", "of-another"],
)
def test_digest_is_the_one_of_the_settings(
    setting: str, micalg: str, send: Send, openssl: Any
) -> None:
    ended = send(
        signing(send.people["me.pem"]) + f"set {setting}\n", TO, stdin=b"text\n"
    )
    assert (ended.status, ended.err.count("\n")) == (0, 0)
    content = send.server.content_for(TO)
    openssl.verified(content)
    assert email.message_from_bytes(content).get_param("micalg") == micalg


def test_unknown_digest_is_named_and_the_default_signs(
    send: Send, server: Any, people: Any, openssl: Any
) -> None:
    rc = signing(people["me.pem"]) + "set smime-sign-digest=md5\n"
    ended = send(rc, "-s", "S", TO, stdin=b"text\n")
    assert ended.status == 0
    assert ended.err == (
        "pymail: ~/.mailrc:3: smime-sign-digest=md5: not one of "
        "sha224, sha256, sha384, sha512; signing with sha512\n"
    )
    openssl.verified(server.content_for(TO))


SIGNS = {  # lines of mail.rc; people's files are in {0}
    "certificate-first": "set smime-sign smime-sign-cert={0}/reversed.pem",
    "curve": "set smime-sign smime-sign-cert={0}/curve.pem",
    "chain": "set smime-sign smime-sign-cert={0}/chain.pem",
    "certificates-between": (
        "set smime-sign smime-sign-cert={0}/below.pem\n"
        "set smime-sign-include-certs='{0}/middle.crt, {0}/ops.crt,'"
    ),
    "of-the-author": (
        "set smime-sign smime-sign-cert=/nowhere folder={0}\n"
        "set smime-sign-cert-Me@Example.COM=+me.pem"
    ),
    "sender-for-several-authors": (
        "set from=a@example.com,b@example.com sender=me@example.com smime-sign\n"
        "set smime-sign-cert-me@example.com={0}/me.pem"
    ),
    "locked": (
        "set smime-sign smime-sign-cert={0}/locked.pem\n"
        "set password-me@example.com.smime-cert-key='open sesame'\n"
        "set password-me@example.com='the login, not the key'"
    ),
}


@pytest.mark.parametrize("rc", SIGNS.values(), ids=SIGNS)
def test_key_and_certificate_are_those_of_the_settings(
    rc: str, send: Send, openssl: Any
) -> None:
    lines = rc.format(send.people.directory) + "\n"
    send.quietly(lines, "-s", "S", TO, stdin=b"text\n")
    openssl.verified(send.server.content_for(TO))


def test_record_keeps_the_signed_message_with_its_blind_recipients(
    send: Send, people: Any, openssl: Any, world: Any
) -> None:
    rc = signing(people["me.pem"]) + "set record=~/sent\n"
    send.quietly(rc, "-s", "S", "-b", "blind@example.com", TO, stdin=b"text\n")
    kept = (world.directory / "sent").read_bytes().partition(b"\n")[2]
    assert b"\nBcc: blind@example.com\n" in kept
    openssl.verified(kept)


def test_file_as_recipient_gets_the_signed_message(
    pymail: Run, people: Any, openssl: Any, world: Any
) -> None:
    ended = pymail(
        "-s",
        "S",
        "./copy",
        rc=signing(people["me.pem"]) + "set from=me@x.org expandaddr\n",
        stdin=b"t\n",
    )
    assert (ended.status, ended.err) == (0, "")
    openssl.verified((world.directory / "copy").read_bytes().partition(b"\n")[2])


def test_message_of_pymail_sendmail_is_signed(
    send: Send, server: Any, people: Any, openssl: Any
) -> None:
    text = b"From: me@example.com\nTo: ops@example.com\nSubject: S\n\ntext\n"
    send.quietly(signing(people["me.pem"]), "-t", program="sendmail", stdin=text)
    openssl.verified(server.content_for(TO))


# ── keys with a password ────────────────────────────────────────────────────

KEY_HOST = "example.com.smime-cert-key"


def test_password_of_a_key_is_in_netrc(send: Send, openssl: Any, world: Any) -> None:
    line = f'machine {KEY_HOST} login me@example.com password "open sesame"\n'
    world.write(".netrc", line).chmod(0o600)
    send.quietly(signing(send.people["locked.pem"]), "-s", "S", TO, stdin=b"text\n")
    openssl.verified(send.server.content_for(TO))


# ── unusable keys ───────────────────────────────────────────────────────────


CERTIFICATE = "set smime-sign smime-sign-cert={0}/"
PLACE = "~/.mailrc:2: smime-sign-cert: "
USELESS = {  # files of `people`, and the message for each
    "me.crt": "it contains no private key in PEM form",
    "me.key": "it contains no certificate in PEM form",
    "broken.pem": "the private key cannot be read",
    "torn.pem": "it contains no certificate in PEM form",
    "edwards.pem": "only RSA and EC keys can sign",
    "unlike.pem": "the private key does not belong to the certificate",
    "expired.pem": "the certificate expired on 2002-01-01",
    "early.pem": "the certificate is valid only from 2110-01-01",
    "locked.pem": "the private key is encrypted, and its password was not found",
}
UNSIGNED = {
    **{
        name: (f"{CERTIFICATE}{name}", f"{PLACE}{{0}}/{name}: {complaint}\n")
        for name, complaint in USELESS.items()
    },
    "wrong-password": (
        f"{CERTIFICATE}locked.pem password-me@example.com.smime-cert-key=wrong",
        f"{PLACE}{{0}}/locked.pem: the password does not decrypt the private key\n",
    ),
    "missing": (
        "set smime-sign smime-sign-cert=/nowhere",
        f"{PLACE}/nowhere: no such file",
    ),
    "directory": ("set smime-sign smime-sign-cert=/", f"{PLACE}/: is a directory"),
    "of-another": (
        "set smime-sign smime-sign-cert-you@example.com=/x",
        "smime-sign is set, but no smime-sign-cert for me@example.com",
    ),
    "included": (
        f"{CERTIFICATE}me.pem smime-sign-include-certs=/nowhere",
        "~/.mailrc:2: smime-sign-include-certs: /nowhere: no such file",
    ),
}


@pytest.mark.parametrize(("rc", "complaint"), UNSIGNED.values(), ids=UNSIGNED)
def test_unusable_key_is_named_with_its_line_and_the_message_kept(
    rc: str, complaint: str, send: Send, world: Any
) -> None:
    directory = send.people.directory
    ended = send(rc.format(directory) + "\n", "-s", "S", TO, stdin=b"text\n")
    assert ended.status == 78
    assert ended.err.startswith(f"pymail: {complaint.format(directory)}")
    line = "set password-me@example.com.smime-cert-key=PASSWORD"
    assert (line in ended.err) is ("locked" in rc)
    assert ended.err.endswith(
        f"pymail: message kept in {world.directory}/dead.letter\n"
    )
    assert send.server.taken == []
    assert "\nSubject: S\n" in world.dead_letter
    assert world.dead_letter.endswith("\ntext\n\n")


def test_local_program_may_complete_the_author(
    pymail: Run, people: Any, openssl: Any, world: Any
) -> None:
    program = world.write("mta", f"#!/bin/sh\ncat >{world.directory}/taken\n")
    program.chmod(0o700)
    rc = f"set mta={program}\n" + signing(people["me.pem"])
    ended = pymail("-s", "S", TO, rc=rc, stdin=b"text\n")
    assert (ended.status, ended.err) == (0, "")
    taken = (world.directory / "taken").read_bytes()
    assert b"\nFrom:" not in taken
    openssl.verified(taken)


def test_local_program_without_an_author_needs_a_plain_certificate(
    pymail: Run, people: Any
) -> None:
    rc = f"set mta=/bin/true smime-sign smime-sign-cert-me@x.org={people['me.pem']}\n"
    ended = pymail("-s", "S", TO, rc=rc, stdin=b"text\n")
    assert ended.status == 78
    assert "smime-sign is set, but no smime-sign-cert\n" in ended.err


# ── the password of a key ───────────────────────────────────────────────────


def signer(path: Path, password: KeyPassword | None, world: Any) -> Smime:
    sealing = SmimeSettings(
        sign=True,
        sign_with={"": Named(str(path), path, "here")},
        key_passwords={"me@example.com": password} if password else {},
    )
    environment = world.environment("pymail")
    ask = make_chain(environment, default_settings(environment))
    return Smime(sealing, ask_password=ask, environment=environment)


CONTENT = Entity(b"Content-Type: text/plain\r\n", EncodedBody(b"text\r\n", "7bit"))


def test_password_of_a_key_in_the_settings_needs_no_prompt(
    people: Any, world: Any
) -> None:
    known = KeyPassword(Secret("open sesame"), "here")
    sealer = signer(people["locked.pem"], known, world)
    signed = sealer.sign(CONTENT, "me@example.com", "0")
    assert b"multipart/signed" in signed.header


@pytest.mark.parametrize("author", ["you@example.com", ""])
def test_encrypted_key_without_a_password_is_an_error(
    author: str, people: Any, world: Any
) -> None:
    sealer = signer(people["locked.pem"], None, world)
    with pytest.raises(SettingsError, match="its password was not found"):
        sealer.sign(CONTENT, author, "0")


def test_key_too_small_for_the_digest_is_named(
    send: Send, openssl: Any, tmp_path: Path
) -> None:
    openssl.make_small_key(tmp_path / "small.pem")
    ended = send(signing(tmp_path / "small.pem"), "-s", "S", TO, stdin=b"text\n")
    assert ended.status == 78
    assert f"smime-sign-cert: {tmp_path}/small.pem: cannot sign: " in ended.err
    assert send.server.taken == []


def test_missing_sender_is_reported_before_a_missing_key(
    send: Send,
) -> None:
    words = ("-C", "From: a@x.org, b@x.org", TO)
    ended = send("set smime-sign\n", *words, stdin=b"text\n")
    assert ended.status == 65
    assert "several authors need a sender" in ended.err
