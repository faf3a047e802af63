"""An app as it is really served: its meter tells use from checks, and it sleeps while nobody asks."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from protoddfd.edge.meter import Meter, read
from protoddfd.generate.bundle import TEMPLATE
from protoddfd.generate.render import render

pytestmark = pytest.mark.e2e

LIMIT_S = 20.0
IDLE_S = 1.5
SPEC = b"""{"name": "shop", "title": "Shop", "entities": [{"name": "Customer", "title": "Customer",
  "fields": [{"name": "name", "title": "Name", "type": "text"}]}]}"""


class Served:
    """A running app with a meter."""

    def __init__(self, folder: Path) -> None:
        client = folder / "bundle" / "build" / "client"
        client.mkdir(parents=True)
        for name in ("index.html", "__spa-fallback.html"):
            (client / name).write_text("<html><head></head></html>")
        (folder / "bundle" / "backend").mkdir()
        (folder / "bundle" / "backend" / "stateful_pages.json").write_text("[]")
        (folder / "shop").mkdir()
        render(TEMPLATE, folder / "shop", "shop", SPEC)
        self._meter = folder / "meter"
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        numbers = [each.fileno() for each in self._sockets]
        self.port: int = self._sockets[0].getsockname()[1]
        program = [sys.executable, "-m", "protoddfd.zygote.alone", str(folder / "shop"), "shop_app.shop"]
        self.process = subprocess.Popen(
            [*program, str(folder / "bundle"), *map(str, numbers)],
            pass_fds=numbers,
            env={**os.environ, "PROTODDF_METER": str(self._meter)},
        )
        self.probe()

    def end(self) -> None:
        with self.process:
            self.process.kill()
        for each in self._sockets:
            each.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT_S)

    def ask(self, connection: socket.socket, agent: str = "Mozilla/5.0") -> bytes:
        connection.sendall(f"GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {agent}\r\n\r\n".encode())
        answer = b""
        while b'"pong"' not in answer:
            answer += connection.recv(4096)
        return answer

    def probe(self) -> None:
        with self.connect() as connection:
            self.ask(connection, "protoddfd")

    def becomes(self, what: Callable[[Meter], bool]) -> Meter:
        """Return the meter as soon as something is true of it."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            found = read(self._meter)
            if found is not None and what(found):
                return found
            time.sleep(0.002)
        raise TimeoutError(f"the meter stays at {read(self._meter)}")

    def has_meter(self) -> bool:
        return read(self._meter) is not None


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path)
    yield served
    served.end()


def test_requests_events_and_open_connections_are_use_and_checks_are_not(app: Served) -> None:
    app.probe()
    assert not app.has_meter()
    with app.connect() as kept:
        app.ask(kept)
        app.ask(kept)
        assert app.becomes(lambda meter: meter.requests == 2).connections == 1
        with app.connect() as probing:
            app.ask(probing, "protoddfd")
            assert app.becomes(lambda meter: True).connections == 1
    assert not app.becomes(lambda meter: meter.connections == 0).in_use
    url = f"ws://127.0.0.1:{app.port}/_event/?token=t&EIO=4&transport=websocket"
    with connect(url) as websocket:
        websocket.recv()
        websocket.send("40/_event,")
        websocket.recv()
        assert app.becomes(lambda meter: meter.websockets == 1).connections == 1
        websocket.send('42/_event,["ping"]')
        assert "pong" in str(websocket.recv())
        assert app.becomes(lambda meter: meter.events == 1).requests == 2
    app.becomes(lambda meter: meter.websockets == 0 and meter.connections == 0)


def test_what_is_open_when_the_app_is_killed_is_no_use_of_it(app: Served) -> None:
    with app.connect() as kept:
        app.ask(kept)
        app.becomes(lambda meter: meter.connections == 1)
        app.process.send_signal(signal.SIGKILL)
        app.process.wait(LIMIT_S)
        found = app.becomes(lambda meter: True)
        assert (found.requests, found.in_use) == (1, False)


def test_an_app_that_nobody_asks_does_not_wake_up(app: Served) -> None:
    with app.connect() as connection:
        app.ask(connection)
    app.becomes(lambda meter: meter.connections == 0)
    time.sleep(0.2)  # what the first request has left to do
    before = times_run(app.process.pid)
    time.sleep(IDLE_S)
    assert times_run(app.process.pid) == before


def times_run(pid: int) -> int:
    """Return how often a process, with all its threads, was given a processor."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[2]) for task in tasks)
