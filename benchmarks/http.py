"""Requests as a plain client makes them, timed."""

import asyncio
import socket
import time

from protoddfd.zygote.visitor import get, open_page


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def connect(port: int, limit_s: float = 60.0) -> socket.socket:
    """Return a connection to a port of this machine, as soon as one listens; raise TimeoutError."""
    end = time.monotonic() + limit_s
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=limit_s)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise TimeoutError(f"nobody listens on port {port}") from None
            time.sleep(0.002)


def answered_at(connection: socket.socket, path: str = "/ping") -> float:
    """Ask over an open connection and return the Unix time at which a 200 came; raise OSError otherwise."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    head = connection.recv(4096)
    now = time.time()
    if not head.startswith(b"HTTP/1.1 200"):
        raise OSError(f"{path} was answered with {head[:40]!r}")
    return now


def first_answer(port: int, path: str = "/ping", limit_s: float = 180.0) -> float:
    """Return the Unix time at which the first 200 came, asking anew until then; raise TimeoutError."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            with connect(port, end - time.monotonic()) as connection:
                return answered_at(connection, path)
        except OSError:
            time.sleep(0.005)
    raise TimeoutError(f"port {port} did not answer within {limit_s} s")


def visit(port: int, until: str) -> None:
    """Get the first page, open its event websocket as a browser does, and wait for a state with `until`."""

    async def once() -> None:
        async with asyncio.timeout(60):
            await get(port, "/")
            await open_page(port, "/", until.encode())

    asyncio.run(once())
