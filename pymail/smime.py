"""S/MIME: a detached signature of the content, and encryption for one recipient.

Content is the MIME entity below the header fields of the message, which stay outside,
readable for servers. The only importer of `cryptography`, which needs the whole content
in memory. The signed octets are final: no server has a reason to re-encode them, and a
file that changes meanwhile does not matter.

RFC 8551 §3 (S/MIME), RFC 1847 §2.1 (multipart/signed).
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
)

from pymail.environment import Environment
from pymail.errors import AuthenticationError, SettingsError
from pymail.message import transfer_encoding
from pymail.message.mime_entity import EncodedBody, Entity, Multipart
from pymail.message.mime_parameters import ContentType, content_type_field
from pymail.secret import Secret
from pymail.settings.models import KEY_HOST_SUFFIX, Named, SmimeSettings
from pymail.settings.server_models import Login, SecretSource
from pymail.text import system_message

# a function of `credentials.chain`; the host is the user's domain with KEY_HOST_SUFFIX
AskPassword = Callable[[Login, str], Secret]

_Digest = type[hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]

DIGESTS: dict[str, _Digest] = {
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
CIPHERS: dict[str, type[algorithms.AES128 | algorithms.AES256]] = {
    "aes128": algorithms.AES128,
    "aes256": algorithms.AES256,
}
_DEFAULT_DIGEST = "sha512"  # s-nail's default
_DEFAULT_CIPHER = "aes128"  # every receiver must support it (RFC 8551 §2.7)
_PRIVATE_KEY = re.compile(
    rb"^-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----\r?\n.*?^-----END \1-----",
    re.DOTALL | re.MULTILINE,
)
_KEY_TYPES = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)
_LIBRARY_ERRORS = (ValueError, TypeError, UnsupportedAlgorithm)  # raised by the library

_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_T = TypeVar("_T")


class Smime:
    """Signs and encrypts content with the keys and certificates of the settings."""

    def __init__(
        self,
        sealing: SmimeSettings,
        *,
        ask_password: AskPassword,
        environment: Environment,
    ) -> None:
        self._sealing = sealing
        self._ask_password = ask_password
        self._environment = environment

    def sign(self, content: Entity, author: str, boundary_token: str) -> Entity:
        """Return the content as multipart/signed, with the signature of `author`.

        `author` is an address, empty if the local MTA adds it later.

        Raises:
            SettingsError: key or certificate is missing or not usable, or the
                key's password was not found.
        """
        named = _value_for(author, self._sealing.sign_with)
        if named is None:
            who = f" for {author}" if author else ""
            raise SettingsError(
                f"smime-sign is set, but no smime-sign-cert{who}",
                advice="set smime-sign-cert=FILE, or unset smime-sign",
            )
        final = _in_memory(content.seven_bit())
        word = _value_for(author, self._sealing.digests) or _DEFAULT_DIGEST
        signature = self._signature(b"".join(final.chunks()), named, author, word)
        signed = ContentType(
            "multipart/signed",
            parameters=(
                ("protocol", "application/pkcs7-signature"),
                ("micalg", word.replace("sha", "sha-")),  # RFC 8551 §3.5.3.2
                ("boundary", f"=_signed-{boundary_token}"),
            ),
        )
        part = _base64(ContentType("application/pkcs7-signature"), "p7s", signature)
        parts = Multipart((final, part), f"=_signed-{boundary_token}")
        return Entity(content_type_field(signed), parts)

    def _signature(self, octets: bytes, named: Named, author: str, word: str) -> bytes:
        pem = self._read(named)
        key = self._key(pem, named, author)
        certificates = self._certificates(pem, named)
        mine = [c for c in certificates if c.public_key() == key.public_key()]
        if not mine:
            raise _unusable(named, "the private key does not belong to the certificate")
        self._check_dates(mine[0], named)
        others = [c for c in certificates if c != mine[0]]
        for file in _value_for(author, self._sealing.include) or ():
            others += self._certificates(self._read(file), file)
        builder = (
            PKCS7SignatureBuilder()
            .set_data(octets)
            .add_signer(mine[0], key, DIGESTS[word]())
        )
        for certificate in others:
            builder = builder.add_certificate(certificate)
        options = (PKCS7Options.DetachedSignature, PKCS7Options.Binary)
        try:
            return builder.sign(Encoding.DER, options)
        except _LIBRARY_ERRORS as error:
            raise _unusable(named, f"cannot sign: {error}") from error

    def encrypt(self, content: Entity, recipient: str) -> Entity | None:
        """Return the content encrypted for one recipient; None without a certificate.

        Raises:
            SettingsError: the certificate is not usable, or it is missing and
                smime-force-encryption is set.
        """
        named = _value_for(recipient, self._sealing.encrypt_to)
        if named is None:
            if not self._sealing.force_encryption:
                return None
            raise SettingsError(
                "smime-force-encryption is set, and there is no"
                f" smime-encrypt-{recipient}",
                advice=f"set smime-encrypt-{recipient}=FILE with the certificate",
            )
        octets = b"".join(content.chunks())
        enveloped = ContentType(
            "application/pkcs7-mime", parameters=(("smime-type", "enveloped-data"),)
        )
        return _base64(enveloped, "p7m", self._enveloped(octets, named, recipient))

    def _enveloped(self, octets: bytes, named: Named, recipient: str) -> bytes:
        certificate = self._certificates(self._read(named), named)[0]
        self._check_dates(certificate, named)
        cipher = self._cipher(recipient)
        try:
            builder = (
                PKCS7EnvelopeBuilder()
                .set_data(octets)
                .add_recipient(certificate)
                .set_content_encryption_algorithm(CIPHERS[cipher])
            )
            return builder.encrypt(Encoding.DER, (PKCS7Options.Binary,))
        except _LIBRARY_ERRORS as error:
            raise _unusable(named, f"cannot encrypt for it: {error}") from error

    def _cipher(self, recipient: str) -> str:
        named = _value_for(recipient, self._sealing.ciphers)
        if named is None:
            return _DEFAULT_CIPHER
        word = named.text.strip().lower().replace("-", "")
        if word not in CIPHERS:
            raise SettingsError(
                f"{named.place}={named.text}: not a supported cipher",
                advice=f"use one of {', '.join(CIPHERS)}",
            )
        return word

    def _read(self, named: Named) -> bytes:
        try:
            return self._environment.read_file(named.path)
        except (OSError, ValueError) as error:
            raise _unusable(named, system_message(error)) from error

    def _certificates(self, pem: bytes, named: Named) -> list[x509.Certificate]:
        try:
            found = x509.load_pem_x509_certificates(pem)
            for certificate in found:
                certificate.public_key()
        except _LIBRARY_ERRORS as error:
            raise _unusable(named, "it contains no certificate in PEM form") from error
        return found

    def _key(self, pem: bytes, named: Named, author: str) -> _Key:
        block = _PRIVATE_KEY.search(pem)
        if block is None:
            raise _unusable(named, "it contains no private key in PEM form")
        key: object
        try:
            key = load_pem_private_key(block[0] + b"\n", None)
        except TypeError:  # the key is encrypted
            key = self._encrypted_key(block[0] + b"\n", named, author)
        except _LIBRARY_ERRORS as error:
            raise _unusable(named, "the private key cannot be read") from error
        if not isinstance(key, _KEY_TYPES):
            raise _unusable(named, "only RSA and EC keys can sign")
        return key

    def _encrypted_key(self, block: bytes, named: Named, author: str) -> object:
        password = self._password(named, author)
        try:
            return load_pem_private_key(block, password)
        except _LIBRARY_ERRORS as error:
            what = "the password does not decrypt the private key"
            raise _unusable(named, what, _password_advice(author)) from error

    def _password(self, named: Named, author: str) -> bytes:
        known = _value_for(author, self._sealing.key_passwords)
        sources = (
            (SecretSource(place=known.place, secret=known.secret),) if known else ()
        )
        login = Login(user=author or "ME", sources=sources)
        host = author.rpartition("@")[2] + KEY_HOST_SUFFIX
        try:
            return self._ask_password(login, host).reveal().encode()
        except AuthenticationError as error:
            what = "the private key is encrypted, and its password was not found"
            raise _unusable(named, what, _password_advice(author)) from error

    def _check_dates(self, certificate: x509.Certificate, named: Named) -> None:
        now = self._environment.now()
        if now > certificate.not_valid_after_utc:
            day = certificate.not_valid_after_utc.date()
            raise _unusable(named, f"the certificate expired on {day}")
        if now < certificate.not_valid_before_utc:
            day = certificate.not_valid_before_utc.date()
            raise _unusable(named, f"the certificate is valid only from {day}")


def _value_for(address: str, values: Mapping[str, _T]) -> _T | None:
    """Return the value for the address, else the value for all addresses."""
    found = values.get(address.lower())
    return found if found is not None else values.get("")


def _in_memory(content: Entity) -> Entity:
    octets = b"".join(content.body.chunks())
    return Entity(content.header, EncodedBody(octets, content.body.encoding))


def _base64(kind: ContentType, extension: str, der: bytes) -> Entity:
    name = f"smime.{extension}"
    header = content_type_field(kind, name) + (
        b'Content-Disposition: attachment; filename="%s"\r\n' % name.encode()
    )
    return Entity(
        header, EncodedBody(b"".join(transfer_encoding.encode_base64([der])), "base64")
    )


def _unusable(named: Named, what: str, advice: str = "") -> SettingsError:
    return SettingsError(f"{named.place}: {named.path}: {what}", advice=advice)


def _password_advice(author: str) -> str:
    return f"set password-{author or 'ADDRESS'}{KEY_HOST_SUFFIX}=PASSWORD in mail.rc"
