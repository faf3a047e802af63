"""Starting, asking, crashing and stopping N programs under one supervisor."""

import random
import signal
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import msgspec
import psutil
from msgspec import structs

from benchmarks.figures import p50
from benchmarks.processes import cpu_s, pss_mib
from benchmarks.supervisors import kin
from benchmarks.supervisors.adapter import Adapter, Site, Unsupported
from benchmarks.supervisors.results import Crashes, Measured, Spread, spread
from benchmarks.supervisors.run import START_LIMIT_S, DidNotStart, Run

T = TypeVar("T")

_STOP_LIMIT_S = 180.0
_SLOW_S = 10.0
"""A program that is not replaced within that is lost."""


class WrongStatus(Exception):
    """The supervisor does not tell what is the case."""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """How many samples are taken, and for how long."""

    settle_s: float = 1.2
    """Until what a boot or a stop set off is over; longer than every supervisor's own pause."""
    calls: int = 50
    commands: int = 5
    rate_s: float = 1.5
    crashes: int = 30
    crashes_s: float = 12.0
    """No more programs are killed after that, once there are `crashes_least` samples."""
    crashes_least: int = 10
    starts: int = 3
    starts_s: float = 10.0
    """All are stopped and started no more than once after that."""
    idle_s: float = 5.0
    log_bytes: int = 200_000_000
    ticks_s: float = 2.0
    """How long the programs write before something is killed."""
    after_kill_s: float = 1.5
    """How long nobody starts the supervisor again: longer than the helpers of those that have some wait."""
    calm_s: float = 2.0
    """Nothing has changed for so long: all that a kill set off is over."""


FULL = Effort()
QUICK = Effort(
    calls=20, commands=3, rate_s=0.5, crashes=10, crashes_s=5.0, crashes_least=5, starts=1, idle_s=2.0,
    log_bytes=40_000_000, ticks_s=1.0,
)  # fmt: skip


def less(effort: Effort) -> Effort:
    """Return the effort for numbers of programs that are not the largest."""
    return structs.replace(
        effort, crashes=10, crashes_s=5.0, crashes_least=5, starts=1, idle_s=0.0, rate_s=0.5
    )


