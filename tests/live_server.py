"""aiosmtpd on a free port of loopback."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller


@contextmanager
def running(handler: Any, **options: Any) -> Iterator[int]:
    """Serve while the block runs; yields the port.

    The server has a name: one without asks the resolver for it, at each connection.
    """
    port = free_port()
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=port,
        server_hostname="mx.example.com",
        **options,
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def free_port() -> int:
    """Find a port for a server that cannot be asked which one it got."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
