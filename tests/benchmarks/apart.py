"""Servers in processes of their own, so that they do not slow the measured program.

A server prints its port, answers lines with lines, and ends with its input, so that it
doesn't survive the process that started it.
"""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.cases import Task, Tls
from tests.benchmarks.sink import Tally

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 10
AUTHORITIES, BUNDLE = "authorities", "ca-certificates.crt"


@dataclass(frozen=True)
class Apart:
    """A server that runs, and how to speak with it."""

    process: "subprocess.Popen[str]"
    port: int

    def take(self) -> Tally:
        """Query the arrivals of a sink since the last query."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return Tally(**json.loads(self.process.stdout.readline()))


@contextmanager
def apart(module: str, *words: object) -> Iterator[Apart]:
    """Run a module of this package as a server."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield Apart(process, int(process.stdout.readline()))
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def server_for(task: Task, certificate: Path) -> Iterator[tuple[Apart, int]]:
    """Run the servers of a task; yields the sink, and the port to send to."""
    words = ["--login"] if task.login else []
    words += ["--nagle"] if task.nagle else []
    if task.tls is not Tls.NONE:
        words += ["--certificate", str(certificate)]
    if task.tls is Tls.IMPLICIT:
        words.append("--implicit-tls")
    with ExitStack() as stack:
        sink = stack.enter_context(apart("sink", *words))
        port = sink.port
        if task.round_trip_seconds:
            delay = apart("delay", port, task.round_trip_seconds)
            port = stack.enter_context(delay).port
        yield sink, port


def throwaway_certificate(directory: Path) -> Path:
    """Write a certificate for localhost, and its key, as one PEM file.

    Beside it are the authorities of this system, and its issuer.
    """
    import trustme

    authority = trustme.CA()
    path = directory / "certificate.pem"
    issued = authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(path)
    _write_authorities(directory / AUTHORITIES, authority.cert_pem.bytes())
    return path


def _write_authorities(directory: Path, own: bytes) -> None:
    directory.mkdir()
    system = ssl.get_default_verify_paths()
    bundle = Path(system.cafile).read_bytes() if system.cafile else b""
    (directory / BUNDLE).write_bytes(bundle + own)
    if system.capath:
        for file in Path(system.capath).glob("*.[0-9]"):
            (directory / file.name).symlink_to(file.resolve())
    file = directory / "own.pem"
    file.write_bytes(own)
    argv = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(file)]
    with suppress(OSError):  # without openssl, the certificate is only in the bundle
        name = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        (directory / f"{name.strip()}.0").symlink_to("own.pem")
