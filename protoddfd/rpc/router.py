"""From a line to a handler and back: the only place that turns exceptions into wire errors.

Owns the rules of JSON-RPC 2.0 (calls, notifications, batches). Knows no sockets.
"""

import asyncio
import difflib
import time
from collections.abc import Callable, Coroutine, Mapping
from types import CoroutineType
from typing import Any, Literal

import msgspec
import structlog

from protoddfd.core.access import Caller
from protoddfd.errors import NotAllowed, ProtoddfError, TooLarge
from protoddfd.rpc.discover import document
from protoddfd.rpc.faults import (
    InvalidRequest,
    Malformed,
    MethodUnknown,
    ParamsInvalid,
    ProtocolFault,
    failure,
    invalid_params,
    plain,
)
from protoddfd.runtime.stream import Stream
from protoddfd.wire.base import Params
from protoddfd.wire.envelope import REQUEST_LIMIT_BYTES, Id, Success
from protoddfd.wire.methods import METHODS, Method

Handler = Callable[[Caller, Any], Any]
"""A plain or coroutine function of the caller and the method's parameters; returns the result or a Stream."""

BATCH_LIMIT = 1000
"""The most requests in one batch."""

BATCH_ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
"""Once a batch's answers are this long, the rest of it is refused."""

_SLICE_S = 0.002
_CLIP = 80

log = structlog.get_logger()


class Answer(msgspec.Struct, frozen=True):
    """What to send: `text` is one JSON value, empty when nothing is due; then the streams begin."""

    text: bytes
    streams: tuple[Stream, ...] = ()


Reply = Answer | Coroutine[Any, Any, Answer]
"""An answer, or a coroutine that will give it."""


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    method: str
    jsonrpc: Literal["2.0"]
    params: msgspec.Raw = msgspec.Raw(b"")
    id: Id | msgspec.UnsetType = msgspec.UNSET


_NOTHING = Answer(b"")
_request = msgspec.json.Decoder(_Request)
_entries = msgspec.json.Decoder(list[msgspec.Raw])
_id = msgspec.json.Decoder(Id)
_encode = msgspec.json.Encoder().encode


class _Route:
    """One method, ready to be called."""

    __slots__ = ("_decode", "_default", "_fields", "_type", "handler", "method", "role")

    def __init__(self, method: Method, handler: Handler) -> None:
        self.method = method
        self.role = int(method.role)
        self.handler = handler
        self._type = method.params
        self._decode = msgspec.json.Decoder(method.params).decode
        self._fields = method.params.__struct_encode_fields__
        required = any(field.required for field in msgspec.structs.fields(method.params))
        self._default = None if required else method.params()

    def read(self, raw: msgspec.Raw) -> Params:
        """Return the parameters that were given by name, by position or not at all."""
        text = bytes(raw)
        if not text and self._default is not None:
            return self._default
        text = text or b"{}"
        if text[:1] not in (b"{", b"["):
            raise InvalidRequest("params must be an object or an array")
        try:
            if text[:1] == b"[":
                text = self._by_name(text)
            return self._decode(text)
        except msgspec.ValidationError as error:
            return self._read_again(text, error)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Malformed(str(error)) from None

    def _by_name(self, text: bytes) -> bytes:
        values = _entries.decode(text)
        if len(values) > len(self._fields):
            raise ParamsInvalid(
                detail=f"{self.method.name} takes at most {len(self._fields)} parameters, not {len(values)}"
            )
        pairs = zip(self._fields, values, strict=False)
        return b"{%b}" % b",".join(b'"%b":%b' % (name.encode(), bytes(value)) for name, value in pairs)

    def _read_again(self, text: bytes, error: msgspec.ValidationError) -> Params:
        """Return what the strict decoder refused because of a key that occurs twice: the last one counts."""
        try:
            return self._decode(_encode(plain(text)))
        except msgspec.ValidationError:
            raise invalid_params(error, self.method.name) from None


