"""SIGKILL of the supervisor's processes: who lives, and what becomes of them when it is started again.

Programs whose output is taken write numbered lines all the while, and count them themselves.
"""

import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from subprocess import CalledProcessError

import msgspec

from benchmarks.bench import say
from benchmarks.supervisors import kin
from benchmarks.supervisors.adapter import Adapter, Program, Site, wait_for
from benchmarks.supervisors.board import Board, Counts, Start
from benchmarks.supervisors.measure import Effort
from benchmarks.supervisors.results import Lines, Survival
from benchmarks.supervisors.run import Run

PERIOD_MS = 100
_HEAL_LIMIT_S = 15.0
_CALM_LIMIT_S = 40.0
_DRAINED_S = 1.0
_LOOK_S = 0.25
_COUNTS = "counts"
_LINE = re.compile(rb"(\d{10}) (\d{10})$")


class Killed(msgspec.Struct, frozen=True):
    """What was there before the kill, and what of it lived; the time is monotonic seconds."""

    processes: frozenset[int]
    """Those of the supervisor that were killed."""
    old: frozenset[int]
    """The programs' processes before the kill."""
    victim: Start
    """The program that was killed too, before that."""
    at: float
    alive: int | None = None
    """Of the old. None: the supervisor itself was not killed, nothing waited for its next start."""
    replaced_meanwhile: bool | None = None


def survival(kind: type[Adapter], site: Site, count: int, parts: Sequence[str], effort: Effort) -> Survival:
    """Return what becomes of `count` programs when `parts` of the supervisor are killed together."""
    with Run(kind, site, count, tickers if kind.captures else None) as run:
        run.boot_s()
        time.sleep(effort.ticks_s)
        killed = _kill(run, parts, effort.after_kill_s)
        answers_s = _made_whole(run, parts, killed)
        wait_calm(lambda: (run.adapter.running(), run.board.all()), effort.calm_s)
        lines = _lines(run, killed.victim.pid) if kind.captures else None
        found = _found(run, parts, killed, answers_s, lines)
    return msgspec.structs.replace(found, verdict=verdict(found))


def tickers(site: Site, board: Board) -> list[Program]:
    """Return programs that write a line every `PERIOD_MS`, one for each slot of the board."""
    counts = Counts(board.path.with_name(_COUNTS))
    program, period = str(site.programs / "ticker"), str(PERIOD_MS)
    return [
        Program(f"p{slot}", (program, str(board.path), str(slot), str(counts.path), period))
        for slot in range(len(board.all()))
    ]


def _kill(run: Run, parts: Sequence[str], after_s: float) -> Killed:
    """Kill `parts`, then one program: at once, or, where nothing looks after it, `after_s` later."""
    adapter = run.adapter
    slot = run.count - 1  # of the program that is killed too; its helper, where it has one, lives
    old, victim = frozenset(adapter.running()), run.board.slot(slot)
    processes = [pid for part in parts for pid in sorted(adapter.victims(part))]
    adapter.kill(processes)
    killed = Killed(processes=frozenset(processes), old=old, victim=victim, at=time.monotonic())
    if adapter.main not in parts:
        kin.kill(victim.pid, run.folder)
        return killed
    time.sleep(after_s)
    alive = len(old & set(adapter.running()))
    with suppress(ProcessLookupError):
        kin.kill(victim.pid, run.folder)
    time.sleep(after_s)
    return msgspec.structs.replace(
        killed, alive=alive, replaced_meanwhile=run.board.slot(slot).pid != victim.pid
    )


def _made_whole(run: Run, parts: Sequence[str], killed: Killed) -> float | None:
    """Start what was killed again, or wait until that is done; return the seconds, None where it failed."""
    begun = killed.at
    try:
        if run.adapter.main in parts:
            begun = time.monotonic()
            run.adapter.start_supervisor()
            run.adapter.wait_ready()
            wait_for(lambda: len(run.adapter.status_all()) == run.count, _HEAL_LIMIT_S)
        else:
            wait_for(lambda: _is_whole(run.adapter, parts, killed), _HEAL_LIMIT_S)
    except (TimeoutError, OSError, CalledProcessError) as error:
        say(f"{run.adapter.name}: not whole again: {error}")
        return None
    return time.monotonic() - begun


