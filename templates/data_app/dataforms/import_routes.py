"""Files to import over HTTP: `POST /import/upload` takes one, `GET /import/{token}/faulty.csv` returns rows.

A token is drawn for each file and opens that alone; files are gone after a day.
"""

import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dataforms.access import Access
from dataforms.accounts.gate import ACCESS
from dataforms.answering import is_foreign
from dataforms.words import say

FOLDER = Path("data") / "imports"
LARGEST_BYTES = 4 << 30
KEPT_S = 86_400
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_WRITE_BYTES = 1 << 20


def import_routes() -> Sequence[Route]:
    """Return the routes."""
    return (
        Route("/import/upload", _upload, methods=["POST"]),
        Route("/import/{token}/faulty.csv", _faulty, methods=["GET"]),
    )


def file_of(token: str) -> Path:
    """Return where the file of a token is; raise LookupError for what is none."""
    if not _TOKEN.fullmatch(token):
        raise LookupError("no token")
    return FOLDER / token


def faulty_of(token: str) -> Path:
    """Return where the rows of it are that were left out."""
    return file_of(token).with_suffix(".csv")


async def _upload(request: Request) -> Response:
    access = request.scope.get(ACCESS)
    if is_foreign(request.headers) or (isinstance(access, Access) and access.is_visitor):
        return _refusal(403, say("This page may not send files here."))
    if request.headers.get("content-type") != "application/octet-stream":
        return _refusal(415, say("Send the bytes of one file, as application/octet-stream."))
    token = secrets.token_urlsafe(24)
    try:
        await run_in_threadpool(tidy)
        await receive(request, file_of(token))
    except ClientDisconnect:
        file_of(token).unlink(missing_ok=True)
        return Response(status_code=400)
    except ValueError as error:
        file_of(token).unlink(missing_ok=True)
        return _refusal(413, str(error))
    except OSError as error:
        return _refusal(507, say("The file cannot be kept: {error}.", error=error.strerror or error))
    return Response(msgspec.json.encode({"token": token}), 201, media_type="application/json")


async def receive(request: Request, path: Path) -> None:
    """Write what a request brings into a new file; raise ValueError if it is too much, OSError."""
    size = 0
    gathered = bytearray()
    with path.open("xb") as file:
        async for some in request.stream():
            size += len(some)
            gathered += some
            if size > LARGEST_BYTES:
                raise ValueError(f"The file is larger than {LARGEST_BYTES >> 30} GiB; split it.")
            if len(gathered) >= _WRITE_BYTES:
                await run_in_threadpool(file.write, bytes(gathered))
                gathered.clear()
        await run_in_threadpool(file.write, bytes(gathered))


def tidy() -> None:
    """Make the folder of the files, and delete those that nobody came back for."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        if time.time() - path.stat().st_mtime > KEPT_S:
            path.unlink(missing_ok=True)


async def _faulty(request: Request) -> Response:
    try:
        path = faulty_of(request.path_params["token"])
    except LookupError:
        return _refusal(404, say("There is no such file."))
    if not await run_in_threadpool(path.is_file):
        return _refusal(404, say("There is no such file; it may be gone after a day."))
    return FileResponse(
        path,
        media_type="text/csv",
        filename="left-out.csv",
        headers={"x-content-type-options": "nosniff", "cache-control": "no-store"},
    )


def _refusal(status: int, message: str) -> Response:
    return Response(msgspec.json.encode({"error": message}), status, media_type="application/json")
