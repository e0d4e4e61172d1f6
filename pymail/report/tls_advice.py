"""What it means that TLS does not come about; whose certificate it is comes first."""

from typing import NamedTuple

from pymail.errors import PymailError, TlsError
from pymail.report.advice import Advice


class Row(NamedTuple):
    """One failure and what it means."""

    of: type[PymailError] | tuple[type[PymailError], ...]
    words: str
    advice: Advice


TLS: tuple[Row, ...] = (
    Row(
        TlsError,
        r"certificate required",
        Advice(
            "the server wants a certificate of ours",
            "set ssl-cert and ssl-key to the one that those who run the server gave you",
        ),
    ),
    Row(
        TlsError,
        r"alert (unknown ca|bad certificate|certificate|unsupported cert|access denied)",
        Advice(
            "the server does not accept our certificate",
            "set ssl-cert and ssl-key to one that those who run the server accept",
        ),
    ),
    Row(
        TlsError,
        r"alert handshake failure",
        Advice(
            "the server wants a certificate of ours, or this machine has no TLS cipher "
            "that it takes",
            "ask those who run the server: for a certificate set ssl-cert and ssl-key, "
            "for a cipher ssl-cipher-list",
        ),
    ),
    Row(
        TlsError,
        r"not trusted:.*too (weak|small|short)",
        Advice(
            "the server's certificate is too weak for this machine's OpenSSL: a short "
            "key, or SHA-1",
            "ask for a new certificate; until then set "
            "ssl-cipher-list=DEFAULT@SECLEVEL=0, or tls-fingerprint beside it",
        ),
    ),
    Row(
        TlsError,
        r"tls-fingerprint",
        Advice(
            "the server has a new certificate, or somebody is between you and it",
            "ask those who run the server for the fingerprint",
        ),
    ),
    Row(
        TlsError,
        r"expired",
        Advice(
            "the server's certificate has expired",
            "tell those who run the server; check this machine's clock",
        ),
    ),
    Row(
        TlsError,
        r"not (yet valid|valid yet)",
        Advice(
            "the server's certificate is not valid yet", "check this machine's clock"
        ),
    ),
    Row(
        TlsError,
        r"revo(ked|cation)",
        Advice(
            "the server's certificate was taken back, or that cannot be checked",
            "tell those who run the server; see ssl-crl-file",
        ),
    ),
    Row(
        TlsError,
        r"self.?signed",
        Advice(
            "the certificate is signed by nobody this machine trusts",
            "if you trust it, set ssl-ca-file to its certificate or its issuer's",
        ),
    ),
    Row(
        TlsError,
        r"(host ?name|ip address) mismatch|not valid for|for another (host|address)",
        Advice(
            "the certificate belongs to another name",
            "use the server name that is in the certificate",
        ),
    ),
    Row(
        TlsError,
        r"issuer|verify failed|unknown ca|not trusted",
        Advice(
            "the authority that signed the certificate is not known here",
            "install the package ca-certificates, or, if you trust it, set ssl-ca-file",
        ),
    ),
    Row(
        TlsError,
        r"unsupported protocol|protocol version|handshake fail|no.*cipher"
        r"|no protocols|legacy|too (small|weak)",
        Advice(
            "the server and this machine have no TLS version or cipher in common",
            "ask for a newer server; to allow an old version, set "
            "tls-config-pairs=MinProtocol=TLSv1",
        ),
    ),
    Row(
        TlsError,
        r"not offer|no STARTTLS|required",
        Advice(
            "the settings ask for TLS and the server offers none there",
            "use smtps://{host}:465; if the network is your own, unset "
            "smtp-use-starttls",
        ),
    ),
    Row(TlsError, r"", Advice("no encrypted connection came about", "see --debug")),
)
