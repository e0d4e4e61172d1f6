"""A name server on loopback, and its records."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from dns import flags, message, rcode, rdatatype, rrset

Zone = dict[str, list[str]]  # "name. type": data


@pytest.fixture
def name_server() -> Iterator[Callable[[Zone], tuple[str, int]]]:
    """Start a name server that has these records and no other name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        threads: list[threading.Thread] = []

        def serve(zone: Zone) -> None:
            with suppress(OSError):
                while True:
                    octets, caller = sock.recvfrom(4096)
                    if not octets:
                        return
                    sock.sendto(_answer(octets, zone), caller)

        def start(zone: Zone) -> tuple[str, int]:
            threads.append(threading.Thread(target=serve, args=(zone,), daemon=True))
            threads[0].start()
            address: tuple[str, int] = sock.getsockname()
            return address

        yield start
        sock.sendto(b"", sock.getsockname())
        for thread in threads:
            thread.join(5)


def _answer(octets: bytes, zone: Zone) -> bytes:
    asked = message.from_wire(octets)
    answer = message.make_response(asked)
    answer.flags |= flags.RA
    name = asked.question[0].name.to_text()
    kind = rdatatype.to_text(asked.question[0].rdtype)
    if f"{name} {kind}" not in zone:
        answer.set_rcode(rcode.NXDOMAIN)
    elif data := zone[f"{name} {kind}"]:
        answer.answer.append(rrset.from_text(name, 300, "IN", kind, *data))
    return answer.to_wire()
