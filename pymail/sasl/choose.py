"""The choice of a SASL mechanism: exactly one, before anybody asks for a secret.

One, because every attempt with a wrong password counts at the server, and some
lock the account after three. The settings' word comes first; else the server's
offer decides, and whether SCRAM's library is here. A password goes in clear only
under TLS, to this machine itself, or when the settings name a mechanism that does so;
a token only where TLS has proven who the server is, or to this machine (RFC 6750 §5.3).
"""

import re
from collections.abc import Callable, Collection

from pymail.errors import AuthenticationError, SettingsError, install
from pymail.sasl.mechanisms import CramMd5, External, Login, Mechanism, Plain
from pymail.secret import Secret

_SCRAM = ("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1")  # where scramp is installed
_BY_ITSELF = (*_SCRAM, "PLAIN", "LOGIN", "CRAM-MD5")  # the first one that is offered
_WITHOUT_PASSWORD = frozenset({*_SCRAM, "CRAM-MD5"})  # none of it travels
_WITH_TOKEN = ("OAUTHBEARER", "XOAUTH2")
_WITH_PASSWORD = {"PLAIN": Plain, "LOGIN": Login, "CRAM-MD5": CramMd5}

# The names that smtp-auth takes, in upper case, and the one that the server offers.
_OFFERED_AS = {
    **{name: name for name in ("PLAIN", "LOGIN", "CRAM-MD5", *reversed(_SCRAM))},
    **{name: name for name in ("XOAUTH2", "OAUTHBEARER", "EXTERNAL")},
    "EXTERNANON": "EXTERNAL",
}

_REGISTERED_NAME = r"[A-Z0-9_-]{1,20}"  # RFC 4422 §3.1
_MOST_SHOWN = 12


def _scramp_is_installed() -> bool:
    from pymail.sasl.scram import installed

    return installed()


def choose(
    named: str,
    offered: Collection[str],
    *,
    encrypted: bool,
    local: bool,
    proven: bool = False,
    has_scram: Callable[[], bool] = _scramp_is_installed,
) -> str:
    """Return the one mechanism to log in with, as `create` takes it.

    `named` is what the settings say, empty for nothing; `offered` the words of
    the server's AUTH lines. Case does not matter in either. `proven`: TLS has shown
    who the server is. `has_scram` is asked only where SCRAM is named or offered.

    Raises:
        SettingsError: there is no mechanism of that name, or its library is missing.
        AuthenticationError: the server does not offer it, or nothing that fits.
    """
    offer = frozenset(name.upper() for name in offered)
    if named:
        name = _as_named(named, offer, encrypted=encrypted, has_scram=has_scram)
        if takes_token(name) and not (proven or local):
            raise _unproven(encrypted=encrypted)
        return name
    usable = [name for name in _BY_ITSELF if name in offer]
    if usable and usable[0] in _SCRAM and not has_scram():
        usable = [name for name in usable if name not in _SCRAM]
    if not usable:
        raise _nothing_usable(offer, encrypted=encrypted)
    if encrypted or local:
        return usable[0]
    if hiding := [name for name in usable if name in _WITHOUT_PASSWORD]:
        return hiding[0]
    insisting = "login" if "LOGIN" in usable else "plain"
    raise AuthenticationError(
        "the password would travel in clear: the connection is not encrypted,"
        f" and the server offers {_listed(offer)}",
        advice=f"set smtp-use-starttls, or set smtp-auth={insisting} to insist",
    )


def needs_secret(name: str) -> bool:
    """Tell whether `create` wants a password or token for this mechanism."""
    return _registered(name) != "EXTERNAL"


def takes_token(name: str) -> bool:
    """Tell whether the secret of this mechanism is an access token."""
    return name.upper() in _WITH_TOKEN


def create(name: str, user: str, secret: Secret, host: str, port: int) -> Mechanism:
    """Return a fresh exchange of the mechanism that `choose` has chosen.

    `secret` is the password, or the access token of the OAuth mechanisms;
    `host` and `port` are the server as the user names it.

    Raises:
        SettingsError: there is no mechanism of that name.
    """
    registered = _registered(name)
    if registered in _SCRAM:
        from pymail.sasl.scram import Scram

        return Scram(registered, user, secret)
    if registered in _WITH_TOKEN:
        from pymail.sasl.oauth import OAuthBearer, XOAuth2

        if registered == "XOAUTH2":
            return XOAuth2(user, secret)
        return OAuthBearer(user, secret, host, port)
    if registered == "EXTERNAL":
        return External("" if name.upper() == "EXTERNANON" else user)
    return _WITH_PASSWORD[registered](user, secret)


def _registered(name: str) -> str:
    registered = _OFFERED_AS.get(name.upper())
    if registered is None:
        known = ", ".join(known.lower() for known in _OFFERED_AS)
        raise SettingsError(f"smtp-auth={name[:40]!r}: not one of none, {known}")
    return registered


def _as_named(
    named: str,
    offer: frozenset[str],
    *,
    encrypted: bool,
    has_scram: Callable[[], bool],
) -> str:
    """Hold the settings' word against the offer; a password is not sent on trust."""
    wanted = _registered(named)
    if wanted in _SCRAM and not has_scram():
        from pymail.sasl.scram import missing

        raise missing(wanted)
    if not offer:
        raise _nothing_usable(offer, encrypted=encrypted)
    if wanted not in offer:
        raise AuthenticationError(
            f"the server does not offer {wanted}, it offers {_listed(offer)}",
            advice="change smtp-auth, or unset it to take what is offered",
        )
    return named.upper()


def _nothing_usable(offer: frozenset[str], *, encrypted: bool) -> AuthenticationError:
    advice = ""
    token = [name for name in _WITH_TOKEN if name in offer]
    if not offer.isdisjoint(_SCRAM):
        advice = install("scramp")
    elif token:
        advice = f"set smtp-auth={token[0].lower()}, with an access token as password"
    elif not offer and not encrypted:
        advice = "set smtp-use-starttls: many servers let nobody log in without TLS"
    elif not offer:
        advice = "set smtp-auth=none if the server takes mail without a login"
    return AuthenticationError(
        f"no way to log in: the server offers {_listed(offer)}", advice=advice
    )


def _unproven(*, encrypted: bool) -> AuthenticationError:
    if encrypted:
        return AuthenticationError(
            "the access token would go to a server whose certificate nobody verified",
            advice="unset tls-verify and ssl-verify, or set tls-fingerprint",
        )
    return AuthenticationError(
        "the access token would travel without TLS that proves who the server is",
        advice="set smtp-use-starttls, or write smtps:// in `smtp`",
    )


def _listed(offer: frozenset[str]) -> str:
    """Write the offer for a message; what is no mechanism's name stays out."""
    names = sorted(name for name in offer if re.fullmatch(_REGISTERED_NAME, name))
    return ", ".join(names[:_MOST_SHOWN]) or "none"
