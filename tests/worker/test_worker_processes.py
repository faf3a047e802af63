"""Worker processes: bounded in time and memory, replaced when they die, honest about what went wrong."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from protoddfd.edge.worker_client import WorkerPool
from protoddfd.errors import ProtoddfError, SourceRefused, WorkerFailed
from protoddfd.worker import messages
from testbed import runs

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(processes=1, memory_mib=1024, time_s=60)
    yield pool
    await pool.close()


def big_csv(path: Path, lines: int) -> messages.Propose:
    """Return a job that takes a while: to look at every cell of a file."""
    row = ",".join(f"word {n} and more" for n in range(8))
    with path.open("w") as file:
        file.write(",".join(f"column{n}" for n in range(8)) + "\n")
        file.writelines(f"{row}{n}\n" for n in range(lines))
    return messages.Propose(
        name="big", title=None, sources=(messages.SourceFile(name=path.name, path=str(path)),)
    )


def workers() -> list[psutil.Process]:
    own = filter(runs, psutil.Process().children())
    return [each for each in own if "protoddfd.worker" in each.cmdline()]


async def test_a_job_is_done_and_the_worker_kept(pool: WorkerPool) -> None:
    await pool.warm()
    first = workers()
    found: messages.Checked = await pool.run(messages.Check(spec={"entities": 3}))
    assert found.problems
    assert workers() == first


async def test_a_job_that_takes_too_long_is_ended_and_the_next_one_done(tmp_path: Path) -> None:
    pool = WorkerPool(processes=1, memory_mib=1024, time_s=2)
    try:
        with pytest.raises(WorkerFailed, match="took longer than"):
            await pool.run(big_csv(tmp_path / "big.csv", 1_000_000))
        assert workers() == []
        pool._time_s = 60  # a busy machine takes its time to start another one
        assert (await pool.run(messages.Check(spec={}))).problems
    finally:
        await pool.close()


async def test_a_job_that_needs_too_much_memory_fails_alone_and_says_what_to_raise() -> None:
    pool = WorkerPool(processes=1, memory_mib=300, time_s=60)
    try:
        await pool.warm()
        with pytest.raises(WorkerFailed) as failed:
            await pool.run(messages.Check(spec={"title": "a" * 150_000_000}))
        assert "memory_mib" in failed.value.hint
        assert (await pool.run(messages.Check(spec={}))).problems
    finally:
        await pool.close()


async def test_a_killed_worker_fails_its_job_alone(pool: WorkerPool, tmp_path: Path) -> None:
    await pool.warm()
    (worker,) = workers()
    job = asyncio.create_task(pool.run(big_csv(tmp_path / "big.csv", 200_000)))
    await asyncio.sleep(0)  # the job has been written to the worker, which takes most of a second for it
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerFailed, match="ended during the job"):
        await job
    assert (await pool.run(messages.Check(spec={}))).problems


async def test_a_job_whose_caller_leaves_is_ended(pool: WorkerPool, tmp_path: Path) -> None:
    await pool.warm()
    job = asyncio.create_task(pool.run(big_csv(tmp_path / "big.csv", 200_000)))
    await asyncio.sleep(0)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert workers() == []


async def test_a_refusal_comes_back_as_what_it_was(pool: WorkerPool) -> None:
    nowhere = messages.SourceFile(name="sales.csv", path="/nowhere/sales.csv")
    with pytest.raises(SourceRefused) as refused:
        await pool.run(messages.Propose(name="x", title=None, sources=(nowhere,)))
    assert isinstance(refused.value, ProtoddfError)
    assert refused.value.hint
