"""Calls for most programs: send a message, connect for many, build one."""

from collections.abc import Mapping
from contextlib import closing
from typing import TextIO

from pymail.api.draft import Addresses, Attach, Draft, Fields
from pymail.api.session import Session
from pymail.api.settings import CallerSettings, Password, Setting, as_secret
from pymail.report.delivery_report import Report


def connect(
    url: str | None = None,
    *,
    user: str | None = None,
    password: Password | None = None,
    account: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    timeout: float | None = None,
    debug: bool | TextIO = False,
) -> Session:
    """Return a session, in which any number of messages go with one login.

    Use it in a `with` block. The connection is made with the first message.

    Without `url` the settings are those of the command: mail.rc of the system and
    the user, and the environment; see pymail.rc(5). With it ("smtps://HOST",
    "smtp://HOST:587", "lmtp:///SOCKET") nothing of them is read, and `user` is who
    writes, unless a message says otherwise.

    `password` is a string, or a function that returns one, called for each login (an
    access token that expires). Without it the usual places are asked: $PYMAIL_PASSWORD,
    systemd's credentials, pymail's own file, netrc and the keyring; no question is asked at
    a terminal. It never shows in a trace, a repr or an exception.

    `account` is one of mail.rc. `settings` are variables as -S sets them:
    {"smtp-use-starttls": True, "record": False}; True sets, False and None unset.
    `timeout` is the longest wait for any answer, in seconds; without it they are those
    of RFC 5321 §4.5.3.2. With `debug` the session is written to standard error, or to
    a text stream.

    Raises:
        SettingsError: a file or an argument makes no sense.
    """
    password = as_secret(password)  # some show the variables of a call that fails
    caller = CallerSettings(
        url=url,
        user=user,
        password=password,
        account=account,
        timeout=timeout,
        variables=settings or {},
    )
    return Session(caller, debug)


def send(
    text: str | bytes | Draft = "",
    *,
    to: Addresses = (),
    subject: str | None = None,
    cc: Addresses = (),
    bcc: Addresses = (),
    from_: Addresses = (),
    sender: str = "",
    reply_to: Addresses = (),
    html: str | None = None,
    markdown: bool = False,
    attach: Attach = (),
    fields: Fields = (),
    account: str | None = None,
    settings: Mapping[str, Setting] | None = None,
    debug: bool | TextIO = False,
    check: bool = True,
) -> Report:
    """Send one message, with the settings of the command, and return its report.

    `text` is the text, or a whole `Draft`; what else makes a message is described
    there. `account`, `settings` and `debug` are as `connect` has them, `check` as
    `Session.send`.

    What the settings promise holds: aliases, the record, the log file, another account
    as fallback, and the outbox. What may wait there is tried again by `pymail --flush`;
    its recipients are in `Report.waiting`, and nothing is raised for them. What can't be
    sent is not written to a dead letter file: the caller has it.

    Raises:
        UndeliveredError: a recipient has not got it; `report` says who.
        PymailError: no recipient has got it; see `pymail.errors`.
    """
    draft = text
    if not isinstance(draft, Draft):
        draft = Draft(
            text=draft,
            to=to,
            subject=subject,
            cc=cc,
            bcc=bcc,
            from_=from_,
            sender=sender,
            reply_to=reply_to,
            html=html,
            markdown=markdown,
            attach=attach,
            fields=fields,
        )
    elif to or cc or bcc or from_ or sender or reply_to or attach or fields:
        raise TypeError("a draft says everything about a letter")
    with closing(connect(account=account, settings=settings, debug=debug)) as session:
        return session.send(draft, check=check, more=False)


def build(
    draft: Draft,
    *,
    account: str | None = None,
    settings: Mapping[str, Setting] | None = None,
) -> bytes:
    """Make the message that `send` would send, and send nothing.

    Lines end in CRLF (RFC 5322 §2.1).

    Raises:
        PymailError: it cannot be made.
    """
    return connect(account=account, settings=settings).build(draft)
