"""Worker processes: jobs in, results out, bounded in memory and time. A worker that overruns is ended."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from protoddfd.errors import ProtoddfError, WorkerFailed, from_wire
from protoddfd.worker import messages

_LINE_LIMIT = 256 * 1024 * 1024
_decode_said = msgspec.json.Decoder(messages.Said).decode

log = structlog.get_logger("protoddfd.worker")


class _Worker:
    """One process and its pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.alive = True

    @classmethod
    async def spawn(cls, memory_mib: int) -> "_Worker":
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "protoddfd.worker", "--memory-mib", str(memory_mib),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE_LIMIT,
        )  # fmt: skip
        return cls(process)

    async def run(self, job: messages.Job, on_progress: Callable[[messages.Progress], None]) -> bytes:
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise WorkerFailed("the worker has no pipes")
        stdin.write(msgspec.json.encode(job) + b"\n")
        while line := await stdout.readline():
            said = _decode_said(line)
            if isinstance(said, messages.Progress):
                on_progress(said)
            elif isinstance(said, messages.Answer):
                return bytes(said.result)
            else:
                raise _as_error(said)
        self.alive = False
        raise WorkerFailed(
            f"the worker process ended during the job (status {await self.process.wait()})",
            hint="the data may need more than worker.memory_mib; raise it in config.toml",
        )

    async def end(self) -> None:
        self.alive = False
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


def _as_error(said: messages.Refusal) -> ProtoddfError:
    if said.trace:
        log.error("worker.failed", message=said.message, trace=said.trace)
    return from_wire(said.code, said.message, hint=said.hint, problems=said.problems)


class WorkerPool:
    """Up to `processes` workers; a job waits for a free one. One is kept warm."""

    def __init__(self, *, processes: int, memory_mib: int, time_s: float) -> None:
        self._memory_mib = memory_mib
        self._time_s = time_s
        self._free: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._places = asyncio.Semaphore(processes)

    async def warm(self) -> None:
        """Have one worker ready."""
        await self.run(messages.Ping())

    async def run(
        self, job: messages.Job, on_progress: Callable[[messages.Progress], None] = lambda said: None
    ) -> Any:
        """Return the result of `job`, of the type in `messages.RESULTS`.

        Raises:
            WorkerFailed: the worker died, or the job took longer than allowed.
            ProtoddfError: whatever the job refused with.
        """
        async with self._places:
            worker = self._idle() or await self._grow()
            try:
                async with asyncio.timeout(self._time_s):
                    result = await worker.run(job, on_progress)
            except TimeoutError:
                await self._drop(worker)
                raise WorkerFailed(
                    f"the job took longer than {self._time_s:g} s",
                    hint="raise worker.time_s in config.toml, or use less data",
                ) from None
            except ProtoddfError:
                await self._give_back(worker)
                raise
            except BaseException:
                await self._drop(worker)
                raise
            await self._give_back(worker)
        expected = messages.RESULTS[type(job)]
        return msgspec.Raw(result) if expected is msgspec.Raw else msgspec.json.decode(result, type=expected)

    async def close(self) -> None:
        """End every worker."""
        for worker in list(self._all):
            await self._drop(worker)

    def _idle(self) -> _Worker | None:
        """Return a worker that waits for work and has not been ended meanwhile."""
        while self._free:
            worker = self._free.pop()
            if worker.process.returncode is None:
                return worker
            self._all.discard(worker)
        return None

    async def _grow(self) -> _Worker:
        worker = await _Worker.spawn(self._memory_mib)
        self._all.add(worker)
        return worker

    async def _give_back(self, worker: _Worker) -> None:
        if worker.alive:
            self._free.append(worker)
        else:
            await self._drop(worker)

    async def _drop(self, worker: _Worker) -> None:
        self._all.discard(worker)
        with suppress(ValueError):
            self._free.remove(worker)
        await asyncio.shield(worker.end())
