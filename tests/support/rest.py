"""REST asked in process: the service of a real database, without a server."""

import asyncio
from collections.abc import AsyncIterable, Mapping
from typing import Any

from httpx import ASGITransport, AsyncClient, Response
from starlette.requests import Request

from dataforms.access import Access
from dataforms.database import Database
from dataforms.frontend import Receive, Scope, Send
from dataforms.rest.mount import Mounted, everybody
from dataforms.spec import AppSpec, Entity, Field, Rule

SHOP = AppSpec(
    name="shop",
    title="Shop",
    description="Sells things.",
    entities=(
        Entity(
            name="Customer",
            title="Customer",
            plural="Customers",
            fields=(
                Field(name="name", title="Name", type="text", required=True, help="As on the letter."),
                Field(name="code", title="Code", type="text", unique=True),
                Field(name="orders", title="Orders", type="children", target="Order Line", via="customer"),
            ),
        ),
        Entity(
            name="Order Line",
            title="Order",
            plural="Orders",
            fields=(
                Field(name="number", title="Number", type="auto_number"),
                Field(name="title", title="Title", type="text", required=True),
                Field(name="customer", title="Customer", type="reference", target="Customer"),
                Field(name="price", title="Price", type="money", currency="EUR", min=0),
                Field(name="pieces", title="Pieces", type="integer", default=1),
                Field(name="total", title="Total", type="computed", expression="price * pieces"),
                Field(name="day", title="Day", type="date"),
                Field(name="at", title="At", type="datetime"),
                Field(name="took", title="Took", type="duration"),
                Field(name="tags", title="Tags", type="multi_enum", choices=("new", "old")),
                Field(name="locked", title="Locked", type="integer", read_only=True, default=7),
            ),
            rules=(Rule(kind="unique", fields=("customer", "title")),),
        ),
    ),
)


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Be the rest of an app, which says so."""
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class Rest:
    """A client of the REST routes of one database; close it, for it has an event loop."""

    def __init__(self, database: Database, access: Access | None = None) -> None:
        def access_of(request: Request) -> Access:
            return everybody(request) if access is None else access

        self._runner = asyncio.Runner()
        transport = ASGITransport(Mounted(nothing, lambda: database, access_of))
        self._client = AsyncClient(transport=transport, base_url="http://app.test")

    def __enter__(self) -> "Rest":
        return self

    def __exit__(self, *reason: object) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def send(self, method: str, url: str, body: bytes | AsyncIterable[bytes], **headers: str) -> Response:
        """Return the answer to a request with a body as it is."""
        return self._runner.run(self._client.request(method, url, content=body, headers=_named(headers)))

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Response:
        """Return the answer to a request below `/api/v1`; `if_match` is the header If-Match."""
        sent: Mapping[str, Any] = {} if body is None else {"json": body}
        return self._runner.run(
            self._client.request(method, f"/api/v1{path}", headers=_named(headers), **sent)
        )

    def add(self, path: str, **values: object) -> int:
        """Store a record; return its id."""
        answer = self.ask("POST", path, values)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
