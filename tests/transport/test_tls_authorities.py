"""The system's authorities: first the directory, then the bundle."""

import ssl
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from pymail.errors import TlsError
from pymail.settings.server_models import Tls, TlsMode
from pymail.transport import tls
from tests.transport.test_tls import INSIDE
from tests.transport.transcripts import REST

SESSION = f"<tls>\nS: 220 mx\n{INSIDE}{REST}"
pytestmark = pytest.mark.skipif(which("openssl") is None, reason="openssl names files")


class System:
    """A system with a directory of authorities and a bundle."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = root / "certs"
        self.directory.mkdir()
        self.bundle = root / "bundle.pem"
        own = str(self.bundle), str(self.directory)
        variables = "SSL_CERT_FILE", "SSL_CERT_DIR"
        monkeypatch.setenv("SSL_CERT_FILE", own[0])
        monkeypatch.setenv("SSL_CERT_DIR", own[1])
        paths = ssl.DefaultVerifyPaths(*own, variables[0], own[0], variables[1], own[1])
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
        monkeypatch.setattr(tls, "SMALL_BUNDLE_OCTETS", 0)

    def hash_into_directory(self, file: Path, number: int = 0) -> None:
        argv = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(file)]
        name = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        link = self.directory / f"{name.strip()}.{number}"
        link.symlink_to(file)

    def named_by_user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        paths = ssl.get_default_verify_paths()._replace(openssl_cafile="/elsewhere")
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    return System(tmp_path, monkeypatch)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """An authority that issued none of the servers' certificates."""
    import trustme

    file = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    return file


def go(send: Any, server: Any) -> Any:
    return send(server, host="localhost", tls=Tls(mode=TlsMode.IMPLICIT))


def tries_bundle(send: Any) -> bool:
    return "trying the bundle of authorities" in "\n".join(send.trace.notes)


def test_bundle_is_not_read_if_the_directory_suffices(
    system: System, serve: Any, send: Any, authority: Any
) -> None:
    system.hash_into_directory(authority.file)
    system.bundle.write_bytes(authority.file.read_bytes())
    assert tls.make_context(Tls(), verify=True).get_ca_certs() == []
    assert go(send, serve(SESSION, context=authority.context)).complete


def test_bundle_is_tried_on_another_connection(
    system: System, serve: Any, send: Any, authority: Any, other: Path
) -> None:
    system.hash_into_directory(other)
    system.bundle.write_bytes(authority.file.read_bytes())
    server = serve("<tls>", SESSION, context=authority.context)
    assert go(send, server).complete
    assert tries_bundle(send)


def test_bundle_is_tried_if_the_directory_has_another_hash(
    system: System, serve: Any, send: Any, authority: Any
) -> None:
    system.bundle.write_bytes(authority.file.read_bytes())
    (system.directory / "0123abcd.0").symlink_to(system.bundle)
    server = serve("<tls>", SESSION, context=authority.context)
    assert go(send, server).complete


def test_missing_bundle_is_not_tried(
    system: System, serve: Any, send: Any, authority: Any, other: Path
) -> None:
    system.hash_into_directory(other)
    server = serve("<tls>", context=authority.context)
    with pytest.raises(TlsError, match="not trusted"):
        go(send, server)
    assert not tries_bundle(send)


def test_lost_second_connection_does_not_hide_the_first_failure(
    system: System, serve: Any, send: Any, authority: Any, other: Path
) -> None:
    system.hash_into_directory(other)
    system.bundle.write_bytes(authority.file.read_bytes())
    server = serve("<tls>", "<close>", context=authority.context)
    with pytest.raises(TlsError, match="not trusted: its issuer is unknown") as caught:
        go(send, server)
    assert not caught.value.unreached


def test_certificate_of_an_unknown_authority_stays_untrusted(
    system: System, serve: Any, send: Any, authority: Any, other: Path
) -> None:
    system.hash_into_directory(other)
    system.bundle.write_bytes(authority.file.read_bytes())
    server = serve("<tls>", "<tls>", context=authority.self_signed)
    with pytest.raises(TlsError, match="not trusted"):
        go(send, server)
    assert len(server.conversations) == 2


def test_bundle_is_not_tried_for_the_certificate_of_another_host(
    system: System, serve: Any, send: Any, authority: Any, other: Path
) -> None:
    system.hash_into_directory(authority.file)
    system.bundle.write_bytes(other.read_bytes())
    server = serve("<tls>", context=authority.wrong_host)
    with pytest.raises(TlsError, match="another host"):
        go(send, server)
    assert not tries_bundle(send)


@pytest.mark.parametrize(
    "why", ["no hashed names", "no directory", "user's own", "small"]
)
def test_bundle_is_loaded_at_once_without_a_usable_directory(
    system: System, authority: Any, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    system.bundle.write_bytes(authority.file.read_bytes())
    if why == "no directory":
        system.directory.rmdir()
    if why == "small":
        monkeypatch.setattr(tls, "SMALL_BUNDLE_OCTETS", 9999)
    if why in {"user's own", "small"}:
        system.hash_into_directory(authority.file)
    if why == "user's own":
        system.named_by_user(monkeypatch)
    assert len(tls.make_context(Tls(), verify=True).get_ca_certs()) == 1
