"""A connected socket with time limits: octets out, octets in, failures in our words.

Nothing here knows SMTP. TLS brings exceptions and habits of its own, which come
with `begin_tls`, so that a connection in clear never loads it.
"""

import select
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from pymail.errors import ConnectionLostError, PymailError, TimedOutError
from pymail.transport.base import translate_error

if TYPE_CHECKING:
    import ssl

RECEIVE_OCTETS = 64 * 1024
TLS_OCTETS = 64 * 1024  # four records: OpenSSL takes what it is given whole, or waits


# Linux: else it acknowledges after 40 ms what a server with Nagle's algorithm waits for
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class TimedSocket:
    """Both directions of a connection. Failures do not say yet what it was for."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock: socket.socket | None = sock
        self._most_octets = 1 << 30  # at once
        self._not_now: tuple[type[OSError], ...] = (BlockingIOError,)
        self._translate: Callable[[Exception], PymailError] = translate_error

    def close(self) -> None:
        """Close it, if it is open."""
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()

    def write(self, octets: bytes, seconds: float) -> None:
        """Write everything; no part of it may take longer than `seconds`.

        Raises:
            ConnectionLostError, TimedOutError: not all of it was taken.
        """
        rest, sock = memoryview(octets), self._open()
        try:
            sock.settimeout(seconds)
            while rest:
                rest = rest[sock.send(rest[: self._most_octets]) :]
        except OSError as error:
            raise self._translate(error) from error

    def write_some(self, octets: memoryview, seconds: float) -> int:
        """Write what is taken now, and return how much; wait when it is nothing.

        The wait ends when something can be written or read, and then 0 is returned.
        """
        sock = self._open()
        try:
            sock.setblocking(False)
            return sock.send(octets[: self._most_octets])
        except self._not_now:
            pass
        except OSError as error:
            raise self._translate(error) from error
        if not any(select.select([sock], [sock], [], seconds)):
            raise TimedOutError("timed out, nothing is taken")
        return 0

    def read(self, seconds: float) -> bytes:
        """Wait for octets; none at the end of the connection.

        Raises:
            ConnectionLostError, TimedOutError: none came.
        """
        sock = self._open()
        try:
            _acknowledge_at_once(sock)
            sock.settimeout(seconds)
            return sock.recv(RECEIVE_OCTETS)
        except OSError as error:
            raise self._translate(error) from error

    def read_what_is_there(self) -> bytes | None:
        """Take the octets that came, None when there are none yet."""
        sock = self._open()
        try:
            sock.setblocking(False)
            return sock.recv(RECEIVE_OCTETS)
        except self._not_now:
            return None
        except OSError as error:
            raise self._translate(error) from error

    def begin_tls(
        self, context: "ssl.SSLContext", host: str | bytes, seconds: float
    ) -> list[str]:
        """Begin TLS with the server called `host`; returns what was agreed on.

        Raises:
            TlsError: the handshake fails, or the certificate is not trusted.
        """
        from pymail.transport import tls

        sock = self._open()
        sock.settimeout(seconds)
        try:
            wrapped = context.wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False
            )
            self.sock = wrapped
            _acknowledge_at_once(wrapped)
            wrapped.do_handshake()
        except (OSError, ValueError) as error:
            self.close()
            raise tls.handshake_failure(error) from error
        self._most_octets = TLS_OCTETS
        self._not_now = tls.NOT_NOW
        self._translate = tls.translate_error
        return tls.describe(wrapped)

    def _open(self) -> socket.socket:
        if self.sock is None:
            raise ConnectionLostError("the connection is closed")
        return self.sock


def _acknowledge_at_once(sock: socket.socket) -> None:
    """Acknowledge what comes next; the option wears off."""
    if _QUICKACK is not None and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
