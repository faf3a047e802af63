"""One program writes as fast as it can: how fast all of it is in files, and whether every line is."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.supervisors.adapter import Adapter, Program, Site, wait_for
from benchmarks.supervisors.board import Board
from benchmarks.supervisors.measure import Effort, cpu_of
from benchmarks.supervisors.results import Logged
from benchmarks.supervisors.run import Run

LINE_BYTES = 100
_NUMBER_BYTES = 10
_POLL_S = 0.005
_STUCK_S = 5.0
"""When nothing has grown for that long, no more comes."""
_TAIL_BYTES = 400


class InFiles(msgspec.Struct, frozen=True):
    """What stands in the files: different whole lines, lines cut at a file's end, and whether in order."""

    found: int
    split: int
    in_order: bool


def logged(kind: type[Adapter], site: Site, effort: Effort) -> Logged:
    """Return how one program's output gets into files."""
    count = effort.log_bytes // LINE_BYTES

    def spew(site: Site, board: Board) -> list[Program]:
        return [Program("spew", (str(site.programs / "spew"), str(board.path), "0", str(count)))]

    with Run(kind, site, 2, spew) as run:
        run.adapter.configure(run.programs)
        for file in run.adapter.log_files("spew"):  # one that configures by running the program once
            file.unlink()
        begun = time.monotonic_ns()
        run.adapter.start_supervisor()
        wait_for(lambda: run.board.slot(0).at_ns > begun)
        ended, cpu = _wait_written(run, count)
        seconds = ended - run.board.slot(0).at_ns / 1e9
        files = run.adapter.log_files("spew")
        lines = read_lines(files, run.adapter.text_of)
    return Logged(
        mb_per_s=count * LINE_BYTES / 1e6 / seconds,
        seconds=seconds,
        cpu_s=cpu,
        files=len(files),
        lines=count,
        lost=count - lines.found,
        split=lines.split,
        in_order=lines.in_order,
    )


def _wait_written(run: Run, count: int) -> tuple[float, float]:
    """Wait until the last line stands in a file; return when it did (monotonic seconds), and the CPU seconds.

    Where it never comes, the time is that at which the files grew last.
    """
    last = b"%0*d" % (_NUMBER_BYTES, count - 1)
    own = run.adapter.own()
    before = cpu_of(own)
    size, grown = 0, time.monotonic()
    while time.monotonic() - grown < _STUCK_S:
        files = run.adapter.log_files("spew")
        now = sum(_size(file) for file in files)
        if now != size:
            size, grown = now, time.monotonic()
            if files and last in _tail(files[-1]):
                break
        time.sleep(_POLL_S)
    return grown, cpu_of(own) - before


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # renamed at this moment
        return 0


def _tail(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, _size(file) - _TAIL_BYTES))
            return stream.read()
    except FileNotFoundError:
        return b""


def read_lines(files: Sequence[Path], text_of: Callable[[bytes], bytes]) -> InFiles:
    """Return what stands in `files`, oldest first; `text_of` takes off what is not the program's."""
    numbers: set[int] = set()
    in_order, last, split, rest, line = True, -1, 0, b"", b""
    for record in _records(files):
        if not record.endswith(b"\n"):  # it goes on in the next file
            split, rest = split + 1, rest + record
            continue
        text, rest = text_of(rest + record), b""
        line = text if line.endswith(b"\n") else line + text  # else it goes on in another record
        if len(line) == LINE_BYTES and line[:_NUMBER_BYTES].isdigit():
            number = int(line[:_NUMBER_BYTES])
            in_order, last = in_order and number > last, number
            numbers.add(number)
    return InFiles(len(numbers), split, in_order)


def _records(files: Sequence[Path]) -> Iterable[bytes]:
    for file in files:
        with file.open("rb") as stream:
            yield from stream
