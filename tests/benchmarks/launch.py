"""Run one command and print how it ended: status, wall seconds, CPU seconds, peak.

    python -I -S launch.py INPUT OUTPUT /PATH/TO/COMMAND [ARGUMENT ...]

A process starts with the peak memory of its parent. So this one loads almost nothing,
and does almost nothing after the fork. It uses fork, because a child of vfork, which
shares its parent's memory up to exec, takes over the parent's whole peak. It can't
measure less than about 5 MB. The peak is in the unit of getrusage(2), and that of the
largest descendant.
"""

import os
import sys
import time


def main(stdin: str, output: str, *command: str) -> None:
    """Run the command with files as standard input, output and error."""
    read = os.open(stdin, os.O_RDONLY)
    write = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        _become(read, write, command)
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - began
    cpu = used.ru_utime + used.ru_stime
    ended = os.waitstatus_to_exitcode(status)
    sys.stdout.write(f"{ended} {wall} {cpu} {used.ru_maxrss}\n")


def _become(read: int, write: int, command: tuple[str, ...]) -> None:
    try:
        os.dup2(read, 0)
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    finally:
        os._exit(127)


if __name__ == "__main__":
    main(*sys.argv[1:])
