"""People with keys and certificates, an authority, and a server that accepts mail."""

import email
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.live_server import running

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

PASSWORD = b"open sesame"
ALWAYS = (datetime(2001, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Identity:
    """A key and its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, password: bytes = b"") -> bytes:
        locked = BestAvailableEncryption(password) if password else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)

    @property
    def pem(self) -> bytes:
        return self.key_pem() + self.certificate_pem


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def issue(
    name: str,
    key: Key,
    issuer: Identity | None = None,
    *,
    authority: bool = False,
    valid: tuple[datetime, datetime] = ALWAYS,
) -> Identity:
    """Make a certificate for a key, signed by `issuer` or itself."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=None), critical=True
        )
    )
    if not authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        address = x509.SubjectAlternativeName([x509.RFC822Name(name)])
        builder = builder.add_extension(usage, critical=False)
        builder = builder.add_extension(address, critical=False)
    signer = issuer.key if issuer else key
    kind = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Identity(key, builder.sign(signer, kind))


@dataclass(frozen=True)
class People:
    """A directory with the keys and certificates of the tests, by file name."""

    directory: Path
    files: dict[str, Path] = field(default_factory=dict)

    def write(self, name: str, pem: bytes) -> None:
        path = self.directory / name
        path.write_bytes(pem)
        self.files[name] = path

    def __getitem__(self, name: str) -> Path:
        return self.files[name]


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Make files of me (RSA), curve (EC), ops and bob (recipients), and unusable ones."""
    made = People(tmp_path_factory.mktemp("people"))
    root = issue("Authority", rsa_key(), authority=True)
    middle = issue("Middle", rsa_key(), root, authority=True)
    curve_key = ec.generate_private_key(ec.SECP256R1())
    me = issue("me@example.com", rsa_key(), root)
    other = issue("other@example.com", rsa_key(), root)
    past = (ALWAYS[0], datetime(2002, 1, 1, tzinfo=UTC))
    future = (datetime(2110, 1, 1, tzinfo=UTC), ALWAYS[1])
    below = issue("me@example.com", me.key, middle)
    made.write("ca.pem", root.certificate_pem)
    made.write("middle.crt", middle.certificate_pem)
    made.write("me.pem", me.pem)
    made.write("reversed.pem", me.certificate_pem + me.key_pem())
    made.write("locked.pem", me.key_pem(PASSWORD) + me.certificate_pem)
    made.write("below.pem", below.pem)
    made.write("chain.pem", below.pem + middle.certificate_pem)
    made.write("curve.pem", issue("me@example.com", curve_key, root).pem)
    made.write("curve.crt", issue("me@example.com", curve_key, root).certificate_pem)
    made.write("edwards.pem", issue("me", ed25519.Ed25519PrivateKey.generate()).pem)
    made.write("expired.pem", issue("me@example.com", me.key, root, valid=past).pem)
    made.write("early.pem", issue("me@example.com", me.key, root, valid=future).pem)
    made.write("unlike.pem", me.key_pem() + other.certificate_pem)
    made.write("me.crt", me.certificate_pem)
    made.write("me.key", me.key_pem())
    made.write("broken.pem", me.pem.replace(b"MII", b"MIX"))
    made.write("torn.pem", me.key_pem() + b"\n".join(me.pem.split(b"\n")[-9:]))
    for name in ("ops", "bob"):
        someone = issue(f"{name}@example.com", rsa_key(), root)
        made.write(f"{name}.crt", someone.certificate_pem)
        made.write(f"{name}.pem", someone.pem)
    return made


@dataclass
class Server:
    """A handler for aiosmtpd; `taken` has recipients and content of each transaction."""

    port: int = 0
    refused: set[str] = field(default_factory=set)
    taken: list[tuple[list[str], bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        self.taken.append((list(envelope.rcpt_tos), envelope.original_content))
        return "250 2.0.0 Ok"

    def content_for(self, address: str) -> bytes:
        found = [content for paths, content in self.taken if address in paths]
        assert len(found) == 1, address
        return found[0]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with running(made) as made.port:
        yield made


@dataclass(frozen=True)
class OpenSsl:
    """The command openssl, which checks our signatures and decrypts our messages."""

    people: People
    directory: Path

    def _run(self, *words: str, message: bytes) -> bytes:
        ended = subprocess.run(
            ["openssl", *words], input=message, capture_output=True, check=False
        )
        assert ended.returncode == 0, ended.stderr.decode()
        return ended.stdout

    def verified(self, message: bytes, kind: str = "cms") -> bytes:
        """Verify a signature; return the signed content."""
        authority = str(self.people["ca.pem"])
        return self._run(kind, "-verify", "-CAfile", authority, message=message)

    def decrypted(self, message: bytes, name: str) -> bytes:
        """Decrypt a message with the key of `name`."""
        who = str(self.people[f"{name}.pem"])
        return self._run("cms", "-decrypt", "-recip", who, message=message)

    def make_small_key(self, path: Path) -> None:
        """Write a key and a certificate too small for SHA-512."""
        key = load_pem_private_key(self._run("genrsa", "512", message=b""), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        path.write_bytes(issue("me@example.com", key).pem)

    def described(self, message: bytes) -> str:
        return self._run("cms", "-cmsout", "-print", message=message).decode()


@pytest.fixture
def openssl(people: People, tmp_path: Path) -> OpenSsl:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return OpenSsl(people, tmp_path)


def signing(path: Path) -> str:
    """Return the settings that sign with a file."""
    return f"set smime-sign smime-sign-cert={path}\n"


def parts_of(octets: bytes) -> list[Message]:
    """Return the parts of a multipart message."""
    payload = email.message_from_bytes(octets).get_payload()
    assert isinstance(payload, list)
    parts = [part for part in payload if isinstance(part, Message)]
    assert len(parts) == len(payload)
    return parts


@pytest.fixture
def parts() -> Callable[[bytes], list[Message]]:
    return parts_of


@dataclass(frozen=True)
class Sender:
    """Runs pymail with the server and me@example.com in the settings, then `rc`."""

    run: Callable[..., Any]
    server: Server
    people: People

    def __call__(self, rc: str, *words: str, **around: Any) -> Any:
        first = f"set smtp=127.0.0.1:{self.server.port} from=me@example.com\n"
        return self.run(*words, rc=first + rc, **around)

    def quietly(self, rc: str, *words: str, **around: Any) -> str:
        """Send without an error message; return the standard output."""
        ended = self(rc, *words, **around)
        assert (ended.status, ended.err) == (0, "")
        return str(ended.out)


@pytest.fixture
def send(pymail: Callable[..., Any], server: Server, people: People) -> Sender:
    return Sender(pymail, server, people)
