"""Send mail with mailx's settings, and learn which recipients got it.

Functions:

    send(text, *, to, subject=None, cc=(), bcc=(), attach=(), html=None, …) -> Report
        Send one message with the settings that the command reads (pymail.rc(5)).
    connect(url=None, *, user=None, password=None, settings=None, …) -> Session
        Log in once for several messages, to a server of your choice.
    build(draft) -> bytes
        Return the message that `send` would send, without a connection.

One message:

    import pymail
    pymail.send("text", subject="Disk", to=["ops@example.com"], attach=["report.pdf"])

Several messages in one session:

    with pymail.connect("smtps://smtp.163.com", user="me@163.com", password=code) as session:
        session.send(pymail.Draft(subject="Disk", to=["ops@example.com"], text="text"))

Each accepts an `email.message.EmailMessage`, too. Failures raise the exceptions of
`pymail.errors`. pymail prints nothing: its warnings are records of the logger "pymail".
"""

__version__ = "0.1.0"
__all__ = [
    "Attachment",
    "Draft",
    "Fate",
    "Report",
    "Secret",
    "Session",
    "build",
    "connect",
    "errors",
    "send",
]

TYPE_CHECKING = False  # importing typing takes longer than this whole file
if TYPE_CHECKING:
    from pymail import errors
    from pymail.api.draft import Attachment, Draft
    from pymail.api.session import Session, build, connect, send
    from pymail.report.delivery_report import Fate, Report
    from pymail.secret import Secret

_HOMES = {
    "Attachment": "api.draft",
    "Draft": "api.draft",
    "Fate": "report.delivery_report",
    "Report": "report.delivery_report",
    "Secret": "secret",
    "Session": "api.session",
    "build": "api.session",
    "connect": "api.session",
    "send": "api.session",
}


def __getattr__(name: str) -> object:
    """Import a public name at its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = import_module(f"{__name__}.{_HOMES.get(name, name)}")
    found: object = getattr(home, name) if name in _HOMES else home
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
