"""What the variables say about writing at a terminal."""

from pymail.settings.layers import Layers
from pymail.settings.models import Writing
from pymail.settings.surroundings import Surroundings


def resolve(layers: Layers, around: Surroundings) -> Writing:
    """Make typed settings of what the layers say; no value is wrong."""
    history = layers.text("history-file")
    return Writing(
        ask_subject=layers.switch("asksub"),
        ask_cc=layers.switch("askcc"),
        ask_bcc=layers.switch("askbcc"),
        ask_at_end=layers.switch("askatend") or layers.switch("bsdcompat"),
        ask_attach=layers.switch("askattach"),
        ask_send=layers.switch("asksend"),
        dot=layers.switch("dot"),
        dot_in_pipe=layers.value("dot") is not None,
        ignore_eof=layers.switch("ignoreeof"),
        ignore_interrupts=layers.switch("ignore"),
        escape=layers.text("escape", "~")[:1],
        edit_headers=layers.switch("editheaders"),
        edit_along=_edit_along(layers),
        editor=layers.text("EDITOR") or "ed",
        visual=layers.text("VISUAL") or "vi",
        shell=layers.text("SHELL") or "/bin/sh",
        line_editing=not layers.switch("line-editor-disable"),
        history_file=around.path(history) if history else None,
    )


def _edit_along(layers: Layers) -> str:
    """Name the escape: `v` for VISUAL, else EDITOR (s-nail(1))."""
    value = layers.value("editalong")
    if value is None:
        return ""
    return "v" if value.text == "v" else "e"
