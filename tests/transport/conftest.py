"""A server that follows a script, and a transport to send to it.

A script is a transcript. The server sends each line after `S: `, and reads a line
for each `C: `; a test compares the actual session with the whole script.
`S> ` sends octets written with Python's escapes, and `_ACTIONS` has further steps. After
the last line the server reads until the client hangs up.
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pymail.address.envelope import Envelope
from pymail.message.byte_source import Facts
from pymail.report.delivery_report import Report
from pymail.secret import Secret
from pymail.settings.server_models import Login, SmtpServer, Timeouts, Tls, TlsMode
from pymail.transport.connect import BackgroundConnection, TcpPeer
from pymail.transport.smtp import SmtpTransport
from pymail.transport.smtp_session import SmtpSession

PATIENCE_SECONDS = 10


class RecordingTrace:
    """A trace that records the session."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.content = b""
        self.notes: list[str] = []
        self.warnings: list[str] = []

    def sent(self, line: bytes) -> None:
        self.lines.append("C: " + line.decode())

    def secret(self, placeholder: str) -> None:
        self.lines.append("C: " + placeholder)

    def received(self, line: bytes) -> None:
        self.lines.append("S: " + line.decode("utf-8", "replace"))

    def body(self, octets: bytes) -> None:
        self.content += octets

    def body_ends(self) -> None:
        self.lines.append("*: content")

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)


@dataclass(frozen=True)
class Letter:
    """A finished message."""

    octets: bytes = b"Subject: hi\r\n\r\nhello\r\n"
    eight_bit: bool = False
    needs_smtputf8: bool = False
    converted: bytes | None = None
    failure: Exception | None = None
    claimed_octets: int | None = None

    @property
    def facts(self) -> Facts:
        return Facts(
            size_octets=self.claimed_octets or len(self.octets),
            eight_bit=self.eight_bit,
            needs_smtputf8=self.needs_smtputf8,
        )

    def chunks(self) -> Iterator[bytes]:
        yield self.octets
        if self.failure is not None:
            raise self.failure

    def seven_bit(self) -> "Letter":
        if self.converted is None:
            return self
        return replace(self, octets=self.converted, eight_bit=False)


class ScriptedServer:
    """Plays one script per connection, in order."""

    def __init__(
        self,
        *scripts: str,
        context: ssl.SSLContext | None = None,
        path: Path | None = None,
    ) -> None:
        self.scripts = [_lines(script) for script in scripts]
        self.conversations: list[list[str]] = []
        self.received = b""  # in a <read> of content
        self._context = context
        self._listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._listener.bind(str(path) if path else ("127.0.0.1", 0))
        self._listener.listen()
        self._listener.settimeout(PATIENCE_SECONDS)
        # a small buffer, which every test machine fills
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        self.port = 0 if path else int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._listener.close()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    @property
    def went_as_written(self) -> bool:
        """Whether the sessions equal the scripts; pytest shows the difference."""
        self._thread.join(PATIENCE_SECONDS)
        assert self.conversations == self.scripts
        return True

    def _serve(self) -> None:
        for script in self.scripts:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE_SECONDS)
            # each line is sent at once, even if the next step closes the connection
            if self.port:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            played: list[str] = []
            self.conversations.append(played)
            _Play(self, sock, self._context, played).run(script)


