"""Choice of the server or program that mail is handed to: TLS, login, time-outs.

Inside a layer `smtp` takes precedence over `mta`, and both over `sendmail` (mailx(1)); if
none is set, mail is handed to the local program.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pymail.errors import SettingsError
from pymail.mailrc.state import Value
from pymail.model import replace
from pymail.settings import server_url
from pymail.settings.layers import Layers
from pymail.settings.server_models import (
    FileTarget,
    LmtpSocket,
    LocalMta,
    Login,
    Server,
    SmtpServer,
    Timeouts,
    Tls,
    TlsMode,
    Verify,
)
from pymail.settings.server_url import ServerUrl
from pymail.settings.variables import is_off

NetrcUser = Callable[[str], str]

_SHA256_OCTETS = 32
_FINGERPRINT = r"(?i)[0-9a-f]{2}(?:(?::[0-9a-f]{2})+|(?:[0-9a-f]{2})+)"
DEFAULT_PROGRAM = "/usr/sbin/sendmail"
_TLS_SCHEMES = frozenset({"smtps", "submissions"})
IMPLICIT_TLS_PORT = 465  # RFC 8314 §3.3; without TLS client and server wait forever


def choose_server(
    layers: Layers,
    *,
    sender: str,
    hello_name: str,
    login_name: str,
    netrc_user: NetrcUser,
    warnings: list[str],
    remarks: list[str],
) -> tuple[Server, str, tuple[str, ...]]:
    """Choose the server; returns it, the user there, and the suffixes of variables.

    `sender` is the address that variables may have as a suffix. `netrc_user` finds the
    login name for a host in netrc, empty if there is none, or several.

    Raises:
        SettingsError: the address is invalid; the message names its origin.
    """
    name, value = layers.first(("smtp", "mta", "sendmail"))
    target = _target(layers, name, value)
    if not isinstance(target, ServerUrl):
        return target, "", ()
    timeouts = Timeouts.bounded(
        layers.number("smtp-timeout", "seconds"),
        layers.number("socket-connect-timeout", "seconds"),
    )
    if target.path:
        path = layers.expand(target.path)
        return LmtpSocket(path=path, hello_name=hello_name, timeouts=timeouts), "", ()
    hosts = tuple(dict.fromkeys((target.authority, target.host)))
    user = _user(layers, target, hosts, sender, netrc_user)
    suffixes = _suffixes((user, sender), hosts)
    if proxy := layers.value("socks-proxy", suffixes):
        _refuse_proxy(proxy)
    tls = _tls(layers, target, suffixes, warnings, remarks)
    login = _login(layers, user, suffixes, login_name)
    if login is not None and value:
        from pymail.settings import secret_options  # only for a login

        sources = secret_options.secret_sources(layers, suffixes)
        sources = secret_options.with_url(sources, target.password, value.origin)
        login = replace(login, sources=sources)
        remarks += secret_options.exposure_remarks(sources)
    config = layers.value("smtp-config", suffixes)
    server = SmtpServer(
        host=target.host,
        port=target.port,
        hello_name=hello_name,
        tls=tls,
        login=login,
        timeouts=timeouts,
        lmtp=target.scheme == "lmtp",
        ignored_extensions=frozenset(
            word[1:].upper()
            for word in (config.text.replace(",", " ").split() if config else ())
            if word.startswith("-")
        ),
    )
    return server, user, suffixes


def _target(
    layers: Layers, name: str, value: Value | None
) -> FileTarget | LocalMta | ServerUrl:
    text = value.text.strip() if value else DEFAULT_PROGRAM
    if name == "mta" and (text == "test" or text.startswith("test://")):
        file = text.removeprefix("test").removeprefix("://")
        return FileTarget(path=layers.expand(file) if file else None)
    try:
        program = _program(name, text)
        if program is not None:
            return _local_mta(layers, program)
        return server_url.parse(text)
    except SettingsError as error:
        origin = f"{value.origin}: " if value else ""
        message = f"{origin}{name}: {error.happened}"
        raise SettingsError(message, advice=error.advice) from error


def _program(name: str, text: str) -> str | None:
    """Return the program that the value names, None when it names a server."""
    if text.startswith("file://"):
        return text.removeprefix("file://")
    if text.startswith("sendmail:"):  # mailutils
        return text.removeprefix("sendmail:") or DEFAULT_PROGRAM
    # USER:PASSWORD@HOST lacks its scheme; a message that took it for a file would
    # show the password
    is_server = name == "smtp" or "://" in text or ("@" in text and "/" not in text)
    return None if is_server else text


def _local_mta(layers: Layers, program: str) -> LocalMta:
    """Resolve a program; words after its name are arguments, as in mailutils.

    A name without a slash is looked up in PATH.
    """
    words = program.split()
    if not words:
        raise SettingsError("the name of the program is empty")
    arguments = layers.text("mta-arguments")
    return LocalMta(
        program=layers.expand(words[0]) if "/" in words[0] else Path(words[0]),
        argv0=layers.text("mta-argv0"),
        arguments=(*words[1:], *(_split(arguments) if arguments else ())),
        default_arguments=not layers.switch("mta-no-default-arguments"),
        recipients_as_arguments=not layers.switch("mta-no-recipient-arguments"),
        keep_bcc=layers.switch("mta-bcc-ok"),
        metoo=layers.switch("metoo"),
        verbose=layers.switch("verbose"),
    )


def _split(arguments: str) -> list[str]:
    import shlex  # rarely needed

    try:
        return shlex.split(arguments)
    except ValueError as error:
        raise SettingsError(f"mta-arguments: {str(error).lower()}") from error


def _suffixes(names: tuple[str, ...], hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the suffixes of variables for this server, by precedence."""
    users = dict.fromkeys(filter(None, names))
    return (
        *(f"{u}@{h}" for u in users for h in hosts),
        *(u for u in users if "@" in u),
        *hosts,
    )


