"""--man: the installed pages, in the best viewer on the machine."""

import gzip
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pymail as package
from pymail.commands.mdoc import render
from pymail.main import main
from pymail.model import replace
from pymail.text import cells
from tests.pages import CHINESE_MANUAL, MAN, MANUALS

PAGES = (*MANUALS, CHINESE_MANUAL)
CHINESE_LOCALE = {"LANG": "zh_CN.UTF-8"}
Run = Callable[..., Any]


def page(name: str) -> str:
    return (MAN / name).read_text("utf-8")


# ── as plain text ───────────────────────────────────────────────────────────


def letters(text: str) -> str:
    """A page without quotes and blanks, which mandoc writes differently."""
    quoted = text.replace("\N{EN DASH}", "-").replace("\N{BULLET}", "-")
    return re.sub(
        r"[\s\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}']",
        "",
        quoted,
    )


@pytest.mark.parametrize("name", PAGES)
def test_plain_text_agrees_with_mandoc(name: str) -> None:
    mandoc = shutil.which("mandoc")
    if not mandoc:
        pytest.skip("mandoc is not installed")
    words = [mandoc, "-T", "utf8", "-O", "width=78", str(MAN / name)]
    output = subprocess.run(words, capture_output=True, check=True).stdout.decode()
    _, *body, _ = re.sub(".\b", "", output).strip().splitlines()
    assert letters(render(page(name))) == letters("\n".join(body))


@pytest.mark.parametrize("name", PAGES)
def test_plain_text_fits_80_columns(name: str) -> None:
    lines = render(page(name)).splitlines()
    assert [line for line in lines if cells(line) > 80] == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param(
            "一行，\n下一行", "一行，下一行", id="no-blank-behind-punctuation"
        ),
        pytest.param("用\n.Fl s Ns ，\n主题", "用 -s，主题", id="macro"),
        pytest.param(".Ar 地址\n参数", "地址参数", id="no-blank-between-characters"),
        pytest.param("用 cron\n运行", "用 cron 运行", id="blank-beside-latin"),
        pytest.param("（\\c\n.Fl s Ns ）", "（-s）", id="brackets"),
        pytest.param("字" * 40, f"{'字' * 36}\n     {'字' * 4}", id="two-columns-each"),
        pytest.param(f"{'字' * 36}。", f"{'字' * 35}\n     字。", id="no-mark-first"),
    ],
)
def test_chinese_has_no_blanks_of_the_source(source: str, text: str) -> None:
    assert render(source) == f"     {text}\n"


def test_chinese_tags_take_two_columns_a_character() -> None:
    source = '.Bl -tag -width "三个字" -compact\n.It 字\n短\n.It 三个字\n长\n.El'
    assert render(source) == "     字        短\n     三个字    长\n"


# ── which page ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        pytest.param([], "pymail.1", id="the-first"),
        pytest.param(["pymail.rc"], "pymail.rc.5", id="by-name"),
        pytest.param(["pymail.rc.5"], "pymail.rc.5", id="with-its-section"),
        pytest.param(["rc"], "pymail.rc.5", id="short"),
        pytest.param(["sendmail"], "pymail-sendmail.8", id="short-with-hyphen"),
    ],
)
def test_page_is_chosen_by_its_name(pymail: Run, words: list[str], shown: str) -> None:
    ended = pymail("--man", *words)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == render(page(shown))


@pytest.mark.parametrize(
    ("words", "locale", "shown"),
    [
        pytest.param([], "zh_CN.UTF-8", CHINESE_MANUAL, id="translated"),
        pytest.param(["pymail.1"], "zh_CN.UTF-8", CHINESE_MANUAL, id="by-name"),
        pytest.param(["rc"], "zh_CN.UTF-8", "pymail.rc.5", id="not-translated"),
        pytest.param([], "de_DE.UTF-8", "pymail.1", id="other-language"),
        pytest.param([], "C", "pymail.1", id="no-language"),
    ],
)
def test_page_is_in_the_language_of_the_locale(
    pymail: Run, words: list[str], locale: str, shown: str
) -> None:
    ended = pymail("--man", *words, variables={"LC_ALL": locale})
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == render(page(shown))


@pytest.mark.parametrize("words", [["nothing"], ["rc", "sendmail"]], ids=len)
def test_unknown_page_is_refused_with_the_known_pages(
    pymail: Run, world: Any, words: list[str]
) -> None:
    ended = pymail("--man", *words)
    assert ended.status == 64
    assert "no such page" in ended.err
    assert "pymail.rc" in ended.err
    assert not world.dead_letter


