"""A small SOCKS5 proxy on loopback: CONNECT, with a login if it wants one."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE_SECONDS = 20
NO_LOGIN, LOGIN, NONE_FITS = b"\0", b"\2", b"\xff"
NAME, V4, V6 = 3, 1, 4


@dataclass
class SocksServer:
    """Connects to `port` of this machine, whatever it is asked for.

    `asked` are the hosts and ports that clients wanted, `logins` who they said they
    were. With `says` it sends these octets instead of an answer to the first words,
    and then no more, or nothing for ever if it `waits`;
    with `refuses` that is the code of its answer to the request. `drips`: it sends
    an octet at a time, slowly, and never ends. `resets`: it breaks the connection.
    """

    port: int = 0
    login: tuple[str, str] | None = None
    says: bytes | None = None
    refuses: int = 0
    waits: bool = False
    drips: bool = False
    resets: bool = False
    asked: list[tuple[str, int]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.own_port: int = self._listener.getsockname()[1]
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        """Hang up, and wait until all is over."""
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.settimeout(PATIENCE_SECONDS)
                self._start(self._talk, client)

    def _start(self, what: object, *arguments: socket.socket) -> None:
        assert callable(what)
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _talk(self, client: socket.socket) -> None:
        with client, suppress(OSError), client.makefile("rb") as words:
            methods = words.read((words.read(2) or b"\5\0")[1])
            if self.resets:
                linger = struct.pack("ii", 1, 0)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            elif self.drips:
                self._drip(client)
            elif self.says is not None:
                client.sendall(self.says)
                if not self.waits:
                    client.shutdown(socket.SHUT_WR)
                words.read()
            elif self._lets_in(client, methods, words):
                self._connect(client, words)

    def _drip(self, client: socket.socket) -> None:
        client.sendall(b"\5\0\5\0\0\3\xff")
        while not self._stopped.wait(0.05):
            client.sendall(b"x")

    def _lets_in(self, client: socket.socket, methods: bytes, words: object) -> bool:
        read = words.read  # type: ignore[attr-defined]
        wanted = NO_LOGIN if self.login is None else LOGIN
        method = wanted if wanted in methods else NONE_FITS
        client.sendall(b"\5" + method)
        if method == LOGIN:
            user = read(read(2)[1]).decode()
            self.logins.append((user, read(read(1)[0]).decode()))
            client.sendall(b"\1" + bytes([self.logins[-1] != self.login]))
            return self.logins[-1] == self.login
        return method == NO_LOGIN

    def _connect(self, client: socket.socket, words: object) -> None:
        read = words.read  # type: ignore[attr-defined]
        kind = read(4)[3]
        if kind == NAME:
            host = read(read(1)[0]).decode()
        else:
            family = socket.AF_INET if kind == V4 else socket.AF_INET6
            host = socket.inet_ntop(family, read(4 if kind == V4 else 16))
        self.asked.append((host, int.from_bytes(read(2))))
        client.sendall(bytes([5, self.refuses, 0, V4, 127, 0, 0, 1, 0, 25]))
        if not self.refuses:
            with socket.create_connection(("127.0.0.1", self.port)) as server:
                self._start(self._pump, server, client)
                self._pump(client, server)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while octets := source.recv(65536):
                sink.sendall(octets)
        for sock in (source, sink):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxying(server: SocksServer) -> Iterator[SocksServer]:
    """Stop it when the block ends."""
    try:
        yield server
    finally:
        server.stop()
