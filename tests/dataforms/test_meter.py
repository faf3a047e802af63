"""What passes through an app is counted where others may read it; what is no use of it is not."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dataforms.meter import BLOCKS, VARIABLE, Metered, metered
from protoddfd.edge.meter import LATENCY_BOUNDS_S, Meter, read

pytestmark = pytest.mark.anyio


class App:
    """Answers with `status` when it may; raises it, if it is an exception."""

    def __init__(self, status: int | Exception = 200) -> None:
        self.status = status
        self.reached = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.heard: asyncio.Queue[object] = asyncio.Queue()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.set()
        await self.may_answer.wait()
        if isinstance(self.status, Exception):
            raise self.status
        if scope["type"] == "websocket":
            while (message := await receive())["type"] != "websocket.disconnect":
                self.heard.put_nowait(message)
        elif scope["type"] == "http":
            await send({"type": "http.response.start", "status": self.status})
            await send({"type": "http.response.body", "body": b""})


class Tcp:
    """What a server says of a TCP connection."""

    def __init__(self) -> None:
        self.marks: set[object] = set()
        self.closing: list[Any] = []

    def when_closed(self, call: Any) -> None:
        self.closing.append(call)

    def close(self) -> None:
        for call in self.closing:
            call()


async def forget(message: Any) -> None:
    """Send nothing to nobody."""


async def ask(app: Any, agent: bytes = b"Mozilla/5.0", tcp: Tcp | None = None) -> None:
    extensions = {} if tcp is None else {"protoddf.connection": tcp}
    scope = {"type": "http", "headers": [(b"host", b"x"), (b"user-agent", agent)], "extensions": extensions}
    await app(scope, None, forget)


def counted(path: Path) -> Meter:
    meter = read(path)
    assert meter is not None
    return meter


def test_without_the_variable_there_is_nothing_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    app = App()
    assert metered(app) is app


async def test_the_variable_says_where_it_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "meter"))
    app = metered(App())
    assert not (tmp_path / "meter").exists()
    await ask(app)
    assert counted(tmp_path / "meter").requests == 1


async def test_requests_and_their_times_are_counted(tmp_path: Path) -> None:
    app = App()
    meter = Metered(app, str(tmp_path / "meter"))
    await ask(meter)
    app.may_answer.clear()
    slow = asyncio.create_task(ask(meter))
    await asyncio.sleep(0.03)
    app.may_answer.set()
    await slow
    found = counted(tmp_path / "meter")
    assert (found.requests, found.errors, found.under_way) == (2, 0, 0)
    assert found.latency_buckets[0] == 1
    assert sum(found.latency_buckets) == 2
    assert found.latency_sum_s > 0.03
    assert len(found.latency_buckets) == len(LATENCY_BOUNDS_S) + 1


async def test_answers_that_are_the_app_s_fault_are_errors(tmp_path: Path) -> None:
    for status in (404, 500, 503):
        await ask(Metered(App(status), str(tmp_path / "meter")))
    with pytest.raises(ValueError, match="broken"):
        await ask(Metered(App(ValueError("broken")), str(tmp_path / "meter")))
    found = counted(tmp_path / "meter")
    assert (found.requests, found.errors) == (4, 3)


async def test_the_supervisor_s_checks_are_no_use(tmp_path: Path) -> None:
    meter = Metered(App(), str(tmp_path / "meter"))
    await ask(meter, b"protoddfd", Tcp())
    assert read(tmp_path / "meter") is None
    await ask(meter)
    before = counted(tmp_path / "meter")
    await ask(meter, b"protoddfd", Tcp())
    assert counted(tmp_path / "meter") == before


async def test_an_app_is_in_use_while_it_answers(tmp_path: Path) -> None:
    app = App()
    app.may_answer.clear()
    asking = asyncio.create_task(ask(Metered(app, str(tmp_path / "meter"))))
    await app.reached.wait()
    found = counted(tmp_path / "meter")
    assert (found.under_way, found.connections, found.in_use) == (1, 1, True)
    app.may_answer.set()
    await asking
    found = counted(tmp_path / "meter")
    assert (found.under_way, found.connections, found.in_use) == (0, 0, False)
    assert found.last_used_monotonic_s is not None


async def test_a_connection_counts_from_its_first_request_until_it_closes(tmp_path: Path) -> None:
    meter = Metered(App(), str(tmp_path / "meter"))
    kept, other = Tcp(), Tcp()
    for _ in range(3):
        await ask(meter, tcp=kept)
    await ask(meter, tcp=other)
    assert counted(tmp_path / "meter").connections == 2
    before = counted(tmp_path / "meter").last_used_monotonic_s
    kept.close()
    found = counted(tmp_path / "meter")
    assert found.connections == 1
    assert before is not None
    assert found.last_used_monotonic_s is not None
    assert found.last_used_monotonic_s > before


async def test_websockets_and_the_events_on_them_are_counted(tmp_path: Path) -> None:
    messages: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "websocket", "headers": []}
    app = App()
    meter = Metered(app, str(tmp_path / "meter"))
    opened = asyncio.create_task(meter(scope, messages.get, forget))
    for text in ("40/_event,{}", '42/_event,["event",{}]', "3", "45-/_event,[]"):
        messages.put_nowait({"type": "websocket.receive", "text": text})
    messages.put_nowait({"type": "websocket.receive", "bytes": b"42"})
    for _ in range(5):
        await app.heard.get()
    found = counted(tmp_path / "meter")
    assert (found.websockets, found.events, found.requests, found.in_use) == (1, 2, 0, True)
    messages.put_nowait({"type": "websocket.disconnect"})
    await opened
    found = counted(tmp_path / "meter")
    assert (found.websockets, found.events, found.in_use) == (0, 2, False)


async def test_an_app_whose_meter_cannot_be_written_answers_all_the_same(tmp_path: Path) -> None:
    await ask(Metered(App(), str(tmp_path / "missing" / "deeper" / "meter")))
    (tmp_path / "meter").mkdir()
    await ask(Metered(App(), str(tmp_path / "meter")))


async def test_the_next_process_goes_on_counting_in_the_same_place(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    count_in_another_process(path, then="os.kill(os.getpid(), 9)")
    count_in_another_process(path)
    await ask(Metered(App(), str(path)))
    assert counted(path).requests == 3
    assert path.read_bytes()[256:].strip(b"\0") == b""


async def test_processes_at_the_same_time_count_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    meters = [Metered(App(), str(path)) for _ in range(BLOCKS + 2)]  # each has a claim of its own
    for meter in meters:
        await ask(meter)
    assert counted(path).requests == BLOCKS + 2


def count_in_another_process(path: Path, then: str = "") -> None:
    program = (
        "import asyncio, os, sys\n"
        "from dataforms.meter import Metered\n"
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'http.response.start', 'status': 200})\n"
        "async def send(message): pass\n"
        "asyncio.run(Metered(app, sys.argv[1])({'type': 'http', 'headers': []}, None, send))\n"
    )
    subprocess.run([sys.executable, "-c", program + then, str(path)], check=not then, env=dict(os.environ))
