"""Values as one JSON object; pymail(1) documents the keys.

It is ASCII, whatever the locale, and ends with a line break.
"""

import json
from collections.abc import Mapping
from typing import Any


def render(values: Mapping[str, Any]) -> str:
    """Write it."""
    return json.dumps(values, indent=2) + "\n"
