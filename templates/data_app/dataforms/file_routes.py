"""Files over HTTP: `POST /upload/{table}/{field}` takes, `GET /files/{table}/{id}/{field}/{name}` gives.

Whoever may read a record may read its files, and nobody else: a digest alone opens nothing.
"""

import logging
import time
from collections.abc import Callable, Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dataforms.answering import content_disposition, is_foreign
from dataforms.database import Database
from dataforms.errors import DataError, FieldError, NotAllowed
from dataforms.files import UNUSED_S, Files, Upload
from dataforms.spec import Entity, Field, table_name
from dataforms.typerow import Attachment
from dataforms.types import type_of
from dataforms.types_file import PICTURES, size_fault
from dataforms.words import say

DatabaseOf = Callable[[Request], Database]
WRITE_BYTES = 1_048_576
"""So much of an upload is gathered in memory, then written."""
HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-cache",
}
"""Nothing that was uploaded may run, be taken for another type, or be kept by a proxy."""
_log = logging.getLogger(__name__)


def file_routes(database_of: DatabaseOf, files: Files) -> Sequence[Route]:
    """Return the routes; `database_of` says as whom a request sees and changes the database."""
    return _FileRoutes(database_of, files).routes()


class _FileRoutes:
    def __init__(self, database_of: DatabaseOf, files: Files) -> None:
        self._database_of = database_of
        self._files = files
        self._collected = 0.0

    def routes(self) -> Sequence[Route]:
        return (
            Route("/upload/{table}/{field}", self._upload, methods=["POST"]),
            Route("/files/{table}/{id:int}/{field}/{name}", self._download, methods=["GET"]),
        )

    async def _upload(self, request: Request) -> Response:
        if is_foreign(request.headers):
            return _refusal(403, say("This page may not send files here."))
        if request.headers.get("content-type") != "application/octet-stream":
            return _refusal(415, say("Send the bytes of one file, as application/octet-stream."))
        database = await run_in_threadpool(self._database_of, request)
        found = _field(database, request)
        if found is None or found[1].read_only or not _may_fill(database, found[0]):
            return _refusal(404, say("There is no such field for files."))
        field = found[1]
        length = request.headers.get("content-length", "")
        fault = size_fault(int(length), field) if length.isdecimal() else None
        if fault is not None:
            return _refusal(413 if int(length) else 422, fault)
        try:
            return await self._receive(request, database, field)
        except OSError as error:
            _log.exception("upload.failed")
            return _refusal(507, say("The file cannot be kept: {error}.", error=error.strerror or error))

    async def _receive(self, request: Request, database: Database, field: Field) -> Response:
        name = request.query_params.get("name", "")
        upload = await run_in_threadpool(self._files.receive, field, name)
        try:
            return await self._taken(upload, request, database)
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            await run_in_threadpool(upload.abandon)

    async def _taken(self, upload: Upload, request: Request, database: Database) -> Response:
        try:
            await _write_all(upload, request)
        except FieldError as error:
            return _refusal(413, str(error))
        try:
            value = await run_in_threadpool(upload.finish)
        except FieldError as error:
            return _refusal(422, str(error))
        await run_in_threadpool(self._collect_at_times, database)
        return Response(msgspec.json.encode(value), 201, media_type="application/json")

    async def _download(self, request: Request) -> Response:
        try:
            found = await run_in_threadpool(self._find, request)
        except NotAllowed as error:
            return _refusal(403, str(error))
        except DataError as error:
            return _refusal(503, str(error))
        if found is None:
            return _refusal(404, say("There is no such file."))
        path = self._files.path(found.digest)
        etag = f'"{found.digest[:32]}"'
        headers = {**HEADERS, "etag": etag}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        is_shown = found.type in PICTURES
        headers["content-disposition"] = content_disposition(
            "inline" if is_shown else "attachment", found.name
        )
        if not await run_in_threadpool(path.is_file):
            return _refusal(404, say("The file is lost."))
        return FileResponse(path, media_type=found.type, headers=headers)

    def _find(self, request: Request) -> Attachment | None:
        """Return the value that the request's record has in the field, if it may be read and is called so."""
        database = self._database_of(request)
        found = _field(database, request)
        if found is None:
            return None
        entity, field = found
        record = database.get(entity.name, request.path_params["id"])
        value = None if record is None else record.values.get(field.name)
        is_it = isinstance(value, Attachment) and value.name == request.path_params["name"]
        return value if isinstance(value, Attachment) and is_it else None

    def _collect_at_times(self, database: Database) -> None:
        """Delete what no record has had for long; only uploads make such files, so they are the occasion."""
        if time.monotonic() - self._collected < UNUSED_S and self._collected:
            return
        self._collected = time.monotonic()
        gone = self._files.collect({each.digest for each in database.attachments()})
        if gone:
            _log.info("files.collected", extra={"files": gone})


async def _write_all(upload: Upload, request: Request) -> None:
    gathered = bytearray()
    async for some in request.stream():
        gathered += some
        if len(gathered) >= WRITE_BYTES:
            await run_in_threadpool(upload.write, bytes(gathered))
            gathered.clear()
    await run_in_threadpool(upload.write, bytes(gathered))


def _may_fill(database: Database, entity: Entity) -> bool:
    """Tell whether the account may store anything in a record of that entity."""
    return database.may("create", entity.name) or database.may("update", entity.name)


def _field(database: Database, request: Request) -> tuple[Entity, Field] | None:
    table, name = request.path_params["table"], request.path_params["field"]
    for entity in database.spec.entities:
        if table_name(entity.name) == table:
            for field in entity.fields:
                if field.name == name and not field.hidden and type_of(field).media:
                    return entity, field
    return None


def _refusal(status: int, message: str) -> Response:
    body = msgspec.json.encode({"error": message})
    return Response(
        body, status, media_type="application/json", headers={"x-content-type-options": "nosniff"}
    )