class Router:
    """Hands each request to the handler of its method, when the caller may call it."""

    def __init__(self, handlers: Mapping[str, Handler], methods: Mapping[str, Method] = METHODS) -> None:
        """Serve `handlers`, each named as in `methods`; `rpc.discover` comes by itself."""
        self._methods = methods
        self._discovery: msgspec.Raw | None = None
        everything: dict[str, Handler] = {"rpc.discover": self._discover, **handlers}
        self._routes = {name: _Route(methods[name], it) for name, it in everything.items() if name in methods}
        unknown = sorted(set(handlers) - set(methods))
        if unknown:
            raise ValueError(f"handlers of no method: {', '.join(unknown)}")

    def handle(self, line: bytes, caller: Caller) -> Reply:
        """Return the answer to one line, which is a call, a notification or a batch. Never raises."""
        try:
            request = _request.decode(line)
            if not line.isascii():
                str(line, "utf-8")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._handle_irregular(line, caller)
        return self._call(request, caller)

    def refuse_oversized(self) -> Answer:
        """Return the answer to a line that is longer than allowed."""
        return Answer(failure(_oversized(), None))

    def _handle_irregular(self, line: bytes, caller: Caller) -> Reply:
        """Answer a line that is a batch, no valid request, or a valid one written in an unusual way."""
        try:
            str(line, "utf-8")
            value = plain(line)
        except UnicodeDecodeError as error:
            return Answer(failure(Malformed(str(error)), None))
        except ProtocolFault as fault:
            return Answer(failure(fault, None))
        if isinstance(value, list) and value:
            return self._call_batch(_entries.decode(line), caller)
        return self._call_plain(value, caller)

    def _call_plain(self, value: object, caller: Caller) -> Reply:
        id_: Id = None
        known = _Request.__struct_fields__
        try:
            if not isinstance(value, dict):
                raise InvalidRequest("a request is a JSON object")  # noqa: TRY301  # one answer for both
            id_ = _id_of(value)
            request = _request.decode(_encode({key: value[key] for key in known if key in value}))
        except InvalidRequest as fault:
            return Answer(failure(fault, id_))
        except (msgspec.DecodeError, RecursionError) as error:
            return Answer(failure(InvalidRequest(str(error)), id_))
        return self._call(request, caller)

    def _call(self, request: _Request, caller: Caller) -> Reply:
        try:
            route = self._routes.get(request.method)
            if route is None:
                raise self._unknown(request)  # noqa: TRY301  # one place answers every fault
            if caller.role < route.role:
                raise _not_allowed(route.method, caller)  # noqa: TRY301  # see above
            result = route.handler(caller, route.read(request.params))
            if type(result) is CoroutineType:
                return self._finish(request, result)
            return _answer(request, result)
        except Exception as fault:  # noqa: BLE001  # whatever a handler raises becomes an answer
            return _refusal(request, fault)

    async def _finish(self, request: _Request, result: Coroutine[Any, Any, object]) -> Answer:
        try:
            return _answer(request, await result)
        except Exception as fault:  # noqa: BLE001  # whatever a handler raises becomes an answer
            return _refusal(request, fault)

    async def _call_batch(self, entries: list[msgspec.Raw], caller: Caller) -> Answer:
        """Carry the requests out one after the other, so that a later one may rely on an earlier one."""
        if len(entries) > BATCH_LIMIT:
            return Answer(failure(TooLarge(f"a batch has at most {BATCH_LIMIT} requests"), None))
        texts: list[bytes] = []
        streams: list[Stream] = []
        length = 0
        began = time.monotonic()
        for entry in entries:
            if time.monotonic() - began > _SLICE_S:
                await asyncio.sleep(0)
                began = time.monotonic()
            answer = await self._call_entry(entry, caller, full=length > BATCH_ANSWER_LIMIT_BYTES)
            streams += answer.streams
            if answer.text:
                texts.append(answer.text)
                length += len(answer.text)
        return Answer(b"[%b]" % b",".join(texts) if texts else b"", tuple(streams))

    async def _call_entry(self, entry: msgspec.Raw, caller: Caller, *, full: bool) -> Answer:
        value = plain(entry)
        if full and isinstance(value, dict):
            if "id" not in value:
                return _NOTHING
            too_much = TooLarge("the batch's answers are too long", hint="send it in several parts")
            return Answer(failure(too_much, _id_of(value)))
        reply = self._call_plain(value, caller)
        return reply if isinstance(reply, Answer) else await reply

    def _unknown(self, request: _Request) -> ProtocolFault:
        if request.params:
            plain(request.params)
        name = request.method
        near = difflib.get_close_matches(name, self._routes, n=1) if len(name) <= _CLIP else []
        known = f"did you mean {near[0]}?" if near else "rpc.discover lists what there is"
        return MethodUnknown(f"there is no method {name[:_CLIP]!r}; {known}")

    def _discover(self, _caller: Caller, _params: object) -> msgspec.Raw:
        if self._discovery is None:
            served = [self._methods[name] for name in self._methods if name in self._routes]
            self._discovery = msgspec.Raw(msgspec.json.encode(document(served)))
        return self._discovery


def _answer(request: _Request, result: object) -> Answer:
    streams: tuple[Stream, ...] = ()
    if type(result) is Stream:
        streams = (result,)
        result = result.result
    if request.id is msgspec.UNSET:
        return Answer(b"", streams) if streams else _NOTHING
    return Answer(_encode(Success(result=result, id=request.id)), streams)


def _refusal(request: _Request, fault: Exception) -> Answer:
    id_ = None if request.id is msgspec.UNSET else request.id
    answered = _known(request, fault)
    if isinstance(answered, Malformed):
        return Answer(failure(answered, None))
    if request.id is msgspec.UNSET and not isinstance(answered, InvalidRequest):
        return _NOTHING
    try:
        return Answer(failure(answered, id_))
    except UnicodeEncodeError:
        return Answer(failure(_internal(request, fault), id_))


def _known(request: _Request, fault: Exception) -> ProtocolFault | ProtoddfError:
    if isinstance(fault, ProtocolFault | ProtoddfError):
        return fault
    return _internal(request, fault)


def _internal(request: _Request, fault: Exception) -> ProtocolFault:
    log.error("rpc.failed", method=request.method, exc_info=fault)
    return ProtocolFault("this is a fault of the daemon; its log says more, under the event rpc.failed")


def _not_allowed(method: Method, caller: Caller) -> NotAllowed:
    return NotAllowed(
        f"{method.name} needs the role {method.role.name.lower()}; "
        f"user {caller.uid} has the role {caller.role.name.lower()}",
        hint="ask an administrator, who sets the groups of each role under access in config.toml",
    )


def _oversized() -> TooLarge:
    return TooLarge(
        f"the request is longer than {REQUEST_LIMIT_BYTES} bytes",
        hint="hand large files over with source.put, in chunks",
    )


def _id_of(value: dict[str, Any]) -> Id:
    """Return a request's id when it can be told, else None."""
    id_ = value.get("id")
    return id_ if isinstance(id_, str | int | float) and not isinstance(id_, bool) else None
