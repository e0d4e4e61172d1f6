"""Records behave as frozen dataclasses do, as far as they are used here."""

from dataclasses import FrozenInstanceError, dataclass
from functools import cached_property

import pytest

from pymail.model import field, model, replace


@model()
class Point:
    """A point."""

    x: int
    y: int = 0


@model(kw_only=True)
class Path:
    points: list[Point] = field(default_factory=list)
    name: str = "path"

    @property
    def length(self) -> int:
        return len(self.points)


@model(frozen=False)
class Pen:
    at: Point
    down: bool = False


@model(slots=False)
class Area:
    width: int

    @cached_property
    def doubled(self) -> int:
        return self.width * 2


@model()
class Even:
    number: int

    def __post_init__(self) -> None:
        if self.number % 2:
            raise ValueError(self.number)


def test_fields_have_positions_names_and_defaults() -> None:
    assert (Point(1).x, Point(1).y, Point(1, 2).y, Point(x=3, y=4).y) == (1, 0, 2, 4)


def test_a_factory_makes_a_default_for_each() -> None:
    one, other = Path(), Path()
    one.points.append(Point(1))
    assert (one.length, other.length) == (1, 0)
    assert Path(points=[Point(2)]).length == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        pytest.param(Point, "Point.*: x", id="missing"),
        pytest.param(lambda: Point(1, z=2), "Point.*: z", id="unknown"),  # type: ignore[call-arg]
        pytest.param(lambda: Point(z=2), "Point.*: x, z", id="misspelt"),  # type: ignore[call-arg]
        pytest.param(lambda: replace(Point(1), z=2), "Point.*: z", id="replaced"),  # type: ignore[call-arg]
        pytest.param(lambda: Point(1, 2, 3), "Point", id="too many"),  # type: ignore[call-arg]
        pytest.param(lambda: Path([]), "Path", id="by name only"),  # type: ignore[call-arg]
    ],
)
def test_wrong_fields_are_named(wrong: type, named: str) -> None:
    with pytest.raises(TypeError, match=named):
        wrong()


def test_models_of_one_class_are_equal_if_their_fields_are() -> None:
    assert Point(1, 2) == Point(1, 2) != Point(1, 3)
    assert Point(1) != object()
    assert {Point(1): "one"}[Point(1)] == "one"


def test_a_frozen_model_cannot_change() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    assert issubclass(FrozenInstanceError, AttributeError)  # as dataclasses raise it


def test_an_unfrozen_model_changes_and_has_no_hash() -> None:
    pen = Pen(Point(0))
    pen.down = True
    assert pen == Pen(Point(0), down=True)
    with pytest.raises(TypeError):
        hash(pen)


def test_slots_refuse_other_names_and_a_dict_accepts_cached_ones() -> None:
    with pytest.raises(AttributeError):
        Pen(Point(0)).colour = "red"  # type: ignore[attr-defined]
    assert not hasattr(Point(1), "__dict__")
    area = Area(2)
    assert (area.doubled, vars(area)) == (4, {"width": 2, "doubled": 4})


def test_a_check_after_the_fields_can_refuse() -> None:
    assert replace(Even(2), number=4) == Even(4)
    with pytest.raises(ValueError, match="3"):
        Even(3)


def test_replace_changes_a_copy() -> None:
    point = Point(1, 2)
    assert (replace(point, y=5), point) == (Point(1, 5), Point(1, 2))


def test_a_model_has_the_repr_of_a_dataclass() -> None:
    @dataclass(frozen=True)
    class Twin:
        x: int
        y: int = 0

    shown = repr(Twin(1)).replace(Twin.__qualname__, "Point")
    assert repr(Point(1)) == shown
    assert (Point.__name__, Point.__doc__) == ("Point", "A point.")


def test_a_subclass_of_a_model_is_a_model() -> None:
    class Named(Point):
        @property
        def name(self) -> str:
            return f"({self.x}, {self.y})"

    assert replace(Named(1), y=2).name == "(1, 2)"


def test_base_class_is_refused_and_not_dropped() -> None:
    with pytest.raises(TypeError, match="Longer: a model has no base class"):

        @model()
        class Longer(Point):
            z: int = 0