class _Play:
    """One connection."""

    def __init__(
        self,
        server: ScriptedServer,
        sock: socket.socket,
        context: ssl.SSLContext | None,
        played: list[str],
    ) -> None:
        self.server = server
        self.sock = sock
        self.context = context
        self.played = played
        self.buffer = b""

    def run(self, script: list[str]) -> None:
        try:
            for line in script:
                self._step(line)
                if line in {"<close>", "<reset>"}:
                    return
            while (extra := self._read_line()) is not None:
                self.played.append("C: " + extra)
        except OSError:
            return
        finally:
            self.sock.close()

    def _step(self, line: str) -> None:
        mark, _, rest = line.partition(" ")
        if mark == "S:":
            self.sock.sendall(rest.encode() + b"\r\n")
        elif mark == "S>":
            octets = rest.encode().decode("unicode_escape").encode("latin-1")
            self.sock.sendall(octets)
        elif mark == "C:":
            received = self._read_line()
            line = "<gone>" if received is None else f"C: {received}".rstrip(" ")
        else:
            _ACTIONS[line](self)
        self.played.append(line)

    def _read_line(self) -> str | None:
        while b"\r\n" not in self.buffer:
            octets = self.sock.recv(65536)
            if not octets:
                return None
            self.buffer += octets
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line.decode("utf-8", "backslashreplace")

    def silence(self) -> None:
        while self.sock.recv(65536):
            pass

    def reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def tls(self) -> None:
        assert self.context is not None
        try:
            self.sock = self.context.wrap_socket(self.sock, server_side=True)
        except (ssl.SSLError, OSError):
            self.played.append("<no handshake>")
            raise

    def content(self) -> None:
        while b"\r\n.\r\n" not in self.buffer:
            octets = self.sock.recv(65536)
            if not octets:
                break
            self.buffer += octets
        content, dot, self.buffer = self.buffer.partition(b"\r\n.\r\n")
        self.server.received = content + dot

    def client_hello(self) -> None:
        self.sock.recv(65536)

    def slow_content(self) -> None:
        while not self.buffer.endswith(b"\r\n.\r\n"):
            self.buffer += self.sock.recv(65536)
            threading.Event().wait(0.05)
        self.server.received, self.buffer = self.buffer, b""

    def rest(self) -> None:
        while octets := self.sock.recv(65536):
            self.buffer += octets
        self.server.received, self.buffer = self.buffer, b""

    def stall(self) -> None:
        threading.Event().wait(0.5)

    def some_content(self) -> None:
        while len(self.buffer) < 1000:
            self.buffer += self.sock.recv(1000)

    def flood(self) -> None:
        while True:
            self.sock.sendall(b"220-still going\r\n" * 1000)

    def talkative(self) -> None:
        """Answer every line at once and at length, until QUIT."""
        answers = {"MAIL": "250", "RCPT": "250", "DATA": "354", ".": "250"}
        while (line := self._read_line()) not in (None, "QUIT"):
            assert line is not None
            if code := answers.get(line[:4]):
                self.sock.sendall(f"{code} {'x' * 400}\r\n".encode())

    def drip(self) -> None:
        while True:
            self.sock.sendall(b"2")
            threading.Event().wait(0.03)


_ACTIONS: dict[str, Callable[[_Play], None]] = {
    "<close>": lambda _: None,
    "<reset>": _Play.reset,
    "<silence>": _Play.silence,
    "<tls>": _Play.tls,
    "<content>": _Play.content,
    "<slow content>": _Play.slow_content,
    "<rest>": _Play.rest,
    "<stall>": _Play.stall,
    "<some content>": _Play.some_content,
    "<hello>": _Play.client_hello,
    "<flood>": _Play.flood,
    "<drip>": _Play.drip,
    "<talkative>": _Play.talkative,
}


def _lines(script: str) -> list[str]:
    return [line.strip(" ") for line in script.splitlines() if line.strip()]


class DistantSocket(socket.socket):
    """A socket with the address of another machine as its peer."""

    def getpeername(self) -> tuple[str, int]:
        return "192.0.2.1", 25


class DistantPeer(TcpPeer):
    def connect(self, seconds: float, note: Callable[[str], None]) -> socket.socket:
        near = super().connect(seconds, note)
        return DistantSocket(near.family, near.type, fileno=near.detach())


@dataclass
class Sending:
    """Sends a message to a server, and records the trace and the requests for secrets."""

    trace: RecordingTrace = field(default_factory=RecordingTrace)
    asked: list[str] = field(default_factory=list)
    password: str = "s3cret"
    large = Letter(b"0123456789abcde\r\n" * 400_000)  # no buffer takes it whole

    def ask(self, login: Login, host: str) -> Secret:
        self.asked.append(f"{login.user}@{host}")
        return Secret(self.password)

    def transport(
        self, port: int, *, lmtp: bool = False, distant: bool = False, **settings: Any
    ) -> Any:
        settings.setdefault("tls", Tls(mode=TlsMode.OFFERED))
        settings.setdefault("host", "127.0.0.1")
        settings.setdefault("timeouts", Timeouts.bounded(PATIENCE_SECONDS))
        settings.setdefault("hello_name", "client.example")
        server = SmtpServer(port=port, lmtp=lmtp, **settings)
        peer = (DistantPeer if distant else TcpPeer)(server.host, port)
        connecting = BackgroundConnection(peer, server.timeouts.connect)
        return SmtpTransport(server, connecting, trace=self.trace, ask_secret=self.ask)

    def __call__(
        self,
        server: ScriptedServer,
        *to: str,
        letter: Letter | None = None,
        sender: str = "me@example.com",
        **settings: Any,
    ) -> Report:
        envelope = Envelope(reverse_path=sender, forward_paths=to or ("a@example.org",))
        report = self.transport(server.port, **settings).send(
            envelope, letter or Letter()
        )
        assert isinstance(report, Report)
        return report


