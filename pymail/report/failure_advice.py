"""What failures mean that no reply explains: names, connections, TLS, logins.

One row per failure; the first that fits counts: its class, and words (a
regular expression, any case) found in what happened, with the foreign cause
and ":PORT " behind it. "{host}" is filled in.
"""

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
    TimedOutError,
    TlsError,
    TransientError,
    UnreadableInputError,
)
from pymail.report.advice import Advice
from pymail.report.tls_advice import TLS, Row

_PORTS = "use smtps://{host}:465, or submission://{host}:587 with smtp-use-starttls"
_PORT_25 = r":25 $"
_IPV4 = r"(^|\s)[0-9]+(\.[0-9]+){3} "
_IPV6 = r"(^|\s)[0-9a-f]*:[0-9a-f:]+(%\w+)?"
_NO_IPV6 = "network is unreachable|cannot assign requested address|address family not supported"
_SMTPS = "for TLS from the first octet use smtps://{host}:465; check the port"


ROWS: tuple[Row, ...] = (
    Row(
        HostUnknownError,
        r"",
        Advice(
            "no server has that name",
            "check `smtp` for a typing error; try: getent hosts {host}",
        ),
    ),
    Row(
        (ConnectError, TransientError),
        r"name (resolution|service|server)|cannot be looked up",
        Advice(
            "the name service does not answer, so the server's address is unknown",
            "check /etc/resolv.conf and the network; try: getent hosts {host}",
        ),
    ),
    Row(
        ConnectError,
        rf"timed out.*{_PORT_25}",
        Advice("port 25 is blocked on most clouds and many lines", _PORTS),
    ),
    Row(
        ConnectError,
        rf"refused.*{_PORT_25}",
        Advice(
            "nothing listens on port 25 of that host, or a firewall says no",
            _PORTS,
        ),
    ),
    Row(
        ConnectError,
        r"refused",
        Advice(
            "nothing listens on that port, or a firewall says no",
            "check host and port in `smtp`, and that the server runs",
        ),
    ),
    Row(
        ConnectError,
        rf"^(?!.*{_IPV4}).*{_IPV6} ({_NO_IPV6})",
        Advice(
            "the server has only IPv6 addresses, and this machine has no IPv6",
            "use a server that has an IPv4 address, or give this machine an IPv6 route",
        ),
    ),
    Row(
        ConnectError,
        r"unreachable|no route",
        Advice(
            "there is no way to that network from here",
            "check this machine's network; try: ping {host}",
        ),
    ),
    Row(
        ConnectError,
        r"not permitted|permission denied",
        Advice(
            "this machine itself forbids the connection",
            "allow it in the firewall, SELinux or systemd unit of this machine",
        ),
    ),
    Row(
        ConnectError,
        r"timed out|no answer",
        Advice(
            "nothing answers there: a firewall drops it, or host or port is wrong",
            "check host and port in `smtp`; 465 and 587 are the usual ports",
        ),
    ),
    Row(
        ConnectError,
        r"connecting to /.*no such file",
        Advice("there is no such socket", "check the path behind lmtp:// in `mta`"),
    ),
    Row(
        ProtocolError,
        r"not an SMTP reply: .\* OK|\+OK",
        Advice(
            "a server for reading mail answers there (IMAP or POP3)",
            "use smtps://{host}:465; check host and port in `smtp`",
        ),
    ),
    Row(ConnectError, r"", Advice("no connection came about", "check `smtp`")),
    Row(
        (TlsError, ProtocolError, ConnectionLostError),
        r"wrong.version.number|record.layer.failure|http.request|packet.length"
        r"|unknown.protocol|does not speak TLS",
        Advice(
            "the server does not begin with TLS on this port",
            "use smtp://{host}:587 with smtp-use-starttls, or smtps:// with the port for "
            "it, usually 465",
        ),
    ),
    Row(
        ProtocolError,
        r"\\x1[56]\\x03",
        Advice("the server speaks TLS from the first octet there", _SMTPS),
    ),
    Row(
        (ConnectionLostError, TimedOutError),
        r"greeting.* in TLS",
        Advice(
            "the server agreed on TLS and does not greet: it is busy, or blocks this "
            "address",
            "try again later, and from another machine",
        ),
    ),
    Row(
        (ConnectionLostError, TimedOutError),
        r"TLS handshake",
        Advice(
            "the server does not go on with TLS: a firewall, or no TLS on this port",
            "check the port: smtps://{host}:465, or smtp://{host}:587 with "
            "smtp-use-starttls",
        ),
    ),
    Row(
        (ConnectionLostError, TimedOutError),
        r"greeting",
        Advice(
            "the server does not greet: so does a port for TLS from the first octet, "
            "a firewall, or a server that blocks this address",
            _SMTPS,
        ),
    ),
    *TLS,
    Row(
        FateUnknownError,
        r"",
        Advice(
            "the whole message was sent, and the server did not say whether it has it",
            "ask the recipients before sending it again (possible duplicate)",
        ),
    ),
    Row(
        TimedOutError,
        r"",
        Advice("the server did not answer in time", "try again later"),
    ),
    Row(
        ConnectionLostError,
        r"",
        Advice(
            "the server closed the connection before the message was complete",
            "try again later; --debug shows what it said last",
        ),
    ),
    Row(
        AuthenticationError,
        r"no (secret|password)|not found|nowhere",
        Advice(
            "pymail knows no password for this login",
            "{keep} (an authorization code, if the provider has them)",
        ),
    ),
    Row(
        AuthenticationError,
        r"token would",
        Advice(
            "an access token goes only where TLS has proven who the server is",
            "use smtps://{host}:465 or set smtp-use-starttls, and unset tls-verify",
        ),
    ),
    Row(
        AuthenticationError,
        r"without TLS|unencrypted|clear",
        Advice(
            "a password is not sent where others can read it",
            "use smtps://{host}:465 or set smtp-use-starttls",
        ),
    ),
    Row(
        AuthenticationError,
        r"no way to log in|does not offer",
        Advice(
            "the server and pymail have no login mechanism in common",
            "use smtps://{host}:465, or ask those who run the server to offer PLAIN or "
            "LOGIN",
        ),
    ),
    Row(
        AuthenticationError,
        r"",
        Advice("the login failed", "check smtp-auth-user and smtp-auth-password"),
    ),
    Row(
        MessageTooLargeError,
        r"",
        Advice(
            "the server takes no message of this size",
            "put the file somewhere and send a link",
        ),
    ),
    Row(
        UnreadableInputError,
        r"no such file|not a directory",
        Advice("", "check the name; one without / is looked for in this directory"),
    ),
    Row(
        UnreadableInputError,
        r"permission denied",
        Advice("", "let this user read the file"),
    ),
    Row(
        AddressError,
        r"^(?!.*(expandaddr|smtputf8|not safe|no such domain))",
        Advice("", "write name@example.com, several with commas between them"),
    ),
    Row(NoRecipientsError, r"", Advice("", "name a recipient, or use -t")),
    Row(
        ProtocolError,
        r"SCRAM-SHA",
        Advice(
            "the server does not hold its side of the login: it may be another one",
            "check `smtp`, or ask those who run the server",
        ),
    ),
    Row(
        ProtocolError,
        r"",
        Advice(
            "what answers there is no mail server, or a broken one",
            "check host and port in `smtp`; see --debug",
        ),
    ),
    Row(
        CannotKeepError,
        r"no space|quota|disk",
        Advice("the disk is full", "make room, or set DEAD to another place"),
    ),
    Row(TransientError, r"", Advice("", "try again later")),
)
