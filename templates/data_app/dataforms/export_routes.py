"""Tables over HTTP as files: `GET /export/{table}.{csv,xlsx,json}` gives all the rows that the page shows.

The query is that of the page's address: `search`, `filter`, `group`, `sort` and, by name with commas
between, `columns`. `bom=1` puts a byte order mark before CSV.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import BinaryIO, NamedTuple

from anyio import CapacityLimiter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from dataforms.answering import content_disposition
from dataforms.database import Database, Query
from dataforms.errors import DataError, FilterInvalid, NotAllowed, UnknownName
from dataforms.exporting import BYTE_ORDER_MARK, Batches, write_csv, write_json
from dataforms.filters import read_filter
from dataforms.query import Record
from dataforms.spec import Entity, Field
from dataforms.spooling import spooled
from dataforms.ui.present import entity_of, plural, shown_fields
from dataforms.words import say

AT_ONCE = 2
"""So many exports are written at a time; others wait their turn."""
HEADERS = {
    "cache-control": "private, no-store",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
Writer = Callable[[BinaryIO, str, Sequence[Field], Batches], None]


class Format(NamedTuple):
    """One kind of file; `grows` says whether its beginning stays as it is while the rest is written."""

    media_type: str
    write: Writer
    grows: bool = True


class _Table(NamedTuple):
    database: Database
    entity: Entity
    fields: Sequence[Field]
    query: Query


def export_routes(database_of: Callable[[Request], Database]) -> Sequence[Route]:
    """Return the routes; `database_of` says whose database a request may see."""
    return _ExportRoutes(database_of).routes()


class _ExportRoutes:
    def __init__(self, database_of: Callable[[Request], Database]) -> None:
        self._database_of = database_of
        self._limiter = CapacityLimiter(AT_ONCE)

    def routes(self) -> Sequence[Route]:
        return (Route("/export/{table}.{form}", self._export, methods=["GET"]),)

    async def _export(self, request: Request) -> Response:
        form = FORMATS.get(request.path_params["form"])
        if form is None:
            return _refusal(404, say("A table can be had as {forms}.", forms=", ".join(FORMATS)))
        try:
            return await self._answer(request, form)
        except UnknownName as error:
            return _refusal(404, str(error))
        except FilterInvalid as error:
            return _refusal(400, f"{error} {error.hint}".strip())
        except NotAllowed as error:
            return _refusal(403, f"{error} {error.hint}".strip())
        except DataError as error:
            return _refusal(503, f"{error} {error.hint}".strip())

    async def _answer(self, request: Request, form: Format) -> Response:
        table = await run_in_threadpool(_table, self._database_of, request)
        name = f"{plural(table.entity)}.{request.path_params['form']}"
        headers = {**HEADERS, "content-disposition": content_disposition("attachment", name)}
        if request.method == "HEAD":
            return Response(headers=headers, media_type=form.media_type)
        has_mark = form.write is _csv and request.query_params.get("bom") == "1"
        content = spooled(_writing(form, table, with_mark=has_mark), self._limiter, grows=form.grows)
        start = await anext(content)  # what cannot be done at all is known before the answer begins
        return StreamingResponse(_joined(start, content), media_type=form.media_type, headers=headers)


def query_of(params: Mapping[str, str]) -> Query:
    """Return what the query of a page's address asks for, without its page: all rows are wanted."""
    return Query(
        search=params.get("search", ""),
        filter=read_filter(params.get("filter", "")),
        group=params.get("group") or None,
        sort=params.get("sort") or None,
    )


def _table(database_of: Callable[[Request], Database], request: Request) -> _Table:
    database = database_of(request)
    entity = entity_of(database.spec, request.path_params["table"])
    if entity is None:
        raise UnknownName(say("There is no such table."))
    fields = _columns(entity, request.query_params.get("columns", ""))
    return _Table(database, entity, fields, query_of(request.query_params))


def _columns(entity: Entity, names: str) -> Sequence[Field]:
    shown = shown_fields(entity)
    if not names:
        return shown
    fields = {field.name: field for field in shown}
    for name in names.split(","):
        if name not in fields:
            raise UnknownName(say("{entity} shows no {name}.", entity=entity.title, name=repr(name)))
    return [fields[name] for name in names.split(",")]


def _writing(
    form: Format, table: _Table, *, with_mark: bool
) -> Callable[[BinaryIO, Callable[[Iterable[list[Record]]], Iterator[list[Record]]]], None]:
    def write(file: BinaryIO, watched: Callable[[Iterable[list[Record]]], Iterator[list[Record]]]) -> None:
        if with_mark:
            file.write(BYTE_ORDER_MARK)
        with closing(table.database.stream(table.entity.name, table.query)) as batches:
            form.write(file, plural(table.entity), table.fields, watched(batches))

    return write


async def _joined(start: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield start
        async for chunk in rest:
            yield chunk


def _csv(file: BinaryIO, title: str, fields: Sequence[Field], batches: Batches) -> None:
    write_csv(file, fields, batches)


def _json(file: BinaryIO, title: str, fields: Sequence[Field], batches: Batches) -> None:
    write_json(file, fields, batches)


def _xlsx(file: BinaryIO, title: str, fields: Sequence[Field], batches: Batches) -> None:
    from dataforms.exporting_xlsx import write_xlsx  # large, and seldom needed

    write_xlsx(file, title, fields, batches)


FORMATS: Mapping[str, Format] = {
    "csv": Format("text/csv; charset=utf-8", _csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx, grows=False),
    "json": Format("application/json", _json),
}
"""Every kind of file by its ending."""


def _refusal(status: int, message: str) -> Response:
    return PlainTextResponse(f"{message}\n", status, {"x-content-type-options": "nosniff"})
