"""Parsed command lines of mailx and of sendmail."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from pymail.address.dsn import DsnRequest
from pymail.errors import UsageError
from pymail.model import field, model

if TYPE_CHECKING:
    from pymail.commands.attachment_options import AttachmentOptions
    from pymail.settings.loader import LoadRequest

# Tasks instead of sending: option → field.
TASKS: Mapping[str, str] = {
    "--setup": "setup",
    "--check": "check",
    "--login": "log_in",
    "--logout": "log_out",
    "--queue": "queue",
    "--flush": "flush",
    "--drop": "drop",
    "--resend": "resend",
}
# Questions instead of sending: option → field.
QUESTIONS: Mapping[str, str] = {
    "--show-settings": "show_settings",
    "--explain": "explain",
}
# Options for some tasks only: option → field, and the tasks.
TASK_OPTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "--as-cron": ("as_cron", ("--check",)),
    "--store": ("store", ("--login", "--logout", "--setup")),
    "--only-if-changed": ("only_if_changed", ("--run",)),
    "--at-most": ("at_most", ("--run",)),
    "--now": ("at_once", ("--flush",)),
}


@model(kw_only=True)
class Invocation:
    """Command line of mailx, before files and settings are read.

    `sender` is None without -r: an empty one means the address of from.
    Each word in `attach_or_field` and `accounts_or_files` has two readings; the files
    and accounts that exist decide. `attachment_options` say how to attach files and
    `descriptors`, by word.
    The words after `--` are more recipients (`after_dashes`), an `envelope_sender` and a
    `full_name` as in sendmail, and `program_words` for a local program.
    `remarks` name lookalike characters that were replaced. `run` says when to mail the
    result of `command`, which is None without `--`.
    """

    recipients: tuple[str, ...] = ()
    after_dashes: tuple[str, ...] = ()
    envelope_sender: str | None = None
    full_name: str = ""
    program_words: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    login: str | None = None
    sender: str | None = None
    subject: str | None = None
    attach_or_field: tuple[str, ...] = ()
    descriptors: tuple[str, ...] = ()
    attachment_options: Mapping[str, "AttachmentOptions"] = field(default_factory=dict)
    alternative: bool = False
    html: bool = False
    markdown: bool = False
    skip_empty_attachments: bool = False
    fields: tuple[str, ...] = ()
    quote_file: str | None = None
    content_type: str | None = None
    body_file: str | None = None
    skip_empty: bool = False
    template: bool = False
    accounts_or_files: tuple[str, ...] = ()
    assignments: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    late_commands: tuple[str, ...] = ()
    no_system_rc: bool = False
    rc_files: str | None = None
    debug: bool = False
    verbose: int = 0
    dry_run: bool = False
    show_settings: bool = False
    json: bool = False
    progress: bool | None = None
    demo: bool = False
    setup: bool = False
    check: bool = False
    as_cron: bool = False
    log_in: bool = False
    log_out: bool = False
    store: str | None = None
    queue: bool = False
    flush: bool = False
    at_once: bool = False
    drop: bool = False
    resend: bool = False
    password_fd: int | None = None
    password_file: str | None = None
    record_by_name: bool = False
    ignore_interrupts: bool = False
    tilde_escapes: bool = False
    batch: bool = False
    run: str | None = None
    command: tuple[str, ...] | None = None
    only_if_changed: bool = False
    at_most: str | None = None
    version: bool = False
    manual: bool = False
    explain: str | None = None
    remarks: tuple[str, ...] = ()

    @property
    def takes_commands(self) -> bool:
        """Whether standard input has commands and messages (-#), after those of -Y."""
        return self.batch and not (self.recipients or self.template)

    @property
    def text_form(self) -> str:
        """The option that names the form of the text: --html, --markdown, or neither.

        Raises:
            UsageError: both options are set.
        """
        if self.html and self.markdown:
            raise UsageError("--html and --markdown can't be combined")
        return "--html" if self.html else "--markdown" if self.markdown else ""

    @property
    def load_request(self) -> "LoadRequest":
        """The options that affect how settings load.

        --setup, --login and --logout store the password of --password-fd or
        --password-file; for them it is no setting.
        """
        from pymail.settings.loader import ALL_FILES, LoadRequest

        stores = self.setup or self.log_in or self.log_out
        late = () if self.takes_commands else self.late_commands
        own_files = "u" if self.no_system_rc else ALL_FILES
        return LoadRequest(
            rc_files=own_files if self.rc_files is None else self.rc_files,
            accounts=self.accounts_or_files,
            assignments=self.assignments,
            commands=(*self.commands, *late),
            sender=self.sender,
            program_words=self.program_words,
            password_fd=None if stores else self.password_fd,
            password_file=None if stores else self.password_file,
            interactive=self.tilde_escapes or self.batch,
            verbose=bool(self.verbose),
        )

    @property
    def tasks(self) -> tuple[str, ...]:
        """The options that ask for a task instead of sending."""
        return tuple(name for name, field_name in TASKS.items() if self.has(field_name))

    @property
    def questions(self) -> tuple[str, ...]:
        """The options that ask a question instead of sending."""
        return tuple(
            name for name, field_name in QUESTIONS.items() if self.has(field_name)
        )

    def has(self, field_name: str) -> bool:
        """Tell whether the option of a field is set."""
        return getattr(self, field_name) not in (None, False)

    def misplaced_options(self, tasks: Collection[str]) -> Iterator[str]:
        """Yield the options that are set and belong to none of these tasks."""
        for name, (field_name, fitting) in TASK_OPTIONS.items():
            if self.has(field_name) and not set(fitting).intersection(tasks):
                yield name

    def check_tasks(self) -> None:
        """Check that tasks and their options fit together.

        Raises:
            UsageError: two tasks, a task with -d, or an option without its task.
        """
        tasks = self.tasks
        if len(tasks) > 1:
            raise UsageError(f"{' and '.join(tasks)} can't be combined")
        if self.dry_run and tasks:
            raise UsageError(f"{tasks[0]} can't be combined with -d (dry run)")
        for name in self.misplaced_options(tasks):
            raise UsageError(f"{name} needs {' or '.join(TASK_OPTIONS[name][1])}")


@model(frozen=False)
class SendmailInvocation:
    """Command line of sendmail.

    `mode` is the letter after -b, or "q" for -q. `remarks` name values that are ignored.
    `others` are words after `--` of mailx that can't be recipients. `refused` is the
    error that keeps the call from being carried out.
    """

    recipients: list[str] = field(default_factory=list)
    sender: str | None = None
    full_name: str = ""
    from_header: bool = False
    mode: str = ""
    verbose: bool = False
    dsn: DsnRequest = DsnRequest()
    remarks: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    refused: str = ""


def replace_lookalikes(kind: str, word: str, remarks: list[str]) -> str:
    """Replace characters that look like a hyphen, a quote or a blank in a word.

    `kind` is a key of `lookalikes.CORRECTIONS`; each replacement adds to `remarks`.
    """
    if word.isascii():
        return word
    from pymail.lookalikes import CORRECTIONS  # most words have none

    meant, wrong = CORRECTIONS[kind](word)
    if wrong:
        remarks.append(f"{word[:60]!r}: {wrong}")
    return meant
