"""Settings of one file's text."""

from pathlib import Path

from pymail.mailrc.commands import evaluate
from pymail.mailrc.state import State
from pymail.settings.layers import Layer, Layers
from pymail.settings.models import Settings
from pymail.settings.resolve import resolve


def settings(
    text: str, netrc_user: str = "", hostname: str = "box.example.com"
) -> Settings:
    state = State()
    evaluate(text, "rc", state)
    assert not state.problems
    return resolve(
        layers({**dict.fromkeys(state.unset), **state.variables}),
        state,
        login_name="me",
        machine_name=hostname,
        netrc_user=lambda _path, _host: netrc_user,
    )


def layers(*lowest_first: Layer) -> Layers:
    """Layers of a user whose home is /home/me."""
    return Layers(lowest_first, lambda name: Path("/home/me", name.removeprefix("~/")))
