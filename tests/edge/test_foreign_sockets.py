"""Listening sockets are taken back from processes that alone have them, or it is said why that cannot be."""

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from protoddfd.edge import listen
from protoddfd.edge.foreign_sockets import sockets_of
from protoddfd.edge.listen import ListeningInodes
from protoddfd.edge.process import ProcessRef, start_time

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((listen.LOOPBACK, 0))
        return int(probe.getsockname()[1])


def listening() -> socket.socket:
    held = listen.hold(free_port())
    listen.open_listener(held)
    return held


def port_of(held: socket.socket) -> int:
    return int(held.getsockname()[1])


def reference(pid: int) -> ProcessRef:
    started = start_time(pid)
    assert started is not None
    return ProcessRef(pid, started)


Keep = Callable[..., ProcessRef]


@pytest.fixture
def keep() -> Iterator[Keep]:
    """Let a process live that has copies of the given sockets; it ends with the test."""
    with ExitStack() as living:

        def start(*sockets: socket.socket) -> ProcessRef:
            passed = [each.fileno() for each in sockets]
            process = living.enter_context(
                subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=passed)
            )
            living.callback(process.kill)
            return living.enter_context(closing(reference(process.pid)))

        yield start


def test_no_client_is_refused_while_sockets_come_back(keep: Keep) -> None:
    held = [listening(), listening()]
    ports = [port_of(each) for each in held]
    app = keep(*held)
    for each in held:
        each.close()
    with socket.create_connection((listen.LOOPBACK, ports[0]), timeout=5) as waiting:
        back = sockets_of(app, ports)
        assert back.reason is None
        assert sorted(back.sockets) == sorted(ports)
        with ExitStack() as ours:
            for each in back.sockets.values():
                ours.enter_context(each)
                assert not each.getblocking()
                assert not os.get_inheritable(each.fileno())
            accepting = back.sockets[ports[0]]
            accepting.settimeout(5)
            accepting.accept()[0].close()
            assert waiting.recv(1) == b""


def test_a_taken_socket_outlives_the_process_and_can_be_shut_and_opened(keep: Keep) -> None:
    with listening() as held:
        port = port_of(held)
        app = keep(held)
    back = sockets_of(app, [port]).sockets[port]
    with back:
        listen.shut(back)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((listen.LOOPBACK, port), timeout=5)
        with pytest.raises(listen.PortTaken):
            listen.hold(port)
        listen.open_listener(back)
        socket.create_connection((listen.LOOPBACK, port), timeout=5).close()


def test_a_connection_on_the_port_is_not_taken_for_its_listener(keep: Keep) -> None:
    with listening() as held:
        port = port_of(held)
        held.settimeout(5)
        with socket.create_connection((listen.LOOPBACK, port), timeout=5), held.accept()[0] as accepted:
            app = keep(accepted)
            nothing = sockets_of(app, [port])
            assert nothing.sockets == {}
            assert nothing.reason == f"process {app.pid} does not listen on {port}"


def test_only_what_is_asked_for_is_taken_and_the_missing_is_named(keep: Keep) -> None:
    with listening() as asked, asked.dup() as twice, listening() as other:
        wanted, absent = port_of(asked), free_port()
        app = keep(asked, twice, other)
        back = sockets_of(app, [wanted, absent])
    assert list(back.sockets) == [wanted]
    assert back.reason == f"process {app.pid} does not listen on {absent}"
    back.sockets[wanted].close()


def test_nothing_is_taken_from_a_process_that_has_ended() -> None:
    with listening() as held, subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        ref = reference(process.pid)
        process.communicate()
        back = sockets_of(ref, [port_of(held)])
        ref.close()
    assert back.sockets == {}
    assert back.reason is not None
    assert back.reason.endswith("has ended")


BECOMING_NOBODY = """
import os, sys
from protoddfd.edge.foreign_sockets import sockets_of
from protoddfd.edge.listen import ListeningInodes
from protoddfd.edge.process import ProcessRef, start_time
pid, port, nobody = map(int, sys.argv[1:])
inodes = ListeningInodes.read()
os.setgroups([])
os.setresgid(nobody, nobody, nobody)
os.setresuid(nobody, nobody, nobody)
print(sockets_of(ProcessRef(pid, start_time(pid)), [port], inodes))
"""


def test_another_user_is_told_that_it_may_not(keep: Keep) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can run a process as another user")
    with listening() as held:
        app, port = keep(held), port_of(held)
        as_nobody = subprocess.run(
            [sys.executable, "-c", BECOMING_NOBODY, str(app.pid), str(port), str(NOBODY)],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert as_nobody.returncode == 0, as_nobody.stderr
    assert "sockets={}" in as_nobody.stdout
    assert "the kernel does not allow it" in as_nobody.stdout


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4096:
        pytest.skip(f"this process may have no more than {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.long
@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_sockets_of_five_hundred_processes_come_back(keep: Keep) -> None:
    apps: list[tuple[ProcessRef, list[int]]] = []
    for _ in range(500):
        with listening() as front, listening() as back:
            apps.append((keep(front, back), [port_of(front), port_of(back)]))
    inodes = ListeningInodes.read()
    retrieved = [sockets_of(app, ports, inodes) for app, ports in apps]
    for each in retrieved:
        assert each.reason is None
        for taken in each.sockets.values():
            taken.close()
    assert sum(len(each.sockets) for each in retrieved) == 1000
