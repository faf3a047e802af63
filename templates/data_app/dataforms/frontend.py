"""The compiled pages as bytes: an ASGI layer in front of Reflex that serves them without a thread.

Hashed assets may be kept for ever, pages must be asked for again. Knows nothing of the spec but the
colour mode a first visit starts in.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, MutableMapping
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from dataforms.words import Language, spoken
from dataforms.words.pages import DRAWING, Page, in_language, script_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

MEDIA_TYPES = {
    ".css": b"text/css; charset=utf-8",
    ".html": b"text/html; charset=utf-8",
    ".ico": b"image/x-icon",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".png": b"image/png",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
    ".webp": b"image/webp",
    ".woff2": b"font/woff2",
    ".xml": b"application/xml",
}
QUIET_S = 0.02
"""So long after the last file of the first page, its browser is busy with what it got."""
LATER = (
    b"<script>addEventListener('load',()=>setTimeout(()=>%s.forEach(href=>document.head.append("
    b"Object.assign(document.createElement('link'),{rel:'prefetch',as:'script',href}))),500))</script>"
)
BOOT = (
    b"<script>try{localStorage.theme??='%(mode)s';if(localStorage.theme==='%(mode)s'){"
    b"const html=document.documentElement;html.classList.remove('light','dark');"
    b"html.classList.add('%(mode)s');html.style.colorScheme='%(mode)s'}}catch{}</script>"
)
FOREVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"


class Frontend:
    """Serves the files below `static` and the pages that `route_of` knows; hands on everything else.

    `visited` is called once, in the pause that the first visitor's browser takes to start its page. Pages
    are in the language of `say`; `chosen_by` is the cookie with which their reader chooses one.
    """

    def __init__(
        self,
        app: AsgiApp,
        static: Path,
        route_of: Callable[[str], str | None],
        appearance: str = "inherit",
        visited: Callable[[], None] | None = None,
        chosen_by: str = "",
    ) -> None:
        self._app = app
        self._static = static.resolve()
        self._route_of = route_of
        self._boot = _boot_script(appearance)
        self._pages: dict[tuple[str, Language], bytes] = {}
        self._cookie = chosen_by
        self._visited = visited
        self._pause: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a page or a file; pass other requests on."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            if scope["path"] == "/ping":
                await _send_body(b'"pong"', [(b"content-type", b"application/json")], scope, send)
                return
            found = self._find(scope["path"])
            if found is not None:
                body, headers = self._content(found, scope)
                await _send_body(body, headers, scope, send)
                self._wait_for_pause(is_page=found.suffix == ".html")
                return
            if _header(scope, b"accept").startswith(b"text/html"):
                send = self._instead_of_404(scope, send)
        await self._app(scope, receive, send)

    def _wait_for_pause(self, *, is_page: bool) -> None:
        """Call `visited` once nothing has been asked for during `QUIET_S`, the first page being out."""
        if self._visited is None or not (is_page or self._pause):
            return
        if self._pause is not None:
            self._pause.cancel()
        self._pause = asyncio.get_running_loop().call_later(QUIET_S, self._be_visited)

    def _be_visited(self) -> None:
        visited, self._visited, self._pause = self._visited, None, None
        if visited is not None:
            with contextlib.suppress(Exception):  # the page itself will say what is wrong with the data
                visited()

    def _instead_of_404(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that shows a page to a person whom an old link led here; the status says 404."""
        page = self._existing("__spa-fallback.html")
        is_lost = False

        async def send_page(message: Message) -> None:
            nonlocal is_lost
            if page is not None and _says_no_more_than_404(message):
                is_lost = True
                body, headers = self._content(page, scope)
                await _send_body(body, headers, scope, send, status=404)
            elif not is_lost:
                await send(message)

        return send_page

    def _find(self, path: str) -> Path | None:
        if "\0" in path:
            return None
        suffix = path[path.rfind(".") :] if "." in path else ""
        if suffix in MEDIA_TYPES and suffix != ".html":
            file = (self._static / path.lstrip("/")).resolve()
            return file if file.is_relative_to(self._static) and file.is_file() else None
        if path == "/":
            return self._existing("index.html")
        return self._existing("__spa-fallback.html") if self._is_page(path) else None

    def _existing(self, name: str) -> Path | None:
        file = self._static / name
        return file if file.is_file() else None

    def _is_page(self, path: str) -> bool:
        return self._route_of(path.rstrip("/")) not in (None, "404")

    def _page(self, file: Path) -> bytes:
        language = spoken()
        if (file.name, language) not in self._pages:
            with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as html:
                # Behind all that the head has: the page's own script takes the first one for one of its own.
                others = self._other_scripts(html, is_home=file.name == "index.html")
                ending = self._boot + DRAWING + script_of(language) + others
                self._pages[file.name, language] = in_language(html, language, self._cookie, ending)
        return self._pages[file.name, language]

    def _other_scripts(self, html: Page, *, is_home: bool) -> bytes:
        """Return what makes a browser fetch the scripts that a page does not name.

        The page of a table wants them at once; the first page has time for those of the others when it is up.
        """
        names = sorted(script.name for script in (self._static / "assets").glob("*.js"))
        wanted = [name for name in names if html.find(name.encode()) < 0 and not name.startswith("_404_")]
        if is_home:
            return LATER % json.dumps([f"/assets/{name}" for name in wanted]).encode()
        return "".join(f'<link rel="modulepreload" href="/assets/{name}"/>' for name in wanted).encode()

    def _content(self, file: Path, scope: Scope) -> tuple[bytes, list[tuple[bytes, bytes]]]:
        """Return a file's bytes and headers; it is read at once, from memory as a rule."""
        headers = [
            (b"content-type", MEDIA_TYPES[file.suffix]),
            (b"cache-control", FOREVER if file.parent.name == "assets" else ASK_AGAIN),
        ]
        if file.suffix == ".html":
            return self._page(file), [*headers, (b"vary", b"Accept-Language, Cookie")]
        headers.append((b"vary", b"accept-encoding"))
        packed = Path(f"{file}.gz")
        if b"gzip" in _header(scope, b"accept-encoding") and packed.is_file():
            return packed.read_bytes(), [*headers, (b"content-encoding", b"gzip")]
        return file.read_bytes(), headers


async def _send_body(
    body: bytes, headers: list[tuple[bytes, bytes]], scope: Scope, send: Send, *, status: int = 200
) -> None:
    headers += [(b"content-length", str(len(body)).encode()), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _says_no_more_than_404(message: Message) -> bool:
    """Return whether an answer begins that a person gets a page for; one that names the problem stays."""
    if message["type"] != "http.response.start" or message["status"] != 404:
        return False
    return (b"content-type", b"application/problem+json") not in [
        (bytes(name).lower(), bytes(value)) for name, value in message.get("headers", ())
    ]


def _header(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for each, value in scope["headers"] if each == name), b"")


def _boot_script(appearance: str) -> bytes:
    """Return what makes a first visit start in the spec's colour mode; a visitor's own choice stays."""
    if appearance not in ("light", "dark"):
        return b""
    return BOOT % {b"mode": appearance.encode()}
