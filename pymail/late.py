"""Lazy import of modules that other libraries import at their top and rarely use.

With `late("hmac")` around `import smtplib`, `hmac` is found but not read until
smtplib asks it for anything. This is for libraries that import at their top;
our own modules import where they need.

A mail without TLS starts 24 ms of CPU sooner for it: smtplib imports ssl, hmac and
much of email. `importlib.util.LazyLoader` would give way as soon as the module is imported a
second time, and takes 2 ms to be imported itself.
"""

import sys
from _thread import RLock, allocate_lock
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec

_changing_meta_path = allocate_lock()  # threads must not undo what others do


@contextmanager
def late(*names: str) -> Iterator[None]:
    """Let the modules of these names wait, those that the block imports first."""
    finder = _Finder(names)
    # a list of its own: another thread may be going through the old one
    with _changing_meta_path:
        sys.meta_path = [finder, *sys.meta_path]
    try:
        yield
    finally:
        with _changing_meta_path:
            sys.meta_path = [each for each in sys.meta_path if each is not finder]


class _Finder:
    """Finds modules as the real finders do, and lets them wait."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._real = [f for f in sys.meta_path if not isinstance(f, _Finder)]

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> "ModuleSpec | None":
        """Find a module of our names."""
        if name not in self._names:
            return None
        for finder in self._real:
            spec = finder.find_spec(name, path, target)
            if spec and spec.loader:
                waiting = _Loader(spec.loader)
                spec.loader = waiting  # type: ignore[assignment] # importlib.abc is slow
                return spec
        return None


class _Loader:
    """Makes a module that waits, and loads it when it is asked for anything."""

    def __init__(self, real: "Loader") -> None:
        self._real = real
        self._lock = RLock()
        self._begun = False

    def create_module(self, spec: "ModuleSpec") -> ModuleType | None:
        """Make the module as its own loader does."""
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Let the module wait."""
        spec = module.__spec__
        assert spec is not None  # noqa: S101 - whoever imports has set it
        spec.loader = module.__loader__ = self._real
        spec.loader_state = self
        module.__class__ = _Waiting

    def load(self, module: ModuleType) -> None:
        """Load the module, unless that is being done; what fails is tried again.

        A signal may end it half-way, and the letter has to be kept all the same.
        """
        with self._lock:  # other threads wait, its own body does not
            if self._begun:
                return
            self._begun = True
            try:
                self._real.exec_module(module)
            except BaseException:
                self._begun = False
                raise
            module.__class__ = ModuleType


class _Waiting(ModuleType):
    """A module that was imported and not used yet."""

    def __getattribute__(self, name: str) -> Any:
        of_any_module = ModuleType.__getattribute__  # super() fails once we are one
        if name != "__spec__":  # what a second import asks for
            of_any_module(self, "__spec__").loader_state.load(self)
        return of_any_module(self, name)
