"""A small SMTP server with scripted replies, which records its sessions."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PATIENCE_SECONDS = 20
TCP_ESTABLISHED = 1  # of Linux's states: neither side has closed
CLOSE = "<close>"  # an answer: hang up
Reply = str | bytes | None
Answers = Mapping[str, Reply] | Callable[[str], Reply]
USUAL: Mapping[str, Reply] = {
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


@dataclass(frozen=True)
class Taken:
    """A message that the server accepted; the client may not have got the reply."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    answered: bool


class Server:
    """Replies by the start of a line: a verb, or more ("RCPT TO:<ann").

    The key "greeting" is the start of a session, "." the end of a content, "content"
    its middle. A function gets the line, and returns None for the usual reply. CLOSE
    closes the connection, also after a reply: "250 ok <close>" accepts the message
    without sending the reply. At None, the server stops replying and sets `holds`.

    `heard` has the command lines of all sessions, `contents` the dot-stuffed octets
    between DATA and the final dot.
    """

    def __init__(self, answers: Answers, offer: str = "") -> None:
        self.answers = answers
        self.heard: list[str] = []
        self.contents: list[bytes] = []
        self.taken: list[Taken] = []
        self.connections = 0
        self.most_open = 0
        self.holds = threading.Event()
        self._usual = {**USUAL, **({"EHLO": offer} if offer else {})}
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._stops = threading.Event()
        self._threads: list[threading.Thread] = []
        self._start(self._serve)

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.port}"

    @property
    def verbs(self) -> list[str]:
        """The commands, without arguments."""
        return [line.partition(" ")[0] for line in self.heard]

    @property
    def recipients(self) -> list[str]:
        """The accepted recipients."""
        return [each for taken in self.taken for each in taken.recipients]

    def stop(self) -> None:
        """Stop accepting, and wait until all sessions have ended."""
        self._stops.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def reply_to(self, line: str) -> Reply:
        """Return the answer to a line."""
        table = self._usual
        if not callable(self.answers):
            table = {**table, **self.answers}
        elif (reply := self.answers(line)) is not None:
            return reply
        verb = line.partition(" ")[0].upper()
        known = [key for key in table if key == verb or line.startswith(key)]
        return table[max(known, key=len)] if known else "502 what?"

    def hold(self) -> None:
        """Do nothing until the server stops."""
        self.holds.set()
        self._stops.wait(PATIENCE_SECONDS)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._start(self._talk, connection)

    def _talk(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open.add(connection)
            self.most_open = max(self.most_open, sum(map(_is_held, self._open)))
        connection.settimeout(PATIENCE_SECONDS)
        with connection:
            with suppress(OSError), connection.makefile("rb") as lines:
                _Session(self, connection, lines).run()
            with self._lock:
                self._open.remove(connection)


def _is_held(connection: socket.socket) -> bool:
    """Tell whether the client is connected, even if its FIN was not read yet."""
    state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    return state == TCP_ESTABLISHED


class _Session:
    """The session of one client."""

    def __init__(
        self, server: Server, connection: socket.socket, lines: Iterator[bytes]
    ) -> None:
        self._server = server
        self._connection = connection
        self._lines = lines
        self._sender = ""
        self._recipients: list[str] = []

    def run(self) -> None:
        answer = self._say("greeting")
        while answer and (octets := next(self._lines, b"")):
            line = octets.decode("latin-1").rstrip("\r\n")
            self._server.heard.append(line)
            answer = self._say(line)
            if answer and line.upper() == "DATA" and answer.startswith(b"3"):
                answer = self._take()

    def _say(self, line: str) -> bytes:
        return self._send(line, self._server.reply_to(line))

    def _send(self, line: str, reply: Reply) -> bytes:
        """Answer a line; return the reply, empty if it ends the session."""
        if reply is None:
            self._server.hold()
            return b""
        if isinstance(reply, str):
            if reply.endswith(CLOSE):
                return b""
            reply = reply.replace("\n", "\r\n").encode()
        path = line.partition(":<")[2].partition(">")[0]
        if line.startswith("MAIL FROM:"):
            self._sender, self._recipients = path, []
        elif line.startswith("RCPT TO:") and reply.startswith(b"2"):
            self._recipients.append(path)
        if reply.startswith(b"354") and not self._recipients:
            reply = b"503 no recipients"
        self._connection.sendall(reply + b"\r\n")
        return reply

    def _take(self) -> bytes:
        content = b""
        for line in self._lines:
            if line == b".\r\n":
                return self._end(content)
            content += line
            answers = self._server.answers
            if not callable(answers) and answers.get("content", "") is None:
                self._server.hold()
                return b""
        return b""

    def _end(self, content: bytes) -> bytes:
        self._server.contents.append(content)
        reply = self._server.reply_to(".")
        if reply is not None and reply[:1] in ("2", b"2"):
            answered = not (isinstance(reply, str) and reply.endswith(CLOSE))
            taken = Taken(self._sender, tuple(self._recipients), content, answered)
            self._server.taken.append(taken)
        return self._send(".", reply)


@contextmanager
def serving(answers: Answers | None = None) -> Iterator[Server]:
    """Run a server during the block."""
    server = Server(answers or {})
    try:
        yield server
    finally:
        server.stop()


def nobody() -> str:
    """Return a HOST:PORT where no server listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"127.0.0.1:{probe.getsockname()[1]}"
