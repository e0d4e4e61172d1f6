"""Prompts at a terminal, or answers from lines that are piped in.

At a terminal the question is on standard error, what stands in brackets is the
answer that Enter gives, and a secret is not echoed. In a pipe nothing is shown,
each question takes one line, and an answer that makes no sense ends it all.
"""

from collections.abc import Callable
from typing import TypeVar

from pymail.environment import Environment
from pymail.errors import AuthenticationError, PymailError, UsageError
from pymail.secret import Secret
from pymail.text import visible

T = TypeVar("T")

_WORDS = {"y": True, "yes": True, "n": False, "no": False}
_LONGEST_ANSWER_OCTETS = 1 << 16  # an access token may be long


class Prompt:
    """Asks a person, or reads the lines of a script."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.at_terminal = environment.stdin_is_terminal

    def tell(self, text: str) -> None:
        """Show a text at a terminal alone."""
        if self.at_terminal:
            self._show("".join(f"{line}\n" for line in self._folded(visible(text))))

    def _folded(self, text: str) -> list[str]:
        if not self._environment.stderr_is_terminal:
            return [text]
        from pymail.terminal.output import fold, label_columns

        return fold(text, self._environment.columns() - 1, label_columns(text))

    def ask(self, question: str, default: str = "", *, read: Callable[[str], T]) -> T:
        """Ask until `read` makes something of the answer.

        Raises:
            UsageError: there is no answer.
            PymailError: what `read` raises for the answer of a script.
        """
        prompt = f"{question} [{default}]: " if default else f"{question}: "
        while True:
            line = self._line(prompt)
            answer = "" if line is None else line.strip() or default
            try:
                if not answer:
                    raise UsageError(_unanswered(question))
                return read(answer)
            except PymailError as error:
                if line is None or not self.at_terminal:
                    raise
                self.tell(str(error))

    def agrees(
        self, question: str, *, default: bool, missing: bool | None = None
    ) -> bool:
        """Ask for yes or no; `missing` is the answer when there is no more input.

        Raises:
            UsageError: there is no answer, or a script's is neither.
        """
        prompt = f"{question} [{'Y/n' if default else 'y/N'}] "
        while True:
            answer = self._line(prompt)
            if answer is None and missing is None:
                raise UsageError(_unanswered(question))
            word = (answer or "").strip().lower()
            if word in _WORDS or not word:
                usual = default if answer is not None else bool(missing)
                return _WORDS.get(word, usual)
            if not self.at_terminal:
                raise UsageError(f"{question} {word[:20]!r} is neither y nor n")

    def secret(self, question: str) -> Secret:
        """Ask for a secret; a person who only presses Enter is asked again.

        Raises:
            AuthenticationError: there is none.
        """
        if self.at_terminal:
            answer: str | None = ""
            while answer is not None and not answer.strip():
                answer = self._environment.ask_secret(f"{question}: ")
        else:
            answer = self._line("")
        if not (answer or "").strip():
            raise AuthenticationError(
                f"no password: {_unanswered(question)}",
                advice="type it, or use --password-fd or --password-file",
            )
        return Secret(answer or "")

    def _line(self, prompt: str) -> str | None:
        """Read a line, not more: what follows is for other questions."""
        if self.at_terminal:
            self._show(prompt)
        stdin = self._environment.stdin
        octets = stdin.readline(_LONGEST_ANSWER_OCTETS) if stdin else b""
        if not octets:
            self.tell("")
            return None
        return octets.decode("utf-8", "surrogateescape").rstrip("\r\n")

    def _show(self, text: str) -> None:
        self._environment.stderr.write(text)
        self._environment.stderr.flush()


def _unanswered(question: str) -> str:
    return f"no answer to {question!r}, nothing is changed"
