"""Earlier runs of a command, which may hold a report back, and later ones."""

from contextlib import suppress
from types import TracebackType
from typing import Self

from pymail.commands.run import history
from pymail.commands.run.history import Finding, Held
from pymail.commands.run.request import Order
from pymail.delivery.context import RunContext


class Memory:
    """Asks earlier runs whether to report, and tells later ones what came of it.

    Set `went_out` when the report has gone. Where nothing can be remembered,
    everything is reported.
    """

    def __init__(self, order: Order, found: Finding, context: RunContext) -> None:
        self._order = order
        self._found = found
        self._context = context
        self._reports = history.of(context.environment, order.command, order.recipients)
        self._told: Held | None = None
        self.went_out = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._told is not None:
            with suppress(OSError, ValueError):  # it comes again, at worst
                self._reports.settle(self._found, self._told, went_out=self.went_out)

    def due(self, *, wanted: bool) -> Held | None:
        """Return what was held back before, to report it, too; None: do not report."""
        try:
            self._told = self._reports.due(
                self._found,
                wanted=wanted,
                only_if_changed=self._order.invocation.only_if_changed,
                limit=self._order.limit,
            )
        except (OSError, ValueError) as error:
            why = (isinstance(error, OSError) and error.strerror) or "not ours alone"
            place = self._reports.file.parent
            self._context.warn([f"{place}: {why.lower()}: earlier runs do not count"])
            return Held() if wanted else None
        return self._told
