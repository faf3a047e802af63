"""The rows of the table: ours with its goal and verdict, every other supervisor beside it. Pure."""

from collections.abc import Callable, Sequence

from benchmarks.figures import Baseline, Figure, Goal
from benchmarks.supervisors.results import Logged, Measured, Peer, Results, Survival

GOAL_AT = 500
"""The number of programs that the goals are meant for."""
FLOOR = "bare asyncio and JSON"
_MAIN = "daemon"

_Take = Callable[[Measured], float | None]


def rows(results: Results, ours: str, killed: Sequence[str]) -> list[Figure]:
    """Return the figures of the supervisor called `ours`; none when it was not measured.

    `killed` names the ways in which its processes are killed.
    """
    peer = results.peer(ours)
    if peer is None:
        return []
    figures: list[Figure] = []
    if "measure" in results.asked:
        figures += _measured(results, peer)
    if "logs" in results.asked:
        figures += _logged(results, peer)
    if "survival" in results.asked:
        for parts in killed:
            figures += _survival(results, peer, parts)
    return figures


def _measured(results: Results, ours: Peer) -> list[Figure]:
    size = GOAL_AT if GOAL_AT in results.sizes else max(results.sizes)
    row = _Rows(results, ours, size)
    return [
        row.figure(f"start: all of {size}, p50", "ms", _start_ms, Goal(900)),
        row.figure(f"status: of all {size}, raw call, p50", "ms", _status_ms, Goal(1.5)),
        row.figure(
            f"status: of one of {size}, raw calls", "calls/s",
            lambda it: it.status_one_per_s, Goal(8000, at_least=True),
        ),
        row.figure(f"command: status of all {size}, p50", "ms", _command_ms, Goal(80)),
        row.figure(f"kill: replacement of one of {size} runs, p50", "ms", _crash_ms, Goal(5)),
        row.figure("kill: not replaced", "programs", _crashes_lost, Goal(0)),
        row.figure(f"memory: PSS of the daemon with {size}", "MiB", _daemon_mib, Goal(40)),
        row.alone("memory:   zygote", "zygote", Goal(110)),
        row.alone("memory:   logger", "logger"),
        row.alone("memory:   workers", "workers"),
        row.figure(f"stop: all of {size}", "ms", lambda it: _ms(it.stop_all_s)),
        row.figure(f"idle: CPU with {size}, of one core", "%", lambda it: it.idle_percent),
    ]  # fmt: skip


class _Rows:
    """Makes figures of one number of programs; the goals hold for `GOAL_AT` of them."""

    def __init__(self, results: Results, ours: Peer, size: int) -> None:
        self._ours = ours.at(size) or Measured(programs=size)
        self._others = {each.name: each.at(size) for each in results.peers if each.name != ours.name}
        self._floor = next((each for each in results.floors if each.programs == size), None)
        self._size = size

    def figure(self, name: str, unit: str, take: _Take, goal: Goal | None = None) -> Figure:
        row, _, what = name.partition(": ")
        found = {name: take(each) for name, each in self._others.items() if each is not None}
        baselines = [Baseline(name, value) for name, value in found.items() if value is not None]
        is_count = goal is not None and goal.value == 0  # how many times better is no question
        return Figure(
            row=row,
            what=what,
            unit=unit,
            value=take(self._ours),
            goal=goal if self._size == GOAL_AT else None,
            baselines=() if is_count else (*baselines, *self._floors(take)),
            more_is_better=goal is not None and goal.at_least,
        )

    def _floors(self, take: _Take) -> list[Baseline]:
        if self._floor is None:
            return []
        value = take(
            Measured(
                programs=self._size,
                status_all_s=self._floor.status_all_s,
                status_one_per_s=self._floor.status_one_per_s,
            )
        )
        return [] if value is None else [Baseline(FLOOR, value)]

    def alone(self, name: str, part: str, goal: Goal | None = None) -> Figure:
        """Return the memory of one part of ours, which others do not have."""
        row, _, what = name.partition(": ")
        held = goal if self._size == GOAL_AT else None
        return Figure(row=row, what=what, unit="MiB", value=self._ours.memory_mib.get(part), goal=held)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _start_ms(it: Measured) -> float | None:
    """Those that cannot start all again, the bare loops, are measured by their own start."""
    return _ms(it.boot_s if it.status_all_s is None else it.start_all_s)


