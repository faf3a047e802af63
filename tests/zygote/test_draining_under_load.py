"""Servers on shared sockets are replaced, again and again, and not one request is refused or fails."""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from draining import Load

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

PARENT = Path(__file__).with_name("draining_parent.py")
SUPPORT = Path(__file__).parent.parent / "support"
LIMIT_S = 50.0
ROUND_S = 0.12
"""How long a set of servers is left alone at least."""
A_ROUND = 100
"""So many requests are answered between two replacements at least, however slow the machine is."""


class Replaced:
    """What came of the load and of the servers."""

    def __init__(self, load: Load, ends: list[dict[str, float]]) -> None:
        self.load = load
        self.ends = ends


async def replace(rounds: int, order: str, *clients: tuple[int, bool, float]) -> Replaced:
    """Replace servers under the load of `clients`: how many, do they keep connections, their pause."""
    sockets = [socket.create_server(("127.0.0.1", 0), backlog=1024) for _ in range(2)]
    numbers = [each.fileno() for each in sockets]
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PARENT), *map(str, numbers), str(rounds), order),
        pass_fds=numbers,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SUPPORT), *sys.path])},
    )
    said: Any = parent.stdout
    asked: Any = parent.stdin
    load = Load([each.getsockname()[1] for each in sockets])
    async with asyncio.timeout(LIMIT_S):
        assert await said.readline() == b"ready\n"
        for count, keep, pause_s in clients:
            load.add(count, keep=keep, pause_s=pause_s)
        for number in range(1, rounds + 1):
            await asyncio.sleep(ROUND_S)
            while clients and load.answered <= A_ROUND * number and not load.failures:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            asked.write(b"\n")
            assert await said.readline() == b"replaced\n"
        await load.end()
        ends, _ = await parent.communicate(b"\n")
    for each in sockets:
        each.close()
    return Replaced(load, json.loads(ends))


BUSY = ((12, True, 0.0), (6, False, 0.0))
PAUSING = ((30, True, 0.02), (10, False, 0.02))
THOROUGH = pytest.mark.long


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("clients", [BUSY, PAUSING], ids=["busy", "pausing"])
@pytest.mark.parametrize("rounds", [6, pytest.param(60, marks=THOROUGH)])
async def test_no_request_fails_while_servers_are_replaced(
    rounds: int, clients: tuple[tuple[int, bool, float], ...], order: str
) -> None:
    done = await replace(rounds, order, *clients)
    assert done.load.failures == []
    assert done.load.answered > A_ROUND * rounds
    assert len(done.load.pids) >= rounds
    assert {each["status"] for each in done.ends} == {0}


async def test_a_server_that_nobody_asks_ends_at_once() -> None:
    done = await replace(3, "after")
    assert {each["status"] for each in done.ends} == {0}
    assert min(each["seconds"] for each in done.ends) < 0.05
