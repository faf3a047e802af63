"""A router with the specification's own methods and some that misbehave; a server; a raw client."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from protoddfd.core.access import Access, Caller
from protoddfd.errors import AppUnknown
from protoddfd.rpc.router import Handler, Router
from protoddfd.rpc.server import RpcServer
from protoddfd.runtime.stream import Stream
from protoddfd.wire.base import Params
from protoddfd.wire.methods import Method, Role


class Subtract(Params, frozen=True, kw_only=True):
    minuend: int
    subtrahend: int


class Numbers(Params, frozen=True, kw_only=True):
    a: int = 0
    b: int = 0
    c: int = 0
    d: int = 0
    e: int = 0


class Anything(Params, frozen=True, kw_only=True):
    value: Any = None


class Recorder:
    """Handlers for the test methods; `seen` has what was called, `gate` holds `wait` back."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, object]] = []
        self.gate = asyncio.Event()
        self.streams_closed = 0
        self.stream_closed = asyncio.Event()

    def subtract(self, _caller: Caller, params: Subtract) -> int:
        return params.minuend - params.subtrahend

    def sum(self, _caller: Caller, params: Numbers) -> int:
        return params.a + params.b + params.c + params.d + params.e

    def note(self, _caller: Caller, params: Numbers) -> None:
        self.seen.append(("note", params))

    def get_data(self, _caller: Caller, _params: Anything) -> tuple[object, ...]:
        return ("hello", 5)

    def echo(self, _caller: Caller, params: Anything) -> object:
        return params.value

    def refuse(self, _caller: Caller, _params: Anything) -> None:
        raise AppUnknown("there is no app 'crm'", hint="protoddfctl list")

    def boom(self, _caller: Caller, _params: Anything) -> None:
        raise RuntimeError("secret /etc/passwd detail")

    def unencodable(self, _caller: Caller, _params: Anything) -> object:
        return object()

    async def wait(self, _caller: Caller, params: Anything) -> object:
        await self.gate.wait()
        return params.value

    async def later(self, _caller: Caller, params: Anything) -> object:
        await asyncio.sleep(0)
        return params.value

    def big(self, _caller: Caller, params: Numbers) -> str:
        return "x" * params.a

    def follow(self, _caller: Caller, params: Numbers) -> Stream:
        return Stream({"seq": params.a}, self._numbers(params.a))

    async def _numbers(self, count: int) -> AsyncIterator[tuple[str, object]]:
        try:
            for number in range(count):
                yield "event", {"seq": number}
            await self.gate.wait()
        finally:
            self.streams_closed += 1
            self.stream_closed.set()

    def handlers(self) -> dict[str, Handler]:
        named: dict[str, Handler] = {
            name: getattr(self, name)
            for name in (
                "subtract",
                "sum",
                "get_data",
                "echo",
                "refuse",
                "boom",
                "unencodable",
                "wait",
                "later",
            )
        }
        return named | {
            "update": self.note, "notify_hello": self.note, "notify_sum": self.note, "big": self.big,
            "follow": self.follow, "admin.only": self.echo,
        }  # fmt: skip


def _methods() -> Mapping[str, Method]:
    table: dict[str, type[Params]] = {
        "subtract": Subtract, "sum": Numbers, "update": Numbers, "notify_hello": Numbers,
        "notify_sum": Numbers, "get_data": Anything,
        "echo": Anything, "refuse": Anything, "boom": Anything, "unencodable": Anything,
        "wait": Anything, "later": Anything, "big": Numbers, "follow": Numbers, "admin.only": Anything,
    }  # fmt: skip
    return {
        name: Method(
            name=name,
            params=params,
            results=(dict,),
            role=Role.ADMIN if name == "admin.only" else Role.READ,
            rest="",
            summary="",
        )
        for name, params in table.items()
    }


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def router(recorder: Recorder) -> Router:
    return Router(recorder.handlers(), _methods())


@pytest.fixture
def caller() -> Caller:
    return Caller(uid=1000, gid=1000, pid=77, role=Role.OPERATOR, same_uid=False)


class RawClient:
    """Sends bytes and reads lines; knows nothing of JSON-RPC."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *values: object) -> None:
        """Send values as JSON lines; bytes go as they are."""
        for value in values:
            self.writer.write(value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n")

    def call(self, method: str, params: object = None, id_: object = 1) -> None:
        request = {"jsonrpc": "2.0", "method": method, "id": id_}
        self.send(request if params is None else {**request, "params": params})

    async def line(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.readline()

    async def answer(self) -> Any:
        return json.loads(await self.line())

    async def ended(self) -> bool:
        """Whether the server closes, after everything it sent was read."""
        async with asyncio.timeout(10):
            try:
                await self.reader.read()
            except ConnectionResetError:
                return True
            return self.reader.at_eof()

    async def close(self) -> None:
        self.writer.close()


Connect = Callable[[], Any]


@pytest.fixture
def socket_file(tmp_path: Path) -> Path:
    return tmp_path / "rpc.sock"


@pytest.fixture
async def server(anyio_backend: str, socket_file: Path, router: Router) -> AsyncIterator[RpcServer]:
    del anyio_backend
    server = RpcServer(socket_file, router, Access(), lambda _pid: False, connections_limit=20)
    await server.start()
    yield server
    await server.close(grace_s=0.2)


@pytest.fixture
async def connect(server: RpcServer, socket_file: Path) -> AsyncIterator[Connect]:
    del server
    clients: list[RawClient] = []

    async def open_client() -> RawClient:
        reader, writer = await asyncio.open_unix_connection(str(socket_file), limit=8 * 1024 * 1024)
        clients.append(RawClient(reader, writer))
        return clients[-1]

    yield open_client
    for client in clients:
        await client.close()
