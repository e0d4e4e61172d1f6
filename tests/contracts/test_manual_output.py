"""The manual on a terminal of 80 columns, and after installation."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

import pymail
from pymail.text import cells
from tests.pages import CHINESE_MANUAL, MAN, MANUALS, ROOT

ALL_MANUALS = (*MANUALS, CHINESE_MANUAL)


def rendered(name: str) -> str:
    mandoc = shutil.which("mandoc")
    if not mandoc:
        pytest.skip("mandoc is not installed")
    words = [mandoc, "-T", "utf8", "-O", "width=78", str(MAN / name)]
    output = subprocess.run(words, capture_output=True, check=True).stdout.decode()
    return re.sub(".\b", "", output)  # bold and underlined text


@pytest.mark.parametrize("name", ALL_MANUALS)
def test_no_line_is_wider_than_80_columns(name: str) -> None:
    assert [line for line in rendered(name).splitlines() if cells(line) > 80] == []


def test_chinese_page_is_not_longer_than_700_lines() -> None:
    assert len(rendered(CHINESE_MANUAL).splitlines()) <= 700


@pytest.mark.parametrize("name", MANUALS)
def test_no_page_is_longer_than_900_lines(name: str) -> None:
    assert len(rendered(name).splitlines()) <= 900


@pytest.mark.parametrize("name", ALL_MANUALS)
def test_every_section_that_a_page_refers_to_is_in_it(name: str) -> None:
    text = (MAN / name).read_text("utf-8").replace(r"\&", "")
    titles = set(re.findall(r"^\.S[hs] (.*)$", text, re.MULTILINE))
    wanted = re.findall(r"^\.Sx (.*?)(?: [.,;)])*$", text, re.MULTILINE)
    assert set(wanted) <= titles


def test_every_page_is_named_in_the_first_and_leads_back_to_it() -> None:
    named = {
        name: {
            f"{page}.{number}"
            for page, number in re.findall(
                r"^\.(?:It )?Xr (\S+) (\d)",
                (MAN / name).read_text("utf-8"),
                re.MULTILINE,
            )
        }
        for name in ALL_MANUALS
    }
    overviews = ("pymail.1", CHINESE_MANUAL)
    for name in overviews:
        assert set(MANUALS) - {"pymail.1"} <= named[name]
    ours = {
        name: {each for each in found if each.startswith("pymail")}
        for name, found in named.items()
    }
    for name, found in ours.items():
        assert found <= set(MANUALS)
        assert name in overviews or "pymail.1" in found


@pytest.mark.parametrize("name", ALL_MANUALS)
def test_quotes_close_before_others_open(name: str) -> None:
    """`.Ql` with a comma and another `Ql` after it nests the quotes."""
    text = rendered(name)
    assert re.findall(r"‘[^’]*‘|’’", text) == []


def test_all_pages_are_installed() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    wheel = tomllib.loads(text)["tool"]["hatch"]["build"]["targets"]["wheel"]
    installed = {
        source: target
        for source, target in wheel["shared-data"].items()
        if source.removeprefix("man/") in ALL_MANUALS
    }
    assert {"pymail-sendmail.8", "pymail.1", "pymail.rc.5"} < set(MANUALS)
    in_english = {f"man/{page}": f"share/man/man{page[-1]}/{page}" for page in MANUALS}
    assert installed == {
        **in_english,
        f"man/{CHINESE_MANUAL}": "share/man/zh_CN/man1/pymail.1",
    }


def test_every_variable_of_the_environment_is_in_a_manual() -> None:
    asked = {
        name
        for path in Path(pymail.__file__).parent.rglob("*.py")
        for name in re.findall(
            r'variables(?:\.get\(|\[)"([A-Z_]+)"', path.read_text("utf-8")
        )
    }
    pages = [(MAN / name).read_text("utf-8") for name in MANUALS]
    named = set(
        re.findall(r"^\.(?:It )?(?:Ev|Va) (.*)$", "\n".join(pages), re.MULTILINE)
    )
    told = {word for line in named for word in line.split()}
    assert len(asked) > 10
    of_shells = {
        "PATH",
        "COMP_WORDS",
        "COMP_CWORD",
    }  # the shell's completion sets these
    assert asked - told - of_shells == set()
