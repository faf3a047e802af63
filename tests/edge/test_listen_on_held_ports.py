"""What a held, shut, open or reserved port does to strangers and to clients: real sockets."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from protoddfd.edge import listen
from protoddfd.edge.listen import Listener, PortTaken, TooFewPorts


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago; only an explicit number stays bound after a shutdown."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def held(port: int) -> Iterator[socket.socket]:
    with listen.hold(port) as held:
        yield held


def client(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def accept(held: socket.socket) -> socket.socket:
    held.settimeout(5)  # a connected client may reach the queue a moment later
    return held.accept()[0]


@pytest.mark.parametrize("option", [None, socket.SO_REUSEADDR, socket.SO_REUSEPORT])
@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_stranger_cannot_bind_a_held_port(
    held: socket.socket, port: int, option: int | None, is_open: bool, host: str
) -> None:
    if is_open:
        listen.open_listener(held)
    with socket.socket() as stranger:
        if option is not None:
            stranger.setsockopt(socket.SOL_SOCKET, option, 1)
        with pytest.raises(OSError, match="Address already in use"):
            stranger.bind((host, port))


def test_a_bound_port_that_does_not_listen_refuses_a_client(held: socket.socket, port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        client(port)


def test_an_open_port_lets_clients_wait_and_a_shut_one_can_be_opened_again(
    held: socket.socket, port: int
) -> None:
    for _ in range(3):
        listen.open_listener(held)
        listen.open_listener(held)
        with client(port) as waiting:
            accept(held).close()
            assert waiting.recv(1) == b""
        listen.shut(held)
        with pytest.raises(ConnectionRefusedError):
            client(port)
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="Address already in use"):
                stranger.bind(("127.0.0.1", port))
    listen.shut(held)


def serve_one(held: socket.socket, port: int) -> None:
    """Leave a connection behind that our side closed first: it lingers in TIME_WAIT."""
    with client(port) as caller:
        accept(held).close()
        assert caller.recv(1) == b""


def test_lingering_connections_forbid_neither_listening_nor_binding_again(port: int) -> None:
    for _ in range(2):  # as if the daemon had been restarted
        with listen.hold(port) as held:
            for _ in range(2):
                listen.open_listener(held)
                serve_one(held, port)
                listen.shut(held)


def test_a_stranger_cannot_bind_between_two_openings(held: socket.socket, port: int) -> None:
    listen.open_listener(held)
    serve_one(held, port)
    listen.shut(held)
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, option, 1)
            with pytest.raises(OSError, match="Address already in use"):
                stranger.bind(("127.0.0.1", port))


def test_shutting_holds_in_every_holder_of_the_socket(held: socket.socket, port: int) -> None:
    with held.dup() as second:
        listen.open_listener(second)
        listen.shut(held)
        with pytest.raises(ConnectionRefusedError):
            client(port)
        listen.open_listener(second)
        client(port).close()


def test_a_program_can_listen_beside_a_reservation_and_nobody_else_can_hold_it(port: int) -> None:
    with listen.reserve(port), socket.socket() as program:
        program.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        program.bind(("127.0.0.1", port))
        program.listen()
        client(port).close()
        with pytest.raises(PortTaken):
            listen.hold(port)


def test_a_port_that_somebody_listens_on_is_taken_and_its_holder_is_named() -> None:
    script = (
        "import socket,sys\ns=socket.create_server(('127.0.0.1',0))\n"
        "sys.stdout.write(str(s.getsockname()[1])+chr(10))\nsys.stdout.flush()\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as foreign:
        assert foreign.stdout is not None
        taken = int(foreign.stdout.readline())
        with pytest.raises(PortTaken) as caught:
            listen.hold(taken)
        assert caught.value.port == taken
        found = listen.who_listens(taken)
        foreign.communicate()
    assert isinstance(found, Listener)
    assert found.pid == foreign.pid
    assert "create_server" in found.command


def test_nobody_listens_on_a_port_that_is_only_bound(held: socket.socket, port: int) -> None:
    assert listen.who_listens(port) is None
    listen.open_listener(held)
    found = listen.who_listens(port)
    assert found is not None
    assert found.pid == os.getpid()


def test_port_zero_is_refused_for_it_would_not_outlast_a_shutdown() -> None:
    with pytest.raises(ValueError, match="given"):
        listen.hold(0)


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@pytest.mark.parametrize("reserved", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_first_ports_that_can_be_had_are_held(count: int, reserved: bool) -> None:
    ports = free_ports(4)
    with listen.hold(ports[0]), ExitStack() as ours:
        got = [ours.enter_context(each) for each in listen.hold_some(ports, count, reserved=reserved)]
        assert [each.getsockname()[1] for each in got] == ports[1 : 1 + count]


def test_too_few_ports_are_none_at_all() -> None:
    ports = free_ports(2)
    with listen.hold(ports[0]):
        with pytest.raises(TooFewPorts) as caught:
            listen.hold_some(ports, 2)
        assert (caught.value.found, caught.value.wanted) == (1, 2)
        listen.hold(ports[1]).close()


def test_strangers_on_many_ports_are_named_in_one_look() -> None:
    ports = free_ports(3)
    with ExitStack() as held:
        for port in ports[:2]:
            listen.open_listener(held.enter_context(listen.hold(port)))
        found = listen.who_listens_on(ports)
        assert sorted(found) == sorted(ports[:2])
        assert {each.pid for each in found.values()} == {os.getpid()}
        assert listen.who_listens_on(ports, besides={os.getpid()}) == {}


def test_shutting_what_does_not_listen_leaves_it_fit_to_serve(held: socket.socket, port: int) -> None:
    listen.shut(held)
    listen.shut(held)
    listen.open_listener(held)
    with client(port) as asking, accept(held) as answering:
        asking.settimeout(0.2)
        with pytest.raises(TimeoutError):
            asking.recv(1)  # no end of the connection is seen
        answering.sendall(b"x")
        assert asking.recv(1) == b"x"


def test_a_held_port_becomes_a_reservation_and_a_held_one_again(held: socket.socket, port: int) -> None:
    listen.open_listener(held)
    listen.to_reservation(held)
    with socket.socket() as program:
        program.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        program.bind(("127.0.0.1", port))
        program.listen()
        client(port).close()
    listen.to_held(held)
    with pytest.raises(PortTaken):
        listen.hold(port)
    listen.open_listener(held)
    with client(port) as asking, accept(held):
        asking.sendall(b"x")
