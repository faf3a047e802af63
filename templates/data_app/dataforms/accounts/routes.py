"""What begins and ends sessions: plain forms that browsers send to `/auth/`; answers lead to a page."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, get_args
from urllib.parse import quote

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from dataforms.accounts.account import AccountInvalid, ForeignOrigin, LinkKind, SignInRefused
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.cookies import SHORT_S, Names, Note, cookie, note_value, read
from dataforms.accounts.entrance import NAME_LENGTH
from dataforms.accounts.gate import SESSION_HEADER, is_secure
from dataforms.accounts.origin import own_path, refuse_foreign
from dataforms.accounts.sessions import SESSION_S
from dataforms.errors import DataError
from dataforms.words import phrase, say

if TYPE_CHECKING:
    from dataforms.accounts.oidc import Client

AT_ONCE = 2
"""How many passwords are looked at together: each takes 19 MiB for a moment."""
FORM_BYTES = 20_000
FAILED = phrase("The other service could not sign you in. Whoever runs this app finds the reason in its log.")
_log = logging.getLogger("dataforms.login")
Answer = Callable[[Request], Awaitable[Response]]


class Routes:
    """The forms' answers; `accounts_of` gives the app's accounts, which must be there."""

    def __init__(self, accounts_of: Callable[[], Accounts], names: Names) -> None:
        self._accounts_of, self._names = accounts_of, names
        self._limiter: anyio.CapacityLimiter | None = None
        self._clients: dict[str, Client] = {}

    def router(self) -> Router:
        """Return the routes."""
        return Router(
            [
                Route("/auth/sign-in", self._guarded(self._sign_in, "/login"), methods=["POST"]),
                Route("/auth/sign-up", self._guarded(self._sign_up, "/join/new"), methods=["POST"]),
                Route("/auth/join/{kind}", self._guarded(self._join, "/join/{kind}"), methods=["POST"]),
                Route("/auth/sign-out", self._guarded(self._sign_out, "/login"), methods=["POST"]),
                Route("/auth/with/{provider}", self._guarded(self._begin, "/login"), methods=["POST"]),
                Route("/auth/callback/{provider}", self._finish, methods=["GET"]),
            ]
        )

    def _guarded(self, answer: Answer, page: str) -> Answer:
        """Return `answer` for forms of the app's own pages; what it refuses is said on `page`."""

        async def guarded(request: Request) -> Response:
            try:
                refuse_foreign(request.method, request.headers)
                if int(request.headers.get("content-length") or FORM_BYTES + 1) > FORM_BYTES:
                    return Response("Too much for this form.\n", status_code=413)
                return await answer(request)
            except ForeignOrigin as error:
                return Response(f"{error} {error.hint}\n", status_code=403)
            except DataError as error:
                return await self._refused(request, page.format(**request.path_params), error)

        return guarded

    async def _refused(self, request: Request, page: str, error: DataError) -> Response:
        form = await request.form()
        email, name = str(form.get("email", ""))[:254], str(form.get("name", ""))[:NAME_LENGTH]
        errors = error.errors if isinstance(error, AccountInvalid) else {}
        message = "" if errors else f"{error} {error.hint}".strip()
        known = Note(message=message, errors=errors, email=email, name=name)
        next = own_path(str(form.get("next", "/")))
        response = _to(page + "/" + (f"?next={quote(next, safe='/')}" if next != "/" else ""))
        self._set(request, response, self._names.note(), note_value(known), SHORT_S)
        return response

    async def _sign_in(self, request: Request) -> Response:
        form = await request.form()
        email, password = str(form.get("email", "")), str(form.get("password", ""))
        _, key = await self._slowly(
            partial(self._accounts_of().sign_in, email, password, address_of(request))
        )
        return self._enter(request, key, own_path(str(form.get("next", "/"))))

    async def _sign_up(self, request: Request) -> Response:
        form = await request.form()
        email, name, password = (str(form.get(each, "")) for each in ("email", "name", "password"))
        work = partial(self._accounts_of().sign_up, email, name, password, address_of(request))
        _, key = await self._slowly(work)
        return self._enter(request, key, "/")

    async def _join(self, request: Request) -> Response:
        form = await request.form()
        kind = next((each for each in get_args(LinkKind) if each == request.path_params["kind"]), None)
        if kind is None:
            return Response(status_code=404)
        given = (str(form.get(each, "")) for each in ("code", "email", "name", "password"))
        _, key = await self._slowly(partial(self._accounts_of().join, kind, *given))
        return self._enter(request, key, "/")

    async def _sign_out(self, request: Request) -> Response:
        if session := request.headers.get(SESSION_HEADER):
            self._accounts_of().sign_out(session)
        response = _to("/login/")
        self._set(request, response, self._names.session(is_secure=is_secure(request.scope)), "", 0)
        response.headers["clear-site-data"] = '"cache"'
        return response

    async def _begin(self, request: Request) -> Response:
        client = self._client(request.path_params["provider"])
        next = own_path(str((await request.form()).get("next", "/")))
        address, flow = await client.begin(self._own_address(request), next)
        from dataforms.accounts.oidc import FLOW_S

        kept = self._accounts_of().note("flow", msgspec.json.encode(flow).decode(), FLOW_S)
        response = _to(address)
        self._set(request, response, self._names.flow(is_secure=is_secure(request.scope)), kept, FLOW_S)
        return response

    async def _finish(self, request: Request) -> Response:
        from dataforms.accounts.oidc import Flow

        name = self._names.flow(is_secure=is_secure(request.scope))
        try:
            noted = self._accounts_of().noted("flow", read(request.scope["headers"], name))
            flow = None if noted is None else msgspec.json.decode(noted, type=Flow)
            if flow is None or flow.provider != request.path_params["provider"]:
                raise SignInRefused(say("This sign-in was not begun here, or took too long."))
            identity = await self._client(flow.provider).finish(flow, str(request.url))
            _, key = self._accounts_of().sign_in_with(identity)
        except DataError as error:
            _log.warning(
                "A sign-in with %s failed: %s %s", request.path_params["provider"], error, error.hint
            )
            response = _to("/login/")
            self._set(request, response, self._names.note(), note_value(Note(message=say(FAILED))), SHORT_S)
        else:
            response = self._enter(request, key, flow.next)
        self._set(request, response, name, "", 0)
        return response

    def _client(self, name: str) -> "Client":
        from dataforms.accounts.oidc import Client

        if name not in self._clients:
            found = self._accounts_of().settings.provider(name)
            if found is None:
                raise SignInRefused(say("There is no such provider."))
            self._clients[name] = Client(found)
        return self._clients[name]

    def _own_address(self, request: Request) -> str:
        base = self._accounts_of().settings.url or f"{request.url.scheme}://{request.headers['host']}"
        return f"{base}/auth/callback/{request.path_params['provider']}"

    def _enter(self, request: Request, key: str, page: str) -> Response:
        """Return the answer that begins a session; the one that was there, if any, ends."""
        if before := request.headers.get(SESSION_HEADER):
            self._accounts_of().sign_out(before)
        response = _to(page)
        name = self._names.session(is_secure=is_secure(request.scope))
        self._set(request, response, name, key, SESSION_S)
        self._set(request, response, self._names.note(), "", 0)
        return response

    def _set(self, request: Request, response: Response, name: str, value: str, age_s: int) -> None:
        response.raw_headers.append(cookie(name, value, age_s=age_s, is_secure=is_secure(request.scope)))

    async def _slowly(self, work: Callable[[], tuple[object, str]]) -> tuple[object, str]:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(AT_ONCE)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


def address_of(request: Request) -> str:
    """Return the address that a request is from."""
    return request.client.host if request.client else ""


def _to(page: str) -> Response:
    return Response(status_code=303, headers={"location": page, "cache-control": "no-store"})
