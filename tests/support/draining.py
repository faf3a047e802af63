"""What the tests of a server's end share: an app that answers in many ways, clients that count failures."""

import asyncio
import contextlib
import os
from typing import Any

LIMIT_S = 10.0


class App:
    """Says which process answered and what it was asked; keeps what happened in `news`.

    `/slow/S` answers after S seconds, `/begun/S` has sent a part of its answer before, `/hasty` does not read
    the body. A websocket is an echo, which is silent when it is told `mute`.
    """

    def __init__(self) -> None:
        self.news: list[str] = []
        self._happened = asyncio.Event()

    async def until(self, news: str) -> None:
        """Wait until something has happened."""
        async with asyncio.timeout(LIMIT_S):
            while news not in self.news:
                self._happened.clear()
                await self._happened.wait()

    def _say(self, news: str) -> None:
        self.news.append(news)
        self._happened.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self._live(receive, send)
        elif kind == "websocket":
            await self._echo(receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        while True:
            kind = (await receive())["type"]
            self._say(kind)
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        _, kind, *rest = scope["path"].split("/")
        self._say(scope["path"])
        body = b"" if kind == "hasty" else await read(receive)
        if kind == "slow":
            await asyncio.sleep(float(rest[0]))
        content = b"%d %s %s" % (os.getpid(), scope["path"].encode(), body)
        headers = [(b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if kind == "begun":
            await send({"type": "http.response.body", "body": content[:3], "more_body": True})
            await asyncio.sleep(float(rest[0]))
            content = content[3:]
        await send({"type": "http.response.body", "body": content})

    async def _echo(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            self._say(message["text"])
            if message["text"] != "mute":
                await send({"type": "websocket.send", "text": message["text"]})
        self._say(f"disconnect {message['code']}")
        await asyncio.sleep(0.02)  # as if there were something to put away
        self._say("put away")


async def read(receive: Any) -> bytes:
    """Return the whole body of a request."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


class Visitor:
    """One connection to a port of this machine."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def arrive(cls, port: int) -> "Visitor":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, path: str, body: bytes = b"", *headers: str) -> None:
        """Ask, without waiting for the answer."""
        lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def answer(self) -> tuple[str, bytes]:
        """Return the head, in lower case, and the body of the next answer; raise OSError or EOFError."""
        async with asyncio.timeout(LIMIT_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next(line for line in head.split("\r\n") if line.startswith("content-length"))
            return head, await self.reader.readexactly(int(length.split(":")[1]))

    async def ask(self, path: str, body: bytes = b"", *headers: str) -> tuple[str, bytes]:
        self.send(path, body, *headers)
        return await self.answer()

    async def ended(self) -> bytes:
        """Return what still comes until the server has closed; raise OSError if it resets the connection."""
        async with asyncio.timeout(LIMIT_S):
            return await self.reader.read()

    async def leave(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


class Load:
    """Clients that ask all the time, and what came of it."""

    def __init__(self, ports: list[int]) -> None:
        self.answered = 0
        self.failures: list[str] = []
        self.connections = 0
        self.pids: set[bytes] = set()
        self._ports = ports
        self._clients: list[asyncio.Task[None]] = []
        self._is_over = False

    def add(self, clients: int, *, keep: bool, pause_s: float) -> None:
        """Let more ask: over a connection as long as it is kept, or over a new one each time."""
        for _ in range(clients):
            self._clients.append(asyncio.create_task(self._ask_on(len(self._clients), keep, pause_s)))

    async def end(self) -> None:
        self._is_over = True
        await asyncio.gather(*self._clients)

    async def _ask_on(self, client: int, keep: bool, pause_s: float) -> None:
        number, visitor = 0, None
        while not self._is_over:
            number += 1
            if visitor is None:
                visitor = await Visitor.arrive(self._ports[client % len(self._ports)])
                self.connections += 1
            is_kept = await self._ask_once(visitor, f"/{client}/{number}", keep)
            if not is_kept:
                await visitor.leave()
                visitor = None
            # each client another pause, from none to twice as much, so that requests fall everywhere
            await asyncio.sleep(pause_s * (client * 7 + number * 3) % (2 * pause_s) if pause_s else 0)
        if visitor is not None:
            await visitor.leave()

    async def _ask_once(self, visitor: Visitor, path: str, keep: bool) -> bool:
        try:
            head, body = await visitor.ask(path, b"body", *(() if keep else ("Connection: close",)))
        except (OSError, EOFError) as error:
            self.failures.append(f"{path}: {error!r}")
            return False
        pid, *said = body.split(b" ")
        if said == [path.encode(), b"body"] and head.startswith("http/1.1 200"):
            self.answered += 1
            self.pids.add(pid)
        else:
            self.failures.append(f"{path}: {head}{body!r}")
        return "connection: close" not in head
