"""Lazy import of modules that libraries import at their top and rarely use.

With `late("hmac")` around `import smtplib`, Python finds `hmac` but doesn't execute it
until smtplib uses it. pymail's own modules import inside functions instead.

It saves 24 ms of CPU for a mail without TLS, because smtplib imports ssl, hmac and much
of email. `importlib.util.LazyLoader` loads the module at its second import, and takes
2 ms to be imported itself.
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

_changing_meta_path = allocate_lock()  # threads must not undo each other's changes


@contextmanager
def late(*names: str) -> Iterator[None]:
    """Delay the modules of these names that the block is the first to import."""
    finder = _Finder(names)
    # a new list, because another thread may iterate over the old one
    with _changing_meta_path:
        sys.meta_path = [finder, *sys.meta_path]
    try:
        yield
    finally:
        with _changing_meta_path:
            sys.meta_path = [each for each in sys.meta_path if each is not finder]


class _Finder:
    """Finds modules with the real finders, and delays their loading."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._real = [f for f in sys.meta_path if not isinstance(f, _Finder)]

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> "ModuleSpec | None":
        """Find a module that is to be delayed."""
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
    """Creates a module that is loaded at the first use of an attribute."""

    def __init__(self, real: "Loader") -> None:
        self._real = real
        self._lock = RLock()
        self._started = False

    def create_module(self, spec: "ModuleSpec") -> ModuleType | None:
        """Create the module as its real loader does."""
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Delay the module."""
        spec = module.__spec__
        assert spec is not None  # noqa: S101 - the import system has set it
        spec.loader = module.__loader__ = self._real
        spec.loader_state = self
        module.__class__ = _Waiting

    def load(self, module: ModuleType) -> None:
        """Load the module, unless it is loading already; retry after a failure.

        A signal may interrupt it, and keeping the message may need the module again.
        """
        with self._lock:  # other threads wait; the module's own code doesn't
            if self._started:
                return
            self._started = True
            try:
                self._real.exec_module(module)
            except BaseException:
                self._started = False
                raise
            module.__class__ = ModuleType


class _Waiting(ModuleType):
    """A module that was imported, but not used yet."""

    def __getattribute__(self, name: str) -> Any:
        # not super(): loading changes the class to ModuleType
        get = ModuleType.__getattribute__
        if name != "__spec__":  # a second import reads it
            get(self, "__spec__").loader_state.load(self)
        return get(self, name)
