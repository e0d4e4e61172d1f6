"""TLS contexts from settings, certificates, and messages for failed handshakes.

A context verifies unless `verify=False`; then the trace shows the certificate's
fingerprint. RFC 8314, RFC 3207.

Parsing the system's bundle of authorities takes a third of the time of a mail. If the
system has a hashed directory of authorities as well, in which OpenSSL finds the one
that it needs, the bundle is loaded only if a chain does not end there.
"""

import hashlib
import re
import socket
import ssl
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pymail.errors import (
    ConnectionLostError,
    PymailError,
    SettingsError,
    TimedOutError,
    TlsError,
)
from pymail.settings.server_models import Tls
from pymail.text import system_message
from pymail.transport import base

# The exceptions of a non-blocking socket that can't read or write yet.
NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

# As `base.MEANINGS`, and before them those of TLS.
MEANINGS: base.Meanings = (
    (ssl.SSLCertVerificationError, TlsError, ""),
    (ssl.SSLEOFError, ConnectionLostError, "the server cut the connection off"),
    (ssl.SSLZeroReturnError, ConnectionLostError, "the server ended TLS"),
    (ssl.SSLSyscallError, ConnectionLostError, "the connection broke"),
    (ssl.SSLError, TlsError, "TLS failed"),
    *base.MEANINGS,
)

_VERSIONS = {
    # OpenSSL 3 has nothing older than TLS 1.0
    **dict.fromkeys(("SSLV2", "SSLV3", "TLSV1", "TLSV1.0"), ssl.TLSVersion.TLSv1),
    "TLSV1.1": ssl.TLSVersion.TLSv1_1,
    "TLSV1.2": ssl.TLSVersion.TLSv1_2,
    "TLSV1.3": ssl.TLSVersion.TLSv1_3,
}
# OpenSSL 3 excludes TLS 1.0 and 1.1 from its default security level.
_CIPHERS_OF_OLD = "DEFAULT:@SECLEVEL=0"

SMALL_BUNDLE_OCTETS = 32 * 1024  # some twenty certificates, parsed quickly
_HASHED_NAME = r"[0-9a-f]{8}\.[0-9]+"  # of a file in a directory of authorities
_WRONG_NAME = (62, 64)  # another host or address, whatever the authority

_UNTRUSTED = {  # OpenSSL's X509_V_ERR numbers
    2: "its issuer is unknown",
    3: "there is no revocation list of its issuer",
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is self-signed",
    19: "its chain ends in a self-signed certificate",
    20: "its issuer is unknown",
    21: "its issuer is unknown",
    23: "it is revoked",
    62: "it is for another host",
    64: "it is for another address",
}

# OpenSSL's reasons if the peer sends clear text.
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
}


