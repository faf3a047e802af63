"""What the zygote's tests share: a home with a real zygote that serves a tiny server in Reflex's place."""

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

from protoddfd.edge.process import ProcessGone, ProcessRef
from protoddfd.edge.zygote_client import Handover, ZygoteClient, ZygoteUnavailable
from protoddfd.zygote.messages import (
    Exited,
    Fork,
    Notification,
    Preloaded,
    Spawn,
    Started,
    StartFailed,
)

HERE = Path(__file__).parent.parent / "zygote"
MODULES = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
LIMIT_S = 5.0
END_S = 1.0


class Controller:
    """A client with its notifications in a queue."""

    def __init__(
        self, home: Path, generation: int, *, serve_with: str | None = "tiny_server", **env: str
    ) -> None:
        self.lost = asyncio.Event()
        self.news: asyncio.Queue[Notification] = asyncio.Queue()
        self.preloaded = asyncio.Event()
        self.preload_error: str | None = None
        self.client = ZygoteClient(
            home,
            generation,
            self._note,
            self.lost.set,
            serve_with=serve_with,
            env={**os.environ, "PYTHONPATH": MODULES, **env},
        )

    def _note(self, message: Notification) -> None:
        if isinstance(message, Preloaded):
            self.preload_error = message.error
            self.preloaded.set()
        else:
            self.news.put_nowait(message)

    async def enter(self) -> Handover:
        handover = await self.client.connect(LIMIT_S)
        if handover.preloaded:
            self.preload_error = handover.preload_error
            self.preloaded.set()
        return handover

    async def next(self, limit_s: float = LIMIT_S) -> Notification:
        async with asyncio.timeout(limit_s):
            return await self.news.get()

    async def started(self) -> Started:
        message = await self.next()
        assert isinstance(message, Started), message
        return message

    async def exited(self) -> Exited:
        message = await self.next()
        assert isinstance(message, Exited), message
        return message

    async def failed(self) -> StartFailed:
        message = await self.next()
        assert isinstance(message, StartFailed), message
        return message


class House:
    """A home with a zygote; ends it and all that it started when the test is over."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.controllers: list[Controller] = []
        self.zygote_pid = 0

    async def enter(
        self, generation: int = 1, *, serve_with: str | None = "tiny_server", **env: str
    ) -> tuple[Controller, Handover]:
        controller = Controller(self.home, generation, serve_with=serve_with, **env)
        handover = await controller.enter()
        self.zygote_pid = handover.pid
        self.controllers.append(controller)
        return controller, handover

    async def leave(self) -> None:
        try:
            with contextlib.suppress(ZygoteUnavailable):
                await self._end_all()
        finally:
            for controller in self.controllers:
                controller.client.close()

    async def _end_all(self) -> None:
        last, handover = await self.enter(1 << 40)
        living = {child.pid for child in handover.children}
        for child in handover.children:
            with contextlib.suppress(ProcessGone):  # it may have ended by itself, unreaped as yet
                ref = ProcessRef(child.pid, child.start_time)
                ref.send(signal.SIGKILL)
                ref.close()
        with contextlib.suppress(
            TimeoutError
        ):  # a test's deaf stray has longer: the zygote kills it as it ends
            while living:
                living.discard(getattr(await last.next(END_S), "pid", 0))
        for sockets in handover.sockets.values():
            for each in sockets:
                each.close()
        last.client.shutdown()
        async with asyncio.timeout(LIMIT_S):
            await last.lost.wait()


async def first_line(fifo: Path) -> bytes:
    """What arrives first in a FIFO; no thread, so that the time limit holds."""
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, arrived.set)
    try:
        async with asyncio.timeout(LIMIT_S):
            await arrived.wait()
        return os.read(descriptor, 4096)
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def proc(pid: int, name: str) -> bytes:
    return Path(f"/proc/{pid}/{name}").read_bytes()


def descriptors(pid: int) -> dict[int, str]:
    return {int(entry.name): str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def listening() -> socket.socket:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    bound.setblocking(False)
    return bound


def pair() -> tuple[socket.socket, socket.socket]:
    return listening(), listening()


async def ask(port: int) -> tuple[int, str]:
    async with asyncio.timeout(LIMIT_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        pid, side = (await reader.read()).decode().split()
        writer.close()
        await writer.wait_closed()
    return int(pid), side


def fork(app: str, module: str = "serve", slot: int = 0, life: int = 1, **more: str) -> Fork:
    return Fork(
        app=app,
        slot=slot,
        life=life,
        folder="/",
        module=module,
        bundle="/bundle",
        stdout=more.get("stdout"),
        stderr=more.get("stderr"),
        title=more.get("title", ""),
    )


def spawn(
    *argv: str, app: str = "cmd", life: int = 1, cwd: str = "/", env: dict[str, str] | None = None
) -> Spawn:
    return Spawn(app=app, slot=0, life=life, argv=list(argv), cwd=cwd, env=env or {})