@pytest.fixture
def send() -> Sending:
    return Sending()


@pytest.fixture
def letter() -> type[Letter]:
    return Letter


@pytest.fixture
def trace() -> RecordingTrace:
    return RecordingTrace()


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    servers: list[ScriptedServer] = []

    def start(*scripts: str, **options: Any) -> ScriptedServer:
        servers.append(ScriptedServer(*scripts, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def connect(trace: RecordingTrace) -> Iterator[Callable[[ScriptedServer], SmtpSession]]:
    """Open a session, without reading the greeting."""
    with ExitStack() as opened:

        def start(server: ScriptedServer) -> SmtpSession:
            sock = TcpPeer("127.0.0.1", server.port).connect(5, trace.note)
            session = SmtpSession(
                sock, peer="mx", timeouts=Timeouts.bounded(5), trace=trace
            )
            opened.callback(session.close)
            return session

        yield start


@pytest.fixture
def blackhole() -> Iterator[Callable[..., socket.socket]]:
    """Make a listener with a full queue, which never answers."""
    with ExitStack() as waiting:

        def dig(host: str = "127.0.0.1") -> socket.socket:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            listener = waiting.enter_context(socket.socket(family))
            listener.bind((host, 0))
            listener.listen(0)
            for _ in range(3):
                caller = waiting.enter_context(socket.socket(family))
                caller.setblocking(False)
                with suppress(BlockingIOError):
                    caller.connect(listener.getsockname())
            return listener

        yield dig


@dataclass(frozen=True)
class Authority:
    """A certificate authority for the tests, and server contexts with its certificates."""

    file: Path
    issue: Callable[..., ssl.SSLContext]
    context: ssl.SSLContext
    root: ssl.SSLContext  # with the certificate of an authority
    wrong_host: ssl.SSLContext
    client: Path
    self_signed: ssl.SSLContext
    asking_for_certificates: ssl.SSLContext
    locked: bytes
    ending: Callable[[datetime], ssl.SSLContext]  # with a certificate until then


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    import trustme

    folder = tmp_path_factory.mktemp("certificates")
    ca, other = trustme.CA(), trustme.CA()

    def issue(*names: str, issuer: Any = ca, **more: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert(*names, **more).configure_cert(context)
        return context

    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    mine = ca.issue_cert("me@example.com").private_key_and_cert_chain_pem
    mine.write_to_path(str(folder / "client.pem"))
    root = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = other.private_key_pem.bytes() + other.cert_pem.bytes()
    (folder / "root.pem").write_bytes(pem)
    root.load_cert_chain(folder / "root.pem")
    asking = issue("localhost")
    asking.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(asking)
    return Authority(
        file=folder / "ca.pem",
        issue=issue,
        context=issue("localhost", "127.0.0.1"),
        wrong_host=issue("other.example"),
        root=root,
        client=folder / "client.pem",
        self_signed=issue("localhost", "127.0.0.1", issuer=other),
        asking_for_certificates=asking,
        locked=_locked(mine.bytes()),
        ending=lambda moment: issue(
            "localhost", "127.0.0.1", common_name="mx", not_after=moment
        ),
    )


def _locked(pem: bytes) -> bytes:
    """Return an encrypted key and its certificate."""
    from cryptography.hazmat.primitives import serialization as how

    key = how.load_pem_private_key(pem, None).private_bytes(
        how.Encoding.PEM,
        how.PrivateFormat.PKCS8,
        how.BestAvailableEncryption(b"phrase"),
    )
    return key + pem[pem.index(b"-----BEGIN CERTIFICATE") :]
