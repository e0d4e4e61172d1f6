"""openssl verifies and decrypts signed and encrypted messages as they arrive."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.postfix

MANUAL = Path(__file__).parents[2] / "man" / "pymail-smime.7"
TEXT = "From grüße  \n.\n" + "x" * 2000 + "\nend"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with what the manual's own commands make: me.pem and me.crt."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    directory = tmp_path_factory.mktemp("keys")
    (block,) = re.findall(
        r"^\.Bd.*\n(openssl req (?s:.*?))\.Ed", MANUAL.read_text(), re.MULTILINE
    )
    subprocess.run(
        ["sh", "-e", "-c", block.replace("\\e", "\\")],
        cwd=directory,
        check=True,
        capture_output=True,
    )
    return directory


def openssl(*words: str | Path, message: bytes) -> bytes:
    ended = subprocess.run(
        ["openssl", "cms", *words], input=message, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


@pytest.mark.parametrize("way", ["offering", "plain"])
def test_signature_holds_after_the_journey(
    way: str, postfix: Any, command: Any, address: Any, keys: Path
) -> None:
    whom = address()
    rc = f"{getattr(postfix, way)}set smime-sign smime-sign-cert={keys}/me.pem\n"
    ended = command("-s", "signed", whom, rc=rc, stdin=TEXT.encode())
    assert (ended.status, ended.err) == (0, "")
    trusted = ("-verify", "-CAfile", keys / "me.crt", "-partial_chain")
    openssl(*trusted, message=postfix.octets(whom))


def test_encrypted_mail_is_read_by_whom_it_is_for(
    postfix: Any, command: Any, address: Any, keys: Path
) -> None:
    whom, other = address(), address()
    rc = f"{postfix.offering}set smime-encrypt-{whom}={keys}/me.crt\n"
    ended = command("-s", "secret", whom, other, rc=rc, stdin=TEXT.encode())
    assert (ended.status, ended.err) == (0, "")
    inner = openssl("-decrypt", "-recip", keys / "me.pem", message=postfix.octets(whom))
    assert b"=46rom gr=C3=BC=C3=9Fe =20" in inner
    assert b"=46rom gr=C3=BC=C3=9Fe =20" in postfix.octets(other)
