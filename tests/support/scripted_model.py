"""A language model that says what a test has written: a real HTTP server on loopback, in either dialect."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec


class Says(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the server does with a request; the last one of a script is done again and again."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = {}
    body: bytes | None = None
    """Instead of what the dialect has."""
    finish: str = ""
    input_tokens: int = 1000
    output_tokens: int = 100
    wait_s: float = 0.0
    reset: bool = False
    """Break the connection instead of answering."""


def patch(*changes: dict[str, Any], summary: str = "better") -> Says:
    """Answer with a patch."""
    return Says(text=json.dumps({"summary": summary, "changes": changes}))


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def text(self) -> str:
        """Return all that was said, as JSON."""
        return json.dumps(self.body, ensure_ascii=False)


class ScriptedModel:
    """The server: where it is, and what it heard."""

    def __init__(self, script: Sequence[Says]) -> None:
        self._script = list(script)
        self.heard: list[Heard] = []
        self.port = 0

    @property
    def root(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode().split("\r\n")
                headers = {
                    key.lower(): value.strip() for key, _, value in (each.partition(":") for each in lines)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                path = first.split()[1]
                self.heard.append(Heard(path=path, headers=headers, body=json.loads(body)))
                await self._answer(path, self.heard[-1].body, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _answer(self, path: str, asked: Any, writer: asyncio.StreamWriter) -> None:
        says = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        await asyncio.sleep(says.wait_s)
        if says.reset:
            writer.transport.abort()
            return
        if says.body is not None:
            body = says.body
        elif says.status != 200:
            body = json.dumps({"error": {"message": says.text or "no", "type": "server_error"}}).encode()
        else:
            speak = _anthropic if path.endswith("/messages") else _openai
            body = json.dumps(speak(says, asked)).encode()
        lines = {"content-type": "application/json", "content-length": str(len(body)), **says.headers}
        head = "".join(f"{key}: {value}\r\n" for key, value in lines.items())
        writer.write(f"HTTP/1.1 {says.status} Said\r\n{head}\r\n".encode() + body)
        await writer.drain()


def _openai(says: Says, asked: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": says.text}
    finish = says.finish or "stop"
    if asked.get("tools"):
        call = {"id": "1", "type": "function", "function": {"name": "patch", "arguments": says.text}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        finish = says.finish or "tool_calls"
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"],
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {
            "prompt_tokens": says.input_tokens, "completion_tokens": says.output_tokens,
            "total_tokens": says.input_tokens + says.output_tokens,
        },
    }  # fmt: skip


def _anthropic(says: Says, asked: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"type": "text", "text": says.text}
    if asked.get("tools") and says.text.startswith("{"):
        with suppress(ValueError):
            content = {"type": "tool_use", "id": "tu_1", "name": "patch", "input": json.loads(says.text)}
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "content": [content],
        "stop_reason": says.finish or ("tool_use" if content["type"] == "tool_use" else "end_turn"),
        "stop_sequence": None,
        "usage": {"input_tokens": says.input_tokens, "output_tokens": says.output_tokens},
    }  # fmt: skip


@contextmanager
def scripted(*script: Says) -> Iterator[ScriptedModel]:
    """Serve a script in a thread of its own."""
    model = ScriptedModel(script)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(model.serve, "127.0.0.1", 0, limit=2**24))
    model.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_end_all(loop))
        loop.close()


async def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    """Let every connection end, with its transport closed."""
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