def _is_whole(adapter: Adapter, parts: Sequence[str], killed: Killed) -> bool:
    now = [adapter.victims(part) for part in parts]
    return all(pids and not pids & killed.processes for pids in now)


def wait_calm(look: Callable[[], object], calm_s: float, limit_s: float = _CALM_LIMIT_S) -> None:
    """Wait until `look` has returned the same for `calm_s`, at most `limit_s`."""
    end = time.monotonic() + limit_s
    seen, since = look(), time.monotonic()
    while time.monotonic() - since < calm_s and time.monotonic() < end:
        time.sleep(_LOOK_S)
        now = look()
        if now != seen:
            seen, since = now, time.monotonic()


def _found(
    run: Run, parts: Sequence[str], killed: Killed, answers_s: float | None, lines: Lines | None
) -> Survival:
    running = run.adapter.running()
    often = Counter(running.values())
    kept = killed.old & set(running) - {killed.victim.pid}
    return Survival(
        killed=", ".join(parts),
        programs=run.count,
        alive=len(kept) + 1 if killed.alive is None else killed.alive,
        replaced_meanwhile=killed.replaced_meanwhile,
        answers_s=answers_s,
        kept=len(kept),
        anew=len(set(running) - killed.old),
        doubles=sum(1 for number in often.values() if number > 1),
        missing=run.count - len(often),
        restarts=run.board.slot(run.count - 1).starts - killed.victim.starts,
        told_right=_told_right(run, running),
        lines=lines,
        said=run.said(),
    )


def _told_right(run: Run, running: Mapping[int, str]) -> int | None:
    try:
        told = run.adapter.status_all()
    except Exception as error:  # noqa: BLE001  every protocol has errors of its own
        say(f"{run.adapter.name}: no status: {error!r}")
        return None
    if not any(told.values()):  # it tells no processes
        return None
    return sum(1 for name, pid in told.items() if pid and running.get(pid) == name)


def _lines(run: Run, victim: int) -> Lines:
    """Halt the programs, and return what became of all that they wrote."""
    for pid in run.adapter.running():
        with suppress(ProcessLookupError), kin.held(pid, run.folder) as descriptor:
            signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
    wait_calm(lambda: [file.stat().st_size for file in _files(run)], _DRAINED_S)
    written = Counts(run.folder / _COUNTS).by_pid()
    records = chain.from_iterable(file.read_bytes().splitlines() for file in _files(run))
    return account(written, map(run.adapter.text_of, records), victim)


def _files(run: Run) -> list[Path]:
    return [file for program in run.programs for file in run.adapter.log_files(program.name)]


def account(written: Mapping[int, int], texts: Iterable[bytes], killed: int) -> Lines:
    """Return what became of the lines that each process counted, given what stands in the files."""
    seen: dict[int, set[int]] = {pid: set() for pid in written}
    twice = 0
    for text in texts:
        found = _LINE.match(text)
        if found is None:
            continue
        numbers, number = seen.setdefault(int(found[1]), set()), int(found[2])
        twice += number in numbers
        numbers.add(number)
    lost = {pid: count - sum(1 for each in seen[pid] if each < count) for pid, count in written.items()}
    return Lines(
        written=sum(written.values()),
        lost=sum(lost.values()),
        lost_of_killed=lost.get(killed, 0),
        twice=twice,
    )


def verdict(found: Survival) -> str:
    """Return in words what became of the programs."""
    if not found.alive:
        return "the programs die with it"
    if found.doubles:
        return "they live on, and are started a second time"
    if found.missing:
        return "they live on, and one that dies is not replaced"
    if not found.kept:
        return "they live on, and are then ended and started anew"
    if found.told_right not in (None, found.programs):
        return "they live on, and are lost sight of"
    return "they live on, and are looked after"
