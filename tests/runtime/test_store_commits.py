"""The store: durable before the answer, one write for all that wait, degraded and recovered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from protoddfd.errors import Degraded
from protoddfd.runtime import store
from protoddfd.runtime.record import StateDocument
from protoddfd.runtime.store import Store

pytestmark = pytest.mark.anyio


class Home:
    """A store over a document that the test changes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state.json"
        self.document = StateDocument()
        self.health: asyncio.Queue[str | None] = asyncio.Queue()
        self.store = Store(self.path, lambda: self.document, self.health.put_nowait)

    def on_disk(self) -> StateDocument:
        return store.read(self.path)[0]


@contextlib.asynccontextmanager
async def running(home: Home) -> AsyncIterator[None]:
    task = asyncio.create_task(home.store.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_what_was_committed_is_on_disk(tmp_path: Path) -> None:
    home = Home(tmp_path)
    async with running(home):
        home.document = StateDocument(seq=7)
        await home.store.commit()
        assert home.on_disk().seq == 7


async def test_a_hundred_commits_at_once_take_few_writes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    written: list[int] = []

    def current() -> StateDocument:
        written.append(1)
        return home.document

    home.store = Store(home.path, current, home.health.put_nowait)
    async with running(home):
        await asyncio.gather(*(home.store.commit() for _ in range(100)))
    assert len(written) <= 2


async def test_a_disk_that_refuses_degrades_and_recovers_by_itself(tmp_path: Path) -> None:
    home = Home(tmp_path)
    obstacle = tmp_path / "state.json.new"
    obstacle.mkdir()
    async with running(home), asyncio.timeout(10):
        with pytest.raises(Degraded, match="cannot store the state"):
            await home.store.commit()
        assert "cannot store" in (await home.health.get() or "")
        home.document = msgspec.structs.replace(home.document, seq=9)
        obstacle.rmdir()
        assert await home.health.get() is None
        assert home.on_disk().seq == 9
