"""Modules that wait are there for everybody, and read when something is asked."""

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pymail.late import late

BODY = """
import late_log
late_log.read.append(__name__)
value = len(late_log.read)
def itself():
    return sys.modules[__name__].value
import sys
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Modules to import; returns the names of those that were read."""
    log: Any = ModuleType("late_log")
    log.read, log.step = [], lambda: None
    (tmp_path / "late_one.py").write_text(BODY)
    (tmp_path / "late_two.py").write_text(BODY)
    (tmp_path / "late_user.py").write_text("import late_one, late_two\n")
    (tmp_path / "late_fails.py").write_text("import late_log\nlate_log.step()\nx = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "late_log", log)
    before = set(sys.modules)
    yield log.read
    for name in set(sys.modules) - before:
        del sys.modules[name]


def loader_of(module: ModuleType) -> object:
    assert module.__spec__ is not None
    assert module.__spec__.loader is module.__loader__
    return module.__loader__


def waits(module: ModuleType) -> bool:
    return type(module) is not ModuleType


def test_a_module_is_loaded_at_its_first_use(library: list[str]) -> None:
    with late("late_one"):
        user = importlib.import_module("late_user")
    assert library == ["late_two"]
    assert waits(user.late_one)
    assert user.late_one.value == 2
    assert library == ["late_two", "late_one"]
    assert not waits(user.late_one)
    assert sys.modules["late_one"] is user.late_one


@pytest.mark.usefixtures("library")
def test_a_loaded_module_is_an_ordinary_module() -> None:
    with late("late_one"):
        one = importlib.import_module("late_one")
    assert one.itself() == 1
    two = importlib.import_module("late_two")
    assert type(loader_of(one)) is type(loader_of(two))
    assert vars(one).keys() == vars(two).keys()


def test_a_second_import_does_not_load_it(library: list[str]) -> None:
    with late("late_one"):
        importlib.import_module("late_one")
    assert importlib.import_module("late_user").late_two.value == 1
    assert library == ["late_two"]


@pytest.mark.usefixtures("library")
def test_a_module_that_was_loaded_before_stays_loaded() -> None:
    one = importlib.import_module("late_one")
    with late("late_one"):
        user = importlib.import_module("late_user")
    assert user.late_one is one
    assert not waits(one)


def test_module_that_does_not_exist_is_not_found() -> None:
    with late("late_nowhere"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("late_nowhere")


@pytest.mark.usefixtures("library")
def test_a_namespace_package_is_not_delayed(tmp_path: Path) -> None:
    (tmp_path / "late_space").mkdir()
    (tmp_path / "late_space/part.py").write_text("x = 1\n")
    with late("late_space", "late_space.part"):
        part = importlib.import_module("late_space.part")
    assert part.x == 1


def test_the_block_restores_the_import_system() -> None:
    before = list(sys.meta_path)
    with pytest.raises(KeyError), late("late_one"):
        raise KeyError
    assert sys.meta_path == before


def test_blocks_may_be_inside_each_other(library: list[str]) -> None:
    with late("late_one"), late("late_one", "late_two"):
        user = importlib.import_module("late_user")
    assert library == []
    assert user.late_two.value == 1
    assert user.late_one.value == 2


@pytest.mark.usefixtures("library")
def test_loading_that_fails_is_tried_again() -> None:
    log: Any = sys.modules["late_log"]
    with late("late_fails"):
        module = importlib.import_module("late_fails")

    def interrupted() -> None:
        raise KeyboardInterrupt

    log.step = interrupted
    with pytest.raises(KeyboardInterrupt):
        _ = module.x
    log.step = lambda: None
    assert module.x == 1
    assert not waits(module)


@pytest.mark.usefixtures("library")
def test_other_threads_see_the_whole_module_or_wait() -> None:
    log: Any = sys.modules["late_log"]
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(10)

    log.step = slow
    with late("late_fails"):
        module = importlib.import_module("late_fails")
    seen: list[int] = []

    def look() -> None:
        seen.append(module.x)

    first = threading.Thread(target=look)
    first.start()
    begun.wait(10)
    second = threading.Thread(target=look)
    second.start()
    assert seen == []
    go_on.set()
    first.join(10)
    second.join(10)
    assert seen == [1, 1]
