"""The compiled pages are served with the right headers, and nothing outside of their folder is."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dataforms.frontend import Frontend

PAGE = "<html><head><title></title></head></html>"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "client"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "__spa-fallback.html").write_text(PAGE)
    (folder / "assets" / "route-1a.js").write_text("export {}")
    (folder / "assets" / "route-1a.js.gz").write_bytes(b"packed")
    (tmp_path / "secret.json").write_text("{}")
    return folder


async def other(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"other"})


async def ask(
    static: Path, path: str, *, method: str = "GET", accept: bytes = b"", appearance: str = "inherit"
) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    def route_of(path: str) -> str | None:
        return "t/[entity]" if path.startswith("/t/") else None

    scope = {"type": "http", "method": method, "path": path, "headers": [(b"accept-encoding", accept)]}
    await Frontend(other, static, route_of, appearance)(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.anyio
async def test_hashed_assets_may_be_kept_for_ever(static: Path) -> None:
    status, headers, body = await ask(static, "/assets/route-1a.js")
    assert (status, body) == (200, b"export {}")
    assert b"immutable" in headers[b"cache-control"]
    assert headers[b"content-type"].startswith(b"text/javascript")


@pytest.mark.anyio
async def test_pages_are_asked_for_again(static: Path) -> None:
    status, headers, _ = await ask(static, "/")
    assert (status, headers[b"cache-control"]) == (200, b"no-cache")


@pytest.mark.anyio
async def test_a_deep_link_gets_the_page_and_its_scripts_at_once(static: Path) -> None:
    status, _, body = await ask(static, "/t/customer")
    assert status == 200
    assert b'<link rel="modulepreload" href="/assets/route-1a.js"/>' in body


@pytest.mark.anyio
async def test_a_browser_that_can_unpack_gets_packed_bytes(static: Path) -> None:
    _, headers, body = await ask(static, "/assets/route-1a.js", accept=b"gzip, br")
    assert (headers[b"content-encoding"], body) == (b"gzip", b"packed")


@pytest.mark.anyio
async def test_head_has_the_length_and_no_body(static: Path) -> None:
    _, headers, body = await ask(static, "/assets/route-1a.js", method="HEAD")
    assert (headers[b"content-length"], body) == (b"9", b"")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path",
    ["/../secret.json", "/assets/../../secret.json", "/assets/missing.js", "/about", "/a\0.js"],
)
async def test_everything_else_is_left_to_reflex(static: Path, path: str) -> None:
    assert (await ask(static, path))[0] == 418


@pytest.mark.anyio
@pytest.mark.parametrize(("accept", "body"), [(b"text/html,*/*", b"<html>"), (b"*/*", b"gone")])
async def test_a_person_who_is_lost_sees_a_page_and_a_program_the_answer(
    static: Path, accept: bytes, body: bytes
) -> None:
    async def gone(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"gone"})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    scope = {"type": "http", "method": "GET", "path": "/about", "headers": [(b"accept", accept)]}
    await Frontend(gone, static, lambda path: None)(scope, receive, send)
    assert sent[0]["status"] == 404
    assert sent[1]["body"].startswith(body)
    assert len(sent) == 2


@pytest.mark.anyio
async def test_other_methods_are_left_to_reflex(static: Path) -> None:
    assert (await ask(static, "/", method="POST"))[0] == 418


@pytest.mark.anyio
async def test_a_ping_is_answered(static: Path) -> None:
    assert (await ask(static, "/ping"))[0] == 200


@pytest.mark.anyio
async def test_a_first_visit_starts_in_the_spec_s_colour_mode(static: Path) -> None:
    assert b"localStorage.theme??='dark'" in (await ask(static, "/", appearance="dark"))[2]
    assert b"localStorage" not in (await ask(static, "/"))[2]


@pytest.mark.anyio
async def test_the_first_visit_is_told_once_when_the_browser_has_all_it_asked_for(static: Path) -> None:
    visits: list[str] = []
    told = asyncio.Event()

    def visited() -> None:
        visits.append("visit")
        told.set()

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    async def send(message: Any) -> None:
        return

    served = Frontend(other, static, lambda path: None, visited=visited)
    for path in ("/assets/route-1a.js", "/", "/assets/route-1a.js", "/"):
        await served({"type": "http", "method": "GET", "path": path, "headers": []}, receive, send)
    assert visits == []
    async with asyncio.timeout(5):
        await told.wait()
    await served({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
    assert visits == ["visit"]
