"""The HTTP side of REST: routes that guard, ask `rest.records` in a thread, and answer.

Imported by the first request.
"""

import math
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import anyio.to_thread
import msgspec
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dataforms.access import Access
from dataforms.database import Database
from dataforms.errors import DataError
from dataforms.rest import ROOT, bulk, files, openapi, problems, records, webhooks
from dataforms.rest.bucket import VISITS_A_SECOND, VISITS_AT_ONCE, Buckets
from dataforms.rest.delivery import look_again
from dataforms.rest.guard import MEDIA_TYPE, members, refuse_foreign
from dataforms.rest.openapi_reading import only_reading
from dataforms.rest.outbox import MARK
from dataforms.rest.problems import Refused, refusal_of
from dataforms.rest.records import Answer
from dataforms.writing import refuse_visitor

RATE_VARIABLE = "DATAFORMS_REST_RATE"
"""The environment variable with the requests a second that a client may make for long; 0 for any number."""
RATE = 50.0
BURST_S = 10
"""So many seconds' worth of requests may come at once."""
THREADS = 4
IMPORTS = 2
"""So many files are read at a time, each in a process; others wait their turn."""

Handler = Callable[[Request, Database], Awaitable[Answer]]
AccessOf = Callable[[Request], Access]
Result = TypeVar("Result")


class _RecordId(Convertor[int]):
    """The id of a record in an address; no other word is one, so that other addresses have none."""

    regex = "[0-9]{1,19}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("record_id", _RecordId())


