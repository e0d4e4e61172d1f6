"""One command line of the mailx door, as a value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pymail.delivery.attachment_options import Manner
from pymail.model import field, model

if TYPE_CHECKING:
    from pymail.settings.loader import LoadRequest


@model(kw_only=True)
class Invocation:
    """What the words ask for; nothing is looked up yet.

    `sender` is None without -r: an empty one means the address of from.
    `attach_or_field` and `accounts_or_files` are decided by what exists;
    `manners` tells how to attach some of them, and some `descriptors`.
    Behind `--` stand more recipients (`after_dashes`), an `envelope_sender` and a
    `full_name` as sendmail has them, and `program_words` for a local program.
    `remarks` say what was not taken as it was written. `run` says when to mail what came of `command`; that is None without `--`.
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
    manners: Mapping[str, Manner] = field(default_factory=dict)
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
    remarks: tuple[str, ...] = ()

    @property
    def takes_commands(self) -> bool:
        """Whether standard input, behind those of -Y, is commands and letters."""
        return self.batch and not (self.recipients or self.template)

    @property
    def load_request(self) -> "LoadRequest":
        """What the options say about the settings.

        A password that --setup, --login or --logout is about is none of them.
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
        """What is to be done instead of sending, by the names of the options."""
        named = {
            "--setup": self.setup,
            "--check": self.check,
            "--login": self.log_in,
            "--logout": self.log_out,
            "--queue": self.queue,
            "--flush": self.flush,
            "--drop": self.drop,
            "--resend": self.resend,
        }
        return tuple(name for name, asked in named.items() if asked)

    @property
    def only_for_tasks(self) -> tuple[str, ...]:
        """The options that say nothing about a letter."""
        named = {
            "--as-cron": self.as_cron,
            "--store": self.store is not None,
            "--only-if-changed": self.only_if_changed,
            "--at-most": self.at_most is not None,
            "--now": self.at_once,
        }
        return tuple(name for name, given in named.items() if given)


def as_meant(kind: str, word: str, remarks: list[str]) -> str:
    """Take out of a word what only looks like a hyphen, a quote or a blank."""
    if word.isascii():
        return word
    from pymail.lookalikes import MEANT  # most words have none

    meant, wrong = MEANT[kind](word)
    if wrong:
        remarks.append(f"{word[:60]!r}: {wrong}")
    return meant
