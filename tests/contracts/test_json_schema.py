"""The schema, the manual and the output of --json have the same keys."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pymail.commands.json_report import KINDS, SEND, empty
from tests.json_schema import SCHEMA, read_json

ROOT = Path(__file__).parents[2]
OBJECTS: dict[str, Any] = {
    each["title"]: each for each in SCHEMA["$defs"].values() if "properties" in each
}


def sections() -> dict[str, set[str]]:
    """The keys that the manual describes below each of its titles."""
    text = (ROOT / "man/pymail-json.5").read_text("utf-8")
    whole = text.partition("\n.Sh OBJECTS\n")[2].partition("\n.Sh ")[0]
    _, *parts = re.split(r"^\.Ss (.*)\n", whole, flags=re.MULTILINE)
    described = zip(parts[::2], parts[1::2], strict=True)
    return {
        title: set(re.findall(r"^\.It Cm (\w+)$", body, re.MULTILINE))
        for title, body in described
    }


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_manual_describes_every_object_of_the_schema_and_no_other() -> None:
    assert set(sections()) == set(OBJECTS)


@pytest.mark.parametrize("title", OBJECTS, ids=lambda title: title.replace(" ", "_"))
def test_manual_describes_every_key_of_an_object_and_no_other(title: str) -> None:
    assert sections()[title] == set(OBJECTS[title]["properties"])


@pytest.mark.parametrize("title", OBJECTS, ids=lambda title: title.replace(" ", "_"))
def test_an_object_has_every_key_and_no_other(title: str) -> None:
    values = OBJECTS[title]
    assert set(values["required"]) == set(values["properties"])
    assert values["additionalProperties"] is False


@pytest.mark.parametrize("title", OBJECTS, ids=lambda title: title.replace(" ", "_"))
def test_manual_names_every_possible_value(title: str) -> None:
    text = (ROOT / "man/pymail-json.5").read_text("utf-8")
    part = text.partition(f"\n.Ss {title}\n")[2].partition("\n.S")[0]
    for values in OBJECTS[title]["properties"].values():
        for word in values.get("enum", ()):
            assert word in part, word


@pytest.mark.parametrize("kind", [SEND, *KINDS.values()])
def test_an_empty_object_fits_the_schema(kind: str) -> None:
    import json

    common = {"kind": kind, "exit_status": 0, "problems": [], "warnings": []}
    assert read_json(json.dumps({**common, **empty(kind)}) + "\n")["kind"] == kind


def test_control_characters_do_not_fit() -> None:
    import json

    for text in ("\x1b", "a\n", "\x85"):
        values = {"kind": "drop", "exit_status": 0, "problems": [], "warnings": [text]}
        with pytest.raises(AssertionError):
            read_json(json.dumps({**values, "dropped": []}) + "\n")


def test_wheel_has_the_schema() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared["man/pymail.schema.json"] == "share/pymail/pymail.schema.json"
