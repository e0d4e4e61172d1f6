"""TLS contexts, and the messages for failed handshakes."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from pymail.errors import ConnectionLostError, SettingsError, TlsError
from pymail.settings.server_models import Tls
from pymail.transport import tls


def test_context_verifies_and_requires_tls_1_2() -> None:
    made = tls.make_context(Tls(), verify=True)
    assert made.verify_mode is ssl.CERT_REQUIRED
    assert made.check_hostname
    assert made.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("TLSv1", ssl.TLSVersion.TLSv1),
        ("SSLv3", ssl.TLSVersion.TLSv1),
        ("tlsv1.1", ssl.TLSVersion.TLSv1_1),
        ("TLSv1.3", ssl.TLSVersion.TLSv1_3),
    ],
)
def test_versions_have_names(name: str, version: ssl.TLSVersion) -> None:
    made = tls.make_context(Tls(minimum_version=name), verify=False)
    assert made.minimum_version is version


def test_files_of_every_kind_are_loaded(authority: Any, tmp_path: Path) -> None:
    made = tls.make_context(
        Tls(
            ca_file=authority.file,
            ca_directory=tmp_path,
            crl_file=authority.file,
            certificate=authority.client,
            key=authority.client,
            ciphers="HIGH",
            system_authorities=False,
        ),
        verify=True,
    )
    assert made.verify_flags & ssl.VERIFY_CRL_CHECK_LEAF
    assert len(made.get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        pytest.param({"minimum_version": "TLSv9"}, "TLSv9", id="version"),
        pytest.param({"ciphers": "no-such"}, "no-such", id="ciphers"),
        pytest.param({"ca_file": "absent"}, "absent: no such file", id="ca-absent"),
        pytest.param({"ca_file": "junk"}, "junk: not usable", id="ca-junk"),
        pytest.param({"ca_directory": "absent"}, "no such directory", id="ca-folder"),
        pytest.param({"crl_file": "junk"}, "junk: not usable", id="crl-junk"),
        pytest.param({"certificate": "junk"}, "junk: not usable", id="own-junk"),
        pytest.param({"certificate": "locked"}, "locked: not usable", id="own-locked"),
        pytest.param(
            {"certificate": "junk", "key": "absent"}, "with key .*absent", id="key"
        ),
    ],
)
def test_unusable_setting_is_named(
    rules: dict[str, str], words: str, tmp_path: Path, authority: Any
) -> None:
    (tmp_path / "junk").write_text("no PEM\n")
    (tmp_path / "locked").write_bytes(authority.locked)
    wrong = {
        key: value if key in {"minimum_version", "ciphers"} else tmp_path / value
        for key, value in rules.items()
    }
    with pytest.raises(SettingsError, match=words):
        tls.make_context(Tls(**wrong), verify=True)  # type: ignore[arg-type] # by id


@pytest.mark.parametrize(
    ("number", "words"),
    [(10, "expired"), (18, "self-signed"), (62, "another host"), (7, "strange")],
)
def test_untrusted_certificate_has_a_reason(number: int, words: str) -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_code, error.verify_message = number, "something strange"
    failure = tls.handshake_failure(error, "starting TLS")
    assert isinstance(failure, TlsError)
    assert words in failure.happened


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ssl.SSLEOFError(8, "eof"), ConnectionLostError, "closed"),
        (ConnectionResetError(), ConnectionLostError, "closed"),
        (ValueError("server_hostname"), TlsError, "server_hostname"),
        (ssl.SSLError(1, "odd"), TlsError, "failed"),
    ],
    ids=["eof", "reset", "name", "odd"],
)
def test_failed_handshake_has_a_reason(
    error: Exception, kind: type, words: str
) -> None:
    failure = tls.handshake_failure(error, "starting TLS")
    assert type(failure) is kind
    assert words in failure.happened