class Service:
    """The routes of one app. `open` returns its database, `access_of` the account that a request acts for."""

    def __init__(self, open: Callable[[], Database], access_of: AccessOf) -> None:
        self._open, self._access_of = open, access_of
        self._threads = anyio.CapacityLimiter(THREADS)
        self._imports = anyio.Semaphore(IMPORTS)
        rate = float(os.environ.get(RATE_VARIABLE) or RATE)
        self._buckets = Buckets(rate, math.ceil(rate * BURST_S))
        self._visits = Buckets(VISITS_A_SECOND, VISITS_AT_ONCE)

    def app(self) -> Starlette:
        """Return the ASGI app."""
        routes = [
            self._route("/openapi.json", GET=self._describe),
            self._route("/webhooks", GET=self._webhooks, POST=self._subscribe),
            self._route("/webhooks/{id:record_id}", GET=self._webhook, DELETE=self._unsubscribe),
            self._route("/webhooks/{id:record_id}/deliveries", GET=self._deliveries),
            self._route("/webhooks/{id:record_id}/retry", POST=self._retry),
            *self._sync_routes(),
            self._route("/{key}", GET=self._list, POST=self._create),
            self._route("/{key}/bulk", POST=self._bulk),
            self._route("/{key}/import", POST=self._import),
            self._route("/{key}/{id:record_id}", GET=self._read, PATCH=self._change, DELETE=self._delete),
        ]
        handlers: Mapping[Any, Any] = {HTTPException: _not_served, Exception: _failed}
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False
        return app

    def _sync_routes(self) -> list[Route]:
        if not self._open().whole_spec.syncs:
            return []
        from dataforms.rest import syncs  # of no use to apps without any

        async def listed(request: Request, database: Database) -> Answer:
            return await self._in_thread(partial(syncs.listed, database))

        async def read(request: Request, database: Database) -> Answer:
            return await self._in_thread(partial(syncs.read, database, request.path_params["name"]))

        async def begin(request: Request, database: Database) -> Answer:
            return await syncs.run_begun(database, request.path_params["name"], await members(request))

        async def run(request: Request, database: Database) -> Answer:
            place = request.path_params
            return await self._in_thread(partial(syncs.run_read, database, place["name"], place["id"]))

        async def cancel(request: Request, database: Database) -> Answer:
            place = request.path_params
            return await self._in_thread(partial(syncs.run_cancelled, database, place["name"], place["id"]))

        return [
            self._route("/syncs", GET=listed),
            self._route("/syncs/{name}", GET=read),
            self._route("/syncs/{name}/runs", POST=begin),
            self._route("/syncs/{name}/runs/{id:record_id}", GET=run, DELETE=cancel),
        ]

    def _route(self, path: str, **handlers: Handler) -> Route:
        async def answer(request: Request) -> Response:
            try:
                self._refuse_if_too_many(request)
                refuse_foreign(request)
                handler = handlers["GET" if request.method == "HEAD" else request.method]
                database = self._open().acting(self._access_of(request))
                return _response(await handler(request, database))
            except Refused as refused:
                return _refusal(refused)
            except DataError as error:
                return _refusal(refusal_of(error))

        return Route(ROOT + path, answer, methods=list(handlers))

    def _refuse_if_too_many(self, request: Request) -> None:
        _refuse_too_soon(self._buckets.take(_client(request), time.monotonic()))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await anyio.to_thread.run_sync(work, limiter=self._threads)

    async def _describe(self, request: Request, database: Database) -> Answer:
        described = openapi.document(database.spec)
        return Answer(body=only_reading(described) if database.is_over else described)

    async def _webhooks(self, request: Request, database: Database) -> Answer:
        return await self._in_thread(partial(webhooks.listed, database))

    async def _subscribe(self, request: Request, database: Database) -> Answer:
        sent = await members(request)
        return await self._in_thread(partial(webhooks.created, database, sent, MARK))

    async def _webhook(self, request: Request, database: Database) -> Answer:
        return await self._in_thread(partial(webhooks.read, database, request.path_params["id"]))

    async def _unsubscribe(self, request: Request, database: Database) -> Answer:
        return await self._in_thread(partial(webhooks.deleted, database, request.path_params["id"]))

    async def _deliveries(self, request: Request, database: Database) -> Answer:
        return await self._in_thread(partial(webhooks.deliveries, database, request.path_params["id"]))

    async def _retry(self, request: Request, database: Database) -> Answer:
        if await members(request):
            raise Refused(422, "record-invalid", "There is nothing to say: the body must be {}.")
        id = request.path_params["id"]
        answer = await self._in_thread(partial(webhooks.retried, database, id, time.time()))
        look_again()
        return answer

    async def _list(self, request: Request, database: Database) -> Answer:
        entity = records.entity_at(database, request.path_params["key"])
        given = request.query_params.multi_items()
        return await self._in_thread(partial(records.listed, database, entity, given))

    async def _create(self, request: Request, database: Database) -> Answer:
        entity = records.entity_at(database, request.path_params["key"])
        if database.access.is_visitor:
            _refuse_too_soon(self._visits.take(_client(request), time.monotonic()))
        sent = await members(request)
        return await self._in_thread(partial(records.created, database, entity, sent))

    async def _bulk(self, request: Request, database: Database) -> Answer:
        refuse_visitor(database.access)
        entity = records.entity_at(database, request.path_params["key"])
        sent = await members(request)
        return await self._in_thread(partial(bulk.changed, database, entity, sent))

    async def _import(self, request: Request, database: Database) -> Answer:
        refuse_visitor(database.access)
        entity = records.entity_at(database, request.path_params["key"])
        async with self._imports:
            answer = await files.imported(request, database, entity)
        if MARK.exists():
            look_again()
        return answer

    async def _read(self, request: Request, database: Database) -> Answer:
        entity = records.entity_at(database, request.path_params["key"])
        id = request.path_params["id"]
        tag = request.headers.get("if-none-match")
        return await self._in_thread(partial(records.read, database, entity, id, tag))

    async def _change(self, request: Request, database: Database) -> Answer:
        entity = records.entity_at(database, request.path_params["key"])
        id = request.path_params["id"]
        sent, tag = await members(request), request.headers.get("if-match")
        return await self._in_thread(partial(records.changed, database, entity, id, sent, tag))

    async def _delete(self, request: Request, database: Database) -> Answer:
        entity = records.entity_at(database, request.path_params["key"])
        id = request.path_params["id"]
        tag = request.headers.get("if-match")
        return await self._in_thread(partial(records.deleted, database, entity, id, tag))


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _refuse_too_soon(wait_s: float) -> None:
    """Raise Refused unless there is nothing to wait for."""
    if wait_s:
        raise Refused(
            429,
            "too-many-requests",
            "More requests came from you than this app answers.",
            hint="Wait as long as Retry-After says; the app's owner can allow more.",
            headers={"Retry-After": str(math.ceil(wait_s))},
        )


def _response(answer: Answer) -> Response:
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", **answer.headers}
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return Response(
        msgspec.json.encode(answer.body), status_code=answer.status, headers=headers, media_type=MEDIA_TYPE
    )


def _refusal(refused: Refused) -> Response:
    return Response(
        msgspec.json.encode(refused.document()),
        status_code=refused.status,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **refused.headers},
        media_type=problems.MEDIA_TYPE,
    )


async def _not_served(request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    if error.status_code == 405:
        text = f"{request.method} is not possible here; {headers.get('Allow', '')} is."
        return _refusal(Refused(405, "method", text, headers=headers))
    text = f"There is nothing at {request.url.path}."
    return _refusal(Refused(404, "path-unknown", text, hint=f"See {ROOT}/openapi.json."))


async def _failed(request: Request, error: Exception) -> Response:
    text = "The app failed to answer; its log says why."
    return _refusal(Refused(500, "failed", text))
