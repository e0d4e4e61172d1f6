"""Encrypted messages: recipients, ciphers, and missing or unusable certificates."""

import email
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.smime.conftest import signing

pytestmark = pytest.mark.live

Send = Any
Run = Callable[..., Any]
OPS, BOB, ALL = "ops@example.com", "bob@example.com", "all@example.com"


def to(people: Any, *names: str) -> str:
    return "".join(
        f"set smime-encrypt-{name}@example.com={people[f'{name}.crt']}\n"
        for name in names
    )


def text_of(entity: bytes) -> bytes:
    payload = email.message_from_bytes(entity).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.replace(b"\r\n", b"\n")


def test_recipient_with_a_certificate_gets_an_own_message(
    send: Send, openssl: Any
) -> None:
    rc = to(send.people, "ops", "bob")
    send.quietly(rc, "-s", "S", ALL, OPS, "x@example.com", BOB, stdin="ü\n".encode())
    paths = [paths for paths, _ in send.server.taken]
    assert paths == [[ALL, "x@example.com"], [OPS], [BOB]]
    assert text_of(send.server.content_for(ALL)) == "ü\n".encode()
    for address, name in ((OPS, "ops"), (BOB, "bob")):
        content = send.server.content_for(address)
        assert text_of(openssl.decrypted(content, name)) == "ü\n".encode()


def test_header_is_the_same_for_all(send: Send) -> None:
    send(to(send.people, "ops"), "-s", "S", "-c", ALL, OPS, stdin=b"text\n")
    one, other = (email.message_from_bytes(c) for _, c in send.server.taken)
    for name in ("Date", "From", "To", "Cc", "Subject", "Message-ID", "MIME-Version"):
        assert one[name] == other[name] is not None


def test_encrypted_message_has_the_standard_form(send: Send) -> None:
    send(to(send.people, "ops"), "-s", "S", OPS, stdin=b"the secret\n")
    content = send.server.content_for(OPS)
    message = email.message_from_bytes(content)
    assert message.get_content_type() == "application/pkcs7-mime"
    assert message.get_param("smime-type") == "enveloped-data"
    assert message.get_param("name") == message.get_filename() == "smime.p7m"
    assert message["Content-Transfer-Encoding"] == "base64"
    assert b"secret" not in content
    assert max(map(len, content.split(b"\r\n"))) <= 76


def test_message_is_signed_before_it_is_encrypted(send: Send, openssl: Any) -> None:
    rc = signing(send.people["me.pem"]) + to(send.people, "ops")
    send(rc, "-s", "S", OPS, ALL, stdin=b"text\n")
    inner = openssl.decrypted(send.server.content_for(OPS), "ops")
    assert b"multipart/signed" in inner
    assert text_of(openssl.verified(inner)) == b"text\n"
    openssl.verified(send.server.content_for(ALL))


def test_blind_recipients_stay_blind(send: Send, openssl: Any) -> None:
    rc = to(send.people, "ops", "bob")
    send.quietly(rc, "-s", "S", "-b", f"{BOB},{ALL}", OPS, stdin=b"text\n")
    assert [paths for paths, _ in send.server.taken] == [[OPS], [BOB], [ALL]]
    for _, content in send.server.taken:
        assert b"bob@" not in content
        assert b"all@" not in content
        assert b"\nBcc:" not in content  # base64 may well spell Bcc
    inner = openssl.decrypted(send.server.content_for(BOB), "bob")
    assert b"Bcc" not in inner


@pytest.mark.parametrize(
    ("setting", "oid"),
    [
        ("", "aes-128-cbc"),
        ("set smime-cipher=AES-256\n", "aes-256-cbc"),
        ("set smime-cipher=aes256 smime-cipher-OPS@example.com=aes128", "aes-128-cbc"),
    ],
    ids=["default", "plain", "of-the-recipient"],
)
def test_cipher_is_the_one_of_the_settings(
    setting: str, oid: str, send: Send, openssl: Any
) -> None:
    send.quietly(to(send.people, "ops") + setting + "\n", "-s", "S", OPS, stdin=b"t\n")
    assert oid in openssl.described(send.server.content_for(OPS))


def test_certificate_is_found_in_any_case_of_the_address(
    send: Send, openssl: Any
) -> None:
    rc = to(send.people, "ops").replace("-ops@", "-Ops@")
    send(rc, "-s", "S", "OPS@Example.com", stdin=b"text\n")
    openssl.decrypted(send.server.content_for("OPS@Example.com"), "ops")


