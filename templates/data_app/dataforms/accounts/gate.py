"""The ASGI layer that alone sees the session's secret: behind it there is the digest, in a header of ours.

So neither a page's state nor what keeps it (a store, a log) ever holds what could be used to sign in.
"""

import logging
from collections.abc import Callable
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dataforms.access import EVERYTHING, Access
from dataforms.accounts.account import ForeignOrigin, SignInNeeded
from dataforms.accounts.cookies import Names, read, without
from dataforms.accounts.keys import digest
from dataforms.accounts.origin import is_loopback, refuse_renamed
from dataforms.errors import DataError
from dataforms.frontend import AsgiApp, Receive, Scope, Send
from dataforms.rest import ROOT
from dataforms.rest.problems import MEDIA_TYPE, Refused

SESSION_HEADER = "x-dataforms-session"
"""The digest of the session that a request belongs to; whatever a client sends under this name is dropped."""
NOTE_HEADER = "x-dataforms-note"
"""What the page has to say after a form was sent."""
ACCESS = "dataforms.access"
FOR_ALL = ("/_event", "/ping", "/_health")
_CODES = {401: "sign-in-needed", 403: "origin-foreign", 503: "database-unavailable"}
"""How REST calls what the gate refuses."""
_OURS = frozenset((SESSION_HEADER.encode(), NOTE_HEADER.encode()))
_log = logging.getLogger("dataforms.login")


class Gate:
    """Passes requests on to `app` with what whoever sent them may do in their scope, under `ACCESS`.

    With a login, nobody gets beyond it who is not let in, but to what everybody needs to get in: `routes`
    below `/auth/`, and the events of pages, which `dataforms.ui.guard` looks after. Without one, an app on
    loopback answers to no name but `localhost` and that of its address, `own`.
    """

    def __init__(
        self,
        app: AsgiApp,
        names: Names,
        access_of: Callable[[Request], Access],
        routes: AsgiApp | None,
        own: str = "",
    ) -> None:
        self._app, self._names, self._access_of, self._routes = app, names, access_of, routes
        self._own = own
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope = {**scope, "headers": self._exchanged(scope)}
        if self._routes is None:
            try:
                refuse_renamed(_server(scope), _host(scope), self._own)
            except ForeignOrigin as error:
                await _turn_away(scope, error, receive, send)
                return
            self._warn(scope)
            scope[ACCESS] = EVERYTHING
        elif scope["path"].startswith("/auth/"):
            await self._routes(scope, receive, send)
            return
        elif not scope["path"].startswith(FOR_ALL):
            try:
                scope[ACCESS] = self._access_of(Request(scope))
            except DataError as error:
                await _refusal(scope, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _exchanged(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        headers = [(key, value) for key, value in scope["headers"] if key not in _OURS]
        name = self._names.session(is_secure=is_secure(scope))
        key, note = read(headers, name), read(headers, self._names.note())
        headers = without(headers, frozenset((name, self._names.note())))
        if key:
            headers.append((SESSION_HEADER.encode(), digest(key).encode()))
        if note:
            headers.append((NOTE_HEADER.encode(), note.encode("latin-1")))
        return headers

    def _warn(self, scope: Scope) -> None:
        """Say once that anybody can reach an app which lets everybody in."""
        if not self._has_warned and not is_loopback(_server(scope)):
            self._has_warned = True
            _log.warning(
                "NO LOGIN: this app is reached from other machines, and whoever reaches it can read and "
                "change all of its data. Set APP_LOGIN=required, or bind it to 127.0.0.1."
            )


def _refusal(scope: Scope, error: DataError) -> Response:
    """Return the answer to a request that is not let in: a person is led to the login."""
    accepts = next((value for key, value in scope["headers"] if key == b"accept"), b"")
    is_person = scope["method"] == "GET" and accepts.startswith(b"text/html")
    if isinstance(error, SignInNeeded) and is_person and not scope["path"].startswith("/login"):
        return Response(status_code=303, headers={"location": f"/login/?next={quote(scope['path'])}"})
    status = 401 if isinstance(error, SignInNeeded) else 403 if isinstance(error, ForeignOrigin) else 503
    headers = {"cache-control": "no-store"} | ({"www-authenticate": "Bearer"} if status == 401 else {})
    if f"{scope['path']}/".startswith(f"{ROOT}/"):
        problem = Refused(status, _CODES[status], str(error), hint=error.hint)
        return Response(msgspec.json.encode(problem.document()), status, headers, MEDIA_TYPE)
    body = msgspec.json.encode({"error": f"{error} {error.hint}".strip()})
    return Response(body, status, headers=headers, media_type="application/json")


def is_secure(scope: Scope) -> bool:
    """Return whether the browser asked over TLS."""
    return scope.get("scheme") in ("https", "wss")


def _server(scope: Scope) -> str:
    return str((scope.get("server") or ("",))[0])


def _host(scope: Scope) -> str:
    return next((bytes(value).decode("latin-1") for key, value in scope["headers"] if key == b"host"), "")


async def _turn_away(scope: Scope, error: DataError, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await _refusal(scope, error)(scope, receive, send)