def make_context(tls: Tls, *, verify: bool, bundle: bool = False) -> ssl.SSLContext:
    """Make a client context; without `bundle`, the system's directory may suffice.

    Raises:
        SettingsError: a file is not usable, or a version or cipher is unknown.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _set_version(made, tls)
    _set_ciphers(made, tls)
    if tls.certificate:
        _set_own_certificate(made, tls.certificate, tls.key)
    if verify:
        _set_authorities(made, tls, bundle=bundle)
    else:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def _set_version(made: ssl.SSLContext, tls: Tls) -> None:
    version = _VERSIONS.get(tls.minimum_version.upper())
    if version is None:
        raise SettingsError(f"unknown TLS version {tls.minimum_version!r}")
    with warnings.catch_warnings():  # the settings name the old version
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = version


def _set_ciphers(made: ssl.SSLContext, tls: Tls) -> None:
    old = made.minimum_version < ssl.TLSVersion.TLSv1_2
    ciphers = tls.ciphers or (_CIPHERS_OF_OLD if old else "")
    if not ciphers:
        return
    try:
        made.set_ciphers(ciphers)
    except ssl.SSLError as error:
        raise SettingsError(f"no TLS cipher matches {ciphers!r}") from error


def _set_own_certificate(made: ssl.SSLContext, file: Path, key: Path | None) -> None:
    # Without a password, OpenSSL would prompt for one on the terminal.
    name = f"{file} with key {key}" if key else str(file)
    load = partial(made.load_cert_chain, file, key, password="")
    _load("client certificate", "ssl-cert", name, load)


def _set_authorities(made: ssl.SSLContext, tls: Tls, *, bundle: bool) -> None:
    if tls.system_authorities:
        system = None if bundle else _system_directory()
        if system is None:
            made.load_default_certs()
        else:
            made.load_verify_locations(capath=system)
    if tls.ca_file:
        # The file may contain the server's own certificate instead of its issuer's.
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        _load_file(made, "certificate authorities", "ssl-ca-file", tls.ca_file)
    if tls.ca_directory:
        directory = tls.ca_directory
        if not directory.is_dir():  # OpenSSL accepts any path and finds nothing
            raise SettingsError(
                f"certificate authorities {directory}: no such directory"
            )
        made.load_verify_locations(capath=directory)
    if tls.crl_file:
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        _load_file(made, "certificate revocation list", "ssl-crl-file", tls.crl_file)


def _load_file(made: ssl.SSLContext, what: str, setting: str, file: Path) -> None:
    _load(what, setting, str(file), lambda: made.load_verify_locations(cafile=file))


def _system_directory() -> Path | None:
    """Return the system's directory of authorities if it can replace the bundle.

    A bundle that the user names (SSL_CERT_FILE) or a small one is loaded at once.
    """
    paths = ssl.get_default_verify_paths()
    if not paths.capath or not _has_hashed_files(Path(paths.capath)):
        return None
    directory, own = Path(paths.capath), Path(paths.openssl_cafile).resolve()
    bundle = Path(paths.cafile or own).resolve()
    is_own = bundle == own or bundle.parent == directory.resolve()
    is_large = bundle.is_file() and bundle.stat().st_size > SMALL_BUNDLE_OCTETS
    return directory if is_own and is_large else None


def _has_hashed_files(directory: Path) -> bool:
    try:
        return any(
            re.fullmatch(_HASHED_NAME, each.name) for each in directory.iterdir()
        )
    except OSError:
        return False


def bundle_may_help(tls: Tls, failure: PymailError) -> bool:
    """Tell whether the bundle, not loaded so far, may have the issuer of a certificate.

    The directory may hold the same authorities under hashes that OpenSSL can't find.
    """
    if not tls.system_authorities or _system_directory() is None:
        return False
    return getattr(failure.__cause__, "verify_code", 0) not in _WRONG_NAME


def _load(what: str, setting: str, name: str, load: Callable[[], None]) -> None:
    try:
        load()
    except OSError as error:
        words = system_message(error)
        if isinstance(error, ssl.SSLError):
            words = f"not usable ({_describe_reason(error)})"
        advice = f"set {setting} to a file in PEM form"
        raise SettingsError(f"{what} {name}: {words}", advice=advice) from error


def _describe_reason(error: ssl.SSLError) -> str:
    # Errors that the ssl module raises itself have no `reason`.
    words = getattr(error, "reason", None) or "unknown error"
    return words.lower().replace("_", " ")


def translate_error(error: Exception) -> PymailError:
    """Return the PymailError for an OSError of a connection with TLS."""
    if isinstance(error, ssl.SSLError) and not _is_cut_off(error):
        return TlsError(f"TLS failed: {_describe_reason(error)}")
    return base.translate_error(error, MEANINGS)


def is_untrusted(failure: PymailError) -> bool:
    """Tell whether the failure is that of a certificate."""
    return isinstance(failure.__cause__, ssl.SSLCertVerificationError)


def wrap(
    sock: socket.socket, context: ssl.SSLContext, host: str | bytes, *, doing: str
) -> ssl.SSLSocket:
    """Perform the handshake with the server `host`; a failure closes the socket.

    Raises:
        TlsError: the handshake fails, or the certificate is not trusted.
    """
    wrapped: socket.socket = sock
    try:
        wrapped = made = context.wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False
        )
        made.do_handshake()
    except BaseException as error:
        wrapped.close()
        if isinstance(error, OSError | ValueError):
            raise handshake_failure(error, doing) from error
        raise
    return made


def handshake_failure(error: Exception, doing: str) -> PymailError:
    """Return the PymailError for a failed handshake."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = _UNTRUSTED.get(error.verify_code, error.verify_message)
        happened = f"the server's certificate is not trusted: {why}"
        return TlsError(happened, doing=doing)
    if isinstance(error, TimeoutError):
        return TimedOutError("the TLS handshake timed out", doing=doing)
    if isinstance(error, ssl.SSLError) and not _is_cut_off(error):
        happened = f"the TLS handshake failed: {_describe_reason(error)}"
        if getattr(error, "reason", None) in _NOT_TLS:
            happened = "the server does not speak TLS on this port"
        return TlsError(happened, doing=doing)
    if isinstance(error, OSError):
        happened = "the server closed the connection in the TLS handshake"
        return ConnectionLostError(happened, doing=doing)
    happened = f"no certificate can contain this host name: {error}"
    return TlsError(happened, doing=doing)


def _is_cut_off(error: ssl.SSLError) -> bool:
    kinds = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    return isinstance(error, kinds)


def describe(sock: ssl.SSLSocket) -> list[str]:
    """Describe the session and its certificate, in a line each."""
    cipher = sock.cipher()
    lines = [f"{sock.version()}, {cipher[0] if cipher else 'no cipher'}"]
    certificate = sock.getpeercert()
    if certificate:
        subject, issuer = (
            format_name(certificate.get(key, ())) for key in ("subject", "issuer")
        )
        until = certificate.get("notAfter")
        lines.append(f"certificate of {subject}, by {issuer}, valid until {until}")
    else:
        lines.append(f"certificate not verified, SHA-256 {fingerprint(sock)}")
    return lines


def fingerprint(sock: ssl.SSLSocket) -> str:
    """Return the SHA-256 of the certificate in the form of `openssl x509 -fingerprint`."""
    der = sock.getpeercert(binary_form=True) or b""
    return hashlib.sha256(der).digest().hex(":").upper()


def check_pin(sock: socket.socket | None, pin: bytes) -> None:
    """Compare the server's certificate with `pin`, its SHA-256.

    Raises:
        TlsError: they differ; the message shows the certificate's SHA-256.
    """
    assert isinstance(sock, ssl.SSLSocket)  # noqa: S101 - by `begin_tls`
    shown = fingerprint(sock)
    if shown != pin.hex(":").upper():
        raise TlsError(
            f"the server's certificate doesn't match tls-fingerprint: SHA-256 {shown}",
            advice=f"only if that is the server's own: set tls-fingerprint={shown}",
        )


def format_name(rdns: Any) -> str:
    """Write a distinguished name, which `ssl` returns as tuples of tuples of pairs."""
    return ", ".join(f"{key}={value}" for rdn in rdns for key, value in rdn)
