"""python -m tests.fuzz replies|rc [SECONDS]: look for octets that break a parser.

A coverage-guided fuzzer makes inputs, and `check` in the module of that name tests
each. It stops at the first failure, and writes the input to the current directory. It
needs atheris (the extra `fuzz`).
"""

import contextlib
import importlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import NoReturn

TARGETS = ("rc", "replies")
SECONDS = 600
SLOWEST_SECONDS = 10  # one input; more is a hang
MEGABYTES = 1024


def main(words: list[str]) -> NoReturn:
    """Fuzz one target; the process ends with the fuzzer's status."""
    if not words or words[0] not in TARGETS:
        raise SystemExit(f"usage: python -m tests.fuzz {'|'.join(TARGETS)} [SECONDS]")
    import atheris

    with atheris.instrument_imports(include=["pymail"]):
        target = importlib.import_module(f"tests.fuzz.{words[0]}")
    warnings.simplefilter("error")  # a warning is a failure
    seconds = words[1] if len(words) > 1 else str(SECONDS)
    with tempfile.TemporaryDirectory() as directory:
        corpus = Path(directory, "corpus")
        corpus.mkdir()
        for number, seed in enumerate(target.SEEDS):
            Path(corpus, str(number)).write_bytes(seed)
        dictionary = Path(directory, "words")
        dictionary.write_text("".join(map(_quoted, target.WORDS)))
        limits = (
            *(f"-max_total_time={seconds}", f"-timeout={SLOWEST_SECONDS}"),
            *(f"-rss_limit_mb={MEGABYTES}", f"-max_len={target.LONGEST_OCTETS}"),
        )
        # inputs grow quickly, because limits apply to long ones
        options = (
            "-len_control=10",
            f"-dict={dictionary}",
            "-print_final_stats=1",
            *limits,
        )
        atheris.Setup([sys.argv[0], *options, str(corpus)], target.check)
        with contextlib.suppress(KeyboardInterrupt):
            atheris.Fuzz()  # and ends the process
    raise SystemExit(1)


def _quoted(word: bytes) -> str:
    return '"' + "".join(f"\\x{octet:02x}" for octet in word) + '"\n'


if __name__ == "__main__":
    main(sys.argv[1:])
