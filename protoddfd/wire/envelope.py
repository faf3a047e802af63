"""JSON-RPC 2.0: the shapes of requests, answers and errors, and the protocol's own error codes."""

from typing import Any, Literal

import msgspec

from protoddfd.spec import Problem

REQUEST_LIMIT_BYTES = 1024 * 1024
"""The longest request line, newline not counted."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603

Id = str | int | float | None


class ErrorData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What programs read in an error: a stable kind, a hint for a person, and a document's faults."""

    kind: str
    hint: str = ""
    problems: tuple[Problem, ...] = ()


class ErrorObject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A JSON-RPC error."""

    code: int
    message: str
    data: ErrorData | None = None


class Success(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request that was carried out."""

    jsonrpc: Literal["2.0"] = "2.0"
    result: Any
    id: Id


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request that was refused."""

    jsonrpc: Literal["2.0"] = "2.0"
    error: ErrorObject
    id: Id


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What the daemon sends unasked on a subscribed connection."""

    jsonrpc: Literal["2.0"] = "2.0"
    method: str
    params: Any
