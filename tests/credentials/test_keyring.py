"""The keyring as a source: it can't block a mail, or mix with its input and output."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pymail.credentials import keyring
from pymail.credentials.keyring import Keyring
from pymail.credentials.secret_text import Found, Missing
from pymail.environment import Environment
from pymail.model import replace
from pymail.secret import Secret
from pymail.settings.server_models import Login

HOST, USER = "smtp.example.com", "me@example.com"
SECRET = "three words 密码 \"'\\"
PATIENCE_SECONDS = 60.0

WithKeyring = Callable[[str], Environment]


def ask(environment: Environment, seconds: float = PATIENCE_SECONDS) -> Found | Missing:
    return Keyring(environment, seconds).find(Login(user=USER), HOST.title())


def reason(answer: Found | Missing) -> str:
    assert isinstance(answer, Missing)
    return answer.reason


def keep(directory: Path, **secrets: str) -> None:
    entries = {f"{service} {USER}": secret for service, secret in secrets.items()}
    (directory / "keyring.json").write_text(json.dumps(entries))


# ── found ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", [HOST, f"smtp://{HOST}", "pymail"])
def test_entry_is_found_under_the_names_that_scripts_use(
    world: Any, with_keyring: WithKeyring, service: str
) -> None:
    keep(world.directory, **{service: SECRET})
    place = f"keyring: {service} (fake_keyrings)"
    assert ask(with_keyring("InFile")) == Found(Secret(SECRET), place)


def test_our_own_entry_comes_first(world: Any, with_keyring: WithKeyring) -> None:
    keep(world.directory, **{"pymail": "other", HOST: SECRET})
    answer = ask(with_keyring("InFile"))
    assert getattr(answer, "secret", None) == Secret(SECRET)


def test_entry_of_yagmail_serves_gmail_alone(
    world: Any, with_keyring: WithKeyring
) -> None:
    keep(world.directory, yagmail=SECRET)
    find = Keyring(with_keyring("InFile"), PATIENCE_SECONDS).find
    answer = find(Login(user=USER), "smtp.gmail.com")
    assert answer == Found(Secret(SECRET), "keyring: yagmail (fake_keyrings)")
    assert isinstance(find(Login(user=USER), HOST), Missing)


# ── failures ────────────────────────────────────────────────────

FAILURES = {
    "InFile": f"no entry {HOST} with user {USER} (fake_keyrings)",
    "Locked": "locked, and not unlocked at its prompt",
    "NeverSetUp": "locked or never set up, and its prompt was not answered",
    "Asking": "it asks for a pass phrase, and pymail has no terminal for it",
    "Dying": "its process exited with status 3, without an answer",
    "Leaving": "its process exited with status 0, without an answer",
    "Killed": "its process was killed by signal 9",
    "Octets": "its process exited with status 1, without an answer",
    "Number": "its process exited with status 0, without an answer",
    "keyring.backends.null.Keyring": "switched off: its null backend stores nothing",
    "keyring.backends.fail.Keyring": (
        "not found: no Secret Service or KWallet answers"
    ),
    "no_such_module.Keyring": "it fails: No module named 'no_such_module'",
    "fake_keyrings.NoSuchClass": "it fails (AttributeError)",
    "keyring.backends.SecretService.Keyring": "it fails: ",
}


@pytest.mark.parametrize(("backend", "expected"), FAILURES.items(), ids=FAILURES)
def test_failing_keyring_is_reported(
    with_keyring: WithKeyring, backend: str, expected: str
) -> None:
    shown = reason(ask(with_keyring(backend)))
    assert shown.startswith(expected)
    assert len(shown) < 200


def test_missing_library_is_reported(world: Any, with_keyring: WithKeyring) -> None:
    world.write("shadow/keyring.py", "import no_such_library\n")
    made = with_keyring("InFile")
    shadow = {"PYTHONPATH": str(world.directory / "shadow")}
    made = replace(made, variables={**made.variables, **shadow})
    assert reason(ask(made)) == "it fails: No module named 'no_such_library'"


def test_python_that_does_not_start_is_reported(
    with_keyring: WithKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    expected = "can't start Python: no such file or directory"
    assert reason(ask(with_keyring("InFile"))) == expected


def test_output_of_a_starting_python_is_ignored(
    world: Any, with_keyring: WithKeyring
) -> None:
    keep(world.directory, **{HOST: SECRET})
    world.write("start/sitecustomize.py", "print('noise', end='', flush=True)\n")
    made = with_keyring("InFile")
    path = f"{made.variables['PYTHONPATH']}:{world.directory}/start"
    made = replace(made, variables={**made.variables, "PYTHONPATH": path})
    assert isinstance(ask(made), Found)


# ── no wait, no input read, no output ───────────────────────


def is_there(process: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ends(process: int) -> bool:
    """Wait for the end of a killed process."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_there(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_there(process)


def test_hanging_keyring_is_killed_with_its_programs(
    world: Any, with_keyring: WithKeyring
) -> None:
    pids = world.directory / "keyring.json"
    seconds = 1.0
    while not pids.exists():  # a slow machine is still starting Python
        seconds *= 2
        shown = reason(ask(with_keyring("Hanging"), seconds))
        hint = "is it waiting to be unlocked? (keyring-timeout)"
        assert shown == f"no answer within {seconds:g} s; {hint}"
    own, started = map(int, pids.read_text().split())
    assert ends(own)
    assert ends(started)


