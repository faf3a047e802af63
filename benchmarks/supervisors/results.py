"""What was measured of each supervisor. Times are in seconds, sizes in MiB, unless a name says otherwise."""

from collections.abc import Sequence

import msgspec

from benchmarks.figures import percentile
from benchmarks.machine import Machine


class Spread(msgspec.Struct, frozen=True):
    """Samples of one thing, in short."""

    least: float
    p50: float
    p99: float
    most: float
    count: int


def spread(samples: Sequence[float]) -> Spread:
    """Return the samples in short; raise ValueError when there are none."""
    return Spread(min(samples), percentile(samples, 50), percentile(samples, 99), max(samples), len(samples))


class Crashes(msgspec.Struct, frozen=True):
    """Programs that were killed: until each replacement ran, and how many had none."""

    replaced: Spread | None
    lost: int


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One supervisor with so many programs. None: it has no such thing, or `errors` says why."""

    programs: int
    boot_s: float | None = None
    """From the exec of the supervisor to the last program's start."""
    start_all_s: float | None = None
    """From the request to the last program's start."""
    stop_all_s: float | None = None
    status_all_s: Spread | None = None
    status_command_s: Spread | None = None
    status_one_per_s: float | None = None
    crashes: Crashes | None = None
    memory_mib: dict[str, float] = {}
    """Proportional set size, by what the processes are."""
    processes: int = 0
    """Its own, the programs apart."""
    idle_percent: float | None = None
    """Of one core, all its own processes together."""
    errors: dict[str, str] = {}


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all that the programs wrote, by their own count."""

    written: int
    lost: int
    lost_of_killed: int
    """Of the lost, those of the program that was killed too."""
    twice: int
    """Lines that stand in the files more than once."""


class Survival(msgspec.Struct, frozen=True, kw_only=True):
    """What became of `programs` when processes of the supervisor were killed and it was whole again."""

    killed: str
    programs: int
    alive: int
    """Of the programs, after the kill."""
    replaced_meanwhile: bool | None
    """Was one that was killed too replaced before the supervisor was started again?"""
    answers_s: float | None = None
    """From its start until it told the status of all; where it was not killed itself, until it was whole."""
    kept: int
    """Programs, but for the one that was killed, that run on as the same process."""
    anew: int
    """Processes of programs that were started since the kill."""
    doubles: int
    """Programs that run more than once."""
    missing: int
    """Programs that do not run."""
    restarts: int
    """How often the killed program was started again."""
    told_right: int | None = None
    """Programs of which the supervisor tells the process that runs."""
    lines: Lines | None = None
    verdict: str = ""
    said: str = ""


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """One program's output in files. Megabytes are of what the program wrote."""

    mb_per_s: float
    seconds: float
    cpu_s: float
    """Of the supervisor's own processes."""
    files: int
    lines: int
    lost: int
    split: int
    """Lines of which a part is in the next file."""
    in_order: bool


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured of one supervisor; `errors` has what kept something from being measured."""

    name: str
    version: str
    notes: str
    measured: tuple[Measured, ...] = ()
    survivals: tuple[Survival, ...] = ()
    logged: Logged | None = None
    errors: dict[str, str] = {}
    took_s: float = 0.0
    pace_ms: float = 0.0
    """What a fixed piece of Python took, before and after on average: the machine's own pace meanwhile."""

    def at(self, programs: int) -> Measured | None:
        """Return what was measured with so many programs."""
        return next((each for each in self.measured if each.programs == programs), None)


class StatusFloor(msgspec.Struct, frozen=True, kw_only=True):
    """What a bare asyncio server of JSON lines does with so many records."""

    programs: int
    status_all_s: Spread
    status_one_per_s: float


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    machine: Machine
    quick: bool
    asked: tuple[str, ...]
    """What was to be measured: measure, survival, logs."""
    sizes: tuple[int, ...]
    peers: tuple[Peer, ...] = ()
    floors: tuple[StatusFloor, ...] = ()
    took_s: float = 0.0

    def peer(self, name: str) -> Peer | None:
        """Return one supervisor's."""
        return next((each for each in self.peers if each.name == name), None)
