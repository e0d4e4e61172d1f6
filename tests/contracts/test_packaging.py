"""pyproject.toml, the files of the package, and the libraries that texts name."""

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
        base = SOURCES.parent if file.startswith("pymail/") else ROOT
        assert (base / file).stat().st_size > 0


def test_libraries_in_messages_are_in_an_extra() -> None:
    advised = {
        word
        for file in SOURCES.rglob("*.py")
        for words in re.findall(r'\binstall\("([\w -]+)"', file.read_text("utf-8"))
        for word in words.split()
        if not word.startswith("-")
    }
    assert advised
    wanted = {re.split(">=", one)[0] for extra in extras().values() for one in extra}
    assert advised <= wanted


def test_no_text_says_to_install_the_foreign_package_pymail() -> None:
    """The distribution is pymail-cli; pymail on PyPI is another project."""
    assert pyproject()["project"]["name"] == "pymail-cli"
    texts = [
        *SOURCES.rglob("*.py"),
        *(ROOT / "man").glob("*.[1-8]"),
        ROOT / "README.md",
    ]
    texts += (ROOT / "man").glob("*.md")
    told = re.compile(r"install\b[^\n`]*[ '\"]pymail(?![-/.\w])")
    assert [
        f"{file.name}: {found[0]}"
        for file in texts
        for found in told.finditer(file.read_text("utf-8"))
    ] == []


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
