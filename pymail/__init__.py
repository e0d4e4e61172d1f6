"""Send mail as mailx does, and say clearly what came of it.

From Python, with the settings that the command reads (see pymail.rc(5)):

    import pymail
    pymail.send("text", subject="Disk", to=["ops@example.com"], attach=["report.pdf"])

or with a server of your own, many letters in one session:

    with pymail.connect("smtps://smtp.163.com", user="me@163.com", password=code) as session:
        session.send(pymail.Draft(subject="Disk", to=["ops@example.com"], text="text"))

What goes wrong raises a class of `pymail.errors`. Nothing is printed: what the command
would say on the way goes to the logger "pymail".
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

TYPE_CHECKING = False  # typing itself takes longer than all that is here
if TYPE_CHECKING:
    from pymail import errors
    from pymail.api.calls import build, connect, send
    from pymail.api.draft import Attachment, Draft
    from pymail.api.session import Session
    from pymail.report.delivery_report import Fate, Report
    from pymail.secret import Secret

_HOMES = {
    "Attachment": "api.draft",
    "Draft": "api.draft",
    "Fate": "report.delivery_report",
    "Report": "report.delivery_report",
    "Secret": "secret",
    "Session": "api.session",
    "build": "api.calls",
    "connect": "api.calls",
    "send": "api.calls",
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = import_module(f"{__name__}.{_HOMES.get(name, name)}")
    found: object = getattr(home, name) if name in _HOMES else home
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
