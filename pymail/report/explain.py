"""Explanations of replies and failures: what each means, and the next step.

A reply is explained by its words and codes (`reply_kinds`), else by the code alone
(`status_codes`); a failure by its class and its words, in `FAILURES`. The tables are
English; "{host}", "{name}", "{where}" and "{keep}" are filled in behind the translation.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pymail.errors import (
    AddressError,
    AuthenticationError,
    CannotKeepError,
    ConnectError,
    ConnectionLostError,
    FateUnknownError,
    HostUnknownError,
    MessageTooLargeError,
    NoRecipientsError,
    ProtocolError,
    PymailError,
    TimedOutError,
    TlsError,
    TransientError,
    UnreadableInputError,
)
from pymail.model import replace
from pymail.reply import CONTENT, GREETING, HELLO, LOGIN, MAIL, RCPT, Reply
from pymail.report import status_codes
from pymail.report.status_codes import Advice
from pymail.report.translate import ENGLISH, translate

if TYPE_CHECKING:
    from pymail.report.providers import Provider
    from pymail.report.reply_kinds import Explained

# How a secret is kept: in a store of pymail's own, or where the old one stands.
STORE_IT = "pymail --login {}"
PUT_IT = "put it where the old one is: {}"
ANY_PROVIDER = "PROVIDER"
ANY_WEBMAIL = "look for mail programs (POP3/SMTP/IMAP) or app passwords there"
SUBMISSIONS = 465  # RFC 8314 §7.3
_WITHOUT_TLS = (None, 25, 587, 2525)  # ports where TLS begins with STARTTLS
_AGAIN = r"(send it|try) again"


def explain(
    reply: Reply,
    *,
    host: str = "",
    language: str = ENGLISH,
    login: AuthenticationError | None = None,
    waits: bool = False,
) -> Advice:
    """Explain a reply; `host` is the server that sent it, with or without its port.

    `login` is the failure that it means, if the reply is to AUTH. A mail that `waits` in
    the outbox is not to be sent again.
    """
    from pymail.report import reply_kinds  # tables that only failures read

    name, _port = split_host(host)
    user = login.user if login else ""
    found = reply_kinds.find(reply, name, at_login=login is not None, user=user)
    advice = (
        found.advice if found else status_codes.look_up(reply, LOGIN if login else "")
    )
    if not advice.next_step:
        kind = status_codes.CLASSES.get(reply.code // 100, status_codes.NO_CLASS)
        advice = advice._replace(next_step=kind.next_step)
    holes = _holes(name, found and found.provider, language)
    holes = {**holes, "{keep}": _keep(login, language)}
    return _translate_and_fill(advice, language, holes, waits=waits)


def explain_failure(
    error: PymailError,
    host: str = "",
    *,
    language: str = ENGLISH,
    waits: bool = False,
) -> Advice:
    """Explain the failure of an attempt; the error's own advice wins."""
    login = error if isinstance(error, AuthenticationError) else None
    if error.reply is not None and error.reply.code >= 400:
        advice = explain(
            error.reply, host=host, language=language, login=login, waits=waits
        )
    else:
        name, port = split_host(host)
        holes = {**_holes(name, None, language), "{keep}": _keep(login, language)}
        holes["{tls_port}"] = str(port if port not in _WITHOUT_TLS else SUBMISSIONS)
        advice = _translate_and_fill(
            _look_up_failure(error, port), language, holes, waits=waits
        )
    if not error.advice:
        return advice
    return advice._replace(next_step=translate(error.advice, language))


def explain_words(words: str, language: str = ENGLISH) -> "Explained | None":
    """Explain a reply, a log line with a reply, a code or an id; None for other words."""
    from pymail.report import reply_kinds  # tables that only failures read

    found = _find_named(words) or reply_kinds.find_by_id(words)
    if found is None and (reply := _read_reply(words)):
        host = next(iter(re.findall(r"\b(?:by|to|of) (\S+):[0-9]+:? ", words)), "")
        found = reply_kinds.find(reply, host)
        found = found or reply_kinds.Explained(status_codes.look_up(reply))
    if found is None:
        return None
    holes = _holes("", found.provider, language)
    holes = {**holes, "{keep}": _keep(None, language), "{name}": ANY_PROVIDER}
    if found.provider:
        holes["{name}"] = found.provider.name
    advice = _translate_and_fill(found.advice, language, holes, waits=False)
    more = tuple(translate(line, language) for line in found.more)
    return reply_kinds.Explained(advice, found.provider, more)


