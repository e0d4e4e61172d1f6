"""Settings of one file's text."""

from pathlib import Path

from pymail.mailrc.evaluate import evaluate
from pymail.mailrc.state import RcHost, State
from pymail.settings.layers import Defaults, Layers
from pymail.settings.models import Settings
from pymail.settings.resolve import resolve


def settings(
    text: str, netrc_user: str = "", hostname: str = "box.example.com"
) -> Settings:
    def nothing(_path: str) -> tuple[str, str]:
        raise FileNotFoundError

    state = State()
    evaluate(text, "rc", state, RcHost(read=nothing, environment={}))
    assert not state.problems
    defaults = Defaults(
        login="me",
        hostname=hostname,
        path=lambda name: Path("/home/me") / name.removeprefix("~/"),
        netrc_user=lambda _host: netrc_user,
    )
    return resolve(Layers([dict(state.variables)]), state, defaults)
