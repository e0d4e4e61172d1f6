"""aiosmtpd on a free port of loopback."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aiosmtpd.controller import Controller

READY_SECONDS = 30.0
TURNS = 50  # of the loop: TLS closes its socket some turns later
TURN_SECONDS = 0.01


class _Controller(Controller):
    """A server that closes the open connections of its clients when it stops."""

    def start(self) -> None:
        self.sessions: list[Any] = []
        super().start()

    def factory(self) -> Any:
        self.sessions.append(super().factory())  # type: ignore[no-untyped-call]
        return self.sessions[-1]

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result()
        super().stop(no_assert)

    async def _close(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        for listener in self.server.sockets:
            # not closed yet: asyncio fails to make, or close, a transport of a server
            # that is closed between accept(2) and the next turn of the loop
            self.loop.remove_reader(listener.fileno())
        for _ in range(TURNS):
            for session in self.sessions:
                # after STARTTLS only the first is there until the handshake ends
                for transport in (session._original_transport, session.transport):
                    with suppress(AttributeError):  # closed: asyncio of 3.11.2 trips
                        transport.abort()
            in_handshake = any(session.session is None for session in self.sessions)
            await asyncio.sleep(TURN_SECONDS if in_handshake else 0)
        self.server.close()


@contextmanager
def running(handler: Any, **options: Any) -> Iterator[int]:
    """Serve while the block runs; yields the port.

    The server has a name, because aiosmtpd asks the resolver otherwise, at each connection.
    """
    port = free_port()
    controller = _Controller(
        handler,
        hostname="127.0.0.1",
        port=port,
        **{"server_hostname": "mx.example.com", **options},
        ready_timeout=READY_SECONDS,
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def free_port() -> int:
    """Find a free port for a server that cannot report its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