def _status_ms(it: Measured) -> float | None:
    return it.status_all_s.p50 * 1000 if it.status_all_s else None


def _command_ms(it: Measured) -> float | None:
    return it.status_command_s.p50 * 1000 if it.status_command_s else None


def _crash_ms(it: Measured) -> float | None:
    return it.crashes.replaced.p50 * 1000 if it.crashes and it.crashes.replaced else None


def _crashes_lost(it: Measured) -> float | None:
    return it.crashes.lost if it.crashes else None


def _daemon_mib(it: Measured) -> float | None:
    return it.memory_mib.get(_MAIN) or sum(it.memory_mib.values()) or None


def _logged(results: Results, ours: Peer) -> list[Figure]:
    others = {each.name: each.logged for each in results.peers if each.name != ours.name and each.logged}

    def figure(what: str, unit: str, take: Callable[[Logged], float], goal: Goal | None = None) -> Figure:
        value = None if ours.logged is None else take(ours.logged)
        is_count = goal is not None and goal.value == 0
        baselines = () if is_count else tuple(Baseline(name, take(each)) for name, each in others.items())
        more = goal is not None and goal.at_least
        return Figure(
            row="log", what=what, unit=unit, value=value, goal=goal, baselines=baselines, more_is_better=more
        )

    return [
        figure("one program's output in files", "MB/s", lambda it: it.mb_per_s, Goal(250, at_least=True)),
        figure("lost", "lines", lambda it: it.lost, Goal(0)),
        figure("split over two files", "lines", lambda it: it.split, Goal(0)),
        figure("  the supervisor's CPU", "s", lambda it: it.cpu_s),
    ]


def _survival(results: Results, ours: Peer, killed: str) -> list[Figure]:
    found = next((each for each in ours.survivals if each.killed == killed), None)
    programs = max(results.sizes)

    def figure(
        what: str, unit: str, take: Callable[[Survival], float | None], goal: Goal,
        baselines: Sequence[Baseline] = (),
    ) -> Figure:  # fmt: skip
        value = None if found is None else take(found)
        return Figure(
            row=f"SIGKILL of {killed}",
            what=what,
            unit=unit,
            value=value,
            goal=goal,
            baselines=tuple(baselines),
        )

    answers = _answers(results, ours) if killed == _MAIN else []
    return [
        figure(
            f"same process, of {programs - 1}",
            "programs",
            lambda it: it.kept,
            Goal(programs - 1, at_least=True),
        ),
        figure("run twice", "programs", lambda it: it.doubles, Goal(0)),
        figure("do not run", "programs", lambda it: it.missing, Goal(0)),
        figure(
            "replacements of one that died, beyond the first", "", lambda it: abs(it.restarts - 1), Goal(0)
        ),
        figure(
            f"told right, of {programs}", "programs", lambda it: it.told_right, Goal(programs, at_least=True)
        ),
        figure("lost", "lines", _lost, Goal(0)),
        figure("twice in the files", "lines", lambda it: it.lines.twice if it.lines else None, Goal(0)),
        figure("until it answers, or is whole", "s", lambda it: it.answers_s, Goal(1.0), answers),
    ]


def _lost(it: Survival) -> float | None:
    """Return the lines lost. A pipe ends with the program when neither daemon, zygote nor logger has it."""
    if it.lines is None:
        return None
    nothing_lived = "logger" in it.killed and _MAIN in it.killed
    return it.lines.lost - (it.lines.lost_of_killed if nothing_lived else 0)


def _answers(results: Results, ours: Peer) -> list[Baseline]:
    return [
        Baseline(peer.name, each.answers_s)
        for peer in results.peers
        for each in peer.survivals
        if peer.name != ours.name and each.killed == "supervisor" and each.answers_s is not None
    ]
