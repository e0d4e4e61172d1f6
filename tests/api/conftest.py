"""A home directory for each test that sends from Python."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from pymail.delivery.settings import NAMES


@dataclass(frozen=True)
class Home:
    """The home of a caller, with settings and secrets."""

    directory: Path

    def rc(self, *lines: str) -> None:
        """Write ~/.mailrc."""
        (self.directory / ".mailrc").write_text("".join(f"{x}\n" for x in lines))

    def text(self, name: str) -> str:
        """The text of a file, empty if it does not exist."""
        path = self.directory / name
        return path.read_text("utf-8", "replace") if path.exists() else ""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in (*NAMES, "XDG_STATE_HOME", "XDG_CONFIG_HOME", "PYMAIL_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MAILX_NO_SYSTEM_RC", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path)
