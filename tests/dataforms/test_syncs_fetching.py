"""Syncs from web addresses: a real server on this machine that is quick, slow, wrong, or unchanged."""

import copy
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from syncs import App, spec_of

Answer = tuple[int, dict[str, str], bytes]
ROWS = [{"Mail": "ana@example.com", "Name": "Ana"}, {"Mail": "bo@example.com", "Name": "Bo"}]
MAPPING = {"Mail": "email", "Name": "name"}
JSON = {"content-type": "application/json"}


class Server:
    """Answers as `answer` says, and keeps what was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[Request], Answer] = lambda request: (200, JSON, _json(ROWS))
        self.asked: list[Request] = []
        self.address = ""


class Request(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.owner.asked.append(copy.copy(self))  # one serves several requests of a connection
        status, headers, body = self.owner.answer(self)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[Server]:
    server = Server()
    handler = type("Handler", (Request,), {"owner": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        listening.daemon_threads = True
        server.address = f"http://127.0.0.1:{listening.server_address[1]}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as running:
        yield running


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = App(tmp_path / "app", from_url())
    yield made
    made.close()


def from_url(**source: Any) -> Any:
    kept = {"kind": "url", "env": "SHOP", **source}
    return spec_of(customers={"from": kept, "mapping": MAPPING})


def change(app: App, **source: Any) -> None:
    app.change(customers={"from": {"kind": "url", "env": "SHOP", **source}, "mapping": MAPPING})


def run(app: App, server: Server, path: str = "/list", **more: str) -> Any:
    return app.sync("customers", SHOP=f"{server.address}{path}", **more)


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json; charset=utf-8", _json(ROWS)),
        ("application/hal+json", _json(ROWS)),
        ("application/x-ndjson", b"\n".join(map(_json, ROWS))),
        ("text/csv", b"Name;Mail\nAna;ana@example.com\nBo;bo@example.com\n"),
        ("text/plain", b"Name,Mail\nAna,ana@example.com\nBo,bo@example.com\n"),
        ("application/octet-stream", _json(ROWS)),
    ],
)
def test_what_a_server_answers_is_read_by_its_media_type(
    app: App, server: Server, kind: str, body: bytes
) -> None:
    server.answer = lambda request: (200, {"content-type": kind}, body)
    done = run(app, server)
    assert "2 rows: 2 added" in done.stdout, done.stderr
    assert "2 unchanged" in run(app, server).stdout


@pytest.mark.parametrize(
    ("ours", "theirs", "value"),
    [
        ("If-None-Match", "ETag", '"v1"'),
        ("If-Modified-Since", "Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
    ],
)
def test_an_unchanged_source_is_not_sent_again(
    app: App, server: Server, ours: str, theirs: str, value: str
) -> None:
    server.answer = lambda request: (
        (304, {}, b"") if request.headers.get(ours) == value else (200, {**JSON, theirs: value}, _json(ROWS))
    )
    assert "2 added" in run(app, server).stdout
    for _ in range(2):
        assert run(app, server).stdout == "customers: the source has not changed\n"
    assert [each.headers.get(ours) for each in server.asked] == [None, value, value]
    assert "2 unchanged" in app.sync("customers", "--whole", SHOP=f"{server.address}/list").stdout
    app.change(
        customers={
            "from": {"kind": "url", "env": "SHOP"},
            "mapping": {**MAPPING, "Mail": "email"},
            "on_match": "skip",
        }
    )
    assert "2 skipped" in run(app, server).stdout  # it is another sync now, so all of it is wanted


def test_pages_follow_one_another(app: App, server: Server) -> None:
    def answer(request: Request) -> Answer:
        page = int(request.path.partition("page=")[2] or 1)
        headers = {**JSON, "etag": '"same"'}
        if page < 3:
            headers["link"] = f'</list?page={page + 1}>; rel="next", </list>; rel="first"'
        return (
            200,
            headers,
            _json([{"Mail": f"p{page}@example.com", "Name": "" if page == 3 else f"P{page}"}]),
        )

    server.answer = answer
    done = run(app, server)
    assert "3 rows: 2 added" in done.stdout
    assert "  3-list.json, row 1: Name '': This is required." in done.stdout
    assert [each.path for each in server.asked] == ["/list", "/list?page=2", "/list?page=3"]
    run(app, server)
    assert server.asked[3].headers.get("If-None-Match") is None  # other pages may have changed


@pytest.mark.long
def test_pages_without_an_end_and_of_other_servers_are_refused(app: App, server: Server) -> None:
    server.answer = lambda request: (200, {**JSON, "link": '</list>; rel="next"'}, _json(ROWS))
    assert "never end" in run(app, server).stderr
    server.answer = lambda request: (200, {**JSON, "link": '<http://localhost:1/>; rel="next"'}, _json(ROWS))
    assert "on another server" in run(app, server).stderr
    assert app.records("Customer") == []


@pytest.mark.long
def test_a_server_in_trouble_is_asked_again_and_told_of_if_it_stays_so(app: App, server: Server) -> None:
    answers = [(503, {"retry-after": "1"}, b""), (500, {}, b""), (200, JSON, _json(ROWS))]
    server.answer = lambda request: answers[len(server.asked) - 1]
    assert "2 added" in run(app, server).stdout
    server.answer = lambda request: (500, {}, b"oops")
    done = run(app, server)
    assert (done.returncode, "127.0.0.1 answered 500." in done.stderr) == (1, True)
    assert len(server.asked) == 6


@pytest.mark.long
@pytest.mark.parametrize("status", [401, 404])
def test_a_refusal_is_told_at_once(app: App, server: Server, status: int) -> None:
    server.answer = lambda request: (status, {}, b"")
    done = run(app, server)
    assert f"answered {status}" in done.stderr
    assert ("authorization names its variable" in done.stderr) is (status == 401)
    assert len(server.asked) == 1


def test_too_much_and_too_slow_are_cut_off(app: App, server: Server) -> None:
    server.answer = lambda request: (200, JSON, _json([{**ROWS[0], "x": "y" * 2_000_000}]))
    assert "sends more than may come" in run(app, server, DATAFORMS_SYNC_MAX_MIB="1").stderr

    def drip(request: Request) -> Answer:
        request.send_response(200)
        request.send_header("content-type", "application/json")
        request.end_headers()
        try:
            for _ in range(600):
                request.wfile.write(b" ")
                time.sleep(0.1)
        except OSError:
            pass
        request.close_connection = True
        return 200, {}, b""

    server.answer = drip
    began = time.monotonic()
    assert "longer than it may" in run(app, server, DATAFORMS_SYNC_MAX_S="1").stderr
    assert time.monotonic() - began < 30
    assert list((app.folder / "data" / "syncs").glob("*fetched-*")) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("text/html", b"<html>Sign in</html>", "answers with text/html"),
        ("image/png", b"\x89PNG", "answers with image/png"),
        ("application/json", b'[{"Mail": "a@example.com", ', "is no JSON"),
        ("application/json", b"[1, 2]", "value 1 is no object"),
        ("application/json", b'{"items": [{"Mail": "a@example.com"}]}', "there is no column 'Mail'"),
    ],
)
def test_what_holds_no_rows_is_refused(app: App, server: Server, kind: str, body: bytes, told: str) -> None:
    server.answer = lambda request: (200, {"content-type": kind}, body)
    done = run(app, server)
    assert (done.returncode, told in done.stderr) == (1, True), done.stderr


@pytest.mark.long
def test_a_list_inside_of_a_document_is_found_where_the_spec_says(app: App, server: Server) -> None:
    change(app, records="result.people")
    server.answer = lambda request: (200, JSON, _json({"n": [1], "result": {"people": ROWS}}))
    assert "2 added" in run(app, server).stdout
    change(app, records="result.folk")
    assert "there is no list at 'result.folk'" in run(app, server).stderr


def test_a_redirect_is_followed_but_to_no_file_no_place_that_is_not_public_and_not_for_ever(
    app: App, server: Server
) -> None:
    goals = {
        "/ok": "/list", "/file": "file:///etc/passwd", "/loop": "/loop", "/near": "http://localhost:9/list",
        "/list": "",
    }  # fmt: skip
    server.answer = lambda request: (
        (302, {"location": goals[request.path]}, b"") if goals[request.path] else (200, JSON, _json(ROWS))
    )
    assert "2 added" in run(app, server, "/ok").stdout
    assert "is not asked" in run(app, server, "/file").stderr
    assert "for ever" in run(app, server, "/loop").stderr
    assert "localhost is not a public address" in run(app, server, "/near").stderr


def test_the_secret_goes_to_the_address_it_is_for_and_nowhere_else(app: App, server: Server) -> None:
    change(app, authorization="KEY")
    with served() as other:
        server.answer = lambda request: (302, {"location": f"{other.address}/list"}, b"")
        run(app, server, KEY="Bearer abc")
        assert server.asked[0].headers["authorization"] == "Bearer abc"
        assert other.asked == []  # not public
    assert "KEY is not set" in run(app, server).stderr
    assert b"Bearer abc" not in b"".join(
        file.read_bytes() for file in app.folder.rglob("*") if file.is_file()
    )


@pytest.mark.long
@pytest.mark.parametrize("place", ["https://localhost/x.json", "http://127.0.0.1:9/", "http://[::1]/"])
def test_a_place_in_the_spec_has_to_be_public(app: App, place: str) -> None:
    app.change(customers={"from": {"kind": "url", "place": place}, "mapping": MAPPING})
    assert "is not a public address" in app.sync("customers").stderr


@pytest.mark.long
@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://example.com/x", "nonsense", "http://"])
def test_what_is_no_web_address_is_refused(app: App, place: str) -> None:
    done = app.sync("customers", SHOP=place)
    assert (done.returncode, "It is no address" in done.stderr) == (1, True)


@pytest.mark.long
def test_a_server_that_is_not_there_is_told_of(app: App) -> None:
    done = app.sync("customers", SHOP="http://127.0.0.1:9/list")
    assert (done.returncode, "127.0.0.1 cannot be asked" in done.stderr) == (1, True)
