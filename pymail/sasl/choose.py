"""The choice of one SASL mechanism, before the secret is looked up.

Only one is tried, because servers count wrong passwords, and some lock the account
after three. The settings may name it; else the server's offer decides, and whether
SCRAM's library is installed. PLAIN and LOGIN need TLS, a server on this machine, or
settings that name them; a token needs TLS that has authenticated the server, or a
server on this machine (RFC 6750 §5.3).
"""

import re
from collections.abc import Callable, Collection

from pymail.errors import AuthenticationError, SettingsError, install
from pymail.sasl.mechanisms import (
    CramMd5,
    External,
    Login,
    Mechanism,
    OAuthBearer,
    Plain,
    XOAuth2,
)
from pymail.secret import Secret

_SCRAM = ("SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1")  # if scramp is installed
_PREFERRED = (*_SCRAM, "PLAIN", "LOGIN", "CRAM-MD5")  # unless the settings name another
_HIDE_PASSWORD = frozenset({*_SCRAM, "CRAM-MD5"})  # and need no TLS
_WITH_TOKEN = ("OAUTHBEARER", "XOAUTH2")
_WITH_SECRET: dict[str, Callable[[str, Secret], Mechanism]] = {
    "PLAIN": Plain,
    "LOGIN": Login,
    "CRAM-MD5": CramMd5,
    "XOAUTH2": XOAuth2,
}

# The values of smtp-auth, in upper case, and the registered name of each.
_OFFERED_AS = {
    **{name: name for name in ("PLAIN", "LOGIN", "CRAM-MD5", *reversed(_SCRAM))},
    **{name: name for name in ("XOAUTH2", "OAUTHBEARER", "EXTERNAL")},
    "EXTERNANON": "EXTERNAL",
}

_REGISTERED_NAME = r"[A-Z0-9_-]{1,20}"  # RFC 4422 §3.1
_MOST_SHOWN = 12


def has_scramp() -> bool:
    """Tell whether scramp is installed, without loading it."""
    from importlib.util import find_spec

    return find_spec("scramp") is not None


def choose(
    named: str,
    offered: Collection[str],
    *,
    encrypted: bool,
    local: bool,
    proven: bool = False,
    has_scram: Callable[[], bool] = has_scramp,
) -> str:
    """Return the mechanism to log in with, a name for `create`.

    `named` is the value of smtp-auth, or empty; `offered` are the words of the server's
    AUTH lines; case is ignored in both. `encrypted`: TLS hides a password; `local`: the
    server is this machine; `proven`: TLS has authenticated the server. `has_scram` is
    called only if SCRAM is named or offered.

    Raises:
        SettingsError: no mechanism has that name, or its library is missing.
        AuthenticationError: the server offers no such mechanism, or none that is safe.
    """
    offer = frozenset(name.upper() for name in offered)
    if named:
        name = _as_named(named, offer, encrypted=encrypted, has_scram=has_scram)
        if takes_token(name) and not (proven or local):
            raise _unproven(encrypted=encrypted)
        return name
    usable = [name for name in _PREFERRED if name in offer]
    if usable and usable[0] in _SCRAM and not has_scram():
        usable = [name for name in usable if name not in _SCRAM]
    if not usable:
        raise _nothing_usable(offer, encrypted=encrypted)
    if encrypted or local:
        return usable[0]
    if hiding := [name for name in usable if name in _HIDE_PASSWORD]:
        return hiding[0]
    insisting = "login" if "LOGIN" in usable else "plain"
    raise AuthenticationError(
        "the password would be sent in clear: the connection is not encrypted,"
        f" and the server offers {_listed(offer)}",
        advice=f"set smtp-use-starttls, or set smtp-auth={insisting} to insist",
    )


def needs_secret(name: str) -> bool:
    """Tell whether the mechanism needs a password or token."""
    return _registered(name) != "EXTERNAL"


def takes_token(name: str) -> bool:
    """Tell whether the secret of this mechanism is an access token."""
    return name.upper() in _WITH_TOKEN


def create(name: str, user: str, secret: Secret, host: str, port: int) -> Mechanism:
    """Return a new exchange of the mechanism that `choose` returned.

    `secret` is the password, or the access token of the OAuth mechanisms;
    `host` and `port` are the server's in the settings.

    Raises:
        SettingsError: no mechanism has that name.
    """
    registered = _registered(name)
    if registered in _SCRAM:
        from pymail.sasl.scram import Scram

        return Scram(registered, user, secret)
    if registered == "OAUTHBEARER":
        return OAuthBearer(user, secret, host, port)
    if registered == "EXTERNAL":
        return External("" if name.upper() == "EXTERNANON" else user)
    return _WITH_SECRET[registered](user, secret)


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
    """Return the mechanism that the settings name, if the server offers it."""
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
        advice = "set smtp-use-starttls: many servers accept no login without TLS"
    elif not offer:
        advice = "set smtp-auth=none if the server takes mail without a login"
    return AuthenticationError(
        f"no way to log in: the server offers {_listed(offer)}", advice=advice
    )


def _unproven(*, encrypted: bool) -> AuthenticationError:
    if encrypted:
        return AuthenticationError(
            "the access token would be sent to a server with an unverified certificate",
            advice="unset tls-verify and ssl-verify, or set tls-fingerprint",
        )
    return AuthenticationError(
        "the access token would be sent without TLS that authenticates the server",
        advice="set smtp-use-starttls, or write smtps:// in `smtp`",
    )


def _listed(offer: frozenset[str]) -> str:
    """List the offered mechanisms for a message, without invalid names."""
    names = sorted(name for name in offer if re.fullmatch(_REGISTERED_NAME, name))
    return ", ".join(names[:_MOST_SHOWN]) or "none"