def _find_named(words: str) -> "Explained | None":
    """Find the advice on a code, or of an id that is no kind of reply."""
    from pymail.report.reply_kinds import BY_CODE, BY_ENHANCED, Explained

    rows = [Advice(row.meaning, row.next_step, row.id) for row in FAILURES]
    found = next((row for row in rows if row.id == words), None)
    code = re.fullmatch(r"(?:code-)?([2-5][0-9]{2})", words)
    enhanced = re.fullmatch(r"[x245]\.([0-9]{1,3})\.([0-9]{1,3})", words)
    kind = None
    if code:
        kind = BY_CODE.get(int(code[1]))
        found = status_codes.look_up(Reply(int(code[1])))
    elif enhanced:
        key = int(enhanced[1]), int(enhanced[2])
        kind = BY_ENHANCED.get(f"{key[0]}.{key[1]}")
        found = (
            status_codes.name_enhanced(*key) if key in status_codes.ENHANCED else None
        )
    if kind:
        return Explained(Advice(kind.meaning, kind.next_step, kind.id), None, kind.more)
    return Explained(found) if found else None


# the step in a line that pymail has printed or logged
_STEPS = {
    r"\bsender <.*> (refused|not accepted)": MAIL,
    r"\bmessage (refused|not accepted)": CONTENT,
    r"\blogging in": LOGIN,
    r"\bgreeting": GREETING,
    r"\bsaying [EH]": HELLO,
    r"@\S+ (refused|not accepted)": RCPT,
}


def _read_reply(words: str) -> Reply | None:
    """Read a reply, of several lines maybe, or the one at the end of a line of ours."""
    found = re.search(r"(?:^|[ :])([245][0-9]{2})[ -](.*)", words, re.DOTALL)
    if found is None:
        return None
    lines = re.split(rf"\s*(?:\n|\\n)(?:{found[1]}[ -])?", found[2])
    reply = Reply.from_octets(int(found[1]), [line.encode() for line in lines])
    before = words[: found.start()]
    step = next((s for w, s in _STEPS.items() if re.search(w, before)), "")
    return replace(reply, answers=step, logged_in=step in (MAIL, RCPT, CONTENT))


def split_host(peer: str) -> tuple[str, int | None]:
    """Split "host:port" or "[::1]:port"; the port is None when there is none."""
    found = re.fullmatch(r"\[?(.*?)\]?:([0-9]{1,5})", peer)
    if found and (":" not in found[1] or peer.startswith("[")):
        return found[1], int(found[2])
    return peer.strip("[]"), None


def _look_up_failure(error: PymailError, port: int | None) -> Advice:
    words = _words(error, port)
    for row in FAILURES:
        if isinstance(error, row.of) and re.search(row.words, words, re.IGNORECASE):
            return Advice(row.meaning, row.next_step, row.id)
    return Advice("")


def _words(error: PymailError, port: int | None) -> str:
    """All that is known of a failure in one line, the port last."""
    cause = error.__cause__
    words = f"{error} {cause}" if cause else str(error)
    return f"{words} :{port} " if port else f"{words} "


def _holes(host: str, provider: "Provider | None", language: str) -> Mapping[str, str]:
    holes = {"{host}": host or "HOST", "{where}": translate(ANY_WEBMAIL, language)}
    if provider:
        where = translate(provider.where, language)
        url = provider.url
        holes |= {"{name}": provider.name, "{where}": where, "{url}": url}
    return holes


def _keep(login: AuthenticationError | None, language: str) -> str:
    """Say how the right secret is kept, so that it counts."""
    if login and login.place:
        return translate(PUT_IT.format(login.place), language)
    return translate(STORE_IT.format((login and login.user) or "ADDRESS"), language)


def _translate_and_fill(
    advice: Advice, language: str, holes: Mapping[str, str], *, waits: bool
) -> Advice:
    """Translate the sentences and fill their holes."""
    if waits and re.match(_AGAIN, advice.next_step):
        advice = advice._replace(next_step="")
    parts = [translate(part, language) for part in advice[:2]]
    for hole, words in holes.items():
        parts = [part.replace(hole, words) for part in parts]
    meaning, next_step = parts
    return Advice(meaning, next_step, advice.id)


# ── failures that no reply explains: names, connections, TLS, logins ────────

_PORTS = "use smtps://{host}:465, or submission://{host}:587 with smtp-use-starttls"
_PORT_25 = r":25 $"
_IPV4 = r"(^|\s)[0-9]+(\.[0-9]+){3} "
_IPV6 = r"(^|\s)[0-9a-f]*:[0-9a-f:]+(%\w+)?"
_NO_IPV6 = "network is unreachable|cannot assign requested address|address family not supported"
_SMTPS = "for TLS from the first octet use smtps://{host}:{tls_port}; check the port"


