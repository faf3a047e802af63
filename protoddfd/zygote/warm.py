"""The app that the zygote serves once to itself, so that its children find every import and cache ready."""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

from reflex_base.registry import RegistrationContext

import dataforms.app  # noqa: F401 - its states register where they are first imported: here, for every child
from dataforms.ui.live import forget, live
from protoddfd.zygote.http_server import Server
from protoddfd.zygote.loading import load
from protoddfd.zygote.visitor import get, open_page

NAME = "warm"
SPEC = {
    "name": NAME,
    "title": "Warm",
    "entities": [
        {"name": "Thing", "title": "Thing", "fields": [{"name": "name", "title": "Name", "type": "text"}]}
    ],
}
LIMIT_S = 20
NOT_ITS_OWN = ("APP_LOGIN", "DATABASE_URL", "PROTODDF_METER", "REFLEX_REDIS_URL", "SOURCE_DATABASE_URL")
"""Variables that an app may be given: the small one must not touch what they name."""


def serve_once(folder: Path) -> None:
    """Serve a small app in the empty `folder`, visit it, and forget it.

    Raises:
        TimeoutError: it did not answer.
    """
    before, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    kept = {name: os.environ.pop(name) for name in NOT_ITS_OWN if name in os.environ}
    bundle = write_app(folder)
    try:
        with RegistrationContext.ensure_context().fork():
            asgi = load(folder, f"{NAME}_app.{NAME}", bundle)
            live().database.insert("Thing", {"name": "First"})
            asyncio.run(_visit(Server(asgi)))
    finally:
        forget()
        os.chdir(before)
        sys.path[:] = path
        os.environ.pop("REFLEX_WEB_WORKDIR", None)
        os.environ.update(kept)
        for name in set(sys.modules) - modules:
            if name == "rxconfig" or name.startswith(f"{NAME}_app"):
                del sys.modules[name]


def write_app(folder: Path) -> Path:
    """Write the smallest app of the template and a bundle without pages; return the bundle."""
    package = folder / f"{NAME}_app"
    bundle = folder / "bundle"
    for path in (package, bundle / "backend", bundle / "build" / "client"):
        path.mkdir(parents=True)
    config = f"from dataforms.config import app_config\nconfig = app_config({NAME!r})\n"
    (folder / "appspec.json").write_text(json.dumps(SPEC))
    (folder / "rxconfig.py").write_text(config)
    (package / f"{NAME}.py").write_text("from dataforms.app import create_app\n\napp = create_app()\n")
    (bundle / "backend" / "stateful_pages.json").write_text("[]")
    for name in ("index.html", "__spa-fallback.html"):
        (bundle / "build" / "client" / name).write_text("<html><head></head></html>")
    return bundle


async def _visit(server: Server) -> None:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    port = listeners[0].getsockname()[1]
    serving = asyncio.create_task(server.run_on(listeners))
    async with asyncio.timeout(LIMIT_S):
        for target in ("/", "/ping", "/t/thing"):
            await get(port, target)
        await open_page(port, "/", b"First")
        await open_page(port, "/t/thing", b"First")
        server.stop()
        await serving
