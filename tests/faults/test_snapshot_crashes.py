"""A kill at any system call of a write of the state file, or a failure of any, loses no state.

Every call is found by tracing one undisturbed write; then each one in turn is struck by strace's fault
injection, in a process of its own.
"""

import errno
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count, product
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from protoddfd.edge import snapshot

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
LIMIT_S = 20.0

CALL = re.compile(r"^([a-z0-9_]+)\(")
MARKER = "getpgid"
ERRORS = (
    errno.EIO, errno.ENOSPC, errno.EROFS, errno.EINTR, errno.EACCES, errno.EPERM, errno.EMFILE, errno.EDQUOT,
    errno.ENOMEM,
)  # fmt: skip
FEW_ERRORS = (errno.EIO, errno.ENOSPC)

OLDER = tuple(b'{"seq":%d}' % number for number in range(5))
OLD, NEW, NEWER = (b'{"seq":%d}' % number for number in (5, 6, 7))


class Call(NamedTuple):
    """The `number`th call (the first is 1) of one kind, and maybe more; `error` None stands for a kill."""

    kind: str
    number: int
    error: int | None = None
    times: int = 1

    @property
    def injection(self) -> str:
        what = "signal=SIGKILL" if self.error is None else f"error={errno.errorcode[self.error]}"
        return f"inject={self.kind}:{what}:when={self.number}..{self.number + self.times - 1}"


class Outcome(NamedTuple):
    ending: str
    calls: list[Call]
    """Those of the action itself, numbered from the start of the process."""
    struck: bool


