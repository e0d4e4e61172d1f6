"""The local MTA: a sendmail program, called as mailx calls it.

The message is complete in a file, the program's standard input, before the program
starts: even if this process is killed, the program never gets half a message. No shell
is involved; recipients follow `--`. Exit statuses are those of sysexits(3).
"""

import errno
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from subprocess import STDOUT, Popen, TimeoutExpired
from typing import IO

from pymail.address.addr_spec import wire_address
from pymail.address.envelope import Envelope
from pymail.environment import Environment
from pymail.errors import (
    FateUnknownError,
    MessageError,
    PymailError,
    RefusedError,
    SettingsError,
    TransientError,
    UnknownUserError,
)
from pymail.message.byte_source import FinishedMessage, to_lf
from pymail.reply import SHOWN_CHARACTERS, decode
from pymail.report.delivery_report import Fate, RecipientFate, Report
from pymail.settings.server_models import LocalMta
from pymail.text import shorten, system_message, visible
from pymail.transport.base import Trace, Transport

READ_OCTETS = 8192  # of the program's output
SHOWN_LINES = 10
STOP_SECONDS = 1.0  # between SIGTERM and SIGKILL, after a signal

_NOT_THERE = "run pymail --setup, or set mta= to a sendmail program"
_NO_SERVER = "set smtp= in /etc/mail.rc, or mta= to another sendmail program"
_FROM_HEADER = frozenset({"-t", "--read-recipients"})

EXIT_STATUSES: dict[int, tuple[type[PymailError], str]] = {
    64: (RefusedError, "usage error"),
    65: (MessageError, "wrong data in the message"),
    66: (RefusedError, "cannot open an input"),
    67: (UnknownUserError, "no such user"),
    68: (RefusedError, "no such host"),
    69: (RefusedError, "service unavailable"),
    70: (RefusedError, "internal error"),
    71: (TransientError, "system error"),
    72: (RefusedError, "a system file is missing"),
    73: (RefusedError, "cannot create a file"),
    74: (TransientError, "input or output error"),
    75: (TransientError, "temporary failure"),
    76: (RefusedError, "protocol error"),
    77: (RefusedError, "permission denied"),
    78: (SettingsError, "configuration error"),
    126: (SettingsError, "cannot be run"),
    127: (SettingsError, "command not found"),
}

_CANNOT_START = frozenset(
    {errno.ENOENT, errno.EACCES, errno.ENOTDIR, errno.ENOEXEC, errno.ELOOP}
)


# Programs that are known to take -N, -R and -V. To others these letters mean something
# else: Exim delivers nothing with -N, qmail refuses it.
_KNOWN_OPTIONS: Mapping[str, str] = {
    "msmtp": "NR",  # 1.8.23 refuses -V
    "pymail-sendmail": "NRV",
    "sendmail.postfix": "NRV",  # as alternatives name it
    "sendmail.sendmail": "NRV",
    "smtpctl": "NRV",  # OpenSMTPD
}
_SENDMAIL = "sendmail"  # the name of many different programs
_OF_SENDMAIL = frozenset({"sendmail", "sm.bin"})  # directories of sendmail itself


class SendmailTransport(Transport):
    """Hands each message to a process of a sendmail program."""

    def __init__(
        self, mta: LocalMta, environment: Environment, *, trace: Trace
    ) -> None:
        self._mta = mta
        self._environment = environment
        self._trace = trace
        self._doing = _doing(mta)

    def send(
        self,
        envelope: Envelope,
        message: FinishedMessage,
        *,
        more: bool = False,  # noqa: ARG002 - each message has its own process
    ) -> Report:
        """Run the program and wait; its exit status is the fate of all recipients.

        Raises:
            SettingsError: the program is missing or can't be run.
            MessageError: the recipients exceed the length of a command line.
            TransientError: no space for the message, or no process available.
        """
        refuse_ourselves(self._mta, self._environment)
        argv = arguments(self._mta, envelope)
        self._trace.note(f"running {' '.join(argv)}")
        with self._temporary_file() as text, self._temporary_file() as printed:
            self._spool(message, text)
            status = self._run(argv, text, printed)
            printed.seek(0)
            lines = [visible(decode(x)) for x in printed.read(READ_OCTETS).splitlines()]
        failure = self._failure(status, lines)
        self._show_output(lines, failed=failure is not None)
        return self._report(envelope.forward_paths, failure)

    @contextmanager
    def _temporary_file(self) -> Iterator[IO[bytes]]:
        try:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - errors of closing are ignored
        except OSError as error:
            raise self._no_room(error) from error
        try:
            yield file
        finally:
            with suppress(OSError):
                file.close()

    def _spool(self, message: FinishedMessage, text: IO[bytes]) -> None:
        try:
            text.writelines(to_lf(message.chunks()))
            text.seek(0)
        except OSError as error:
            raise self._no_room(error) from error

    def _no_room(self, error: OSError) -> TransientError:
        happened = f"no room for the message: {system_message(error)}"
        return TransientError(happened, doing=self._doing)

    def _run(self, argv: list[str], text: IO[bytes], printed: IO[bytes]) -> int:
        try:
            process = Popen(
                argv,
                executable=self._mta.program,
                stdin=text,
                stdout=printed,
                stderr=STDOUT,
                env=self._environment.child_variables(),
            )
        except (OSError, ValueError) as error:
            raise start_failure(error, self._mta) from error
        try:
            self._trace.note(f"started process {process.pid}")
            status = process.wait()
            self.hold_signals()
        except BaseException:  # a signal: don't leave the program running
            _stop(process)
            raise
        return status

    def _failure(self, status: int, lines: list[str]) -> PymailError | None:
        if status == 0:
            return None
        kind: type[PymailError]
        if status < 0:  # the program had the whole message, and may have queued it
            kind, words = FateUnknownError, f"killed by signal {-status}"
        else:
            kind, words = EXIT_STATUSES.get(status, (RefusedError, "unknown failure"))
            words = f"exit status {status}, {words}"
        output = "; ".join(line.strip() for line in lines if line.strip())
        advice = _NOT_THERE if status == 127 else ""
        happened = f"{words}: {shorten(output, SHOWN_CHARACTERS)}" if output else words
        return kind(happened, doing=self._doing, advice=advice)

    def _show_output(self, lines: list[str], *, failed: bool) -> None:
        """Show the program's output: with -v all of it, else the first lines as warnings."""
        if self._mta.verbose:
            for line in lines:
                self._trace.received(line.encode())
        elif not failed:
            for line in lines[:SHOWN_LINES]:
                self._trace.warning(f"{self._mta.program.name}: {line}")

    def _report(
        self, addresses: tuple[str, ...], failure: PymailError | None
    ) -> Report:
        peer = str(self._mta.program)
        if failure is not None:
            return Report.from_failure(addresses, failure).with_peer(peer)
        fates = tuple(RecipientFate(a, Fate.ACCEPTED) for a in addresses)
        return Report(fates=fates, peer=peer)


