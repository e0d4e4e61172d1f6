"""What pyproject.toml says of packages, against what is there and what is said."""

import functools
import operator
import re
import tomllib
from pathlib import Path
from typing import Any

import pymail

ROOT = Path(__file__).parents[2]
SOURCES = Path(pymail.__file__).parent
NOT_FOR_TESTS = {"fuzz", "test"}


def pyproject() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def extras() -> dict[str, list[str]]:
    found: dict[str, list[str]] = pyproject()["project"]["optional-dependencies"]
    return found


def test_files_beside_the_package_are_there() -> None:
    wheel = pyproject()["tool"]["hatch"]["build"]["targets"]["wheel"]
    for file in wheel["shared-data"]:
        assert (ROOT / file).stat().st_size > 0


def test_extra_that_a_message_names_is_one() -> None:
    named = {
        name
        for file in SOURCES.rglob("*.py")
        for name in re.findall(r"'pymail\[([a-z]+)\]'", file.read_text("utf-8"))
    }
    assert named
    assert named <= extras().keys()


def test_every_extra_is_tested_from_its_lowest_version_on() -> None:
    for name, wanted in extras().items():
        if name not in NOT_FOR_TESTS:
            assert set(wanted) <= set(extras()["test"]), name


def test_every_requirement_has_a_lowest_version() -> None:
    project = pyproject()["project"]
    for wanted in (
        *project["dependencies"],
        *functools.reduce(operator.iadd, extras().values(), []),
    ):
        assert re.fullmatch(r"[A-Za-z0-9-]+(\[[a-z]+\])?>=[0-9.]+", wanted), wanted
