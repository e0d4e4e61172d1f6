"""Text of a run's report: subject, fields, head and output."""

import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime

from pymail.commands.invocation import Invocation
from pymail.commands.run.child import Ending, Parts
from pymail.commands.run.history import HeldReports
from pymail.errors import UnreadableInputError
from pymail.message import ansi
from pymail.message.byte_source import InMemory
from pymail.message.draft import Attachment
from pymail.model import model
from pymail.text import duration, visible

COMMAND_CHARACTERS = 60  # of a subject: what a list of mails shows
_TIME = "%Y-%m-%d %H:%M:%S %z"


@model(kw_only=True)
class Run:
    """One run of a command; `digest` is a hash of output and status."""

    command: tuple[str, ...]
    host: str
    started: datetime
    seconds: float
    ending: Ending
    output: Parts
    digest: str = ""

    @property
    def has_output(self) -> bool:
        """Whether there is any output."""
        return bool(self.output.first)

    @property
    def is_utf8(self) -> bool:
        """Whether its output is valid UTF-8."""
        try:
            for part in (self.output.first, self.output.last):
                part.decode()
        except UnicodeDecodeError:
            return False
        return True

    @property
    def is_binary(self) -> bool:
        """Whether its output is binary: it has a NUL and is not UTF-8."""
        parts = (self.output.first, self.output.last)
        return any(b"\0" in part for part in parts) and not self.is_utf8

    @property
    def is_text(self) -> bool:
        """Whether there is output that is text."""
        return self.has_output and not self.is_binary


def describe_status(ending: Ending) -> str:
    """Describe the end of a command in a few words; `ok` for status 0."""
    if ending.not_started:
        return f"not started: {ending.not_started}"
    if ending.signal_number:
        return f"killed by {ending.signal_name}"
    return f"exit {ending.status}" if ending.status else "ok"


def subject(run: Run, title: str | None) -> str:
    """Return the subject; to the user's own title only a failure is added."""
    if title is not None:
        return f"{title}: {describe_status(run.ending)}" if run.ending.status else title
    command = command_line(run.command)
    if len(command) > COMMAND_CHARACTERS:
        command = command[: COMMAND_CHARACTERS - 3] + "..."
    after = f" after {duration(run.seconds, tenths=True)}"
    how = describe_status(run.ending)
    return f"[{run.host}] {command}: {how}" + ("" if run.ending.not_started else after)


def command_line(command: Sequence[str]) -> str:
    """Return a command as typed in a shell."""
    return visible(shlex.join(command))


def text(run: Run, remarks: Iterable[str], *, bare: bool) -> bytes:
    """Return the text: a head, then the output.

    With `bare` it is the output alone, unchanged: a media type or Markdown was set for it.
    """
    if bare:
        return run.output.first + _gap(run).encode() + run.output.last
    whole = "".join(f"{line}\n" for line in (*_head(run), *remarks, "", *_note(run)))
    if run.is_binary:
        return whole.encode()
    first, last = _clean(run.output.first), _clean(run.output.last)
    return _encode_beside(run, whole) + first + _encode_beside(run, _gap(run)) + last


def _encode_beside(run: Run, words: str) -> bytes:
    """Encode text of pymail: in ASCII if the output has an unknown charset."""
    return words.encode("utf-8" if run.is_utf8 else "ascii", "backslashreplace")


def binary_parts(run: Run) -> tuple[Attachment, ...]:
    """Return a binary output as attachments."""
    if not run.is_binary:
        return ()
    first, last = run.output.first, run.output.last
    parts = {"output.bin": first}
    if run.output.left_out_octets:
        parts = {"output-first.bin": first, "output-last.bin": last}
    content_type = "application/octet-stream"
    return tuple(
        Attachment(name=name, content=InMemory(part), content_type=content_type)
        for name, part in parts.items()
    )


def held_back(held: HeldReports, now: datetime) -> list[str]:
    """Return a line about the reports held back; it is also the text of a field."""
    if not held.number:
        return []
    since = datetime.fromtimestamp(held.since, now.tzinfo).strftime(_TIME)
    counts = (f"status {each}: {count:,}" for each, count in held.statuses.items())
    what = "report" if held.number == 1 else "reports"
    return [f"Held-Back: {held.number:,} {what} since {since} ({', '.join(counts)})"]


def fields(run: Run, held_back: Iterable[str], invocation: Invocation) -> list[str]:
    """Return header fields for filters and against automatic replies (RFC 3834 §5).

    A field that the command line sets is left out.
    """
    additions = [
        "Auto-Submitted: auto-generated",
        f"X-Pymail-Exit-Status: {run.ending.status}",
        *(f"X-Pymail-{line}" for line in held_back),
    ]
    present = {_name(f) for f in (*invocation.fields, *invocation.attach_or_field)}
    return [each for each in additions if _name(each) not in present]


def _name(field: str) -> str:
    return field.partition(":")[0].strip().lower()


def not_attached(error: UnreadableInputError) -> str:
    """Return the line of the head that names a missing file."""
    return f"Missing:  {visible(str(error))}"


def _head(run: Run) -> list[str]:
    return [
        f"Command:  {command_line(run.command)}",
        f"Host:     {visible(run.host)}",
        f"Status:   {describe_status(run.ending)}",
        f"Started:  {run.started.strftime(_TIME)}",
        f"Duration: {duration(run.seconds, tenths=True)}",
    ]


def _note(run: Run) -> list[str]:
    if run.is_binary:
        left_out = run.output.left_out_octets
        between = f"; {left_out:,} bytes in the middle are omitted" if left_out else ""
        return [f"The output is binary, so it is attached{between}."]
    return [] if run.has_output else ["(no output)"]


def _gap(run: Run) -> str:
    left_out = run.output.left_out_octets
    if not left_out:
        return ""
    before = "" if run.output.first.endswith(b"\n") else "\n"
    return f"{before}\n[{left_out:,} bytes omitted]\n\n"


def _clean(octets: bytes) -> bytes:
    """Render terminal text of any charset; octets that are not UTF-8 stay unchanged."""
    seen = ansi.render(octets.decode("utf-8", "surrogateescape"))
    return seen.encode("utf-8", "surrogateescape")