class Stages:
    """Asks one thing after the other; what fails is noted in `errors`, and the others go on."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def ask(self, name: str, call: Callable[[], T]) -> T | None:
        """Return what `call` returns; None where there is no such thing, or it failed."""
        try:
            return call()
        except Unsupported:
            return None
        except Exception as error:  # noqa: BLE001  the rest is worth telling
            traceback.print_exception(error)
            self.errors[name] = f"{error!r}"[:300]
            return None


def measured(kind: type[Adapter], site: Site, count: int, effort: Effort) -> Measured:
    """Return what the supervisor does with `count` programs."""
    stages = Stages()
    with Run(kind, site, count) as run:
        found = Measured(programs=count, boot_s=stages.ask("boot", run.boot_s))
        if found.boot_s is not None:
            time.sleep(effort.settle_s)
            found = _asked(_at_rest(found, run, stages, effort), run, stages, effort)
            found = _moved(found, run, stages, effort)
    if kind.has_fast_mode:
        with Run(kind, site, count, fast=True) as run:
            crashes = stages.ask("crashes", lambda: _boot_and_crash(run, effort))
            found = structs.replace(found, crashes=crashes)
    return structs.replace(found, errors=stages.errors)


def _at_rest(found: Measured, run: Run, stages: Stages, effort: Effort) -> Measured:
    parts = stages.ask("processes", run.adapter.processes) or {}
    own = set[int]().union(*parts.values())
    return structs.replace(
        found,
        memory_mib={name: sum(_pss_mib(pid) for pid in pids) for name, pids in parts.items()},
        processes=len(own),
        idle_percent=stages.ask("idle", lambda: _idle_percent(own, effort.idle_s)) if effort.idle_s else None,
    )


def _asked(found: Measured, run: Run, stages: Stages, effort: Effort) -> Measured:
    return structs.replace(
        found,
        status_all_s=stages.ask("status of all", lambda: _status_all(run, effort.calls)),
        status_command_s=stages.ask("status command", lambda: _status_command(run, effort.commands)),
        status_one_per_s=stages.ask("status of one", lambda: _status_one(run, effort.rate_s)),
    )


def _moved(found: Measured, run: Run, stages: Stages, effort: Effort) -> Measured:
    if not run.adapter.has_fast_mode:
        found = structs.replace(found, crashes=stages.ask("crashes", lambda: _crashes(run, effort)))
        time.sleep(effort.settle_s)
    end = time.monotonic() + effort.starts_s
    cycles = [_cycle(run, stages, effort)]
    while cycles[-1][1] is not None and len(cycles) < effort.starts and time.monotonic() < end:
        time.sleep(effort.settle_s)
        cycles.append(_cycle(run, stages, effort))
    return structs.replace(
        found,
        stop_all_s=_median([stopped for stopped, _ in cycles]),
        start_all_s=_median([started for _, started in cycles]),
    )


def _cycle(run: Run, stages: Stages, effort: Effort) -> tuple[float | None, float | None]:
    """Stop all, then start all; return the seconds that each took."""
    stopped = stages.ask("stop all", lambda: _stop(run))
    if stopped is None:
        return None, None
    time.sleep(effort.settle_s)
    return stopped, stages.ask("start all", lambda: _start(run))


def _median(times: Sequence[float | None]) -> float | None:
    known = [each for each in times if each is not None]
    return p50(known) if known else None


def _pss_mib(pid: int) -> float:
    try:
        return pss_mib(pid)
    except (OSError, ValueError):  # it has ended meanwhile
        return 0.0


def cpu_of(pids: Collection[int]) -> float:
    """Return the processor time of processes in seconds, and of those that they waited for."""
    total = 0.0
    for pid in pids:
        with suppress(OSError, psutil.Error):
            reaped = psutil.Process(pid).cpu_times()
            total += cpu_s(pid) + reaped.children_user + reaped.children_system
    return total


def _idle_percent(pids: Collection[int], seconds: float) -> float:
    before = cpu_of(pids)
    time.sleep(seconds)
    return (cpu_of(pids) - before) / seconds * 100


def _status_all(run: Run, calls: int) -> Spread:
    told = run.adapter.status_all()
    up = sum(1 for pid in told.values() if pid is not None)
    if up != run.count:
        raise WrongStatus(f"{up} of {run.count} are told to run")
    return spread([_seconds(run.adapter.status_all) for _ in range(calls)])


def _status_command(run: Run, often: int) -> Spread:
    command = run.adapter.status_command()
    printed = run.adapter.run(command, check=False)
    for program in run.programs:
        if program.name.encode() not in printed:
            raise WrongStatus(f"{command[0]} does not tell of {program.name}: {printed[-200:]!r}")
    return spread([_seconds(lambda: run.adapter.run(command, check=False)) for _ in range(often)])


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _status_one(run: Run, seconds: float) -> float:
    run.adapter.status_one("p0")
    begun, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - begun) < seconds:
        run.adapter.status_one("p1")
        count += 1
    return count / spent


def _boot_and_crash(run: Run, effort: Effort) -> Crashes:
    run.boot_s()
    time.sleep(effort.settle_s)
    return _crashes(run, effort)


def _crashes(run: Run, effort: Effort) -> Crashes:
    """Kill different programs one by one at random moments, each for the first time."""
    times: list[float] = []
    lost = 0
    end = time.monotonic() + effort.crashes_s
    for slot in random.sample(range(run.count), min(run.count, effort.crashes)):
        if time.monotonic() > end and len(times) >= effort.crashes_least:
            break
        time.sleep(random.uniform(0.05, 0.25))
        took_s = _crash(run, slot)
        if took_s is None:
            lost += 1
        else:
            times.append(took_s)
    return Crashes(spread(times) if times else None, lost)


def _crash(run: Run, slot: int) -> float | None:
    """Kill one program; return the seconds until its replacement's first instruction, None if none came."""
    with kin.held(run.board.slot(slot).pid, run.folder) as descriptor:
        killed = time.monotonic_ns()
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    end = time.monotonic() + _SLOW_S
    while time.monotonic() < end:
        started = run.board.slot(slot)
        if started.at_ns > killed:
            return (started.at_ns - killed) / 1e9
        time.sleep(0.0005)
    return None


def _stop(run: Run) -> float:
    pids = [each.pid for each in run.board.all()]
    return kin.seconds_until_gone(pids, run.adapter.stop_all, _STOP_LIMIT_S)


def _start(run: Run) -> float:
    begun = time.monotonic_ns()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(run.adapter.start_all)
        last = run.board.wait_started(begun, START_LIMIT_S, lambda: _has_failed(asked))
        asked.result()
    if last is None:
        raise DidNotStart(f"not all of {run.count} run after {START_LIMIT_S:.0f} s")
    return (last - begun) / 1e9


def _has_failed(asked: Future[None]) -> bool:
    return asked.done() and asked.exception() is not None
