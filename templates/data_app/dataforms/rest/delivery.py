"""Delivers what waits in the outbox: a task while something is due, else a timer, or nothing at all."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import anyio.to_thread
from sqlalchemy.engine import Connection

from dataforms.changes import Change
from dataforms.database import Database
from dataforms.errors import DatabaseUnavailable
from dataforms.rest import outbox
from dataforms.rest.outbox import MARK, Due
from dataforms.rest.sending import NotSent, send
from dataforms.rest.signing import signed, wait_s

AT_ONCE = 4
AGAIN_S = 30.0
"""So long after the database could not be used, it is asked again."""
GONE = 410
"""The status by which a receiver says that it will never want this again."""
Result = TypeVar("Result")


class Deliverer:
    """Makes the deliveries of one process, in the event loop that it is made in."""

    def __init__(self, open: Callable[[], Database]) -> None:
        self._open = open
        self._loop = asyncio.get_running_loop()
        self._threads = anyio.CapacityLimiter(AT_ONCE)
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_news = False

    def attach(self, database: Database) -> None:
        """Write down and deliver what changes in `database` from now on."""
        database.listen(self._note, self._committed)

    def wake(self) -> None:
        """Look for deliveries that are due; call it in the event loop."""
        self._is_news = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._deliver_all())

    async def idle(self) -> None:
        """Wait until nothing is due."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    async def close(self) -> None:
        """Stop; what was not delivered is so after the next start."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _note(self, change: Change) -> None:
        if outbox.note(change):
            self._is_news = True

    def _committed(self) -> None:
        if self._is_news:
            self._loop.call_soon_threadsafe(self.wake)

    async def _deliver_all(self) -> None:
        next_at: float | None = time.time()
        try:
            while self._is_news or (next_at is not None and next_at <= time.time()):
                self._is_news = False
                due = await self._within(partial(outbox.take, now=time.time(), most=AT_ONCE))
                await asyncio.gather(*(self._deliver(each) for each in due))
                next_at = await self._within(outbox.next_due_at)
        except DatabaseUnavailable:
            next_at = time.time() + AGAIN_S
        if next_at is not None:
            self._timer = self._loop.call_later(max(0.0, next_at - time.time()), self.wake)

    async def _deliver(self, due: Due) -> None:
        body = due.body.encode()
        headers = signed(due.secret, due.message, int(time.time()), body)
        try:
            await anyio.to_thread.run_sync(send, due.url, headers, body, limiter=self._threads)
        except NotSent as error:
            pause = None if error.status == GONE else wait_s(due.attempts, random.random())  # noqa: S311 - no secret
            due_at = None if pause is None else time.time() + pause
            await self._within(partial(outbox.failed, id=due.id, reason=str(error), due_at=due_at))
        else:
            await self._within(partial(outbox.delivered, id=due.id))

    async def _within(self, work: Callable[[Connection], Result]) -> Result:
        """Return what `work` does in a transaction of its own, in a thread."""
        database = self._open()

        def in_thread() -> Result:
            with database.transaction() as transaction:
                return work(transaction.connection)

        return await anyio.to_thread.run_sync(in_thread, limiter=self._threads)


_deliverers: list[Deliverer] = []


def look_again() -> None:
    """Have this process look for deliveries that are due; call it in the event loop."""
    for deliverer in _deliverers:
        deliverer.wake()


@asynccontextmanager
async def delivering(
    open: Callable[[], Database], when_opened: Callable[[Callable[[Database], None]], Callable[[], None]]
) -> AsyncIterator[None]:
    """Deliver while the block runs; `when_opened` takes what wants the database, and returns an undo."""
    deliverer = Deliverer(open)
    undo = when_opened(deliverer.attach)
    _deliverers.append(deliverer)
    if MARK.exists():
        deliverer.wake()
    try:
        yield
    finally:
        _deliverers.remove(deliverer)
        undo()
        await deliverer.close()
