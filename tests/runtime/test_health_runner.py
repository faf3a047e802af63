"""The checks of one instance over its life: quick until it answers, then now and then, gone when stopped."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from protoddfd.core.health import Outcome, Verdict, subject
from protoddfd.edge import probe
from protoddfd.edge.check_command import command
from protoddfd.runtime.health import Gates, HealthRunner
from protoddfd.wire.options import Check, Health

pytestmark = pytest.mark.anyio

PLENTY_S = 20.0
QUICK = Health(period_min_s=0.01, period_max_s=0.02, failures=3)
WELL = Verdict(well=True)
Run = Callable[[Check], Awaitable[Outcome]]


class Server:
    """Answers each request with `status`, and counts them."""

    def __init__(self) -> None:
        self.status = 200
        self.requests = 0
        self._server: asyncio.Server | None = None

    async def open(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n\r\n".encode())
        writer.close()


class Watched:
    """A runner, and the verdicts that it has given."""

    def __init__(self, run: Run, *checks: Check, options: Health = QUICK, gates: Gates | None = None) -> None:
        self.verdicts: asyncio.Queue[Verdict] = asyncio.Queue()
        self.tasks: set[asyncio.Task[None]] = set()
        self.runner = HealthRunner(
            checks, options, run, self.verdicts.put_nowait, gates=gates or Gates(), spawn_task=self._spawn
        )

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def verdict(self) -> Verdict:
        return await asyncio.wait_for(self.verdicts.get(), PLENTY_S)

    async def stopped(self) -> None:
        self.runner.stop()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@asynccontextmanager
async def watching(
    run: Run, *checks: Check, answered: bool = False, **options: Any
) -> AsyncIterator[Watched]:
    watched = Watched(run, *checks, **options)
    watched.runner.start(answered=answered)
    try:
        yield watched
    finally:
        await watched.stopped()


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    yield server
    await server.close()


@pytest.fixture
def port() -> int:
    return free_port()


def http(port: int, **fields: Any) -> Check:
    return Check(kind="http", port=port, **{"path": "/ping", "timeout_s": PLENTY_S, **fields})


class Scripted:
    """Outcomes one after the other, the last for ever; each call is written down."""

    def __init__(self, *goods: bool) -> None:
        self.calls = 0
        self.under_way = 0
        self.most_under_way = 0
        self._goods = goods

    async def __call__(self, check: Check) -> Outcome:
        good = self._goods[min(self.calls, len(self._goods) - 1)]
        self.calls += 1
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        return Outcome(check=check.kind, ok=good, detail=f"{subject(check)} {good}", took_s=0.0)


async def until(what: Callable[[], bool]) -> None:
    """Return when `what` is true, asked whenever the loop has come round."""
    async with asyncio.timeout(PLENTY_S):
        while not what():  # noqa: ASYNC110 -- what is waited for has no event
            await asyncio.sleep(0.001)


# Starting ------------------------------------------------------------------------------------------------


async def test_it_is_well_when_it_answers_for_the_first_time(server: Server, port: int) -> None:
    await server.open(port)
    async with watching(probe.http, http(port)) as watched:
        assert await watched.verdict() == WELL
        (result,) = watched.runner.results
    assert (result.check, result.ok) == ("http", True)
    assert abs(result.at - time.time()) < PLENTY_S
    assert result.detail.startswith(f"GET http://127.0.0.1:{port}/ping answered 200 in ")


async def test_one_request_waits_on_a_held_socket_until_it_is_served() -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as held:
        held.setblocking(False)
        number = held.getsockname()[1]
        async with watching(probe.http, http(number), options=Health()) as watched:
            await until(lambda: "has had no answer for" in watched.runner.tried)
            assert watched.runner.tried.startswith(
                f"GET http://127.0.0.1:{number}/ping has had no answer for 0."
            )
            connection, _ = await loop.sock_accept(held)
            with connection:
                connection.setblocking(False)
                await loop.sock_recv(connection, 4096)
                await loop.sock_sendall(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert await watched.verdict() == WELL
        with pytest.raises(BlockingIOError):
            held.accept()


async def test_one_that_is_refused_is_asked_again_until_it_answers(server: Server, port: int) -> None:
    async with watching(probe.http, http(port)) as watched:
        await until(lambda: "(2 times)" in watched.runner.tried)
        assert watched.runner.tried == f"GET http://127.0.0.1:{port}/ping found nobody listening (2 times)"
        server.status = 503
        await server.open(port)
        await until(lambda: server.requests >= 2)
        assert "answered 503" in watched.runner.tried
        assert watched.verdicts.empty()
        server.status = 200
        assert await watched.verdict() == WELL


async def test_a_wait_in_vain_is_followed_by_the_next_request(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        held.setblocking(False)
        async with watching(probe.http, http(held.getsockname()[1], timeout_s=0.05)) as watched:
            await until(lambda: "(3 times)" in watched.runner.tried)
            assert "got no answer within 0.05 s" in watched.runner.tried
            assert watched.verdicts.empty()


async def test_every_check_has_to_pass(server: Server, port: int, tmp_path: Path) -> None:
    await server.open(port)
    mark = tmp_path / "ready"

    async def run(check: Check) -> Outcome:
        if check.kind == "http":
            return await probe.http(check)
        return await command(check, folder="/", env={"PATH": os.environ["PATH"]})

    checks = http(port), Check(kind="command", argv=("test", "-e", str(mark)))
    async with watching(run, *checks) as watched:
        await until(lambda: len(watched.runner.results) == 2)
        assert watched.verdicts.empty()
        assert "answered 200" in watched.runner.tried
        assert "exited with status 1" in watched.runner.tried
        mark.touch()
        assert await watched.verdict() == WELL
        assert [each.check for each in watched.runner.results] == ["http", "command"]


async def test_news_make_it_ask_at_once() -> None:
    run = Scripted(True)
    seldom = Health(period_min_s=3600.0, period_max_s=3600.0)
    async with watching(run, Check(kind="process"), options=seldom) as watched:
        await until(lambda: not watched.tasks)
        watched.runner.nudge()
        await until(lambda: run.calls == 2)


# Well and ill --------------------------------------------------------------------------------------------


async def test_it_becomes_ill_with_a_reason_and_well_again(server: Server, port: int) -> None:
    await server.open(port)
    async with watching(probe.http, http(port)) as watched:
        assert await watched.verdict() == WELL
        server.status = 503
        ill = await watched.verdict()
        assert not ill.well
        assert ill.reason.startswith(f"GET http://127.0.0.1:{port}/ping answered 503 in ")
        assert ill.reason.endswith(" ms, expected below 500; 3 times in a row")
        assert not watched.runner.results[0].ok
        server.status = 200
        assert await watched.verdict() == WELL


async def test_failures_before_the_limit_are_no_verdict() -> None:
    run = Scripted(True, False, False, True)
    async with watching(run, Check(kind="process")) as watched:
        assert await watched.verdict() == WELL
        await until(lambda: run.calls > 10)
        assert watched.verdicts.empty()


async def test_one_that_answered_before_is_well_from_the_start() -> None:
    run = Scripted(False)
    async with watching(run, Check(kind="process"), answered=True) as watched:
        verdict = await watched.verdict()
    assert verdict == Verdict(well=False, reason="its process False; 3 times in a row")


async def test_a_check_that_cannot_be_made_is_no_failure_of_the_app() -> None:
    async def run(check: Check) -> Outcome:
        raise FileNotFoundError("the secret file is gone")

    async with watching(run, Check(kind="process"), answered=True) as watched:
        await until(lambda: len(watched.runner.results) == 1)
        assert watched.runner.results[0].detail == "its process is not possible: the secret file is gone"
        watched.runner.nudge()
        await until(lambda: "(9 times)" in watched.runner.tried)
        assert watched.verdicts.empty()


async def test_rounds_of_one_instance_do_not_overlap() -> None:
    run = Scripted(True)
    async with watching(run, Check(kind="http", port=1), Check(kind="port", port=1)) as watched:
        while run.calls < 40:
            watched.runner.nudge()
            await asyncio.sleep(0)
    assert run.most_under_way == 1


async def test_between_two_rounds_there_is_only_a_timer() -> None:
    run = Scripted(True)
    before = asyncio.all_tasks()
    async with watching(run, Check(kind="process"), options=Health()) as watched:
        await watched.verdict()
        await until(lambda: not watched.tasks)
        assert asyncio.all_tasks() == before


# Many ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "bound"), [("http", 2), ("port", 2), ("command", 3), ("database", 3)])
async def test_only_so_many_checks_of_all_apps_are_under_way(kind: Any, bound: int) -> None:
    run, gates = Scripted(True), Gates(waiting=2, working=3)
    watched = [Watched(run, Check(kind=kind, port=1), gates=gates) for _ in range(20)]
    for each in watched:
        each.runner.start(answered=True)
    await until(lambda: run.calls > 100)
    for each in watched:
        await each.stopped()
    assert run.most_under_way == bound


async def test_requests_of_apps_that_start_wait_for_no_place() -> None:
    run = Scripted(True)
    watched = [Watched(run, Check(kind="http", port=1), gates=Gates(waiting=1)) for _ in range(20)]
    for each in watched:
        each.runner.start()
    await until(lambda: run.calls >= 20)
    for each in watched:
        await each.stopped()
    assert run.most_under_way == 20


# The end -------------------------------------------------------------------------------------------------


async def test_a_stop_in_the_middle_of_a_request_leaves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        before = len(list(Path("/proc/self/fd").iterdir()))  # noqa: ASYNC240 -- no disk is behind it
        async with watching(probe.http, http(held.getsockname()[1])) as watched:
            await until(lambda: "has had no answer" in watched.runner.tried)
            watched.runner.stop()
            watched.runner.stop()
            await until(lambda: not watched.tasks)
        assert len(list(Path("/proc/self/fd").iterdir())) == before  # noqa: ASYNC240 -- no disk is behind it
        assert watched.verdicts.empty()


async def test_a_stop_in_the_middle_of_a_command_kills_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    before = children()

    async def run(check: Check) -> Outcome:
        return await command(check, folder="/", env={"PATH": os.environ["PATH"]})

    program = f"import time; open({str(mark)!r}, 'w').close(); time.sleep(1000)"
    check = Check(kind="command", argv=(sys.executable, "-I", "-S", "-c", program), timeout_s=PLENTY_S)
    async with watching(run, check) as watched:
        await until(mark.exists)
        watched.runner.stop()
        await until(lambda: not watched.tasks)
    assert children() - before == set()


def children() -> set[str]:
    """Return the processes that this one began; of other tests, some may not have been waited for."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


async def test_a_stop_between_two_rounds_is_the_last_of_it() -> None:
    run = Scripted(True)
    async with watching(run, Check(kind="process")) as watched:
        await watched.verdict()
        await until(lambda: not watched.tasks)
        watched.runner.stop()
        calls = run.calls
        watched.runner.nudge()
        await asyncio.sleep(QUICK.period_max_s * 3)  # longer than it would have waited
        assert run.calls == calls


async def test_a_verdict_may_stop_it() -> None:
    run = Scripted(True)
    said: list[Verdict] = []

    def on_verdict(verdict: Verdict) -> None:
        said.append(verdict)
        runner.stop()

    tasks: list[asyncio.Task[None]] = []

    def spawn(work: Any) -> asyncio.Task[None]:
        tasks.append(asyncio.get_running_loop().create_task(work))
        return tasks[-1]

    runner = HealthRunner([Check(kind="process")], QUICK, run, on_verdict, gates=Gates(), spawn_task=spawn)
    runner.start()
    await until(lambda: bool(said))
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(QUICK.period_max_s * 3)  # longer than it would have waited
    assert (run.calls, len(tasks), said) == (1, 1, [WELL])
