"""Connections to ports are counted, by both ways of asking the kernel."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from protoddfd.edge.connections import connections, connections_by_netlink, connections_by_table

Count = Callable[[int], int]


def by_netlink(port: int) -> int:
    return connections_by_netlink(port, port)[port]


def by_table(port: int) -> int:
    return connections_by_table()[port]


@pytest.fixture(params=[by_netlink, by_table])
def count(request: pytest.FixtureRequest) -> Count:
    found: Count = request.param
    return found


@pytest.fixture
def open_now() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def listener(stack: ExitStack, family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> int:
    listening = stack.enter_context(socket.socket(family))
    if family == socket.AF_INET6:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listening.bind((host, 0))
    listening.listen()
    port: int = listening.getsockname()[1]
    return port


def connect(stack: ExitStack, port: int, host: str = "127.0.0.1") -> None:
    stack.enter_context(socket.create_connection((host, port)))


def test_a_port_without_connections_has_none(open_now: ExitStack, count: Count) -> None:
    assert count(listener(open_now)) == 0


def test_connections_that_wait_to_be_accepted_count(open_now: ExitStack, count: Count) -> None:
    port = listener(open_now)
    for _ in range(3):
        connect(open_now, port)
    assert count(port) == 3


def test_both_kinds_of_addresses_count(open_now: ExitStack, count: Count) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    port = listener(open_now, socket.AF_INET6, "::")
    connect(open_now, port, "127.0.0.1")
    connect(open_now, port, "::1")
    assert count(port) == 2


def test_a_connection_that_was_closed_counts_no_more(open_now: ExitStack, count: Count) -> None:
    listening = open_now.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = listening.getsockname()[1]
    client = socket.create_connection(("127.0.0.1", port))
    served, _ = listening.accept()
    assert count(port) == 1
    client.close()
    assert served.recv(1) == b""
    served.close()
    assert count(port) == 0


def test_only_the_ports_asked_for_are_told(open_now: ExitStack) -> None:
    one, other = sorted((listener(open_now), listener(open_now)))
    connect(open_now, one)
    connect(open_now, other)
    assert connections([one]) == {one: 1}
    assert connections({one, other}) == {one: 1, other: 1}
    assert connections([]) == {}
    assert connections_by_netlink(one + 1, other)[one] == 0


def test_the_table_stands_in_where_the_kernel_does_not_answer(
    open_now: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener(open_now)
    connect(open_now, port)
    kind = socket.socket

    def refuse(family: int = -1, *rest: int) -> socket.socket:
        if family == socket.AF_NETLINK:
            raise PermissionError("not here")
        return kind(family, *rest)

    monkeypatch.setattr(socket, "socket", refuse)
    assert connections([port]) == {port: 1}


def test_both_ways_agree_on_hundreds(open_now: ExitStack) -> None:
    ports = [listener(open_now) for _ in range(5)]
    for number in range(200):
        connect(open_now, ports[number % 4])
    expected = Counter(dict.fromkeys(ports[:4], 50))
    assert connections(ports) == expected
    assert (
        Counter({port: count for port, count in connections_by_table().items() if port in ports}) == expected
    )