def test_smime_encrypt_without_an_address_is_ignored(send: Send) -> None:
    send(f"set smime-encrypt={send.people['ops.crt']}\n", "-s", "S", ALL, stdin=b"t\n")
    assert text_of(send.server.content_for(ALL)) == b"t\n"


def test_record_keeps_a_message_that_its_sender_can_read(
    send: Send, world: Any
) -> None:
    rc = to(send.people, "ops") + "set record=~/sent\n"
    send(rc, "-s", "S", "-b", BOB, OPS, stdin=b"text\n")
    kept = (world.directory / "sent").read_text()
    assert kept.count("From me@example.com") == 1
    assert "\nBcc: bob@example.com\n" in kept
    assert kept.endswith("\ntext\n\n")


@pytest.mark.parametrize(
    ("certificate", "words"),
    [("bob.crt", (BOB, OPS)), ("gone", (OPS, BOB))],
    ids=["first", "first-who-gets-it"],
)
def test_copy_by_name_is_named_after_the_first_accepted_recipient(
    certificate: str, words: tuple[str, ...], send: Send, world: Any
) -> None:
    rc = f"set smime-encrypt-{OPS}={send.people.directory}/{certificate}\n"
    send(rc, "-F", "-s", "S", *words, stdin=b"text\n")
    assert (world.directory / "bob").exists()
    assert not (world.directory / "ops").exists()


# ── unusable certificates ───────────────────────────────────────────────────


PLACE = f"~/.mailrc:2: smime-encrypt-{OPS}: {{0}}/"
UNENCRYPTED = {  # people's files are in {0}
    "expired.pem": f"{PLACE}expired.pem: the certificate expired on 2002-01-01",
    "early.pem": f"{PLACE}early.pem: the certificate is valid only from 2110-01-01",
    "me.key": f"{PLACE}me.key: it contains no certificate in PEM form",
    "curve.crt": f"{PLACE}curve.crt: cannot encrypt for it: Only RSA keys are supported",
    "ops.crt smime-cipher=des3": "~/.mailrc:2: smime-cipher=des3: not a supported cipher",
}


@pytest.mark.parametrize("setting", UNENCRYPTED)
def test_unusable_certificate_is_named_with_its_line(
    setting: str, send: Send, world: Any
) -> None:
    directory = send.people.directory
    rc = f"set smime-encrypt-{OPS}={directory}/{setting}\n"
    ended = send(rc, "-s", "S", OPS, stdin=b"text\n")
    assert ended.status == 78
    complaint = UNENCRYPTED[setting].format(directory)
    assert ended.err.startswith(f"pymail: {complaint}")
    assert ("use one of aes128, aes256" in ended.err) is ("cipher" in setting)
    assert ended.err.endswith(
        f"pymail: message kept in {world.directory}/dead.letter\n"
    )
    assert send.server.taken == []
    assert world.dead_letter.endswith("\ntext\n\n")


def test_one_bad_certificate_does_not_stop_the_others(send: Send, world: Any) -> None:
    rc = to(send.people, "bob") + f"set smime-encrypt-{OPS}=/nowhere\n"
    ended = send(rc, "-s", "S", OPS, BOB, ALL, stdin=b"text\n")
    assert ended.status == 65
    assert ended.err.splitlines() == [
        (
            f"pymail: not sent to {OPS}: ~/.mailrc:3: smime-encrypt-{OPS}: /nowhere:"
            " no such file or directory"
        ),
        f"pymail: message kept in {world.directory}/dead.letter",
    ]
    assert [paths for paths, _ in send.server.taken] == [[BOB], [ALL]]
    assert f"\nX-Envelope-To: {OPS}\n" in world.dead_letter


def test_forced_encryption_refuses_recipients_without_a_certificate(
    send: Send, world: Any
) -> None:
    rc = to(send.people, "ops") + "set smime-force-encryption\n"
    ended = send(rc, "-s", "S", ALL, OPS, stdin=b"text\n")
    assert ended.status == 65
    assert ended.err.splitlines() == [
        (
            f"pymail: not sent to {ALL}: smime-force-encryption is set, and there is no"
            f" smime-encrypt-{ALL}"
        ),
        f"pymail: message kept in {world.directory}/dead.letter",
    ]
    assert [paths for paths, _ in send.server.taken] == [[OPS]]
    assert f"\nX-Envelope-To: {ALL}\n" in world.dead_letter


def test_forced_encryption_without_any_certificate_names_the_setting(
    send: Send, world: Any
) -> None:
    ended = send("set smime-force-encryption\n", "-s", "S", ALL, stdin=b"text\n")
    assert ended.status == 78
    assert f"set smime-encrypt-{ALL}=FILE with the certificate" in ended.err
    assert send.server.taken == []
    assert world.dead_letter


