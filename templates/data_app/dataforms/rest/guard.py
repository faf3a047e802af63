"""What is asked of every request before its content is looked at: origin, media type, size, JSON."""

from typing import Any
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request

from dataforms.rest.problems import Fault, Refused

BODY_LIMIT_BYTES = 8 * 2**20
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
MEDIA_TYPE = "application/json"


def refuse_foreign(request: Request) -> None:
    """Raise Refused for a change that a page of another origin asks for: the visitor did not mean it."""
    origin = request.headers.get("origin")
    if origin is None or request.method in SAFE:
        return
    if urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise Refused(
            403,
            "origin-foreign",
            f"Pages of {origin} may not change data here.",
            hint="Ask from the app's own pages, or from a program, which sends no Origin.",
        )


async def document(request: Request) -> Any:
    """Return the JSON value in the body; raise Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MEDIA_TYPE:
        raise Refused(
            415,
            "media-type",
            f"The body must be JSON, and is said to be {kind or 'nothing'}.",
            hint=f"Send the header Content-Type: {MEDIA_TYPE}.",
            headers={"Accept": MEDIA_TYPE},
        )
    body = await _body(request)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Refused(400, "json-invalid", f"The body is not JSON: {error}.") from error


async def members(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body; raise Refused."""
    value = await document(request)
    if not isinstance(value, dict):
        fault = Fault(detail="Must be an object.", pointer="#")
        raise Refused(422, "record-invalid", "The body must be a JSON object.", errors=[fault])
    return value


async def _body(request: Request) -> bytes:
    said = request.headers.get("content-length", "0")
    size = int(said) if said.isascii() and said.isdecimal() else 0
    parts: list[bytes] = []
    if size <= BODY_LIMIT_BYTES:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > BODY_LIMIT_BYTES:
                break
            parts.append(part)
    if size > BODY_LIMIT_BYTES:
        raise Refused(
            413,
            "body-too-large",
            f"The body is larger than {BODY_LIMIT_BYTES // 2**20} MiB.",
            hint="Send it in parts.",
            headers={"Connection": "close"},
        )
    return b"".join(parts)
