"""The logger as the daemon and the programs see it: a real process, real FIFOs, real writers."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from logger_harness import (
    LIMIT_S,
    Logger,
    ended,
    files,
    program,
    raw,
    running,
    spew,
    spewed,
    taken,
    texts,
    until,
)

from protoddfd.edge.logfiles import read_log
from protoddfd.edge.process import ProcessRef, start_time

_OLDER = """
import json, os, signal, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
print(flush=True)
while True:
    connection = listener.accept()[0]
    while connection.recv(4096):
        connection.sendall(json.dumps({"ok": True, "pid": os.getpid(), "streams": []}).encode() + b"\\n")
"""

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


@pytest.fixture
async def logger(tmp_path: Path) -> AsyncIterator[Logger]:
    async with running(tmp_path) as logger:
        yield logger


async def test_lines_of_both_streams_are_stamped_and_read_back(logger: Logger) -> None:
    fifos = await logger.client.add("crm", 0)
    assert fifos.stdout.stat().st_mode & 0o777 == 0o600
    with program(fifos) as (out, err):
        os.write(out, "one\ntwo é\n".encode())
        await logger.client.flush("crm")
        os.write(err, b"three\n")
        await logger.client.flush("crm")
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
    assert [await ended(writer) for writer in writers] == [0, 0, 0]
    await logger.client.flush()
    for slot in range(3):
        assert texts(logger.home, "crm", slot) == spewed(lines, f"w{slot}-")
    found = files(logger.home)
    assert len(found) > 10
    assert max(file.stat().st_size for file in found) <= logger.limits.max_bytes


async def test_a_killed_logger_loses_and_repeats_nothing(logger: Logger) -> None:
    lines = 150_000
    fifos = await logger.client.add("crm", 0)
    with program(fifos):  # the daemon's child holds the pipe for as long as it lives
        writer = await spew(fifos, lines, "w")
        for _ in range(8):
            await taken(logger, 300_000, writer)
            await logger.kill()
        assert await ended(writer) == 0
        await logger.client.flush()
    assert texts(logger.home) == spewed(lines, "w")


async def test_an_unfinished_line_survives_the_logger(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, _):
        os.write(out, b"first half, ")
        await taken(logger, 1)
        await logger.kill()
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
        await until(lambda: recorded(logger, 2))
        os.write(out, b"secret\nnext\n")
        await logger.client.flush()
    assert [record[25:] for record in raw(logger.home)] == [
        b"O whole\n", b"o Password: \n", b"O+secret\n", b"O next\n",
    ]  # fmt: skip
    assert [record.text for record in read_log(logger.home, "crm")] == ["whole", "Password: secret", "next"]


async def test_a_line_longer_than_64_kib_is_cut_and_put_together_when_it_is_read(logger: Logger) -> None:
    before = 0
    with program(await logger.client.add("crm", 0)) as (out, err):
        for length in (60_000, 150_000, 240_000):
            await asyncio.to_thread(os.write, out, b"y" * (length - before))
            os.write(err, b"between\n")
            await taken(logger, length)
            before = length
        os.write(out, b"\nnext\n")
        await logger.client.flush()
    assert max(len(text) for text in texts(logger.home)) <= 64 * 1024 + 90_000
    assert len(texts(logger.home)) > 5
    found = [record.text for record in read_log(logger.home, "crm") if record.stream == "out"]
    assert found == ["y" * 240_000, "next"]


async def test_the_last_words_of_a_program_are_a_line_of_their_own(logger: Logger) -> None:
    with program(await logger.client.add("crm", 0)) as (out, err):
        os.write(out, b"Segmentation fault")
        logger.client.end_line_soon("crm", 0)
        await logger.client.flush()
        os.write(out, b"started again\n")
        os.write(err, b"half a line")
        await logger.client.flush()
        logger.client.end_line_soon("crm", 0)
        await logger.client.flush()
        os.write(err, b"another\n")
        await logger.client.flush()
    assert [record[25:] for record in raw(logger.home)] == [
        b"O Segmentation fault\n", b"O started again\n", b"e half a line\n", b"E another\n",
    ]  # fmt: skip


async def test_instances_are_added_without_a_wait(logger: Logger) -> None:
    names = [f"app{number}" for number in range(200)]
    fifos = [logger.client.drain_soon(name, 0) for name in names]
    for name, each in zip(names, fifos, strict=True):
        with program(each) as (out, _):  # it exists, and holds what no logger has taken yet
            os.write(out, f"from {name}\n".encode())
            assert logger.client.drain_soon(name, 0) is each
            await logger.client.flush(name)
    assert [texts(logger.home, name) for name in names] == [[f"from {name}".encode()] for name in names]
    assert len((await logger.client.stats()).streams) == 400


async def test_what_is_added_while_no_logger_runs_is_drained_by_the_next(logger: Logger) -> None:
    await logger.end(signal.SIGKILL)
    with program(logger.client.drain_soon("crm", 0)) as (out, _):
        os.write(out, b"early\n")
        await logger.client.flush()
    assert texts(logger.home) == [b"early"]


async def test_fifos_that_somebody_removed_are_made_and_drained_again(logger: Logger) -> None:
    fifos = await logger.client.add("crm", 0)
    fifos.stdout.unlink()
    with program(await logger.client.add("crm", 0)) as (out, _):
        os.write(out, b"after\n")
        await logger.client.flush()
    assert texts(logger.home) == [b"after"]


async def test_a_logger_of_another_version_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    older = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OLDER, str(tmp_path / "run" / "logger.sock"), stdout=subprocess.PIPE
    )
    assert older.stdout is not None
    await older.stdout.readline()
    async with running(tmp_path) as logger:
        assert await ended(older) == 7
        stats = await logger.client.stats()
        assert stats.pid != older.pid
        with program(await logger.client.add("crm", 0)) as (out, _):
            os.write(out, b"drained\n")
            await logger.client.flush()
    assert texts(tmp_path) == [b"drained"]


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


async def recorded(logger: Logger, count: int) -> bool:
    await logger.client.stats()
    return len(read_log(logger.home, "crm")) >= count


async def terminate(pid: int) -> None:
    born = start_time(pid)
    assert born is not None
    process = ProcessRef(pid, born)
    process.send(signal.SIGTERM)
    process.send(signal.SIGCONT)
    async with asyncio.timeout(LIMIT_S):
        await process.exited()
    process.close()
