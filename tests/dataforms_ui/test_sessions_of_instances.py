"""A tab of a browser goes on in another process of its app when they share Redis, and else starts anew."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from app_instances import instances, redis
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from protoddfd.generate.bundle import TEMPLATE
from protoddfd.generate.render import render
from protoddfd.zygote.visitor import HYDRATE

pytestmark = [pytest.mark.e2e, pytest.mark.anyio]

LIMIT_S = 20
ENDS = 5
FIND = "reflex___state____state.dataforms___ui___state____ui.find"
SPEC = b"""{"name": "shop", "title": "Shop", "entities": [{"name": "Customer", "title": "Customer",
  "plural": "Customers", "fields": [{"name": "name", "title": "Name", "type": "text"}]}]}"""


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    render(TEMPLATE, folder, "shop", SPEC)
    client = tmp_path / "bundle" / "build" / "client"
    client.mkdir(parents=True)
    for name in ("index.html", "__spa-fallback.html"):
        (client / name).write_text("<html><head></head></html>")
    (tmp_path / "bundle" / "backend").mkdir()
    (tmp_path / "bundle" / "backend" / "stateful_pages.json").write_text("[]")
    return folder


class Tab:
    """A tab of a browser: what its event websocket says and hears."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.new_token: str | None = None

    async def send(self, name: str, **payload: object) -> None:
        where = {"pathname": "/t/customer", "asPath": "/t/customer"}
        event = {"name": name, "payload": payload, "router_data": where}
        await self._connection.send("42/_event," + json.dumps(["event", event]))

    async def search(self, text: str) -> None:
        """Search, and wait until the page shows it."""
        await self.send(FIND, text=text)
        while await self.hears("search") != text:
            pass

    async def hears(self, field: str) -> Any:
        """Return the next value of a field of the app's state."""
        while True:
            message = str(await self._connection.recv())
            if not message.startswith("42/_event,"):
                continue
            kind, content = json.loads(message.removeprefix("42/_event,"))
            if kind == "new_token":
                self.new_token = content
                continue
            for values in content.get("delta", {}).values():
                found = {name.removesuffix("_rx_state_"): value for name, value in values.items()}
                if field in found:
                    return found[field]

    async def closed(self) -> int | None:
        """Wait for the end of the websocket; return the code that the server gave."""
        try:
            while True:
                await self._connection.recv()
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None


@asynccontextmanager
async def tab(port: int, token: str) -> AsyncIterator[Tab]:
    """Open the websocket as a tab with that token does, first or again, and let it load the page."""
    address = f"127.0.0.1:{port}"
    url = f"ws://{address}/_event/?token={token}&EIO=4&transport=websocket"
    async with asyncio.timeout(LIMIT_S), connect(url, origin=f"http://{address}") as connection:  # type: ignore[arg-type]  # an Origin is a str
        await connection.recv()
        where = {"pathname": "/t/customer", "asPath": "/t/customer"}
        event = {"name": HYDRATE, "payload": {}, "router_data": where}
        await connection.send("40/_event," + json.dumps({"event": event}))
        yield Tab(connection)


async def stored(redis_url: str, token: str) -> None:
    """Wait until every answered event is in Redis too, as an answer is sent a moment before."""
    client = Redis.from_url(redis_url)
    async with asyncio.timeout(LIMIT_S):
        while await client.exists(f"{token}_lock"):  # noqa: ASYNC110 - Redis tells others, not us
            await asyncio.sleep(0.002)
    await client.aclose()


async def search_moves(app: Path, how: int, **env: str) -> tuple[str, str | None, int | None]:
    """Search in a tab, end its process by a signal, come back to another.

    Returns the text that the tab then searches for, the new token that it was given if any, and the code that
    its first websocket was closed with.
    """
    token = str(uuid.uuid4())
    with instances(app, app.parent / "bundle", **env) as processes:
        first = processes.fork()
        async with tab(processes.port, token) as before:
            await before.search("ada")
            processes.fork()
            if "REFLEX_REDIS_URL" in env:
                await stored(env["REFLEX_REDIS_URL"], token)
            os.kill(first, how)
            code = await before.closed()
            async with tab(processes.port, token) as after:
                found = await after.hears("search")
    return found, after.new_token, code


@pytest.mark.parametrize(
    ("how", "code"),
    [(signal.SIGTERM, 1012), pytest.param(signal.SIGKILL, None, marks=pytest.mark.long)],
)
async def test_with_redis_a_tab_goes_on_in_another_process(
    app: Path, redis_url: str, how: int, code: int | None
) -> None:
    assert await search_moves(app, how, REFLEX_REDIS_URL=redis_url) == ("ada", None, code)


async def test_what_a_tab_sent_before_its_process_ended_is_done(app: Path, redis_url: str) -> None:
    token = str(uuid.uuid4())
    with instances(app, app.parent / "bundle", REFLEX_REDIS_URL=redis_url) as processes:
        serving = processes.fork()
        for number in range(ENDS):
            async with tab(processes.port, token) as before:
                await before.hears("search")
                leaving, serving = serving, processes.fork()
                await before.send(FIND, text=f"number {number}")
                os.kill(leaving, signal.SIGTERM)
                assert await before.closed() == 1012
            async with tab(processes.port, token) as after:
                assert await after.hears("search") == f"number {number}"
                assert after.new_token is None


async def test_without_redis_a_tab_starts_anew_in_another_process(app: Path) -> None:
    assert await search_moves(app, signal.SIGTERM) == ("", None, 1012)


async def test_without_redis_a_tab_that_comes_back_to_its_process_goes_on(app: Path) -> None:
    token = str(uuid.uuid4())
    with instances(app, app.parent / "bundle") as processes:
        processes.fork()
        async with tab(processes.port, token) as before:
            await before.search("ada")
        async with tab(processes.port, token) as after:
            assert await after.hears("search") == "ada"


async def test_a_tab_that_is_open_twice_gets_a_session_of_its_own_in_another_process(
    app: Path, redis_url: str
) -> None:
    token = str(uuid.uuid4())
    with instances(app, app.parent / "bundle", REFLEX_REDIS_URL=redis_url) as processes:
        first = processes.fork()
        async with tab(processes.port, token) as one:
            await one.search("ada")
            processes.fork()
            await stored(redis_url, token)
            os.kill(first, signal.SIGSTOP)  # so that the second one gets the next tab
            async with tab(processes.port, token) as other:
                assert await other.hears("search") == ""
                assert other.new_token not in (None, token)
            os.kill(first, signal.SIGCONT)


def test_the_app_that_warms_the_zygote_up_touches_nothing_that_apps_are_given(tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/theirs.db",
        "PROTODDF_METER": str(tmp_path / "meter"),
        "REFLEX_REDIS_URL": f"unix://{tmp_path}/nobody",
    }
    program = (
        "import os; from protoddfd.zygote import serve; serve.prepare_environment(); serve.preload();"
        f"assert {{name: os.environ[name] for name in {list(given)}}} == {given}"
    )
    environment = {**os.environ, **given}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
