"""Has a worker ask a database: drivers block, and the daemon loads none of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from protoddfd.core.health import Outcome, printable, subject
from protoddfd.errors import ProtoddfError
from protoddfd.wire.options import Check
from protoddfd.worker import messages

END_AFTER_S = 1.0
"""A worker that has not ended its question so long after the time for it never will, and is ended."""


RunJob = Callable[[messages.Job, Callable[[messages.Progress], None]], Awaitable[Any]]
"""How a worker is given a job: `WorkerPool.run`."""


async def database(check: Check, *, own_url: str | None, folder: str, run_job: RunJob) -> Outcome:
    """Return whether the database at `check.url`, else `own_url`, answers `SELECT 1`.

    The time runs from when a worker begins: one that is busy elsewhere is no fault of the database. Relative
    file names start from `folder`. No password gets into the detail.
    """
    began = time.perf_counter()
    url = check.url or own_url
    if url is None:
        return _not_asked(began, f"{subject(check)} is not possible: nothing says where that is")
    loop = asyncio.get_running_loop()
    job = messages.CheckDatabase(url=url, folder=folder, timeout_s=check.timeout_s)
    try:
        async with asyncio.timeout(None) as limit:
            answer: messages.DatabaseChecked = await run_job(
                job, lambda said: limit.reschedule(loop.time() + check.timeout_s + END_AFTER_S)
            )
    except TimeoutError:
        detail = f"{subject(check)} got no answer within {check.timeout_s:g} s"
        return Outcome(check=check.kind, ok=False, detail=detail, took_s=time.perf_counter() - began)
    except ProtoddfError as error:
        return _not_asked(began, f"{subject(check)} is not possible: {error.message}")
    return Outcome(
        check=check.kind,
        ok=answer.ok,
        detail=printable(answer.detail),
        took_s=answer.took_s,
        asked=answer.asked,
    )


def _not_asked(began: float, detail: str) -> Outcome:
    return Outcome(check="database", ok=False, detail=detail, took_s=time.perf_counter() - began, asked=False)
