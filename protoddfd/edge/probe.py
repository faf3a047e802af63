"""One HTTP request to an app on loopback. It never decides what an answer means."""

import asyncio

_LIMIT = 64 * 1024


class NoAnswer(Exception):
    """The connection ended, or was refused, before a status line came."""


async def http_status(port: int, path: str = "/ping") -> int:
    """Return the status code that 127.0.0.1:`port` answers a GET of `path` with.

    A socket that listens and is not served yet keeps the request waiting, so the answer comes at the very
    moment the app serves. Bound the wait with a timeout.

    Raises:
        NoAnswer: nobody listens, or the connection ended before an answer.
    """
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_LIMIT)
    except OSError as error:
        raise NoAnswer(f"port {port}: {error.strerror}") from error
    try:
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
            "User-Agent: protoddfd\r\n\r\n".encode("ascii")
        )
        line = await _first_line(reader, port)
    finally:
        writer.close()
    parts = line.split(b" ", 2)
    if len(parts) < 2 or not parts[0].startswith(b"HTTP/1") or not parts[1].isdigit():
        raise NoAnswer(f"port {port} does not speak HTTP")
    return int(parts[1])


async def _first_line(reader: asyncio.StreamReader, port: int) -> bytes:
    try:
        return await reader.readline()
    except (OSError, ValueError) as error:
        raise NoAnswer(f"port {port}: {error}") from error
