"""The logger as the daemon and the programs see it: a real process, real FIFOs, real writers."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from protoddfd.edge.logfiles import read_log
from protoddfd.edge.logger_client import Fifos, LoggerClient
from protoddfd.edge.process import ProcessRef, start_time

LIMIT_S = 20.0
RECORD = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [OELoe] .*\n")
SPEW = """
import sys
lines, tag = int(sys.argv[1]), sys.argv[2]
for i in range(lines):
    sys.stdout.write(f"{tag}{i:010d}" + "x" * (i % 200) + "\\n")
"""

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


class Logger:
    """A logger of a home, with small files; killed and started as the test likes."""

    def __init__(self, home: Path, max_bytes: int, kept: int) -> None:
        self.home = home
        self.max_bytes = max_bytes
        self.kept = kept
        self.client = self.fresh()

    def fresh(self) -> LoggerClient:
        return LoggerClient(self.home, max_bytes=self.max_bytes, kept=self.kept, limit_s=LIMIT_S)

    async def process(self) -> ProcessRef:
        pid = (await self.client.stats()).pid
        born = start_time(pid)
        assert born is not None
        return ProcessRef(pid, born)

    async def end(self, number: signal.Signals) -> None:
        process = await self.process()
        process.send(signal.SIGCONT)
        process.send(number)
        async with asyncio.timeout(LIMIT_S):
            await process.exited()
        process.close()
        await self.client.close()
        self.client = self.fresh()


@pytest.fixture
async def logger(tmp_path: Path) -> AsyncIterator[Logger]:
    logger = Logger(tmp_path, 200_000, 400)
    yield logger
    await logger.end(signal.SIGKILL)


@contextlib.contextmanager
def program(fifos: Fifos) -> Iterator[tuple[int, int]]:
    """The two ends that a program would have as its output."""
    out = os.open(fifos.stdout, os.O_RDWR)
    err = os.open(fifos.stderr, os.O_RDWR)
    try:
        yield out, err
    finally:
        os.close(out)
        os.close(err)


def raw(home: Path, app: str = "crm", slot: int = 0) -> list[bytes]:
    """Every record of an instance, oldest first; each must be whole."""
    folder = home / "logs" / app
    parts = sorted(folder.glob(f"{slot}.log.*"), key=lambda path: -int(path.name.rpartition(".")[2]))
    records = b"".join(part.read_bytes() for part in [*parts, folder / f"{slot}.log"]).splitlines(
        keepends=True
    )
    assert all(RECORD.fullmatch(record) for record in records)
    return records


def texts(home: Path, app: str = "crm", slot: int = 0) -> list[bytes]:
    return [record[27:-1] for record in raw(home, app, slot)]


async def spew(fifos: Fifos, lines: int, tag: str) -> asyncio.subprocess.Process:
    with program(fifos) as (out, err):
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", SPEW, str(lines), tag, stdout=out, stderr=err
        )


def spewed(lines: int, tag: str) -> list[bytes]:
    return [f"{tag}{i:010d}".encode() + b"x" * (i % 200) for i in range(lines)]


async def test_lines_of_both_streams_are_stamped_and_read_back(logger: Logger) -> None:
    fifos = await logger.client.add("crm", 0)
    assert fifos.stdout.stat().st_mode & 0o777 == 0o600
    with program(fifos) as (out, err):
        os.write(out, "one\ntwo é\n".encode())
        await logger.client.flush("crm", 0)
        os.write(err, b"three\n")
        await logger.client.flush("crm", 0)
    records = read_log(logger.home, "crm")
    assert [(r.stream, r.instance, r.text) for r in records] == [
        ("out", 0, "one"),
        ("out", 0, "two é"),
        ("err", 0, "three"),
    ]
    assert (logger.home / "run" / "logger.sock").stat().st_mode & 0o777 == 0o600


async def test_no_line_is_lost_or_split_over_rotations_with_writers_at_speed(logger: Logger) -> None:
    lines = 40_000
    writers = [await spew(await logger.client.add("crm", slot), lines, f"w{slot}-") for slot in range(3)]
    async with asyncio.timeout(LIMIT_S):
        assert [await writer.wait() for writer in writers] == [0, 0, 0]
    await logger.client.flush()
    for slot in range(3):
        assert texts(logger.home, "crm", slot) == spewed(lines, f"w{slot}-")
    files = list((logger.home / "logs" / "crm").iterdir())
    assert len(files) > 30
    assert max(file.stat().st_size for file in files) <= logger.max_bytes


async def test_a_killed_logger_loses_and_repeats_nothing(logger: Logger) -> None:
    lines = 150_000
    fifos = await logger.client.add("crm", 0)
    with program(fifos):  # the daemon's child holds the pipe for as long as it lives
        writer = await spew(fifos, lines, "w")
        for _ in range(8):
            before = (await logger.client.stats()).streams[0].bytes
            async with asyncio.timeout(LIMIT_S):
                while writer.returncode is None:
                    if (await logger.client.stats()).streams[0].bytes > before + 300_000:
                        break
            await logger.end(signal.SIGKILL)
            await logger.client.connect()
        async with asyncio.timeout(LIMIT_S):
            assert await writer.wait() == 0
        await logger.client.flush()
    assert texts(logger.home) == spewed(lines, "w")


async def test_an_unfinished_line_survives_the_logger(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        os.write(out, b"first half, ")
        async with asyncio.timeout(LIMIT_S):
            while not any(stream.bytes for stream in (await logger.client.stats()).streams):
                continue
        await logger.end(signal.SIGKILL)
        await logger.client.connect()
        os.write(out, b"second half\n")
        await logger.client.flush()
    assert texts(logger.home) == [b"first half, second half"]


async def test_what_was_written_while_no_logger_ran_is_drained_by_the_next(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, err):
        await logger.end(signal.SIGKILL)
        os.write(out, b"alone\n")
        os.write(err, b"with an error\n")
        await logger.client.connect()
        await logger.client.flush()
    assert sorted(texts(logger.home)) == [b"alone", b"with an error"]


async def test_sigterm_drains_the_fifos_before_the_end(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        process = await logger.process()
        process.send(signal.SIGSTOP)
        os.write(out, b"".join(b"line %d\n" % i for i in range(5000)) + b"end")
        process.close()
        await terminate(process.pid)
        await logger.client.close()
        logger.client = logger.fresh()
    assert texts(logger.home) == [b"line %d" % i for i in range(5000)] + [b"end"]


async def test_a_stopped_logger_makes_a_program_wait_and_costs_no_line(logger: Logger) -> None:
    fifos = await logger.client.add("crm", 0)
    with program(fifos) as (out, _):
        process = await logger.process()
        process.send(signal.SIGSTOP)
        os.set_blocking(out, False)
        filled = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                filled += os.write(out, b"x" * 99 + b"\n")
        process.send(signal.SIGCONT)
        process.close()
        await logger.client.flush()
    assert filled >= 60_000
    assert texts(logger.home) == [b"x" * 99] * (filled // 100)


async def test_a_last_line_without_newline_is_written_after_a_second(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        os.write(out, b"whole\nPassword: ")
        async with asyncio.timeout(LIMIT_S):
            while len(read_log(logger.home, "crm")) < 2:
                await logger.client.stats()
    assert [record[25:] for record in raw(logger.home)] == [b"O whole\n", b"o Password: \n"]


async def test_a_line_longer_than_64_kib_is_cut_and_nothing_of_it_lost(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        await asyncio.to_thread(os.write, out, b"y" * 150_000 + b"\nnext\n")
        await logger.client.flush()
    found = texts(logger.home)
    assert b"".join(found[:-1]) == b"y" * 150_000
    assert found[-1] == b"next"


async def test_a_removed_instance_keeps_its_logs_and_loses_its_fifos(logger: Logger) -> None:
    fifos = await logger.client.add("crm", 0)
    await logger.client.add("crm", 0)
    with program(fifos) as (out, _):
        os.write(out, b"last words")
        await logger.client.remove("crm", 0)
    assert not fifos.stdout.exists()
    assert not fifos.stderr.exists()
    assert texts(logger.home) == [b"last words"]
    assert (await logger.client.stats()).streams == []


@pytest.mark.parametrize("app", ["../evil", "", ".hidden", "a\0b", "n" * 300])
async def test_a_name_that_is_no_file_name_is_refused(logger: Logger, app: str) -> None:
    with pytest.raises(ValueError, match="name"):
        await logger.client.add(app, 0)
    assert (await logger.client.stats()).streams == []


async def test_nonsense_on_the_control_socket_is_answered_and_survived(logger: Logger) -> None:
    await logger.client.connect()
    reader, writer = await asyncio.open_unix_connection(logger.home / "run" / "logger.sock")
    for line in (b"{", b"[]", b'{"do": "dance"}', b'{"do": "add"}', b"[" * 5000):
        writer.write(line + b"\n")
        async with asyncio.timeout(LIMIT_S):
            assert (await reader.readline()).startswith(b'{"ok": false')
    writer.close()
    await writer.wait_closed()
    assert (await logger.client.stats()).streams == []


async def test_moved_files_are_left_alone_after_reopen(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        os.write(out, b"before\n")
        await logger.client.flush()
        path = logger.home / "logs" / "crm" / "0.log"
        path.rename(path.with_name("moved"))
        await logger.client.reopen()
        os.write(out, b"after\n")
        await logger.client.flush()
    assert texts(logger.home) == [b"after"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
async def test_a_full_disk_blocks_no_program_and_the_gap_is_counted(tmp_path: Path) -> None:
    small = tmp_path / "logs"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(small)], check=True)  # noqa: ASYNC221
    logger = Logger(tmp_path, 10_000_000, 5)
    try:
        fifos = await logger.client.add("crm", 0)
        lines = 30_000
        async with asyncio.timeout(LIMIT_S):
            assert await (await spew(fifos, lines, "w")).wait() == 0
        await logger.client.flush()
        dropped = (await logger.client.stats()).streams[0].dropped
        assert 0 < dropped < lines
        os.truncate(small / "crm" / "0.log", 0)
        await logger.client.reopen()
        async with asyncio.timeout(LIMIT_S):
            while not any(record.stream == "log" for record in read_log(tmp_path, "crm")):
                await logger.client.stats()
        with program(fifos) as (out, _):
            os.write(out, b"recovered\n")
            await logger.client.flush()
        note, last = read_log(tmp_path, "crm")
        assert note.text == f"{dropped} lines dropped: No space left on device"
        assert last.text == "recovered"
    finally:
        await logger.end(signal.SIGKILL)
        subprocess.run(["umount", str(small)], check=True)  # noqa: ASYNC221


async def terminate(pid: int) -> None:
    born = start_time(pid)
    assert born is not None
    process = ProcessRef(pid, born)
    process.send(signal.SIGTERM)
    process.send(signal.SIGCONT)
    async with asyncio.timeout(LIMIT_S):
        await process.exited()
    process.close()
