"""Faults of the protocol itself, and every fault's form on the wire. Only the router uses this."""

from typing import Any, ClassVar

import msgspec

from protoddfd.errors import ProtoddfError
from protoddfd.spec import Problem
from protoddfd.wire.envelope import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    ErrorData,
    ErrorObject,
    Failure,
    Id,
)


class ProtocolFault(Exception):
    """A request that never reached a handler. The text is the one JSON-RPC gives it; the hint says more."""

    code: ClassVar[int] = INTERNAL_ERROR
    kind: ClassVar[str] = "rpc.internal_error"
    text: ClassVar[str] = "Internal error"

    def __init__(self, hint: str = "", *, detail: str = "", problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(hint)
        self.message = f"{self.text}: {detail}" if detail else self.text
        self.hint = hint
        self.problems = problems


class Malformed(ProtocolFault):
    """The line is not JSON."""

    code = PARSE_ERROR
    kind = "rpc.parse_error"
    text = "Parse error"


class InvalidRequest(ProtocolFault):
    """The line is JSON, and not a request."""

    code = INVALID_REQUEST
    kind = "rpc.invalid_request"
    text = "Invalid Request"


class MethodUnknown(ProtocolFault):
    """There is no such method."""

    code = METHOD_NOT_FOUND
    kind = "rpc.method_not_found"
    text = "Method not found"


class ParamsInvalid(ProtocolFault):
    """The method does not take these parameters."""

    code = INVALID_PARAMS
    kind = "rpc.invalid_params"
    text = "Invalid params"


def failure(fault: ProtocolFault | ProtoddfError, id_: Id) -> bytes:
    """Return `fault` as one encoded answer to the request `id_`."""
    data = ErrorData(kind=fault.kind, hint=fault.hint, problems=fault.problems)
    error = ErrorObject(code=fault.code, message=fault.message, data=data)
    return msgspec.json.encode(Failure(error=error, id=id_))


def invalid_params(error: msgspec.ValidationError, method: str) -> ParamsInvalid:
    """Return the fault for parameters of the wrong shape, with the path to the wrong one."""
    what, _, where = str(error).partition(" - at `")
    path = where.rstrip("`").removeprefix("$").removeprefix(".")
    return ParamsInvalid(
        f"see what {method} takes: rpc.discover, or docs/reference/rpc.md",
        detail=f"{path}: {what}" if path else what,
        problems=(Problem(path=path, message=what),),
    )


def plain(value: bytes | msgspec.Raw) -> Any:
    """Return the JSON in `value` as plain objects; of a key that occurs twice the last counts.

    Raises:
        Malformed: it is not JSON, not UTF-8, or nested too deeply.
    """
    try:
        return msgspec.json.decode(value)
    except RecursionError:
        raise Malformed("the JSON is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from None
