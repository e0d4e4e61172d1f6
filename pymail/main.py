"""Start of the program: argv[0] → command → exit status."""

import gc
import os
import sys
from contextlib import closing, suppress
from io import TextIOWrapper
from itertools import takewhile
from typing import TYPE_CHECKING, NoReturn

from pymail.errors import Interrupted, PymailError
from pymail.late import late
from pymail.signals import IGNORED, PROCESS, Signals, remember_all

with late("ipaddress"):  # older versions of pathlib load it with urllib.parse
    from pathlib import Path

if TYPE_CHECKING:
    from pymail.delivery.context import RunContext
    from pymail.environment import Environment

SENDMAIL_NAMES = frozenset({"pymail-sendmail", "sendmail", "mailq", "newaliases"})

# A collection after every 700 objects, while modules load, costs 4 ms and frees none.
OBJECTS_BETWEEN_COLLECTIONS = 50_000


def run() -> NoReturn:
    """Run the command and end the process.

    It ends without a return to Python: the interpreter takes as long to tear down all
    modules as a small mail takes to send.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    _be_in_utf_8_mode()
    _occupy_standard_descriptors()
    remember_all()
    try:
        from pymail.environment import Environment

        status = main(Environment.real(), PROCESS)
    except Interrupted as interrupted:  # before there was a message to keep
        status = 128 + interrupted.signal_number
        if _may_ask_for_json(sys.argv):
            from pymail.commands import json_report

            json_report.write_interruption(status, interrupted, sys.stdout)
    _flush()
    os._exit(status)


_UTF_8_MODE = ("-X", "utf8")


def _be_in_utf_8_mode() -> None:
    """Restart Python in UTF-8 mode (PEP 540) if it decoded argv by the locale.

    Such a decoding can't be undone: UTF-8 looks like any other text, and octets are lost
    where C and Python disagree about a charset. Output keeps the charset of the locale.
    """
    if (*sys.orig_argv[1:3],) == _UTF_8_MODE:  # pragma: no cover - a process of its own
        from locale import getencoding

        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(encoding=getencoding())
    elif sys.getfilesystemencoding() != "utf-8":  # pragma: no cover - it counts nothing
        try:
            words = Path("/proc/self/cmdline").read_bytes().split(b"\0")[:-1]
        except OSError:
            words = [*map(os.fsencode, sys.orig_argv)]
        again = [words[0], *map(str.encode, _UTF_8_MODE), *words[1:]]
        os.execv(sys.executable, again)  # noqa: S606 - ourselves


def main(environment: "Environment", signals: Signals = IGNORED) -> int:
    """Run the command that argv[0] names; returns the exit status."""
    from pymail.delivery.context import RunContext, TerminalEvents

    words = list(environment.argv)
    program = Path(words[0]).name if words else "pymail"
    if program == "__main__.py":
        program = "pymail"
    context = RunContext(
        environment,
        program,
        TerminalEvents(environment),
        signals,
    )
    if _may_ask_for_json(words):
        from pymail.commands import json_report

        json_report.begin(context, words[1:])
    context.awaits_text = True
    with closing(context.spool):
        status = _to_the_end(words[1:], context)
    status = context.command_status or status
    if context.events.machine_readable:
        _end(context, status)
    return status


def _may_ask_for_json(argv: list[str]) -> bool:
    """Whether an argument looks like --json; only `arguments.parse` knows for sure."""
    options = takewhile(lambda word: word != "--", argv[1:])
    names = (word.partition("=")[0] for word in options)
    if not any(len(n) > 2 and "--json".startswith(n) for n in names):
        return False
    return Path(argv[0]).name not in SENDMAIL_NAMES


def _end(context: "RunContext", status: int) -> None:
    """Write the JSON object of the run; no signal interrupts it."""
    context.signals.hold()
    try:
        context.events.end(status)
    except Exception as error:  # noqa: BLE001 - a mail may be sent: its status stays
        bug = _bug(error)
        context.warn([str(bug)])
        context.events.end(status, bug)


def _to_the_end(words: list[str], context: "RunContext") -> int:
    try:
        try:
            return _run_command(words, context)
        except PymailError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - the one place: the message is kept after any error
            failure = _bug(error)
        return _fail(context, failure)
    except Interrupted as interrupted:  # before it held signals back
        return _fail(context, interrupted)
    except Exception as error:  # noqa: BLE001 - the code that keeps messages failed
        from pymail.commands import report_outcome

        return report_outcome.give_up(context, _bug(error))


def _fail(context: "RunContext", error: PymailError) -> int:
    from pymail.commands import report_outcome

    return report_outcome.fail(context, error)


def _run_command(words: list[str], context: "RunContext") -> int:
    if context.program in SENDMAIL_NAMES:
        return _run_sendmail(words, context)
    variable = f"_{context.program.replace('-', '_').upper()}_COMPLETE"
    if asked := context.environment.variables.get(variable):
        from pymail.cli import completion

        return completion.answer(asked, variable, context)
    if words == ["--demo"]:
        from pymail.commands import demo, send

        context.signals.heed()
        return demo.demonstrate(context, send.run)
    from pymail.cli import arguments

    invocation = arguments.parse(words, context.program, context.environment.columns)
    if isinstance(invocation, str):  # help
        context.print(invocation + "\n")
        return 0
    from pymail.commands import send

    return send.run(invocation, context)


def _run_sendmail(words: list[str], context: "RunContext") -> int:
    from pymail.cli import sendmail_arguments

    if words == ["--help"]:
        context.print(sendmail_arguments.help_text(context.program))
        return 0
    from pymail.commands import sendmail

    return sendmail.run(sendmail_arguments.parse(words), context)


def _bug(error: Exception) -> PymailError:
    """Describe a bug in pymail by type and place; an admin can't use a traceback."""
    place, trace = "", error.__traceback__
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename).name
        place, trace = f" at {file}:{trace.tb_lineno}", trace.tb_next
    return PymailError(
        f"this is a bug in pymail: {type(error).__name__}{place}",
        advice="please report it with the command line and this message",
    )


def _occupy_standard_descriptors() -> None:
    """Open /dev/null for each of the descriptors 0, 1 and 2 that the caller closed.

    A socket or file that is opened later must not get one of these numbers: it would be
    read as the message or written to as the terminal.
    """
    while True:
        descriptor = os.open(os.devnull, os.O_RDWR)
        if descriptor > 2:
            os.close(descriptor)
            return


def _flush() -> None:
    """Flush the standard streams; a reader that has closed its end is no error."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()