class Victims:
    """Processes that touch a state file while strace watches them."""

    def __init__(self, scratch: Path, stack: ExitStack) -> None:
        self.scratch = scratch
        self.folders = (scratch / f"case-{number}" for number in count())
        self._said = b""
        self._server = stack.enter_context(
            subprocess.Popen(
                [sys.executable, str(HERE / "snapshot_victim.py"), str(scratch)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
            )
        )
        stack.callback(self._server.kill)

    def run(self, action: str, call: Call | None = None) -> Outcome:
        """Let a process do `action`, with a fault at `call`."""
        pid = int(self._ask(action))
        log = self.scratch / "strace.log"
        injection = ["-e", call.injection] if call else []
        command = ["strace", "-p", str(pid), "-o", str(log), "-e", "trace=all", *injection]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr is not None
            said = tracer.stderr.readline()
            os.kill(pid, signal.SIGUSR1)
            ending = self._answer()
            tracer.communicate(timeout=LIMIT_S)
        if "attached" not in said:
            pytest.skip(f"strace cannot trace here: {said.strip()}")
        text = log.read_text(encoding="utf-8", errors="replace")
        return Outcome(ending, calls_between_markers(text), "INJECTED" in text or "killed by SIGKILL" in text)

    def count_until_killed(self, path: Path, first: int, writes: int, delay_s: float) -> int:
        """Let a process write numbers, kill it some time after so many; return the last that it said."""
        pid = int(self._ask(f"count {path} {first}"))
        os.kill(pid, signal.SIGUSR1)
        for _ in range(writes):
            said = self._answer()
        due = time.perf_counter() + delay_s
        while time.perf_counter() < due:
            pass
        os.kill(pid, signal.SIGKILL)
        while (answer := self._answer()) != f"signal {signal.SIGKILL}":
            assert answer.isdigit(), answer
            said = answer
        return int(said)

    def _ask(self, line: str) -> str:
        assert self._server.stdin is not None
        self._server.stdin.write(line.encode() + b"\n")
        self._server.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._server.stdout is not None
        while b"\n" not in self._said:
            readable, _, _ = select.select([self._server.stdout], [], [], LIMIT_S)
            assert readable, "the process does not end"
            self._said += os.read(self._server.stdout.fileno(), 4096)
        line, _, self._said = self._said.partition(b"\n")
        return line.decode()


def calls_between_markers(log: str) -> list[Call]:
    made: dict[str, int] = {}
    calls: list[Call] = []
    for line in log.splitlines():
        found = CALL.match(line)
        if found is None:
            continue
        kind = found[1]
        made[kind] = made.get(kind, 0) + 1
        if made.get(MARKER) == 1 and kind != MARKER:
            calls.append(Call(kind, made[kind]))
    return calls


@pytest.fixture
def untraced(tmp_path: Path) -> Iterator[Victims]:
    with ExitStack() as stack:
        yield Victims(tmp_path, stack)


@pytest.fixture
def victims(untraced: Victims) -> Victims:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    return untraced


# What may be there before a write, and what must hold after it ------------------------------------------


def one_file(path: Path) -> None:
    snapshot.write(path, OLD)


def all_generations(path: Path) -> None:
    for data in (*OLDER, OLD):
        snapshot.write(path, data)


def damaged_current(path: Path) -> None:
    all_generations(path)
    path.write_bytes(b"garbage")


def killed_before_its_rename(path: Path) -> None:
    all_generations(path)
    first = path.with_name("state.json.1")
    first.unlink()
    first.hardlink_to(path)
    path.with_name("state.json.new").write_bytes(b"half")


Before = Callable[[Path], None]


def good_contents(path: Path) -> set[bytes]:
    """Return what can be had from all files there are, the newest or not."""
    found: set[bytes] = set()
    for each in path.parent.glob("state.json*"):
        try:
            found.add(snapshot.unpack(each.read_bytes()))
        except snapshot.Damaged:
            continue
    return found


def readable(path: Path) -> bytes | None:
    """Return what a daemon that starts now would have; the folder is left as it is."""
    look = path.parent.with_name(path.parent.name + "-look")
    shutil.copytree(path.parent, look, symlinks=True)
    data = snapshot.read(look / path.name).data
    shutil.rmtree(look)
    return data


def pushed_out(path: Path) -> set[bytes]:
    """Return the content that a write may push out: the oldest, if there is no gap among the generations."""
    kept = [path.with_name(f"{path.name}.{number}") for number in range(1, snapshot.GENERATIONS + 1)]
    if not all(each.exists() for each in kept) or kept[0].samefile(path):
        return set()
    return {snapshot.unpack(kept[-1].read_bytes())}


def check_write(path: Path, outcome: Outcome, before: set[bytes], former: bytes) -> None:
    """Check that `former` or NEW is there, and of what was there `before` and was to stay, all."""
    now = readable(path)
    assert now in (former, NEW), "neither old nor new"
    assert now == NEW or outcome.ending != "done", "it said done and was not"
    assert former in good_contents(path), "the former content is gone"
    assert good_contents(path) >= before, "a generation is gone that was not the last"
    snapshot.write(path, NEWER)
    assert snapshot.read(path).data == NEWER, "it does not recover"


def ended_well(outcome: Outcome, call: Call | None) -> bool:
    """Tell whether the process ended as the fault lets it, with no descriptor left open.

    A close(2) that strace fails is not made at all, where a true one closes and fails.
    """
    if call is not None and call.error is None:
        return outcome.ending == f"signal {signal.SIGKILL}"
    closes = call is not None and call.kind == "close"
    return (
        outcome.ending == "done"
        or outcome.ending.startswith("errno")
        or (closes and outcome.ending == "leaked")
    )


def strike_write(victims: Victims, start: Before, call: Call | None) -> Outcome:
    folder = next(victims.folders)
    folder.mkdir()
    path = folder / "state.json"
    start(path)
    before, former = good_contents(path) - pushed_out(path), readable(path)
    assert former is not None
    outcome = victims.run(f"write {path} {NEW.decode()}", call)
    assert ended_well(outcome, call), outcome.ending
    check_write(path, outcome, before, former)
    shutil.rmtree(folder)
    return outcome


def strike_all(victims: Victims, start: Before, errors: tuple[int, ...]) -> int:
    """Strike every call of a write by a kill and by each of `errors`; return the number of cases."""
    calls = strike_write(victims, start, None).calls
    assert len(calls) >= 10, calls
    cases = [call._replace(error=error) for call, error in product(calls, (None, *errors))]
    for case in cases:
        try:
            outcome = strike_write(victims, start, case)
        except AssertionError as error:
            raise AssertionError(f"{case}: {error}") from error
        assert outcome.struck, f"{case} was never made"
    return len(cases)


def report(kind: str, tried: int) -> None:
    sys.stdout.write(f"\n{kind}: {tried} cases tried, 0 lost\n")


# The tests ----------------------------------------------------------------------------------------------


def test_a_write_struck_at_any_system_call_leaves_the_old_or_the_new(victims: Victims) -> None:
    report("write struck", strike_all(victims, all_generations, FEW_ERRORS))


@pytest.mark.long
@pytest.mark.parametrize("start", [one_file, all_generations, damaged_current, killed_before_its_rename])
def test_a_write_struck_by_any_error_from_any_state_leaves_the_old_or_the_new(
    victims: Victims, start: Before
) -> None:
    report(f"write struck, {start.__name__}", strike_all(victims, start, ERRORS))


@pytest.mark.long
def test_two_writes_struck_one_after_the_other_leave_the_old_or_the_new(victims: Victims) -> None:
    calls = strike_write(victims, all_generations, None).calls
    faults = [call._replace(error=error) for call, error in product(calls, (None, errno.EIO))]
    tried = 0
    for first in faults:

        def struck_before(path: Path, first: Call = first) -> None:
            all_generations(path)
            victims.run(f"write {path} {OLD.decode()}", first)

        for second in strike_write(victims, struck_before, None).calls:
            strike_write(victims, struck_before, second)
            tried += 1
    report("two writes struck", tried)


def strike_read(victims: Victims, errors: tuple[int, ...]) -> int:
    """Strike every call of a read that sets a damaged file aside; return the number of cases."""

    def prepared() -> Path:
        path = next(victims.folders) / "state.json"
        path.parent.mkdir()
        damaged_current(path)
        return path

    calls = victims.run(f"read {prepared()}").calls
    assert any(call.kind.startswith("rename") for call in calls)
    cases = [call._replace(error=error) for call, error in product(calls, (None, *errors))]
    for case in cases:
        path = prepared()
        outcome = victims.run(f"read {path}", case)
        assert ended_well(outcome, case), f"{case}: {outcome.ending}"
        assert {OLDER[-1], *OLDER[2:]} <= good_contents(path), f"{case}: a good generation is gone"
        assert snapshot.read(path).data is not None, case
        shutil.rmtree(path.parent)
    return len(cases)


def test_a_read_struck_at_any_system_call_loses_no_good_generation(victims: Victims) -> None:
    report("read struck", strike_read(victims, FEW_ERRORS))


@pytest.mark.long
def test_a_read_struck_by_any_error_loses_no_good_generation(victims: Victims) -> None:
    report("read struck", strike_read(victims, ERRORS))


def test_a_file_that_the_disk_has_lost_is_set_aside_and_the_one_before_it_used(victims: Victims) -> None:
    path = next(victims.folders) / "state.json"
    path.parent.mkdir()
    all_generations(path)
    first = next(call for call in victims.run(f"read {path}").calls if call.kind == "read")
    outcome = victims.run(f"read {path}", first._replace(error=errno.EIO, times=2))
    assert outcome.ending == "done"
    assert path.with_name("state.json.damaged-1").exists()
    assert snapshot.read(path).data == OLDER[-1]


def storm(victims: Victims, kills: int) -> None:
    """Kill a process that writes without a pause, so many times; each time what it said must be there."""
    random = Random(20261)
    path = victims.scratch / "state.json"
    now = 0
    for kill in range(kills):
        said = victims.count_until_killed(path, now + 1, random.randint(1, 3), random.uniform(0, 0.004))
        found = snapshot.read(path)
        assert found.data is not None
        assert not found.quarantined
        now = int(found.data)
        assert now in (said, said + 1), f"kill {kill}: {said} was said to be stored, {now} is"
    report("kills while writing", kills)


def test_no_write_is_lost_by_kills_while_writing(untraced: Victims) -> None:
    storm(untraced, 50)


@pytest.mark.long
def test_a_thousand_kills_while_writing_lose_no_write(untraced: Victims) -> None:
    storm(untraced, 1000)