def test_interrupt_ends_the_wait_and_the_process(
    world: Any, with_keyring: WithKeyring
) -> None:
    made = with_keyring("Hanging")
    script = (
        "from pymail.environment import Environment\n"
        "from pymail.credentials.keyring import Keyring\n"
        "from pymail.settings.server_models import Login\n"
        "Keyring(Environment.real(), 60).find(Login(user='me'), 'host')\n"
    )
    variables = {**made.variables, "HOME": str(world.directory)}
    pids = world.directory / "keyring.json"
    with subprocess.Popen(
        [sys.executable, "-c", script], env=variables, stderr=subprocess.PIPE
    ) as asking:
        while not (pids.exists() and pids.read_text()):
            assert asking.poll() is None
            time.sleep(0.02)
        asking.send_signal(2)
        _, shown = asking.communicate(timeout=PATIENCE_SECONDS)
    assert b"KeyboardInterrupt" in shown
    assert all(ends(int(pid)) for pid in pids.read_text().split())


LOOK = """
import sys
from pymail.environment import Environment
from pymail.credentials.keyring import Keyring
from pymail.settings.server_models import Login
found = Keyring(Environment.real(), 60).find(Login(user="me@example.com"), {host!r})
print(getattr(found, "place", None) or found.reason)
print(sys.stdin.read())
"""


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        pytest.param("Asking", FAILURES["Asking"], id="asking"),
        pytest.param("Noisy", FAILURES["InFile"], id="noisy"),
    ],
)
def test_keyring_reads_no_input_and_prints_nothing(
    world: Any, with_keyring: WithKeyring, backend: str, expected: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOOK.format(host=HOST)],
        check=True,
        input=b"the text of the mail",
        capture_output=True,
        env={**with_keyring(backend).variables, "HOME": str(world.directory)},
        timeout=PATIENCE_SECONDS,
    )
    assert ended.stdout.decode() == f"{expected}\nthe text of the mail\n"
    assert ended.stderr == b""


def test_process_without_a_parent_ends_by_itself() -> None:
    script = "import time; from pymail.credentials import isolated_call; isolated_call.serve({}, 1)"
    ended = subprocess.run(
        [sys.executable, "-c", script.format("lambda _: time.sleep(600)")],
        check=False,
        input=b"{}",
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == -14  # SIGALRM


def test_infinite_timeout_is_limited(with_keyring: WithKeyring) -> None:
    assert "no entry" in reason(ask(with_keyring("InFile"), float("inf")))


def test_secret_is_neither_argument_nor_variable(
    world: Any, with_keyring: WithKeyring
) -> None:
    ring = Keyring(with_keyring("Showing"), PATIENCE_SECONDS)
    ring.ask("put", USER, HOST, secret="Zx9-code")
    seen = (world.directory / "keyring.json").read_bytes()
    assert b"keyring.answer" in seen
    assert b"PYTHON_KEYRING_BACKEND" in seen
    assert b"Zx9" not in seen


# ── not tried at all ──────────────────────────────────────────────────────────


@pytest.fixture
def runtime_directory() -> Iterator[Path]:
    """A short path, as a socket needs."""
    with tempfile.TemporaryDirectory(prefix="pymail-", dir="/tmp") as name:
        yield Path(name)


def test_cron_has_no_keyring(world: Any) -> None:
    expected = "not reachable: no D-Bus session, as usual under cron"
    assert reason(ask(world.environment("pymail"))) == expected
    empty = {keyring._BUS: "", "XDG_RUNTIME_DIR": str(world.directory)}
    assert reason(ask(world.environment("pymail", variables=empty))) == expected


@pytest.mark.parametrize(
    ("variables", "platform"),
    [
        pytest.param({keyring._BUS: "unix:path=/x"}, "linux", id="address"),
        pytest.param({"PYTHON_KEYRING_BACKEND": "x.Y"}, "linux", id="backend"),
        pytest.param({}, "darwin", id="macos"),
    ],
)
def test_keyring_that_may_be_reached_is_tried(
    world: Any, variables: dict[str, str], platform: str
) -> None:
    made = world.environment("pymail", variables=variables)
    assert keyring.obstacle(made, platform) == ""


@pytest.mark.parametrize("place", [".config", "elsewhere"])
def test_configured_keyring_is_tried(world: Any, place: str) -> None:
    base = world.directory / place
    world.write(f"{place}/python_keyring/keyringrc.cfg", "[backend]\n")
    variables = {} if place == ".config" else {"XDG_CONFIG_HOME": str(base)}
    made = world.environment("pymail", variables=variables)
    assert keyring.obstacle(made, "linux") == ""


def test_bus_of_the_runtime_directory_is_tried(
    world: Any, runtime_directory: Path
) -> None:
    variables = {**os.environ, "XDG_RUNTIME_DIR": str(runtime_directory)}
    variables.pop(keyring._BUS, None)
    made = world.environment("pymail", variables=variables)
    assert "no D-Bus session" in keyring.obstacle(made, "linux")
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(runtime_directory / "bus"))
        assert keyring.obstacle(made, "linux") == ""
        assert "not found" in reason(ask(made))
