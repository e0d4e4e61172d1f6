"""Advice on failures that no reply explains: names, connections, TLS, logins.

One row per failure; the first that fits counts: its class, and words (a
regular expression, any case) found in what happened, with the foreign cause
and ":PORT " behind it. "{host}" is filled in.
"""

from typing import NamedTuple

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

_PORTS = "use smtps://{host}:465, or submission://{host}:587 with smtp-use-starttls"
_PORT_25 = r":25 $"
_IPV4 = r"(^|\s)[0-9]+(\.[0-9]+){3} "
_IPV6 = r"(^|\s)[0-9a-f]*:[0-9a-f:]+(%\w+)?"
_NO_IPV6 = "network is unreachable|cannot assign requested address|address family not supported"
_SMTPS = "for TLS from the first octet use smtps://{host}:465; check the port"


class Row(NamedTuple):
    """One failure and what it means."""

    of: type[PymailError] | tuple[type[PymailError], ...]
    words: str
    meaning: str
    next_step: str = ""


# fmt: off
ROWS: tuple[Row, ...] = (
    Row(HostUnknownError, r"", "no server has that name", "check `smtp` for a typing error; try: getent hosts {host}"),
    Row((ConnectError, TransientError), r"name (resolution|service|server)|cannot be looked up", "the name service does not answer, so the server's address is unknown", "check /etc/resolv.conf and the network; try: getent hosts {host}"),
    Row(ConnectError, rf"timed out.*{_PORT_25}", "port 25 is blocked on most clouds and many lines", _PORTS),
    Row(ConnectError, rf"refused.*{_PORT_25}", "nothing listens on port 25 of that host, or a firewall says no", _PORTS),
    Row(ConnectError, r"refused", "nothing listens on that port, or a firewall says no", "check host and port in `smtp`, and that the server runs"),
    Row(ConnectError, rf"^(?!.*{_IPV4}).*{_IPV6} ({_NO_IPV6})", "the server has only IPv6 addresses, and this machine has no IPv6", "use a server that has an IPv4 address, or give this machine an IPv6 route"),
    Row(ConnectError, r"unreachable|no route", "there is no way to that network from here", "check this machine's network; try: ping {host}"),
    Row(ConnectError, r"not permitted|permission denied", "this machine itself forbids the connection", "allow it in the firewall, SELinux or systemd unit of this machine"),
    Row(ConnectError, r"timed out|no answer", "nothing answers there: a firewall drops it, or host or port is wrong", "check host and port in `smtp`; 465 and 587 are the usual ports"),
    Row(ConnectError, r"connecting to /.*no such file", "there is no such socket", "check the path behind lmtp:// in `mta`"),
    Row(ProtocolError, r"not an SMTP reply: .\* OK|\+OK", "a server for reading mail answers there (IMAP or POP3)", "use smtps://{host}:465; check host and port in `smtp`"),
    Row(ConnectError, r"", "no connection came about", "check `smtp`"),
    Row((TlsError, ProtocolError, ConnectionLostError), r"wrong.version.number|record.layer.failure|http.request|packet.length|unknown.protocol|does not speak TLS", "the server does not begin with TLS on this port", "use smtp://{host}:587 with smtp-use-starttls, or smtps:// with the port for it, usually 465"),
    Row(ProtocolError, r"\\x1[56]\\x03", "the server speaks TLS from the first octet there", _SMTPS),
    Row((ConnectionLostError, TimedOutError), r"greeting.* in TLS", "the server agreed on TLS and does not greet: it is busy, or blocks this address", "try again later, and from another machine"),
    Row((ConnectionLostError, TimedOutError), r"TLS handshake", "the server does not go on with TLS: a firewall, or no TLS on this port", "check the port: smtps://{host}:465, or smtp://{host}:587 with smtp-use-starttls"),
    Row((ConnectionLostError, TimedOutError), r"greeting", "the server does not greet: so does a port for TLS from the first octet, a firewall, or a server that blocks this address", _SMTPS),
    # Whose certificate it is comes first.
    Row(TlsError, r"certificate required", "the server wants a certificate of ours", "set ssl-cert and ssl-key to the one that those who run the server gave you"),
    Row(TlsError, r"alert (unknown ca|bad certificate|certificate|unsupported cert|access denied)", "the server does not accept our certificate", "set ssl-cert and ssl-key to one that those who run the server accept"),
    Row(TlsError, r"alert handshake failure", "the server wants a certificate of ours, or this machine has no TLS cipher that it takes", "ask those who run the server: for a certificate set ssl-cert and ssl-key, for a cipher ssl-cipher-list"),
    Row(TlsError, r"not trusted:.*too (weak|small|short)", "the server's certificate is too weak for this machine's OpenSSL: a short key, or SHA-1", "ask for a new certificate; until then set ssl-cipher-list=DEFAULT@SECLEVEL=0, or tls-fingerprint beside it"),
    Row(TlsError, r"tls-fingerprint", "the server has a new certificate, or somebody is between you and it", "ask those who run the server for the fingerprint"),
    Row(TlsError, r"expired", "the server's certificate has expired", "tell those who run the server; check this machine's clock"),
    Row(TlsError, r"not (yet valid|valid yet)", "the server's certificate is not valid yet", "check this machine's clock"),
    Row(TlsError, r"revo(ked|cation)", "the server's certificate was taken back, or that cannot be checked", "tell those who run the server; see ssl-crl-file"),
    Row(TlsError, r"self.?signed", "the certificate is signed by nobody this machine trusts", "if you trust it, set ssl-ca-file to its certificate or its issuer's"),
    Row(TlsError, r"(host ?name|ip address) mismatch|not valid for|for another (host|address)", "the certificate belongs to another name", "use the server name that is in the certificate"),
    Row(TlsError, r"issuer|verify failed|unknown ca|not trusted", "the authority that signed the certificate is not known here", "install the package ca-certificates, or, if you trust it, set ssl-ca-file"),
    Row(TlsError, r"unsupported protocol|protocol version|handshake fail|no.*cipher|no protocols|legacy|too (small|weak)", "the server and this machine have no TLS version or cipher in common", "ask for a newer server; to allow an old version, set tls-config-pairs=MinProtocol=TLSv1"),
    Row(TlsError, r"not offer|no STARTTLS|required", "the settings ask for TLS and the server offers none there", "use smtps://{host}:465; if the network is your own, unset smtp-use-starttls"),
    Row(TlsError, r"", "no encrypted connection came about", "see --debug"),
    Row(FateUnknownError, r"", "the whole message was sent, and the server did not say whether it has it", "ask the recipients before sending it again (possible duplicate)"),
    Row(TimedOutError, r"", "the server did not answer in time", "try again later"),
    Row(ConnectionLostError, r"", "the server closed the connection before the message was complete", "try again later; --debug shows what it said last"),
    Row(AuthenticationError, r"no (secret|password)|not found|nowhere", "pymail knows no password for this login", "{keep} (an authorization code, if the provider has them)"),
    Row(AuthenticationError, r"token would", "an access token goes only where TLS has proven who the server is", "use smtps://{host}:465 or set smtp-use-starttls, and unset tls-verify"),
    Row(AuthenticationError, r"without TLS|unencrypted|clear", "a password is not sent where others can read it", "use smtps://{host}:465 or set smtp-use-starttls"),
    Row(AuthenticationError, r"no way to log in|does not offer", "the server and pymail have no login mechanism in common", "use smtps://{host}:465, or ask those who run the server to offer PLAIN or LOGIN"),
    Row(AuthenticationError, r"", "the login failed", "check smtp-auth-user and smtp-auth-password"),
    Row(MessageTooLargeError, r"", "the server takes no message of this size", "put the file somewhere and send a link"),
    Row(UnreadableInputError, r"no such file|not a directory", "", "check the name; one without / is looked for in this directory"),
    Row(UnreadableInputError, r"permission denied", "", "let this user read the file"),
    Row(AddressError, r"^(?!.*(expandaddr|smtputf8|not safe|no such domain))", "", "write name@example.com, several with commas between them"),
    Row(NoRecipientsError, r"", "", "name a recipient, or use -t"),
    Row(ProtocolError, r"SCRAM-SHA", "the server does not hold its side of the login: it may be another one", "check `smtp`, or ask those who run the server"),
    Row(ProtocolError, r"", "what answers there is no mail server, or a broken one", "check host and port in `smtp`; see --debug"),
    Row(CannotKeepError, r"no space|quota|disk", "the disk is full", "make room, or set DEAD to another place"),
    Row(TransientError, r"", "", "try again later"),
)
# fmt: on