def test_invalid_settings_do_not_hide_the_manual(pymail: Run) -> None:
    ended = pymail("--man", rc="set smtp=nonsense://\nnonsense\n")
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.parametrize("library", ["lib/python3/site-packages", "target"])
def test_pages_are_found_in_the_directories_of_installers(
    pymail: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    place = tmp_path / library / "pymail"
    prefix = tmp_path if library.startswith("lib/") else place.parent
    manual = prefix / "share/man/man1"
    manual.mkdir(parents=True)
    (manual / "pymail.1").write_text(".Sh INSTALLED\n")
    monkeypatch.setattr(package, "__file__", str(place / "__init__.py"))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "elsewhere"))
    assert pymail("--man").out == "INSTALLED\n"


def test_pages_may_be_compressed(
    pymail: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in ((1, "pymail"), (5, "pymail.rc")):
        manual = tmp_path / f"share/man/man{number}"
        manual.mkdir(parents=True)
        octets = gzip.compress(f".Sh {name}\n".encode())
        (manual / f"{name}.{number}.gz").write_bytes(octets)
    place = tmp_path / "lib/python3/dist-packages/pymail/__init__.py"
    monkeypatch.setattr(package, "__file__", str(place))
    assert pymail("--man").out == "pymail\n"
    assert pymail("--man", "rc").out == "pymail.rc\n"
    assert pymail("--man", "pymail.rc.5").out == "pymail.rc\n"
    assert "use one of pymail, pymail.rc" in pymail("--man", "x").err


@pytest.mark.parametrize("end", [0, 10, 30], ids=["no-gzip", "no-content", "cut"])
def test_page_that_cannot_be_read_is_no_bug(
    pymail: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: int
) -> None:
    manual = tmp_path / "share/man/man1"
    manual.mkdir(parents=True)
    octets = gzip.compress(b".Sh A page\n")[:end] or b"no gzip"
    (manual / "pymail.1.gz").write_bytes(octets)
    place = tmp_path / "lib/python3/dist-packages/pymail/__init__.py"
    monkeypatch.setattr(package, "__file__", str(place))
    ended = pymail("--man")
    assert ended.status == 66
    assert "pymail.1.gz: " in ended.err
    assert "bug" not in ended.err


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_translation_is_found_beside_the_installed_page(
    pymail: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    for directory, text in (("man1", "ENGLISH"), ("zh_CN/man1", "中文")):
        manual = tmp_path / "share/man" / directory / f"pymail.1{suffix}"
        manual.parent.mkdir(parents=True)
        octets = f".Sh {text}\n".encode()
        manual.write_bytes(gzip.compress(octets) if suffix else octets)
    place = tmp_path / "lib/python3/site-packages/pymail/__init__.py"
    monkeypatch.setattr(package, "__file__", str(place))
    assert pymail("--man").out == "ENGLISH\n"
    assert pymail("--man", variables=CHINESE_LOCALE).out == "中文\n"
    assert "use one of pymail" in pymail("--man", "x").err


def test_missing_manual_is_reported(
    pymail: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "__file__", str(tmp_path / "pymail/__init__.py"))
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    ended = pymail("--man")
    assert ended.status == 66
    assert "the manual is not installed" in ended.err


# ── on a terminal ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("programs", "seen"),
    [
        pytest.param({"man": 0, "mandoc": 0}, "man -l", id="man"),
        pytest.param({"man": 1, "mandoc": 0}, "mandoc -a", id="man-without-l"),
        pytest.param(
            {"man": 0, "man.REAL": 0, "mandoc": 0}, "mandoc -a", id="minimized"
        ),
        pytest.param({"mandoc": 0}, "mandoc -a", id="mandoc"),
        pytest.param({"less": 0}, "less", id="less"),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_best_viewer_is_used_on_a_terminal(
    world: Any, programs: dict[str, int], seen: str
) -> None:
    log = world.directory / "log"
    for name, status in programs.items():
        text = (
            f'#!/bin/sh\n[ {status} = 0 ] && echo {name} "$1" >{log}\nexit {status}\n'
        )
        world.write(f"bin/{name}", text).chmod(0o755)
    environment = replace(
        world.environment(
            "pymail", "--man", variables={"PATH": str(world.directory / "bin")}
        ),
        stdout_is_terminal=True,
    )
    assert main(environment) == 0
    assert (log.read_text() if log.exists() else "").startswith(seen)
    whole = render(page("pymail.1"))
    assert environment.stdout.getvalue() == ("" if seen else whole)


def test_chinese_page_needs_no_viewer_that_knows_its_locale(world: Any) -> None:
    log = world.directory / "log"
    for name in ("man", "mandoc", "less"):
        script = f'#!/bin/sh\necho {name} $LESSCHARSET >>{log}\ncat "$1" >>{log}\n'
        world.write(f"bin/{name}", script).chmod(0o755)
    path = f"{world.directory / 'bin'}:/usr/bin:/bin"
    environment = replace(
        world.environment(
            "pymail", "--man", variables={"PATH": path, **CHINESE_LOCALE}
        ),
        stdout_is_terminal=True,
    )
    assert main(environment) == 0
    assert log.read_text("utf-8") == f"less utf-8\n{render(page(CHINESE_MANUAL))}"
