"""Fixtures: a home directory, a server with TLS and logins, and secret stores."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

from pymail.commands.setup import discover
from pymail.environment import Environment
from pymail.errors import Interrupted
from pymail.main import main
from pymail.model import replace
from tests.live_server import running
from tests.setup.fakes import Stores

CODE = "ABCDEFGHIJKLMNOP"


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Stores:
    made = Stores()
    monkeypatch.setattr("pymail.commands.setup.new_secret.open_store", made.store)
    return made


@dataclass
class Server:
    """A server that accepts one code, and records logins and mails."""

    port: int
    scheme: str
    ca: Path
    logins: list[tuple[str, str]] = field(default_factory=list)
    mails: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    @property
    def words(self) -> list[str]:
        """The options that lead there."""
        return ["-S", f"smtp={self.url}", "-S", f"ssl-ca-file={self.ca}"]

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        user, password = data.login.decode(), data.password.decode()
        self.logins.append((user, password))
        return AuthResult(success=password == CODE, handled=mechanism == "never")

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        self.mails.append(envelope)
        return "250 2.0.0 Ok: queued as 4XYZ"


@pytest.fixture(scope="session")
def certificate(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[ssl.SSLContext, Path]:
    made = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    made.cert_pem.write_to_path(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context, path


@pytest.fixture
def start(
    certificate: tuple[ssl.SSLContext, Path],
) -> Iterator[Callable[..., Server]]:
    """Start a server; `implicit` TLS, or STARTTLS."""
    context, ca = certificate
    with ExitStack() as servers:

        def started(*, implicit: bool = True) -> Server:
            server = Server(0, "smtps" if implicit else "smtp", ca)
            options: dict[str, Any] = {
                "authenticator": lambda *words: server.authenticate(*words),  # noqa: PLW0108 - a test may replace it
                "auth_require_tls": not implicit,
                "ssl_context" if implicit else "tls_context": context,
            }
            server.port = servers.enter_context(running(server, **options))
            return server

        yield started


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    return start()


@dataclass
class Ended:
    status: int
    out: str
    err: str


@dataclass
class Home:
    """A home directory to run the command in; tests write the `rc`."""

    directory: Path
    world: Any
    stores: Stores

    @property
    def rc(self) -> Path:
        return self.directory / ".mailrc"

    @property
    def credentials(self) -> str:
        """The text of the credentials file, empty if there is none."""
        path = self.directory / ".config/pymail/credentials"
        return path.read_text() if path.exists() else ""

    def environment(self, *words: str, answers: str | None = "", **more: Any) -> Any:
        stdin = None if answers is None else answers.encode()
        made = self.world.environment("pymail", *words, stdin=stdin, **more)
        return replace(made, home=self.directory, cwd=self.directory)

    def run(
        self,
        *words: str,
        answers: str | None = "",
        secret: str | None = None,
        **more: Any,
    ) -> Ended:
        """Run with lines of answers; at a terminal `secret` answers every question."""
        made = self.environment(*words, answers=answers, **more)
        status = main(Asked(made, secret) if made.stdin_is_terminal else made)
        return Ended(status, made.stdout.getvalue(), made.stderr.getvalue())

    def set_up(
        self, server: Server, *words: str, answers: str = CODE, **more: Any
    ) -> Ended:
        """Set an account up at the running server."""
        all_words = ("--setup", "me@163.com", *server.words, *words)
        return self.run(*all_words, answers=answers, **more)

    def contents(self) -> dict[str, bytes | str]:
        """The path and content of every file."""
        return {
            str(path.relative_to(self.directory)): (
                str(path.readlink()) if path.is_symlink() else path.read_bytes()
            )
            for path in sorted(self.directory.rglob("*"))
            if path.is_symlink() or path.is_file()
        }


def Asked(environment: Any, secret: str | None) -> Environment:  # noqa: N802
    """The same environment with a user who types a secret."""
    kind = type(environment)

    class Attended(kind):  # type: ignore[misc, valid-type]
        def ask_secret(self, _prompt: str) -> str | None:
            self.stderr.write(_prompt + "\n")
            return secret

    fields = {name: getattr(environment, name) for name in environment.__match_args__}
    return Attended(**fields)


@pytest.fixture
def home(world: Any, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home without a network: discovery finds no server."""
    monkeypatch.setattr(discover, "announced_servers", lambda *_, **__: [])
    monkeypatch.setattr(discover, "usual_servers", lambda _domain: [])
    directory = world.directory / "home"
    directory.mkdir()
    return Home(directory, world, stores)


def interrupt(*_: object, **__: object) -> None:
    """Replace a function with one that a signal interrupts."""
    raise Interrupted(2)
