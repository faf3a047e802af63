"""Where REST joins an app: requests below `/api/v1` go to the service, which is made by the first of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from dataforms.access import EVERYTHING, Access
from dataforms.frontend import AsgiApp, Receive, Scope, Send
from dataforms.rest import ROOT

if TYPE_CHECKING:
    from starlette.requests import Request

    from dataforms.database import Database


def everybody(request: "Request") -> Access:
    """Return the access of an app without login."""
    return EVERYTHING


class Mounted:
    """Answers REST and hands on everything else.

    `open` returns the app's database, in the event loop's thread; `access_of` tells for each request which
    account it acts for, and may raise `rest.problems.Refused` with status 401.
    """

    def __init__(
        self,
        app: AsgiApp,
        open: "Callable[[], Database]",
        access_of: "Callable[[Request], Access]" = everybody,
    ) -> None:
        self._app, self._open, self._access_of = app, open, access_of
        self._service: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below `/api/v1`; pass others on."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{ROOT}/"):
            await self._app(scope, receive, send)
            return
        if self._service is None:
            from dataforms.rest.service import Service  # many apps are never asked

            self._service = Service(self._open, self._access_of).app()
        await self._service(scope, receive, send)
