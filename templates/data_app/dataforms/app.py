"""The Reflex app that renders the AppSpec beside it: `app = create_app()` is a whole generated app."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import reflex as rx
from reflex.utils.prerequisites import get_web_dir
from reflex_base.constants import Dirs

from dataforms.accounts.cookies import Names
from dataforms.accounts.settings import settings_of
from dataforms.frontend import AsgiApp, Frontend
from dataforms.meter import metered
from dataforms.rest.mount import Mounted
from dataforms.routes import with_routes
from dataforms.sessions import shared
from dataforms.speaking import Listening, Speaking
from dataforms.spec import AppSpec
from dataforms.ui.account import account
from dataforms.ui.deleted import deleted
from dataforms.ui.form_page import form_page
from dataforms.ui.guard import Guard
from dataforms.ui.home import home, nowhere
from dataforms.ui.importing import importing
from dataforms.ui.layout import waiting
from dataforms.ui.live import get_ready, live, read_spec, when_opened
from dataforms.ui.login import join, login
from dataforms.ui.people import people
from dataforms.ui.pushing import pushing
from dataforms.ui.signing_in import access_of, announce, database_of, gated
from dataforms.ui.state import Ui
from dataforms.ui.syncs import syncs
from dataforms.ui.table import table
from dataforms.ui.views.detail import detail
from dataforms.ui.views.page import view

FAVICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='4' fill='%233e63dd'/%3E"
    "%3Cpath d='M4 5.2h8M4 8h8M4 10.8h5' stroke='white' stroke-width='1.4'/%3E%3C/svg%3E"
)
STYLES = sorted((Path(__file__).parent / "ui" / "styles").glob("*.css"))
TURNS = 'addEventListener("popstate", (event) => globalThis.dfForm?.turn(event));'
"""Stands in the head, so that a form is asked before the pages' own router is told of a way back."""
# Made when this is imported, once for all apps that are forked from one process.
HEAD = [
    rx.el.link(rel="icon", href=FAVICON),
    rx.el.style("\n".join(each.read_text() for each in STYLES)),
    rx.el.script(TURNS),
]
TOASTER = rx.toast.provider(position="bottom-center", offset="84px")
EVENTS_GRACE_S = 2.0
"""Seconds that events of pages get to finish in when the app ends."""


def create_app() -> rx.App:
    """Return the app of the spec in the working folder; its pages are the same for every spec.

    Raises:
        OSError: there is no `appspec.json`.
        msgspec.ValidationError, msgspec.DecodeError: it is not an AppSpec.
        SettingsInvalid: the environment says of the login what cannot be followed.
    """
    spec = read_spec(Path.cwd())
    has_login = settings_of(spec, os.environ).required
    names = Names(spec.name, Path.cwd())

    def with_pages(asgi: AsgiApp) -> AsgiApp:
        static = get_web_dir() / Dirs.STATIC
        asgi = with_routes(shared(app, pushing(app, asgi)), database_of, lambda: live().files)
        asgi = Mounted(asgi, lambda: live().database, access_of)
        asgi = gated(asgi, names, has_login=has_login)
        if static.is_dir():
            asgi = Frontend(
                asgi, static, app.router, spec.theme.appearance, visited=get_ready, chosen_by=names.language
            )
        return metered(Speaking(asgi, names.language, spec.language))

    @asynccontextmanager
    async def with_patience() -> AsyncIterator[None]:
        app.event_processor.graceful_shutdown_timeout = EVENTS_GRACE_S
        if has_login:
            announce()
        yield

    @asynccontextmanager
    async def with_webhooks() -> AsyncIterator[None]:
        from dataforms.rest.delivery import delivering  # with what the requests of REST need

        async with delivering(lambda: live().database, when_opened):
            yield

    app = rx.App(
        api_transformer=with_pages,
        head_components=HEAD,
        hydrate_fallback=waiting,
        toaster=TOASTER,
    )
    assert app.sio is not None  # noqa: S101 - there is state, so there is a socket
    app.sio.eio.cors_allowed_origins = None  # the page's own origin and no other
    app.register_lifespan_task(with_patience)
    app.register_lifespan_task(with_webhooks)
    _keep_syncs(app, spec)
    app.add_middleware(Guard(Listening(names.language, spec.language)), index=0)
    app.add_page(home, route="/", title=Ui.page_title, on_load=Ui.load_home)
    app.add_page(table, route="/t/[entity]", title=Ui.page_title, on_load=Ui.load_table)
    app.add_page(importing, route="/t/[entity]/import", title=Ui.page_title, on_load=Ui.load_import)
    app.add_page(deleted, route="/t/[entity]/deleted", title=Ui.page_title, on_load=Ui.load_deleted)
    app.add_page(login, route="/login", title=Ui.page_title, on_load=Ui.load_login)
    app.add_page(join, route="/join/[kind]", title=Ui.page_title, on_load=Ui.load_join)
    app.add_page(account, route="/account", title=Ui.page_title, on_load=Ui.load_account)
    app.add_page(people, route="/people", title=Ui.page_title, on_load=Ui.load_people)
    app.add_page(syncs, route="/syncs", title=Ui.page_title, on_load=Ui.load_syncs)
    for route in ("/t/[entity]/new", "/t/[entity]/[record]/edit"):
        app.add_page(form_page, route=route, title=Ui.page_title, on_load=Ui.load_form)
    app.add_page(detail, route="/t/[entity]/[record]", title=Ui.page_title, on_load=Ui.load_detail)
    app.add_page(view, route="/v/[view_slug]", title=Ui.page_title, on_load=Ui.load_view)
    app.add_page(nowhere, route="404", title=Ui.page_title, on_load=Ui.load_nowhere)
    return app


def _keep_syncs(app: rx.App, spec: AppSpec) -> None:
    """Have the app do by itself what its spec says is done from time to time."""

    @asynccontextmanager
    async def with_syncs() -> AsyncIterator[None]:
        from dataforms.syncing.schedule import keeping  # of no use to apps without any

        async with keeping(lambda: live().database, spec):
            yield

    if spec.syncs:
        app.register_lifespan_task(with_syncs)
