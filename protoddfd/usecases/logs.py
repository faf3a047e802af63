"""The method that reads and follows what apps write."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from protoddfd.core.access import Caller
from protoddfd.edge.logfiles import read_log
from protoddfd.edge.logfollow import LogFollower
from protoddfd.edge.logquery import LogQuery, log_query
from protoddfd.runtime.services import Services
from protoddfd.runtime.stream import Stream
from protoddfd.usecases.starting import find
from protoddfd.wire import params, results

_SEARCHERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="logs")
"""Threads that search log files: long searches wait for each other, and nobody else for them."""


async def logs(services: Services, caller: Caller, asked: params.AppLogs) -> results.Logs | Stream:
    """Read the last lines of an app's output; with `follow`, go on as they come."""
    app = find(services, asked.name)
    query = log_query(since=asked.since, until=asked.until, match=asked.match, pattern=asked.pattern)
    await services.logger.flush(app.name)
    follower = LogFollower(services.places.home, app.name, query, asked.instance) if asked.follow else None
    try:
        records = await _read(services, asked, query, follower)
        counts = await services.logger.counts(app.name)
    except BaseException:
        if follower is not None:
            follower.close()
        raise
    answer = results.Logs(records=tuple(records), dropped=counts.dropped, discarded=counts.discarded)
    return answer if follower is None else Stream(answer, _Notifications(follower))


async def _read(
    services: Services, asked: params.AppLogs, query: LogQuery, follower: LogFollower | None
) -> list[results.LogRecord]:
    """Read what is before the follower begins; the thread ends soon when nobody waits for it any more."""
    stopped = Event()

    def read() -> list[results.LogRecord]:
        return read_log(
            services.places.home, asked.name, asked.instance, lines=asked.lines, query=query,
            start=follower.start if follower is not None else None, stopped=stopped.is_set,
        )  # fmt: skip

    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(_SEARCHERS if query.searches else None, read)
    finally:
        stopped.set()


class _Notifications:
    """What a follower finds, as a stream sends it."""

    def __init__(self, follower: LogFollower) -> None:
        self._follower = follower
        self._records = follower.records()

    def __aiter__(self) -> "_Notifications":
        return self

    async def __anext__(self) -> tuple[str, object]:
        return "log", await anext(self._records)

    async def aclose(self) -> None:
        """Let go of the files, also when nothing has been asked for yet."""
        await self._records.aclose()
        self._follower.close()
