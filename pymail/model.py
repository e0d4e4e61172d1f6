"""Models: frozen classes with named fields, like dataclasses, but created faster.

`dataclass` compiles the methods of each class, which takes 0.3 ms; seventy classes
took a quarter of the time of a small mail. All models share one set of methods. A model
is frozen and has slots unless its decorator says otherwise. It supports defaults, default
factories, keyword-only fields and `__post_init__`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from inspect import Signature

T = TypeVar("T")


class _Factory:
    """Makes the default of a field for each value."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], T]) -> T:
    """Give a field a default that is computed for each value."""
    return _Factory(default_factory)  # type: ignore[return-value] # as in dataclasses


_set = object.__setattr__


class _Signature:
    """The signature of a model's constructor, for `inspect` and `help`."""

    def __get__(self, _value: object, owner: "type[_Methods]") -> "Signature":
        from inspect import Parameter, Signature  # 10 ms that only `help` needs

        notes = getattr(owner, "__annotations__", {})
        fields: Mapping[str, Any] = vars(owner)
        made = {n: make() for n, make in fields.get("_factories", {}).items()}
        defaults = {**fields.get("_defaults", {}), **made}
        kinds = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        return Signature(
            [
                Parameter(
                    name,
                    kinds[n < fields.get("_positional", 0)],
                    default=defaults.get(name, Parameter.empty),
                    annotation=notes.get(name, Parameter.empty),
                )
                for n, name in enumerate(owner.__match_args__)
            ]
        )


class ModelType(type):
    """The type of models; their `help` shows the fields, not the shared methods."""

    def __dir__(cls) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_")]


class _Methods:
    """The methods of every model, copied into each, so that a model inherits nothing."""

    __match_args__: ClassVar[tuple[str, ...]] = ()  # the fields, in order
    _positional: ClassVar[int] = 0  # number of fields that need no name
    _defaults: ClassVar[Mapping[str, Any]] = {}
    _factories: ClassVar[Mapping[str, Callable[[], Any]]] = {}
    __signature__: ClassVar[Any] = _Signature()

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self.__match_args__
        placed = zip(names, values, strict=False) if values else ()
        whole = {**self._defaults, **dict(placed), **named}
        for name, make in self._factories.items():
            if name not in whole:
                whole[name] = make()
        if len(values) > self._positional or len(whole) != len(names):
            raise _misfit(self, whole)
        try:
            for name in names:
                _set(self, name, whole[name])
        except KeyError:
            raise _misfit(self, whole) from None
        self.__post_init__()

    def __post_init__(self) -> None:
        """Check the fields; a model may override it."""

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__qualname__}({', '.join(fields)})"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(_values(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.__class__, _values(self))


def _restored(kind: type[T], values: tuple[Any, ...]) -> T:
    """Rebuild a value from the fields in a pickle or a copy."""
    made = kind.__new__(kind)
    for name, value in zip(kind.__match_args__, values, strict=True):  # type: ignore[attr-defined] # of a model
        _set(made, name, value)
    return made


def _misfit(made: Any, given: Iterable[str]) -> TypeError:
    wrong = sorted(set(given).symmetric_difference(made.__match_args__))
    names = f": {', '.join(wrong)}" if wrong else ""
    return TypeError(f"{type(made).__name__}: missing or unknown fields{names}")


class _FrozenMethods(_Methods):
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name}")


def _values(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in value.__match_args__)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def model(
    *, frozen: bool = True, slots: bool = True, kw_only: bool = False
) -> Callable[[type[T]], type[T]]:
    """Turn a class into a model whose fields are its annotated names.

    Without `slots` it has a `__dict__`, which `cached_property` needs.
    """

    def decorate(written: type[T]) -> type[T]:
        return _make(written, frozen=frozen, slots=slots, kw_only=kw_only)

    return decorate


def _make(written: type[T], *, frozen: bool, slots: bool, kw_only: bool) -> type[T]:
    if written.__bases__ != (object,):
        raise TypeError(f"{written.__name__}: a model has no base class")
    body = {**(_FROZEN if frozen else _CHANGING), **vars(written)}
    names = tuple(written.__annotations__)
    defaults = {name: body.pop(name) for name in names if name in body}
    factories = {n: d.make for n, d in defaults.items() if isinstance(d, _Factory)}
    for unwanted in ("__dict__", "__weakref__"):
        body.pop(unwanted, None)
    if slots:
        body["__slots__"] = names
    body |= {
        "__match_args__": names,
        "_positional": 0 if kw_only else len(names),
        "_defaults": {n: d for n, d in defaults.items() if n not in factories},
        "_factories": factories,
    }
    return cast("type[T]", ModelType(written.__name__, (), body))


def _shared(*classes: type) -> dict[str, Any]:
    """Return the members of classes, but for those that every class has of its own."""
    unwanted = ("__dict__", "__weakref__", "__module__", "__doc__", "__annotations__")
    members = {name: each for kind in classes for name, each in vars(kind).items()}
    return {name: each for name, each in members.items() if name not in unwanted}


_CHANGING = {**_shared(_Methods), "__hash__": None}  # as every mutable container
_FROZEN = _shared(_Methods, _FrozenMethods)


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - its types fit
else:

    def replace(value: T, /, **changes: Any) -> T:
        """Return a copy with some fields changed."""
        made = value.__class__.__new__(value.__class__)
        for name in value.__match_args__:
            _set(made, name, getattr(value, name))
        for name, new in changes.items():
            if name not in value.__match_args__:
                raise _misfit(made, [*value.__match_args__, name])
            _set(made, name, new)
        made.__post_init__()
        return made
