"""The plain requests that an app answers beside its pages: files up and down, imports and exports.

What answers them is made at the first one, since most apps at most times are asked for none.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from dataforms.database import Database
from dataforms.files import Files
from dataforms.frontend import AsgiApp, Receive, Scope, Send

if TYPE_CHECKING:
    from starlette.requests import Request

PREFIXES = ("/upload/", "/files/", "/export/", "/import/")


def with_routes(
    app: AsgiApp,
    database_of: "Callable[[Request], Database]",
    files: Callable[[], Files],
) -> AsgiApp:
    """Return `app` with the routes before it.

    `database_of` says as whom a request sees and changes the database, `files` where the bytes of files are.
    """
    made: list[AsgiApp] = []

    def make() -> AsgiApp:
        from starlette.routing import Router

        from dataforms.export_routes import export_routes
        from dataforms.file_routes import file_routes
        from dataforms.import_routes import import_routes

        routes = [*file_routes(database_of, files()), *export_routes(database_of), *import_routes()]
        return Router(routes, redirect_slashes=False, default=app)

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIXES):
            await app(scope, receive, send)
            return
        if not made:
            made.append(make())
        await made[0](scope, receive, send)

    return routed
