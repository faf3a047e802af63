"""The starter for integrations under a real daemon: it syncs at once, by REST, command and schedule."""

import http.server
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from testbed import Daemon, wait_for

pytestmark = pytest.mark.e2e
ORDER = {
    "id": "W-1",
    "customer": {"email": "ana.sommer@example.com"},
    "line": {"sku": "LAMP-1", "pieces": 2},
    "created": "2026-11-30T10:00:00Z",
    "state": "New",
}


def ask(app: Any, method: str, path: str, body: object = None) -> httpx.Response:
    return httpx.request(method, f"http://127.0.0.1:{app.ports.frontend}/api/v1{path}", json=body, timeout=30)


def synced(app: Any, name: str) -> dict[str, Any]:
    """Run a sync; return how it went."""
    begun = ask(app, "POST", f"/syncs/{name}/runs", {})
    assert begun.status_code == 202, begun.text
    path = begun.json()["href"].removeprefix("/api/v1")
    run: dict[str, Any] = wait_for(
        lambda: (run := ask(app, "GET", path).json())["state"] != "running" and run
    )
    return run


@contextmanager
def shop() -> Iterator[tuple[str, list[str | None]]]:
    """Serve one order; lend the address, and what the header Authorization said each time."""
    said: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.append(self.headers.get("authorization"))
            body = json.dumps({"orders": [ORDER]}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/orders", said
        finally:
            server.shutdown()
            thread.join()


def test_the_starter_syncs_from_its_own_files_at_once(shared: Daemon) -> None:
    app = shared.create("hub", template="integrations", spec=None)
    assert app.state == "ready"
    states = {name: synced(app, name) for name in ("customers", "catalogue", "orders")}
    told = {name: (run["state"], run["added"], run["refused"]) for name, run in states.items()}
    assert told == {"customers": ("done", 25, 0), "catalogue": ("done", 10, 0), "orders": ("done", 134, 2)}
    assert [each["file"] for each in states["orders"]["faults"]] == ["orders-2026-11.csv"] * 2
    assert ask(app, "GET", "/order").json()["total"] == 134
    assert synced(app, "customers")["state"] == "unchanged"
    done = subprocess.run(
        [sys.executable, "-m", "dataforms.sync", "catalogue", "--whole"],
        cwd=app.path, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": app.path},
    )  # fmt: skip
    assert (done.returncode, "10 unchanged" in done.stdout) == (0, True), done.stderr


def test_sources_that_the_environment_names_are_synced_by_the_app_itself(
    shared: Daemon, tmp_path: Path
) -> None:
    app = shared.create("wired", template="integrations", spec=None)
    unset = {each["name"]: each["unset"] for each in ask(app, "GET", "/syncs").json()["items"]}
    assert unset["web_orders"] == ["SHOP_URL", "SHOP_AUTHORIZATION"]
    refused = ask(app, "POST", "/syncs/web_orders/runs", {})
    assert (refused.status_code, "SHOP_URL" in refused.json()["detail"]) == (409, True)
    for name in ("customers", "catalogue"):
        assert synced(app, name)["state"] == "done"
    (tmp_path / "key").write_text("Bearer abc\n")
    (tmp_path / "warehouse").write_text(f"sqlite:///{tmp_path}/warehouse.db\n")
    with closing(sqlite3.connect(tmp_path / "warehouse.db")) as warehouse:
        warehouse.executescript(
            "CREATE TABLE stock (place TEXT, sku TEXT, quantity INTEGER, counted_at TEXT);"
            "INSERT INTO stock VALUES ('A-1', 'LAMP-1', 7, '2026-11-30 08:00:00');"
        )
    with shop() as (address, said):
        shared.call(
            "app.set",
            name="wired",
            env={"SHOP_URL": address},
            secrets={
                "SHOP_AUTHORIZATION": str(tmp_path / "key"),
                "WAREHOUSE_DATABASE": str(tmp_path / "warehouse"),
            },
            restart_now=True,
        )
        app = shared.wait_state("wired", "ready")
        wait_for(lambda: ask(app, "GET", "/order").json()["total"] == 1)  # nobody asked for that run
        wait_for(lambda: ask(app, "GET", "/stock").json()["total"] == 1)
        (last, *_) = ask(app, "GET", "/syncs/web_orders").json()["runs"]
        assert (last["state"], last["who"]) == ("done", "schedule")
        assert set(said) == {"Bearer abc"}
    order = ask(app, "GET", "/order").json()["items"][0]
    assert (order["number"], order["total"], order["_labels"]["product"]) == ("W-1", 99.8, "Desk lamp")
