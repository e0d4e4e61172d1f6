"""Questions at a terminal, or answers from a pipe.

At a terminal the question is on standard error, with the answer of Enter in brackets,
and a secret is not echoed. In a pipe no question is shown, each question reads one
line, and an invalid answer is an error.
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
    """Asks the user at a terminal, or reads the lines of a script."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.at_terminal = environment.stdin_is_terminal

    def tell(self, text: str) -> None:
        """Show a text, but only at a terminal."""
        if self.at_terminal:
            self._show("".join(f"{line}\n" for line in self._folded(visible(text))))

    def _folded(self, text: str) -> list[str]:
        if not self._environment.stderr_is_terminal:
            return [text]
        from pymail.terminal.output import fold, label_columns

        return fold(text, self._environment.columns() - 1, label_columns(text))

    def ask(self, question: str, default: str = "", *, read: Callable[[str], T]) -> T:
        """Ask until `read` accepts the answer; returns its result.

        Raises:
            UsageError: the input has ended.
            PymailError: `read` rejects the answer of a script.
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
        """Ask for yes or no; `missing` is the answer at the end of the input.

        Raises:
            UsageError: the input has ended, or a script's answer is neither.
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
                raise UsageError(f"{question} Answer y or n, not {word[:20]!r}")

    def secret(self, question: str) -> Secret:
        """Ask for a secret, again if the user only presses Enter.

        Raises:
            AuthenticationError: the input has ended, or is blank.
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
        """Read one line and no more: the next line answers the next question."""
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
    return f"no answer to {question!r}; nothing was changed"
