"""`import pymail`: its cost, its help, and its types."""

import copy
import inspect
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pymail
from pymail.settings.models import Settings
from tests.scripted import serving

ROOT = Path(__file__).parents[2]
HOME = Path(pymail.__file__).parents[1]  # of the package, also of an installed one
PATIENCE_SECONDS = 60

# beside the modules of a bare interpreter
OF_IMPORT = {"pymail"}
IMPORTS = "import sys; old = set(sys.modules); import pymail; {more}print(*(set(sys.modules) - old))"
SENDS = """
import sys
sys.path[:0] = {path!r}
import pymail
report = pymail.send("text", subject="S", to="ops@example.com")
assert report.complete
loaded = [n for n, m in sys.modules.items() if type(m).__module__ != "pymail.late"]
print(*loaded)
"""


def python(script: str, *options: str, **environment: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, *options, "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return set(ended.stdout.split())


def test_importing_it_loads_nothing_else() -> None:
    path = f"import sys; sys.path.insert(0, {str(HOME)!r}); "
    assert python(path + IMPORTS.format(more=""), "-I", "-S") == OF_IMPORT


def test_errors_load_no_module_that_sends() -> None:
    path = f"import sys; sys.path.insert(0, {str(HOME)!r}); "
    loaded = python(path + IMPORTS.format(more="pymail.errors; "), "-I")
    assert "pymail.errors" in loaded
    assert not {name for name in loaded if name.startswith("pymail.api")}


def test_sending_needs_nothing_heavy_and_no_click(tmp_path: Path) -> None:
    with serving() as server:
        rc = f"set smtp={server.address} from=me@example.com\n"
        (tmp_path / ".mailrc").write_text(rc)
        script = SENDS.format(path=[str(HOME), *filter(None, sys.path)])
        around = {"HOME": str(tmp_path), "MAILX_NO_SYSTEM_RC": "1"}
        loaded = python(script, "-I", "-S", **around)
    families = {name.partition(".")[0] for name in loaded}
    heavy = {"click", "rich", "keyring", "logging", "asyncio", "inspect", "ssl"}
    assert families & heavy == set()
    assert {
        "subprocess",
        "tempfile",
        "copy",
        "hashlib",
        "dataclasses",
    } & loaded == set()
    assert not {name for name in loaded if name.startswith("pymail.commands.send")}


def test_every_public_name_has_a_docstring() -> None:
    for name in pymail.__all__:
        assert getattr(pymail, name).__doc__
        assert name in dir(pymail)


def test_other_names_raise_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pymail' has no attribute 'sent'"):
        pymail.sent  # noqa: B018 - that is the test


def test_help_shows_functions_first_and_nothing_inherited() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pydoc", "pymail"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    shown, _, classes = ended.stdout.partition("\nCLASSES\n")
    for name in ("send", "connect", "build"):
        assert re.search(rf"(?m)^ +{name}\(", shown), name
        assert re.search(rf"(?m)^    {name}\(", classes), name
    for name in ("Attachment", "Draft", "Fate", "Report", "Session"):
        assert re.search(rf"(?m)^    class {name}\(", classes), name
    for made in (
        r"Draft\(|\*,|to: str",
        r"Attachment\(|name: str",
        r"Report\(|\*,|fates:",
    ):
        lines = made.replace("|", r"[\s|]*")  # newer versions write a line for each
        assert re.search(lines, classes), made
    inherited = re.findall(r"inherited from (\S+):", classes)
    assert [name for name in inherited if not name.startswith("enum.")] == []
    assert re.findall(r"pymail\.\S*\._\w+", classes) == []


def test_a_model_has_the_signature_of_its_fields() -> None:
    made = inspect.signature(pymail.Draft)
    assert made.parameters["subject"].default is None
    assert made.parameters["to"].kind is inspect.Parameter.KEYWORD_ONLY
    settings = inspect.signature(Settings)
    assert settings.parameters["aliases"].default == {}
    assert settings.parameters["server"].default is inspect.Parameter.empty


DRAFT = pymail.Draft(
    to="a@x.org, b@x.org", attach=[pymail.Attachment("n", b"o")], fields={"X-A": "b"}
)


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_drafts_and_reports_can_be_copied_and_pickled(
    copied: Callable[[Any], Any],
) -> None:
    assert copied(DRAFT) == DRAFT
    report = pymail.Report(fates=(), failure=None, queue_id="4XYZ")
    assert copied(report) == report
    error = pymail.errors.UndeliveredError("who?", report=report, transient=True)
    again = copied(error)
    assert (str(again), again.report, again.transient) == ("who?", report, True)


def test_drafts_do_not_change() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        DRAFT.to = ()  # type: ignore[misc] # that is the test


def test_the_package_is_marked_as_typed() -> None:
    assert (Path(pymail.__file__).parent / "py.typed").exists()
