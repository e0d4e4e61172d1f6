"""What the numbers were measured on."""

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path


def machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> Mapping[str, str]:
    """Name the processor, how many there are, the kernel, and this Python."""
    return {
        "cpu": _processor(cpuinfo),
        "cores": str(os.cpu_count() or 1),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
    }


def _processor(cpuinfo: Path) -> str:
    try:
        named = re.search(r"^model name\s*: *(.+)", cpuinfo.read_text(), re.MULTILINE)
    except OSError:
        named = None
    return named[1] if named else platform.processor() or platform.machine()
