"""An SMTP server that answers as it is told, and remembers what it took."""

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, cast

PATIENCE_SECONDS = 20
DROP = "<drop>"
USUAL = {"DATA": "354 go on", "QUIT": "221 bye"}
OFFER = "250-here\r\n250-PIPELINING\r\n250 SIZE 100000000"

Answer = Mapping[str, str] | Callable[[str], str | None]


@dataclass(frozen=True)
class Taken:
    """A mail that the server took; the client may not have heard of it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    answered: bool


class Answering:
    """`answers` has a reply for what a line begins with; "." is the end of a content.

    As a function it gets the line, and returns the reply, or None for the usual one.
    DROP hangs up; behind a reply, too ("250 ok <drop>" takes the mail and does not
    say so).
    """

    def __init__(self, answers: Answer) -> None:
        self.answers = answers
        self.taken: list[Taken] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE_SECONDS)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(sock,), daemon=True).start()

    def _talk(self, sock: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        sock.settimeout(PATIENCE_SECONDS)
        with suppress(OSError), sock, sock.makefile("rwb") as lines:
            _Session(self, cast("BinaryIO", lines)).run()
        with self._lock:
            self.open -= 1

    def answer(self, line: str) -> str | None:
        if callable(self.answers):
            return self.answers(line)
        found = (key for key in self.answers if line.startswith(key))
        return self.answers.get(max(found, key=len, default=""))

    def take(self, taken: Taken) -> None:
        with self._lock:
            self.taken.append(taken)

    @property
    def recipients(self) -> list[str]:
        return [each for taken in self.taken for each in taken.recipients]


class _Session:
    def __init__(self, server: Answering, lines: BinaryIO) -> None:
        self.server = server
        self.lines = lines
        self.sender = ""
        self.recipients: list[str] = []
        self.reading = False  # a content comes

    def run(self) -> None:
        if not self.say("CONNECT", "220 here"):
            return
        for octets in self.lines:
            line = octets.decode().strip()
            verb = line.partition(" ")[0].upper()
            go_on = self.say(
                line, USUAL.get(verb, OFFER if verb == "EHLO" else "250 ok")
            )
            if self.reading:
                go_on = self.content()
            if not go_on or verb == "QUIT":
                return

    def content(self) -> bool:
        content = b""
        for octets in self.lines:
            if octets == b".\r\n":
                return self.end(content)
            content += octets
        return False

    def end(self, content: bytes) -> bool:
        reply = self.server.answer(".") or "250 2.0.0 taken"
        answered = not reply.endswith(DROP)
        if reply.startswith("2"):
            to = tuple(self.recipients)
            self.server.take(Taken(self.sender, to, content, answered))
        if answered:
            self.write(reply)
        return answered

    def say(self, line: str, usual: str) -> bool:
        reply = self.server.answer(line) or usual
        verb, _, argument = line.partition(":<")
        path = argument.partition(">")[0]
        if verb == "MAIL FROM":
            self.sender, self.recipients = path, []
        elif verb == "RCPT TO" and reply.startswith("2"):
            self.recipients.append(path)
        if verb == "DATA" and not self.recipients:
            reply = "503 nobody"
        self.reading = reply.startswith("354")
        if reply.endswith(DROP):
            return False
        self.write(reply)
        return True

    def write(self, reply: str) -> None:
        self.lines.write(reply.encode() + b"\r\n")
        self.lines.flush()
