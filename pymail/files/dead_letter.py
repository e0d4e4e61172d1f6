"""The dead letter file: what could not be sent, kept for its author."""

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from pymail.disk import LOCK_SECONDS, close, write_whole
from pymail.errors import CannotKeepError
from pymail.files import mbox


def keep(
    place: Path,
    entry: Callable[[], Iterable[bytes]],
    *,
    temporary_directory: Path,
    lock_seconds: float = LOCK_SECONDS,
) -> Path:
    """Append an mbox entry to `place`, or write it to a new temporary file.

    `entry` yields it from the start each time it is called. Returns where it
    is now.

    Raises:
        CannotKeepError: neither is possible; the message says why.
    """
    try:
        mbox.append(place, entry(), lock_seconds=lock_seconds)
    except CannotKeepError as failure:
        return _elsewhere(entry(), temporary_directory, failure)
    return place


def _elsewhere(
    entry: Iterable[bytes], directory: Path, failure: CannotKeepError
) -> Path:
    try:
        return _in_new_file(entry, directory)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotKeepError(
            f"{failure.happened}; {directory}: {reason}", doing="keeping the message"
        ) from error


def _in_new_file(entry: Iterable[bytes], directory: Path) -> Path:
    prefix = f"pymail-dead-{os.geteuid()}-"
    descriptor, name = tempfile.mkstemp(prefix=prefix, dir=directory)
    path = Path(name)
    try:
        write_whole(descriptor, entry)
    except BaseException:
        path.unlink()
        raise
    finally:
        close(descriptor)
    return path
