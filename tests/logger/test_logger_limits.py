"""What rotation, age and quota remove is counted to the line, whatever happens to the logger."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from logger_harness import FREE, Logger, ended, files, program, running, spew, spewed, taken, texts, until

from protoddfd.edge.logfiles import read_counts, read_log
from protoddfd.logger.messages import Limits

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

SMALL = Limits(max_bytes=50_000, kept=3, max_age_s=0, quota_bytes=0)
HOUR_S = 3600.0


@pytest.fixture
async def logger(tmp_path: Path) -> AsyncIterator[Logger]:
    async with running(tmp_path) as logger:
        yield logger


def numbered(tag: str, start: int, end: int) -> bytes:
    return b"".join(f"{tag}{number:06d}\n".encode() for number in range(start, end))


def aged(path: Path, age_s: float) -> None:
    os.utime(path, (time.time() - age_s,) * 2)


async def test_every_line_that_rotation_removes_is_counted(tmp_path: Path) -> None:
    async with running(tmp_path, SMALL) as logger:
        assert await ended(await spew(await logger.client.add("crm", 0), 20_000, "w")) == 0
        await logger.client.flush()
        await logger.client.sweep("crm")
        left = texts(tmp_path)
        counts = await logger.client.counts("crm")
    assert len(files(tmp_path)) == 4
    assert left == spewed(20_000, "w")[-len(left) :]
    assert (counts.discarded, counts.dropped) == (20_000 - len(left), 0)


async def test_the_count_is_exact_after_many_kills(tmp_path: Path) -> None:
    lines = 100_000
    async with running(tmp_path, SMALL) as logger:
        fifos = await logger.client.add("crm", 0)
        with program(fifos):
            writer = await spew(fifos, lines, "w")
            for _ in range(12):
                await taken(logger, 100_000, writer)
                await logger.kill()
            assert await ended(writer) == 0
            await logger.client.flush()
        await logger.client.sweep("crm")
        left = texts(tmp_path)
        counts = await logger.client.counts("crm")
    assert left == spewed(lines, "w")[-len(left) :]
    assert counts.discarded == lines - len(left)
    assert read_counts(tmp_path, "crm") == counts


async def test_the_quota_takes_the_oldest_files_of_all_instances(tmp_path: Path) -> None:
    limits = Limits(max_bytes=70_000, kept=1000, max_age_s=0, quota_bytes=400_000)
    written = {0: 0, 1: 0}
    async with running(tmp_path, limits) as logger:
        fifos = {slot: await logger.client.add("crm", slot) for slot in written}
        for slot, count in ((0, 4000), (1, 4000), (0, 500), (1, 500), (0, 4000)):
            with program(fifos[slot]) as (out, _):
                await asyncio.to_thread(
                    os.write, out, numbered(f"s{slot}-", written[slot], written[slot] + count)
                )
            written[slot] += count
            await logger.client.flush()
            await logger.client.sweep("crm")
            assert (
                sum(file.stat().st_size for slot in written for file in files(tmp_path, "crm", slot))
                <= 400_000
            )
        counts = await logger.client.counts("crm")
    left = {slot: texts(tmp_path, "crm", slot) for slot in written}
    for slot, count in written.items():
        assert left[slot] == numbered(f"s{slot}-", 0, count).splitlines()[-len(left[slot]) :]
    assert counts.discarded == sum(written.values()) - sum(map(len, left.values())) > 0
    assert len(left[1]) < written[1]
    assert len(left[0]) < written[0]


async def test_files_that_are_too_old_are_removed_and_counted(tmp_path: Path) -> None:
    async with running(tmp_path, FREE._replace(max_bytes=30_000)) as logger:
        with program(await logger.client.add("crm", 0)) as (out, _):
            await asyncio.to_thread(os.write, out, numbered("w", 0, 4000))
            await logger.client.flush()
        before = files(tmp_path)
        for old in before[:2]:
            aged(old, 3 * HOUR_S)
        await logger.client.configure(FREE._replace(max_age_s=2 * HOUR_S))
        await logger.client.sweep("crm")
        assert files(tmp_path) == before[2:]
        counts = await logger.client.counts("crm")
        assert counts.discarded == 4000 - len(texts(tmp_path))


async def test_the_log_of_an_instance_that_has_gone_ages_too(logger: Logger) -> None:
    for slot in (0, 7):
        with program(await logger.client.add("crm", slot)) as (out, _):
            os.write(out, numbered("w", 0, 100))
            await logger.client.flush()
    await logger.client.remove("crm", 7)
    aged(logger.home / "logs" / "crm" / "7.log", 3 * HOUR_S)
    await logger.client.configure(FREE._replace(max_age_s=2 * HOUR_S))
    await logger.client.sweep("crm")
    assert files(logger.home, "crm", 7) == []
    assert len(texts(logger.home)) == 100
    assert (await logger.client.counts("crm")).discarded == 100


async def test_a_file_that_nothing_is_written_to_any_more_ages_with_its_lines(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        os.write(out, numbered("w", 0, 100))
        await logger.client.flush()
        aged(logger.home / "logs" / "crm" / "0.log", 3 * HOUR_S)
        await logger.client.configure(FREE._replace(max_age_s=2 * HOUR_S))
        await logger.client.sweep("crm")
        assert texts(logger.home) == []
        os.write(out, b"still here\n")
        await logger.client.flush()
    assert texts(logger.home) == [b"still here"]
    assert (await logger.client.counts("crm")).discarded == 100


async def test_a_file_is_put_aside_when_its_first_line_is_old(logger: Logger) -> None:
    folder = logger.home / "logs" / "crm"
    folder.mkdir(parents=True)
    (folder / "0.log").write_bytes(b"2020-01-01T00:00:00.000Z O long ago\n")
    with program(await logger.client.add("crm", 0)) as (out, _):
        await logger.client.configure(FREE._replace(max_age_s=2 * HOUR_S, kept=2))
        await logger.client.sweep("crm")
        os.write(out, b"now\n")
        await logger.client.flush()
    assert [file.name for file in files(logger.home)] == ["0.000001.log", "0.log"]
    assert texts(logger.home) == [b"long ago", b"now"]


async def test_other_limits_hold_at_once_and_for_the_next_logger(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        await asyncio.to_thread(os.write, out, numbered("w", 0, 10_000))
        await logger.client.flush()
        assert len(files(logger.home)) == 2
        await logger.client.configure(SMALL)
        logger.limits = SMALL
        await asyncio.to_thread(os.write, out, numbered("w", 10_000, 20_000))
        await logger.client.flush()
        await logger.client.sweep("crm")
        assert [file.stat().st_size <= 50_000 for file in files(logger.home)] == [True] * 4
        await logger.kill()
        await asyncio.to_thread(os.write, out, numbered("w", 20_000, 30_000))
        await logger.client.flush()
        await logger.client.sweep("crm")
    left = texts(logger.home)
    assert len(files(logger.home)) == 4
    assert left == numbered("w", 0, 30_000).splitlines()[-len(left) :]
    assert (await logger.client.counts("crm")).discarded == 30_000 - len(left)


async def test_a_daemon_that_comes_back_brings_its_limits(logger: Logger) -> None:
    await logger.client.close()
    logger.limits = SMALL
    logger.client = logger.fresh()
    with program(await logger.client.add("crm", 0)) as (out, _):
        await asyncio.to_thread(os.write, out, numbered("w", 0, 10_000))
        await logger.client.flush()
    assert len(files(logger.home)) > 2


async def test_a_log_folder_that_somebody_removed_is_made_again(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        os.write(out, b"gone\n")
        await logger.client.flush()
        for file in (logger.home / "logs" / "crm").iterdir():
            file.unlink()
        (logger.home / "logs" / "crm").rmdir()
        await logger.client.sweep("crm")
        os.write(out, b"here\n")
        await logger.client.flush()
    assert texts(logger.home) == [b"here"]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    small = tmp_path / "logs"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(small)], check=True)
    yield tmp_path
    subprocess.run(["umount", str(small)], check=True)


async def test_a_full_disk_blocks_no_program_and_the_gap_is_told(full_disk: Path) -> None:
    async with running(full_disk, Limits(10_000_000, 5, 0, 0)) as logger:
        fifos = await logger.client.add("crm", 0)
        lines = 30_000
        assert await ended(await spew(fifos, lines, "w")) == 0
        await logger.client.flush()
        dropped = (await logger.client.counts("crm")).dropped
        written = sum(record[27:28] == b"w" for record in whole_records(full_disk))
        assert dropped == lines - written > 0
        os.truncate(full_disk / "logs" / "crm" / "0.log", 0)
        await logger.client.reopen()
        await until(lambda: noted(logger))
        with program(fifos) as (out, _):
            os.write(out, b"recovered\n")
            await logger.client.flush()
        note, last = read_log(full_disk, "crm")
        assert note.text == f"{dropped} lines dropped: No space left on device"
        assert last.text == "recovered"


async def test_lines_that_the_disk_refused_are_counted_exactly_over_kills(full_disk: Path) -> None:
    lines = 60_000
    async with running(full_disk, Limits(10_000_000, 5, 0, 0)) as logger:
        fifos = await logger.client.add("crm", 0)
        with program(fifos):
            writer = await spew(fifos, lines, "w")
            for _ in range(8):
                await taken(logger, 500_000, writer)
                await logger.kill()
            assert await ended(writer) == 0
            await logger.client.flush()
        counts = await logger.client.counts("crm")
        await logger.end(signal.SIGTERM)
        assert read_counts(full_disk, "crm") == counts
    written = sum(record[27:28] == b"w" for record in whole_records(full_disk))
    assert counts.dropped == lines - written > 0


async def noted(logger: Logger) -> bool:
    await logger.client.stats()
    return any(record.stream == "log" for record in read_log(logger.home, "crm"))


def whole_records(home: Path) -> list[bytes]:
    return (home / "logs" / "crm" / "0.log").read_bytes().splitlines()
