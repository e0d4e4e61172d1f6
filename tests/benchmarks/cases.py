"""The benchmark: a row for each case, each curve, and each goal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

SLOW = 0.05  # a round trip, in seconds
MB = 1_000_000  # octets


class Tls(Enum):
    """How a session is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, kw_only=True)
class Task:
    """The task of a program: the mail, and the connection.

    `login` is the mechanism for every program, in lower case; `verified` means that the
    certificate is checked against all authorities of the system. With `nagle`, the
    server sends each reply separately, with Nagle's algorithm on.
    """

    recipients: int = 1
    attachment_octets: int = 0
    mails: int = 1
    tls: Tls = Tls.NONE
    login: str = ""
    round_trip_seconds: float = 0.0
    verified: bool = False
    nagle: bool = False


@dataclass(frozen=True)
class Case:
    """A task and a program; `size` is the place on a curve.

    The `weight` of a slow case divides its number of runs.
    """

    name: str
    title: str
    task: Task
    programs: tuple[str, ...]
    size: int | None = None
    weight: int = 1

    def rounds(self, runs: int) -> int:
        """Return the runs of a case, if a short case has this many."""
        return max(1, runs // self.weight)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Cost against size; `reach` is the largest size that a program is run with.

    With larger sizes, a round trip for each recipient would take minutes, and a whole
    attachment in memory might exhaust the machine's memory.
    """

    name: str
    title: str
    axis: str
    points: tuple[int, ...]
    task: Callable[[int], Task]
    reach: Mapping[str, int] = field(default_factory=dict)

    def cases(self, points: tuple[int, ...]) -> tuple[Case, ...]:
        """A case for each of these points."""
        return tuple(
            Case(
                name=self.name,
                title=f"{self.title}: {size:,}",
                task=self.task(size),
                programs=tuple(p for p, reach in self.reach.items() if size <= reach),
                size=size,
                weight=2,
            )
            for size in points
        )


@dataclass(frozen=True)
class Goal:
    """In this case pymail takes at most `ratio` of the time of `program`."""

    case: str
    ratio: float
    program: str


SENDERS = ("pymail", "floor", "msmtp", "curl", "s-nail", "heirloom", "swaks")

OTHERS = SENDERS[:1] + SENDERS[2:]  # all but the floor

# fmt: off
CASES = (
    Case("small", "small mail", Task(), SENDERS),
    Case("link", "STARTTLS and PLAIN, 50 ms round trip", Task(tls=Tls.STARTTLS, login="plain", round_trip_seconds=SLOW), SENDERS),
    Case("link-login", "STARTTLS and LOGIN, 50 ms round trip", Task(tls=Tls.STARTTLS, login="login", round_trip_seconds=SLOW), OTHERS),
    Case("tls", "implicit TLS and PLAIN, 50 ms round trip", Task(tls=Tls.IMPLICIT, login="plain", round_trip_seconds=SLOW), SENDERS),
    Case("tls-verified", "implicit TLS and PLAIN, verified by the system's authorities", Task(tls=Tls.IMPLICIT, login="plain", verified=True), SENDERS[:4]),
    Case("nagle", "small mail, to a server with Nagle's algorithm", Task(nagle=True), SENDERS),
    Case("recipients", "200 recipients, 50 ms round trip", Task(recipients=200, round_trip_seconds=SLOW), OTHERS, weight=2),
    Case("recipients-2000", "2,000 recipients, 50 ms round trip", Task(recipients=2000, round_trip_seconds=SLOW), ("pymail", "msmtp")),
    Case("attachment", "attachment of 100 MB", Task(attachment_octets=100 * MB), ("pymail", "floor", *SENDERS[3:]), weight=2),
    Case("mails", "1,000 mails from one process", Task(mails=1000), ("pymail", "smtp-source -d", "smtp-source"), weight=2),
)
# fmt: on

CURVES = (
    Curve(
        name="curve-recipients",
        title="recipients, 50 ms round trip",
        axis="recipients",
        points=(1, 10, 100, 1000, 10_000),
        task=lambda size: Task(recipients=size, round_trip_seconds=SLOW),
        reach={
            "pymail": 10_000,
            "msmtp": 10_000,
            "curl": 100,
            "s-nail": 100,
            "swaks": 100,
        },
    ),
    Curve(
        name="curve-mails",
        title="mails from one process",
        axis="mails",
        points=(1, 10, 100, 1000),
        task=lambda size: Task(mails=size),
        reach={"pymail": 1000, "smtp-source -d": 1000, "smtp-source": 1000},
    ),
    Curve(
        name="curve-attachment",
        title="attachment",
        axis="size in MB",
        points=(1, 10, 100, 1000),
        task=lambda size: Task(attachment_octets=size * MB),
        reach={"pymail": 1000, "floor": 100, "curl": 1000, "s-nail": 1000},
    ),
)

GOALS = (
    Goal("small", 0.85, "floor"),
    Goal("link", 0.97, "msmtp"),
    Goal("link-login", 0.97, "msmtp"),
    Goal("tls", 0.97, "msmtp"),
    Goal("recipients", 1.0, "msmtp"),
    Goal("recipients-2000", 1.05, "msmtp"),
)

NAMES = tuple(row.name for row in (*CASES, *CURVES))


def chosen(names: Sequence[str], points: Sequence[int], quick: bool) -> list[Case]:
    """Choose the cases of these names, or all if there are none.

    `points` replaces those of the curves. A quick choice takes a minute: slow cases
    are left out unless they are named, and curves end early.
    """
    cases = [
        case
        for case in CASES
        if case.name in names or (not names and not (quick and case.weight > 1))
    ]
    for curve in CURVES:
        if not names or curve.name in names:
            sizes = tuple(points) or curve.points[: 2 if quick else None]
            cases += curve.cases(sizes)
    return [case for case in cases if case.programs]
