"""Draw the pictures of the pages again: `python -m tests.pictures [DIRECTORY]`.

The installed command runs in a terminal of 100 columns, against the server of
--demo. What it writes is drawn as it came, so that ports and times are those of
that run. One run is right, one has a wrong password.
"""

import html
import os
import pty
import re
import subprocess
import sys
import sysconfig
import tempfile
import termios
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from pymail.commands import demo
from tests.live_server import running

ROOT = Path(__file__).parents[1]
COLUMNS = 100
SCRIPTS = sysconfig.get_path("scripts")
ADDRESS = "ops@example.com"

# viewers of the pages fetch no fonts from elsewhere
BLANK = "&#160;"
CELL = 12.2  # the width of a character, as rich draws it
TEXT = r'(<text [^>]*?x=")([\d.]+)("[^>]*>)([^<]*)(</text>)'
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)

PICTURES = {
    "debug": (demo.PASSWORD, f"echo '/srv: 93%' | pymail --debug -s Disks {ADDRESS}"),
    "check": ("last-years-code", f"pymail --check {ADDRESS}"),
}


def draw(name: str) -> str:
    """Run one of the two, and return the picture."""
    password, command = PICTURES[name]
    with tempfile.TemporaryDirectory() as home:
        directory = Path(home)
        options = demo.server_options(directory)
        with running(demo.Mailbox(), server_hostname="localhost", **options) as port:
            settings(directory, port, password)
            return svg(name, f"$ {command}\n{run(command, directory)}")


def settings(home: Path, port: int, password: str) -> None:
    """Write the ~/.mailrc of a user of that server."""
    path = home / ".mailrc"
    path.write_text(
        f"set smtp=localhost:{port} smtp-use-starttls ssl-ca-file=~/ca.pem\n"
        f"set smtp-auth-user={demo.USER} smtp-auth-password={password}\n"
        f'set from="web1 <{demo.USER}>" hostname=web1.example.com\n'
    )
    path.chmod(0o600)


def run(command: str, home: Path) -> str:
    """Run it in a shell in a terminal; returns what was shown."""
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (100, COLUMNS))
    process = subprocess.Popen(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
        env={
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "MAILX_NO_SYSTEM_RC": "1",
            "PATH": f"{SCRIPTS}:{os.defpath}",
            "TERM": "xterm",
        },
        cwd=home,
    )
    os.close(terminal)
    with process:
        octets = b"".join(iter(lambda: _read(screen), b""))
    os.close(screen)
    shown = octets.decode().replace("\r\n", "\n")
    return re.sub(r"[^\n]*\r\x1b\[K", "", shown)  # lines that were wiped again


def _read(screen: int) -> bytes:
    try:
        return os.read(screen, 65536)
    except OSError:  # how Linux says that the other side has closed
        return b""


def svg(name: str, text: str) -> str:
    """Draw what a terminal has shown, colours included."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text.rstrip("\n")))
    drawn = console.export_svg(title="", code_format=FORMAT, unique_id=name)
    return re.sub(TEXT, _without_margins, drawn)


def _without_margins(found: re.Match[str]) -> str:
    """Move a text to where it begins: some viewers leave blanks at the ends out."""
    before, x, middle, content, after = found.groups()
    inner = content.removeprefix(BLANK * (n := _leading(content)))
    while inner.endswith(BLANK):
        inner = inner.removesuffix(BLANK)
    length = CELL * len(html.unescape(inner))
    middle = re.sub(r'textLength="[\d.]+"', f'textLength="{length:.4g}"', middle)
    return f"{before}{float(x) + CELL * n:.4g}{middle}{inner}{after}"


def _leading(content: str) -> int:
    unescaped = html.unescape(content)
    return len(unescaped) - len(unescaped.lstrip("\xa0"))


def main(directory: Path) -> None:
    """Draw both into a directory."""
    for name in PICTURES:
        (directory / f"{name}.svg").write_text(draw(name), "utf-8")


if __name__ == "__main__":
    main(Path(*sys.argv[1:2]) if sys.argv[1:] else ROOT / "man")
