"""A check as one JSON object; pymail(1) documents its keys.

It is ASCII, whatever the locale, and ends with a line break.
"""

import json

from pymail.outcome.checkup import Checkup, differences


def render(here: Checkup, as_cron: Checkup | None = None) -> str:
    """Write it; the exit status is that of the command."""
    values = here.as_values()
    values["as_cron"] = as_cron.as_values() if as_cron else None
    values["differences"] = list(differences(here, as_cron)) if as_cron else []
    if as_cron and as_cron.exit_status:
        values["exit_status"] = as_cron.exit_status
    return json.dumps(values, indent=2) + "\n"
