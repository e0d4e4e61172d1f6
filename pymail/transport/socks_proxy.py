"""A connection that a SOCKS5 proxy makes for us (RFC 1928, RFC 1929).

The only importer of PySocks. The proxy looks the server's name up, as s-nail has
it: a network that needs a proxy may know no names outside.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

from pymail.address.addr_spec import ascii_host
from pymail.errors import (
    AuthenticationError,
    ConnectError,
    HostUnknownError,
    PymailError,
    SettingsError,
    install,
)
from pymail.outcome.reply import visible
from pymail.record import record
from pymail.settings.server_records import Proxy
from pymail.transport.attempts import reason
from pymail.transport.connect import TcpPeer

LONGEST_OCTETS = 127

_LOOK = "check socks-proxy, and that the proxy runs"


@record()
class ProxiedPeer:
    """A port of a host that `proxy` reaches; `resolver` is for the proxy's name."""

    host: str
    port: int
    proxy: Proxy
    resolver: Callable[..., list[Any]] = socket.getaddrinfo

    @property
    def name(self) -> str:
        """Return host:port of the server."""
        return TcpPeer(self.host, self.port).name

    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        """Connect to the proxy, and let it connect; each has `seconds`.

        Raises:
            HostUnknownError, ConnectError: the proxy, or the server for it, cannot
                be reached.
            AuthenticationError: the proxy does not let us in.
            SettingsError: PySocks is not installed.
        """
        through = TcpPeer(self.proxy.host, self.proxy.port, self.resolver)
        try:
            name, socks = _passed_on(self.host), _library()
            sock = _reached(through, seconds, note)
            connected = _asked(socks, sock, (name, self.port), self.proxy, seconds)
        except PymailError as failure:
            failure.doing = (
                f"connecting to {self.name} through the proxy {through.name}"
            )
            raise
        note(f"the proxy is connected to {self.name}")
        return connected


def _passed_on(host: str) -> str:
    """Return the name in ASCII.

    Raises:
        HostUnknownError: no proxy can be asked for it. PySocks breaks longer names.
    """
    try:
        octets = ascii_host(host.strip("[]"))
        name = octets.decode() if isinstance(octets, bytes) else octets
        octets = name.encode("idna")
    except UnicodeError:
        octets = b""
    if not 0 < len(octets) <= LONGEST_OCTETS:
        raise HostUnknownError(f"{visible(host)}: no such host")
    return octets.decode()


def _reached(
    through: TcpPeer, seconds: float, note: Callable[[str], None]
) -> socket.socket:
    try:
        return through.connect(seconds, note)
    except PymailError as failure:
        failure.happened = f"the proxy cannot be reached: {failure.happened}"
        failure.advice = _LOOK
        raise


def _library() -> ModuleType:
    try:
        import socks
    except ImportError as error:
        raise SettingsError(
            "socks-proxy needs the library PySocks",
            advice=install("PySocks"),
        ) from error
    assert isinstance(socks, ModuleType)  # noqa: S101 - it has no types
    return socks


def _asked(
    socks: ModuleType,
    sock: socket.socket,
    wanted: tuple[str, int],
    proxy: Proxy,
    seconds: float,
) -> socket.socket:
    """Ask the proxy on a connection to it; one that takes too long is cut off."""

    class Connected(socket.socket):
        def connect(self, _address: object) -> None:
            """Be what it is already; whoever asks connects first."""

    class Asking(socks.socksocket, Connected):  # type: ignore[name-defined,misc]
        pass

    asking: Any = Asking(sock.family, sock.type, 0, sock.detach())
    asking.settimeout(2 * seconds)  # the clock is first
    password = proxy.password.reveal() if proxy.password else None
    login = (proxy.user or None, password)
    asking.set_proxy(socks.SOCKS5, proxy.host, proxy.port, True, *login)
    late = threading.Event()
    clock = _cutting_off(asking, seconds, late)
    try:
        # told so, or PySocks wraps its own errors once more
        asking.connect(wanted, catch_errors=True)
        return socket.socket(fileno=asking.detach())
    except OSError as error:
        if late.is_set():
            happened = "the proxy does not answer in time"
            raise ConnectError(happened, advice=_LOOK) from error
        raise _failure(socks, error, wanted[0], proxy) from error
    finally:
        clock.cancel()
        asking.close()


def _cutting_off(
    sock: socket.socket, seconds: float, late: threading.Event
) -> threading.Timer:
    """Cut a connection off after some time: a byte now and then gains nothing."""

    def cut() -> None:
        late.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    clock = threading.Timer(seconds, cut)
    clock.daemon = True
    clock.start()
    return clock


def _failure(socks: ModuleType, error: OSError, host: str, proxy: Proxy) -> PymailError:
    """Say who of the two said no, and why."""
    if isinstance(error, socks.SOCKS5AuthError):
        words = "refuses user and password" if proxy.user else "wants a login"
        return AuthenticationError(
            f"the proxy {words}", advice="set socks-proxy=socks5://USER:PASSWORD@HOST"
        )
    if isinstance(error, socks.SOCKS5Error):
        why = visible(str(error)).partition(": ")[2].lower()
        return ConnectError(f"the proxy cannot reach {host}: {why}")
    if isinstance(error, socks.ProxyError):
        closed = "closed" in str(error)
        words = "closes the connection" if closed else "does not speak SOCKS5"
        return ConnectError(f"the proxy {words}", advice=_LOOK)
    return ConnectError(f"the proxy breaks off: {reason(error)}", advice=_LOOK)