class Failure(NamedTuple):
    """A failure without a reply, and its explanation.

    The first row that fits counts: its class, and words (a regular expression, any
    case) found in its text, followed by its cause and ":PORT ".
    """

    of: type[PymailError] | tuple[type[PymailError], ...]
    words: str
    meaning: str
    next_step: str
    id: str


# fmt: off
FAILURES: tuple[Failure, ...] = (
    Failure(HostUnknownError, r"", "no server has that name", "check `smtp` for a typing error; try: getent hosts {host}", "name-unknown"),
    Failure((ConnectError, TransientError), r"name (resolution|service|server)|cannot be looked up", "the name service does not answer, so the server's address is unknown", "check /etc/resolv.conf and the network; try: getent hosts {host}", "name-service"),
    Failure(ConnectError, rf"timed out.*{_PORT_25}", "port 25 is blocked on most clouds and many lines", _PORTS, "port-25-blocked"),
    Failure(ConnectError, rf"refused.*{_PORT_25}", "nothing listens on port 25 of that host, or a firewall says no", _PORTS, "port-25-refused"),
    Failure(ConnectError, r"refused", "nothing listens on that port, or a firewall says no", "check host and port in `smtp`, and that the server runs", "port-refused"),
    Failure(ConnectError, rf"^(?!.*{_IPV4}).*{_IPV6} ({_NO_IPV6})", "the server has only IPv6 addresses, and this machine has no IPv6", "use a server that has an IPv4 address, or give this machine an IPv6 route", "ipv6-only"),
    Failure(ConnectError, r"unreachable|no route", "there is no way to that network from here", "check this machine's network; try: ping {host}", "unreachable"),
    Failure(ConnectError, r"not permitted|permission denied", "this machine itself forbids the connection", "allow it in the firewall, SELinux or systemd unit of this machine", "forbidden-here"),
    Failure(ConnectError, r"timed out|no answer", "nothing answers there: a firewall drops it, or host or port is wrong", "check host and port in `smtp`; 465 and 587 are the usual ports", "no-answer"),
    Failure(ConnectError, r"connecting to /.*no such file", "there is no such socket", "check the path behind lmtp:// in `mta`", "socket-absent"),
    Failure(ProtocolError, r"not an SMTP reply: .\* OK|\+OK", "a server for reading mail answers there (IMAP or POP3)", "use smtps://{host}:465; check host and port in `smtp`", "reading-mail"),
    Failure(ConnectError, r"", "no connection came about", "check `smtp`", "no-connection"),
    Failure((TlsError, ProtocolError, ConnectionLostError), r"wrong.version.number|record.layer.failure|http.request|packet.length|unknown.protocol|does not speak TLS", "the server does not begin with TLS on this port", "use smtp://{host}:587 with smtp-use-starttls, or smtps:// with the port for it, usually 465", "tls-not-first"),
    Failure(ProtocolError, r"\\x1[56]\\x03", "the server speaks TLS from the first octet there", _SMTPS, "tls-first"),
    Failure((ConnectionLostError, TimedOutError), r"greeting.* in TLS", "the server agreed on TLS and does not greet: it is busy, or blocks this address", "try again later, and from another machine", "tls-greeting"),
    Failure((ConnectionLostError, TimedOutError), r"TLS handshake", "the server does not go on with TLS: a firewall, or no TLS on this port", "check the port: smtps://{host}:465, or smtp://{host}:587 with smtp-use-starttls", "tls-handshake"),
    Failure((ConnectionLostError, TimedOutError), r"greeting", "the server does not greet: so does a port for TLS from the first octet, a firewall, or a server that blocks this address", _SMTPS, "no-greeting"),
    # Rows on our own certificate come before those on the server's.
    Failure(TlsError, r"certificate required", "the server wants a certificate of ours", "set ssl-cert and ssl-key to the one that those who run the server gave you", "tls-client-certificate-wanted"),
    Failure(TlsError, r"alert (unknown ca|bad certificate|certificate|unsupported cert|access denied)", "the server does not accept our certificate", "set ssl-cert and ssl-key to one that those who run the server accept", "tls-client-certificate-refused"),
    Failure(TlsError, r"alert handshake failure", "the server wants a certificate of ours, or this machine has no TLS cipher that it takes", "ask those who run the server: for a certificate set ssl-cert and ssl-key, for a cipher ssl-cipher-list", "tls-client-certificate-or-cipher"),
    Failure(TlsError, r"not trusted:.*too (weak|small|short)", "the server's certificate is too weak for this machine's OpenSSL: a short key, or SHA-1", "ask for a new certificate; until then set ssl-cipher-list=DEFAULT@SECLEVEL=0, or tls-fingerprint beside it", "tls-weak-certificate"),
    Failure(TlsError, r"tls-fingerprint", "the server has a new certificate, or another machine is between you and it", "ask those who run the server for the fingerprint", "tls-fingerprint"),
    Failure(TlsError, r"expired", "the server's certificate has expired", "tell those who run the server; check this machine's clock", "tls-expired"),
    Failure(TlsError, r"not (yet valid|valid yet)", "the server's certificate is not valid yet", "check this machine's clock", "tls-not-yet-valid"),
    Failure(TlsError, r"revo(ked|cation)", "the server's certificate was taken back, or that cannot be checked", "tell those who run the server; see ssl-crl-file", "tls-revoked"),
    Failure(TlsError, r"self.?signed", "this machine trusts none of those who signed the certificate", "if you trust it, set ssl-ca-file to its certificate or its issuer's", "tls-self-signed"),
    Failure(TlsError, r"(host ?name|ip address) mismatch|not valid for|for another (host|address)", "the certificate belongs to another name", "use the server name that is in the certificate; pymail --check shows it", "tls-other-name"),
    Failure(TlsError, r"issuer|verify failed|unknown ca|not trusted", "the authority that signed the certificate is not known here", "install the package ca-certificates, or, if you trust it, set ssl-ca-file", "tls-authority"),
    Failure(TlsError, r"unsupported protocol|protocol version|handshake fail|no.*cipher|no protocols|legacy|too (small|weak)", "the server and this machine have no TLS version or cipher in common", "ask for a newer server; to allow an old version, set tls-config-pairs=MinProtocol=TLSv1", "tls-version"),
    Failure(TlsError, r"not offer|no STARTTLS|required", "the settings ask for TLS and the server offers none there", "use smtps://{host}:465; if the network is your own, unset smtp-use-starttls", "tls-absent"),
    Failure(TlsError, r"", "no encrypted connection came about", "see --debug", "tls-failed"),
    Failure(FateUnknownError, r"", "the whole message was sent, and the server did not say whether it has it", "ask the recipients before sending it again (possible duplicate)", "maybe-sent"),
    Failure(TimedOutError, r"", "the server did not answer in time", "try again later", "timeout"),
    Failure(ConnectionLostError, r"", "the server closed the connection before the message was complete", "try again later; --debug shows what it said last", "connection-lost"),
    Failure(AuthenticationError, r"no (secret|password)|not found|nowhere", "pymail knows no password for this login", "{keep} (an authorization code, if the provider has them)", "no-password"),
    Failure(AuthenticationError, r"token would", "an access token goes only where TLS has proven who the server is", "use smtps://{host}:465 or set smtp-use-starttls, and unset tls-verify", "token-in-clear"),
    Failure(AuthenticationError, r"without TLS|unencrypted|clear", "a password is not sent where others can read it", "use smtps://{host}:465 or set smtp-use-starttls", "password-in-clear"),
    Failure(AuthenticationError, r"no way to log in|does not offer", "the server and pymail have no login mechanism in common", "use smtps://{host}:465, or ask those who run the server to offer PLAIN or LOGIN", "no-mechanism"),
    Failure(AuthenticationError, r"", "the login failed", "check smtp-auth-user and smtp-auth-password", "login-failed"),
    Failure(MessageTooLargeError, r"", "the server takes no message of this size", "put the file somewhere and send a link", "too-large"),
    Failure(UnreadableInputError, r"no such file|not a directory", "", "check the name; one without / is looked for in this directory", "file-absent"),
    Failure(UnreadableInputError, r"permission denied", "", "let this user read the file", "file-forbidden"),
    Failure(AddressError, r"^(?!.*(expandaddr|smtputf8|not safe|no such domain))", "", "write name@example.com, several with commas between them", "address-form"),
    Failure(NoRecipientsError, r"", "", "name a recipient, or use -t", "no-recipient"),
    Failure(ProtocolError, r"SCRAM-SHA", "the server does not hold its side of the login: it may be another one", "check `smtp`, or ask those who run the server", "other-server"),
    Failure(ProtocolError, r"", "what answers there is no mail server, or a broken one", "check host and port in `smtp`; see --debug", "not-smtp"),
    Failure(CannotKeepError, r"no space|quota|disk", "the disk is full", "make room, or set DEAD to another place", "disk-full"),
    Failure(TransientError, r"", "", "try again later", "temporary"),
)
# fmt: on