def _refuse_proxy(value: Value) -> None:
    """Refuse a server that needs a proxy: mail must not bypass it."""
    if value.text.strip():
        raise SettingsError(
            f"{value.origin}: socks-proxy: pymail does not support SOCKS proxies",
            advice="unset socks-proxy, and reach the server another way",
        )


def _user(
    layers: Layers,
    address: ServerUrl,
    hosts: tuple[str, ...],
    sender: str,
    netrc_user: NetrcUser,
) -> str:
    """Return the login name in the URL, the variables or netrc; empty if there is none."""
    if address.user:
        return address.user
    if address.user is None:
        named = layers.value("user", (*([sender] if sender else []), *hosts))
        if named and named.text:
            return named.text
    if layers.value("netrc-lookup", hosts) is None:
        return ""
    return netrc_user(address.host)


def _login(
    layers: Layers, user: str, suffixes: tuple[str, ...], login_name: str
) -> Login | None:
    """Make the login; None without a user, or with `smtp-auth=none`.

    A mechanism without a user still makes a login, which is refused later: mailx, too,
    would not have sent the mail without one. With v15-compat the user defaults to the
    login name on this machine, as in s-nail.
    """
    named = layers.value("smtp-auth", suffixes)
    mechanism = named.text.strip().lower() if named else ""
    if mechanism and layers.switch("v15-compat"):
        user = user or login_name
    if mechanism == "none" or not (user or mechanism):
        return None
    return Login(user=user, mechanism=mechanism)


def _tls(
    layers: Layers,
    address: ServerUrl,
    suffixes: tuple[str, ...],
    warnings: list[str],
    remarks: list[str],
) -> Tls:
    value = partial(layers.value, suffixes=suffixes)
    config, fingerprint = value("tls-config-pairs"), value("tls-fingerprint")
    pairs = _pairs(config.text) if config else {}
    pin = _pin(fingerprint) if fingerprint else None
    starttls, verify = value("smtp-use-starttls"), value("tls-verify")
    if address.scheme in _TLS_SCHEMES or address.port == IMPLICIT_TLS_PORT:
        mode = TlsMode.IMPLICIT
    else:  # only TLS can verify a fingerprint
        mode = TlsMode.REQUIRED if pin or starttls else TlsMode.OFFERED
    if starttls:
        _remark_on_starttls(starttls, remarks)

    def file(name: str, pair: str = "") -> Path | None:
        named = value(name)
        text = named.text if named else pairs.get(pair, "")
        return layers.expand(text) if text else None

    ciphers = value("ssl-cipher-list")
    return Tls(
        mode=mode,
        verify=_verify(verify, warnings) if verify else Verify.STRICT,
        ca_file=file("tls-ca-file"),
        ca_directory=file("tls-ca-dir"),
        system_authorities=value("tls-ca-no-defaults") is None,
        certificate=file("ssl-cert", "certificate"),
        key=file("ssl-key", "privatekey"),
        ciphers=ciphers.text if ciphers else pairs.get("cipherstring", ""),
        minimum_version=pairs.get("minprotocol", "TLSv1.2"),
        crl_file=file("tls-crl-file"),
        pin=pin,
    )


def _pin(fingerprint: Value) -> bytes:
    """Read a SHA-256: hexadecimal, with or without colons, in upper or lower case.

    Raises:
        SettingsError: the text is not a SHA-256 fingerprint.
    """
    text = fingerprint.text.strip()
    digits = text.replace(":", "")
    if not re.fullmatch(_FINGERPRINT, text):
        problem = "not a fingerprint"
    elif len(digits) != 2 * _SHA256_OCTETS:
        problem = f"{len(digits) // 2} octets instead of {_SHA256_OCTETS}"
    else:
        return bytes.fromhex(digits)
    raise SettingsError(
        f"{fingerprint.origin}: tls-fingerprint={text[:140]!r}: {problem}",
        advice="write the SHA-256 of the certificate, as pymail --check shows it",
    )


def _remark_on_starttls(value: Value, remarks: list[str]) -> None:
    if is_off(value.text):
        what = f"smtp-use-starttls={value.text} still requires STARTTLS, as in mailx"
        remarks.append(f"{value.origin}: {what}; write: unset smtp-use-starttls")


def _verify(value: Value, warnings: list[str]) -> Verify:
    """Read the word; `ask` means `strict`, because a script can't ask.

    So does any unknown word: a guess could switch verification off.
    """
    word = value.text.strip().lower()
    if word in ("warn", "ignore"):
        return Verify(word)
    if word not in ("", "strict", "ask"):
        what = f"tls-verify={value.text}: unknown word, using strict"
        warnings.append(f"{value.origin}: {what} (known: strict, warn, ignore)")
    return Verify.STRICT


def _pairs(text: str) -> dict[str, str]:
    r"""Read s-nail's `Key=value, Key=value` (`\,` is a comma); returns lower-case keys."""
    text = text.replace("\\,", "\0")
    halves = (item.partition("=") for item in text.split(","))
    return {
        key.strip().lower(): rest.strip().replace("\0", ",") for key, _, rest in halves
    }
