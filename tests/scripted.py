"""A small SMTP server that answers as a test wants, one session after the other."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

Answers = Mapping[str, str | bytes | None]

PATIENCE_SECONDS = 20
CLOSE = ""  # an answer: hang up
ANSWERS: Answers = {
    "greeting": "220 here",
    "EHLO": "250-here\n250-AUTH PLAIN LOGIN\n250 8BITMIME",
    "HELO": "250 here",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 2.0.0 Ok: queued as 4XYZ",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


class Server:
    """Answers by verb, or by more of a line ("RCPT TO:<ann"), which comes first.

    With None it holds still there, and `holds` is set. `heard` are the command lines of all sessions, `contents` what came after DATA
    up to the dot, dot-stuffed as it came.
    """

    def __init__(self, answers: Answers) -> None:
        self.heard: list[str] = []
        self.contents: list[bytes] = []
        self.holds = threading.Event()
        self.answers: dict[str, str | bytes | None] = {**ANSWERS, **answers}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.port}"

    @property
    def verbs(self) -> list[str]:
        """What was said, without arguments."""
        return [line.partition(" ")[0] for line in self.heard]

    def stop(self) -> None:
        """Hang up, and wait until all is over."""
        self._stops.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._listener.close()
        self._thread.join(PATIENCE_SECONDS)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(PATIENCE_SECONDS)
                with suppress(OSError), connection, connection.makefile("rb") as lines:
                    self._talk(connection, lines)

    def _talk(self, connection: socket.socket, lines: Iterator[bytes]) -> None:
        goes_on = self._say("greeting", connection)
        while goes_on and (line := next(lines, b"")):
            text = line.decode("latin-1").rstrip("\r\n")
            self.heard.append(text)
            verb = text.partition(" ")[0].upper()
            known = [key for key in self.answers if text.startswith(key)]
            key = max([verb, *known], key=len)
            goes_on = self._say(key, connection)
            if goes_on and verb == "DATA" and _is_positive(self.answers[key]):
                goes_on = self._take(connection, lines)

    def _take(self, connection: socket.socket, lines: Iterator[bytes]) -> bool:
        content = b""
        for line in lines:
            if line == b".\r\n":
                self.contents.append(content)
                return self._say(".", connection)
            content += line
            if self.answers.get("content", "") is None:  # in the middle of it
                return self._say("content", connection)
        return False

    def _say(self, what: str, connection: socket.socket) -> bool:
        answer = self.answers.get(what, "502 what?")
        if answer is None:
            self.holds.set()
            self._stops.wait(PATIENCE_SECONDS)
            return False
        if answer == CLOSE:
            return False
        if isinstance(answer, str):
            answer = answer.replace("\n", "\r\n").encode()
        connection.sendall(answer + b"\r\n")
        return True


def _is_positive(answer: str | bytes | None) -> bool:
    return answer is not None and answer[:1] in ("3", b"3")


@contextmanager
def serving(answers: Answers | None = None) -> Iterator[Server]:
    """Serve while the block runs."""
    server = Server(answers or {})
    try:
        yield server
    finally:
        server.stop()


def nobody() -> str:
    """HOST:PORT where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"127.0.0.1:{probe.getsockname()[1]}"
