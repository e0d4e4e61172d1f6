"""Settings of S/MIME: signing and encryption, by address.

The author is not known before the message is read, so the values for every address are
collected (s-nail(1), smime-sign-cert-USER@HOST).
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pymail.mailrc.state import Value
from pymail.secret import Secret
from pymail.settings.layers import Layers
from pymail.settings.models import KEY_HOST_SUFFIX, KeyPassword, Named, SmimeSettings

DIGESTS = ("sha224", "sha256", "sha384", "sha512")
_Path = Callable[[str], Path]


def resolve_smime(
    layers: Layers, folder: Path | None, warnings: list[str]
) -> SmimeSettings:
    """Collect the values for all addresses; `+` before a file name stands for `folder`."""
    path = partial(_path, layers=layers, folder=folder)
    signs = layers.switch("smime-sign")
    digests = layers.by_suffix("smime-sign-digest") if signs else {}
    known = {s: word for s, v in digests.items() if (word := _digest(v)) in DIGESTS}
    warnings += (_unknown_digest(v) for s, v in digests.items() if s not in known)
    return SmimeSettings(
        sign=signs,
        force_encryption=layers.switch("smime-force-encryption"),
        sign_with=_named(layers, "smime-sign-cert", path),
        digests=known,
        include={
            suffix: tuple(_files(value, "smime-sign-include-certs", suffix, path))
            for suffix, value in layers.by_suffix("smime-sign-include-certs").items()
        },
        encrypt_to={  # one certificate can't be meant for all recipients
            suffix: named
            for suffix, named in _named(layers, "smime-encrypt", path).items()
            if suffix
        },
        ciphers=_named(layers, "smime-cipher", path),
        key_passwords=dict(_key_passwords(layers)),
    )


def _path(text: str, *, layers: Layers, folder: Path | None) -> Path:
    if text.startswith("+") and folder:
        return folder / text[1:]
    return layers.expand(text)


def _digest(value: Value) -> str:
    """Normalize a name: `SHA-256` and `sha256` are the same digest."""
    return value.text.strip().lower().replace("-", "")


def _unknown_digest(value: Value) -> str:
    """Warn about a digest that s-nail does not know; the default is used, as in s-nail."""
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


def _key_passwords(layers: Layers) -> Iterator[tuple[str, KeyPassword]]:
    """Find password-USER@HOST.smime-cert-key, the password of a private key."""
    for suffix, value in layers.by_suffix("password").items():
        if suffix.endswith(KEY_HOST_SUFFIX):
            place = f"{value.origin}: password-{suffix}"
            address = suffix.removesuffix(KEY_HOST_SUFFIX)
            yield address, KeyPassword(Secret(value.text), place)
