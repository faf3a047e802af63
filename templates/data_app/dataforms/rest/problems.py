"""What a client is told when a request is refused: problem details of RFC 9457. Knows no HTTP server.

Must import neither SQLAlchemy nor Reflex.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from dataforms.errors import (
    DatabaseUnavailable,
    DataError,
    NotAllowed,
    ReadOnly,
    RecordInUse,
    RecordInvalid,
    SchemaDiffers,
    UnknownName,
    UnknownRecord,
)

MEDIA_TYPE = "application/problem+json"
URN = "urn:dataforms:problem:"
RETRY_S = 5
"""Seconds after which a database that could not be used is worth another try."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong at one place of a request: a JSON pointer (`#/price`), or the name of a parameter."""

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class Refused(Exception):
    """A request that is answered by a problem; `code` names its type, which clients may rely on."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        hint: str = "",
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.hint = status, code, hint
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """Return the problem details."""
        document: dict[str, Any] = {
            "type": URN + self.code,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": str(self),
        }
        if self.hint:
            document["hint"] = self.hint
        if self.errors:
            document["errors"] = msgspec.to_builtins(self.errors)
        return document


def refusal_of(error: DataError, at: str = "#") -> Refused:
    """Return what a client is told of an error of the data layer; `at` is where the record was sent."""
    match error:
        case RecordInvalid():
            faults = [
                Fault(detail=text, pointer=pointer(at, name) if name else at)
                for name, text in error.errors.items()
            ]
            if error.conflicts >= error.errors.keys():
                return Refused(409, "record-conflict", "Other records forbid these values.", errors=faults)
            return Refused(422, "record-invalid", "The record breaks rules of its fields.", errors=faults)
        case RecordInUse():
            return Refused(409, "record-in-use", str(error), hint=error.hint)
        case UnknownRecord():
            return Refused(404, "record-unknown", str(error), hint=error.hint)
        case NotAllowed():
            code = "read-only" if isinstance(error, ReadOnly) else "not-allowed"
            return Refused(403, code, str(error), hint=error.hint)
        case UnknownName():
            return Refused(400, "name-unknown", str(error), hint=error.hint)
        case DatabaseUnavailable() | SchemaDiffers():
            wait = {"Retry-After": str(RETRY_S)}
            return Refused(503, "database-unavailable", str(error), hint=error.hint, headers=wait)
        case _:
            return Refused(500, "failed", str(error), hint=error.hint)


def pointer(at: str, name: str | int) -> str:
    """Return the JSON pointer of a member or an item, in the form of a URI fragment."""
    return f"{at}/{str(name).replace('~', '~0').replace('/', '~1')}"
