"""Settings of S/MIME: signing and encryption, by address.

The author is known with the letter, so every address that a variable names
comes with what is set for it (s-nail(1), smime-sign-cert-USER@HOST).
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pymail.mailrc.state import Value
from pymail.secret import Secret
from pymail.settings.layers import Defaults, Layers
from pymail.settings.models import KeyPassword, Named, Sealing

DIGESTS = ("sha224", "sha256", "sha384", "sha512")
_Path = Callable[[str], Path]
_KEY_HOST = ".smime-cert-key"  # password-USER@HOST.smime-cert-key opens a key


def resolve_sealing(
    layers: Layers, defaults: Defaults, folder: Path | None
) -> tuple[Sealing, tuple[str, ...]]:
    """Collect what is set, and what was not taken as written.

    `folder` is what `+` before a file's name means.
    """
    path = partial(_path, defaults=defaults, folder=folder)
    signs = layers.switch("smime-sign")
    digests = layers.by_suffix("smime-sign-digest") if signs else {}
    known = {s: word for s, v in digests.items() if (word := _digest(v)) in DIGESTS}
    sealing = Sealing(
        sign=signs,
        force_encryption=layers.switch("smime-force-encryption"),
        sign_with=_named(layers, "smime-sign-cert", path),
        digests=known,
        include={
            suffix: tuple(_files(value, "smime-sign-include-certs", suffix, path))
            for suffix, value in layers.by_suffix("smime-sign-include-certs").items()
        },
        encrypt_to=_without_plain(_named(layers, "smime-encrypt", path)),
        ciphers=_named(layers, "smime-cipher", path),
        key_passwords=dict(_key_passwords(layers)),
    )
    unknown = (v for s, v in digests.items() if s not in known)
    return sealing, tuple(map(_unknown_digest, unknown))


def _path(text: str, *, defaults: Defaults, folder: Path | None) -> Path:
    if text.startswith("+") and folder:
        return folder / text[1:]
    return defaults.path(text)


def _digest(value: Value) -> str:
    """`SHA-256` and `sha256` are the same."""
    return value.text.strip().lower().replace("-", "")


def _unknown_digest(value: Value) -> str:
    """Warn of a digest that s-nail does not know; its default is used, as there."""
    return (
        f"{value.origin}: smime-sign-digest={value.text}: not one of "
        f"{', '.join(DIGESTS)}; signing with sha512"
    )


def _named(layers: Layers, name: str, path: _Path) -> dict[str, Named]:
    return {
        suffix: _place(value, value.text, name, suffix, path)
        for suffix, value in layers.by_suffix(name).items()
    }


def _place(value: Value, text: str, name: str, suffix: str, path: _Path) -> Named:
    full_name = f"{name}-{suffix}" if suffix else name
    return Named(text, path(text), f"{value.origin}: {full_name}")


def _files(value: Value, name: str, suffix: str, path: _Path) -> Iterator[Named]:
    for text in value.text.split(","):
        if text.strip():
            yield _place(value, text.strip(), name, suffix, path)


def _without_plain(named: dict[str, Named]) -> dict[str, Named]:
    """Leave out a certificate for all recipients: it cannot be meant."""
    return {suffix: value for suffix, value in named.items() if suffix}


def _key_passwords(layers: Layers) -> Iterator[tuple[str, KeyPassword]]:
    for suffix, value in layers.by_suffix("password").items():
        if suffix.endswith(_KEY_HOST):
            place = f"{value.origin}: password-{suffix}"
            address = suffix.removesuffix(_KEY_HOST)
            yield address, KeyPassword(Secret(value.text), place)