def test_dead_letter_is_signed_and_encrypted_when_it_is_resent(
    send: Send, openssl: Any, world: Any
) -> None:
    rc = signing(send.people["me.pem"]) + to(send.people, "ops")
    send.server.refused.add(OPS)
    first = send(rc, "-s", "S", OPS, ALL, stdin="From ü\n".encode())
    assert first.status == 69
    send.server.refused.clear()
    dead = (world.directory / "dead.letter").read_bytes()
    assert "From ü\n".encode() in dead
    send.quietly(rc, "-t", stdin=dead)
    inner = openssl.decrypted(send.server.content_for(OPS), "ops")
    assert text_of(openssl.verified(inner)) == "From ü\n".encode()
    openssl.verified(send.server.content_for(ALL))


# ── several messages, several fates ─────────────────────────────────────────


def test_refused_recipient_of_one_message_does_not_stop_the_other_messages(
    send: Send, world: Any
) -> None:
    send.server.refused.add(OPS)
    rc = to(send.people, "ops", "bob")
    ended = send(rc, "-v", "-s", "S", OPS, BOB, ALL, stdin=b"text\n")
    assert ended.status == 69
    assert [paths for paths, _ in send.server.taken] == [[BOB], [ALL]]
    assert ended.err.count("accepted for ") == 2
    assert f"pymail: {OPS} refused by 127.0.0.1:{send.server.port}: 550" in ended.err
    assert ended.err.count("message kept in") == 1
    assert f"\nX-Envelope-To: {OPS}\n" in world.dead_letter


# ── dry runs and local programs ─────────────────────────────────────────────


def test_dry_run_shows_every_message_signed_or_encrypted(
    send: Send, openssl: Any
) -> None:
    rc = signing(send.people["me.pem"]) + to(send.people, "ops")
    shown = send.quietly(rc, "-d", "-s", "S", OPS, ALL, stdin=b"text\n")
    assert send.server.taken == []
    _, first, second = shown.split("to 127.0.0.1:")
    assert f"RCPT TO:<{OPS}>\n\n" in first
    assert f"RCPT TO:<{ALL}>\n\n" in second
    openssl.decrypted(first.partition("\n\n")[2].encode(), "ops")
    openssl.verified(second.partition("\n\n")[2].encode())


def test_dry_run_shows_the_signed_message_for_a_file(
    pymail: Run, people: Any, openssl: Any
) -> None:
    rc = signing(people["me.pem"]) + "set from=me@example.com expandaddr\n"
    ended = pymail("-d", "-s", "S", "-b", "./more", "./copy", rc=rc, stdin=b"text\n")
    assert (ended.status, ended.err) == (0, "")
    listed, _, message = ended.out.partition("\n\n")
    assert listed == "file ./copy\nfile ./more"
    openssl.verified(message.encode())


def program(world: Any) -> Path:
    path: Path = world.write("mta", f'#!/bin/sh\necho "$@" >>{world.directory}/calls\n')
    path.chmod(0o700)
    return path


def test_local_program_is_called_for_each_message(
    pymail: Run, people: Any, world: Any
) -> None:
    rc = f"set mta={program(world)} mta-bcc-ok\n" + to(people, "ops")
    ended = pymail("-s", "S", "-b", BOB, OPS, ALL, rc=rc, stdin=b"text\n")
    assert (ended.status, ended.err) == (0, "")
    calls = (world.directory / "calls").read_text()
    assert calls == f"-i -- {OPS}\n-i -- {ALL} {BOB}\n"


def test_program_that_reads_the_header_gets_no_message_for_some(
    pymail: Run, people: Any, world: Any
) -> None:
    rc = f"set mta={program(world)} mta-no-recipient-arguments\n" + to(people, "ops")
    ended = pymail("-s", "S", OPS, ALL, rc=rc, stdin=b"text\n")
    assert ended.status == 78
    assert "the program can't be told who gets the encrypted message" in ended.err
    assert not (world.directory / "calls").exists()
    assert world.dead_letter
    alone = pymail("-s", "S", OPS, rc=rc, stdin=b"text\n")
    assert (alone.status, alone.err) == (0, "")


def test_program_that_reads_the_header_gets_a_signed_message(
    pymail: Run, people: Any, world: Any
) -> None:
    rc = f"set mta={program(world)} mta-no-recipient-arguments expandaddr\n"
    rc += f"set add-file-recipients\n{signing(people['me.pem'])}"
    ended = pymail("-s", "S", OPS, "./copy", rc=rc, stdin=b"text\n")
    assert (ended.status, ended.err) == (0, "")
    assert (world.directory / "calls").exists()