def refuse_ourselves(mta: LocalMta, environment: Environment) -> None:
    """Refuse to run pymail as its own sendmail program.

    Raises:
        SettingsError: the program is the one that is running.
    """
    if environment.is_running(mta.program):
        happened = f"{mta.program} is pymail itself"
        raise SettingsError(happened, doing=_doing(mta), advice=_NO_SERVER)


def start_failure(error: OSError | ValueError, mta: LocalMta) -> PymailError:
    """Return the PymailError for a program that did not start."""
    number = error.errno if isinstance(error, OSError) else None
    happened, doing = f"{mta.program}: {system_message(error)}", _doing(mta)
    if number in _CANNOT_START:
        return SettingsError(happened, doing=doing, advice=_NOT_THERE)
    if number == errno.E2BIG:
        return MessageError(happened, doing=doing)
    if number is None:
        return SettingsError(happened, doing=doing)
    return TransientError(happened, doing=doing)


def _doing(mta: LocalMta) -> str:
    return f"handing the message to {mta.program}"


def arguments(mta: LocalMta, envelope: Envelope) -> list[str]:
    """Return the argument list, the program's name first.

    `-t` in the settings' own arguments (`sendmail="/usr/bin/msmtp -t"`) is dropped if
    recipients are passed: with both, some programs ignore the recipients, and some send
    twice; Bcc recipients are not in the message.
    """
    own: Iterable[str] = mta.arguments
    if mta.recipients_as_arguments:
        own = (word for word in own if word not in _FROM_HEADER)
    recipients = envelope.forward_paths if mta.recipients_as_arguments else ()
    return [
        mta.argv0 or str(mta.program),
        *(_defaults(mta) if mta.default_arguments else ()),
        *_options(envelope.dsn.sendmail_options),
        *own,
        *(_options(_sender(mta)) if mta.default_arguments else ()),
        *_end_of_options(mta, recipients),
        *recipients,
    ]


def known_options(program: Path, environment: Environment) -> str:
    """Return the letters of -N, -R and -V that a program is known to take.

    The name of the file behind all links decides.
    """
    found = which(program, path=environment.variables.get("PATH"))
    if found is None:
        return ""
    real = Path(found).resolve()
    if real.name != _SENDMAIL:
        return _KNOWN_OPTIONS.get(real.name, "")
    is_postfix = real.with_name("postfix").exists()
    return "NRV" if is_postfix or real.parent.name in _OF_SENDMAIL else ""


def _defaults(mta: LocalMta) -> Iterator[str]:
    yield "-i"  # a line of one dot is text
    if mta.metoo:
        yield "-m"
    if mta.verbose:
        yield "-v"


def _options(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield options and their values.

    A value that looks like an option shares a word with its letter. As a word of its
    own, it would be an option to programs that know the letter without a value.
    """
    for letter, value in pairs:
        yield from (letter + value,) if value.startswith("-") else (letter, value)


def _sender(mta: LocalMta) -> Iterator[tuple[str, str]]:
    if mta.sender_option is not None:
        if mta.sender_name:
            yield "-F", mta.sender_name
        yield "-f", wire_address(mta.sender_option)


def _end_of_options(mta: LocalMta, recipients: Iterable[str]) -> tuple[str, ...]:
    """Return `--` with default arguments, or if a recipient looks like an option."""
    needed = mta.default_arguments or any(r.startswith("-") for r in recipients)
    return ("--",) if needed else ()


def _stop(process: Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except TimeoutExpired:
        process.kill()
        process.wait()
