"""Models: frozen classes that are their fields, like dataclasses, but made fast.

A dataclass compiles its methods when it is made, which takes 0.3 ms; seventy of
them were a quarter of the time of a small mail. A model shares methods written
once. It is frozen and has slots unless it says otherwise; what else it knows is
what is used here: defaults, factories, keyword-only fields, `__post_init__`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, dataclass_transform

if TYPE_CHECKING:
    from inspect import Signature

T = TypeVar("T")


class _Factory:
    """A default that is made anew for every value."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], T]) -> T:
    """Give a field a default that is made for each value."""
    return _Factory(default_factory)  # type: ignore[return-value] # as in dataclasses


_set = object.__setattr__


class _Signature:
    """How a value is made, for `help`; `inspect` is loaded when it is asked for."""

    def __get__(self, _value: object, owner: "type[_Model]") -> "Signature":
        from inspect import Parameter, Signature

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


class _Model:
    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()  # the fields, in order
    _positional: ClassVar[int] = 0  # how many may come without their name
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
    """Make a value of what a pickle or a copy has of it."""
    made = kind.__new__(kind)
    for name, value in zip(kind.__match_args__, values, strict=True):  # type: ignore[attr-defined] # of a model
        _set(made, name, value)
    return made


def _misfit(made: _Model, given: Iterable[str]) -> TypeError:
    wrong = sorted(set(given).symmetric_difference(made.__match_args__))
    what = f": {', '.join(wrong)}" if wrong else ""
    return TypeError(f"{type(made).__name__}: missing or unknown fields{what}")


class _Frozen(_Model):
    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen: {name}")


class _Changing(_Model):
    __slots__ = ()
    __hash__ = None  # type: ignore[assignment] # as for every container


def _values(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in value.__match_args__)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def model(
    *, frozen: bool = True, slots: bool = True, kw_only: bool = False
) -> Callable[[type[T]], type[T]]:
    """Make a class a model of its annotated names.

    Without `slots` it has a `__dict__`, which `cached_property` needs.
    """

    def made(written: type[T]) -> type[T]:
        return _made(written, frozen=frozen, slots=slots, kw_only=kw_only)

    return made


def _made(written: type[T], *, frozen: bool, slots: bool, kw_only: bool) -> type[T]:
    if written.__bases__ != (object,):
        raise TypeError(f"{written.__name__}: a model has no base class")
    body = dict(vars(written))
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
    bases = (_Frozen if frozen else _Changing,)
    return cast("type[T]", type(written.__name__, bases, body))


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - its types fit
else:

    def replace(value: T, /, **changes: Any) -> T:
        """Return the same value with other fields."""
        made = value.__class__.__new__(value.__class__)
        for name in value.__match_args__:
            _set(made, name, getattr(value, name))
        for name, new in changes.items():
            if name not in value.__match_args__:
                raise _misfit(made, [*value.__match_args__, name])
            _set(made, name, new)
        made.__post_init__()
        return made
