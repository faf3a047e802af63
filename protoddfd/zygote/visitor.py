"""A visitor with just enough HTTP and websocket to open a page as a browser does."""

import asyncio
import base64
import json
import os
import uuid

HYDRATE = "reflex___state____state.hydrate_and_load"
_LONG = 126


async def get(port: int, target: str) -> bytes:
    """Return the whole answer of 127.0.0.1 to a GET, from the status line on; raise OSError."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    await _close(writer)
    return answer


async def open_page(port: int, page: str, until: bytes) -> list[bytes]:
    """Open the event websocket as `page` does and return the messages up to the one that contains `until`.

    Raises:
        OSError, asyncio.IncompleteReadError: the server refused or went away.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_upgrade(port))
    await reader.readuntil(b"\r\n\r\n")
    messages = [await _receive(reader)]
    event = {"name": HYDRATE, "payload": {}, "router_data": {"pathname": page, "asPath": page}}
    writer.write(_text_frame(b"40/_event," + json.dumps({"event": event}).encode()))
    while until not in messages[-1]:
        messages.append(await _receive(reader))
    await _close(writer)
    return messages


def _upgrade(port: int) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /_event/?token={uuid.uuid4()}&EIO=4&transport=websocket HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


async def _receive(reader: asyncio.StreamReader) -> bytes:
    length = (await reader.readexactly(2))[1] & 127
    if length >= _LONG:
        length = int.from_bytes(await reader.readexactly(2 if length == _LONG else 8))
    return await reader.readexactly(length)


def _text_frame(text: bytes) -> bytes:
    mask = os.urandom(4)
    size = bytes([0x80 | len(text)]) if len(text) < _LONG else bytes([0x80 | _LONG]) + len(text).to_bytes(2)
    return b"\x81" + size + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()
