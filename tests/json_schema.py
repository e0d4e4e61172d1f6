"""Output of --json, validated against the installed schema."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "man" / "pymail.schema.json").read_text("ascii")
)
_VALIDATOR = Draft202012Validator(SCHEMA)


def read_json(text: str) -> Any:
    """Read an object that fits the schema: ASCII, one object, and one line end."""
    assert text.isascii()
    assert text.endswith("}\n")
    values = json.loads(text, object_pairs_hook=_once)
    problems = [error.message for error in _VALIDATOR.iter_errors(values)]
    assert problems == [], f"{problems}\n{text}"
    return values


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), names
    return dict(pairs)
