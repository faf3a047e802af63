"""Ports: given once, kept, moved away from strangers, and given back."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from protoddfctl.client import Client
from protoddfd.errors import ProtoddfError
from protoddfd.wire import results
from testbed import Daemon, http, wait_for

pytestmark = pytest.mark.e2e


class Clients:
    """Threads that adopt and delete commands with a port, and watch that no port is given twice."""

    def __init__(self, daemon: Daemon, *, clients: int, rounds: int) -> None:
        self._daemon, self._rounds = daemon, rounds
        self._lock = threading.Lock()
        self._held: dict[int, str] = {}
        self.given = 0
        self.faults: list[str] = []
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(clients)]

    def run(self) -> None:
        """Let all of them work, and return when they are done."""
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()

    def _work(self, number: int) -> None:
        with Client(str(self._daemon.socket), timeout_s=120) as client:
            for turn in range(self._rounds):
                name = f"c{number}_{turn}"
                asked = {"name": name, "command": ["sleep", "1"], "ports": 2, "start": False}
                app = client.call("app.adopt", asked, type=results.App)
                self._take(name, app.ports)
                self._give_back(app.ports)
                client.call_raw("app.delete", {"name": name})

    def _take(self, name: str, ports: results.Ports) -> None:
        with self._lock:
            for port in (ports.frontend, ports.backend):
                assert port is not None
                self.given += 1
                if port in self._held:
                    self.faults.append(f"{port} was given to {name} and to {self._held[port]}")
                self._held[port] = name

    def _give_back(self, ports: results.Ports) -> None:
        with self._lock:
            for port in (ports.frontend, ports.backend):
                assert port is not None
                del self._held[port]


def test_many_clients_at_once_are_given_different_ports(shared: Daemon) -> None:
    clients = Clients(shared, clients=10, rounds=10)
    clients.run()
    assert (clients.given, clients.faults) == (200, [])


@pytest.mark.long
@pytest.mark.timeout(600)
def test_ten_thousand_ports_given_to_fifty_clients_are_never_given_twice(shared: Daemon) -> None:
    clients = Clients(shared, clients=50, rounds=100)
    clients.run()
    print(f"{clients.given} ports given, {len(clients.faults)} twice")  # noqa: T201
    assert (clients.given, clients.faults) == (10_000, [])


@pytest.fixture
def taken(daemon: Daemon) -> Iterator[tuple[Daemon, results.App, socket.socket]]:
    """Return a stopped daemon with an app that was up, one of whose ports a stranger has taken."""
    app = daemon.create("homeless")
    assert daemon.stop() == 0
    assert app.ports.backend is not None
    with closing(socket.socket()) as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", app.ports.backend))
        stranger.listen()
        yield daemon, app, stranger


def test_an_app_moves_away_from_a_stranger_who_is_named(
    taken: tuple[Daemon, results.App, socket.socket],
) -> None:
    daemon, before, _ = taken
    daemon.start()
    app = daemon.wait_state("homeless", "ready")
    assert {app.ports.frontend, app.ports.backend}.isdisjoint({before.ports.backend})
    assert http(app.ports.backend, "/ping")[0] == 200
    log = (daemon.home / "logs" / "protoddfd.log").read_text()
    (moved,) = [line for line in log.splitlines() if "port.moved" in line]
    assert f"port {before.ports.backend} is taken by process {os.getpid()}" in moved


@pytest.mark.long
def test_an_app_waits_for_a_stranger_to_leave_where_the_setting_says_so(
    taken: tuple[Daemon, results.App, socket.socket],
) -> None:
    daemon, before, stranger = taken
    (daemon.home / "config.toml").write_text('[ports]\ntaken = "wait"\n')
    daemon.start()
    reason = wait_for(lambda: daemon.app("homeless").reason)
    assert f"waits: port {before.ports.backend} is taken by process {os.getpid()}" in reason
    (row,) = [row for row in daemon.call("port.list")["ports"] if row["port"] == before.ports.backend]
    assert row["foreign"]["pid"] == os.getpid()
    stranger.close()
    assert daemon.wait_state("homeless", "ready").ports == before.ports


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_thousand_apps_have_two_ports_each_and_come_back_on_them(home: Path) -> None:
    daemon = Daemon(home, "--port-range", "20000-22100")
    try:
        daemon.start()
        before = {}
        for number in range(1000):
            app = daemon.adopt(f"app{number}", "sleep", "1000", ports=2, start=False)
            before[app.name] = app.ports
        assert daemon.stop() == 0
        daemon.start()
        with Client(str(daemon.socket), timeout_s=60) as client:
            after = {app.name: app.ports for app in client.call("app.list", type=results.AppList).apps}
        assert after == before
        assert len({port for ports in after.values() for port in (ports.frontend, ports.backend)}) == 2000
        held = [row for row in daemon.call("port.list")["ports"] if row["foreign"] is None]
        assert len(held) == 2000
    finally:
        daemon.clean_up()


@pytest.mark.long
def test_a_range_is_used_to_its_end_and_one_too_many_is_told_what_helps(home: Path) -> None:
    daemon = Daemon(home, "--port-range", "23000-23039")
    try:
        daemon.start()
        for number in range(20):
            daemon.adopt(f"app{number}", "sleep", "1", ports=2, start=False)
        with pytest.raises(ProtoddfError) as refused:
            daemon.adopt("one_more", "sleep", "1", ports=2, start=False)
        assert refused.value.code == 1101
        assert "widen ports.range" in refused.value.hint
    finally:
        daemon.clean_up()
